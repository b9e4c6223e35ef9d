"""Settings of a contrastive task that contradict each other, or that cannot do what they promise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.spec.call import parse
from modelwright.spec.schema import Spec
from modelwright.spec.source import Description


def contradictions(spec: Spec) -> Iterator[Diagnostic]:
    given, train = spec.contrastive, spec.train
    several = [name for name in ("pairs", "triplets") if getattr(given, name)]
    several += ["positives"] if given.positives != "auto" and several else []
    if len(several) > 1:
        message = f"{' and '.join(f'`{name}`' for name in several)} each say what belongs together"
        yield wrong(f"contrastive.{several[1]}", message, "leave one of them out")
    if given.shared and not given.pairs:
        yield wrong("contrastive.shared", "without effect: only `pairs` have two networks", "leave `shared` out")
    if given.second != "auto" and (given.shared or not given.pairs):
        yield wrong("contrastive.second", "without effect: there is one network", "leave `second` out")
    if given.corrupt != "auto" and several:
        yield wrong("contrastive.corrupt", "without effect: the rows give what is compared", "leave `corrupt` out")
    for name in ("pairs", "triplets"):
        lengths = {1 if isinstance(side, str) else len(side) for side in getattr(given, name) or ()}
        if len(lengths) > 1 and (name == "triplets" or given.shared):
            yield wrong(f"contrastive.{name}", "one network takes equally many columns of each", "list as many columns")
    if spec.data.weight is not None:
        yield wrong("data.weight", "without effect: rows are compared with each other", "leave `weight` out")
    if train.class_weight is not None:
        yield wrong("train.class_weight", "without effect: no class is predicted", "leave `class_weight` out")


def require_cached(description: Description, layers: Sequence[str]) -> None:
    """Refuse parts of a batch (gradient caching) beside layers that look at a whole batch; SpecError O608."""
    parts = description.spec.train.accumulate
    named = [text for text in layers if "BatchNorm" in text]
    if parts == 1 or not named:
        return
    raise SpecError(
        Diagnostic(
            code="O608",
            severity="error",
            message=f"{parse(named[0]).name} measures the part of the batch it sees, so the gradient of parts is "
            "not that of the batch",
            where=description.place("train.accumulate"),
            expected="layers that treat each row alone (GroupNorm, LayerNorm), or the batch in one part",
            received=f"accumulate: {parts}",
            help="model: cnn(norm=none)" if (description.spec.model in ("auto", "cnn")) else "accumulate: 1",
        )
    )


def wrong(key: str, message: str, fix: str) -> Diagnostic:
    """Return a contradiction (Y007) at a key."""
    return Diagnostic(code="Y007", severity="error", message=message, where=Place(key=key), help=fix)
