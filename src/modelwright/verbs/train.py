"""`modelwright train` and `modelwright resume`: the run's events as text, or as one JSON object at the end."""

from __future__ import annotations

import signal
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from modelwright import garbage
from modelwright.lean_torch import put_off_meta_rules
from modelwright.text import show, show_json

if TYPE_CHECKING:
    from modelwright.run.events import Event, Scored
    from modelwright.run.request import Request, Stop
    from modelwright.verbs.board import Board
    from modelwright.verbs.live import Live
    from modelwright.verbs.telling import Silent


@dataclass(frozen=True, slots=True)
class Telling:
    """How a run is told. `started`: when the command began, by `time.perf_counter`; the others are options."""

    started: float
    quiet: bool = False
    as_json: bool = False
    report: bool = True
    watch: bool = False
    tensorboard: bool = False
    dry_run: bool = True

    @property
    def silent(self) -> bool:
        """Whether nothing is told while it runs."""
        return self.quiet or self.as_json


def train(
    source: str,
    overrides: Sequence[str],
    target: str | None,
    runs: Path,
    name: str | None,
    telling: Telling,
) -> int:
    """Train and tell; return the exit code."""
    put_off_meta_rules()
    from modelwright.api import name_of, request_for

    request = request_for(source, target=target_names(target), overrides=overrides)
    from modelwright.verbs.telling import Silent, Teller

    teller = Silent() if telling.silent else Teller(request.description)
    request = replace(request, dry_run=telling.dry_run)
    events = _events(request, runs, name or name_of(request), teller, telling)
    return _tell(events, request.stop, teller, telling)


def _events(request: Request, runs: Path, name: str, teller: Silent, telling: Telling) -> Iterator[Event]:
    """Read the data before torch is loaded, so that what is wrong with them is told at once."""
    from modelwright.run.prepare import read_dataset

    dataset = read_dataset(request.description, request.base, request.frame)
    from modelwright.run.start import begin

    garbage.begin()
    teller.seconds["import"] = time.perf_counter() - telling.started - dataset.seconds
    report = dict(teller.seconds) if telling.report else None
    yield from begin(dataset, replace(request, report=report), runs, name)


def resume(run: Path, telling: Telling) -> int:
    """Resume and tell; return the exit code."""
    put_off_meta_rules()
    from modelwright.run.request import Stop
    from modelwright.run.start import resume as resume_run
    from modelwright.verbs.telling import Silent, Teller

    garbage.begin()
    teller = Silent() if telling.silent else Teller()
    teller.seconds["import"] = time.perf_counter() - telling.started
    stop = Stop()
    events = resume_run(run, stop, report=dict(teller.seconds) if telling.report else None)
    return _tell(events, stop, teller, telling)


def target_names(target: str | None) -> str | list[str] | None:
    """Return the columns that `--target a,b` names."""
    return target.split(",") if target is not None and "," in target else target


def _tell(events: Iterator[Event], stop: Stop, teller: Silent, telling: Telling) -> int:
    from modelwright.console.score import ending_lines, score_line
    from modelwright.run.request import Interrupted

    scored = None
    live, board = _listeners(telling)
    with _stopping(stop, teller):
        try:
            for event in events:
                scored = teller.tell(event) or scored
                for listener in filter(None, (live, board)):
                    listener.tell(event)
        except (Interrupted, KeyboardInterrupt):
            teller.stopped()
            return 1
        finally:
            if board is not None:
                board.close()
            if live is not None:
                live.close(None if scored is None else scored.path)
    assert scored is not None
    seconds = {**teller.seconds, **scored.seconds, "total": time.perf_counter() - telling.started}
    if telling.as_json:
        show_json(summary(scored, seconds))
    elif telling.quiet:
        print(score_line(scored))
    else:
        show([[], *ending_lines(scored.path, seconds, scored.plan)])
    return 0


def _listeners(telling: Telling) -> tuple[Live | None, Board | None]:
    """Return who else is told of the run."""
    live, board = None, None
    if telling.tensorboard:
        from modelwright.verbs.board import Board

        board = Board()
    if telling.watch:
        from modelwright.verbs.live import Live

        live = Live()
    return live, board


def summary(scored: Scored, seconds: dict[str, float]) -> dict[str, Any]:
    """Return the object that `--json` prints; a resumed run that was finished spends no seconds on training."""
    result, best = scored.result, scored.result.baseline
    score = result.score.to_json()
    return {
        "run": str(scored.path),
        "task": scored.plan.task,
        "score": {name: score[name] for name in ("metric", "value", "low", "high")},
        "baseline": None if best is None else {"name": best.name, "metric": best.metric, "value": best.value},
        "seconds": {
            name: round(seconds.get(name, 0.0), 4) for name in ("import", "read", "train", "evaluate", "total")
        },
    }


@contextmanager
def _stopping(stop: Stop, teller: Silent) -> Generator[None]:
    """Let Ctrl-C ask a run that has begun to save and stop; a second one, or one before that, ends it at once."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.asked or teller.path is None:
            raise KeyboardInterrupt
        stop.asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
