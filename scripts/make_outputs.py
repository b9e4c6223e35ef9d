"""Write the outputs that the pages show anew, where they are not what the commands print any more.

An output that is shortened by a line of `…` is for people to shorten: it is named, and left as it is.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from doc_blocks import ANYTHING, PAGES, ROOT, Session, blocks, same


def renewed(page: str, text: str, folder: Path) -> tuple[str, list[str]]:
    """Return the page with its outputs, and what is left to do by hand."""
    session, changes, left = Session(folder), [], []
    for block in blocks(page, text):
        found = session.run(block)
        if found is None or same(block.text, found, measured="measured" in block.words):
            continue
        if ANYTHING in (line.strip() for line in block.text.splitlines()):
            left.append(f"{page}:{block.line}: shorten this output anew:\n{found}")
        else:
            changes.append((block, "".join(f"{line.rstrip()}\n" for line in found.strip("\n").splitlines())))
    for block, found in reversed(changes):
        text = text[: block.start] + found + text[block.start + len(block.text) :]
    return text, left


def main() -> int:
    """Write the pages; return 1 if something is left to do."""
    left: list[str] = []
    for page in sys.argv[1:] or PAGES:
        path = ROOT / page
        before = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            after, more = renewed(page, before, Path(folder))
        left += more
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"wrote {page}")
    print("\n".join(left), end="\n" if left else "")
    return bool(left)


if __name__ == "__main__":
    sys.exit(main())
