"""When Python looks for garbage: not while modules are loaded, which makes half a million objects and drops none."""

from __future__ import annotations

import gc

AFTER = 10_000
"""New objects before Python looks; 700 is its own number, made for programs that are not at work in torch."""


def put_off() -> None:
    """Look for no garbage until `begin`; a command that ends before needs none."""
    gc.disable()


def begin() -> None:
    """Look from here on, at what is made from here on: what modules hold stays as long as the process."""
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(AFTER)
        gc.enable()
