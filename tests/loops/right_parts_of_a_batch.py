"""Each batch is worked through in parts: gradients are taken away before them, the last part steps."""

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

for xb, yb in loader:
    optimizer.zero_grad()
    for part, (xs, ys) in enumerate(zip(xb.split(16), yb.split(16), strict=True)):
        loss = criterion(model(xs), ys) / 2
        loss.backward()
        if part == 1:
            optimizer.step()
