"""A contrastive loss compares what it should not, or a discriminator's loss reaches the generator.

## What it does
In a contrastive run, looks at batches of `train.batch_size` rows: whether a row has others to be told from, whether
rows of its label come with it (or only those), and how often the partner of a row stands in the batch once more,
as another row's, where it counts as a negative. In a program, looks at cross-entropy over similarities of rows:
embeddings that are not brought to unit length, the similarity of a row to itself among the negatives, batches of one
class. And at a model of two networks that play: whether the discriminator's step, whose optimizer holds its weights
alone, leaves gradients in the network that made half of its rows; in a GAN, whether both hold the same weights.

## Why it matters
A loss that pushes a row away from its own copy fights itself; one without negatives is met by giving every row the
same embedding; and products of vectors that may grow are met by making them longer, not more alike. Gradients that a
discriminator leaves in the generator point to rows that are found out more easily, and are added to its next step.

## Example
```python
logits = z @ z.T / 0.1  # z is not of unit length, and logits[i, i] competes with the partner
loss = F.cross_entropy(logits, partner)
```

## Fix
```python
z = F.normalize(z, dim=1)
logits = (z @ z.T / 0.1).fill_diagonal_(-torch.inf)
```

## Source
Chen and others 2020 (SimCLR: normalised embeddings, 2N - 1 candidates, never the row itself); Khosla and others 2020
(rows of one label are no negatives); Chuang and others 2020, "Debiased contrastive learning" (what false negatives
cost); Goodfellow and others 2014 (each network of a GAN has its own step). The thresholds, 1 row in 10 and half of
the rows, are our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modelwright.checks.facts import Facts
from modelwright.checks.tell import called, found
from modelwright.diagnostic import Diagnostic

if TYPE_CHECKING:
    import numpy as np

    from modelwright.checks.program.graph import LossCall
    from modelwright.checks.program.trace import Op, Value

CODE = "H510"
PHASE = "data"
SEVERITY = "error"
NEEDS = ("plan", "table", "split")
PROGRAM_NEEDS = ("forward",)

FALSE = 0.1
ALONE = 0.5
LENGTH = 1e-2
PRODUCTS = frozenset(("matmul", "mm", "bmm", "einsum", "linear", "rmatmul", "__matmul__", "__rmatmul__"))
SCALED = frozenset(("div", "mul", "truediv", "true_divide", "divide", "multiply", "exp", "float", "to", "sub", "add"))


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield a finding for batches in which rows cannot be compared as meant."""
    assert facts.plan is not None and facts.table is not None and facts.split is not None
    contrast, size = facts.plan.contrast, facts.plan.train.batch_size
    if contrast is None:
        return
    if size < 2 and contrast.positives != "triplets":
        told = "a batch of one row has nothing that the row could be told from"
        yield _finding(
            facts, "error", told, "at least 2 rows, better hundreds", f"{size} row", "train: {batch_size: 256}"
        )
        return
    if contrast.positives == "labels":
        yield from _labels(facts, facts.table.frame[facts.targets[0]].gather(facts.split.train), size)
    elif contrast.positives in ("views", "pairs"):
        sides = contrast.sides or (tuple(column.name for column in facts.plan.inputs),)
        yield from _again(facts, sides, size)


def _labels(facts: Facts, labels: Any, size: int) -> Iterator[Diagnostic]:
    shares = (labels.drop_nulls().value_counts()["count"] / len(labels)).to_numpy()
    alone = float((shares * (1 - shares) ** (size - 1)).sum())
    one = float((shares**size).sum())
    if one > FALSE:
        told = f"{_percent(one)} of the batches of {size} rows hold one class: nothing is pushed away"
        yield _finding(
            facts, "warning", told, "several classes in each batch", _percent(one), f"train: {{batch_size: {size * 4}}}"
        )
    elif alone > ALONE:
        told = f"in a batch of {size} rows, {_percent(alone)} of them have no other row of their label"
        yield _finding(
            facts,
            "warning",
            told,
            "rows of the same label in each batch",
            _percent(alone),
            f"train: {{batch_size: {size * 8}}}",
        )


def _again(facts: Facts, sides: tuple[tuple[str, ...], ...], size: int) -> Iterator[Diagnostic]:
    """Tell how often the partner of a row stands in its batch once more; pictures are told apart by their file."""
    assert facts.table is not None and facts.split is not None
    rows = facts.split.train
    for side in sides:
        names = [name for name in side if name not in facts.table.media]
        if len(names) < len(side) or len(rows) < 2:
            continue
        counts = _counts(facts.table.frame.select(names)[rows])
        others = (counts - 1) / (len(rows) - 1)
        share = float((1 - (1 - others) ** (min(size, len(rows)) - 1)).mean())
        if share > FALSE:
            listed = " and ".join(f"`{name}`" for name in side[:3]) + (" …" if len(side) > 3 else "")
            told = (
                f"positive counted as negative: {_percent(share)} of the rows meet a copy of their {listed} in a batch"
            )
            fix = "remove copies, or say which rows are alike: contrastive: {positives: labels}"
            yield _finding(facts, "warning", told, "copies in less than 1 of 10 batches' rows", _percent(share), fix)
            return


