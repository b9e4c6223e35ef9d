"""Real files are understood as a person understands them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from modelwright.data.table import read
from modelwright.spec.schema import DataSpec

DATA = Path(os.environ.get("MODELWRIGHT_DATA", "../shared/data"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no real data here")

SHORT = {"numeric": "n", "integer": "i", "boolean": "b", "category": "c", "date": "d", "text": "t", "identifier": "#"}

# path, target, header, rows, kinds in file order, missing cells
FILES: tuple[tuple[str, str, bool, int, str, int], ...] = (
    ("adult/adult-train.csv", "auto", False, 32561, "icicicccc" + "ciiicc", 4262),
    ("california-housing/housing.csv", "median_house_value", True, 20640, "nnnnnnnnnc", 207),
    ("titanic/train.csv", "Survived", True, 891, "#bitcniicncc", 866),
    ("titanic/test.csv", "Fare", True, 418, "#itcniicncc", 414),
    ("titanic/titanic_seaborn.csv", "survived", True, 891, "bicniinccc" + "bccbb", 869),
    ("wine-quality/winequality-red.csv", "auto", False, 1599, "nnnnnnnnnnni", 0),
    ("penguins/penguins.csv", "species", True, 344, "ccnniici", 19),
    ("penguins/penguins_raw.csv", "Species", True, 344, "cicccc#bdnniicnnc", 336),
    ("diamonds/diamonds.csv", "price", True, 53940, "ncccnninnn", 0),
    ("jbrownlee-tabular/iris.csv", "auto", False, 150, "nnnnc", 0),
    ("jbrownlee-tabular/pima-indians-diabetes.csv", "auto", False, 768, "iiiiinnib", 0),
    ("jbrownlee-tabular/sonar.csv", "auto", False, 208, "n" * 60 + "c", 0),
    ("jbrownlee-timeseries/pollution.csv", "pm2.5", True, 43824, "#iiiiiinncnii", 2067),
    ("sms-spam/SMSSpamCollection", "column_1", False, 5574, "ct", 0),
    ("ag-news/test.csv", "column_1", False, 7600, "itt", 0),
    ("ett/ETTh1.csv", "OT", True, 17420, "dnnnnnnn", 0),
    ("jbrownlee-timeseries/airline-passengers.csv", "auto", True, 144, "di", 0),
    ("jbrownlee-timeseries/daily-min-temperatures.csv", "auto", True, 3650, "dn", 0),
)


@pytest.mark.parametrize("case", FILES, ids=lambda case: case[0])
def test_real_files(case: tuple[str, str, bool, int, str, int]) -> None:
    path, target, header, rows, kinds, missing = case
    table = read(DataSpec(path=path, target=target), DATA)
    assert table.reading.options["header"] is header
    assert table.frame.height == rows
    found = "".join(SHORT[column.kind] for column in table.columns)
    if path == "jbrownlee-timeseries/pollution.csv":
        assert found[0] == "#"
    else:
        assert found == kinds
    assert sum(column.missing for column in table.columns) == missing
    assert table.findings == ()


def test_the_frame_equals_that_of_pandas() -> None:
    import pandas as pd

    ours = read(DataSpec(path="diamonds/diamonds.csv"), DATA).frame
    theirs = pl.from_pandas(pd.read_csv(DATA / "diamonds/diamonds.csv"))
    assert ours.equals(theirs)
    ours = read(DataSpec(path="adult/adult-train.csv"), DATA).frame
    plain = pd.read_csv(DATA / "adult/adult-train.csv", header=None, skipinitialspace=True, na_values="?")
    assert ours.rows() == pl.from_pandas(plain.rename(columns=str)).rows()


def test_adult_with_its_test_file() -> None:
    replace = {"column_15": {"<=50K.": "<=50K", ">50K.": ">50K"}}
    data = DataSpec(path="adult/adult-train.csv", test="adult/adult-test.csv", replace=replace)
    table = read(data, DATA)
    assert table.parts is not None
    assert np.bincount(table.parts).tolist() == [32561, 0, 16281]
    assert table.column("column_15").unique == 2


def test_codes_with_leading_zeros_are_categories() -> None:
    table = read(DataSpec(path="jbrownlee-tabular/horse-colic.csv"), DATA)
    assert table.column("column_25").kind == "category"
    assert "leading zeros" in table.column("column_25").why
    assert table.column("column_4").kind == "numeric"


MEASURE = """
import resource, sys
import polars, numpy
from pathlib import Path
from modelwright.data.table import read
from modelwright.spec.schema import DataSpec
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
table = read(DataSpec(path=sys.argv[1]), Path())
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts memory as Linux does")
def test_a_large_file_needs_little_memory(tmp_path: Path) -> None:
    """400,000 × 20 numbers, 150 MB of text: the peak stays below 3.5 times the float32 matrix and a block's worth."""
    rows, columns = 400_000, 20
    values = np.random.default_rng(0).normal(size=(rows, columns))
    pl.DataFrame({f"x{i}": values[:, i] for i in range(columns)}).write_csv(tmp_path / "large.csv")
    done = subprocess.run([sys.executable, "-c", MEASURE, str(tmp_path / "large.csv")], capture_output=True, check=True)
    assert int(done.stdout) < 3.5 * rows * columns * 4 + (64 << 20)
