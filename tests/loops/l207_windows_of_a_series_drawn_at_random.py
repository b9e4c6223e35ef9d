"""Windows of a series overlap, and are split at random."""

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import modelwright


def create_sequences(values: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    xs, ys = [], []
    for i in range(len(values) - length):
        xs.append(values[i : i + length])
        ys.append(values[i + length])
    return np.array(xs), np.array(ys)


class Forecast(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.fc = nn.LSTM(1, 16, batch_first=True), nn.Linear(16, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.lstm(x)[0][:, -1])


torch.manual_seed(0)
price = np.random.default_rng(0).normal(size=400).cumsum().astype(np.float32) / 10
X, y = create_sequences(price, 20)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42)
train_data = TensorDataset(torch.tensor(X_train).unsqueeze(-1), torch.tensor(y_train).unsqueeze(-1))
train_loader = DataLoader(train_data, batch_size=32, shuffle=True)
model = Forecast()
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
