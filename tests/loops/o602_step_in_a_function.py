"""The step is a function, and does not take gradients away."""

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


def train_step(xb: torch.Tensor, yb: torch.Tensor) -> float:
    loss = criterion(model(xb), yb)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


for _ in range(2):
    print(sum(train_step(xb, yb) for xb, yb in loader) / len(loader))
    for xb, yb in loader:
        train_step(xb, yb)
