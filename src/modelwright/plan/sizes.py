"""Fill in the sizes of layers that follow from the data, and explain those that don't fit. No torch for known layers.

`Linear(..., 64)` after 108 inputs becomes `Linear(108, 64)`; the last `...` becomes the width of the target.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from modelwright.diagnostic import NOWHERE, Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.plan import size_messages as say
from modelwright.plan.layer_shapes import RULES, SIZE_FROM_INPUT, SIZE_OF_OUTPUT, normalized
from modelwright.plan.sequences import prepared
from modelwright.plan.shape_rule import Shape, ShapeProblem, whole
from modelwright.plan.step_shapes import decomposed
from modelwright.spec.call import Call, Value
from modelwright.spec.names import bind

CONTAINERS = ("Residual", "Concat", "Sequential", "RevIN", "Decomposition", "spectral_norm")
"""Layers whose arguments are layers."""
SEVERAL_OUTPUTS = ("LSTMCell",)
"""Layers that give several tensors, where a list of layers passes on one."""


def fill_sizes(
    layers: Sequence[Call],
    inputs: int | Shape,
    outputs: int,
    place: Place | Callable[[int], Place] = NOWHERE,
    other: Shape = (),
) -> list[Call]:
    """Return the layers with every size filled in; SpecError with every layer that doesn't fit.

    `inputs` is the shape of one row (108 for a table, (1, 28, 28) for a grey picture), `outputs` the width that the
    target needs, `place` is where the model stands in the description, or says where layer `index` (from 0) stands.
    `other` is a shape that may come out as well: that of a picture.

    >>> from modelwright.spec.call import parse
    >>> [str(layer) for layer in fill_sizes([parse("Linear(..., 64)"), parse("ReLU"), parse("Linear(..., ...)")], 8, 3)]
    ['Linear(8, 64)', 'ReLU', 'Linear(64, 3)']
    """
    shape = (inputs,) if isinstance(inputs, int) else inputs
    at = (lambda index: place) if isinstance(place, Place) else place
    if not layers:
        raise SpecError(say.no_layers(outputs).at(at(0)))
    filler = _Filler(outputs, at)
    head = next((i for i in reversed(range(len(layers))) if layers[i].name in SIZE_OF_OUTPUT), -1)
    filled, last = filler.sequence(layers, shape, head=head)
    if last is not None and last != (outputs,) and last != (other or None):
        filler.problems.append(say.wrong_output(filled[-1], last, outputs).at(at(len(layers) - 1)))
    if filler.problems:
        raise SpecError(*filler.problems)
    return filled


def output_shape(call: Call, shape: Shape) -> Shape:
    """Return the shape of one row after a layer whose sizes are filled in (ShapeProblem where it doesn't fit).

    >>> from modelwright.spec.call import parse
    >>> output_shape(parse("Conv2d(1, 16, 3, padding=1)"), (1, 28, 28))
    (16, 28, 28)
    """
    if call.name in CONTAINERS:
        filler = _Filler(0, lambda index: NOWHERE)
        _, result = filler.container(call, shape, "", [])
        if filler.problems or result is None:
            raise ShapeProblem(filler.problems[0].message, code=filler.problems[0].code)
        return result
    if call.name in SEVERAL_OUTPUTS:
        raise ShapeProblem(f"{call.name} gives several tensors, and a list of layers passes on one", code="S301")
    if call.name in RULES:
        return RULES[call.name](call.name, bind("layer", call), shape)
    from modelwright.model.meta_shapes import meta_shape  # torch, for layers without a rule

    return meta_shape(call, shape)


class _Filler:
    """Walks through layers, collecting problems; a layer that doesn't fit is taken at its word to go on."""

    def __init__(self, outputs: int, place: Callable[[int], Place]) -> None:
        self.outputs = outputs
        self.place = place
        self.problems: list[Diagnostic] = []
        self.top = 0

    def sequence(
        self, layers: Sequence[Call], shape: Shape, prefix: str = "", head: int = -1, trail: say.Trail = ()
    ) -> tuple[list[Call], Shape | None]:
        """Fill layers that follow one another; the shape is None where nothing can be said after a problem."""
        filled: list[Call] = []
        steps = list(trail) or [("", shape)]
        current: Shape | None = shape
        for index, call in enumerate(layers):
            if not prefix:
                self.top = index
            if current is None:
                filled.append(call)
                continue
            label = f"{prefix}{index + 1}"
            call, current = self.layer(call, current, label, steps, is_head=index == head)
            filled.append(call)
            if current is not None:
                steps.append((str(call), current))
        return filled, current

    def layer(
        self, call: Call, shape: Shape, label: str, trail: list[tuple[str, Shape]], is_head: bool
    ) -> tuple[Call, Shape | None]:
        """Fill one layer and return it with the shape after it."""
        if call.name in CONTAINERS:
            return self.container(call, shape, label, trail)
        try:
            call = self._fill(call, shape, is_head)
            self._check_given(call, shape, label, trail)
            return call, output_shape(call, shape)
        except ShapeProblem as problem:
            self.problems.append(say.problem(problem, call, label, trail).at(self.place(self.top)))
            return call, problem.assume

    def container(
        self, call: Call, shape: Shape, label: str, trail: list[tuple[str, Shape]]
    ) -> tuple[Call, Shape | None]:
        """Fill the layers inside Residual, Concat or Sequential."""
        inner = [value for value in call.args if isinstance(value, Call)]
        if call.name == "Concat":
            return self._concat(call, inner, shape, label, trail)
        if call.name == "Decomposition":
            return self._decomposition(call, inner, shape, label, trail)
        filled, result = self.sequence(inner, shape, f"{label}.", trail=tuple(trail))
        kwargs = dict(call.kwargs)
        if call.name == "Residual" and result is not None:
            around: Shape | None = shape
            shortcut = call.kwargs.get("shortcut")
            if isinstance(shortcut, Call):
                shortcut, around = self.layer(shortcut, shape, f"{label}.shortcut", trail, is_head=False)
                kwargs["shortcut"] = shortcut
            if around is not None and around != result:
                self._add(say.residual(call, label, around, result))
        return Call(call.name, tuple(filled), kwargs), result

    def _concat(
        self, call: Call, branches: list[Call], shape: Shape, label: str, trail: list[tuple[str, Shape]]
    ) -> tuple[Call, Shape | None]:
        filled: list[Call] = []
        shapes: list[Shape] = []
        for index, branch in enumerate(branches):
            layer, result = self.layer(branch, shape, f"{label}.{index + 1}", trail, is_head=False)
            filled.append(layer)
            if result is not None:
                shapes.append(result)
        call = Call(call.name, tuple(filled), call.kwargs)
        if len(shapes) < len(branches):
            return call, None
        if any(len(one) != len(shapes[0]) or one[1:] != shapes[0][1:] for one in shapes):
            self._add(say.concat(call, label, shapes))
            return call, None
        return call, (sum(one[0] for one in shapes), *shapes[0][1:])

    def _decomposition(
        self, call: Call, branches: list[Call], shape: Shape, label: str, trail: list[tuple[str, Shape]]
    ) -> tuple[Call, Shape | None]:
        """Fill season and trend, which see the same numbers and are added."""
        made = [self.layer(one, shape, f"{label}.{at + 1}", trail, is_head=False) for at, one in enumerate(branches)]
        call = Call(call.name, (*(layer for layer, _ in made), *call.args[len(branches) :]), call.kwargs)
        shapes = [result for _, result in made if result is not None]
        if len(shapes) < len(made):
            return call, None
        try:
            return call, decomposed(call, shapes)
        except ShapeProblem as problem:
            self._add(say.problem(problem, call, label, trail))
            return call, problem.assume

    def _add(self, diagnostic: Diagnostic) -> None:
        self.problems.append(diagnostic.at(self.place(self.top)))

    def _fill(self, call: Call, shape: Shape, is_head: bool) -> Call:
        """Put the sizes that follow from the input and the target where `...` or nothing stands."""
        call = prepared(call, shape)
        arguments = bind("layer", call)
        if call.name in SIZE_FROM_INPUT:
            name, position, axis = SIZE_FROM_INPUT[call.name]
            if arguments.get(name, ...) is ...:
                call = _with(call, name, position, shape[axis])
        if call.name in SIZE_OF_OUTPUT:
            name, position = SIZE_OF_OUTPUT[call.name]
            if arguments.get(name, ...) is ...:
                if not is_head:
                    raise say.open_width(call, name, position)
                call = _with(call, name, position, self.outputs)
        return call

    def _check_given(self, call: Call, shape: Shape, label: str, trail: list[tuple[str, Shape]]) -> None:
        """Raise where a size that was given is not the one that arrives."""
        if call.name not in SIZE_FROM_INPUT:
            return
        name, position, axis = SIZE_FROM_INPUT[call.name]
        value = bind("layer", call)[name]
        if name == "normalized_shape":
            given, arriving = normalized(value, shape)
        else:
            given, arriving = (whole(call.name, name, value),), (shape[axis],)
        if given == arriving:
            return
        fitting = arriving[0] if len(arriving) == 1 else arriving
        assume = _assumed(_with(call, name, position, fitting), shape)
        raise say.wrong_size(call, _with(call, name, position, ...), given, shape, axis, label, trail, assume)


def _assumed(call: Call, shape: Shape) -> Shape | None:
    """The shape after the layer as it would fit, to go on with; None where it has another problem as well."""
    try:
        return output_shape(call, shape)
    except ShapeProblem as problem:
        return problem.assume


def _with(call: Call, name: str, position: int, value: Value) -> Call:
    """Return the call with one argument set, where it stands or where PyTorch's users would write it."""
    if name in call.kwargs:
        return replace(call, kwargs={**call.kwargs, name: value})
    if position < len(call.args):
        return replace(call, args=(*call.args[:position], value, *call.args[position + 1 :]))
    if position == len(call.args):
        return replace(call, args=(*call.args, value))
    return replace(call, kwargs={name: value, **call.kwargs})
