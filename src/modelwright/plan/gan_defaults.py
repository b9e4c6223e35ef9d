"""What modelwright chooses for a GAN where the description says nothing, each with its reason."""

from __future__ import annotations

from modelwright.plan.shape_rule import Shape
from modelwright.spec.schema import Spec

# Measured on digits, MNIST and a mixture of eight Gaussians: see the lab book.
LATENT = (64, "default")
EMA = (0.99, "default: the average of about the last 100 steps is steadier than any of them")
LOSSES = {
    True: ("NonSaturating", "default for pictures, beside a discriminator of bounded slope (spectral_norm)"),
    False: (
        "Wasserstein(gradient_penalty=1.0)",
        "default for tables: it keeps all modes",
    ),
}
OPTIMIZERS = {
    True: ("Adam(lr=0.0005, betas=(0.5, 0.999))", "default for pictures, after DCGAN: little momentum"),
    False: ("Adam(lr=0.001, betas=(0.5, 0.9))", "default for tables: little momentum"),
}
SCHEDULER = (None, "default: two players that learn from each other do not settle, so their rates stay as they are")
STEPS = {True: (1, "default for pictures"), False: (2, "default for tables: the penalty keeps many steps stable")}
SCALE = (
    "QuantileTransformer(output_distribution='normal')",
    "default: each column's own distribution, so that heavy tails and frequent values come out as they are",
)
TABLES = {
    "generator": "mlp(hidden=[128, 128], norm=BatchNorm1d)",
    "discriminator": "mlp(hidden=[128, 128], activation=LeakyReLU(0.2))",
}
SMALLEST = 8  # pixels a side from which on a generator begins with less than the picture's half


def recipe(player: str, pictures: bool, shape: Shape) -> tuple[str, str]:
    """Return the recipe of a network: for pictures as many blocks as make 4 to 8 pixels a side of them."""
    if not pictures:
        return TABLES[player], "default for tables"
    blocks, side = 1, min(shape[1:]) / 2
    while side > SMALLEST - 1 and blocks < 5:
        blocks, side = blocks + 1, side / 2
    widths = ", ".join(str(32 * 2**at) for at in range(blocks))
    return f"dcgan(widths=[{widths}])", f"default for pictures of {shape[1]}×{shape[2]}"


def batch_size(spec: Spec, rows: int, pictures: bool) -> tuple[int, str]:
    """Return the rows of a step."""
    if spec.train.batch_size != "auto":
        if spec.train.batch_size > rows:
            return rows, f"all {rows:,} training rows; {spec.train.batch_size:,} was given"
        return spec.train.batch_size, "given"
    if pictures:
        return min(64, rows), "default for pictures"
    size = next((size for size in (128, 64) if rows >= 8 * size), 32)
    return min(size, rows), "default for tables" if size == 128 else "few rows: smaller batches are more steps"


def epochs(spec: Spec, steps_per_epoch: int, pictures: bool) -> tuple[int, str]:
    """Return the passes over the rows: about 3,000 steps and at most 200 for pictures, 6,000 and 300 for tables."""
    if spec.train.epochs != "auto":
        return spec.train.epochs, "given"
    steps, most = (3000, 200) if pictures else (6000, 300)
    count = max(10, min(most, round(steps / max(1, steps_per_epoch))))
    return count, f"{count * steps_per_epoch:,} steps, {steps_per_epoch:,} in each epoch"
