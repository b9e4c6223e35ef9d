"""`modelwright script`: the plain PyTorch script of a run, or of a description that was not trained yet."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from modelwright.api import request_for
from modelwright.files import write_atomically
from modelwright.lean_torch import put_off_meta_rules
from modelwright.run.folder import MEMBERS, PLAN
from modelwright.verbs.target import require_free
from modelwright.verbs.train import target_names


def script(source: str, overrides: Sequence[str], target: str | None, output: str, force: bool) -> None:
    """Write the script; `-` is standard output. A file that is there is kept unless `force`."""
    path = None if output == "-" else Path(output)
    if path is not None:
        require_free(path, force)
    put_off_meta_rules()
    from modelwright.run.again import planned, reopen
    from modelwright.script.compose import script as written
    from modelwright.script.section import Source

    run = Path(source)
    is_run = run.is_dir() and ((run / PLAN).exists() or (run / MEMBERS).exists())
    found = reopen(run) if is_run else planned(request_for(source, target=target_names(target), overrides=overrides))
    text = written(
        Source(
            assembly=found.assembly,
            request=found.request,
            run=run if is_run else None,
            member=found.member,
            output=path,
        )
    )
    if path is None:
        print(text, end="")
        return
    write_atomically(path, text)
    told = f"; the run has several models, this is the script of {found.member}" if found.member else ""
    print(f"{path}: {text.count(chr(10))} lines{told}. Run it: python {path}", file=sys.stderr)
