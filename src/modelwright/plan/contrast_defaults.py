"""What modelwright chooses for contrastive learning where the description says nothing, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import SpecError
from modelwright.plan.sizes import fill_sizes
from modelwright.spec.call import Call, parse
from modelwright.spec.names import bind
from modelwright.spec.own import is_own
from modelwright.spec.schema import Spec

LOSSES = {
    "views": ("NTXent", "InfoNCE", "TripletMarginLoss", "CosineEmbeddingLoss", "MarginRankingLoss"),
    "pairs": ("InfoNCE", "NTXent", "TripletMarginLoss", "CosineEmbeddingLoss", "MarginRankingLoss"),
    "labels": ("SupCon", "TripletMarginLoss", "CosineEmbeddingLoss", "MarginRankingLoss"),
    "triplets": ("TripletMarginLoss", "CosineEmbeddingLoss", "MarginRankingLoss", "InfoNCE"),
}
"""What is compared → the losses that fit; the first is the default."""
DEFAULTS = {
    "views": ("NTXent(temperature=0.2)", "views: each is told from the other rows of the batch (Chen 2020)"),
    "pairs": ("InfoNCE(temperature=0.07, learnable=True)", "pairs: each side is found among the batch (CLIP, 2021)"),
    "labels": ("SupCon(temperature=0.1)", "labels: rows of one class are drawn together (Khosla 2020)"),
    "triplets": ("TripletMarginLoss(margin=0.3)", "triplets: the positive is nearer than the negative, by a margin"),
}
BATCH = 256
STEPS = {"pixels": 4000, "tokens": 1500}
CORRUPT = (0.3, "default: 3 in 10 columns come from other rows")
THIN = (0.3, "default: a view leaves out 3 in 10 words")
WHY_NO_HEAD = "default: the loss compares the embeddings themselves, so that their similarity means something"


def loss(spec: Spec, positives: str) -> tuple[str, str]:
    """Return the loss with its reason; SpecError H504 where it cannot compare what is compared."""
    if spec.loss == "auto":
        return DEFAULTS[positives]
    call = parse(spec.loss)
    if is_own(call.name):
        raise SpecError(_misfit(call, positives, "a loss of your own takes output and target, and here is none"))
    if call.name not in LOSSES[positives]:
        raise SpecError(_misfit(call, positives, f"`{call.name}` does not compare {positives}"))
    if bind("loss", call).get("reduction", "mean") != "mean":
        raise SpecError(_misfit(call, positives, "a step follows the mean over a batch"))
    return str(call), "given"


def _misfit(call: Call, positives: str, why: str) -> Diagnostic:
    return Diagnostic(
        code="H504",
        severity="error",
        message=f"this loss cannot train a contrastive task: {why}",
        where=Place(key="loss"),
        expected="one of " + ", ".join(LOSSES[positives]),
        received=str(call),
        help=f"loss: {DEFAULTS[positives][0]}",
    )


def embedding(spec: Spec, encoding: str) -> tuple[int, str]:
    """Return the width of the embedding: the one given, that of the last layer that is listed, or the default."""
    given = spec.contrastive.embedding
    if given != "auto":
        return given, "given"
    last = parse(spec.model[-1]) if isinstance(spec.model, list) else None
    if last is not None and last.name == "Linear":
        width = bind("layer", last).get("out_features", ...)
        if isinstance(width, int):
            return width, "the width of the last layer"
    return (128, "default for pictures") if encoding == "pixels" else (64, "default")


def projection(spec: Spec, width: int) -> tuple[tuple[str, ...], str]:
    """Return the layers of the head behind the embedding; none by default, when the embeddings are compared."""
    given = spec.contrastive.projection
    if given in ("auto", "none"):
        return (), "given" if given == "none" else WHY_NO_HEAD
    calls = [Call("ReLU"), Call("Linear", (..., width)), Call("ReLU"), Call("Linear", (..., given))]
    return tuple(str(call) for call in fill_sizes(calls, width, given)), "given"


def views(spec: Spec, positives: str, encoding: str, augmented: bool) -> tuple[int, float, str]:
    """Return views of each row, share of columns that a view takes from other rows, and the reason."""
    corrupt = spec.contrastive.corrupt
    table = encoding not in ("pixels", "steps")
    if not table and corrupt != "auto":
        why = "it changes columns of a table, or words of a text"
        raise SpecError(_without_effect("contrastive.corrupt", why, "leave `corrupt` out"))
    if positives not in ("views", "labels"):
        return 1, 0.0, "the rows give what is compared"
    if table:
        if positives == "labels" and corrupt == "auto":
            return 1, 0.0, "rows of equal labels are compared as they are"
        default = THIN if encoding == "tokens" else CORRUPT
        share, why = default if corrupt == "auto" else (corrupt, "given")
        return 2, share, why
    if encoding == "pixels" and augmented:
        return 2, 0.0, "two random views of each picture"
    if positives == "labels":
        return 1, 0.0, "rows of equal labels are compared as they are"
    raise SpecError(_no_views(encoding))


def _no_views(encoding: str) -> Diagnostic:
    word = {"pixels": "pictures", "steps": "sequences"}[encoding]
    fix = "augment: [RandomResizedCrop(28)]" if encoding == "pixels" else "contrastive: {pairs: [COLUMN, COLUMN]}"
    why = "nothing changes them at random" if encoding == "pixels" else f"no random change of {word} is known here"
    return Diagnostic(
        code="H510",
        severity="error",
        message=f"two views of these {word} would be equal: {why}",
        where=Place(key="augment" if encoding == "pixels" else "contrastive.positives"),
        expected="views that differ, matching columns, or labels",
        help=fix,
    )


def _without_effect(key: str, why: str, fix: str) -> Diagnostic:
    message = f"without effect: {why}"
    return Diagnostic(code="Y007", severity="error", message=message, where=Place(key=key), help=fix)


def augment(shape: Sequence[int]) -> tuple[tuple[str, ...], str]:
    """Return random changes of pictures that leave a drawing what it is: crop, turn and erase, without mirror."""
    size = shape[1] if shape[1] == shape[2] else f"({shape[1]}, {shape[2]})"
    return (f"RandomResizedCrop({size}, scale=(0.4, 1.0))", "RandomRotation(15)"), "default: crops and turns"


def batch_size(spec: Spec, rows: int) -> tuple[int, str]:
    """Return the rows of a step: many, since the others of a batch are what a row is told from."""
    if spec.train.batch_size != "auto":
        if spec.train.batch_size > rows:
            return rows, f"all {rows:,} training rows; {spec.train.batch_size:,} was given"
        return spec.train.batch_size, "given"
    size = next((size for size in (BATCH, 128, 64) if rows >= size * 4), 32)
    return min(size, rows), "default: the other rows of a batch are what a row is told from"


def epochs(spec: Spec, steps_per_epoch: int, encoding: str) -> tuple[int, str]:
    """Return the passes over the data: some thousand steps, at least 10 and at most 200 passes."""
    if spec.train.epochs != "auto":
        return spec.train.epochs, "given"
    count = max(10, min(200, round(STEPS.get(encoding, 3000) / max(1, steps_per_epoch))))
    return count, f"{count * steps_per_epoch:,} steps, {steps_per_epoch:,} in each epoch"
