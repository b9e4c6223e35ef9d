"""Whether a module of the user's own can be trained as it stands: a few rows go through a copy of it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.model.own import Key, answer_of, written
from modelwright.plan.shape_rule import dims
from modelwright.spec.told import told

KEYS = ("logits", "output", "outputs", "out", "prediction", "y")
"""What the answer is called in a dict of outputs."""
CLOSE = 1e-3  # of the largest output: float32 sums of other lengths differ by 1e-6, rows that mix by much more


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What is known once rows went through: the width that came out, and how it is taken (`own.adapted`)."""

    width: int
    output: str


def require_trainable(module: object, name: str, place: Place) -> nn.Module:
    """Return the module; RunError Y009 with everything that keeps it from being trained."""
    if not isinstance(module, nn.Module):
        kind = type(module).__name__
        raise RunError(_problem(f"`{name}` makes no torch.nn.Module", place, received=kind, expected="a module"))
    found = [*_hidden(module, place), *_weights(module, name, place)]
    if found:
        raise RunError(*found)
    return module


def probe(
    module: nn.Module,
    name: str,
    batch: Sequence[Tensor],
    widths: Sequence[int],
    place: Place,
    targets: Sequence[str] = (),
    asks: str = "the target",
) -> Probe:
    """Return how the output is taken; RunError where a batch does not go through, or rows do not stay apart.

    `widths` are the numbers of outputs that the target can use, the one that is planned first; `targets` the names of
    the columns that are predicted, by which a dict may name its outputs; `asks` is what needs so many outputs.
    """
    module, rows = copy.deepcopy(module), len(batch[0])
    shapes = ", ".join(f"[{dims(tuple(each.shape)).replace('×', ', ')}]" for each in batch)
    given = [each.clone() for each in batch]
    with torch.no_grad(), told(f"`{name}` does not take a batch {shapes}", place):
        found = module.eval()(*given)
    if not all(torch.equal(one, other) for one, other in zip(given, batch, strict=True)):
        message = f"`forward` of `{name}` writes into its input: rows would be others in the next epoch"
        raise RunError(_problem(message, place, fix="x = x + 1   (not `x += 1`, nor functions that end in `_`)"))
    keys = _keys(found, rows, widths, targets, name, place)
    value = whole = answer_of(found, keys)
    _require_rows(value, rows, widths, name, place)
    taken = written(keys)
    if value.dim() == 1 and widths[0] == 1:
        taken = f"{taken} column".strip()
        value = value.unsqueeze(1)
    if value.dim() != 2 or value.shape[1] not in widths:
        raise RunError(_width(name, value, widths, place, asks))
    if not torch.isfinite(value).all():
        raise RunError(_problem(f"`{name}` puts out NaN or infinity before it is trained", place, code="Y009"))
    _require_rows_apart(module, name, batch, whole, keys, place)
    with told(f"`{name}` cannot be trained", place):
        answer_of(module.train()(*batch), keys).float().sum().backward()
    return Probe(width=int(value.shape[1]), output=taken)


def _keys(
    found: Any, rows: int, widths: Sequence[int], targets: Sequence[str], name: str, place: Place
) -> tuple[Key, ...]:
    """Return where among the outputs the answer is: one tensor, or a head for each target, side by side."""
    if isinstance(found, Tensor):
        return ()
    outputs: dict[Any, Any] = dict(found) if isinstance(found, Mapping) else {}
    outputs |= enumerate(found) if isinstance(found, tuple | list) else ()
    if targets and set(targets) <= set(outputs):
        return tuple(targets)
    first = next((key for key in (0, *KEYS) if isinstance(outputs.get(key), Tensor)), None)
    heads = [key for key, value in outputs.items() if isinstance(value, Tensor) and value.shape[:1] == (rows,)]
    joined = sum(_width_of(outputs[key]) for key in heads)
    if first is not None and (len(heads) < 2 or joined != widths[0] or _width_of(outputs[first]) in widths):
        return (first,)
    if len(heads) > 1 and joined == widths[0]:
        return tuple(heads)
    known = f", {', '.join(map(str, found))}" if isinstance(found, Mapping) else ""
    raise RunError(
        _problem(
            f"`forward` of `{name}` returns no tensor",
            place,
            expected=f"a tensor [{rows}, {widths[0]}], a tuple that begins with it, a dict with `logits`, or "
            "one output for each target",
            received=type(found).__name__ + known,
            fix="return self.layers(x)" if found is None else "",
        )
    )


def _width_of(value: Tensor) -> int:
    return 1 if value.dim() == 1 else int(value.shape[1]) if value.dim() == 2 else 0


def _require_rows(value: Tensor, rows: int, widths: Sequence[int], name: str, place: Place) -> None:
    if value.dim() == 0 or value.shape[0] != rows:
        shape = f"[{', '.join(map(str, value.shape))}]"
        raise RunError(
            _problem(
                f"`{name}` makes {shape} of {rows} rows: rows are lost or mixed",
                place,
                expected=f"one row of outputs for each row, [{rows}, {widths[0]}]",
                received=shape,
                fix="x = x.flatten(1)   (not `x.view(-1, SIZE)`, which takes numbers of the next row)",
            )
        )


