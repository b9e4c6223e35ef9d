"""An engine steps, and takes gradients away itself."""

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


class Engine:
    def __init__(self) -> None:
        self.at_the_end = [optimizer.step, optimizer.zero_grad]

    def backward(self, loss: torch.Tensor) -> None:
        loss.backward()

    def __call__(self, inputs: torch.Tensor) -> torch.Tensor:
        return model(inputs)

    def step(self) -> None:
        for each in self.at_the_end:
            each()


engine = Engine()
for xb, yb in loader:
    loss = criterion(engine(xb), yb)
    engine.backward(loss)
    engine.step()
