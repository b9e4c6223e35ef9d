"""Messages are an interface: each line of their text is held here, for ordinary and for hostile findings."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from modelwright.checks.run import Receipt
from modelwright.diagnostic import Diagnostic, Place
from modelwright.render import WIDTH, display_width, rich_text, summary, text, to_json

UNKNOWN_KEY = Diagnostic(
    code="Y001",
    severity="error",
    message="unknown key `optimiser`; did you mean `optimizer`?",
    where=Place(file="adult.yaml", line=7, column=1, key="optimiser", source="optimiser: Adam", length=9),
    expected="one of data, task, optimizer",
    received="optimiser",
    help="optimizer: Adam",
)
CONSTANT = Diagnostic(
    code="D102",
    severity="warning",
    message="column `pressure` has one value only",
    where=Place(file="plant.csv", key="pressure", row=1200),
    expected="at least two distinct values in an input",
    received="`0` in all rows",
    help="data: {drop: [pressure]}",
)


def test_a_finding_in_a_description() -> None:
    assert text([UNKNOWN_KEY]) == (
        "error[Y001]: unknown key `optimiser`\n"
        "  --> adult.yaml:7:1\n"
        "   |\n"
        " 7 | optimiser: Adam\n"
        "   | ^^^^^^^^^ did you mean `optimizer`?\n"
        "   = expected: one of data, task, optimizer\n"
        "   = fix: optimizer: Adam\n"
        "\n"
        "1 error"
    )


def test_a_finding_in_a_table() -> None:
    assert text([CONSTANT]) == (
        "warning[D102]: column `pressure` has one value only\n"
        "  --> plant.csv, row 1,200, `pressure`\n"
        "   = expected: at least two distinct values in an input\n"
        "   = received: `0` in all rows\n"
        "   = fix: data: {drop: [pressure]}\n"
        "\n"
        "1 warning"
    )


def test_a_finding_without_a_place_keeps_its_guess() -> None:
    found = Diagnostic(code="Y004", severity="note", message="no `Relu`; did you mean `ReLU`?", known="layers: ReLU")
    assert text([found]) == (
        "note[Y004]: no `Relu`\n   = help: did you mean `ReLU`?\n   = known: layers: ReLU\n\n1 note"
    )


def test_errors_come_first_and_are_counted() -> None:
    note = Diagnostic(code="D105", severity="note", message="m")
    page = text([note, CONSTANT, UNKNOWN_KEY, CONSTANT])
    assert [line[:5] for line in page.splitlines() if "]: " in line] == ["error", "warni", "warni", "note["]
    assert page.splitlines()[-1] == "1 error, 2 warnings, 1 note"
    assert summary([]) == "no problems found"
    assert text([]) == "no problems found"


def test_the_gutter_fits_long_line_numbers() -> None:
    place = Place(file="a.yaml", line=1234, column=10, source="  model: Foo", length=3)
    found = Diagnostic(code="Y004", severity="error", message="no `Foo`", where=place, expected="a layer", help="a\nb")
    assert text([found]).splitlines()[1:-2] == [
        "     --> a.yaml:1234:10",
        "      |",
        " 1234 |   model: Foo",
        "      |          ^^^",
        "      = expected: a layer",
        "      = fix: a",
        "             b",
    ]


def test_marks_stand_below_wide_characters() -> None:
    place = Place(file="a.yaml", line=1, column=4, source="温度:\tフー!", length=3)
    lines = text([Diagnostic(code="Y004", severity="error", message="m", where=place)]).splitlines()
    assert lines[3:5] == [" 1 | 温度:    フー!", "   |      ^^^^^^^^"]


def test_long_lines_are_cropped_around_the_place() -> None:
    source = "drop: [" + "column, " * 100 + "salry]"
    column = source.index("salry") + 1
    place = Place(file="a.yaml", line=3, column=column, source=source, length=5)
    lines = text([Diagnostic(code="F006", severity="error", message="m", where=place)]).splitlines()
    assert all(display_width(line) <= 120 for line in lines)
    assert lines[3].index("salry]") == lines[4].index("^^^^^")
    assert "…" in lines[3]


def test_explanations_are_wrapped_and_fixes_are_not() -> None:
    found = Diagnostic(code="Y001", severity="error", message="m", expected="word " * 60, help="fix " * 60)
    lines = text([found]).splitlines()
    assert all(len(line) <= WIDTH + 10 for line in lines if "fix" not in line)
    assert lines[2].startswith(" " * 15 + "word")
    assert sum("fix" in line for line in lines) == 1


def test_text_cannot_steer_the_terminal() -> None:
    hostile = "\x1b[2J\x07\u202egnp.exe\r\n[bold]no[/bold]"
    place = Place(file=hostile, line=1, column=1, source=hostile, length=3, key=hostile)
    found = Diagnostic(code="Y001", severity="error", message=hostile, where=place, received=hostile, help=hostile)
    page = text([found])
    assert not any(unicodedata.category(character) in ("Cc", "Cf") for character in page if character != "\n")
    assert r"\x1b[2J\x07\u202egnp.exe" in page
    assert "[bold]no[/bold]" in rich_text([found]).plain


def test_colours_change_no_character() -> None:
    page = rich_text([CONSTANT, UNKNOWN_KEY])
    assert page.plain == text([CONSTANT, UNKNOWN_KEY])
    styles = {page.plain[span.start : span.end]: str(span.style) for span in page.spans}
    assert styles["error[Y001]"] == "bold red"
    assert styles["warning[D102]"] == "bold yellow"
    assert styles["optimizer: Adam"] == "green"


def test_json_has_findings_counts_and_receipt() -> None:
    receipt = Receipt(diagnostics=(CONSTANT,), ran=("D102",), not_run={"L202": "needs the plan"}, ignored={"D105": 2})
    told = to_json(receipt.diagnostics, receipt)
    assert json.loads(json.dumps(told)) == {
        "diagnostics": [
            {
                "code": "D102",
                "severity": "warning",
                "message": "column `pressure` has one value only",
                "where": {"file": "plant.csv", "row": 1200, "key": "pressure"},
                "expected": "at least two distinct values in an input",
                "received": "`0` in all rows",
                "help": "data: {drop: [pressure]}",
            }
        ],
        "counts": {"error": 0, "warning": 1, "note": 0},
        "receipt": {"ran": ["D102"], "not_run": {"L202": "needs the plan"}, "ignored": {"D105": 2}},
    }
    assert "receipt" not in to_json([])


@given(st.text(max_size=40), st.integers(1, 60), st.integers(0, 60), st.text(max_size=20))
def test_any_text_can_be_shown(source: str, column: int, length: int, message: str) -> None:
    place = Place(file="a.yaml", line=2, column=column, source=source, length=length)
    page = text([Diagnostic(code="Y001", severity="error", message=message, where=place, expected=message)])
    lines = page.split("\n")
    assert lines[0].startswith("error[Y001]: ")
    assert lines[4].startswith("   | ") and "^" in lines[4]
    assert lines[-1] == "1 error"
