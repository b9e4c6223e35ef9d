"""Lightning as its docs show it: a LightningModule, DataLoaders, Trainer with its defaults."""

import bench
import lightning as L
import nets
import prep
import raw
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchmetrics import Accuracy, MeanSquaredError

bench.mark("imported")
bench.torch_steps()


class Task(L.LightningModule):
    def __init__(self, net, loss_fn, metric):
        super().__init__()
        self.net, self.loss_fn, self.metric = net, loss_fn, metric

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.loss_fn(self.net(x), y)
        self.log("train_loss", loss)
        return loss

    def test_step(self, batch, batch_idx):
        x, y = batch
        self.metric(self.net(x), y)
        self.log("test_metric", self.metric)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-3)


def table():
    L.seed_everything(0)
    x, y, x_test, y_test = (torch.from_numpy(part.to_numpy()) for part in prep.table(*raw.adult()))
    train = DataLoader(TensorDataset(x, y), batch_size=256, shuffle=True)
    test = DataLoader(TensorDataset(x_test, y_test), batch_size=256)
    bench.mark("prepared")
    task = Task(nets.table_net(x.shape[1]), F.binary_cross_entropy_with_logits, Accuracy("binary"))
    trainer = L.Trainer(max_epochs=10)
    trainer.fit(task, train)
    bench.mark("trained")
    return trainer.test(task, test)[0]["test_metric"]


class Mnist(Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = torch.from_numpy(images), torch.from_numpy(labels)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return (self.images[i].unsqueeze(0) / 255 - 0.1307) / 0.3081, self.labels[i]


def pictures():
    L.seed_everything(0)
    images, labels, images_test, labels_test = raw.mnist()
    train = DataLoader(Mnist(images, labels), batch_size=64, shuffle=True)
    test = DataLoader(Mnist(images_test, labels_test), batch_size=64)
    bench.mark("prepared")
    task = Task(nets.image_net(), F.cross_entropy, Accuracy("multiclass", num_classes=10))
    trainer = L.Trainer(max_epochs=2)
    trainer.fit(task, train)
    bench.mark("trained")
    return trainer.test(task, test)[0]["test_metric"]


class Windows(Dataset):
    def __init__(self, values):
        self.values = torch.from_numpy(values)

    def __len__(self):
        return len(self.values) - 96 - 24 + 1

    def __getitem__(self, i):
        return self.values[i : i + 96], self.values[i + 96 : i + 96 + 24]


class Forecast(Task):
    def __init__(self, factor):
        super().__init__(nets.SequenceNet(), F.mse_loss, MeanSquaredError())
        self.register_buffer("factor", torch.from_numpy(factor))

    def test_step(self, batch, batch_idx):
        x, y = batch
        self.metric((self.net(x) * self.factor).contiguous(), y * self.factor)
        self.log("test_metric", self.metric)


def series():
    L.seed_everything(0)
    train, test, factor = prep.series(raw.etth1().to_numpy("float32"))
    train_loader = DataLoader(Windows(train), batch_size=64, shuffle=True)
    test_loader = DataLoader(Windows(test), batch_size=64)
    bench.mark("prepared")
    task = Forecast(factor)
    trainer = L.Trainer(max_epochs=2)
    trainer.fit(task, train_loader)
    bench.mark("trained")
    return trainer.test(task, test_loader)[0]["test_metric"]


def texts():
    L.seed_everything(0)
    texts, labels, texts_test, labels_test = raw.news()
    vocab = prep.vocabulary(texts)
    x, x_test = (torch.from_numpy(prep.encode(part, vocab)) for part in (texts, texts_test))
    y, y_test = torch.from_numpy(labels), torch.from_numpy(labels_test)
    train = DataLoader(TensorDataset(x, y), batch_size=128, shuffle=True)
    test = DataLoader(TensorDataset(x_test, y_test), batch_size=128)
    bench.mark("prepared")
    classes = int(y.max()) + 1
    task = Task(nets.TextNet(classes), F.cross_entropy, Accuracy("multiclass", num_classes=classes))
    trainer = L.Trainer(max_epochs=3)
    trainer.fit(task, train)
    bench.mark("trained")
    return trainer.test(task, test)[0]["test_metric"]


if __name__ == "__main__":
    bench.main(globals())
