"""A generator and a discriminator, each with its optimizer, its zeros and its step."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import modelwright

torch.manual_seed(0)
real = torch.randn(256, 2) * 0.3 + 1
loader = DataLoader(TensorDataset(real), batch_size=32, shuffle=True)
generator = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
model = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
criterion = nn.BCEWithLogitsLoss()
opt_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(model.parameters(), lr=2e-4, betas=(0.5, 0.999))
fake = generator(torch.randn(256, 4)).detach()
both = (torch.cat([real, fake]), torch.cat([torch.ones(256, 1), torch.zeros(256, 1)]))
found = modelwright.check(
    model, data=DataLoader(TensorDataset(*both), 32, shuffle=True), loss=criterion, optimizer=opt_d
)

for _ in range(2):
    for (xb,) in loader:
        z = torch.randn(len(xb), 4)
        fake = generator(z)
        opt_d.zero_grad()
        d_loss = criterion(model(xb), torch.ones(len(xb), 1)) + criterion(model(fake.detach()), torch.zeros(len(xb), 1))
        d_loss.backward()
        opt_d.step()
        opt_g.zero_grad()
        g_loss = criterion(model(fake), torch.ones(len(xb), 1))
        g_loss.backward()
        opt_g.step()
