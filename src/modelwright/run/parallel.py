"""Members of a cohort side by side: helper processes (`run/helper.py`) take members from the end of the list.

A member is the same to the bit whoever trains it, so nothing but time depends on how many help. Who trains a member
claims it with a file that only one can make. A helper ends when its standard input does: it saves and leaves where the
run is stopped or killed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from modelwright.data.machine import cores
from modelwright.plan.plan import Plan

STARTING = 2.5
"""Seconds until a helper's first step: Python, torch, reading and checks."""
STEP = 5e-4
"""Seconds of a step beside its arithmetic."""
OPERATIONS = 5e10
"""Operations of one core in a second; so much for an estimate."""
CLAIM = ".claim-"


def helpers_that_pay(plan: Plan, parameters: int, members: int) -> int:
    """Return how many helpers make a cohort faster: none where steps use all cores or a device, or all is done soon."""
    if plan.execution.device != "cpu" or plan.execution.threads > 1:
        return 0
    helpers = min(cores(), members) - 1
    steps = plan.train.epochs * -(-plan.split.rows[0] // plan.train.batch_size)
    seconds = members * steps * (STEP + 6 * parameters * plan.train.batch_size / OPERATIONS)
    return helpers if seconds * helpers / (helpers + 1) > 2 * STARTING else 0


def claim(member: Path) -> bool:
    """Take a member; False where somebody else has it."""
    try:
        os.close(os.open(member.with_name(CLAIM + member.name), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def release(members: Path) -> None:
    """Take away claims, of this run or of one that was killed."""
    for path in members.glob(f"{CLAIM}*"):
        path.unlink(missing_ok=True)


class Helpers:
    """Processes that help with a cohort; leaving the block stops them, and each saves what it has."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Helpers:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            if process.stdin is not None:
                process.stdin.close()
        for process in self._processes:
            process.wait()

    def begin(self, cohort: Path, count: int) -> None:
        """Start so many helpers, once."""
        command = [sys.executable, "-m", "modelwright.run.helper", str(cohort)]
        for _ in range(0 if self._processes else count):
            with suppress(OSError):  # no process to be had: this one does it all
                self._processes.append(
                    subprocess.Popen(
                        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                    )
                )

    @property
    def at_work(self) -> bool:
        """Whether one of them is still running."""
        return any(process.poll() is None for process in self._processes)
