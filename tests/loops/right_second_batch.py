"""Windows are cut in time, the scaler sees the first part, metrics see whole parts."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import modelwright

rng = np.random.default_rng(0)
values = (rng.normal(size=500).cumsum() + 100).astype(np.float32)
cut = int(len(values) * 0.8)
low, high = values[:cut].min(), values[:cut].max()
values = (values - low) / (high - low)
X = torch.tensor(values).unfold(0, 11, 1)
train, test = X[: cut - 10], X[cut:]
train_loader = DataLoader(TensorDataset(train[:, :10], train[:, 10:]), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
found = modelwright.check(model, data=train_loader, loss=criterion, optimizer=optimizer)

for epoch in range(4):
    total = 0.0
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
    scheduler.step()
    print(epoch, total / len(train))
with torch.no_grad():
    print("test", criterion(model(test[:, :10]), test[:, 10:]).item())
