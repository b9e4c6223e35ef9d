"""Write docs/descriptions.md: every key of a description and every name of the closed set, from schema and signatures.

python scripts/make_schema_docs.py            # writes the file
python scripts/make_schema_docs.py --check    # exit 1 if the file is not what the code says
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modelwright.spec import keys, words
from modelwright.spec.choices import CHOICES, LISTS
from modelwright.spec.schema import Spec
from modelwright.spec.signatures import Role, load, names, usage
from modelwright.spec.write import text

TARGET = Path(__file__).parents[1] / "docs/descriptions.md"
HEAD = """# Descriptions

<!-- Written by scripts/make_schema_docs.py from the schema and the signatures. -->

A description is a YAML file (YAML 1.2: booleans are `true` and `false`). Only what differs from the defaults has to be
said. `auto` means that modelwright chooses and says why; `none` switches a thing off.

```yaml
data:
  path: adult.csv
  target: income
split:
  test_size: 0.2
  stratify: true
scale: StandardScaler
model: mlp(hidden=[128, 128])
optimizer: AdamW(lr=0.001)
train:
  epochs: 20
  batch_size: 256
```

Any key can be overridden on the command line, by its dotted name, and is checked like the file:
`modelwright train adult.yaml train.epochs=5 'optimizer=SGD(lr=0.1, momentum=0.9)'`. For editors, `modelwright schema`
prints the JSON Schema.

## Calls

Where something is chosen by name, the text is a call in PyTorch's or scikit-learn's own words: `Name` or
`Name(arguments)`. It is parsed, never evaluated. Arguments are numbers, text in quotes, `True`, `False`, `None`, lists,
arithmetic on numbers (`32 * 8 * 8`), or calls again (`Residual(Linear(..., 64), ReLU)`). `...` stands for a size that
follows from the data. Lines pasted from PyTorch code work as they stand: `nn.Conv2d(3, 16, kernel_size=3)`,
`torch.optim.Adam(model.parameters(), lr=1e-3)`. Inside `{…}`, put a call that holds brackets in quotes.
"""
TITLES: tuple[tuple[Role, str, str], ...] = (
    ("recipe", "Recipes", "`model:` as one call."),
    ("layer", "Layers", "`model:` as a list, one layer an item; names and arguments are those of `torch.nn`."),
    ("loss", "Losses", "`loss:`, of `torch.nn`."),
    ("optimizer", "Optimizers", "`optimizer:`, of `torch.optim`; the parameters are given by modelwright."),
    ("scheduler", "Schedulers", "`scheduler:`, of `torch.optim.lr_scheduler`; the optimizer is given by modelwright."),
    (
        "transform",
        "Transforms of pictures",
        "`transform:`, of `torchvision.transforms`, one or a list. They are part of the model, which takes pictures as"
        " they are. `Normalize` without numbers takes those of the training pictures.",
    ),
    (
        "augment",
        "Random transforms of pictures",
        "`augment:`, of `torchvision.transforms`, one or a list, in training only. What they draw is a function of"
        " seed, epoch and row.",
    ),
    ("scaler", "Scalers", "`scale:`, of `sklearn.preprocessing`; fitted on the training rows."),
    ("encoder", "Encoders", "`encode: {category: …}`."),
    ("tokenizer", "Tokenizers", "`encode: {text: …}`, of the `tokenizers` library; learned from the training rows."),
    ("imputer", "Imputers", "`encode: {missing: …}`, of `sklearn.impute`; fitted on the training rows."),
)


def render() -> str:
    """Return the page."""
    lines = [HEAD, "## Keys", ""]
    lines += _table([(name, field) for name, field in Spec.model_fields.items() if name not in keys.sections()], "")
    for section, model in keys.sections().items():
        lines += ["", f"### `{section}`", "", f"{Spec.model_fields[section].description}", ""]
        lines += _table(list(model.model_fields.items()), section)
    lines += ["", "## Names", "", f"Generated from torch {load()['torch']}.", ""]
    for role, title, where in TITLES:
        lines += [f"### {title}", "", where, "", *(f"- `{usage(role, name)}`" for name in names(role)), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(fields: list[tuple[str, Any]], section: str) -> Iterator[str]:
    yield "| key | what may stand | default | meaning |"
    yield "|---|---|---|---|"
    calls = {choice.key: choice for choice in CHOICES}
    for name, field in fields:
        key = f"{section}.{name}" if section else name
        path: list[str | int] = [*key.split(".")]
        choice = calls.get(key)
        kind = " or ".join(["a call", *choice.words]) if choice else words.expected(path)
        if key in LISTS:
            kind = " or ".join(["a call", "a list of calls", *(choice.words if choice else ())])
        if key == "model":
            kind = "a recipe, a list of layers, or auto"
        default = "" if field.default in ("", None) else f"`{text(field.default)}`"
        description = str(field.description).replace("|", "\\|")
        yield f"| `{key}` | {kind.replace('|', chr(92) + '|')} | {default} | {description} |"


def main() -> int:
    """Write the page, or compare it."""
    page = render()
    if "--check" in sys.argv[1:]:
        return 0 if TARGET.exists() and TARGET.read_text(encoding="utf-8") == page else 1
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
