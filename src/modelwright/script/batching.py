"""The part with the tensors of the training rows, how much each counts, and their batches."""

from __future__ import annotations

from modelwright.data.batches import CHUNK_BYTES, row_bytes
from modelwright.script.augmenting import changed
from modelwright.script.code import lines, literal
from modelwright.script.section import Section, Source, indented

FREE = ("pixels", "tokens")
"""Encodings whose batches become new tensors before any matrix product looks at them."""


def write(source: Source) -> Section:
    """Return the section that leaves the tensors of each part and `batches(epoch)`."""
    if source.kind == "windows":
        return _of_windows(source)
    made = _tensors(source)
    made += ["", "", "tensors = tensors_of(train_rows)"]
    if source.weighted:
        made += _row_weights(source)
        to = source.on_device
        made += [f"tensors = (*tensors, torch.from_numpy((weight / weight.mean()).astype(np.float32)){to})"]
    if source.plan.split.rows[1]:
        made += ["*validation_inputs, validation_target = tensors_of(validation_rows)"]
    return Section(lines=[*made, "", "", *batches_lines(source)], imports=("import numpy as np", "import torch"))


def _of_windows(source: Source) -> Section:
    """Return the section of a forecast, whose batches are gathered from one series."""
    made = []
    if source.plan.split.rows[1]:
        made = ["*validation_inputs, validation_target = tensors_of(validation_starts)", "", ""]
    return Section(lines=[*made, *batches_lines(source)], imports=("import numpy as np", "import torch"))


def _tensors(source: Source) -> list[str]:
    """Return the function that makes the tensors of some rows."""
    to = source.on_device
    made = ["def tensors_of(rows):", '    """Return what the model takes of some rows, and the target."""']
    target = "target_of(frame[rows])"
    if source.kind == "table":
        made, target = [*made, "    part = frame[rows]"], "target_of(part)"
    if source.plan.task == "regression":
        made.append(f"    target = (({target} - MEAN) / SCALE).astype(np.float32)")
        target = "target"
    return [*made, f"    return {source.inputs_of_rows}, torch.from_numpy({target}){to}"]


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


def batches_lines(source: Source, views: str = "") -> list[str]:
    """Return the function of batches; `views` is what one yields of its `inputs`, which makes new tensors of them.

    Where slices of gathered rows would lie at odd addresses, on which the last bits of a matrix product depend, rows
    are gathered as modelwright does, many batches at once.
    """
    batches, size = source.batches, source.plan.train.batch_size
    made = [
        "def batches(epoch):",
        '    """Yield the batches of an epoch, in an order that depends on (seed, epoch) alone."""',
        "    random = np.random.Generator(np.random.Philox(key=[SEED, epoch]))",
        f"    order = torch.from_numpy(random.permutation({source.training_rows})){source.on_device}",
    ]
    plan = source.plan
    one_network = plan.contrast is not None and plan.contrast.second is None and plan.contrast.compared > 1
    free = plan.inputs[0].encoding in FREE or bool(views) or one_network  # views and sides are joined
    chunk = max(1, CHUNK_BYTES // (sum(map(row_bytes, batches.tensors)) * size))
    windows = source.kind == "windows"
    gathered = "tuple(tensor.index_select(0, rows) for tensor in tensors)"
    gathered = "tensors_of(train_starts[rows])" if windows else gathered
    if free or size % 16 == 0 or len(batches) == 1:
        made += [f"    for rows in {_cut(source, 'order', 'BATCH_SIZE', batches.rows)}:"]
        made += indented(_viewed(gathered, views) if views else changed(source, gathered), 2)
        return made
    if chunk >= len(batches):
        parts = _cut(source, "one", "BATCH_SIZE", batches.rows)
        return [*made, *_gathered("order", parts, 1, windows)]
    joined = _cut(source, "one", "BATCH_SIZE", batches.rows)
    made += [f"    at_once = {chunk} * BATCH_SIZE  # about 4 MB, which stay in the processor's cache"]
    made += [f"    for rows in {_cut(source, 'order', 'at_once', batches.rows, size)}:"]
    return [*made, *_gathered("rows", joined, 2, windows)]


def _viewed(gathered: str, views: str) -> list[str]:
    names = "*inputs, labels" if views.endswith("labels") else "inputs"
    return [f"{names} = {gathered}", f"yield {views}"]


def _gathered(rows: str, parts: str, depth: int, windows: bool) -> list[str]:
    found = f"tensors_of(train_starts[{rows}])" if windows else f"(one.index_select(0, {rows}) for one in tensors)"
    made = [
        f"gathered = {found}",
        f"yield from zip(*({parts} for one in gathered))",
    ]
    return indented(made, depth)


def _cut(source: Source, name: str, size: str, rows: int, batch: int = 0) -> str:
    """Return rows cut into pieces of a size; a last piece of one row joins the one before it."""
    batch = batch or source.plan.train.batch_size
    if rows % batch != 1 or rows <= batch:
        return f"{name}.split({size})"
    return f"{name}.tensor_split([*range({size}, len({name}) - 1, {size})])"
