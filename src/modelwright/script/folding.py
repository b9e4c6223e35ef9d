"""The rows of one fold, by scikit-learn's rules in NumPy."""

from __future__ import annotations

from modelwright.script.code import block
from modelwright.script.section import Source

K_FOLD = """
order = np.arange(len(rows))
{shuffle}fold = np.array_split(order, {folds})[{fold}]
"""
STRATIFIED = """
_, first, index = np.unique(label[rows], return_index=True, return_inverse=True)
index = np.argsort(np.argsort(first))[index]  # classes in the order they appear
counts = np.bincount(index)
ordered = np.sort(index)
share = np.array([np.bincount(ordered[k::{folds}], minlength=len(counts)) for k in range({folds})])
number = np.empty(len(rows), dtype=np.int64)
{rng}for k in range(len(counts)):
    own = np.arange({folds}).repeat(share[:, k])
    {shuffle}number[index == k] = own
fold = np.flatnonzero(number == {fold})
"""
GROUPS_SHUFFLED = """
names = np.random.RandomState({seed}).permutation(np.unique(group[rows]))
fold = np.flatnonzero(np.isin(group[rows], np.array_split(names, {folds})[{fold}]))
"""
GROUPS = """
_, index = np.unique(group[rows], return_inverse=True)
counts = np.bincount(index)
filled, place = np.zeros({folds}), np.zeros(len(counts), dtype=np.int64)
for one in np.argsort(counts, kind="stable")[::-1]:  # the largest group into the emptiest fold
    place[one] = np.argmin(filled)
    filled[place[one]] += counts[one]
fold = np.flatnonzero(place[index] == {fold})
"""
GROUPS_STRATIFIED = """
_, first, index = np.unique(label[rows], return_index=True, return_inverse=True)
counts = np.bincount(index)
_, groups, sizes = np.unique(group[rows], return_inverse=True, return_counts=True)
table = np.zeros((len(sizes), len(counts)))
np.add.at(table, (groups, index), 1)
order = np.arange(len(sizes))
{shuffle}order = order[np.argsort(-np.std(table[order], axis=1), kind="stable")]
filled, place = np.zeros(({folds}, len(counts))), np.zeros(len(sizes), dtype=np.int64)
for one in order:  # where it makes the shares of the classes most even
    least, fewest = np.inf, np.inf
    for k in range({folds}):
        filled[k] += table[one]
        spread = np.mean(np.std(filled / counts, axis=0))
        filled[k] -= table[one]
        size = filled[k].sum()
        if spread < least or (np.isclose(spread, least) and size < fewest):
            least, fewest, place[one] = spread, size, k
    filled[place[one]] += table[one]
fold = np.flatnonzero(place[groups] == {fold})
"""
TIME = """
size = len(rows) // {folds_and_one}
start = len(rows) - size * ({folds} - {fold})
"""


def fold_lines(source: Source) -> list[str]:
    """Return the lines that leave `rest` and `test` of the fold of the plan."""
    plan = source.plan.split
    folds, fold = plan.folds or 2, (plan.fold or 1) - 1
    name = f"# fold {fold + 1} of {folds}, as scikit-learn's "
    seed = plan.random_state
    if source.rule == "time":
        return _in_time(folds, fold, name)
    shuffle = f"np.random.RandomState({seed}).shuffle(order)\n" if plan.shuffle else ""
    if source.rule == "group" and plan.stratify:
        kind, made = "StratifiedGroupKFold", GROUPS_STRATIFIED.format(folds=folds, fold=fold, shuffle=shuffle)
    elif source.rule == "group" and plan.shuffle:
        kind, made = "GroupKFold", GROUPS_SHUFFLED.format(folds=folds, fold=fold, seed=seed)
    elif source.rule == "group":
        kind, made = "GroupKFold", GROUPS.format(folds=folds, fold=fold)
    elif plan.stratify:
        rng = f"rng = np.random.RandomState({seed})\n" if plan.shuffle else ""
        each = "rng.shuffle(own)\n    " if plan.shuffle else ""
        kind, made = "StratifiedKFold", STRATIFIED.format(folds=folds, fold=fold, rng=rng, shuffle=each)
    else:
        kind, made = "KFold", K_FOLD.format(folds=folds, fold=fold, shuffle=shuffle)
    return [
        f"{name}{kind}",
        *block(made),
        "inside = np.zeros(len(rows), dtype=bool)",
        "inside[fold] = True",
        "rest, test = rows[~inside], rows[inside]",
    ]


def _in_time(folds: int, fold: int, name: str) -> list[str]:
    return [
        f"{name}TimeSeriesSplit",
        *block(TIME.format(folds=folds, fold=fold, folds_and_one=folds + 1)),
        "rest, test = rows[: start - GAP], rows[start : start + size]",
        "rest = rest[time[rest] < time[test[0]]]",
    ]
