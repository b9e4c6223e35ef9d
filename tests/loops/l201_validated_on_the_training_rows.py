"""The validation loader serves the training rows."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import modelwright

torch.manual_seed(0)
X = torch.randn(300, 8)
y = (X[:, 0] + X[:, 1] > 0).long()
train_set = TensorDataset(X[:240], y[:240])
test_set = TensorDataset(X[240:], y[240:])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
val_loader = DataLoader(train_set, batch_size=32, shuffle=False)
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
    model.eval()
    with torch.no_grad():
        hits = sum((model(xb).argmax(1) == yb).sum().item() for xb, yb in val_loader)
    print("validation accuracy", hits / len(train_set))
