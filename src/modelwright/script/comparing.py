"""The batches of a contrastive run, with their views, and its scores: how near partners are."""

from __future__ import annotations

from modelwright.run.contrast import MOST_JUDGED
from modelwright.run.contrast_score import MOST_SCORED
from modelwright.script import batching
from modelwright.script.augmenting import view_lines
from modelwright.script.chance import uniform_lines
from modelwright.script.code import block, call, deep, literal
from modelwright.script.contrasting import contrast_of, separate, takes_of, temperature
from modelwright.script.nearness import metric_lines
from modelwright.script.scoring import kept_lines, outputs_lines, told
from modelwright.script.section import Section, Source
from modelwright.training.augment.views import APART, CORRUPT, LOOK, THIN, Corrupted, Thinned, Views

VIEWS = '''
def views(epoch, rows, *inputs):
    """Return two views of some rows, a function of (seed, epoch, row)."""
    return {first}, {second}
'''
CORRUPTED = '''
def views(epoch, rows, *inputs):
    """Return rows as they are, and with some columns of other rows (SCARF, Bahri et al. 2022)."""
    u = uniform(epoch, rows, {stream}, {twice})
    taken, source = u[:, :{count}] < {share}, (u[:, {count}:] * len(train_rows)).long()
    changed = []
    for values, known, of in zip(inputs, tensors, COLUMN_OF):
        others = known[source[:, of], torch.arange(len(of))]
        changed.append(torch.where(taken[:, of], others, values))
    return *inputs, *changed
'''
THINNED = '''
def view(tokens, epoch, rows, stream):
    """Leave out some tokens of each text, one stays (word deletion, Wu et al. 2020)."""
    u = uniform(epoch, rows, stream, tokens.shape[1])
    u = u.masked_fill(tokens == 0, -1.0)
    kept = (u >= {share}) | (u == u.amax(1, keepdim=True))
    order = (~kept).to(torch.uint8).argsort(dim=1, stable=True)
    return torch.where(kept, tokens, 0).gather(1, order)  # what is left moves up
'''
LOOKED = '''
def compared_rows(rows):
    """Return what evaluation compares of some rows, the same views each time."""
    inputs = inputs_of(rows)
{views}{groups}
'''
LOSS_OF = '''
def loss_of(z{labels}):
    """Return the loss of many rows, in batches as in training."""
    parts = {cut}
    with torch.no_grad():
        temperature = {temperature}
        losses = [criterion({given}, temperature) for part in parts{more}]
    return torch.stack(losses).mean().item()
'''


def write_batches(source: Source) -> Section:
    """Return the section that leaves `tensors`, `compared_rows(rows)`, `batches(epoch)` and the validation rows."""
    labels = ", torch.from_numpy(labels_of(train_rows))" if _labelled(source) else ""
    made = _labels_of(source)
    made += [f"tensors = (*inputs_of(train_rows){labels})" if labels else "tensors = inputs_of(train_rows)"]
    made += _views(source)
    made += ["", "", *_looked_at(source), "", "", *batching.batches_lines(source, _changed(source))]
    validated = source.plan.split.rows[1] > 1
    if validated:
        made += ["", "", *_some("judged", "validation", source.plan.split.rows[1], MOST_JUDGED)]
        made += ["validation_inputs = compared_rows(judged_rows)"]
    return Section(lines=made, imports=("import numpy as np", "import torch", "from torch import Tensor"))


def _labelled(source: Source) -> bool:
    return contrast_of(source).positives == "labels"


def _labels_of(source: Source) -> list[str]:
    if not _labelled(source):
        return []
    return [
        "def labels_of(rows):",
        '    """Return a number for the label of each row, int64 [N]."""',
        "    return number_of_label[rows].to_numpy().astype(np.int64)",
        "",
        "",
    ]


def _some(name: str, part: str, rows: int, most: int) -> list[str]:
    """Return the lines that leave the rows of a part, some of them drawn at random where all are too many."""
    if rows <= most:
        return [f"{name}_rows = {part}_rows"]
    return [
        f"# {most:,} of them: similarities grow with the square of the rows",
        f"drawn = np.random.default_rng(SEED).choice({rows}, {most}, replace=False)",
        f"{name}_rows = {part}_rows[np.sort(drawn)]",
    ]


