"""The part with the tensors of the training rows, how much each counts, and their batches."""

from __future__ import annotations

from modelwright.data.batches import CHUNK_BYTES, row_bytes
from modelwright.script.code import block, lines, literal
from modelwright.script.section import Section, Source


def write(source: Source) -> Section:
    """Return the section that leaves the tensors of each part and `batches`."""
    plan, to = source.plan, source.on_device
    regression = plan.task == "regression"
    made = [
        "def tensors_of(rows):",
        '    """Return the rows of one part: what the model takes, and the target."""',
        "    part = frame[rows]",
        *(
            [
                "    target = ((target_of(part) - MEAN) / SCALE).astype(np.float32)",
                f"    return (*encode(part), torch.from_numpy(target){to})",
            ]
            if regression
            else [f"    return (*encode(part), torch.from_numpy(target_of(part)){to})"]
        ),
        "",
        "",
        "tensors = tensors_of(train_rows)",
    ]
    if source.weighted:
        made += _row_weights(source)
        made += [f"tensors = (*tensors, torch.from_numpy((weight / weight.mean()).astype(np.float32)){to})"]
    made += ["batches = Batches(tensors)", *_validation(source)]
    return Section(
        lines=[*block(_batches(source)), "", "", *made],
        imports=("import numpy as np", "import torch", "from itertools import pairwise"),
    )


def _validation(source: Source) -> list[str]:
    if not source.plan.split.rows[1]:
        return []
    return ["*validation_inputs, validation_target = tensors_of(validation_rows)"]


def _row_weights(source: Source) -> list[str]:
    plan = source.plan
    made: list[str] = []
    weights = plan.train.class_weight
    if weights is not None:
        number = "target_of(frame[train_rows]).reshape(-1).astype(np.int64)"
        made.append(f"number = {number}")
        if plan.why.get("train.class_weight", "").startswith("rows /"):
            made += [
                f"counts = np.bincount(number, minlength={len(weights)}).astype(float)",
                "of_class = counts.sum() / (len(counts) * np.maximum(counts, 1))",
            ]
        else:
            made += lines(literal(dict(zip(plan.outputs.classes, weights, strict=True))), "CLASS_WEIGHT = ")
            made.append("of_class = np.array([CLASS_WEIGHT[name] for name in CLASSES])")
        made.append("weight = of_class[number]")
    if plan.data.weight is not None:
        own = "weight_of(frame[train_rows])"
        made.append(f"weight = weight * {own}" if weights is not None else f"weight = {own}")
    return made


def _batches(source: Source) -> str:
    """Return the class of batches. Where slices of gathered rows would lie at odd addresses, on which the last bits of
    a matrix product depend, rows are gathered as modelwright does, many batches at once."""
    batches = source.assembly.trainer.batches
    to = f".to({source.on_device[4:-1]})" if source.on_device else ""
    if batches.batch_size % 16 == 0 or len(batches) == 1:
        return BATCHES.format(to=to, epoch=ONE_BY_ONE, constant="")
    chunk = max(1, CHUNK_BYTES // (sum(map(row_bytes, batches.tensors)) * batches.batch_size))
    constant = f"AT_ONCE = {chunk} * BATCH_SIZE  # rows gathered at once: about 4 MB, which stay in the cache\n\n\n"
    return BATCHES.format(to=to, epoch=MANY, constant=constant)


BATCHES = '''
{constant}class Batches:
    """Rows in batches; a last batch of one row joins the batch before it."""

    def __init__(self, tensors):
        self.tensors, self.rows = tensors, len(tensors[0])

    def __len__(self):
        full, rest = divmod(self.rows, BATCH_SIZE)
        return full + (rest > 1 or full == 0)

    def epoch(self, epoch, first=0):
        """Yield an epoch's batches, in an order that depends on (seed, epoch) alone."""
        random = np.random.Generator(np.random.Philox(key=[SEED, epoch]))
        order = torch.from_numpy(random.permutation(self.rows)){to}
{epoch}'''
ONE_BY_ONE = """        cuts = [k * BATCH_SIZE for k in range(first, len(self))] + [self.rows]
        for start, stop in pairwise(cuts):
            rows = order[start:stop]
            yield tuple(tensor.index_select(0, rows) for tensor in self.tensors)
"""
MANY = """        starts = range(first * BATCH_SIZE, len(self) * BATCH_SIZE, AT_ONCE)
        for start, stop in pairwise([*starts, self.rows]):
            rows = order[start:stop]
            sizes = [BATCH_SIZE] * (len(rows) // BATCH_SIZE)
            rest = len(rows) - sum(sizes)
            if rest == 1 and sizes:
                sizes[-1] += 1
            elif rest:
                sizes.append(rest)
            gathered = (one.index_select(0, rows) for one in self.tensors)
            yield from zip(*(one.split(sizes) for one in gathered))
"""
