"""The process that helps with a cohort: `python -m modelwright.run.helper COHORT`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from threading import Thread

from modelwright import garbage
from modelwright.lean_torch import put_off_meta_rules


def main(cohort: Path) -> None:
    """Train what nobody has claimed, from the end of the list; a failure is left to the process that was helped."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end of standard input says when to stop
    garbage.put_off()
    put_off_meta_rules()
    from modelwright.run.members import help_with
    from modelwright.run.request import Stop

    garbage.begin()
    stop = Stop()

    def watch() -> None:
        sys.stdin.buffer.read()
        stop.asked = True

    Thread(target=watch, daemon=True).start()
    help_with(cohort, stop)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
