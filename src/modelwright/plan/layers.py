"""The model of a description → its layers with every size filled in."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.plan import defaults, recipes
from modelwright.plan.own import resolve_own
from modelwright.plan.plan import InputPlan
from modelwright.plan.shape_rule import Shape
from modelwright.plan.sizes import fill_sizes
from modelwright.spec.call import parse
from modelwright.spec.own import is_own
from modelwright.spec.source import Description


def resolve_layers(
    description: Description, inputs: Shape, outputs: int, columns: Sequence[InputPlan] = ()
) -> tuple[str | None, tuple[str, ...], str]:
    """Return the recipe as written (None for a list of layers), the layers as call texts, and the reason.

    A class of the user's own is one layer.

    Raises SpecError with every size that does not fit (S301 to S304).
    """
    model = description.spec.model
    if isinstance(model, str) and is_own(model):
        text, why = resolve_own(description, model, inputs, outputs, columns)
        return None, (text,), why
    if isinstance(model, list):
        calls, recipe, why = [parse(text) for text in model], None, "given"
    else:
        recipe, why = defaults.model(description.spec)
        calls = recipes.expand(parse(recipe), description.place("model"))
    listed = isinstance(model, list)
    filled = fill_sizes(calls, inputs, outputs, lambda at: description.place(f"model[{at}]" if listed else "model"))
    return recipe, tuple(str(call) for call in filled), why
