"""A part stays in evaluation mode on purpose, and the whole is set back each epoch."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import modelwright

torch.manual_seed(0)
X = torch.randn(128, 8)
y = (X[:, 0] + X[:, 1] > 0).long()
loader = DataLoader(TensorDataset(X, y), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
found = modelwright.check(model, data=(X, y), loss=criterion, optimizer=optimizer)


def train(mode: bool) -> None:
    model.train(mode)
    model[0].eval()


for _ in range(2):
    train(True)
    for xb, yb in loader:
        model.zero_grad()
        criterion(model(xb), yb).backward()
        optimizer.step()
    train(False)
