"""The application, and the options that several verbs have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="Values that replace those of the description: train.epochs=5"),
]
Source = Annotated[str, typer.Argument(metavar="SOURCE", help="A description (.yaml) or a data file.")]
Target = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Column to predict (several: a,b). Left out: the last one.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
ModelPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder or a model.safetensors.")]
RowsFile = Annotated[
    str, typer.Option("-o", "--output", metavar="FILE", help="csv, tsv, parquet, arrow or jsonl; - is standard output.")
]
OwnClass = Annotated[
    str | None, typer.Option("--model", metavar="FILE.py:CLASS", help="Your own class, where the run trained one.")
]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, for example runs/adult-1.")]
NoReport = Annotated[bool, typer.Option("--no-report", help="Write no report.html: a little faster.")]
NoDryRun = Annotated[
    bool, typer.Option("--no-dry-run", help="Leave out the few batches through the model before training.")
]
Watch = Annotated[bool, typer.Option("--watch", help="Serve the growing report on this machine while it trains.")]
Board = Annotated[bool, typer.Option("--tensorboard", help="Write TensorBoard event files to the run folder too.")]
Sarif = Annotated[bool, typer.Option("--sarif", help="Print SARIF, for editors and continuous integration.")]
Fix = Annotated[bool, typer.Option("--fix", help="Show what has one safe correction, and write it if wanted.")]
Yes = Annotated[bool, typer.Option("--yes", help="With --fix: write without asking.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print one line: the score.")]


def examples(*lines: str) -> str:
    """Return the end of a help page; \b keeps the lines as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help="Describe a model in PyTorch's own words: it is checked, trained fast, explained, and kept as one safe file.",
    epilog=examples(
        "modelwright train penguins.csv --target species      no description is needed to begin",
        "modelwright init penguins.csv --target species       writes one, with the reason of each line",
        "modelwright predict runs/penguins-1 new.csv -o answers.csv",
        "modelwright VERB --help                              more about a verb",
    ),
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"modelwright {version('modelwright')}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Read the options that stand before a verb."""
