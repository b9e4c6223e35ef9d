"""Random numbers that depend on (seed, epoch, row) alone, as a script draws them: those of `training/augment/noise`."""

from __future__ import annotations

from modelwright.script.code import block
from modelwright.script.section import Source

UNIFORM = '''
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def mixed(bits):
    """Make each bit of uint64 numbers depend on all of them (SplitMix64's finaliser)."""
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB
    return bits ^ (bits >> 31)


def uniform(epoch, rows, stream, count):
    """Return numbers in [0, 1) that depend on (seed, epoch, row) alone, float32 [N, count]."""
    seed, epoch, stream = np.array([[SEED], [epoch], [stream]], dtype=np.uint64)
    key = mixed(mixed(seed * GOLDEN + epoch) + stream * GOLDEN)
    bits = mixed(rows{cpu}.numpy().astype(np.uint64) * GOLDEN + key)
    bits = mixed(bits[:, None] + np.arange(1, count + 1, dtype=np.uint64) * GOLDEN)
    return torch.from_numpy((bits >> 40).astype(np.float32) / 2**24){device}
'''


def uniform_lines(source: Source) -> list[str]:
    """Return the function `uniform`."""
    device = source.on_device
    return block(UNIFORM.format(cpu=".cpu()" if device else "", device=device))
