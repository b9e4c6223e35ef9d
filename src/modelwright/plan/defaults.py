"""What modelwright chooses where the description says nothing, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.diagnostic import Diagnostic
from modelwright.errors import SpecError
from modelwright.evaluate.metrics import lead_metric
from modelwright.evaluate.metrics import resolve as resolve_metric
from modelwright.evaluate.own import plain_name
from modelwright.plan import picture_defaults
from modelwright.spec.call import Call, parse
from modelwright.spec.names import bind
from modelwright.spec.own import is_own, split_name
from modelwright.spec.schema import Spec, Task
from modelwright.spec.signatures import signature
from modelwright.spec.source import Description

WHY_LOSS: dict[Task, str] = {
    "binary": "two classes: one logit",
    "multiclass": "classes that exclude each other: one logit a class",
    "multilabel": "labels that may hold together: one logit a label",
    "regression": "numbers: squared error",
    "forecasting": "numbers: squared error",
    "gan": "the discriminator tells rows from generated ones, the generator learns to be taken for real",
    "contrastive": "rows that belong together are told from the others",
}


def model(spec: Spec, encoding: str = "number") -> tuple[str, str]:
    """Return the recipe for inputs of an encoding."""
    if spec.layers != "auto" and isinstance(spec.layers, str):
        return spec.layers, "given"
    return MODELS.get(encoding, MODEL)


def batch_size(spec: Spec, rows: int, encoding: str = "number") -> tuple[int, str]:
    """Return the rows of a step: enough steps for small tables, full use of the machine for large ones, few texts."""
    if spec.train.batch_size != "auto":
        if spec.train.batch_size > rows:
            return rows, f"all {rows:,} training rows; {spec.train.batch_size:,} was given"
        return spec.train.batch_size, "given"
    size = next((size for size in (1024, 512, 256, 128, 64, 32) if rows >= size * 64), 16)
    if encoding == "tokens" and size > MOST_TEXTS:
        return MOST_TEXTS, "so many texts are learned in few passes: more of them would be learned by heart"
    return min(size, rows), f"{rows:,} training rows make at least 64 steps an epoch" if rows >= 2048 else "small table"


def epochs(spec: Spec, steps_per_epoch: int, encoding: str = "number") -> tuple[int, str]:
    """Return the passes over the data: about 3,000 steps, at least 10 and at most 100 passes; fewer for texts."""
    if spec.train.epochs != "auto":
        return spec.train.epochs, "given"
    steps, fewest, most = PASSES.get(encoding, (STEPS, 10, 100))
    count = max(fewest, min(most, round(steps / max(1, steps_per_epoch))))
    return count, f"{count * steps_per_epoch:,} steps, {steps_per_epoch:,} in each epoch"


def patience(spec: Spec, epochs: int, has_validation: bool, scheduler: str | None) -> tuple[int | None, str]:
    """Return after how many epochs without a better validation score training stops."""
    if not has_validation:
        return None, "no validation rows to stop by"
    if spec.train.patience == "none":
        return None, "given"
    if spec.train.patience != "auto":
        return spec.train.patience, "given"
    if (scheduler or "").startswith("OneCycleLR"):
        return None, "the cycle is best at its end: all epochs run, and the best epoch's weights are kept"
    return max(5, epochs // 4), "a quarter of the epochs, at least 5"


# Measured on Adult, California housing, wine, Titanic and penguins over seeds: see the lab book.
STEPS = 3000
MODEL = ("mlp(hidden=[128, 128], dropout=0.1)", "default for tables")
PASSES = {"tokens": (1000, 5, 20), "forecast": (1000, 5, 100)}
"""Inputs → steps, fewest and most passes: vectors of rare words learn a text by heart in few passes, and neighbouring
windows of a series differ in one step only."""
MOST_TEXTS = 256
MODELS = {
    "pixels": picture_defaults.MODEL,
    "tokens": ("bag(embedding_dim=64, dropout=0.3)", "default for texts"),
    "steps": ("conv", "default for sequences"),
    "forecast": ("linear", "default for forecasts: hard to beat, and trained in seconds"),
}
OPTIMIZERS = {
    "transformer": ("AdamW(lr=0.002, weight_decay=0.01)", "default for attention: smaller steps are steadier")
}
OPTIMIZER = ("AdamW(lr=0.005, weight_decay=0.01)", "default")
SCHEDULER = ("OneCycleLR", "default: up to the optimizer's learning rate, then down to nearly 0 over the whole run")
SCALE = ("StandardScaler()", "default: numbers with mean 0 and variance 1 train well")
IMPUTE = (
    "SimpleImputer(strategy='median', add_indicator=True)",
    "default: the median of the training rows, beside a column that flags it",
)


def optimizer(recipe: str | None) -> tuple[str, str]:
    """Return the optimizer for a recipe; a list of layers gets that of tables."""
    return OPTIMIZER if recipe is None else OPTIMIZERS.get(parse(recipe).name, OPTIMIZER)


def scheduler(spec: Spec, optimizer: str) -> tuple[str | None, str]:
    """Return the schedule of the learning rate: one cycle where modelwright chose the optimizer, else none.

    A schedule that rises to a rate and names none (`OneCycleLR`) rises to the optimizer's.
    """
    if spec.scheduler == "none":
        return None, "given"
    if spec.scheduler == "auto" and spec.rate != "auto":
        return None, "the optimizer is given, so its learning rate is kept as it is"
    chosen = spec.scheduler == "auto"
    call = parse(SCHEDULER[0] if chosen else spec.scheduler)
    if is_own(call.name):
        return str(call), "given"
    rises = "max_lr" in (parameter.name for parameter in signature("scheduler", call.name))
    if rises and bind("scheduler", call).get("max_lr", ...) is ...:
        filled = Call(call.name, call.args, {**call.kwargs, "max_lr": learning_rate(optimizer)})
        return str(filled), SCHEDULER[1] if chosen else "given; it rises to the optimizer's learning rate"
    return str(call), "given"


def learning_rate(optimizer: str) -> float:
    """Return the learning rate of an optimizer: the one in its call, or torch's default (for your own: Adam's).

    >>> learning_rate("SGD(lr=0.1)"), learning_rate("Adam")
    (0.1, 0.001)
    """
    call = parse(optimizer)
    if is_own(call.name):
        return 0.001
    default = next(each.default for each in signature("optimizer", call.name) if each.name == "lr")
    given = bind("optimizer", call).get("lr", default)
    return float(given) if isinstance(given, int | float) else 0.001


def metric(description: Description, task: Task, shares: Sequence[float] | None) -> tuple[str, str]:
    """Return the metric that leads; SpecError where the one given does not exist or does not fit the task."""
    given = description.spec.evaluate.metric
    if given == "auto":
        return lead_metric(task, shares)
    if is_own(given) and task == "contrastive":
        what = "a metric of your own scores answers, and a contrastive task gives embeddings"
        where = description.place("evaluate.metric")
        raise SpecError(Diagnostic(code="H504", severity="error", message=what, where=where, help="recall_at_5"))
    if is_own(given):
        return plain_name(split_name(parse(given).name)[1]), "your own"
    found = resolve_metric(given, task, description.place("evaluate.metric"))
    if isinstance(found, Diagnostic):
        raise SpecError(found)
    return found, "given"
