"""From a run to its script: one section writer a step, chosen by the plan, put together and formatted."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from modelwright.script import (
    augmenting,
    batching,
    comparing,
    contrasting,
    encoding,
    forecasting,
    gaming,
    judging,
    looping,
    losses,
    matching,
    network,
    optimizing,
    own,
    picturing,
    playing,
    reading,
    scoring,
    seeing,
    sequencing,
    splitting,
    targets,
    texting,
)
from modelwright.script.code import WIDTH, block
from modelwright.script.section import Section, Source, impossible
from modelwright.script.seeing import CLASSIFIER
from modelwright.script.twins import without_twins

Writer = Callable[[Source], Section]
READING: dict[str, Writer] = {
    "table": reading.write,
    "pixels": picturing.write,
    "tokens": texting.write_reading,
    "steps": sequencing.write_reading,
    "windows": forecasting.write_reading,
}
"""Who writes how the rows are read, by what a row is."""
ENCODING: dict[str, Writer | None] = {
    "table": encoding.write,
    "pixels": None,
    "tokens": texting.write,
    "steps": sequencing.write,
    "windows": forecasting.write,
}
"""Who writes how they become numbers; pictures do within the model."""
STARTS = ("def ", "class ", "@")
STANDARD = (
    "__future__",
    "copy",
    "gzip",
    "inspect",
    "io",
    "itertools",
    "json",
    "math",
    "os",
    "sqlite3",
    "sys",
    "collections",
    "dataclasses",
    "functools",
    "pathlib",
    "typing",
)
LEAVE = block("""
if __name__ == "__main__" and not (sys.flags.interactive or hasattr(sys, "ps1")):
    sys.stdout.flush()
    os._exit(0)  # nothing may follow: taking torch down would cost 0.4 s
""")
"""Nothing may follow: after an error Python leaves as it always does, and a session of the user's own goes on."""


def script(source: Source) -> str:
    """Return the script of a run; RunError R010 for what no script can repeat."""
    steps = [(title, [writer(source) for writer in writers]) for title, writers in _steps(source)]
    found = [section for _, sections in steps for section in sections]
    body = _settings(source)
    steps = [(title, sections) for title, sections in steps if sections]
    for number, (title, sections) in enumerate(steps, 1):
        body += ["", f"# {number}. {title} ".ljust(WIDTH, "-")]
        lines = [line for section in sections if section.lines for line in ("", *section.lines)]
        body += lines[1:]  # no empty line between a heading and what it heads
    body = [*without_twins(body, CLASSIFIER), *LEAVE]
    tree = ast.parse("\n".join(body))
    _require_apart(source, tree)
    given = ["import os", "import sys", "import torch", *(name for section in found for name in section.imports)]
    made = [*_doc(source), "", *_imports(_needed(given, tree)), "", *body]
    return "\n".join(spaced(made)) + "\n"


def _needed(given: Iterable[str], tree: ast.Module) -> list[str]:
    """Return the import lines whose names the script uses."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    made: list[str] = []
    for line in given:
        start, _, names = line.rpartition("import ")
        kept = [name for name in names.split(", ") if name.rpartition(" as ")[2].partition(".")[0] in used]
        if kept or "__future__" in line:
            made.append(f"{start}import {', '.join(kept) or names}")
    return made


def _require_apart(source: Source, tree: ast.Module) -> None:
    """Raise RunError R010 where the user's code defines a name that the script needs itself."""
    defined = [node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    targets = (target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets)
    defined += sorted({one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)})
    twice = sorted({name for name in own.defined(source) if defined.count(name) > 1})
    if twice:
        listed = ", ".join(f"`{name}`" for name in twice)
        raise impossible(source, f"your code defines {listed}, as the script does", "give it another name", "model")


def _steps(source: Source) -> list[tuple[str, list[Writer]]]:
    """Return the steps of the training procedure, each with who writes it."""
    kind = source.kind
    if source.plan.contrast is not None:
        return _contrastive(source)
    if source.plan.gan is not None:
        return _gan(source)
    encode = ENCODING[kind]
    forecast = kind == "windows"
    learned = [*([] if forecast else [targets.write]), *([encode] if encode is not None else [])]
    title = "Targets" if encode is None else "Encode: what is learned here is learned from the training rows"
    steps: list[tuple[str, list[Writer]]] = [
        ("Read the data", [READING[kind]]),
        ("Split the rows", [forecasting.write_split if forecast else splitting.write]),
        (title, learned),
        ("Batches", [augmenting.write, batching.write]),
        ("The model", [*([own.write] if own.calls_of(source) else []), network.write]),
        ("Loss and optimizer", [losses.write, optimizing.write]),
        ("Answers, and how good they are", [scoring.write_answers]),
        ("Train, and keep the weights that are best on the validation rows", [looping.write]),
        ("Score rows that were used for nothing else, and save", [scoring.write_end]),
    ]
    return steps


