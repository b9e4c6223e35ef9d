"""A function returns the mean loss of an epoch, and the loop of epochs keeps that number."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import modelwright

torch.manual_seed(0)
X = torch.randn(128, 8)
y = (X[:, 0] + X[:, 1] > 0).long()
loader = DataLoader(TensorDataset(X, y), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
found = modelwright.check(model, data=(X, y), loss=criterion, optimizer=optimizer)


def train_one_epoch() -> float:
    running = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        running += loss.item()
    return running / len(loader)


losses = []
for _ in range(2):
    loss = train_one_epoch()
    losses.append(loss)
