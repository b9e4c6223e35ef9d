"""The rate falls when the validation loss does not; the best weights are kept; the test comes last."""

import copy

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
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="min", patience=2)
found = modelwright.check(model, data=train_loader, loss=criterion, optimizer=optimizer)


def evaluate(loader: DataLoader) -> tuple[float, float]:
    model.eval()
    total, right, count = 0.0, 0, 0
    with torch.no_grad():
        for xb, yb in loader:
            out = model(xb)
            total += criterion(out, yb).item() * len(yb)
            right += (out.argmax(1) == yb).sum().item()
            count += len(yb)
    return total / count, right / count


best_loss, best = float("inf"), None
for _ in range(3):
    model.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
    val_loss, val_acc = evaluate(val_loader)
    scheduler.step(val_loss)
    if val_loss < best_loss:
        best_loss, best = val_loss, copy.deepcopy(model.state_dict())
model.load_state_dict(best)
print("test", evaluate(test_loader))