def _views(source: Source) -> list[str]:
    transform = source.batches.transform
    if not isinstance(transform, Views):
        return []
    if isinstance(transform.second, Corrupted):
        columns = [each.tolist() for each in transform.second.columns]
        count = 1 + max(max(each) for each in columns if each)
        made = ["", "", *uniform_lines(source), "", ""]
        made += deep(literal(columns), "COLUMN_OF = ", depth=0)
        given = {"stream": CORRUPT, "twice": 2 * count, "count": count, "share": transform.second.share}
        return [
            *made,
            "COLUMN_OF = [torch.tensor(each) for each in COLUMN_OF]",
            "",
            "",
            *block(CORRUPTED.format(**given)),
        ]
    first = 0
    if isinstance(transform.second, Thinned):
        first, thinned = THIN, block(THINNED.format(share=transform.second.share))
        made = [*uniform_lines(source), "", "", *thinned]
    else:
        made = view_lines(source)
    calls = [f"view(inputs[0], epoch, rows, {first + stream})" for stream in (0, APART)]
    return ["", "", *made, "", "", *block(VIEWS.format(first=calls[0], second=calls[1]))]


def _looked_at(source: Source) -> list[str]:
    contrast, takes = contrast_of(source), takes_of(source)
    if len(takes) > 1:
        return ["compared_rows = inputs_of  # evaluation compares the rows as they are"]
    one = takes[0]
    views = ""
    if contrast.views > 1 and not _labelled(source):
        views = f"    inputs = views({LOOK}, torch.from_numpy(rows), *inputs)\n"
    groups = ["    return (torch.cat(inputs),)"]
    if one > 1:
        groups = [f"    parts = [inputs[at : at + {one}] for at in range(0, len(inputs), {one})]"]
        groups += ["    return tuple(torch.cat(each) for each in zip(*parts))"]
    return block(LOOKED.format(views=views, groups="\n".join(groups)))


def _changed(source: Source) -> str:
    """Return what a batch yields; nothing where gathered rows are it already."""
    if contrast_of(source).views < 2:
        return ""
    return "*views(epoch, rows, *inputs), labels" if _labelled(source) else "views(epoch, rows, *inputs)"


def write_scores(source: Source) -> Section:
    """Return the section that leaves `outputs`, the metric that leads, and the loss of many rows."""
    made = [*outputs_lines(), "", "", *_apart(source), "", "", *metric_lines(source)]
    if source.plan.split.rows[1] > 1:
        labelled = _labelled(source)
        parts = "z.split(BATCH_SIZE, dim=1)"
        longer = f"[one for one in {parts} if len(one[0]) > 1]"
        given = {
            "labels": ", labels" if labelled else "",
            "cut": f"zip({parts}, labels.split(BATCH_SIZE))" if labelled else longer,
            "given": "*part" if labelled else "part, None",
            "temperature": temperature(source),
            "more": " if len(part[1]) > 1" if labelled else "",
        }
        made += ["", "", *block(LOSS_OF.format(**given))]
    return Section(lines=made, imports=("import numpy as np", "import torch"))


def _apart(source: Source) -> list[str]:
    """Return the function that takes the views or sides of rows apart."""
    contrast = contrast_of(source)
    made = ["def apart(raw):", '    """Return outputs as [V, N, D]: of each view or side of N rows."""']
    if contrast.towers > 1:
        return [*made, "    return torch.stack(raw.chunk(2, dim=1))"]
    compared = 1 if _labelled(source) else contrast.compared
    return [*made, f"    return raw.unflatten(0, ({compared}, -1))"]


def validated_lines(source: Source) -> list[str]:
    """Return the lines that leave `raw`, `value` and the loss of the validation rows in `record`."""
    labelled, width = _labelled(source), contrast_of(source).embedding * contrast_of(source).towers
    embeddings, heads = (f"raw[:, :{width}]", f"raw[:, {width}:]") if separate(source) else ("raw", "raw")
    more = ", labels_of(judged_rows)" if labelled else ""
    of_loss = ["torch.from_numpy(labels_of(judged_rows))"] if labelled else []
    return [
        "raw = outputs(validation_inputs)",
        f"value = {source.plan.metric}(apart({embeddings}).numpy(){more})",
        *deep(call("loss_of", [f"apart({heads})", *of_loss]), 'record["validation_loss"] = '),
    ]


def write_end(source: Source) -> Section:
    """Return the section that scores rows that were used for nothing else, and saves what was learned."""
    plan, width = source.plan, contrast_of(source).embedding * contrast_of(source).towers
    counts: dict[str, int] = dict(
        zip(("test", "validation", "train"), (plan.split.rows[at] for at in (2, 1, 0)), strict=True)
    )
    name = next(name for name, rows in counts.items() if rows > 1)
    made = _some("scored", name, counts[name], MOST_SCORED)
    more = ", labels_of(scored_rows)" if _labelled(source) else ""
    made += [
        f"found = outputs(compared_rows(scored_rows))[:, :{width}]",
        f"score = {plan.metric}(apart(found).numpy(){more})",
        *told(f'f"{plan.metric} {{score:.6g}} on {{len(scored_rows)}} {name} rows"'),
        "kept = {name: value.cpu().numpy() for name, value in model.state_dict().items()}",
        *kept_lines(source),
    ]
    return Section(lines=made, imports=("import json", "import numpy as np", "from pathlib import Path"))
