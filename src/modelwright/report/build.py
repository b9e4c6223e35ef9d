"""From the evidence of a run to its report: the chapters in order, each with the sections that apply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from modelwright.plan.plan import Plan
from modelwright.report.blocks import Block, Missing, to_json
from modelwright.report.evidence import Evidence
from modelwright.report.page import VERSION
from modelwright.report.sections import (
    answer,
    attention,
    choices,
    commands,
    confused,
    confusion,
    curves,
    dependence,
    embeddings,
    environment,
    errors,
    findings,
    flow,
    forecasts,
    gates,
    horizon,
    importance,
    kernels,
    lag,
    layers,
    maps,
    occlusion,
    patterns,
    ranking,
    reliability,
    residuals,
    samples,
    slices,
    split,
    steps,
    surface,
    time,
    tokens,
    vocabulary,
)
from modelwright.text import count

UNFIT = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a section raises where a run is unlike all that it was made for: the other figures are not to be lost."""


class Section(Protocol):
    """A module with one topic: whether it is of a run at all, and its blocks (`Missing` says what the run lacks)."""

    def applies(self, evidence: Evidence) -> bool:
        """Say whether the topic is one of this kind of run."""
        ...

    def blocks(self, evidence: Evidence) -> list[Block]:
        """Return what is shown."""
        ...


CHAPTERS: tuple[tuple[str, str, str, tuple[Any, ...]], ...] = (
    ("answer", "The answer", "", (answer, commands)),
    ("made", "What it makes", "Samples over time, the game of both networks, and what the scores say.", (samples,)),
    (
        "training",
        "How it trained",
        "Epoch by epoch: what was learned, and where the time went.",
        (curves, layers, time),
    ),
    (
        "path",
        "The path of the optimizer",
        "All weights together are one point; training moves it downhill. Here the hill is seen from above.",
        (surface, steps),
    ),
    ("flows", "What flows", "From the numbers of one row, through each layer, to the answer.", (flow,)),
    (
        "learned",
        "What it learned",
        "What the answers hang on, what the layers look at, and where they fail.",
        (
            embeddings,
            forecasts,
            horizon,
            importance,
            dependence,
            kernels,
            patterns,
            maps,
            occlusion,
            confused,
            tokens,
            vocabulary,
            attention,
            gates,
            lag,
            errors,
        ),
    ),
    (
        "trust",
        "Can it be trusted?",
        "How it errs on rows it never saw, and everything that was checked, chosen and used on the way.",
        (confusion, reliability, ranking, residuals, slices, findings, split, choices, environment),
    ),
)
"""Chapters in the order of the page: id, title, one sentence, and the modules of `sections` that fill it."""


OF_ANSWERS = (
    *(importance, dependence, maps, occlusion, confused, tokens, vocabulary, attention, gates, lag),
    *(errors, ranking, slices),
)
"""Sections about answers to a target, which a model that only places rows does not give."""


def build(evidence: Evidence, earlier: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the report as JSON values, as `report.json` keeps it and `page.report_html` draws it.

    `earlier` is the run's report as it was made before: sections for which the run has nothing any more (times, the
    weights of epochs) are taken from it.
    """
    kept = {} if earlier is None else _sections(earlier)
    chapters: list[dict[str, Any]] = []
    for name, title, lead, modules in CHAPTERS:
        fitting = [one for one in modules if evidence.plan.contrast is None or one not in OF_ANSWERS]
        sections = [_section(module, evidence, kept) for module in fitting if _fits(module, evidence)]
        if any(section["blocks"] for section in sections):
            chapters.append({"id": name, "title": title, "lead": lead, "sections": sections})
    plan = evidence.plan
    targets = "rows" if plan.gan else ", ".join(f"`{name}`" for name in plan.outputs.targets) or "nothing;"
    return {
        "version": VERSION,
        "modelwright": plan.modelwright,
        "title": f"{evidence.run}: modelwright report",
        "kind": "modelwright · training report",
        "heading": evidence.run.rstrip("/").rpartition("/")[2],
        "lead": f"{TASKS[plan.task]} {targets}{_from(plan)}. Run folder: `{evidence.run}`.",
        "footer": f"Made by modelwright {plan.modelwright}. The numbers of every figure stand in `report.json` "
        "beside this page; "
        f"`modelwright report {evidence.run}` draws it anew. This page loads nothing from the network.",
        "ended": evidence.ended,
        "seconds": dict(evidence.seconds),
        "live": evidence.running,
        "chapters": chapters,
    }


TASKS: Mapping[str, str] = {
    "binary": "Tells two classes apart:",
    "multiclass": "Tells classes apart:",
    "multilabel": "Gives several labels at once:",
    "regression": "Predicts numbers:",
    "forecasting": "Forecasts",
    "gan": "Makes",
    "contrastive": "Places rows by what belongs together; asked afterwards:",
}


def _from(plan: Plan) -> str:
    """Say what answers are made from."""
    forecast, first = plan.forecast, plan.inputs[0]
    if forecast is not None:
        ahead = f", {count(forecast.horizon, 'step')} ahead from the {count(forecast.window, 'step')} before"
        return ahead if len(plan.inputs) == 1 else f"{ahead} of {count(len(plan.inputs), 'column')}"
    sizes = " × ".join(map(str, first.shape))
    if first.encoding == "pixels":
        return f" from pictures of {sizes}"
    if first.encoding == "steps":
        return f" from sequences of {sizes}"
    if first.tokens is not None:
        return f" from texts of {first.tokens.length:,} tokens at most"
    return f" from {count(len(plan.inputs), 'column')}"


OF_GAN = (answer, commands, samples, time, findings, split, choices, environment)
"""Sections that have something to say of a run without a target."""


def _fits(module: Any, evidence: Evidence) -> bool:
    return module.applies(evidence) and (evidence.plan.gan is None or module in OF_GAN)


def _section(module: Any, evidence: Evidence, kept: Mapping[str, Any]) -> dict[str, Any]:
    name = module.__name__.rpartition(".")[2]
    try:
        blocks: list[Block] = module.blocks(evidence)
    except UNFIT as error:
        reason = " ".join(str(error).split())[:200]
        blocks = [
            Missing(id=name, title=name.capitalize(), why=f"it could not be made ({type(error).__name__}: {reason})")
        ]
    if evidence.running:
        blocks = [block for block in blocks if not isinstance(block, Missing)]
    if name in kept and blocks and all(isinstance(block, Missing) for block in blocks):
        return {"id": name, "blocks": kept[name]}
    return {"id": name, "blocks": [to_json(block) for block in blocks]}


def _sections(report: Mapping[str, Any]) -> dict[str, Any]:
    return {one["id"]: one["blocks"] for chapter in report.get("chapters", ()) for one in chapter["sections"]}
