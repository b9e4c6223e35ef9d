"""The command line: `run` reads words, runs one verb, and turns what is raised into messages and exit codes."""

from __future__ import annotations

import time
from collections.abc import Sequence

from modelwright.commands import making, using
from modelwright.commands.options import app

VERBS = (making, using)
"""Modules whose verbs belong to `app`, in the order of the help page."""


def run(words: Sequence[str], started: float | None = None) -> int:
    """Run one command; return its exit code: 0 done, 1 problems found or failed, 2 wrong usage.

    `started` is the `time.perf_counter` at which the command began, for the seconds that are told; left out: now.
    """
    from modelwright.errors import ModelwrightError

    try:
        app(list(words), prog_name="modelwright", obj=time.perf_counter() if started is None else started)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except ModelwrightError as error:
        from modelwright.verbs.errors import show_error

        show_error(error, as_json="--json" in words)
        return 1
    except BrokenPipeError:  # the reader of our output has gone: nothing is left to say
        return 1
    except OSError as error:
        from modelwright.verbs.errors import refused_by_system, show_error

        show_error(refused_by_system(error), as_json="--json" in words)
        return 1
    return 0
