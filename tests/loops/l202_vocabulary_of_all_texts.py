"""The weights of words are counted over all texts, test texts included."""

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import modelwright

texts = ["good film", "bad film", "fine plot", "dull plot", "great cast", "weak cast"] * 40
y = np.array([1, 0, 1, 0, 1, 0] * 40)
vectorizer = TfidfVectorizer()
X = vectorizer.fit_transform(texts).toarray().astype(np.float32)
X = X + np.random.default_rng(0).normal(0, 0.01, X.shape).astype(np.float32)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
train_loader = DataLoader(TensorDataset(torch.tensor(X_train), torch.tensor(y_train)), batch_size=16, shuffle=True)
model = nn.Sequential(nn.Linear(X.shape[1], 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2))
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
