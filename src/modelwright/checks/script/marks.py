"""What an expression does to rows before they are split: fits, chooses, draws again, takes windows."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from modelwright.checks.program.statements import FUNCTIONS, Node, called
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
SPLITS = ("train_test_split", "random_split")
HELD_OUT = {"test", "val", "valid", "validation", "holdout", "dev"}
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


def mark(flow: Flow, value: Node) -> Mark | None:
    """Return what an expression does to all rows, or what was done to the names in it."""
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and (done := _of_call(flow, node)) is not None:
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
    drawn = name == "fit_resample" or (name in ("resample", "sample") and again)
    if drawn and not words(ast.unparse(call)) & TRAINING:
        return Mark("L204", call, name)
    if drawn or of_part(flow, call):
        return None
    if name in ("fit", "fit_transform") and isinstance(call.func, ast.Attribute):
        made = kinds(flow.script, call.func.value)
        if made & CHOSEN:
            return Mark("L203", call, min(made & CHOSEN))
        return Mark("L202", call, min(made & FITTED)) if made & FITTED else None
    if name == "sliding_window_view" or (name == "unfold" and len(call.args) == 3 and _ones(call.args[2])):
        return Mark("L207", call, name)
    inner = _inner(flow, name)
    return None if inner is None else Mark(inner.code, call, inner.what)


def _inner(flow: Flow, name: str) -> Mark | None:
    """Return what a function or class of the file does to all rows that it is given."""
    held = [n for n in ast.walk(flow.script.tree) if isinstance(n, FUNCTIONS | ast.ClassDef) and n.name == name]
    if len(held) != 1:
        return None
    inside = [n for n in ast.walk(held[0]) if isinstance(n, ast.Call)]
    if any(called(call) in SPLITS for call in inside) or any(_row_cut(n) for n in ast.walk(held[0])):
        return None
    if _windows(held[0]):
        return Mark("L207", held[0], name)
    fresh = Flow(flow.script)
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
            for node in ast.walk(loop):
                if isinstance(node, ast.Slice) and node.lower is not None and node.upper is not None:
                    start, stop = ast.unparse(node.lower), ast.unparse(node.upper)
                    if target.id in names(node.lower) and target.id in names(node.upper) and stop != start:
                        return True
    return False


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
    if not base or base in flow.parts or words(base) & (TRAINING | HELD_OUT):
        return False
    less, spread = names(over.right), names(node.right)
    direct = base in less and base in spread and measures(over.right) and measures(node.right)
    return direct or bool(less & flow.measured and spread & flow.measured)


def measures(value: Node) -> bool:
    of = ("mean", "std", "min", "max", "var")
    return any(isinstance(n, ast.Call) and called(n) in of and not _held(n) for n in ast.walk(value))


def _held(call: ast.Call) -> bool:
    return bool(words(ast.unparse(call)) & (TRAINING | HELD_OUT))
