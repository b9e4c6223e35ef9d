"""The section that parts the rows: scikit-learn's splits in NumPy, the same rows as the run had."""

from __future__ import annotations

import numpy as np

from modelwright.data.holdout import count
from modelwright.script.code import block, lines, literal, text
from modelwright.script.folding import fold_lines
from modelwright.script.section import Section, Source

WORDS = ("binary", "multiclass")
"""Tasks whose target is read as words."""
SHUFFLED = '''
def hold_out(rows, held):
    """Part rows as scikit-learn's train_test_split does."""
    order = np.random.RandomState(SPLIT_SEED).permutation(len(rows))
    return rows[order[held:]], rows[order[:held]]
'''
TAIL = '''
def hold_out(rows, held):
    """Hold out the last rows."""
    return rows[: len(rows) - held], rows[len(rows) - held :]
'''
GROUPED = '''
def hold_out(rows, held):
    """Hold out whole groups, as scikit-learn's GroupShuffleSplit does."""
    names, index = np.unique(group[rows], return_inverse=True)
    order = np.random.RandomState(SPLIT_SEED).permutation(len(names))
    inside = np.isin(index, order[:held])
    return rows[~inside], rows[inside]
'''
LATEST = '''
def hold_out(rows, held):
    """Hold out the last rows in time; rows of one time stay together."""
    border = len(rows) - held
    if 0 < border < len(rows) and time[rows[border - 1]] == time[rows[border]]:
        start = np.searchsorted(time[rows], time[rows[border]], side="left")
        stop = np.searchsorted(time[rows], time[rows[border]], side="right")
        border = int(start or stop)
    return rows[: max(0, border - GAP)], rows[border:]
'''
STRATIFIED = '''
def shares(counts, draws, rng):
    """Share draws out over the classes as evenly as whole rows allow, ties drawn."""
    exact = counts / counts.sum() * draws
    whole, rest = np.floor(exact), exact - np.floor(exact)
    while (missing := int(draws - whole.sum())) > 0:
        tied = np.flatnonzero(rest == rest.max())
        whole[rng.choice(tied, size=min(len(tied), missing), replace=False)] += 1
        rest[tied] = -1
    return whole.astype(np.int64)


def hold_out(rows, held):
    """Part rows as scikit-learn's train_test_split(stratify=label) does."""
    _, index, counts = np.unique(label[rows], return_inverse=True, return_counts=True)
    rng = np.random.RandomState(SPLIT_SEED)
    kept = shares(counts, len(rows) - held, rng)
    out = shares(counts - kept, held, rng)
    drawn = [rng.permutation(np.flatnonzero(index == k)) for k in range(len(counts))]
    rest = np.concatenate([own[:k] for own, k in zip(drawn, kept)])
    test = np.concatenate([own[k : k + h] for own, k, h in zip(drawn, kept, out)])
    return rows[rng.permutation(rest)], rows[rng.permutation(test)]
'''


def write(source: Source) -> Section:
    """Return the section that leaves `train`, `validation` and `test`: row numbers, ascending."""
    plan = source.plan.split
    held_out = plan.sizes is None
    function = _function(source) if held_out else ()
    body = block(
        _seed(source),
        _labels(source),
        ("", "", *block(function), "", "") if function else ("",),
        *_rows_and_parts(source),
        "train_rows, validation_rows, test_rows = map(np.sort, (train, validation, test))",
        f"assert (len(train), len(validation), len(test)) == {plan.rows}",
    )
    return Section(lines=body, imports=("import numpy as np",))


def _seed(source: Source) -> list[str]:
    plan = source.plan.split
    made: list[str] = []
    drawn = source.rule == "random" and plan.shuffle
    if plan.sizes is None and (drawn or source.rule == "group"):
        made.append(f"SPLIT_SEED = {plan.random_state}")
    if source.rule == "time":
        made.append(f"GAP = {plan.gap}")
    return made


def _labels(source: Source) -> list[str]:
    """Return what the rows are parted by, as numbers."""
    plan, data = source.plan.split, source.plan.data
    made: list[str] = []
    if plan.stratify:
        made.append(f"label = {_rank(source, source.plan.outputs.targets[0])}")
    if source.rule == "group" and data.group is not None:
        made.append(f"group = {_rank(source, data.group)}")
    if source.rule == "time":
        made.append(f"time = {_rank(source, data.time)}" if data.time else "time = np.arange(frame.height)")
    return made


