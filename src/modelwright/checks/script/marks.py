"""What an expression does to rows before they are split: fits, chooses, draws again, takes windows."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from modelwright.checks.program.statements import Node, called
from modelwright.checks.script.reading import Script, names, root, words
from modelwright.diagnostic import Diagnostic

FITTED = frozenset(
    (
        *("StandardScaler", "MinMaxScaler", "RobustScaler", "MaxAbsScaler", "PowerTransformer", "QuantileTransformer"),
        *("PCA", "IncrementalPCA", "TruncatedSVD", "FastICA", "NMF", "KernelPCA", "KBinsDiscretizer"),
        *("SimpleImputer", "KNNImputer", "IterativeImputer", "TfidfVectorizer", "TargetEncoder"),
    )
)
CHOSEN = frozenset(["SelectKBest", "SelectPercentile", "SelectFpr", "RFE", "RFECV", "SequentialFeatureSelector"])
COPIED = frozenset(
    (
        *("RandomOverSampler", "SMOTE", "SMOTENC", "SMOTEN", "BorderlineSMOTE", "SVMSMOTE", "KMeansSMOTE", "ADASYN"),
        *("SMOTEENN", "SMOTETomek"),
    )
)
SPLITS = ("train_test_split", "random_split")
HELD_OUT = {"test", "val", "valid", "validation", "holdout", "dev"}
COLUMNS = {"c", "col", "column", "feature", "name", "key"}
COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
TRAINING = {"train", "training", "tr", "fit"}


@dataclass(frozen=True, slots=True)
class Mark:
    """What was done to rows: `code` says which mistake it is once they are split, `node` where it was done."""

    code: str
    node: Node
    what: str


@dataclass(slots=True)
class Flow:
    """What is known of names, statement by statement of one body."""

    script: Script
    marks: dict[str, Mark] = field(default_factory=dict[str, Mark])
    measured: set[str] = field(default_factory=set[str])
    parts: set[str] = field(default_factory=set[str])
    cuts: dict[str, list[ast.Slice]] = field(default_factory=dict[str, list[ast.Slice]])
    fitted: set[str] = field(default_factory=set[str])
    found: dict[Node, Diagnostic] = field(default_factory=dict[Node, Diagnostic])
    inner: dict[str, Mark | None] = field(default_factory=dict[str, Mark | None])


def mark(flow: Flow, value: Node) -> Mark | None:
    """Return what an expression does to all rows, or what was done to the names in it."""
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and not _row_by_row(flow, node) and (done := _of_call(flow, node)) is not None:
            return done
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _standardises(flow, node):
            return Mark("L202", value, "mean and deviation")
    for name in sorted(names(value)):
        if name in flow.marks:
            return flow.marks[name]
    return None


def _of_call(flow: Flow, call: ast.Call) -> Mark | None:
    name = called(call)
    again = any(k.arg == "replace" and getattr(k.value, "value", None) is True for k in call.keywords)
    made = kinds(flow.script, call.func.value) if isinstance(call.func, ast.Attribute) else set[str]()
    drawn = (name == "fit_resample" and bool(made & COPIED)) or (name in ("resample", "sample") and again)
    of = call.func.value if name == "sample" and isinstance(call.func, ast.Attribute) else None
    given = [*call.args, *(k.value for k in call.keywords), *([of] if of is not None else [])]
    if drawn and not any(words(ast.unparse(each)) & TRAINING for each in given):
        return Mark("L204", call, name)
    if drawn or of_part(flow, call):
        return None
    if name in ("fit", "fit_transform") and isinstance(call.func, ast.Attribute):
        if made & CHOSEN:
            return Mark("L203", call, min(made & CHOSEN))
        return Mark("L202", call, min(made & FITTED)) if made & FITTED else None
    if _slides(flow, call):
        return Mark("L207", call, name)
    if name not in flow.inner:
        flow.inner[name] = None  # a function that calls itself
        flow.inner[name] = _inner(flow, name)
    inner = flow.inner[name]
    return None if inner is None else Mark(inner.code, call, inner.what)


def _row_by_row(flow: Flow, call: ast.Call) -> bool:
    """Say whether a call is made for each row by itself: its arguments hold what a comprehension turns over."""
    given = set[str]().union(*map(names, call.args))
    around = (each for each in flow.script.around(call) if isinstance(each, COMPREHENSIONS))
    return any(names(one.target) & given for each in around for one in each.generators)


def _slides(flow: Flow, call: ast.Call) -> bool:
    """Say whether windows of the rows, one step apart, are taken by a call."""
    name, above = called(call), flow.script.parents.get(call)
    if isinstance(above, ast.Subscript) and any(isinstance(n, ast.Slice) and n.step for n in ast.walk(above.slice)):
        return False
    if name == "unfold":
        first = [getattr(each, "value", None) for each in call.args]
        return len(first) == 3 and first[0] == 0 and first[2] == 1
    axis = [k.value for k in call.keywords if k.arg == "axis"] + call.args[2:3]
    return name == "sliding_window_view" and all(getattr(each, "value", None) == 0 for each in axis)


def _inner(flow: Flow, name: str) -> Mark | None:
    """Return what a function or class of the file does to all rows that it is given."""
    held = flow.script.defined.get(name, ())
    if len(held) != 1:
        return None
    inside = [n for n in ast.walk(held[0]) if isinstance(n, ast.Call)]
    if any(called(call) in SPLITS for call in inside) or any(_row_cut(n) for n in ast.walk(held[0])):
        return None
    if _windows(held[0]):
        return Mark("L207", held[0], name)
    fresh = Flow(flow.script, inner=flow.inner)
    for call in inside:
        if called(call) != name and called(call) in ("fit", "fit_transform", "fit_resample"):
            done = _of_call(fresh, call)
            if done is not None and isinstance(held[0], ast.ClassDef) and "transform" not in ast.unparse(held[0]):
                return None
            if done is not None:
                return done
    return None


def _row_cut(node: Node) -> bool:
    if not isinstance(node, ast.Subscript):
        return False
    first = node.slice
    return isinstance(first, ast.Slice) and bool(words(ast.unparse(first)) & (TRAINING | {"split"}))


def _windows(body: Node) -> bool:
    """Say whether a function takes windows that overlap: `x[i : i + n]` for each i."""
    for loop in ast.walk(body):
        comprehended = [(g.target, g.iter) for g in getattr(loop, "generators", ())]
        pairs = [(loop.target, loop.iter)] if isinstance(loop, ast.For) else comprehended
        for target, rows in pairs:
            strided = isinstance(rows, ast.Call) and len(rows.args) > 2 and not _ones(rows.args[2])
            if not isinstance(target, ast.Name) or not isinstance(rows, ast.Call) or called(rows) != "range" or strided:
                continue
            if any(_begins_at(node, target.id) for node in ast.walk(loop)):
                return True
    return False


def _begins_at(node: Node, name: str) -> bool:
    """Say whether a slice is `i : i + n`."""
    if not isinstance(node, ast.Slice) or not isinstance(node.lower, ast.Name) or node.lower.id != name:
        return False
    last = node.upper
    return (
        isinstance(last, ast.BinOp) and isinstance(last.op, ast.Add) and name in (_plain(last.left), _plain(last.right))
    )


def _plain(node: Node) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _ones(node: Node) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def kinds(script: Script, made: Node) -> set[str]:
    """Return the classes that a transformer is made of: those named where it, or what it is bound to, is made."""
    text = [made] if isinstance(made, ast.Call) else list(script.kinds(ast.unparse(made)))
    return {called(call) for each in text for call in ast.walk(each) if isinstance(call, ast.Call)}


def of_part(flow: Flow, call: ast.Call) -> bool:
    """Say whether what a call is given is a part already: by its name, by where it comes from, or as a slice."""
    for argument in call.args[:1]:
        if names(argument) & flow.parts or words(ast.unparse(argument)) & (TRAINING | HELD_OUT):
            return True
        if any(isinstance(n, ast.Subscript) and _takes_rows(n) for n in ast.walk(argument)):
            return True
    return False


def _takes_rows(node: ast.Subscript) -> bool:
    first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
    if isinstance(first, ast.Slice):
        return first.lower is not None or first.upper is not None
    return isinstance(first, ast.Name) and bool(words(first.id) & {"rows", "index", "idx", "indices", "mask"})


def _standardises(flow: Flow, node: ast.BinOp) -> bool:
    """Say whether `(x - x.mean()) / x.std()` is written, with all rows' own numbers, or by names bound to them."""
    over = node.left
    if not isinstance(over, ast.BinOp) or not isinstance(over.op, ast.Sub):
        return False
    base = root(over.left)
    by_number = isinstance(over.left, ast.Subscript) and bool(names(over.left.slice) & flow.script.turned - COLUMNS)
    if not base or by_number or base in flow.script.turned or base in flow.parts or words(base) & (TRAINING | HELD_OUT):
        return False
    less, spread = names(over.right), names(node.right)
    direct = base in less and base in spread and measures(over.right) and measures(node.right)
    return direct or bool(less & flow.measured and spread & flow.measured)


def measures(value: Node) -> bool:
    of = ("mean", "std", "min", "max", "var")
    asked = (n for n in ast.walk(value) if isinstance(n, ast.Call) and called(n) in of)
    return any(not _held(call) and _over_rows(call) for call in asked)


def _over_rows(call: ast.Call) -> bool:
    """Say whether a statistic is one of all rows: no axis, or an axis that is written and begins with 0."""
    of = call.func.value if isinstance(call.func, ast.Attribute) else None
    free = of is None or _plain(of) in ("np", "numpy", "torch")
    axes = [k.value for k in call.keywords if k.arg in ("axis", "dim")] + call.args[int(free) : int(free) + 1]
    parts = [each for axis in axes for each in (axis.elts if isinstance(axis, ast.Tuple | ast.List) else [axis])]
    return not parts or any(getattr(each, "value", None) in (0, "index") for each in parts)


def _held(call: ast.Call) -> bool:
    return bool(words(ast.unparse(call)) & (TRAINING | HELD_OUT))
