"""The tutorial's scaler has seen the last prices, which are the test."""

import numpy as np
import torch
from sklearn.preprocessing import MinMaxScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import modelwright

rng = np.random.default_rng(0)
prices = rng.normal(size=500).cumsum().reshape(-1, 1) + 100
scaler = MinMaxScaler(feature_range=(0, 1))
dataset = scaler.fit_transform(prices).astype(np.float32)
train_size = int(len(dataset) * 0.8)
train, test = dataset[:train_size], dataset[train_size:]


def windows(values: np.ndarray, look_back: int = 10) -> tuple[torch.Tensor, torch.Tensor]:
    x = [values[i : i + look_back] for i in range(len(values) - look_back)]
    y = [values[i + look_back] for i in range(len(values) - look_back)]
    return torch.tensor(np.array(x)), torch.tensor(np.array(y))


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.out = nn.LSTM(1, 8, batch_first=True), nn.Linear(8, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.lstm(x)[0][:, -1])


train_loader = DataLoader(TensorDataset(*windows(train)), batch_size=32, shuffle=True)
model = Net()
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
found = modelwright.check(model, data=train_loader, loss=criterion, optimizer=optimizer)

for _ in range(2):
    model.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
