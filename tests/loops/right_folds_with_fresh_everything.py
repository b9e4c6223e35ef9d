"""Each fold has its scaler, its model and its optimizer."""

import numpy as np
import torch
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import modelwright

rng = np.random.default_rng(0)
features = rng.normal(50, 20, (300, 8))
labels = (features[:, 0] + features[:, 1] > 100).astype(np.int64)
criterion = nn.CrossEntropyLoss()
found = None
for train_rows, val_rows in KFold(3, shuffle=True, random_state=0).split(features):
    scaler = StandardScaler().fit(features[train_rows])
    x_fold = torch.tensor(scaler.transform(features[train_rows]), dtype=torch.float32)
    x_val = torch.tensor(scaler.transform(features[val_rows]), dtype=torch.float32)
    train_loader = DataLoader(TensorDataset(x_fold, torch.tensor(labels[train_rows])), batch_size=32, shuffle=True)
    model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    found = found or modelwright.check(model, data=train_loader, loss=criterion, optimizer=optimizer)
    for _ in range(2):
        model.train()
        for xb, yb in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(xb), yb)
            loss.backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        print((model(x_val).argmax(1) == torch.tensor(labels[val_rows])).float().mean().item())
