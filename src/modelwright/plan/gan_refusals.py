"""Settings that a GAN has no use for, each with the reason: one without effect would be an error that stays silent."""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.diagnostic import Diagnostic, Place
from modelwright.plan.losses import misfit
from modelwright.spec.call import parse
from modelwright.spec.own import is_own
from modelwright.spec.schema import Networks, Spec
from modelwright.spec.source import Description

METRIC = "frechet_distance"
MODEL = "model: {generator: mlp(hidden=[128, 128]), discriminator: mlp(hidden=[128, 128])}"


def refusals(description: Description) -> Iterator[Diagnostic]:
    """Yield a finding for each setting that cannot be followed, with its reason and what does instead."""
    spec = description.spec
    if spec.loss != "auto" and not is_own(spec.loss):
        found = misfit(parse(spec.loss), "gan", description.place("loss"))
        yield from () if found is None else (found,)
    for key, wrong, why, fix in _unused(spec):
        if wrong:
            yield _refused(description.place(key), f"`{key}` cannot be set for a GAN: {why}", fix)


def _unused(spec: Spec) -> tuple[tuple[str, bool, str, str], ...]:
    """Return key, whether it is set, why it makes no sense, and the fix."""
    train, one = spec.train, not isinstance(spec.model, Networks) and spec.model != "auto"
    return (
        ("model", one, "it has two networks", MODEL),
        ("loss", is_own(spec.loss), "a function of output and target is no game of two networks", "loss: Hinge"),
        (
            "augment",
            spec.augment not in ("auto", "none"),
            "the generator would learn to make the changed pictures",
            "augment: none",
        ),
        (
            "evaluate.metric",
            spec.evaluate.metric not in ("auto", METRIC),
            "the distance of made rows to real ones chooses the epoch",
            f"evaluate: {{metric: {METRIC}}}",
        ),
        ("evaluate.mirror", spec.evaluate.mirror, "no picture is answered", "leave `evaluate.mirror` out"),
        (
            "train.accumulate",
            train.accumulate > 1,
            "its steps are small, and batch normalisation would see parts",
            f"train: {{batch_size: {_part(spec)}}}",
        ),
        ("train.class_weight", train.class_weight is not None, "no class is predicted", "leave it out"),
        ("data.weight", spec.data.weight is not None, "rows are made as often as they occur", "leave it out"),
    )


def _part(spec: Spec) -> int:
    size = spec.train.batch_size
    return 64 if size == "auto" else max(1, size // spec.train.accumulate)


def unscored(text: str, where: Place) -> Diagnostic:
    """Return what is said of a schedule that follows a score where no rows are left to score on."""
    message = f"`{parse(text).name}` follows the distance of validation rows, and there are none"
    return _refused(where, message, "split: {validation_size: 0.1}, or scheduler: LinearLR(1.0, 0.1, total_iters=20)")


def _refused(where: Place, message: str, fix: str) -> Diagnostic:
    return Diagnostic(code="Y007", severity="error", message=message, where=where, help=fix)
