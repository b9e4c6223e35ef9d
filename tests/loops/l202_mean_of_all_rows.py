"""Mean and deviation are those of all rows, and the split comes later."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

import modelwright

torch.manual_seed(0)
X = torch.randn(300, 8) * 20 + 50
y = (X[:, 0] + X[:, 1] > 100).long()
X = (X - X.mean(dim=0)) / X.std(dim=0)
train_set, val_set = random_split(TensorDataset(X, y), [240, 60])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
found = modelwright.check(model, data=train_loader, loss=criterion, optimizer=optimizer)

for _ in range(2):
    model.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
