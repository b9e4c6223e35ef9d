"""`net.py:SimpleCNN(hidden=64)`: code of the user's own, looked up in its file by `ast`; nothing of it runs here.

`python:SimpleCNN` stands for an object that was handed over in Python; only its caller can hand it over again.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.spec.call import Call, Value
from modelwright.spec.near import did_you_mean, near

IN_PYTHON = "python"
INPUTS = (
    *("in_features", "input_size", "input_dim", "in_channels", "n_features", "num_features", "in_dim", "n_inputs"),
    *("num_inputs", "input_features", "n_in", "d_in", "embed_size", "embed_dim"),
    *("latent_dim", "latent_size", "latent", "z_dim", "noise_dim", "nz"),
)
"""Names of parameters whose value follows from what enters the network."""
OUTPUTS = (
    *("out_features", "output_size", "output_dim", "num_classes", "n_classes", "classes", "out_dim", "n_outputs"),
    *("num_outputs", "output_features", "n_out", "d_out"),
)
"""Names of parameters whose value follows from the target."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a class or function of the user's own."""

    name: str
    required: bool
    positional: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What is known of the user's code without running it; `open` where any arguments may be right.

    `tensors` counts what `forward` takes at least (None where that is not written down); `instance`: nothing is called.
    """

    place: Place
    parameters: tuple[Parameter, ...] = ()
    open: bool = False
    tensors: int | None = None
    instance: bool = False


def is_own(name: str) -> bool:
    """Return whether the name of a call is code of the user's own."""
    return ":" in name


def split_name(name: str) -> tuple[str, str]:
    """Return file (or `python`) and name.

    >>> split_name("net.py:SimpleCNN")
    ('net.py', 'SimpleCNN')
    """
    home, _, inner = name.rpartition(":")
    return home, inner


def signature(call: Call, base: Path, given: Mapping[str, Any], key: str, where: Place) -> Signature:
    """Return the signature of the code that a call names; SpecError where it is not there."""
    home, name = split_name(call.name)
    if home != IN_PYTHON:
        return in_file(base, home, name, where)
    if key not in given:
        raise SpecError(not_handed_over(key, call, where))
    return of_object(given[key])


def not_handed_over(key: str, call: Call, where: Place) -> Diagnostic:
    """Return what is said where an object that was given in Python is not there."""
    name, listed = split_name(call.name)[1], "[" in key
    key = key.partition("[")[0]
    file = "" if listed else f", or a file that holds it: `{key}: net.py:{name}`"
    again = "…" if listed else name  # one of several transforms, all of which are given again
    return Diagnostic(
        code="Y009",
        severity="error",
        message=f"`{call.name}` was handed over in Python, and is not here now",
        where=where,
        expected=f"the same {key} again{file}",
        received=str(call),
        help=f"modelwright.resume(run, {key.rpartition('.')[2]}={again})",
    )


def in_file(base: Path, home: str, name: str, where: Place) -> Signature:
    """Return the signature of a class or function in a file below `base`; SpecError with near misses."""
    file = base / home
    tree = _parsed(base, home, where)
    found = {inner: node for node in tree.body for inner in _names(node)}
    if name not in found:
        classes = [inner for inner, node in found.items() if isinstance(node, ast.ClassDef | ast.FunctionDef)]
        close = near(name, classes, 1)
        raise SpecError(
            Diagnostic(
                code="Y004",
                severity="error",
                message=f"`{home}` has no `{name}`{did_you_mean(name, classes)}",
                where=where,
                expected="a class or a function at the top of the file",
                received=name,
                known=", ".join(classes[:20]),
                help=f"{home}:{close[0]}" if close else "",
            )
        )
    node = found[name]
    lines = file.read_text(encoding="utf-8").splitlines()
    place = Place(file=str(file), line=node.lineno, column=1, source=lines[node.lineno - 1])
    if isinstance(node, ast.ClassDef):
        return _of_class(node, found, place)
    if isinstance(node, ast.FunctionDef):
        return _of_function(node.args, place, skip=0)
    return Signature(place=place, open=True)


def of_object(found: Any) -> Signature:
    """Return the signature of a class, function or module that is handed over in Python."""
    place = place_of(found)
    if not (inspect.isclass(found) or inspect.isroutine(found) or isinstance(found, partial)):
        return Signature(place=place, instance=True, tensors=_tensors_of(type(found)))
    try:
        parameters = list(inspect.signature(found).parameters.values())
    except (ValueError, TypeError):
        return Signature(place=place, open=True)
    kinds = inspect.Parameter
    plain = tuple(
        Parameter(each.name, each.default is kinds.empty, each.kind is not kinds.KEYWORD_ONLY)
        for each in parameters
        if each.kind not in (kinds.VAR_KEYWORD, kinds.VAR_POSITIONAL)
    )
    tensors = _tensors_of(found) if inspect.isclass(found) else None
    return Signature(place=place, parameters=plain, open=len(plain) < len(parameters), tensors=tensors)


def place_of(found: Any) -> Place:
    """Return file and line of a class, a function, or the class of an object, where Python knows them."""
    inner: Any = found.func if isinstance(found, partial) else found
    if not (inspect.isclass(inner) or inspect.isroutine(inner)):
        inner = type(inner)
    try:
        lines, line = inspect.getsourcelines(inner)
        return Place(file=inspect.getsourcefile(inner), line=max(line, 1), column=1, source=lines[0].rstrip("\n"))
    except (OSError, TypeError):
        return Place(key=getattr(inner, "__qualname__", str(inner)))


