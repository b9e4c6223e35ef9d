"""The page as a file: its policy, its escapes, its size, and that it can be drawn again from report.json."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.report.blocks import KINDS as BLOCKS
from modelwright.report.blocks import finite, from_json, to_json
from modelwright.report.build import CHAPTERS
from modelwright.report.markup import marked, text
from modelwright.report.page import PLOTLY, asset, data, report_html
from modelwright.report.words import plain
from reports import KINDS, ROOT, made, report_of

MOST_BYTES = 8 << 20
LETTERS = st.text(alphabet=st.sampled_from("<>&\"'`/=ab -\u2028\n\u202e%{}$"), max_size=30)


class Elements(HTMLParser):
    """Collects the elements of a page, and the text of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[int, str] = {}
        self.open = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.open = tag

    def handle_endtag(self, tag: str) -> None:
        self.open = ""

    def handle_data(self, data: str) -> None:
        if self.open in ("script", "style"):
            self.inside[len(self.found) - 1] = self.inside.get(len(self.found) - 1, "") + data


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_whole_strict_and_small(kind: str) -> None:
    page = (made(kind).path / "report.html").read_text("utf-8")
    assert len(page.encode()) < MOST_BYTES
    elements = Elements(page)
    names = {tag for tag, _ in elements.found}
    assert not names & {"link", "iframe", "object", "embed", "base", "form", "audio", "video", "source"}
    for tag, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (tag, attributes)
        assert not ({"srcset", "action"} & set(attributes)), (tag, attributes)
        assert ("src" in attributes) == (tag == "img")
        if tag == "img":
            assert (attributes["src"] or "").startswith("data:image/png;base64,") and attributes["alt"] is not None
        assert (attributes.get("href") or "#").startswith("#")
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_policy_allows_the_scripts_and_styles_that_are_there_and_no_others() -> None:
    page = (made("multiclass").path / "report.html").read_text("utf-8")
    elements = Elements(page)
    policy = next(a["content"] for tag, a in elements.found if tag == "meta" and "http-equiv" in a)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["connect-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert not re.search(r"unsafe-(inline|eval)|https?:|\*", policy)
    for at, (tag, attributes) in enumerate(elements.found):
        content = elements.inside.get(at, "")
        if tag == "script" and "type" not in attributes:
            assert sha(content.encode()) in rules["script-src"]
        if tag == "style":
            assert sha(content.encode()) in rules["style-src"]
    plotly = page.split('<script type="text/plain" id="plotly">')[1].split("</script>")[0]
    assert sha(plotly.encode()) in rules["script-src"] and "plotly.js (cartesian" in plotly[:200]


def test_plotly_cannot_leave_its_element_and_comes_with_its_licence() -> None:
    assert not re.search(r"</script|<!--|\r|\0", asset(PLOTLY), re.IGNORECASE)
    licence = asset("plotly-cartesian.LICENSE")
    assert "Permission is hereby granted" in licence and "Bostock" in licence
    content = hashlib.sha256(asset(PLOTLY).encode()).hexdigest()
    assert content == "79542150855a52c567260e3137095dbe2b744e6d702a5cabe67da246942fba7a"


def sha(content: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}'"


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_can_be_drawn_again_from_its_data(kind: str) -> None:
    run = made(kind)
    assert report_html(report_of(run)) == (run.path / "report.html").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_no_section_failed_and_each_figure_says_how_to_read_it(kind: str) -> None:
    report = report_of(made(kind))
    sections = [section for chapter in report["chapters"] for section in chapter["sections"]]
    known = [module.__name__.rpartition(".")[2] for *_, modules in CHAPTERS for module in modules]
    assert [section["id"] for section in sections] == [name for name in known if name in {s["id"] for s in sections}]
    for block in (block for section in sections for block in section["blocks"]):
        assert "could not be made" not in block.get("why", "")
        assert from_json(block) and to_json(from_json(block)) == block
        if block["kind"] in ("figure", "gallery", "passages", "scores", "flow", "listing", "findings"):
            assert block["how"].endswith("."), block["id"]
        if block["kind"] == "figure":
            assert block["table"]["rows"] and len(block["table"]["columns"]) == len(block["table"]["rows"][0])


def test_every_section_is_in_a_chapter() -> None:
    files = {path.stem for path in (ROOT / "src/modelwright/report/sections").glob("*.py")} - {"__init__"}
    known = [module.__name__.rpartition(".")[2] for *_, modules in CHAPTERS for module in modules]
    assert sorted(known) == sorted(files)


def test_every_kind_of_block_has_a_writer() -> None:
    from modelwright.report.html import WRITERS

    assert set(WRITERS) == set(BLOCKS)


@given(LETTERS)
def test_texts_hold_no_markup(value: str) -> None:
    for made_safe in (text(value), marked(value)):
        bare = re.sub(r"</?code>", "", made_safe)
        assert not set(bare) & set("<>\"'")
    assert "<" not in plain(value) and not plain(value).startswith("--")


@given(
    st.recursive(LETTERS | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(LETTERS, inner))
)
def test_data_cannot_leave_its_element(value: Any) -> None:
    written = data(value)
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written) == value
    assert html.unescape(written) == written


def test_numbers_that_json_lacks_become_null() -> None:
    assert finite([float("nan"), float("inf"), 1, 1.5, True, None, "x"]) == [None, None, 1, 1.5, True, None, "x"]
