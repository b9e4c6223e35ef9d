"""The machinery that runs the pages can fail: a wrong output, a wrong exit status, a block that nothing runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages import doc_blocks


def check(page: str, folder: Path) -> None:
    doc_blocks.check("page.md", page, folder)


def test_a_page_that_is_right(tmp_path: Path) -> None:
    first = "# P\n\n```sh\ncd examples\necho 1 2\n```\n```text\n1 2\n```\n\n"
    check(first + "```sh\nbasename $PWD\n```\n```text\nexamples\n```\n", tmp_path)


def test_names_go_on_from_block_to_block(tmp_path: Path) -> None:
    check("```python\na = 1\n```\nthen\n```python\nprint(a + 1)\n```\n```text\n2\n```\n", tmp_path)


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("```sh\necho 1\n```\n```text\n2\n```\n", r"^page.md:4: the output is another.*It is:\n1\n$"),
        ("x\n```sh\nfalse\n```\n", "^page.md:2: exit status 1 instead of 0"),
        ("```sh exit=1\ntrue\n```\n", "^page.md:1: exit status 0 instead of 1"),
        ("```sh\nfalse\ntrue\n```\n", "exit status 1"),
        ("```sh\nfalse | true\n```\n", "exit status 1"),
        ("```js\n1\n```\n", "a block of `js` cannot be run"),
        ("```\n1\n```\n", "a block of `` cannot be run"),
        ("```text\n1\n```\n", "no command stands before this output"),
        ("```yaml\noptimiser: Adam\n```\n", "not a description: Y001"),
        ("```yaml wrong\noptimizer: Adam\n```\n", "nothing is wrong"),
    ],
)
def test_a_page_that_is_wrong(page: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(doc_blocks.PageError, match=f"(?s){message}"):
        check(page, tmp_path)


def test_a_python_block_that_raises(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        check("```python\n1 / 0\n```\n", tmp_path)


@pytest.mark.parametrize(
    ("expected", "found", "exactly", "measured"),
    [
        ("a", "a", True, True),
        ("a\n", "\na  \n", True, True),
        ("a", "b", False, False),
        ("loss 0.5", "loss 0.25", False, True),
        ("loss  0.5 ", "loss 1,000.25", False, True),
        ("rmse 1.5e-05 (1 to 2)", "rmse 3 (0.5 to 12)", False, True),
        ("L205 x", "L206 x", False, False),
        ("3 files", "3 rows", False, False),
        ("a\n…\nb", "a\nx\ny\nb", True, True),
        ("a\n…\nb", "a\nb", True, True),
        ("a\n…\nb", "a\nx", False, False),
        ("a … b", "a x b", False, False),
        ("…", "", True, True),
        ("a", "a\nb", False, False),
    ],
)
def test_comparison(expected: str, found: str, exactly: bool, measured: bool) -> None:
    assert doc_blocks.same(expected, found) is exactly
    assert doc_blocks.same(expected, found, measured=True) is measured


def test_make_finds_everything_installed(tmp_path: Path) -> None:
    shown = ".venv/bin/modelwright train examples/penguins/penguins.yaml"
    check(f"```sh\nmake -n demo\n```\n```text\n{shown}\n```\n", tmp_path)


def test_a_description_with_a_name_is_written_there(tmp_path: Path) -> None:
    page = "```yaml\n# mine.yaml\nmodel: linear\n```\n```sh\ntail -n 1 mine.yaml\n```\n```text\nmodel: linear\n```\n"
    check(page, tmp_path)
