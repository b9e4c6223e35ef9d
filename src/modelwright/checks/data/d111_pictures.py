"""Pictures that are not what the others are: of another size or mode, turned, damaged; files that are no pictures.

## What it does
Tells what was noticed while the pictures were decoded: sizes that differ and how they were made equal, EXIF marks,
16 bits, CMYK, transparency, pictures left out, files such as `desktop.ini` beside them. Those that cannot be decoded
stop the reading.

## Why it matters
A file of the system that counts as a class makes one output too many; a picture that was squashed or turned looks like
no other; a damaged one is noise with a label.

## Example
One photo of 1200×1600 among thousands of 28×28.

## Fix
```yaml
transform: Resize((28, 28))
data: {path: photos/, on_error: skip}
```

## Source
torchvision's ImageFolder takes `desktop.ini` folders for classes. Exact: headers and what decoding did.
"""

from __future__ import annotations

from collections.abc import Iterator

from modelwright.checks.facts import Facts
from modelwright.diagnostic import Diagnostic

CODE = "D111"
PHASE = "data"
SEVERITY = "warning"
NEEDS = ("table",)


def check(facts: Facts) -> Iterator[Diagnostic]:
    """Yield what reading noticed."""
    assert facts.table is not None
    for finding in facts.table.findings:
        if finding.code == CODE:
            key = finding.where.key
            yield finding.at(facts.place(key)) if key else finding
