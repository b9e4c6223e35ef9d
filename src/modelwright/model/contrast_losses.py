"""Losses of embeddings: what belongs together is drawn near, the rest of the batch pushed away.

All take `z` `[V, N, D]` of unit length (V embeddings of each of N rows), labels int64 `[N]` or None, and a temperature.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from modelwright.plan.losses import CONTRASTIVE
from modelwright.spec.call import parse
from modelwright.spec.names import bind
from modelwright.spec.signatures import signature


class NTXent(nn.Module):
    """Find the other view of each row among all 2N - 1 other embeddings: cross-entropy of similarity / temperature.

    Source: Chen, Kornblith, Norouzi and Hinton 2020, "A simple framework for contrastive learning", equation 1.

    >>> z = torch.eye(4).view(2, 2, 4)
    >>> NTXent()(z, None, 1.0)  # each is equally far from all three others
    tensor(1.0986)
    """

    def forward(self, z: Tensor, labels: Tensor | None, temperature: Tensor | float) -> Tensor:
        rows = z.shape[1]
        flat = z.flatten(0, 1)
        logits = (flat @ flat.T / temperature).fill_diagonal_(-torch.inf)  # a view is no negative of itself
        partner = (torch.arange(2 * rows, device=z.device) + rows) % (2 * rows)
        return functional.cross_entropy(logits, partner)


class InfoNCE(nn.Module):
    """Find the partner of each row among those of the batch, in both directions; of triplets, among all negatives too.

    Source: van den Oord, Li and Vinyals 2018; the symmetric form is that of CLIP (Radford 2021).

    >>> InfoNCE()(torch.eye(4).view(2, 2, 4), None, 1.0)
    tensor(0.6931)
    """

    def forward(self, z: Tensor, labels: Tensor | None, temperature: Tensor | float) -> Tensor:
        partner = torch.arange(z.shape[1], device=z.device)
        logits = z[0] @ z[1:].flatten(0, 1).T / temperature
        forth = functional.cross_entropy(logits, partner)
        return forth if len(z) > 2 else (forth + functional.cross_entropy(logits.T, partner)) / 2


class SupCon(nn.Module):
    """Draw each embedding to all others of its label: the mean of their cross-entropies (L_out).

    Embeddings without another of their label are left out. Source: Khosla and others 2020, "Supervised contrastive
    learning", equation 2.

    >>> SupCon()(torch.eye(3)[None], torch.tensor([0, 0, 1]), 1.0)
    tensor(0.6931)
    """

    def forward(self, z: Tensor, labels: Tensor | None, temperature: Tensor | float) -> Tensor:
        assert labels is not None
        flat, labels = z.flatten(0, 1), labels.repeat(len(z))
        itself = torch.eye(len(flat), dtype=torch.bool, device=z.device)
        logits = (flat @ flat.T / temperature).masked_fill(itself, -torch.inf)
        same = (labels[:, None] == labels) & ~itself
        found = -torch.where(same, logits.log_softmax(1), 0).sum(1) / same.sum(1).clamp(min=1)
        return found.sum() / same.any(1).sum().clamp(min=1)


class Mined(nn.Module):
    """A loss of torch.nn on triplets: those given (`z` of 3), or the hardest of the batch.

    For rows that match, the negative is the nearest partner of another row; for labels, the positive is the farthest
    of its label and the negative the nearest of another (Hermans, Beyer and Leibe 2017, "batch hard").
    """

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, z: Tensor, labels: Tensor | None, temperature: Tensor | float) -> Tensor:
        anchor, positive, negative = (z[0], z[1], z[2]) if len(z) == 3 else triplets(z, labels)
        if not len(anchor):  # nothing to compare: no gradient, and still a loss of the weights
            return z.sum() * 0.0
        ones = anchor.new_ones(len(anchor))
        if isinstance(self.loss, nn.MarginRankingLoss):
            return self.loss((anchor * positive).sum(1), (anchor * negative).sum(1), ones)
        if isinstance(self.loss, nn.CosineEmbeddingLoss):
            both = torch.cat([anchor, anchor]), torch.cat([positive, negative]), torch.cat([ones, -ones])
            return self.loss(*both)
        return self.loss(anchor, positive, negative)


def triplets(z: Tensor, labels: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Return anchors, positives and negatives, each `[M, D]`: the hardest of the batch; M is 0 where there are none."""
    if labels is None:
        near = (z[0] @ z[1].T).detach().fill_diagonal_(-torch.inf)
        return (z[0], z[1], z[1][near.argmax(1)]) if z.shape[1] > 1 else (z[0][:0], z[1][:0], z[1][:0])
    flat, labels = z.flatten(0, 1), labels.repeat(len(z))
    near = (flat @ flat.T).detach()
    same = labels[:, None] == labels
    positives = same & ~torch.eye(len(flat), dtype=torch.bool, device=z.device)
    usable = positives.any(1) & (~same).any(1)
    positive = near.masked_fill(~positives, torch.inf).argmin(1)[usable]
    negative = near.masked_fill(same, -torch.inf).argmax(1)[usable]
    return flat[usable], flat[positive], flat[negative]


def make_contrastive(text: str) -> nn.Module:
    """Return a loss by its call text.

    >>> make_contrastive("TripletMarginLoss(margin=0.3)").loss
    TripletMarginLoss()
    """
    call = parse(text)
    if call.name in CONTRASTIVE:
        return {"NTXent": NTXent, "InfoNCE": InfoNCE, "SupCon": SupCon}[call.name]()
    return Mined(getattr(nn, call.name)(**bind("loss", call)))


def temperature_of(text: str) -> tuple[float, bool]:
    """Return the temperature of a loss (1 where it has none) and whether it is learned.

    >>> temperature_of("InfoNCE(learnable=True)")
    (0.07, True)
    """
    call = parse(text)
    if call.name not in CONTRASTIVE:
        return 1.0, False
    known: dict[str, Any] = {parameter.name: parameter.default for parameter in signature("loss", call.name)}
    known |= bind("loss", call)
    return float(known["temperature"]), bool(known["learnable"])
