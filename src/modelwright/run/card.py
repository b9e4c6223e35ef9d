"""The model card of a run, in Markdown: what it is for, what it learned from, how good it is, and where it ends.

After Mitchell et al. 2019, "Model Cards for Model Reporting". Every number comes from the run folder, those of the
slices from the run's data.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from modelwright.evaluate.result import Baseline, Score, format_number, format_score
from modelwright.plan.plan import InputPlan, Plan
from modelwright.run.folder import CHECKS, ENVIRONMENT, METRICS, MODEL, SPLIT, Folder
from modelwright.run.handle import Run
from modelwright.run.slices import Slice
from modelwright.ship.contrast import every_input

FEW = 1000  # test rows below which the card says that they are few


def card(run: Run, slices: Sequence[Slice] | str) -> str:
    """Return the card; `slices` may be the reason why there are none."""
    first = next(iter(Folder(run.path).members), Folder(run.path))
    facts = {name: first.read_json(name) for name in (CHECKS, SPLIT, ENVIRONMENT)}
    parts = [
        _purpose(run),
        _data(run.plan),
        _split(run, facts[SPLIT]),
        _training(run, first, facts[ENVIRONMENT]),
        _scores(run),
        _slices(run, slices),
        _checks(facts[CHECKS]),
        _limits(run, facts[CHECKS]),
        _loading(run),
    ]
    return "\n".join(line for part in parts for line in (*part, "")).rstrip() + "\n"


def _purpose(run: Run) -> Iterator[str]:
    plan, outputs = run.plan, run.plan.outputs
    targets = ", ".join(f"`{name}`" for name in outputs.targets)
    yield f"# Model card: {run.path.name}"
    yield ""
    if plan.gan is not None:
        what = "pictures" if plan.inputs[0].encoding == "pixels" else f"rows of {len(plan.inputs)} columns"
        yield f"Makes new {what} like those it was trained on: the generator of a GAN ({plan.why['task']})."
        return
    if plan.contrast is not None:
        yield f"Gives a row {plan.contrast.embedding} numbers; rows that belong together get like ones."
        yield f"Compared: {plan.contrast.positives} ({plan.why['contrastive.positives']})."
        return
    yield f"Predicts {targets} of a row of {len(plan.inputs)} columns: a {plan.task} model ({plan.why['task']})."
    if outputs.classes:
        yield f"Answers: {', '.join(f'`{name}`' for name in outputs.classes[:30])}, each with a probability."
    else:
        yield "Answers: numbers in the units of the target."
    if run.members:
        yield f"It is a cohort of {run.members} models, whose answers are averaged; its plan is that of the first."


def _data(plan: Plan) -> Iterator[str]:
    yield "## Data"
    yield ""
    source = ", ".join(plan.data.paths) or "rows given by a Python program"
    yield f"{source}: {plan.data.rows:,} rows, SHA-256 `{plan.data.fingerprint[:16]}…`."
    yield ""
    yield "| column | kind | as the model sees it | in training rows |"
    yield "|---|---|---|---|"
    for column in every_input(plan):
        yield f"| `{_cell(column.name)}` | {column.kind} | {column.encoding.replace('_', '-')} | {_seen(column)} |"
    if plan.unused:
        yield ""
        yield "Not used: " + "; ".join(f"`{name}` ({why})" for name, why in plan.unused.items()) + "."


def _cell(text: str) -> str:
    """Return a text that does not end the cell it stands in."""
    return " ".join(text.replace("|", "\\|").split())


def _seen(column: InputPlan) -> str:
    gaps = "; with gaps" if column.flag or None in column.categories else ""
    if column.categories:
        return f"{len(column.categories):,} categories{gaps}"
    if column.low is None or column.high is None:
        return (", ".join(column.dates) or "values") + gaps
    return f"{format_number(column.low)} to {format_number(column.high)}{gaps}"


def _split(run: Run, receipt: dict[str, Any]) -> Iterator[str]:
    plan = run.plan
    yield "## Split"
    yield ""
    yield f"By {plan.split.by} ({plan.why.get('split.by', 'given')}), seed {plan.split.random_state}."
    if plan.split.folds:
        yield f"{plan.split.folds} folds; the table is that of the first."
    yield ""
    yield "| part | rows | SHA-256 of the row numbers | used for |"
    yield "|---|---|---|---|"
    uses = {"train": "learning", "validation": "choice of the epoch", "test": "the score, once"}
    for name, rows in receipt["rows"].items():
        yield f"| {name} | {rows:,} | `{receipt['sha256'][name][:16]}…` | {uses[name]} |"
    yield ""
    yield f"Rows in two parts: {receipt['overlap']}. Rows left out: {receipt['left_out']:,}."


def _training(run: Run, first: Folder, environment: dict[str, Any]) -> Iterator[str]:
    plan = run.plan
    history = [json.loads(line) for line in (first.path / METRICS).read_text().splitlines()]
    best = max((record["epoch"] for record in history if record["best"]), default=0)
    yield "## Training"
    yield ""
    rows = {
        "model": plan.recipe or "; ".join(plan.layers),
        **_beside(plan),
        "loss": plan.loss,
        "optimizer": plan.optimizer,
        "scheduler": plan.scheduler or "none",
        "epochs": f"{len(history)} of {plan.train.epochs}; the weights are those of epoch {best}",
        "batch size, seed": f"{plan.train.batch_size}, {plan.train.seed}",
        "device, precision": f"{plan.execution.device}, {plan.execution.precision}",
        "versions": ", ".join(f"{name} {version}" for name, version in environment["versions"].items()),
    }
    yield "| | |"
    yield "|---|---|"
    for name, value in rows.items():
        yield f"| {name} | {_cell(value)} |"


def _beside(plan: Plan) -> dict[str, str]:
    """Return the network beside the first, where there is one."""
    if plan.gan is not None:
        often = plan.gan.discriminator_steps
        game = (
            f"{plan.gan.latent} random numbers make a row; steps of the discriminator to one of the generator: {often}"
        )
        other = plan.gan.recipe or "; ".join(plan.gan.discriminator)
        return {"discriminator": other, "its optimizer": plan.gan.optimizer, "game": game}
    if plan.contrast is None:
        return {}
    second, head = plan.contrast.second, plan.contrast.projection
    found = {} if second is None else {"second network": second.recipe or "; ".join(second.layers)}
    return found | ({"behind the embedding, for the loss": "; ".join(head)} if head else {})


def _scores(run: Run) -> Iterator[str]:
    result = run.result
    yield "## Scores"
    yield ""
    yield f"On {result.rows:,} {result.part} rows, with 95 % intervals; `{result.score.metric}` leads."
    yield ""
    yield "| score | value | interval |"
    yield "|---|---|---|"
    for score in (result.score, *(each for name, each in result.scores.items() if name != result.score.metric)):
        value, _, interval = format_score(score).partition(" ")
        yield f"| {score.metric} | {value} | {interval.strip('()')} |"
    yield ""
    yield f"Interval of `{result.score.metric}`: {result.score.method}."
    yield ""
    yield f"| baseline | {result.score.metric} | the model beside it |"
    yield "|---|---|---|"
    for one in (b for b in result.baselines if b.metric == result.score.metric):
        yield f"| {one.name} | {format_number(one.value, _width(result.score))} | {_verdict(one, result.score)} |"


def _width(score: Score) -> float:
    return max(0.0, score.high - score.low) if score.high == score.high else 0.0


def _verdict(one: Baseline, score: Score) -> str:
    return one.verdict(score.higher_is_better)


def _slices(run: Run, slices: Sequence[Slice] | str) -> Iterator[str]:
    yield "## Slices"
    yield ""
    if isinstance(slices, str):
        yield f"None: {slices}."
        return
    if not slices:
        yield "None: no category has 20 of the scored rows."
        return
    metric = slices[0].score.metric
    yield f"The scored rows by category, worst {metric} first; the interval of a small slice is wide."
    yield ""
    yield f"| slice | rows | {metric} | interval |"
    yield "|---|---|---|---|"
    for one in slices:
        value, _, interval = format_score(one.score).partition(" ")
        yield f"| {_cell(one.name)} | {one.rows:,} | {value} | {interval.strip('()')} |"


def _checks(receipt: dict[str, Any]) -> Iterator[str]:
    counts = Counter(found["severity"] for found in receipt["diagnostics"])
    told = (
        ", ".join(f"{counts[name]} {name}s" for name in ("error", "warning", "note") if counts[name]) or "nothing found"
    )
    yield "## Checks"
    yield ""
    yield f"{len(receipt['ran'])} rules ran: {told}. {len(receipt['not_run'])} could not run."
    yield ""
    for found in receipt["diagnostics"]:
        yield f"- {found['severity']} {found['code']}: {found['message']}"
    for code, why in receipt["not_run"].items():
        yield f"- {code} could not run: {why}"
    for code, count in receipt["ignored"].items():
        yield f"- {code} was silenced, {count} times"


def _limits(run: Run, receipt: dict[str, Any]) -> Iterator[str]:
    plan, result = run.plan, run.result
    yield "## Limits"
    yield ""
    if plan.gan is None:
        yield "- It knows what the training rows have: ranges and categories above; others are guesses."
    else:
        yield "- What it makes stays within the ranges and categories above; `closest_row` near 0 would be copies."
    if result.part != "test":
        yield f"- There are no test rows: the scores are those of the {result.part} rows, and too good."
    elif result.rows < FEW:
        yield f"- {result.rows:,} test rows are few: the interval of {result.score.metric} says how little they tell."
    best = result.baseline
    if best is not None and best.verdict(result.score.higher_is_better) != "better":
        verdict = best.verdict(result.score.higher_is_better)
        yield f"- Beside the baseline `{best.name}` the model is {verdict}."
    if plan.split.by == "random":
        yield "- The split is random: for rows of later times, other places or other persons the scores say nothing."
    if receipt["ignored"]:
        yield f"- Findings were silenced: {', '.join(receipt['ignored'])}."
    if "calibration_error" in result.scores:
        yield "- Probabilities are as calibrated as `calibration_error` says."
    if plan.gan is None:
        yield "- The model file holds a few training rows, by which it is proven; who gets it can read them."


def _loading(run: Run) -> Iterator[str]:
    place = Path(run.path) if run.members else Path(run.path) / MODEL
    yield "## Loading"
    yield ""
    yield "```python"
    yield "import modelwright"
    yield ""
    yield f'model = modelwright.load("{place.as_posix()}")'
    name = run.path.as_posix()
    if run.plan.gan is not None:
        yield "rows = model.sample(64, seed=1)"
        shell = (
            f"modelwright sample {name} 64 -o {'grid.png' if run.plan.inputs[0].encoding == 'pixels' else 'rows.csv'}"
        )
    elif run.plan.contrast is not None:
        yield "embeddings = model.predict(rows)  # vectors of length 1"
        yield "found = model.nearest(rows, among=others, k=5)"
        shell = f"modelwright nearest {name} rows.csv"
    else:
        yield "answers = model.predict(rows)  # a polars or pandas frame, with the columns above"
        shell = f"modelwright predict {name} rows.csv"
    yield "```"
    yield ""
    yield f"Or `{shell}`; for other runtimes `modelwright export {name} --onnx model.onnx`."
