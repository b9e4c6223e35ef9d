"""Progress of training: one live line with a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import math
import sys
import time
from typing import TYPE_CHECKING, Any

from modelwright.text import duration, width

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from modelwright.training.progress import Progress

BAR_SECONDS = 0.25  # between two drawings of the bar: a drawing takes about 1 ms, so 0.4 % of the time
LINE_SECONDS = 2.0  # until the second plain line; further ones come at a tenth of the time that has passed
LONGER = 1.1


class Reporter:
    """Shows epochs as they pass. `metric` names the validation score in the records; `done` epochs are behind us."""

    def __init__(self, epochs: int, rows: int, metric: str, done: int = 0) -> None:
        self.epochs, self.rows, self.metric, self.done, self.first = epochs, rows, metric, done, done
        self.started = time.monotonic()
        self.due = self.started
        self.latest = ""
        self.bar = _bar() if sys.stdout.isatty() else None
        if self.bar is not None:
            self.task = self.bar.add_task("", total=epochs * rows, completed=done * rows, speed="", left="")
            self.bar.start()

    def progress(self, event: Progress) -> None:
        """Show a look in the middle of an epoch."""
        now = time.monotonic()
        if now < self.due:
            return
        seen = event.epoch * self.rows + event.rows
        if self.bar is not None:
            self._draw(f"{self._epoch(event.epoch + 1)}  loss {number(event.loss).strip()}", seen, now)
        elif now - self.started >= LINE_SECONDS:
            share = f"{event.rows / self.rows:4.0%}".replace("%", " %")
            self._print(f"{self._epoch(event.epoch + 1)}  loss {number(event.loss)}  {share} of the epoch", seen, now)

    def epoch(self, record: dict[str, Any]) -> None:
        """Show a finished epoch."""
        self.done = record["epoch"]
        now = time.monotonic()
        last = self.done == self.epochs
        if now < self.due and not last:
            self.latest = self._line(self._text(record), self.done * self.rows, now)
        elif self.bar is not None:
            self._draw(self._text(record), self.done * self.rows, now)
        else:
            self._print(self._text(record), self.done * self.rows, now)

    def close(self) -> None:
        """End the display; the last epoch is always shown where lines are printed."""
        if self.bar is not None:
            self.bar.stop()
        elif self.latest:
            print(self.latest, flush=True)

    @property
    def elapsed(self) -> float:
        """Seconds since training began in this process."""
        return time.monotonic() - self.started

    @property
    def speed(self) -> float:
        """Rows a second so far, validation included."""
        return (self.done - self.first) * self.rows / max(self.elapsed, 1e-9)

    def _epoch(self, epoch: int) -> str:
        return f"epoch {epoch:>{len(str(self.epochs))}}/{self.epochs}"

    def _text(self, record: dict[str, Any]) -> str:
        text = f"{self._epoch(record['epoch'])}  loss {number(record['loss'])}"
        if f"validation_{self.metric}" in record:
            value = number(record[f"validation_{self.metric}"])
            loss = f"  validation {number(record['validation_loss'])}" if "validation_loss" in record else ""
            text += f"{loss}  {self.metric} {value}"
        return text

    def _speeds(self, seen: int, now: float) -> tuple[str, str]:
        rate = (seen - self.first * self.rows) / max(now - self.started, 1e-9)
        left = (self.epochs * self.rows - seen) / rate if rate else math.inf
        return f"{format_rate(rate)} rows/s", f"{duration(left)} left" if 0 < left < math.inf else ""

    def _line(self, text: str, seen: int, now: float) -> str:
        speed, left = self._speeds(seen, now)
        return f"  {text}  {speed:>14}  {left}".rstrip()

    def _print(self, text: str, seen: int, now: float) -> None:
        print(self._line(text, seen, now), flush=True)
        self.latest = ""
        self.due = max(now + LINE_SECONDS, self.started + LONGER * (now - self.started))

    def _draw(self, text: str, seen: int, now: float) -> None:
        assert self.bar is not None
        speed, left = self._speeds(seen, now)
        self.bar.update(self.task, completed=seen, description=text, speed=speed, left=left)
        self.bar.refresh()
        self.due = now + BAR_SECONDS


def number(value: float) -> str:
    """Return a loss or a score in seven columns, so that those of many epochs stand under each other.

    >>> [number(value) for value in (1.08112, 0.00001722, 48713.2, 0.4643)]
    [' 1.0811', '1.7e-05', ' 48,713', ' 0.4643']
    """
    if value and abs(value) < 1e-3:
        return f"{value:7.1e}"
    return f"{value:7.4f}" if abs(value) < 10 else f"{value:7.2f}" if abs(value) < 1000 else f"{value:>7,.0f}"


def format_rate(rate: float) -> str:
    """Return rows a second with three digits: nobody reads the others, and they flicker."""
    return f"{rate:.3g}" if rate < 999.5 else f"{float(f'{rate:.3g}'):,.0f}"


def _bar() -> Bar:
    """Return rich's bar. It is drawn when we say so: a thread that draws would take the interpreter from the steps."""
    from rich.progress import BarColumn, Progress, TextColumn

    columns = [TextColumn("  {task.description}", markup=False), BarColumn(bar_width=max(8, min(40, width() // 6)))]
    texts = [TextColumn("{task.fields[speed]}", markup=False), TextColumn("{task.fields[left]}", markup=False)]
    return Progress(*columns, *texts, auto_refresh=False, transient=True)
