"""The section with the training loop, whose source is that of modelwright itself, and the epochs round it."""

from __future__ import annotations

import inspect
import re

from modelwright.evaluate.metrics import METRICS
from modelwright.script.code import Item, block, call, lines
from modelwright.script.losses import as_the_loss_takes_it
from modelwright.script.optimizing import closure
from modelwright.script.section import Section, Source
from modelwright.training import loop


def loop_source() -> tuple[tuple[str, ...], str]:
    """Return the imports of `training/loop.py`, and the rest of it as it stands."""
    found = inspect.getsource(loop).splitlines()
    start = next(k for k, line in enumerate(found) if line.startswith(("def ", "@", "class ")))
    imports = [line for line in found[:start] if line.startswith(("import ", "from "))]
    return tuple(line for line in imports if "__future__" not in line), "\n".join(found[start:])


def write_loop(source: Source) -> Section:
    """Return the section with the loop."""
    del source
    imports, text = loop_source()
    return Section(lines=block(_short(text)), imports=imports)


def _short(text: str) -> str:
    """Leave the first sentence of each docstring, shortened to a line of the script."""
    return re.sub(r'("""[^"]*?[.;:])(?=\s)[^"]*"""', lambda found: found[1].rstrip(".;:") + '."""', text)


def write_epochs(source: Source) -> Section:
    """Return the section that trains: the loop, validation after each epoch, the best weights, early stopping."""
    plan = source.plan
    validated = plan.split.rows[1] > 0
    schedule = source.assembly.trainer.schedule
    per_step = schedule is not None and schedule.unit == "step"
    made = ["torch.manual_seed(SEED)  # of dropout", "history, best, best_rank = [], None, ()"]
    made += lines(_start(source), "position = ") if source.on_device else ["position = Position(every=len(batches))"]
    named: dict[str, Item] = {"epochs": "EPOCHS", "step": "step"}
    named |= {"closure": "True"} if closure(source) else {}
    named |= {"schedule": "scheduler.step"} if per_step else {}
    named |= {"clip_grad_norm": repr(plan.train.clip_grad_norm)} if plan.train.clip_grad_norm is not None else {}
    named |= {"accumulate": repr(plan.train.accumulate)} if plan.train.accumulate != 1 else {}
    named["position"] = "position"
    made += lines(call("train", ["model", "objective", "batches"], named), "for reached in ", ":")
    made += [f"    {line}" for line in _epoch(source, validated)]
    if schedule is not None and not per_step:
        metric = ('record["validation_loss"]' if validated else "loss") if schedule.unit == "metric" else ""
        made.append(f"    scheduler.step({metric})")
    if plan.train.patience is not None and validated:
        made += [
            f"    if len(history) - best_epoch >= {plan.train.patience}:",
            "        break  # no better validation score for so long",
        ]
    made += ["if best is not None:", "    model.load_state_dict(best)"] if validated else []
    return Section(lines=made, imports=("import math", "import torch"))


def _start(source: Source) -> Item:
    del source
    loss = "torch.zeros((), dtype=torch.float64, device=DEVICE)"
    return call("Position", (), {"every": "len(batches)", "loss": loss})


def _epoch(source: Source, validated: bool) -> list[str]:
    metric = source.plan.metric
    made = [
        "loss = float(reached.loss) / reached.rows",
        "if not math.isfinite(loss):",
        '    raise SystemExit("the loss is no longer finite: try a smaller learning rate")',
        'rate = float(optimizer.param_groups[0]["lr"])',
        'record = {"epoch": reached.epoch + 1, "loss": loss, "lr": rate}',
    ]
    if not validated:
        return [
            *made,
            'record["best"] = True',
            "history.append(record)",
            "print(f\"epoch {record['epoch']}  loss {loss:.4f}\")",
        ]
    value = (
        "-math.inf if math.isnan(value) else value"
        if METRICS[metric].higher_is_better
        else "-math.inf if math.isnan(value) else -value"
    )
    target = as_the_loss_takes_it(source).replace("target", "validation_target")
    weight = ", weight_of(part)" if source.plan.data.weight is not None else ""
    return [
        *made,
        "raw = outputs(validation_inputs)",
        "part = frame[validation_rows]",
        f"value = {metric}(answers(raw), target_of(part){weight})",
        f'record["validation_loss"] = criterion(raw, {target}).item()',
        f'record["validation_{metric}"] = value',
        f'rank = ({value}, -record["validation_loss"])',
        'record["best"] = not history or rank > best_rank',
        "history.append(record)",
        'if record["best"]:',
        '    best_rank, best_epoch = rank, record["epoch"]',
        "    best = {k: v.detach().clone() for k, v in model.state_dict().items()}",
        f'print(f"epoch {{len(history)}}  loss {{loss:.4f}}  validation {metric} {{value:.4f}}")',
    ]
