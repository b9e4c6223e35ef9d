"""The best by hand: tensors resident in memory, batched index_select, channels_last, bf16 autocast, fused Adam."""

import bench
import nets
import prep
import raw
import torch
import torch.nn.functional as F
from torch import nn

bench.mark("imported")
bench.torch_steps()


def fit(net, x, y, loss_fn, batch, epochs, bf16=False):
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
    net.train()
    for _ in range(epochs):
        for index in torch.randperm(len(x)).split(batch):
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                loss = loss_fn(net(x.index_select(0, index)), y.index_select(0, index))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
    net.eval()


@torch.inference_mode()
def predict(net, x, bf16=False, batch=1000):
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        return torch.cat([net(part) for part in x.split(batch)]).float()


def table():
    torch.manual_seed(0)
    x, y, x_test, y_test = (torch.from_numpy(part.to_numpy()) for part in prep.table(*raw.adult()))
    bench.mark("prepared")
    net = nets.table_net(x.shape[1])
    fit(net, x, y, F.binary_cross_entropy_with_logits, 256, 10)
    bench.mark("trained")
    return ((predict(net, x_test) > 0) == y_test).float().mean()


def pictures():
    torch.manual_seed(0)
    images, labels, images_test, labels_test = map(torch.from_numpy, raw.mnist())
    x, x_test = (
        (part.unsqueeze(1) / 255).sub_(0.1307).div_(0.3081).contiguous(memory_format=torch.channels_last)
        for part in (images, images_test)
    )
    bench.mark("prepared")
    net = nets.image_net().to(memory_format=torch.channels_last)
    fit(net, x, labels, F.cross_entropy, 64, 2, bf16=True)
    bench.mark("trained")
    return (predict(net, x_test, bf16=True).argmax(1) == labels_test).float().mean()


def series():
    torch.manual_seed(0)
    train, test, factor = (torch.from_numpy(part) for part in prep.series(raw.etth1().to_numpy("float32")))
    spans = train.unfold(0, 96 + 24, 1).transpose(1, 2)
    spans_test = test.unfold(0, 96 + 24, 1).transpose(1, 2)
    bench.mark("prepared")
    net = nets.SequenceNet()
    fit(net, spans[:, :96], spans[:, 96:], F.mse_loss, 64, 2)
    bench.mark("trained")
    return ((predict(net, spans_test[:, :96]) - spans_test[:, 96:]) * factor).square().mean()


class TextNet(nn.Module):
    """Attention written out: in bf16 on this CPU it is faster than nn.MultiheadAttention and than SDPA."""

    def __init__(self, classes):
        super().__init__()
        self.embed = nn.Embedding(20_000, 64, padding_idx=0)
        self.qkv, self.out = nn.Linear(64, 3 * 64), nn.Linear(64, 64)
        self.norm = nn.LayerNorm(64)
        self.head = nn.Linear(64, classes)

    def forward(self, ids):
        pad = ids == 0
        h = self.embed(ids)
        q, k, v = self.qkv(h).view(*ids.shape, 3, 4, 16).permute(2, 0, 3, 1, 4)
        weight = (q @ k.transpose(-1, -2) / 4).masked_fill(pad[:, None, None], float("-inf")).softmax(-1)
        h = self.norm(h + self.out((weight @ v).transpose(1, 2).flatten(2)))
        keep = (~pad).unsqueeze(-1)
        return self.head((h * keep).sum(1) / keep.sum(1))


def texts():
    torch.manual_seed(0)
    texts, labels, texts_test, labels_test = raw.news()
    vocab = prep.vocabulary(texts)
    x, x_test = (torch.from_numpy(prep.encode(part, vocab)) for part in (texts, texts_test))
    y, y_test = torch.from_numpy(labels), torch.from_numpy(labels_test)
    bench.mark("prepared")
    net = TextNet(int(y.max()) + 1)
    fit(net, x, y, F.cross_entropy, 128, 3, bf16=True)
    bench.mark("trained")
    return (predict(net, x_test, bf16=True).argmax(1) == y_test).float().mean()


if __name__ == "__main__":
    bench.main(globals())
