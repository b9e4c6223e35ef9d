"""How to use the model: the commands, filled in."""

from __future__ import annotations

import shlex

from modelwright.report.blocks import Block, Commands
from modelwright.report.evidence import Evidence

NEAREST = "Find the training rows that are nearest to new ones:"


def applies(evidence: Evidence) -> bool:
    """Once there is a model."""
    return not evidence.running


def blocks(evidence: Evidence) -> list[Block]:
    """Return the three commands: answer rows, use from Python, and what to try next."""
    run = shlex.quote(evidence.run)
    parent = shlex.quote(evidence.run.rpartition("/")[0] or ".")
    if evidence.plan.gan is not None:
        return [_of_gan(evidence, run, parent)]
    commands = [
        ("Answer new rows; columns are found by name:", f"modelwright predict {run} NEW.csv -o answers.csv"),
        (
            "The same from Python, for a file, a frame or an array:",
            f'import modelwright\nmodel = modelwright.load({evidence.run!r})\nanswers = model.predict("NEW.csv")',
        ),
        *([] if evidence.plan.contrast is None else [(NEAREST, f"modelwright nearest {run} NEW.csv -k 5")]),
        ("Put it beside other runs:", f"modelwright compare {parent}/*"),
    ]
    return [Commands(title="How to use it", commands=commands)]


def _of_gan(evidence: Evidence, run: str, parent: str) -> Commands:
    pictures = evidence.plan.inputs[0].encoding == "pixels"
    what, file = ("64 pictures in a grid", "64 -o grid.png") if pictures else ("1,000 rows", "1000 -o rows.csv")
    python = f"import modelwright\nmodel = modelwright.load({evidence.run!r})\nrows = model.sample(64)"
    commands = [
        (f"Make {what}; another --seed makes others:", f"modelwright sample {run} {file}"),
        ("The same from Python:", python),
        ("Put it beside other runs:", f"modelwright compare {parent}/*"),
    ]
    return Commands(title="How to use it", commands=commands)
