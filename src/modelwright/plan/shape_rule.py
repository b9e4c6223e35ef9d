"""What the rules of layer shapes share: a shape, what is wrong with one, and reading an argument."""

from __future__ import annotations

from collections.abc import Mapping

from modelwright.spec.call import Call, Value

Shape = tuple[int, ...]
"""Sizes of one row, without the batch axis: (108,) for a table, (1, 28, 28) for a grey picture."""


class ShapeProblem(ValueError):
    """A layer does not fit its input. `assume` is the output to go on with, `fix` the layer as it would fit."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "S303",
        expected: str = "",
        received: str = "",
        fix: str = "",
        assume: Shape | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.expected = expected
        self.received = received
        self.fix = fix
        self.assume = assume


def dims(shape: Shape) -> str:
    """Return a shape as people write it.

    >>> dims((16, 28, 28)), dims((108,))
    ('16×28×28', '108')
    """
    return "×".join(str(size) for size in shape)


def pick(arguments: Mapping[str, Value], key: str, default: Value = None) -> Value:
    """Return an argument, or `default` where it was left out or is None."""
    value = arguments.get(key)
    return default if value is None else value


def whole(name: str, key: str, value: Value, minimum: int = 1) -> int:
    """Return `value`, which must be a whole number of at least `minimum`, or raise ShapeProblem (S301)."""
    if value is Ellipsis:
        raise ShapeProblem(f"{name}: `...` can't stand for {key}; only a size that follows from the data", code="S301")
    if isinstance(value, int) and not isinstance(value, bool) and value >= minimum:
        return value
    shown = value if isinstance(value, Call) else "nothing" if value is None else repr(value)
    raise ShapeProblem(
        f"{name}: {key} must be a whole number of at least {minimum}, not {shown}",
        code="S301",
        expected=f"{key} ≥ {minimum}",
        received=str(shown),
    )
