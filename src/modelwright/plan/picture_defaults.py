"""What modelwright chooses for pictures where the description says nothing, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence

from modelwright.spec.schema import Spec

# Measured on MNIST: see the lab book.
MODEL = ("cnn", "default for pictures")
EPOCHS = 10
BATCH = 128
SHIFTED = 16  # height and width from which a shift by a pixel is small


def augment(shape: Sequence[int], task: str, recipe: str | None) -> tuple[tuple[str, ...], str]:
    """Return the random transforms: small shifts where modelwright's own networks learn classes, else none."""
    side = min(shape[1:])
    if recipe is None or not recipe.startswith(("cnn", "resnet")):
        return (), "default: none beside layers that are given"
    if task not in ("binary", "multiclass") or side < SHIFTED:
        return (), "default: none" + (f" for pictures below {SHIFTED} pixels" if side < SHIFTED else " for this task")
    size = shape[1] if shape[1] == shape[2] else f"({shape[1]}, {shape[2]})"
    shift = max(1, side // 14)
    return (f"RandomCrop({size}, padding={shift})",), f"default: a shift by {shift} pixels changes no class"


def batch_size(spec: Spec, rows: int) -> tuple[int, str]:
    """Return the pictures of a step: fewer than rows of a table, since each costs far more."""
    if spec.train.batch_size != "auto":
        if spec.train.batch_size > rows:
            return rows, f"all {rows:,} training pictures; {spec.train.batch_size:,} was given"
        return spec.train.batch_size, "given"
    size = next((size for size in (BATCH, 64, 32) if rows >= size * 16), 16)
    return min(size, rows), "default for pictures" if size == BATCH else f"few pictures: {rows:,} in training"


def epochs(spec: Spec, steps_per_epoch: int, encoding: str = "pixels") -> tuple[int, str]:
    """Return the passes over the pictures: 10, and more where they are so few that this is less than 1,000 steps."""
    if spec.train.epochs != "auto":
        return spec.train.epochs, "given"
    count = max(EPOCHS, min(5 * EPOCHS, round(1000 / max(1, steps_per_epoch))))
    return count, f"{count * steps_per_epoch:,} steps, {steps_per_epoch:,} in each epoch"
