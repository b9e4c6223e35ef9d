"""Plotly's JavaScript as it goes into a page: packed, with the hash that the page's policy allows it by.

The file is read where the package `plotly` keeps it, without importing the package.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from modelwright.diagnostic import Diagnostic
from modelwright.errors import RunError

LEVEL = 4  # 1.53 MB in 0.10 s; level 9 gives 1.47 MB in 0.22 s


@cache
def packed() -> tuple[str, str]:
    """Return the script deflated (zlib) in base64, and its SHA-256 as a Content-Security-Policy names it.

    Raises RunError R008 where the package is not installed.
    """
    found = find_spec("plotly")
    path = None if found is None or found.origin is None else Path(found.origin).parent / "package_data/plotly.min.js"
    if path is None or not path.is_file():
        raise RunError(
            Diagnostic(
                code="R008",
                severity="error",
                message="the report cannot be drawn: the package `plotly` is not installed",
                help="pip install plotly",
            )
        )
    # A page has no carriage returns: browsers make line feeds of them, and the hash is that of what they run.
    script = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return base64.b64encode(zlib.compress(script, LEVEL)).decode(), policy_hash(script)


def policy_hash(content: bytes) -> str:
    """Return the source of a Content-Security-Policy that allows exactly this inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}'"
