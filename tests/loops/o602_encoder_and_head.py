"""An encoder and a head in one model, and no gradient is ever taken away."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import modelwright

torch.manual_seed(0)
X = torch.randn(320, 8)
y = (X[:, 0] + X[:, 1] > 0).long()
train_loader = DataLoader(TensorDataset(X[:200], y[:200]), batch_size=32, shuffle=True)
val_loader = DataLoader(TensorDataset(X[200:260], y[200:260]), batch_size=32)
test_loader = DataLoader(TensorDataset(X[260:], y[260:]), batch_size=32)
encoder = nn.Sequential(nn.Linear(8, 16), nn.ReLU())
head = nn.Linear(16, 2)
model = nn.Sequential(encoder, head)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
found = modelwright.check(model, data=train_loader, loss=criterion, optimizer=optimizer)

for epoch in range(2):
    for batch in train_loader:
        inputs, targets = batch
        outputs = model(inputs)
        loss = criterion(outputs, targets)
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
