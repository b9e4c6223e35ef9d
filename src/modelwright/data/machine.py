"""What the machine has for this process."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def give_back() -> None:
    """Give freed memory back to the system; glibc keeps what lies below something that is still used."""
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
