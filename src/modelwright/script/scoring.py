"""The sections that turn raw outputs into answers, score them, and save what was learned."""

from __future__ import annotations

from modelwright.data.arrays import number_columns
from modelwright.diagnostic import Place
from modelwright.evaluate.own import SCORES
from modelwright.script.code import block, call, lines
from modelwright.script.metrics import metric_source
from modelwright.script.own import calls_of, made_by
from modelwright.script.scaling import has_lines, scaler_of
from modelwright.script.section import Section, Source
from modelwright.spec.call import parse
from modelwright.spec.choices import METRIC
from modelwright.spec.own import is_own, signature, split_name
from modelwright.training.infer import EVALUATION_ROWS

DECIDED = {
    "binary": "(outputs > 0.5).astype(np.int64)",
    "multiclass": "outputs.argmax(1)",
    "multilabel": "(outputs > 0.5).astype(np.int64)",
}
OWN_METRIC = METRIC.key
LINKS = {
    "BCEWithLogitsLoss": "torch.sigmoid(raw)",
    "MultiLabelSoftMarginLoss": "torch.sigmoid(raw)",
    "SoftMarginLoss": "torch.sigmoid(raw)",
    "CrossEntropyLoss": "torch.softmax(raw, dim=1)",
    "MultiMarginLoss": "torch.softmax(raw, dim=1)",
    "NLLLoss": "torch.exp(raw)",
}


def write_answers(source: Source) -> Section:
    """Return the section that leaves `outputs`, `answers` and the metric that leads."""
    plan = source.plan
    made = [*outputs_lines(), "", "", *_answers(source)]
    if OWN_METRIC in calls_of(source):
        metric = _own_metric(source)
    else:
        metric = metric_source(plan.metric, plan.task, weighted=plan.data.weight is not None)
    imports = ("import numpy as np", "import torch", "from functools import partial")
    return Section(lines=[*made, "", "", *block(metric)], imports=imports)


def outputs_lines() -> list[str]:
    """Return the function that asks the model for many rows."""
    return [
        "def outputs(inputs):",
        '    """Return the raw outputs of the model for many rows."""',
        "    model.eval()",
        f"    parts = zip(*(tensor.split({EVALUATION_ROWS}) for tensor in inputs), strict=True)",
        "    with torch.inference_mode():",
        "        return torch.cat([model(*part).float() for part in parts])",
    ]


def measure(source: Source) -> str:
    """Return what the function of the metric that leads is called in the script."""
    return "own_metric" if OWN_METRIC in calls_of(source) else source.plan.metric


def _own_metric(source: Source) -> list[str]:
    """Return the function that asks a metric of the user's own as `evaluate.own` does."""
    plan, one = source.plan, calls_of(source)[OWN_METRIC]
    known = signature(one, source.request.base, source.request.description.own, OWN_METRIC, Place())
    second = [parameter.name for parameter in known.parameters][1:2]
    scores = bool(second and second[0] in SCORES) or split_name(one.name)[1] == "log_loss"
    numbers = plan.task in ("regression", "forecasting")
    said = "outputs" if numbers else "outputs.astype(np.float64)" if scores else DECIDED[plan.task]
    truth = "target" if numbers else "target.astype(np.int64)"
    truth = truth if numbers or plan.task == "multilabel" else "target.reshape(-1).astype(np.int64)"
    if numbers and plan.outputs.width == 1:
        said, truth = "outputs[:, 0]", "target.reshape(-1)"
    truth += ".astype(np.float64)" if numbers else ""
    asked = lines(made_by(source, OWN_METRIC), "score = ", depth=1)
    weighted = plan.data.weight is not None
    return [
        f"def own_metric(outputs, target{', weight' if weighted else ''}):",
        f'    """Ask the metric `{plan.metric}` as scikit-learn\'s are asked: y_true, y_pred."""',
        *asked,
        f"    truth, answer = {truth}, {said}",
        *(_weights_asked() if weighted else ()),
        "    try:",
        "        return float(score(truth, answer))",
        "    except (ValueError, ZeroDivisionError, FloatingPointError):",
        '        return float("nan")  # it has no value on these rows',
    ]


