"""Another function is given the optimizer, and takes gradients away."""

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


class Steps:
    def __call__(self, chosen: torch.optim.Optimizer, loss: torch.Tensor) -> None:
        chosen.zero_grad()
        loss.backward()
        chosen.step()


steps = Steps()
for xb, yb in loader:
    steps(optimizer, criterion(model(xb), yb))
