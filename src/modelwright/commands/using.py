"""Verbs that use a run: predict, nearest, sample, compare, report, script, export, card; and explain, schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from modelwright.commands.options import (
    AsJson,
    ModelPath,
    Overrides,
    OwnClass,
    RowsFile,
    RunPath,
    Target,
    app,
    examples,
)


@app.command(
    short_help="Answer new rows with a trained model.",
    epilog=examples(
        "modelwright predict runs/adult-1 new.csv -o answers.csv",
        "cat new.csv | modelwright predict runs/adult-1/model.safetensors -",
        "modelwright predict runs/airline-1 airline.csv           # what comes after the last row",
    ),
)
def predict(
    run: ModelPath,
    rows: Annotated[str, typer.Argument(metavar="ROWS", help="A file of new rows; - reads standard input.")],
    output: RowsFile = "-",
    own: OwnClass = None,
    rolled: Annotated[
        bool, typer.Option("--rolled", help="Forecast after every horizon rows of a series, not after its end alone.")
    ] = False,
) -> None:
    """Answer new rows with a trained model; columns are found by name. A forecast goes on from the end."""
    from modelwright.verbs.predict import predict

    predict(run, rows, output, own, rolled)


@app.command(
    short_help="Find the rows that a contrastive model holds for most alike.",
    epilog=examples(
        "modelwright nearest runs/digits-1 new.png -k 3",
        'modelwright nearest runs/questions-1 "where is my parcel"      a text, where the model reads texts',
        "modelwright nearest runs/questions-1 new.csv --among answers.csv -o nearest.csv",
    ),
)
def nearest(
    run: ModelPath,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A file of rows to look for, or a text.")],
    k: Annotated[int, typer.Option("-k", min=1, metavar="K", help="How many for each.")] = 5,
    among: Annotated[
        str | None, typer.Option(metavar="FILE", help="Rows to look among; left out: the training rows.")
    ] = None,
    output: RowsFile = "-",
    own: OwnClass = None,
) -> None:
    """Find the rows nearest to those of QUERY by the cosine similarity of their embeddings."""
    from modelwright.verbs.nearest import nearest

    nearest(run, query, k, among, output, own)


@app.command(
    short_help="Make new pictures or rows with a trained GAN.",
    epilog=examples(
        "modelwright sample runs/digits-1 64 -o grid.png",
        "modelwright sample runs/customers-1 1000 -o rows.csv --seed 7",
    ),
)
def sample(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder or a model.safetensors of `task: gan`.")],
    rows: Annotated[int, typer.Argument(metavar="ROWS", min=1, max=10_000_000, help="How many.")] = 64,
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", metavar="FILE", help="png (a grid), npy; csv, tsv, parquet, jsonl; - prints CSV."
        ),
    ] = "-",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed makes other rows.")] = 0,
    own: OwnClass = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Make new pictures or rows with a trained GAN; the first ones are the same however many are asked for."""
    from modelwright.verbs.sample import sample

    sample(run, rows, output, seed, own, force)


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
    short_help="Write a run as one plain PyTorch script that repeats it.",
    epilog=examples(
        "modelwright script runs/adult-1 -o train.py",
        "modelwright script adult.yaml train.epochs=5 -o train.py",
    ),
)
def script(
    source: Annotated[str, typer.Argument(metavar="RUN", help="A run folder, a description (.yaml) or a data file.")],
    overrides: Overrides = None,
    target: Target = None,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="The script; left out: standard output.")
    ] = "-",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a run as one readable file of PyTorch, NumPy and polars. It ends with the run's weights, bit for bit."""
    from modelwright.verbs.script import script

    script(source, overrides or [], target, output, force)


@app.command(
    short_help="Write a run's model for other runtimes: ONNX, torch.export.",
    epilog=examples(
        "modelwright export runs/adult-1 --onnx model.onnx",
        "modelwright export runs/adult-1 --onnx model.onnx --int8 small.onnx --torch model.pt2",
    ),
)
def export(
    run: ModelPath,
    onnx: Annotated[
        Path | None, typer.Option(metavar="FILE", help="ONNX: raw columns in, preprocessing inside.")
    ] = None,
    torch: Annotated[Path | None, typer.Option(metavar="FILE", help="A program of torch.export (.pt2).")] = None,
    int8: Annotated[
        Path | None,
        typer.Option(
            "--int8", metavar="FILE", help="ONNX with 8-bit weights; tells what that costs on validation rows."
        ),
    ] = None,
    own: OwnClass = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write a run's model for other runtimes; its answers are compared before a file is written."""
    from modelwright.verbs.export import export

    export(run, onnx, torch, int8, force, own)


@app.command(
    short_help="Write the model card of a run, in Markdown.",
    epilog=examples("modelwright card runs/adult-1 -o CARD.md"),
)
def card(
    run: RunPath,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="The card; left out: standard output.")
    ] = "-",
    own: OwnClass = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write the model card of a run: purpose, data, split, scores with intervals, slices, checks, limits, loading."""
    from modelwright.verbs.card import card

    card(run, output, force, own)


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