def _require_rows_apart(
    module: nn.Module, name: str, batch: Sequence[Tensor], whole: Tensor, keys: Sequence[Key], place: Place
) -> None:
    """Refuse a module whose answer to a row depends on its neighbours in evaluation, or that reorders rows."""
    back = torch.arange(len(batch[0]) - 1, -1, -1)
    with torch.no_grad(), told(f"`{name}` does not take its rows in another order", place):
        turned = answer_of(module(*(each[back] for each in batch)), keys)
        fewer = answer_of(module(*(each[:2] for each in batch)), keys)
    limit = CLOSE * float(whole.abs().max().clamp(min=1e-6))
    if _far(turned, whole[back], limit) or _far(fewer, whole[:2], limit):
        raise RunError(
            _problem(
                f"`{name}` answers a row otherwise when its neighbours change: it mixes rows, or changes their order",
                place,
                expected="output row i depends on input row i alone (in evaluation)",
                fix="batch_first=True in recurrent layers and attention; softmax(dim=-1); x.flatten(1)",
            )
        )


def _far(found: Tensor, expected: Tensor, limit: float) -> bool:
    return found.shape != expected.shape or float((found - expected).abs().max()) > limit


def _hidden(module: nn.Module, place: Place) -> Iterator[Diagnostic]:
    """Yield a finding for layers in a plain list or dict: PyTorch does not see them, so they are not trained."""
    for path, inner in module.named_modules():
        if type(inner).__module__.startswith("torch."):
            continue
        for name, value in vars(inner).items():
            several: list[Any] = list(value.values()) if isinstance(value, dict) else []
            several += list(value) if isinstance(value, list | tuple) else []
            if name.startswith("_") or not any(isinstance(each, nn.Module | nn.Parameter) for each in several):
                continue
            kind = "Dict" if isinstance(value, dict) else "List"
            what = "Parameter" if isinstance(several[0], nn.Parameter) else "Module"
            yield _problem(
                f"`self.{name}` is a Python {type(value).__name__} of {what.lower()}s"
                + (f" (in `{path}`)" if path else "")
                + ": PyTorch does not see them, they are neither trained nor saved",
                _line_of(place, f"self.{name}"),
                fix=f"self.{name} = nn.{what}{kind}(…)",
            )


def _weights(module: nn.Module, name: str, place: Place) -> Iterator[Diagnostic]:
    weights = dict(module.named_parameters())
    if not any(weight.requires_grad for weight in weights.values()) and not any(_hidden(module, place)):
        why = "all its weights are frozen" if weights else "it has no parameters"
        yield _problem(f"`{name}` has nothing to learn: {why}", place, expected="a weight with requires_grad")
    for path, weight in weights.items():
        if weight.dtype == torch.float64:
            fix = "leave `.double()` and `dtype=torch.float64` out: rows are float32"
            yield _problem(f"`{path}` of `{name}` is float64", place, expected="float32", received="float64", fix=fix)
            return
        if weight.device.type not in ("cpu", "meta"):
            fix = "leave `.to(device)` out: `train.device` says where the model is trained"
            yield _problem(f"`{name}` moves `{path}` to {weight.device} itself", place, fix=fix)
            return


def put_out(module: nn.Module, name: str, batch: Sequence[Tensor], place: Place) -> int | None:
    """Return how many numbers a module puts out for a row; None where that is no tensor `[N, width]`."""
    with torch.no_grad(), told(f"`{name}` does not take its rows", place):
        found = copy.deepcopy(module).eval()(*(each.clone() for each in batch))
    if isinstance(found, Mapping):
        found = next((found[key] for key in KEYS if key in found), None)
    elif isinstance(found, tuple | list):
        found = next(iter(found), None)
    return int(found.shape[1]) if isinstance(found, Tensor) and found.dim() == 2 else None


def _width(name: str, value: Tensor, widths: Sequence[int], place: Place, asks: str) -> Diagnostic:
    shape = f"[{', '.join(map(str, value.shape))}]"
    wanted = " or ".join(f"[{value.shape[0]}, {width}]" for width in widths)
    return Diagnostic(
        code="S304",
        severity="error",
        message=f"`{name}` puts out {shape}, and {asks} needs {wanted}",
        where=place,
        expected=wanted,
        received=shape,
        help=f"let its last layer have {widths[0]} output{'s' if widths[0] != 1 else ''}",
    )


def _line_of(place: Place, text: str) -> Place:
    """Return the line of a file, from a class on, where a text stands first."""
    if place.file is None or place.line is None:
        return place
    try:
        lines = Path(place.file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return place
    for number, line in enumerate(lines[place.line - 1 :], place.line):
        if text in line:
            return replace(place, line=number, column=line.index(text) + 1, source=line, length=len(text))
    return place


def _problem(
    message: str, place: Place, *, code: str = "Y009", expected: str = "", received: str = "", fix: str = ""
) -> Diagnostic:
    return Diagnostic(
        code=code, severity="error", message=message, where=place, expected=expected, received=received, help=fix
    )