def problems(call: Call, known: Signature, where: Place, whole: bool = True) -> Iterator[Diagnostic]:
    """Yield what is wrong with the arguments of a call to the user's code; unless `whole`, others come beside them."""
    name = split_name(call.name)[1]
    if known.instance:
        return
    positional = [each.name for each in known.parameters if each.positional]
    every = [each.name for each in known.parameters]
    given = set(positional[: len(call.args)]) | set(call.kwargs)
    at = f"{known.place.file}:{known.place.line}" if known.place.line else str(known.place)

    def wrong(message: str, fix: str = "") -> Diagnostic:
        usage = f"{name}({', '.join(every)}{', …' if known.open else ''}), {at}"
        return Diagnostic(
            code="Y005", severity="error", message=message, where=where, received=str(call), known=usage, help=fix
        )

    if len(call.args) > len(positional) and not known.open:
        yield wrong(f"`{name}` takes {len(positional)} arguments by position, {len(call.args)} were given")
    for key in call.kwargs:
        if key not in every and not known.open:
            close = near(key, every, 1)
            renamed = {close[0] if k == key and close else k: v for k, v in call.kwargs.items()}
            fix = str(Call(call.name, call.args, renamed)) if close else ""
            yield wrong(f"`{name}` has no argument `{key}`{did_you_mean(key, every)}", fix)
        elif key in positional[: len(call.args)]:
            yield wrong(f"`{name}` was given `{key}` twice: by position and by name")
    for key, value in bound(call, known).items():
        if value is ... and key not in INPUTS + OUTPUTS:
            yield wrong(f"`{key}` of `{name}` does not follow from the data: `...` cannot stand for it")
    lacking = [each.name for each in known.parameters if each.required and each.name not in given]
    lacking = [key for key in lacking if key not in INPUTS + OUTPUTS]
    if lacking and whole:
        yield wrong(f"`{name}` needs {', '.join(f'`{key}`' for key in lacking)}")


def bound(call: Call, known: Signature) -> dict[str, Value]:
    """Return the arguments that have a name."""
    positional = [each.name for each in known.parameters if each.positional]
    return {**dict(zip(positional, call.args, strict=False)), **call.kwargs}


def _parsed(base: Path, home: str, where: Place) -> ast.Module:
    """Return the syntax tree of a file that stands below the description's folder."""
    file = base / home
    if Path(home).is_absolute() or not file.resolve().is_relative_to(base.resolve()):
        message = f"`{home}` stands outside the folder of the description: its code is not loaded"
        raise SpecError(
            Diagnostic(
                code="Y003",
                severity="error",
                message=message,
                where=where,
                expected=f"a file in {base.resolve()}",
                received=home,
                help=f"copy it there: `{Path(home).name}:…`",
            )
        )
    try:
        return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    except (OSError, UnicodeDecodeError) as error:
        there = sorted(path.name for path in file.parent.glob("*.py")) if file.parent.is_dir() else []
        reason = getattr(error, "strerror", None) or str(error)
        message = f"there is no file `{home}`" if isinstance(error, FileNotFoundError) else f"`{home}`: {reason}"
        close = near(Path(home).name, there, 1)
        raise SpecError(
            Diagnostic(
                code="F001",
                severity="error",
                message=message + did_you_mean(Path(home).name, there),
                where=where,
                expected=f"a Python file; its path starts at {base.resolve()}",
                received=home,
                known=", ".join(there[:10]),
                help=close[0] if close else "",
            )
        ) from None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        place = Place(file=str(file), line=line, column=getattr(error, "offset", None) or 1)
        message = f"`{home}` is not Python: {getattr(error, 'msg', error)}"
        raise SpecError(Diagnostic(code="Y006", severity="error", message=message, where=place)) from None


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.ClassDef() | ast.FunctionDef():
            return [node.name]
        case ast.Import() | ast.ImportFrom():
            return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
        case ast.Assign():
            return [target.id for target in node.targets if isinstance(target, ast.Name)]
        case _:
            return []


def _of_class(node: ast.ClassDef, found: Mapping[str, ast.stmt], place: Place) -> Signature:
    methods: dict[str, ast.FunctionDef] = {}
    unknown, current = False, node
    for _ in range(10):  # base classes of the same file; more would be a circle
        methods = {each.name: each for each in current.body if isinstance(each, ast.FunctionDef)} | methods
        base = current.bases[0] if current.bases else None
        name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
        above = found.get(name)
        if not isinstance(above, ast.ClassDef):
            unknown = name not in ("Module", "object", "")
            break
        current = above
    forward = methods.get("forward")
    tensors = None if forward is None else _required(forward.args) - 1
    if "__init__" not in methods:
        return Signature(place=place, open=unknown, tensors=tensors)
    made = _of_function(methods["__init__"].args, place, skip=1)
    return Signature(place=place, parameters=made.parameters, open=made.open, tensors=tensors)


def _of_function(args: ast.arguments, place: Place, skip: int) -> Signature:
    plain = [*args.posonlyargs, *args.args]
    first = len(plain) - len(args.defaults)
    parameters = [Parameter(each.arg, index < first) for index, each in enumerate(plain)][skip:]
    named = zip(args.kwonlyargs, args.kw_defaults, strict=True)
    parameters += [Parameter(each.arg, default is None, positional=False) for each, default in named]
    return Signature(place=place, parameters=tuple(parameters), open=bool(args.vararg or args.kwarg))


def _required(args: ast.arguments) -> int:
    return len(args.posonlyargs) + len(args.args) - len(args.defaults)


def _tensors_of(kind: Any) -> int | None:
    """Return how many arguments without a default `forward` of a class has."""
    forward = getattr(kind, "forward", None)
    try:
        parameters = list(inspect.signature(forward).parameters.values())[1:] if forward is not None else []
    except (ValueError, TypeError):
        return None
    plain = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    return sum(each.default is each.empty for each in plain) or None
