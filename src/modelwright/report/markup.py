"""Text for HTML: escaped, with `code` between backticks; names for anchors."""

from __future__ import annotations

import html
import re

from modelwright.text import clean


def text(value: str) -> str:
    """Return text that holds no tag and ends no attribute; control characters become visible.

    >>> text('<b onclick="x">')
    '&lt;b onclick=&quot;x&quot;&gt;'
    """
    return html.escape(clean(value), quote=True)


def marked(value: str) -> str:
    """Return the same with what stands between backticks as code.

    >>> marked("column `<a>`")
    'column <code>&lt;a&gt;</code>'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text(value))


def anchor(value: str) -> str:
    """Return a name for an anchor.

    >>> anchor("What is <it>?")
    'what-is-it'
    """
    return re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-") or "x"


def lines(value: str) -> str:
    """Return text of several lines, each as `text` makes it.

    >>> lines("a\\n<b>")
    'a\\n&lt;b&gt;'
    """
    return "\n".join(text(line) for line in value.split("\n"))
