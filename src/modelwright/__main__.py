"""The command `modelwright`; also `python -m modelwright`."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from modelwright import garbage

# polars' allocator keeps freed memory for seconds in case it is wanted again; after reading, torch wants it.
POLARS_MEMORY = "dirty_decay_ms:0,muzzy_decay_ms:0"


def main() -> None:
    """Run the command line and leave at once: tearing torch down takes half a second and serves nobody."""
    garbage.put_off()
    os.environ.setdefault("_RJEM_MALLOC_CONF", POLARS_MEMORY)
    started = process_start()
    from modelwright.cli import run
    from modelwright.text import degrade_gracefully

    degrade_gracefully()
    code = run(sys.argv[1:], started)
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):  # the reader of our output has gone
            stream.flush()
    os._exit(code)


def process_start() -> float:
    """Return when this process began, as `time.perf_counter` counts; where the system does not say, now."""
    now = time.perf_counter()
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):  # not Linux
        return now
    return now - age if 0 <= age < 60 else now


if __name__ == "__main__":
    main()
