"""From a run to its script: one section writer a step, chosen by the plan, put together and formatted."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from modelwright.diagnostic import Diagnostic, Place
from modelwright.errors import RunError
from modelwright.script import (
    batching,
    encoding,
    looping,
    losses,
    network,
    optimizing,
    reading,
    scoring,
    splitting,
    targets,
)
from modelwright.script.code import WIDTH, block
from modelwright.script.section import Section, Source

Writer = Callable[[Source], Section]
ENCODINGS: dict[str, Writer] = {
    "number": encoding.write,
    "date": encoding.write,
    "one_hot": encoding.write,
    "embedding": encoding.write,
}
"""Who writes how a column becomes numbers, by the encoding of the first input."""
STANDARD = (
    "inspect",
    "itertools",
    "json",
    "math",
    "sqlite3",
    "sys",
    "collections",
    "dataclasses",
    "functools",
    "pathlib",
    "typing",
)


def script(source: Source) -> str:
    """Return the script of a run; RunError R010 for what no script can repeat."""
    if source.plan.contrast is not None:
        raise RunError(_not_yet())
    steps = [(title, [writer(source) for writer in writers]) for title, writers in _steps(source)]
    found = [section for _, sections in steps for section in sections]
    imports = _imports(["import torch", *(name for section in found for name in section.imports)])
    made = [*_doc(source), "", *imports, "", *_settings(source)]
    for number, (title, sections) in enumerate(steps, 1):
        made += ["", f"# {number}. {title} ".ljust(WIDTH, "-")]
        made += [line for section in sections for line in ("", *section.lines)]
    return "\n".join(spaced(made)) + "\n"


def _not_yet() -> Diagnostic:
    return Diagnostic(
        code="R010",
        severity="error",
        message="a script for a contrastive task cannot be written yet",
        where=Place(key="task"),
        help="modelwright.load(…) loads the model file",
    )


def _steps(source: Source) -> list[tuple[str, list[Writer]]]:
    """Return the steps of the training procedure, each with who writes it."""
    first = source.plan.inputs[0]
    if source.plan.own:
        raise RunError(
            Diagnostic(
                code="R010",
                severity="error",
                message="a script for a module of your own cannot be written yet",
                where=Place(key="model"),
                help="your class and modelwright.load(…) together load the model file",
            )
        )
    if first.encoding not in ENCODINGS:
        raise RunError(
            Diagnostic(
                code="R010",
                severity="error",
                message=f"a script for a model that takes {first.kind} columns cannot be written yet",
                where=Place(key=first.name),
                help="modelwright.load(…) loads the model file",
            )
        )
    return [
        ("Read the data", [reading.write]),
        ("Split the rows", [splitting.write]),
        ("Encode: what is learned here is learned from the training rows", [targets.write, ENCODINGS[first.encoding]]),
        ("Batches", [batching.write]),
        ("The model", [network.write]),
        ("Loss and optimizer", [losses.write, optimizing.write]),
        ("The training loop", [looping.write_loop]),
        (
            "Train, and keep the weights that are best on the validation rows",
            [scoring.write_answers, looping.write_epochs],
        ),
        ("Score rows that were used for nothing else, and save", [scoring.write_end]),
    ]


def _doc(source: Source) -> list[str]:
    plan = source.plan
    targets = ", ".join(plan.outputs.targets)
    where = f"the run `{source.run}`" if source.run is not None else "its description"
    made = [f'"""Learn {targets} from {", ".join(plan.data.paths) or "a table"}: plain PyTorch, NumPy and polars.', ""]
    made += [f"Written by modelwright {plan.modelwright} from {where}. On the same machine and"]
    made += ["with the same data it ends with the same weights, bit for bit."]
    if source.member:
        made += [f"The run is a cohort of several models; this is the script of one, {source.member}."]
    return [*made, '"""']


def _settings(source: Source) -> list[str]:
    plan = source.plan
    made = [f"SEED = {plan.train.seed}", f"EPOCHS = {plan.train.epochs}", f"BATCH_SIZE = {plan.train.batch_size}"]
    if plan.execution.device != "cpu":
        made.append(f'DEVICE = "{plan.execution.device}"')
    return [*made, f"torch.set_num_threads({plan.execution.threads})"]


def spaced(made: list[str]) -> list[str]:
    """Put two empty lines round functions and classes, and never more than one elsewhere, as formatters do."""
    kept: list[str] = []
    inside = False
    for line in made:
        starts = line.startswith(("def ", "class ", "@"))
        top = bool(line) and not line.startswith((" ", ")", "]", "}"))
        decorated = bool(kept) and kept[-1].startswith("@")
        if (starts and not decorated) or (top and inside and not decorated):
            kept = [*_stripped(kept), "", ""]
        elif not line and kept and not kept[-1]:
            continue
        if top:
            inside = starts
        kept.append(line)
    return kept


def _stripped(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


def _imports(lines: Iterable[str]) -> list[str]:
    """Return import lines in isort's order: the standard library, then the others; `import` before `from`."""
    names: dict[str, set[str]] = {}
    for line in lines:
        if line.startswith("import "):
            names.setdefault(line, set())
        else:
            module, _, imported = line.partition(" import ")
            names.setdefault(module, set()).update(imported.split(", "))
    wanted = [f"{start} import {', '.join(sorted(found))}" if found else start for start, found in names.items()]
    wanted.sort(key=lambda line: (line.startswith("from"), line.split()[1].lower()))
    standard = [line for line in wanted if line.split()[1].split(".")[0] in STANDARD]
    return block(standard, ("",), [line for line in wanted if line not in standard])
