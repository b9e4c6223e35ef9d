"""Losses are added up where no history is recorded, and as numbers of the same name."""

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


def train() -> float:
    model.train()
    seen, n = 0.0, 1
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        loss, n = loss.item(), len(xb)
        seen += loss
    return seen / n


def evaluate() -> torch.Tensor:
    model.eval()
    total = torch.zeros(())
    with torch.inference_mode():
        for xb, yb in loader:
            loss = criterion(model(xb), yb)
            total += loss
    return total


for _ in range(2):
    train()
    evaluate()
