"""Bad tables, through the command line: exit 1, a whole message, nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

import modelwright
from bad_input import GOOD, HEAD, Desk, rows

DATES = "day,x,answer\n" + "".join(
    f"202{i % 3}-0{i % 9 + 1}-11,{i % 5},{'yes' if i % 2 else 'no'}\n" for i in range(40)
)
CASES: dict[str, tuple[str | bytes, str, str]] = {
    "empty": ("", "F002", "is empty"),
    "blank": ("\n \n", "F002", "is empty"),
    "header only": (HEAD, "F002", "a header and no rows"),
    "ragged": (HEAD + rows(20) + "1,2\n" + rows(5) + "1,r,2,yes,9\n", "F003", "2 lines of"),
    "NUL bytes": (HEAD + rows(20) + "1,\0,2,yes\n", "F004", "1 NUL byte"),
    "same names": ("size,size,weight,answer\n" + rows(), "F005", "two columns have the same name"),
    "one class": (HEAD + rows(60, ("yes",)), "D107", "the one value `yes`"),
    "no class": ("size,answer\n" + "1,\n2,\n" * 20, "D107", "no values"),
    "one row": (HEAD + rows(1), "D107", "the one value"),
    "infinities": (HEAD + rows(20) + "inf,r,2,yes\n-inf,r,2,yes\n", "F007", "2 infinite values"),
    "mixed dates": (DATES + "21/05/2021,1,yes\n", "F007", "1 cell cannot be read"),
    "nothing to learn from": ("answer\n" + "yes\nno\n" * 20, "D102", "no column is left"),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(50), "F008", "a PNG image"),
    "a pickle": (b"\x80\x04\x95" + bytes(40), "F008", "pickle"),
}


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, capsys)


@pytest.mark.parametrize("verb", ["train", "check"])
@pytest.mark.parametrize(("content", "code", "said"), CASES.values(), ids=list(CASES))
def test_bad_content(desk: Desk, verb: str, content: str | bytes, code: str, said: str) -> None:
    desk.put("bad.csv", content)
    found = desk.refused(verb, "bad.csv", "--target", "answer")
    first = next(each for each in found if each["code"] == code)
    assert said in first["message"]


def test_two_rows_are_too_few_to_part(desk: Desk) -> None:
    desk.put("bad.csv", HEAD + rows(2))
    (found,) = desk.refused("train", "bad.csv", "--target", "size")
    assert (
        found["message"] == "1 row left, 1 held out before: too few to hold out validation rows and learn from others"
    )
    assert found["help"] == "give a table with more rows"
    (found,) = desk.refused("train", "good.csv", "--target", "size", "split.test_size=59")
    assert found["help"] == "split: {test_size: 0.2}"
    (found,) = desk.refused("train", "good.csv", "--target", "size", "split.test_size=60")
    assert found["message"] == "`test_size: 60` takes all of the 60 rows: none is left to learn from"


def test_a_missing_target_shows_its_near_miss(desk: Desk) -> None:
    (found,) = desk.refused("train", "good.csv", "--target", "anwser")
    assert (found["code"], found["help"]) == ("F006", "did you mean `answer`?")
    (found,) = desk.refused("train", "good.csv", "--target", "zzz")
    assert "`size`, `colour`, `weight`, `answer`" in found["expected"]


def test_wrong_bytes_are_read_with_the_encoding_found_or_refused_where_it_was_named(desk: Desk) -> None:
    desk.put("latin.csv", (HEAD + rows(20) + "1,grün,2,yes\n").encode("latin-1"))
    assert desk.run("check", "latin.csv", "--target", "answer")[0] == 0
    (found,) = desk.refused("train", "latin.csv", "--target", "answer", "data.encoding=utf-8")
    assert found["code"] == "F004"
    assert "latin-1" in found["help"]
    assert found["where"]["line"] == 22
    (found,) = desk.refused("train", "latin.csv", "data.encoding=utf-99")
    assert (found["code"], found["message"]) == ("F004", "there is no encoding `utf-99`")


def test_a_column_without_any_value_is_told_and_not_an_input(desk: Desk) -> None:
    desk.put("gap.csv", "size,gap,answer\n" + "".join(f"{i % 9},,{'yes' if i % 2 else 'no'}\n" for i in range(60)))
    code, out, _ = desk.run("check", "gap.csv", "--target", "answer")
    assert code == 0
    assert "D102" in out and "`gap`" in out


def test_files_that_are_none(desk: Desk) -> None:
    (desk.folder / "empty").mkdir()
    desk.put("words/notes.odt", "hello")
    said = {
        path: desk.refused("train", path)[0]
        for path in (
            "god.csv",
            "gone/a.csv",
            "good.csv/below.csv",
            "empty",
            "words",
            "/proc/1/mem",
            "sqlite:///none.db",
        )
    }
    assert said["god.csv"]["help"] == "did you mean `good.csv`?"
    assert "there is no folder" in said["gone/a.csv"]["known"]
    assert "good.csv is a file, no folder" in said["good.csv/below.csv"]["known"]
    assert [said[name]["code"] for name in ("empty", "words")] == ["F008", "F008"]
    assert (said["/proc/1/mem"]["code"], said["sqlite:///none.db"]["code"]) == ("F001", "F001")


def test_an_address_that_does_not_answer(desk: Desk) -> None:
    (found,) = desk.refused("train", "http://127.0.0.1:9/none.csv")
    assert found["message"] == "`http://127.0.0.1:9/none.csv` cannot be fetched: connection refused"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("x.parquet", b"PAR1 broken", "F004"),
        ("x.xlsx", b"PK\x03\x04 broken", "F004"),
        ("x.arrow", b"ARROW1 broken", "F004"),
        ("x.jsonl", b'{"a": 1}\n{"a": \n', "F003"),
        ("x.csv.gz", b"\x1f\x8b\x08\x00broken", "F004"),
        ("x.db", b"SQLite format 3\0broken", "F008"),
    ],
)
def test_damaged_files_of_other_formats(desk: Desk, name: str, content: bytes, code: str) -> None:
    desk.put(name, content)
    (found,) = desk.refused("train", name)
    assert found["code"] == code
    assert name in found["message"] + str(found["where"])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("data.columns={weight: date}",), "F007"),
        (("data.columns={colour: numeric}",), "F007"),
        (("data.weight=colour",), "F007"),
        (("data.time=colour",), "F007"),
        (("data.drop=[size, coluor]",), "F006"),
        (("data.replace={answr: {yes: no}}",), "F006"),
        (("data.separator=;",), "F006"),
        (("data.separator=abc",), "Y003"),
        (("data.header=false",), "F006"),
        (("task=regression",), "H504"),
        (("split.folds=100",), "L201"),
        (("train.class_weight={yes: 1, nope: 2}",), "Y003"),
        (("evaluate.metric=rmse",), "H504"),
    ],
)
def test_settings_that_do_not_fit_the_table(desk: Desk, words: tuple[str, ...], code: str) -> None:
    found = desk.refused("train", "good.csv", "data.target=answer", *words)
    assert code in [each["code"] for each in found]
    assert len({(each["code"], each["message"]) for each in found}) == len(found)


def test_weights_must_be_numbers_in_every_row(desk: Desk) -> None:
    desk.put("w.csv", GOOD.replace("size", "w", 1) + ",r,1,yes\n-2,r,1,no\n")
    (found,) = desk.refused("train", "w.csv", "--target", "answer", "data.weight=w")
    assert found["received"] == "row 61: empty, row 62: -2.0"


def test_labels_spelt_otherwise_in_the_test_file_get_a_fix_that_works(desk: Desk) -> None:
    desk.put("train.csv", HEAD + rows(80, (">50K", "<=50K")))
    desk.put("test.csv", HEAD + rows(40, (">50K.", "<=50K."), seed=2))
    text = "data:\n  path: train.csv\n  test: test.csv\n  target: answer\n"
    desk.put("adult.yaml", text)
    found = next(each for each in desk.refused("train", "adult.yaml") if each["code"] == "D112")
    assert "<=50K." in found["message"] + found["received"]
    inner = found["help"].removeprefix("data: {").removesuffix("}")
    desk.put("adult.yaml", text + f"  {inner}\n")
    code, _, _ = desk.run("train", "adult.yaml", "train.epochs=1", "--quiet")
    assert code == 0


def test_python_gets_every_problem_as_one_error() -> None:
    with pytest.raises(modelwright.DataError) as caught:
        modelwright.train({"x": [1.0, 2.0], "y": ["a", "a"]}, target="y")
    assert "nothing to tell apart" in str(caught.value)
    found = modelwright.check({"x": [1.0, 2.0], "y": ["a", "b"]}, target="z")
    assert [each.code for each in found] == ["F006"]
    found = modelwright.check({"x": [1.0, 2.0], "y": ["a", "b"]}, target="z", optimizer="SGD(lr=100)")
    assert [each.code for each in found] == ["F006", "O605"]
