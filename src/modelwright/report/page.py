"""A report as one HTML file: no network, and a policy under which no script runs but those that are named by hash."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from modelwright.report.blocks import Block, Figure, from_json, to_json
from modelwright.report.html import block_html
from modelwright.report.markup import anchor, marked, text

VERSION = 1
PLOTLY = "plotly-cartesian.min.js"
"""Plotly's bundle of charts with two axes, a third of the whole, npm has it as `plotly.js-cartesian-dist-min` 4.1.1."""


def policy_hash(content: bytes) -> str:
    """Return the source of a Content-Security-Policy that allows exactly this inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}'"


EMPTY = policy_hash(b"")
"""Plotly makes an empty style element, and sets empty style attributes; rules and values go through the CSSOM."""


def report_html(report: Mapping[str, Any]) -> str:
    """Return the page of a report as `build` made it, or as `report.json` keeps it.

    `live`: the page asks the server that it came from for what is new (`modelwright train --watch`).
    """
    blocks = [from_json(value) for chapter in report["chapters"] for value in _blocks(chapter)]
    plotly, script, style = (asset(name) for name in (PLOTLY, "page.js", "page.css"))
    live = bool(report.get("live"))
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {policy_hash(script.encode())} {policy_hash(plotly.encode())}",
            f"style-src {policy_hash(style.encode())} {EMPTY}",
            f"style-src-attr 'unsafe-hashes' {EMPTY}",
            "img-src data:",
            "connect-src 'self'" if live else "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    chapters = "".join(_chapter(chapter) for chapter in report["chapters"])
    state = '<p id="live" role="status">The run has begun.</p>' if live else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{text(report['title'])}</title>\n<style>{style}</style>\n"
        '<style id="plotly.js-style-global"></style>\n</head>\n<body>\n'
        '<a class="skip" href="#main">Skip to the report</a>\n'
        f'<header><p class="kind">{text(report["kind"])}</p><h1>{marked(report["heading"])}</h1>'
        f'<p class="lead">{marked(report["lead"])}</p>{state}</header>\n'
        f'<div class="frame">{_contents(report["chapters"])}<main id="main">{chapters}</main></div>\n'
        f"<footer><p>{marked(report['footer'])}</p></footer>\n"
        f'<script type="application/json" id="plots">{data(plots(blocks))}</script>\n'
        f'<script type="text/plain" id="plotly">{plotly}</script>\n<script>{script}</script>\n</body>\n</html>\n'
    )


def plots(blocks: Sequence[Block]) -> dict[str, Any]:
    """Return what the page's script draws: the plots of each figure by its id."""
    figures = [block for block in blocks if isinstance(block, Figure)]
    return {figure.id: to_json(figure)["plots"] for figure in figures}


def data(value: Any) -> str:
    """Return JSON that cannot end the element it stands in.

    >>> data("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        plain = plain.replace(letter, f"\\u{ord(letter):04x}")
    return plain


@cache
def asset(name: str) -> str:
    """Return a file of the page as text."""
    return (files("modelwright.report") / name).read_text("utf-8")


def _blocks(chapter: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [block for section in chapter["sections"] for block in section["blocks"]]


def _contents(chapters: Sequence[Mapping[str, Any]]) -> str:
    links = "".join(f'<li><a href="#{anchor(one["id"])}">{text(one["title"])}</a></li>' for one in chapters)
    return f'<nav aria-label="Contents"><ol>{links}</ol></nav>'


def _chapter(chapter: Mapping[str, Any]) -> str:
    name = anchor(chapter["id"])
    lead = f'<p class="lead">{marked(chapter["lead"])}</p>' if chapter["lead"] else ""
    inside = "".join(block_html(from_json(block)) for block in _blocks(chapter))
    return (
        f'<section id="{name}" aria-labelledby="{name}-head"><h2 id="{name}-head">{text(chapter["title"])}</h2>'
        f'{lead}<div class="grid">{inside}</div></section>'
    )
