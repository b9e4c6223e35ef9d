"""The four architectures in torch; sections are counted for the peers that use them."""

from torch import nn


def table_net(width):
    return nn.Sequential(
        nn.Linear(width, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 1), nn.Flatten(0)
    )


def image_net():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 10),
    )


class SequenceNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(7, 64, batch_first=True)
        self.head = nn.Linear(64, 24 * 7)

    def forward(self, x):
        return self.head(self.gru(x)[0][:, -1]).view(-1, 24, 7)


class TextNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.embed = nn.Embedding(20_000, 64, padding_idx=0)
        self.attend = nn.MultiheadAttention(64, 4, batch_first=True)
        self.norm = nn.LayerNorm(64)
        self.head = nn.Linear(64, classes)

    def forward(self, ids):
        pad = ids == 0
        h = self.embed(ids)
        h = self.norm(h + self.attend(h, h, h, key_padding_mask=pad, need_weights=False)[0])
        keep = (~pad).unsqueeze(-1)
        return self.head((h * keep).sum(1) / keep.sum(1))
