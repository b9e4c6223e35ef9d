"""A Dataset scales all its rows when it is made, and is then split."""

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

import modelwright


class Table(Dataset):
    def __init__(self, values: np.ndarray, labels: np.ndarray) -> None:
        self.scaler = StandardScaler()
        self.x = torch.tensor(self.scaler.fit_transform(values), dtype=torch.float32)
        self.y = torch.tensor(labels)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, torch.Tensor]:
        return self.x[i], self.y[i]


rng = np.random.default_rng(0)
features = rng.normal(50, 20, (300, 8))
labels = (features[:, 0] + features[:, 1] > 100).astype(np.int64)
dataset = Table(features, labels)
train_set, test_set = random_split(dataset, [240, 60])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
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
