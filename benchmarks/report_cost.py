"""What a report costs beside the training it tells of: seconds of both, by the run's own clock.

    python benchmarks/report_cost.py DESCRIPTION.yaml [KEY=VALUE ...]

The report may take a tenth of the training, or ten seconds, whichever is more.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from modelwright.api import request_for
from modelwright.run.events import Scored
from modelwright.run.start import start


def main() -> None:
    """Train once and print both."""
    with tempfile.TemporaryDirectory() as folder:
        *_, last = start(request_for(sys.argv[1], overrides=sys.argv[2:]), Path(folder), "run")
        assert isinstance(last, Scored)
        train, report = last.seconds["train"], last.seconds["report"]
    print(
        f"training {train:.1f} s, report {report:.1f} s ({report / train:.0%}); allowed {max(10.0, train / 10):.1f} s"
    )


if __name__ == "__main__":
    main()
