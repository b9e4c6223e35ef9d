"""What a dry run found, kept in the cache folder: the same model on the same rows is not tried a second time.

A dry run is a function of plan, data and code; the second run of a description begins without it. Only what took long
is kept, and nothing of models whose code is the user's own. The folder may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from modelwright.checks.run import Receipt
from modelwright.data.images import cache
from modelwright.plan.plan import Plan
from modelwright.spec.own import is_own
from modelwright.spec.source import Description

DAYS = 30  # after which what was found is deleted
LONG = 0.3  # seconds of a dry run from which it is remembered: others cost no more than looking them up is worth
ROOMS = ("checks", "model", "training", "evaluate", "plan", "run")
"""Code that a dry run goes through: where one of its files changes, everything is tried again."""


def folder() -> Path:
    """Return where dry runs are kept; the folder need not exist."""
    return cache.folder().parent / "tried"


def remembered(plan: Plan, description: Description, look: Callable[[], Receipt]) -> Receipt:
    """Return what `look` finds, or found when the same plan, data, description and code were looked at before."""
    texts = (*plan.layers, *plan.augment, plan.loss, plan.optimizer, plan.scheduler or "")
    if plan.own or plan.gan is not None or plan.data.options.get("changed") or any(map(is_own, texts)):
        return look()
    path = folder() / f"{_key(plan, description)}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):  # not there, or damaged: it is looked at again
        return Receipt.from_json(json.loads(path.read_bytes()))
    started = time.perf_counter()
    receipt = look()
    if time.perf_counter() - started >= LONG:
        with suppress(OSError):  # no place to keep it: the next run tries again
            cache.write(path, json.dumps(receipt.to_json()))
            _forget(path.parent)
    return receipt


def _forget(place: Path) -> None:
    """Delete what was kept long ago."""
    oldest = time.time() - DAYS * 86_400
    with os.scandir(place) as entries:
        for entry in entries:
            with suppress(OSError):  # another run was quicker
                if entry.stat().st_mtime < oldest:
                    Path(entry.path).unlink()


def _key(plan: Plan, description: Description) -> str:
    places = sorted((key, str(place)) for key, place in description.places.items())
    parts = (plan.model_dump_json(), str(places), version("modelwright"), version("torch"), str(_code()))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _code() -> list[tuple[str, int, int]]:
    """Return name, size and time of the files a dry run goes through."""
    found: list[tuple[str, int, int]] = []
    for room in ROOMS:
        for place, _, files in os.walk(Path(__file__).parent.parent / room):
            for name in files:
                if name.endswith(".py"):
                    stat = Path(place, name).stat()
                    found.append((name, stat.st_size, stat.st_mtime_ns))
    return sorted(found)