def _contrastive(source: Source) -> list[tuple[str, list[Writer]]]:
    """Return the steps of a contrastive run."""
    own_code = [own.write] if own.calls_of(source) else []
    return [
        ("Read the data", [_reading_compared(source)]),
        ("Split the rows", [splitting.write]),
        ("Encode: what is learned here is learned from the training rows", [contrasting.write_sides]),
        ("Batches, and two views of their rows", [augmenting.write, comparing.write_batches]),
        ("The model", [*own_code, contrasting.write_model]),
        ("Loss and optimizer", [contrasting.write_loss, optimizing.write]),
        ("How near partners are", [comparing.write_scores]),
        ("Train, and keep the weights that are best on the validation rows", [looping.write]),
        ("Score rows that were used for nothing else, and save", [comparing.write_end]),
    ]


def _reading_compared(source: Source) -> Writer:
    """Return who reads what a contrastive run compares: pictures beside something else, too."""
    towers = contrasting.towers_of(source)
    pictures = next((one for one in towers if one.kind == "pixels"), None)
    if pictures is None:
        return READING[source.kind]
    if contrasting.contrast_of(source).sides and source.plan.data.format == "images":
        return matching.write
    return lambda _: picturing.write(pictures)


def _gan(source: Source) -> list[tuple[str, list[Writer]]]:
    """Return the steps of a GAN."""
    encode = ENCODING[source.kind]
    return [
        ("Read the data", [READING[source.kind]]),
        ("Split the rows", [splitting.write]),
        ("Encode: what is learned here is learned from the training rows", [encode] if encode is not None else []),
        ("Batches", [playing.write_batches]),
        ("The two networks", [playing.write_networks]),
        ("Losses and optimizers", [gaming.write_game]),
        ("What is made, and what it is compared in", [judging.write_made, seeing.write_features]),
        ("Train both, and keep the averaged generator whose rows are best", [gaming.write_loop]),
        ("Score what it makes beside rows that were used for nothing else, and save", [judging.write_end]),
    ]


WITHOUT = {"table": "a table", "pixels": "pictures", "tokens": "texts", "steps": "sequences", "windows": "a series"}


def _doc(source: Source) -> list[str]:
    plan = source.plan
    targets = ", ".join(plan.outputs.targets)
    where = f"the run `{source.run}`" if source.run is not None else "its description"
    rows = ", ".join(plan.data.paths) or WITHOUT[source.kind]
    learned = f"Learn {targets} from {rows}"
    if plan.contrast is not None:
        learned = f"Learn embeddings of {rows}"
    elif plan.gan is not None:
        learned = f"Learn to make rows like those of {rows}"
    made = [f'"""{learned} in plain PyTorch.', ""]
    made += [f"Written by modelwright {plan.modelwright} from {where}. On the same machine and"]
    exact = not plan.execution.together
    made += [f"with the same data it ends with the same weights{', bit for bit' if exact else ''}."]
    if source.member:
        made += [f"The run is a cohort of several models; this is the script of one, {source.member}."]
    if not exact:
        made += ["There all made their steps together, and sums had another order: the last bits differ."]
    return [*made, '"""']


def _settings(source: Source) -> list[str]:
    plan = source.plan
    made = [f"SEED, EPOCHS, BATCH_SIZE = {plan.train.seed}, {plan.train.epochs}, {plan.train.batch_size}"]
    if plan.execution.device != "cpu":
        made.append(f'DEVICE = "{plan.execution.device}"')
    return made if plan.gan is not None else [*made, f"torch.set_num_threads({plan.execution.threads})"]


def spaced(made: list[str]) -> list[str]:
    """Put two empty lines round functions and classes, and never more than one elsewhere, as formatters do."""
    kept: list[str] = []
    inside = False
    for line, after in zip(made, [*made[1:], ""], strict=True):
        comment = line.startswith("#") and after.startswith((*STARTS, "# fmt: off"))
        starts = line.startswith(STARTS) or comment
        top = bool(line) and not line.startswith((" ", ")", "]", "}"))
        attached = bool(kept) and kept[-1].startswith(("@", "#")) and bool(kept[-1])
        if line == "# fmt: on" or (attached and starts):
            kept.append(line)
            inside = True
            continue
        if starts or (top and inside):
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
    wanted.sort(key=lambda line: ("__future__" not in line, line.startswith("from"), line.split()[1].lower()))
    standard = [line for line in wanted if line.split()[1].split(".")[0] in STANDARD]
    future = [line for line in standard if "__future__" in line]
    standard = [line for line in standard if line not in future]
    return block(
        [*future, ""] if future else (), standard, ("",), [line for line in wanted if line not in {*standard, *future}]
    )