def _counts(frame: Any) -> np.ndarray:
    """Return for each row how often it occurs."""
    import numpy as np

    from modelwright.checks.measure import row_hashes

    _, which, counts = np.unique(row_hashes(frame, frame.columns), return_inverse=True, return_counts=True)
    return counts[which]


def _finding(facts: Facts, severity: Any, message: str, expected: str, received: str, fix: str) -> Diagnostic:
    where = facts.place("train.batch_size")
    return Diagnostic(
        code=CODE, severity=severity, message=message, where=where, expected=expected, received=received, help=fix
    )


def check_program(facts: Facts) -> Iterator[Diagnostic]:
    """Yield findings for cross-entropy over similarities of the rows of a batch."""
    program = facts.forward
    assert program is not None
    if facts.step is not None:
        from modelwright.checks.program.players import leaks

        yield from leaks(facts, CODE)
    for call in program.losses:
        product = _similarities(call)
        if product is None:
            continue
        yield from _lengths(facts, product)
        yield from _itself(facts, call, product)


def _similarities(call: LossCall) -> Op | None:
    """Return the product of embeddings that a cross-entropy is taken of; None where it is no such loss.

    The target says which row is the partner: all numbers of a batch, each once.
    """
    from modelwright.checks.program.graph import SHAPES, back

    logits, target = call.input, call.target
    if call.name != "cross_entropy" or logits is None or target is None or len(logits.shape) != 2:
        return None
    rows = logits.shape[0]
    once = len(target.shape) == 1 and rows > 2 and sorted(target.tensor.tolist()) == list(range(rows))
    masked = frozenset((*SHAPES, *SCALED, "masked_fill", "fill_diagonal", "where", "cat"))
    made = back(logits, masked)
    op = None if made is None else made.producer
    if not once or op is None or op.name not in PRODUCTS or len(op.inputs) < 2:
        return None
    both = all(len(one.shape) == 2 and one.shape[0] + one.shape[1] > rows for one in op.inputs[:2])
    learned = all(_learned(one) for one in op.inputs[:2])
    return op if both and learned and op.output.shape[0] == rows else None


def _learned(value: Value) -> bool:
    """Say whether a matrix is computed by the model from rows, and is no weight."""
    return value.kind != "parameter" and bool(value.tensor.requires_grad)


def _lengths(facts: Facts, product: Op) -> Iterator[Diagnostic]:
    for at, value in enumerate(product.inputs[:2]):
        rows = product.output.shape[at]
        # Of a square matrix either axis may be that of the rows: `z @ z.T`, `linear(z, z)`.
        either = [value.tensor.detach().float().norm(dim=1 - axis) for axis in (0, 1) if value.shape[axis] == rows]
        lengths = min(either, key=_off_one)
        off = _off_one(lengths)
        if off > LENGTH:
            low, high = float(lengths.min()), float(lengths.max())
            yield found(
                facts,
                CODE,
                "error",
                f"{called(product)} compares embeddings that are not of unit length: longer ones look more alike",
                op=product,
                expected="cosine similarity: embeddings of length 1",
                received=f"lengths of {low:.3g} to {high:.3g}",
                help="z = torch.nn.functional.normalize(z, dim=1)",
            )
            return


def _off_one(lengths: Any) -> float:
    return float((lengths - 1).abs().max())


def _itself(facts: Facts, call: LossCall, product: Op) -> Iterator[Diagnostic]:
    assert call.input is not None and call.target is not None
    logits, target = call.input.tensor.detach(), call.target.tensor
    one, other = (value.tensor.detach() for value in product.inputs[:2])
    same = one.shape == other.mT.shape and bool((one == other.mT).all())
    partner_is_itself = bool((target == target.new_tensor(range(len(target)))).all())
    if not same or logits.shape[0] != logits.shape[1] or partner_is_itself:
        return
    if bool((logits.diagonal() > -1e3).any()):
        yield found(
            facts,
            CODE,
            "error",
            "positive counted as negative: the similarity of each row to itself is among those it is told from",
            op=call.op,
            expected="the diagonal of the similarities left out",
            received=f"a diagonal of {float(logits.diagonal().mean()):.3g}",
            help="logits.fill_diagonal_(-torch.inf)",
        )


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")