def _weights_asked() -> list[str]:
    return [
        "    whole = weight.astype(np.int64)",
        "    if np.array_equal(whole, weight):  # a row of weight 2 is two rows",
        "        rows = np.repeat(np.arange(len(whole)), whole)",
        "        truth, answer = truth[rows], answer[rows]",
        "    else:",
        "        kept = weight > 0",
        "        truth, answer = truth[kept], answer[kept]",
        "        score = partial(score, sample_weight=weight[kept])",
    ]


def _answers(source: Source) -> list[str]:
    plan = source.plan
    name = parse(plan.loss).name
    value = LINKS.get(_like(source) if is_own(name) else name, "raw")
    match plan.task:
        case "binary":
            said, line = "the probability of the second class, [N]", f"{value}.clamp(0, 1)[:, 0].cpu().numpy()"
            if plan.outputs.width == 2:
                line = f"{value}.clamp(0, 1)[:, 1].cpu().numpy()"
        case "multiclass" | "multilabel":
            said, line = f"probabilities [N, {plan.outputs.width}]", f"{value}.cpu().numpy()"
        case _:
            said, line = (
                f"numbers in the units of the target, [N, {plan.outputs.width}]",
                "raw.double().cpu().numpy() * SCALE + MEAN",
            )
            if plan.forecast is not None and plan.forecast.units == "scaled":
                said, line = "scaled numbers", "((raw.double().cpu().numpy() * SCALE + MEAN) - MEAN) / SCALE"
    return ["def answers(raw):", f'    """Return {said}."""', f"    return {line}"]


def _like(source: Source) -> str:
    """Return the loss whose outputs are read as those of a loss of the user's own."""
    plan = source.plan
    if plan.task == "multilabel" or (plan.task == "binary" and plan.outputs.width == 1):
        return "BCEWithLogitsLoss"
    return "MSELoss" if plan.task in ("regression", "forecasting") else "CrossEntropyLoss"


def write_end(source: Source) -> Section:
    """Return the section that scores the test rows, once, and saves weights and metrics."""
    plan = source.plan
    name = next(
        name
        for name, rows in zip(("test", "validation", "train"), (plan.split.rows[2], plan.split.rows[1], 1), strict=True)
        if rows
    )
    rows, what = (f"{name}_starts", "windows") if source.kind == "windows" else (f"{name}_rows", "rows")
    weight = f", weight_of(frame[{name}_rows])" if plan.data.weight is not None else ""
    made = [
        f"found = answers(outputs(tensors_of({rows})[:-1]))",
        f"score = {measure(source)}(found, {source.truth(f'{name}_rows')}{weight})",
        *told(f'f"{plan.metric} {{score:.6g}} on {{len({rows})}} {name} {what}"'),
        "kept = {name: value.cpu().numpy() for name, value in model.state_dict().items()}",
        *kept_lines(source),
    ]
    imports = ("import json", "import numpy as np", "from pathlib import Path")
    return Section(lines=made, imports=imports)


def told(text: str) -> list[str]:
    """Return the line that prints the score, with all that was printed before it: the script ends abruptly."""
    return lines(call("print", (text,), {"flush": "True"}))


def kept_lines(source: Source) -> list[str]:
    """Return the lines that save the arrays in `kept`, what was fitted, and the records of the epochs."""
    return [
        *_kept(source),
        'np.savez(Path(__file__).with_suffix(".npz"), **kept)',
        'metrics = "".join(json.dumps(record) + "\\n" for record in history)',
        'Path(__file__).with_suffix(".metrics.jsonl").write_text(metrics)',
    ]


def _kept(source: Source) -> list[str]:
    """Return lines that keep what belongs to the model beside its weights: what was fitted."""
    inputs = source.plan.inputs
    made: list[str] = []
    if source.kind == "tokens":
        return ['Path(__file__).with_suffix(".tokenizer.json").write_text(tokenizer.to_str())']
    if source.kind in ("steps", "windows"):
        scaled = scaler_of(source) is not None and has_lines(source)
        return ['kept |= {"centre": centre, "scale": scale, "bias": bias}'] if scaled else []
    if number_columns(inputs) and has_lines(source):
        made += ['kept |= {"centre": centre, "scale": scale, "bias": bias, "fill": fill}']
    elif number_columns(inputs):
        made += ['kept |= {"fill": fill, **quantiles.state_dict()}']
    if any(column.encoding in ("one_hot", "embedding") for column in inputs):
        made += ['kept["categories"] = json.dumps(categories)']
    return made
