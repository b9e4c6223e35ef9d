"""Runs that train together: each is an iterator of events, and all of them are taken a step further in turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch

from modelwright.run.events import Event, Member, Scored, Started
from modelwright.run.request import Interrupted
from modelwright.training.execution import threads


def started(events: Iterator[Event]) -> Iterator[Event]:
    """Pass on what a run tells until its training has started."""
    for event in events:
        yield event
        if isinstance(event, Started):
            return


def together(runs: Mapping[Member, Iterator[Event]]) -> Iterator[Event]:
    """Take started runs to their end; the first one is told as it goes, of the others only who was trained how well.

    Raises Interrupted once each of them has saved what it has.
    """
    left, scored, stopped = dict(runs), dict[Member, Event](), False
    with threads(1):
        while left:
            for member, events in list(left.items()):
                torch.set_num_threads(1)  # which a run that has ended puts back
                try:
                    event = next(events, None)
                except Interrupted:
                    event, stopped = None, True
                if event is None:
                    del left[member]
                elif member is next(iter(runs)):
                    yield event
                elif isinstance(event, Scored):
                    scored[member] = event
    if stopped:
        raise Interrupted
    for member, event in scored.items():
        yield member
        yield event
