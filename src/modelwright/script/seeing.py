"""The section with what a GAN's rows are compared in: features of a classifier trained on the same data, or waves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from modelwright.data.columns import Examples
from modelwright.errors import ModelwrightError
from modelwright.evaluate import generated
from modelwright.run import gan_features, gan_score
from modelwright.run.assemble import assemble
from modelwright.run.fit import to_fit
from modelwright.run.gan_features import AT_ONCE as SEEN_AT_ONCE
from modelwright.run.gan_features import DIMENSIONS, MOST_ROWS, WAVES, lesson
from modelwright.run.gan_score import MOST_TRAIN
from modelwright.script import batching, encoding, looping, losses, network, optimizing, targets
from modelwright.script.code import block, flat, literal, text
from modelwright.script.section import Section, Source, impossible, indented
from modelwright.script.shown import shown

CLASSIFIER = "train_classifier"
PRINCIPAL = '''
def principal(rows):
    """Return the projection on the directions in which some rows vary most."""
    middle = rows.mean(0)
    away = rows - middle
    _, vectors = np.linalg.eigh(away.T @ away)
    chosen = vectors[:, ::-1][:, :{dimensions}]
    return lambda found: (found - middle) @ chosen
'''
WAVES_OF = '''
def waves(rows):
    """Return random Fourier features of a Gaussian kernel (Rahimi and Recht 2007)."""
    random = np.random.default_rng(SEED)
    few = rows[:500]
    apart = np.sqrt(((few[:, None] - few[None]) ** 2).sum(2))
    width = float(np.median(apart[apart > 0])) if (apart > 0).any() else 1.0
    directions = random.normal(size=(rows.shape[1], {waves})) / width
    directions[:, {half}:] *= 4  # half of the kernels are a quarter as wide
    shift = random.uniform(0, 2 * np.pi, size={waves})
    return lambda found: np.sqrt(2) * np.cos(found @ directions + shift)
'''
SPREAD = '''
def spread(rows, most):
    """Return at most so many rows, in an order of chance that is always the same."""
    return rows[np.random.default_rng(0).permutation(len(rows))[:most]]
'''
SEEN = '''
    last = [one for one in model.modules() if isinstance(one, nn.Linear)][-1]

    def features(rows):
        """Return what enters the last layer, float64 [N, D]."""
        seen = []
        hook = last.register_forward_pre_hook(
            lambda _, given: seen.append(given[0].flatten(1).double())
        )
        with torch.inference_mode():
            for at in range(0, len(rows), {at_once}):
                {part}
                model({inputs})
        hook.remove()
        return torch.cat(seen).numpy()

    return features
'''


def write_features(source: Source) -> Section:
    """Return the section that leaves `features(rows)`, those of validation rows, and their distance."""
    plan, judged = source.plan, _judge_rows(source)
    made = [*block(SPREAD), "", "", f"known_rows = spread(train_rows, {2 * MOST_TRAIN})"]
    known = "pictures[{}]" if source.kind == "pixels" else "frame[{}]"
    classifier = _classifier(source, judged)
    needs: tuple[str, ...] = ()
    if classifier is not None:
        body, needs = classifier
        made += ["", "", *body]
        rest = ["seen = classifier_features(known[:2000])"]
        found = "basis(classifier_features(rows))"
        if source.kind == "table":
            rest += ["low, high = np.quantile(seen, [0.005, 0.995], axis=0)  # a few far values would rule"]
            rest += ["seen = seen.clip(low, high)"]
            found = "basis(classifier_features(rows).clip(low, high))"
        rest += ["basis = principal(seen)"]
    else:
        made += ["", "", *_plain(source, known.format("known_rows"))]
        rest = ["basis = principal(plain(known[:2000]))", "wave = waves(basis(plain(known[:2000])))"]
        found = "wave(basis(plain(rows)))"
    made += ["", "", *block(PRINCIPAL.format(dimensions=DIMENSIONS))]
    made += ["", "", *block(WAVES_OF.format(waves=WAVES, half=WAVES // 2))] if classifier is None else []
    made += ["", "", f"known = {known.format('known_rows')}", *rest]
    made += [
        "",
        "",
        "def features(rows):",
        '    """Return what is compared of rows, float64 [N, D]."""',
        f"    return {found}",
        "",
        "",
        *_distance(),
    ]
    if plan.split.rows[1] > 1:
        made += ["", "", f"validation_features = features({known.format('spread(validation_rows, 1000)')})"]
    return Section(lines=made, imports=("import numpy as np", "import torch", "import polars as pl", *needs))


def _distance() -> list[str]:
    """Return the functions of the Fréchet distance as they stand."""
    found = shown([generated.frechet_distance, generated._covariance])  # pyright: ignore[reportPrivateUsage]
    return [line.replace(": Array", ": np.ndarray").replace("-> Array", "-> np.ndarray") for line in found]


def _plain(source: Source, known: str) -> list[str]:
    """Return the function that gives rows as flat numbers."""
    made = ["def flat(rows):", '    """Return rows as plain numbers, float64 [N, W]."""']
    if source.kind == "pixels":
        return [*made, "    return real(torch.from_numpy(rows)).flatten(1).double().numpy()", "", "", "plain = flat"]
    made += ["    return encode(rows).double().numpy()", "", "", f"deviation = flat({known}[:5000]).std(0)"]
    made += ["deviation = np.where(deviation > 0, deviation, 1.0)", "", "", "def plain(rows):"]
    return [
        *made,
        '    """Return columns by the deviation that training rows have."""',
        "    return flat(rows) / deviation",
    ]


def _judge_rows(source: Source) -> Any:
    """Return real rows as the classifier sees them, with a function that gives their labels."""
    prepared, plan = source.assembly.prepared, source.plan
    chosen = gan_score._spread(prepared.split.train, 2 * MOST_TRAIN)  # pyright: ignore[reportPrivateUsage]
    rows = gan_score._rows(prepared, source.assembly.model.preprocess, chosen)  # pyright: ignore[reportPrivateUsage]
    frame = prepared.dataset.table.frame
    target = plan.outputs.targets[0] if plan.outputs.targets else None
    return lesson(prepared, rows, lambda _: frame[target or ""].gather(chosen).to_list())


def _classifier(source: Source, learned: gan_features.Lesson | None) -> tuple[list[str], tuple[str, ...]] | None:
    """Return the function that trains the classifier of the scores, and its imports; None where there is none."""
    if learned is None:
        return None
    try:
        prepared = to_fit(learned.description, learned.rows)
        assembly = assemble(prepared)
    except ModelwrightError:
        return None  # the run had none either, and says why in its score
    inner = Source(assembly=assembly, request=source.request, nested=True)
    _require_like(source, inner, learned.rows)
    writers = [targets.write, *([encoding.write] if inner.kind == "table" else []), batching.write, network.write]
    sections = [writer(inner) for writer in (*writers, losses.write, optimizing.write, looping.write)]
    plan = inner.plan
    given = "frame" if inner.kind == "table" else "pictures, frame"
    made = [f"def {CLASSIFIER}({given}):"]
    made += [f'    """Train a model of `{plan.outputs.targets[0]}`; return what gives its features."""']
    body = ["threads = torch.get_num_threads()", f"torch.set_num_threads({plan.execution.threads})"]
    body += [f"SEED, EPOCHS, BATCH_SIZE = {plan.train.seed}, {plan.train.epochs}, {plan.train.batch_size}"]
    body += ["train_rows = np.arange(frame.height)"]
    body += [line for section in sections for line in ("", *section.lines) if not line.strip().startswith("print(")]
    body += ["model.eval()", "torch.set_num_threads(threads)"]
    seen = f"part = rows[at : at + {SEEN_AT_ONCE}]{_as_words(_words(source, inner))}"
    inputs = "torch.from_numpy(part)" if inner.kind == "pixels" else inner.inputs_of_rows
    body = [line for line in body if not line.startswith("# fmt: ")]  # they stand round all of it
    after = block(SEEN.format(at_once=SEEN_AT_ONCE, part=seen, inputs=inputs))
    made = ["# fmt: off", *made, *indented(body), *after, "# fmt: on", "", "", *_lesson(source, inner)]
    return made, tuple(line for section in sections for line in section.imports)


def _words(source: Source, inner: Source) -> list[str]:
    """Return the columns that the classifier takes as words and the GAN does not."""
    ours = {column.name for column in source.plan.inputs if column.encoding == "one_hot"}
    coded = [column.name for column in inner.plan.inputs if column.encoding in ("one_hot", "embedding")]
    return [name for name in coded if name not in ours]


def _as_words(names: Sequence[str]) -> str:
    return f".with_columns(pl.col({flat(literal(list(names)))}).cast(pl.String))" if names else ""


def _lesson(source: Source, inner: Source) -> list[str]:
    """Return the lines that give the classifier its rows."""
    target = text(source.plan.outputs.targets[0])
    made = [f"lesson = known_rows[:{MOST_ROWS}]", f"lesson = lesson[frame[{target}][lesson].is_not_null().to_numpy()]"]
    classes = inner.plan.task in ("binary", "multiclass")
    words = [*_words(source, inner), *(inner.plan.outputs.targets if classes else ())]
    made += [f"labelled = frame[lesson]{_as_words(words)}"]
    given = "labelled" if source.kind == "table" else "pictures[lesson], labelled"
    return [*made, f"classifier_features = {CLASSIFIER}({given})"]


def _require_like(source: Source, inner: Source, rows: Any) -> None:
    """Raise RunError R010 where the classifier reads a column otherwise than the GAN."""
    frame = rows.frame if isinstance(rows, Examples) else rows
    table = inner.assembly.prepared.dataset.table.frame
    ours = source.assembly.prepared.dataset.table.frame
    for column in () if isinstance(rows, Examples) else inner.plan.inputs:
        one, other = table[column.name], frame[column.name]
        if column.encoding in ("one_hot", "embedding"):
            one, other = one.cast(pl.String), other.cast(pl.String)
        if one.dtype != other.dtype or not one.equals(other, null_equal=True) or column.name not in ours.columns:
            why = f"the classifier of its scores reads the column `{column.name}` otherwise"
            raise impossible(source, why, "leave `data.target` out, and train")
