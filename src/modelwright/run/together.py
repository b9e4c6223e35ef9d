"""Runs that train together: each is an iterator of events, and all of them are taken a step further in turns."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import torch

from modelwright.errors import ModelwrightError
from modelwright.run.events import Event, Member, Scored, Started
from modelwright.run.request import Interrupted, Stop


def started(events: Iterator[Event]) -> Iterator[Event]:
    """Pass on what a run tells until its training has started."""
    for event in events:
        yield event
        if isinstance(event, Started):
            return


@dataclass(slots=True)
class Held:
    """A run that has started, what it told then, how many epochs it has told since, and its score in the end."""

    events: Iterator[Event]
    started: Started
    epochs: int = 0
    over: bool = False
    scored: list[Scored] = field(default_factory=list[Scored])

    def go_on(self) -> Event | None:
        """Take the run a step further; None where it has ended."""
        torch.set_num_threads(1)  # a run that ends puts back what was before it
        event = next(self.events, None)
        self.over = event is None
        self.epochs += isinstance(event, dict)
        if isinstance(event, Scored):
            self.scored.append(event)
        return event


def together(runs: Mapping[Member, Held], stop: Stop) -> Iterator[Event]:
    """Take started runs to their end. One at a time is told as it goes, of others that were faster only the score.

    Raises Interrupted once each of them has saved what it has; so does what else ends one of them.
    """
    waiting, failed = list(runs), None
    while waiting and not all(run.over for run in runs.values()):
        for member, run in runs.items():
            try:
                event = None if run.over else run.go_on()
            except Interrupted as error:
                run.over, failed = True, failed or error
            except ModelwrightError as error:
                run.over, failed, stop.asked = True, error, True
            else:
                if event is not None and member is waiting[0]:
                    yield event
        while failed is None and len(waiting) > 1 and runs[waiting[0]].over:
            yield from _next(runs, waiting)
    if failed is not None:
        raise failed


def _next(runs: Mapping[Member, Held], waiting: list[Member]) -> Iterator[Event]:
    """Tell the next run: its score, or that it is on its way."""
    del waiting[0]
    run = runs[waiting[0]]
    yield waiting[0]
    yield from run.scored or [replace(run.started, resumed_at=run.started.resumed_at + run.epochs)]


@contextmanager
def overlapping(runs: Mapping[Member, Held]) -> Generator[None]:
    """End all runs, and put back random numbers and threads, which runs that overlap do not put back in turn."""
    before, count = torch.get_rng_state(), torch.get_num_threads()
    try:
        yield
    finally:
        for run in reversed([*runs.values()]):
            if isinstance(run.events, Generator):
                run.events.close()
        torch.set_num_threads(count)
        torch.set_rng_state(before)
