"""Which losses of torch.nn fit which task, and why the others don't. No torch here."""

from __future__ import annotations

from modelwright.diagnostic import NOWHERE, Diagnostic, Place
from modelwright.spec.call import Call
from modelwright.spec.names import bind
from modelwright.spec.schema import Task

CONTRASTIVE = ("NTXent", "InfoNCE", "SupCon")
"""Losses of embeddings that torch.nn lacks; each has a temperature."""
LOSSES_FOR: dict[Task, tuple[str, ...]] = {
    "binary": ("BCEWithLogitsLoss", "BCELoss", "SoftMarginLoss", "CrossEntropyLoss", "NLLLoss", "MultiMarginLoss"),
    "multiclass": ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss"),
    "multilabel": ("BCEWithLogitsLoss", "BCELoss", "MultiLabelSoftMarginLoss", "SoftMarginLoss"),
    "regression": ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"),
    "forecasting": ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"),
    "gan": ("NonSaturating", "Hinge", "Wasserstein"),
    "contrastive": (
        *CONTRASTIVE,
        *("TripletMarginLoss", "CosineEmbeddingLoss", "MarginRankingLoss"),
    ),
}
"""Task → the losses that fit; the first is the default."""

ONE_OUTPUT_A_CLASS = ("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss")
"""Losses whose target is a class number; with two classes they need two outputs."""

_WHY_NOT = {
    "CTCLoss": "it needs the lengths of sequences and of their labels",
    "TripletMarginLoss": "it compares three rows: anchor, positive and negative",
    "TripletMarginWithDistanceLoss": "it compares three rows: anchor, positive and negative",
    "CosineEmbeddingLoss": "it compares two rows",
    "MarginRankingLoss": "it compares two rows",
    "HingeEmbeddingLoss": "it takes a distance between two rows",
    "GaussianNLLLoss": "it needs a variance beside each output",
    "KLDivLoss": "it compares distributions, and a target is a class or a number",
    "MultiLabelMarginLoss": "it takes the labels as a list of numbers that ends in -1",
    "PoissonNLLLoss": "it takes counts, and regression targets are standardised for training",
}


def default_loss(task: Task) -> str:
    """Return the loss of a task where the description names none.

    >>> default_loss("multiclass")
    'CrossEntropyLoss'
    """
    return LOSSES_FOR[task][0]


def output_width(loss: str, task: Task, width: int) -> int:
    """Return the outputs that a loss needs, where a target needs `width` with the default loss.

    >>> output_width("CrossEntropyLoss", "binary", 1)
    2
    """
    return 2 if task == "binary" and loss in ONE_OUTPUT_A_CLASS else width


def misfit(call: Call, task: Task | None, where: Place = NOWHERE) -> Diagnostic | None:
    """Return why a loss can't train a task, with the losses that can; None where it fits. No task: any of them."""
    supervised = (names for known, names in LOSSES_FOR.items() if known not in ("contrastive", "gan"))
    fitting = LOSSES_FOR[task] if task else tuple({name: None for names in supervised for name in names})
    reduction = bind("loss", call, where).get("reduction", "mean")
    if call.name in fitting and reduction == "mean":
        return None
    if call.name in fitting:
        message = f"{call.name}(reduction={reduction!r}) can't train: a step follows the mean over a batch"
        kwargs = {name: value for name, value in call.kwargs.items() if name != "reduction"}
        fix = str(Call(call.name, () if reduction in call.args else call.args, kwargs))
    else:
        reason = _WHY_NOT.get(call.name, f"it is a loss for {_tasks(call.name)}")
        message = f"{call.name} does not fit {task or 'supervised learning'}: {reason}"
        fix = fitting[0]
    return Diagnostic(
        code="H504",
        severity="error",
        message=message,
        where=where,
        expected="one of " + ", ".join(fitting),
        received=str(call),
        help=fix,
    )


def _tasks(name: str) -> str:
    return " and ".join(task for task, names in LOSSES_FOR.items() if name in names)
