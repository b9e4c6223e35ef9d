"""Every code can be explained, fast and without data libraries, and the page of the docs is up to date."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import modelwright
from modelwright.checks.codes import CODES
from modelwright.checks.elsewhere import ELSEWHERE
from modelwright.checks.explain import explain, known_codes, overview
from modelwright.checks.rule import HEADINGS
from modelwright.errors import SpecError

SOURCE = Path(modelwright.__file__).parent
HOME = SOURCE.parent.parent


def used_codes() -> set[str]:
    """Return every code that the source gives to a finding: `code="Y001"`, `fail("F002", …)`, tables of codes."""
    pattern = re.compile(r"""["']([YFRSDLHMOTE]\d{3})["']""")
    return {code for path in SOURCE.rglob("*.py") for code in pattern.findall(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("code", known_codes())
def test_every_code_is_explained(code: str) -> None:
    page = explain(code)
    headings = re.findall(r"^## (.*)$", page, flags=re.MULTILINE)
    assert page.startswith(f"# {code}: ")
    assert headings == list(HEADINGS[:-1] if code in CODES or code in ELSEWHERE else HEADINGS)
    assert all(part.strip() for part in re.split(r"^#+ .*$", page, flags=re.MULTILINE)[2:])
    assert page.count("```") % 2 == 0


def test_every_code_in_the_source_is_known() -> None:
    assert "D101" in used_codes()
    assert used_codes() <= set(known_codes())


def test_codes_are_not_explained_twice() -> None:
    assert len(known_codes()) == len(set(known_codes()))


def test_unknown_code_has_a_near_miss() -> None:
    with pytest.raises(SpecError) as raised:
        explain("L2O5")
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == "Y004"
    assert diagnostic.message == "there is no code `L2O5`; did you mean `L205`?"
    assert diagnostic.help == "modelwright explain L205"
    with pytest.raises(SpecError, match=r"^Y004: there is no code `hello`; expected"):
        explain("hello")


def test_case_and_spaces_do_not_matter() -> None:
    assert explain(" l205\n") == explain("L205")


def test_overview_has_a_line_for_each_code() -> None:
    assert [line.partition(":")[0] for line in overview().splitlines()] == list(known_codes())


def test_explaining_loads_no_library_of_data_or_models() -> None:
    code = (
        "import sys\n"
        "from modelwright.checks.explain import explain\n"
        "explain('L205'), explain('Y001')\n"
        "heavy = {'torch', 'polars', 'numpy', 'pydantic', 'sklearn', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_docs_page_is_up_to_date() -> None:
    made = runpy.run_path(str(HOME / "scripts" / "make_rules_docs.py"))["page"]()
    assert (HOME / "docs" / "rules.md").read_text(encoding="utf-8") == made
    assert all(f'<a id="{code.lower()}"></a>' in made for code in known_codes())