def _rank(source: Source, name: str) -> str:
    """Return the numbers of a column's distinct values in their order, missing ones the last."""
    column = source.assembly.prepared.dataset.table.frame[name]
    kind = ".cast(pl.UInt8)" if str(column.dtype) == "Boolean" and source.plan.task not in WORDS else ""
    missing = f".fill_null({column.n_unique() + 1})" if column.null_count() else ""
    return f'frame[{text(name)}]{kind}.rank("dense"){missing}.to_numpy()'


def _function(source: Source) -> str:
    plan = source.plan.split
    if not plan.validation_size and plan.folds is not None:
        return ""
    if source.rule == "group":
        return GROUPED
    if source.rule == "time":
        return LATEST
    if plan.stratify:
        return STRATIFIED
    return SHUFFLED if plan.shuffle else TAIL


def _rows_and_parts(source: Source) -> list[str]:
    """Return the lines that leave the rows of each part; rows that only one line asks for get no name."""
    rows, parts = _rows(source), _parts(source)
    names = "\n".join(parts).count("rows")
    if len(rows) == 1 and names == 1 and parts[0].startswith("rest, test = hold_out(rows,"):
        return [parts[0].replace("(rows,", f"({rows[0].removeprefix('rows = ')},"), *parts[1:]]
    return [*rows, *parts]


def _rows(source: Source) -> list[str]:
    """Return the rows that can be used: those with a target, in time order where time rules."""
    frame, outputs = source.assembly.prepared.dataset.table.frame, source.plan.outputs
    whole = source.plan.task in ("contrastive", "gan")  # rows without a target are used there too
    gaps = [] if whole else [name for name in outputs.targets if frame[name].null_count()]
    if gaps:
        made = ["# rows without a target are left out"]
        made += lines(literal(gaps), "known = pl.all_horizontal(pl.col(", ").is_not_null())")
        made.append("rows = frame.select(known.arg_true()).to_series().to_numpy()")
    else:
        made = ["rows = np.arange(frame.height)"]
    if source.rule == "time":
        made.append('rows = rows[np.argsort(time[rows], kind="stable")]')
    return made


def _parts(source: Source) -> list[str]:
    plan = source.plan.split
    if plan.sizes is not None:
        train, validation, test = plan.sizes
        start = train + plan.gap
        after = start + (validation + plan.gap if validation else 0)
        return [
            f"train = rows[:{train}]",
            f"validation = rows[{start}:{start + validation}]",
            f"test = rows[{after}:{after + test}]",
        ]
    if plan.by == "files":
        return _given(source)
    made = fold_lines(source) if plan.folds is not None else [f"rest, test = hold_out(rows, {_held(source, 'test')})"]
    return [*made, _validation(source, "rest")]


def _held(source: Source, part: str) -> int:
    """Return how many rows (groups, where groups are held out) a part was to have: scikit-learn rounds shares up."""
    split, plan = source.assembly.prepared.split, source.plan.split
    size = plan.test_size if part == "test" else plan.validation_size
    names = ("train", "validation") if part == "validation" else ("train", "validation", "test")
    if part == "test" and plan.by == "files":
        names = ("train", "test") if 1 in _given_parts(source) else names
    rows = np.concatenate([split.parts[name] for name in names])
    if source.rule == "time":
        return _held_in_time(source, part)
    if source.rule == "group":
        column = source.assembly.prepared.dataset.table.frame[source.plan.data.group or ""]
        return count(size, column.gather(rows).n_unique())
    return count(size, len(rows))


def _validation(source: Source, rest: str) -> str:
    size = source.plan.split.validation_size
    if not size:
        return f"validation = {rest}[:0]" if rest == "train" else f"train, validation = {rest}, {rest}[:0]"
    return f"train, validation = hold_out({rest}, {_held(source, 'validation')})"


def _given(source: Source) -> list[str]:
    given = _given_parts(source)
    made = ["train, validation, test = (rows[part[rows] == number] for number in range(3))"]
    if 2 not in given:
        made.append(f"train, test = hold_out(train, {_held(source, 'test')})")
    if 1 not in given:
        made.append(_validation(source, "train"))
    return made


def _given_parts(source: Source) -> set[int]:
    parts = source.assembly.prepared.dataset.table.parts
    return set() if parts is None else set(parts.tolist())


def _held_in_time(source: Source, part: str) -> int:
    """Return how many rows a part was asked to have; gaps and rows of one time at a border change how many it has."""
    plan, split = source.plan.split, source.assembly.prepared.split
    if part == "validation":
        return count(plan.validation_size, len(split.train) + len(split.validation) + plan.gap)
    given = {1, 2} & _given_parts(source)
    rows = source.assembly.prepared.dataset.rows
    parts = source.assembly.prepared.dataset.table.parts
    return count(plan.test_size, len(rows) if not given or parts is None else int((parts[rows] == 0).sum()))
