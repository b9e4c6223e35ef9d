"""The verbs of the command line. No logic: each verb reads its words and hands them to its module in `verbs/`."""

from __future__ import annotations

import time
from collections.abc import Sequence
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
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, for example runs/adult-1.")]
NoReport = Annotated[bool, typer.Option("--no-report", help="Write no report.html: a little faster.")]
NoDryRun = Annotated[
    bool, typer.Option("--no-dry-run", help="Leave out the few batches through the model before training.")
]
Watch = Annotated[bool, typer.Option("--watch", help="Serve the growing report on this machine while it trains.")]
Board = Annotated[bool, typer.Option("--tensorboard", help="Write TensorBoard event files to the run folder too.")]
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


@app.command(
    short_help="Write a description of a data file, each line with its reason.",
    epilog=examples("modelwright init adult.csv", "modelwright init penguins.csv --target species -o birds.yaml"),
)
def init(
    data: Annotated[str, typer.Argument(metavar="DATA", help="A data file.")],
    target: Target = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="The description; left out: DATA's name.yaml.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a description that is there.")] = False,
) -> None:
    """Write a description of a data file: what was inferred and chosen, each line with its reason as a comment."""
    from modelwright.verbs.init import init

    init(data, target, output, force)


@app.command(
    short_help="Tell all problems of a description and its data at once.",
    epilog=examples("modelwright check adult.yaml", "modelwright check adult.yaml train.epochs=5 --json"),
)
def check(
    source: Source,
    overrides: Overrides = None,
    target: Target = None,
    no_dry_run: NoDryRun = False,
    as_json: AsJson = False,
) -> None:
    """Tell all problems of a description, its data and its model at once, and what was checked. Nothing is trained."""
    from modelwright.verbs.check import check

    raise typer.Exit(check(source, overrides or [], target, as_json, dry_run=not no_dry_run))


@app.command(
    short_help="Show the plan with its reasons, and the layers of the model.",
    epilog=examples("modelwright show adult.yaml", "modelwright show adult.csv 'model=mlp(hidden=[64])'"),
)
def show(source: Source, overrides: Overrides = None, target: Target = None, as_json: AsJson = False) -> None:
    """Show the plan with its reasons, how columns become numbers, and each layer with shapes, weights and cost."""
    from modelwright.verbs.show import show

    show(source, overrides or [], target, as_json)


@app.command(
    short_help="Check, train, score and save a model.",
    epilog=examples(
        "modelwright train penguins.csv --target species",
        "modelwright train adult.yaml train.epochs=5 'optimizer=SGD(lr=0.1, momentum=0.9)'",
        "modelwright train adult.yaml split.folds=5 --json",
    ),
)
def train(
    context: typer.Context,
    source: Source,
    overrides: Overrides = None,
    target: Target = None,
    runs: Annotated[Path, typer.Option(metavar="FOLDER", help="Where run folders are made.")] = Path("runs"),
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the run folder; left out: that of SOURCE.")
    ] = None,
    no_dry_run: NoDryRun = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    no_report: NoReport = False,
    watch: Watch = False,
    tensorboard: Board = False,
) -> None:
    """Check, train, score and save a model. Ctrl-C saves; `modelwright resume` goes on from there."""
    from modelwright.verbs.train import Telling, train

    telling = Telling(context.obj, quiet, as_json, not no_report, watch, tensorboard, not no_dry_run)
    raise typer.Exit(train(source, overrides or [], target, runs, name, telling))


@app.command(
    short_help="Go on with a run that was stopped or killed.", epilog=examples("modelwright resume runs/adult-1")
)
def resume(
    context: typer.Context,
    run: RunPath,
    quiet: Quiet = False,
    as_json: AsJson = False,
    no_report: NoReport = False,
    watch: Watch = False,
    tensorboard: Board = False,
) -> None:
    """Go on with a run that was stopped or killed; it ends as if it never had been, bit for bit."""
    from modelwright.verbs.train import Telling, resume

    telling = Telling(context.obj, quiet, as_json, not no_report, watch, tensorboard)
    raise typer.Exit(resume(run, telling))


