"""The model of a description → its layers with every size filled in."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.plan import defaults, recipes
from modelwright.plan.own import resolve_own
from modelwright.plan.plan import ForecastPlan, InputPlan, input_shape
from modelwright.plan.sequences import with_vocabulary
from modelwright.plan.sizes import fill_sizes
from modelwright.spec.call import parse
from modelwright.spec.own import is_own
from modelwright.spec.source import Description


def resolve_layers(
    description: Description, inputs: Sequence[InputPlan], outputs: int, forecast: ForecastPlan | None = None
) -> tuple[str | None, tuple[str, ...], str]:
    """Return the recipe as written (None for a list of layers), the layers as call texts, and the reason.

    A class of the user's own is one layer.

    Raises SpecError with every size that does not fit (S301 to S304).
    """
    model = description.spec.layers
    if isinstance(model, str) and is_own(model):
        text, why = resolve_own(description, model, input_shape(inputs), outputs, inputs)
        return None, (text,), why
    if isinstance(model, list):
        calls, recipe, why = [parse(text) for text in model], None, "given"
    else:
        recipe, why = defaults.model(description.spec, "forecast" if forecast else inputs[0].encoding)
        task = {"horizon": forecast.horizon, "targets": outputs // forecast.horizon} if forecast else {}
        task = {**recipes.NO_FORECAST, **task}
        calls = recipes.expand(parse(recipe), description.place("model"), inputs[0].encoding, task)
    listed = isinstance(model, list)
    if inputs[0].tokens is not None:
        calls = with_vocabulary(calls, inputs[0].tokens, description.place("model[0]" if listed else "model"))
    shape = input_shape(inputs)
    filled = fill_sizes(calls, shape, outputs, lambda at: description.place(f"model[{at}]" if listed else "model"))
    return recipe, tuple(str(call) for call in filled), why
