"""The events of a run as they come, told on the terminal or kept silent."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from modelwright.checks.run import Receipt
from modelwright.console.checks import dry_run_lines, receipt_lines
from modelwright.console.plan import plan_lines, unused_lines
from modelwright.console.reading import read_lines
from modelwright.console.score import score_line, score_lines
from modelwright.diagnostic import Diagnostic
from modelwright.evaluate.result import format_number
from modelwright.plan.plan import Plan
from modelwright.progress import Reporter, format_rate
from modelwright.run import events
from modelwright.run.events import Event, Scored
from modelwright.run.folder import MEMBERS
from modelwright.spec.source import Description
from modelwright.text import Line, count, duration, heading, plain, show
from modelwright.training.progress import Progress
from modelwright.verbs.errors import print_diagnostics


class Silent:
    """Tells nothing but keeps the score, the seconds, and where the run is should it be stopped."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.seconds: dict[str, float] = {}

    def tell(self, event: Event) -> Scored | None:
        """Take one event; return it if it is the score."""
        match event:
            case events.Read():
                self.seconds["read"] = event.seconds
            case events.Started():
                self.path = event.path.parent.parent if event.path.parent.name == MEMBERS else event.path
            case events.Scored():
                return event
            case _:
                pass
        return None

    def stopped(self) -> None:
        """Say how to go on."""
        if self.path is None:
            print("stopped before training began; nothing was written", file=sys.stderr)
            return
        command = f"modelwright resume {shlex.quote(str(self.path))}"
        show(
            [[("warn", "stopped"), ("", "; what was trained is saved. To go on:")], [("command", f"  {command}")]],
            sys.stderr,
        )


class Teller(Silent):
    """Prints events as they come. `description` says where values are given."""

    def __init__(self, description: Description | None = None) -> None:
        super().__init__()
        self.description = description
        self.reporter: Reporter | None = None
        self.plan: Plan | None = None
        self.member = ""
        self.told: tuple[Diagnostic, ...] = ()
        self.last: dict[str, float] = {}
        self.history: list[dict[str, float]] = []

    def tell(self, event: Event) -> Scored | None:
        """Print one event; return it if it is the score."""
        found = super().tell(event)
        match event:
            case events.Read():
                show(read_lines(event.table))
            case events.Checked(receipt):
                self._checked(receipt)
            case events.Tried(receipt):
                show(dry_run_lines(receipt))
                self._findings(receipt.diagnostics)
            case events.Planned(plan, parameters):
                if self.plan is None:
                    unused = unused_lines(plan)
                    show([[], *plan_lines(plan, parameters, self.description), *([[], *unused] if unused else [])])
                self.plan = plan
            case events.Started():
                self._started(event)
            case Progress() if self.reporter is not None:
                self.reporter.progress(event)
            case dict() if self.reporter is not None:
                self.history.append(event)
                self.reporter.epoch(event)
            case events.Trained():
                self._trained(event)
            case events.Member(number, of, name):
                self.member = name
                show([[], heading("model", f"{number} of {of}: {name}")])
            case events.Scored():
                self._scored(event)
            case _:
                pass
        return found

    def stopped(self) -> None:
        """Say how to go on."""
        self._close()
        super().stopped()

    def _checked(self, receipt: Receipt) -> None:
        show([[], *receipt_lines(receipt)])
        self._findings(receipt.diagnostics)

    def _findings(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Print what has not been printed before."""
        new = [found for found in diagnostics if found not in self.told]
        if new:
            print()
            print_diagnostics(new, sys.stdout)
        self.told = (*self.told, *new)

    def _started(self, event: events.Started) -> None:
        assert self.plan is not None
        since = f", from epoch {event.resumed_at + 1} on" if event.resumed_at else ""
        hint = f"Ctrl-C saves and stops; modelwright resume {shlex.quote(str(self.path))} goes on"
        lines: list[Line] = [heading("training", f"{event.path}{since}")]
        if not self.member:
            lines = [[], *lines, [("dim", f"  {hint}")]]
        show(lines)
        self.history = []
        train = self.plan.train
        self.reporter = Reporter(train.epochs, self.plan.split.rows[0], self.plan.metric, event.resumed_at)

    def _trained(self, event: events.Trained) -> None:
        reporter, plan = self.reporter, self.plan
        self._close()
        if reporter is None or plan is None:
            return
        done = reporter.done - reporter.first
        spent = f" in {duration(reporter.elapsed)}, {format_rate(reporter.speed)} rows/s" if done else ""
        spent += f", {event.limit:.0%} of it the steps alone" if event.limit is not None else ""
        show([[("", f"  {count(event.epochs, 'epoch')}{spent}: {event.why}")]])
        best = next((record for record in self.history if record["epoch"] == event.best_epoch), None)
        score = f"validation_{plan.metric}"
        reached = f": validation {plan.metric} {format_number(best[score])}" if best and score in best else ""
        show([[("", f"  the weights of epoch {event.best_epoch:,} are kept{reached}")]])

    def _scored(self, event: Scored) -> None:
        if event.path.parent.name == MEMBERS:
            print(f"  {plain([('', score_line(event))])}", flush=True)
            return
        if self.plan is None and not event.seconds:
            show([[("", f"{event.path} was finished already: nothing was left to train")]])
        show([[], *score_lines(event)])
        self._findings(event.receipt.diagnostics)

    def _close(self) -> None:
        if self.reporter is not None:
            self.reporter.close()
            self.reporter = None
