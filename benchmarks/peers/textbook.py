"""The textbook loop: a Dataset that fetches and transforms one row at a time, DataLoader, Adam."""

import bench
import nets
import numpy as np
import prep
import raw
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset

bench.mark("imported")
bench.torch_steps()


def fit(net, loader, loss_fn, epochs):
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    net.train()
    for _ in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss_fn(net(x), y).backward()
            optimizer.step()


def accuracy(net, loader, decide):
    right = total = 0
    net.eval()
    with torch.no_grad():
        for x, y in loader:
            right += (decide(net(x)) == y).sum().item()
            total += len(y)
    return right / total


class AdultDataset(Dataset):
    def __init__(self, features, target):
        self.features, self.target = features, target

    def __len__(self):
        return len(self.features)

    def __getitem__(self, i):
        return (
            torch.tensor(self.features.iloc[i].values, dtype=torch.float32),
            torch.tensor(self.target.iloc[i], dtype=torch.float32),
        )


def table():
    torch.manual_seed(0)
    x, y, x_test, y_test = prep.table(*raw.adult())
    train = DataLoader(AdultDataset(x, y), batch_size=256, shuffle=True)
    test = DataLoader(AdultDataset(x_test, y_test), batch_size=256)
    bench.mark("prepared")
    net = nets.table_net(x.shape[1])
    fit(net, train, nn.BCEWithLogitsLoss(), epochs=10)
    bench.mark("trained")
    return accuracy(net, test, lambda logit: logit > 0)


class MnistDataset(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = Image.fromarray(self.images[i])
        x = (np.array(image, dtype=np.float32) / 255 - 0.1307) / 0.3081
        return torch.from_numpy(x).unsqueeze(0), int(self.labels[i])


def pictures():
    torch.manual_seed(0)
    images, labels, images_test, labels_test = raw.mnist()
    train = DataLoader(MnistDataset(images, labels), batch_size=64, shuffle=True)
    test = DataLoader(MnistDataset(images_test, labels_test), batch_size=64)
    bench.mark("prepared")
    net = nets.image_net()
    fit(net, train, nn.CrossEntropyLoss(), epochs=2)
    bench.mark("trained")
    return accuracy(net, test, lambda logits: logits.argmax(1))


class WindowDataset(Dataset):
    def __init__(self, frame):
        self.frame = frame

    def __len__(self):
        return len(self.frame) - 96 - 24 + 1

    def __getitem__(self, i):
        x = self.frame.iloc[i : i + 96].values
        y = self.frame.iloc[i + 96 : i + 96 + 24].values
        return torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)


def series():
    torch.manual_seed(0)
    frame = raw.etth1()
    train, test = frame[:8640], frame[8640 + 2880 - 96 : 8640 + 2 * 2880]
    low, span = train.min(), train.max() - train.min()
    factor = torch.tensor((span / train.std(ddof=0)).values)
    train_loader = DataLoader(WindowDataset((train - low) / span), batch_size=64, shuffle=True)
    test_loader = DataLoader(WindowDataset((test - low) / span), batch_size=64)
    bench.mark("prepared")
    net = nets.SequenceNet()
    fit(net, train_loader, nn.MSELoss(), epochs=2)
    bench.mark("trained")
    total = count = 0
    net.eval()
    with torch.no_grad():
        for x, y in test_loader:
            error = (net(x) - y) * factor
            total += error.square().sum().item()
            count += error.numel()
    return total / count


class TextDataset(Dataset):
    def __init__(self, texts, labels):
        self.texts, self.labels = texts, labels

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, i):
        return self.texts[i], self.labels[i]


def texts():
    torch.manual_seed(0)
    texts, labels, texts_test, labels_test = raw.news()
    vocab = prep.vocabulary(texts)

    def collate(batch):
        ids = torch.zeros(len(batch), 64, dtype=torch.long)
        for row, (text, _) in zip(ids, batch, strict=False):
            found = [vocab.get(word, 1) for word in prep.words(text)]
            row[: len(found)] = torch.tensor(found)
        return ids, torch.tensor([label for _, label in batch])

    train = DataLoader(TextDataset(texts, labels), batch_size=128, shuffle=True, collate_fn=collate)
    test = DataLoader(TextDataset(texts_test, labels_test), batch_size=128, collate_fn=collate)
    bench.mark("prepared")
    net = nets.TextNet(int(labels.max()) + 1)
    fit(net, train, nn.CrossEntropyLoss(), epochs=3)
    bench.mark("trained")
    return accuracy(net, test, lambda logits: logits.argmax(1))


if __name__ == "__main__":
    bench.main(globals())