@app.command(
    short_help="Answer new rows with a trained model.",
    epilog=examples(
        "modelwright predict runs/adult-1 new.csv -o answers.csv",
        "cat new.csv | modelwright predict runs/adult-1/model.safetensors -",
        "modelwright predict runs/airline-1 airline.csv           # what comes after the last row",
    ),
)
def predict(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder or a model.safetensors.")],
    rows: Annotated[str, typer.Argument(metavar="ROWS", help="A file of new rows; - reads standard input.")],
    output: Annotated[
        str,
        typer.Option("-o", "--output", metavar="FILE", help="csv, tsv, parquet, arrow or jsonl; - is standard output."),
    ] = "-",
    own: Annotated[
        str | None, typer.Option("--model", metavar="FILE.py:CLASS", help="Your own class, where the run trained one.")
    ] = None,
    rolled: Annotated[
        bool, typer.Option("--rolled", help="Forecast after every horizon rows of a series, not after its end alone.")
    ] = False,
) -> None:
    """Answer new rows with a trained model; columns are found by name. A forecast goes on from the end."""
    from modelwright.verbs.predict import predict

    predict(run, rows, output, own, rolled)


@app.command(
    short_help="Put runs side by side: scores, and what differs in their plans.",
    epilog=examples("modelwright compare runs/*", "modelwright compare runs/adult-1 runs/adult-2 --html both.html"),
)
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Run folders, for example runs/*.")],
    as_json: AsJson = False,
    page: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write them as a page too.")] = None,
) -> None:
    """Put runs side by side: scores with intervals, and what differs in their plans."""
    from modelwright.verbs.compare import compare

    compare(runs, as_json, page)


@app.command(
    short_help="Make the report of a finished run again; open it.",
    epilog=examples("modelwright report runs/adult-1 --open", "modelwright report runs/adult-1 --figures"),
)
def report(
    run: RunPath,
    show: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    figures: Annotated[
        bool, typer.Option("--figures", help="Write each figure to RUN/report/figures as PNG; needs Chromium.")
    ] = False,
) -> None:
    """Make report.html and report.json of a finished run again, from its folder and its data."""
    from modelwright.verbs.report import report

    report(run, show=show, figures=figures)


@app.command(
    short_help="Explain the code of a finding; without a code, list all.",
    epilog=examples("modelwright explain L205", "modelwright explain"),
)
def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="The code of a finding, for example L205; left out: all.")
    ] = None,
) -> None:
    """Explain a finding: what it means, why it matters, an example and the fix. Without a code, list all codes."""
    from modelwright.checks.explain import explain, overview

    print(overview() if code is None else explain(code).rstrip())


@app.command(
    short_help="Print the JSON Schema of descriptions, for editors.",
    epilog=examples("modelwright schema > modelwright.schema.json"),
)
def schema() -> None:
    """Print the JSON Schema of descriptions; editors complete and check with it."""
    from modelwright.verbs.schema import schema

    schema()


def run(words: Sequence[str], started: float | None = None) -> int:
    """Run one command; return its exit code: 0 done, 1 problems found or failed, 2 wrong usage.

    `started` is the `time.perf_counter` at which the command began, for the seconds that are told; left out: now.
    """
    from modelwright.errors import ModelwrightError

    try:
        app(list(words), prog_name="modelwright", obj=time.perf_counter() if started is None else started)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except ModelwrightError as error:
        from modelwright.verbs.errors import show_error

        show_error(error, as_json="--json" in words)
        return 1
    except BrokenPipeError:  # the reader of our output has gone: nothing is left to say
        return 1
    except OSError as error:
        from modelwright.verbs.errors import refused_by_system, show_error

        show_error(refused_by_system(error), as_json="--json" in words)
        return 1
    return 0
