"""The section that trains: what `training/loop.py` does, with the branches that the plan takes and no others."""

from __future__ import annotations

from modelwright.evaluate.own import more_is_better
from modelwright.script import comparing, contrasting
from modelwright.script.code import Item, call, deep
from modelwright.script.losses import as_the_loss_takes_it, loss_of_batch
from modelwright.script.optimizing import closure
from modelwright.script.scoring import measure
from modelwright.script.section import Section, Source, indented

NEVER_NAN = ("accuracy", "balanced_accuracy", "hamming_loss")
"""Metrics that are a number whatever a model puts out."""


def write(source: Source) -> Section:
    """Return the section with the loop, validation after each epoch, the best weights, early stopping."""
    plan = source.plan
    validated = plan.split.rows[1] > (plan.contrast is not None)
    made = ["torch.manual_seed(SEED)  # of dropout"]
    if validated and plan.contrast is None:
        made.append(f"validation_truth = {source.truth('validation_rows')}")
    made += ["history, best, best_rank = [], None, ()"] if validated else ["history = []"]
    place = ", device=DEVICE" if source.on_device else ""
    epoch = [
        "model.train()",
        f"total = torch.zeros((), dtype=torch.float64{place})",
        f"for {batch_of(source)} in batches(epoch):",
        *indented(_step(source)),
        *_record(source, validated),
        *_end_of_epoch(source, validated),
    ]
    made += ["for epoch in range(EPOCHS):", *indented(epoch)]
    made += ["model.load_state_dict(best)"] if validated and plan.train.epochs else []
    imports = ("import math", "import torch", "from torch import nn", "from torch.utils.checkpoint import checkpoint")
    return Section(lines=made, imports=imports)


def batch_of(source: Source) -> str:
    """Return the names of what a batch holds."""
    if source.plan.contrast is not None:
        return contrasting.batch_of(source)
    if source.plan.train.accumulate > 1:
        return "batch"
    return parts_of(source)


def parts_of(source: Source) -> str:
    """Return the names of the tensors of a batch."""
    return ", ".join((*source.taken, "target", *(("weight",) if source.weighted else ())))


def _step(source: Source) -> list[str]:
    """Return the lines of one step of training."""
    plan, size = source.plan, f"len({source.taken[0]})"
    contrast = plan.contrast is not None
    clip = plan.train.clip_grad_norm
    inner = ["for parameter in parameters:", "    parameter.grad = None"]
    if contrast:
        size = "len(inputs[0])"
        inner += [*contrasting.loss_lines(source), "loss.backward()"]
    elif plan.train.accumulate == 1:
        inner += [*loss_of_batch(source), "loss.backward()"]
    else:
        size = "rows"
        inner += _in_parts(source)
    inner += [f"nn.utils.clip_grad_norm_(parameters, {clip!r})"] if clip is not None else []
    if closure(source):
        names = [name.strip("*") for name in batch_of(source).split(", ")]
        bound = ", ".join(f"{name}={name}" for name in names)
        made = ["", f"def closure({bound}):", *indented(inner), "    return loss", "", "loss = step(closure)"]
    else:
        made = [*inner, "step()"]
    schedule = source.trainer.schedule
    made += ["scheduler.step()"] if schedule is not None and schedule.unit == "step" else []
    made = [*(["rows = len(batch[0])"] if size == "rows" else []), *made]
    return [*made, f"total.add_(loss.detach(), alpha={size})"]


def _in_parts(source: Source) -> list[str]:
    """Return the lines that add up the gradients of parts of a batch."""
    first, place = source.taken[0], ", device=DEVICE" if source.on_device else ""
    most = source.plan.train.accumulate
    return [
        f"parts = zip(*(each.tensor_split(min({most}, rows)) for each in batch))",
        f"whole = torch.zeros((){place})",
        f"for {parts_of(source)} in parts:",
        *indented(loss_of_batch(source)),
        f"    loss = loss * (len({first}) / rows)",
        "    loss.backward()",
        "    whole += loss.detach()",
        "loss = whole",
    ]


def _record(source: Source, validated: bool) -> list[str]:
    """Return the lines that make the record of an epoch."""
    plan, metric = source.plan, source.plan.metric
    made = [
        f"loss = float(total) / {source.training_rows}",
        "if not math.isfinite(loss):",
        '    raise SystemExit("the loss is no longer finite: try a smaller learning rate")',
        'record = {"epoch": epoch + 1, "loss": loss, "lr": optimizer.param_groups[0]["lr"]}',
    ]
    if not validated:
        made += ['record["best"] = True', "history.append(record)"]
        return [*made, 'print(f"epoch {epoch + 1}  loss {loss:.4f}")']
    sign = "" if more_is_better(plan) else "-"
    rank = f"{sign}value" if metric in NEVER_NAN else f"-math.inf if math.isnan(value) else {sign}value"
    return [
        *made,
        *(comparing.validated_lines(source) if plan.contrast is not None else _validated(source)),
        f'record["validation_{metric}"] = value',
        f'rank = ({rank}, -record["validation_loss"])',
        'record["best"] = rank > best_rank',
        "history.append(record)",
        'if record["best"]:',
        "    best_rank" + (", best_epoch = rank, epoch" if _stops(source) else " = rank"),
        "    best = {k: v.detach().clone() for k, v in model.state_dict().items()}",
        f'print(f"epoch {{epoch + 1}}  loss {{loss:.4f}}  validation {metric} {{value:.4f}}")',
    ]


def _validated(source: Source) -> list[str]:
    """Return the lines that leave the `value` of the metric, and the loss of the validation rows in `record`."""
    target = as_the_loss_takes_it(source).replace("target", "validation_target")
    weight = ["weight_of(frame[validation_rows])"] if source.plan.data.weight is not None else []
    scored: list[Item] = ["answers(raw)", "validation_truth", *weight]
    return [
        "raw = outputs(validation_inputs)",
        *deep(call(measure(source), scored), "value = "),
        f'record["validation_loss"] = criterion(raw, {target}).item()',
    ]


def _stops(source: Source) -> bool:
    return source.plan.train.patience is not None and source.plan.split.rows[1] > 0


def _end_of_epoch(source: Source, validated: bool) -> list[str]:
    schedule, made = source.trainer.schedule, list[str]()
    if schedule is not None and schedule.unit != "step":
        metric = ('record["validation_loss"]' if validated else "loss") if schedule.unit == "metric" else ""
        made.append(f"scheduler.step({metric})")
    if _stops(source):
        made += [f"if epoch - best_epoch >= {source.plan.train.patience}:"]
        made += ["    break  # no better validation score for so long"]
    return made
