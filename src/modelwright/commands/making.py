"""Verbs that make a run: init, check, show, train, resume."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelwright.commands.options import (
    AsJson,
    Board,
    NoDryRun,
    NoReport,
    Overrides,
    Quiet,
    RunPath,
    Source,
    Target,
    Watch,
    app,
    examples,
)


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
    epilog=examples(
        "modelwright check adult.yaml", "modelwright check adult.yaml --fix", "modelwright check adult.yaml --json"
    ),
)
def check(
    source: Source,
    overrides: Overrides = None,
    target: Target = None,
    no_dry_run: NoDryRun = False,
    as_json: AsJson = False,
    sarif: Annotated[
        bool, typer.Option("--sarif", help="Print SARIF, for editors and continuous integration.")
    ] = False,
    fix: Annotated[
        bool, typer.Option("--fix", help="Show what has one safe correction, and write it if wanted.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --fix: write without asking.")] = False,
) -> None:
    """Tell all problems of a description, its data and its model at once, and what was checked. Nothing is trained."""
    from modelwright.verbs.check import check

    if fix:
        from modelwright.verbs.fix import fix as correct

        raise typer.Exit(correct(source, overrides or [], yes))
    shown = "sarif" if sarif else "json" if as_json else "text"
    raise typer.Exit(check(source, overrides or [], target, shown, dry_run=not no_dry_run))


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
