"""From raw outputs to answers: probabilities of classes, or numbers in the user's units."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from modelwright.plan.plan import Plan
from modelwright.spec.call import parse
from modelwright.spec.own import is_own

# What a model that was trained with a loss puts out; a loss not named here learns the numbers themselves.
LINKS: dict[str, Callable[[Tensor], Tensor]] = {
    "BCEWithLogitsLoss": torch.sigmoid,
    "MultiLabelSoftMarginLoss": torch.sigmoid,
    "SoftMarginLoss": torch.sigmoid,
    "CrossEntropyLoss": lambda raw: torch.softmax(raw, dim=1),
    "MultiMarginLoss": lambda raw: torch.softmax(raw, dim=1),
    "NLLLoss": torch.exp,
    "PoissonNLLLoss": torch.exp,
}


def answers(plan: Plan, raw: Tensor) -> Tensor:
    """Turn raw outputs `[N, width]` into probabilities (`[N]` binary, `[N, K]`) or numbers in user's units `[N, T]`."""
    loss = parse(plan.loss)
    counts = loss.name == "PoissonNLLLoss" and loss.kwargs.get("log_input", True) is not True
    value = raw if counts else LINKS.get(loss.name if not is_own(loss.name) else like(plan, raw), _itself)(raw)
    if plan.task == "binary":
        return value.clamp(0, 1)[:, 0] if value.shape[1] == 1 else value[:, 1]
    if plan.task in ("regression", "forecasting"):
        steps = 1 if plan.forecast is None else plan.forecast.horizon
        mean = torch.tensor(plan.outputs.mean, dtype=torch.float64).repeat(steps)
        scale = torch.tensor(plan.outputs.scale, dtype=torch.float64).repeat(steps)
        return value.double().cpu() * scale + mean
    return value


def like(plan: Plan, raw: Tensor) -> str:
    """Return the loss whose outputs are read as those of a loss of the user's own: classes have logits."""
    if plan.task == "multilabel" or (plan.task == "binary" and raw.shape[1] == 1):
        return "BCEWithLogitsLoss"
    return "MSELoss" if plan.task == "regression" else "CrossEntropyLoss"


def _itself(raw: Tensor) -> Tensor:
    return raw
