"""The rules of the house hold, and the script that checks them can fail."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

PLACE = importlib.util.spec_from_file_location("check_house", Path(__file__).parent.parent / "scripts/check_house.py")
assert PLACE and PLACE.loader
house = importlib.util.module_from_spec(PLACE)
PLACE.loader.exec_module(house)

HERE = Path("src/modelwright/data/table.py")


def test_the_house_is_in_order() -> None:
    assert house.problems()[0] == []


def test_long_files_and_functions_are_found() -> None:
    text = "def f():\n" + "    x = 1\n" * 300
    found = list(house.sizes(HERE, text, ast.parse(text)))
    assert found == [
        "src/modelwright/data/table.py:1: 301 lines, at most 300",
        "src/modelwright/data/table.py:1: `f` has 301 lines, at most 40",
    ]


def test_imports_upwards_are_found() -> None:
    text = "from modelwright.training import loop\nfrom modelwright import errors\nimport modelwright.spec.call\n"
    targets = list(house.imports(ast.parse(text), {"training.loop", "errors", "spec.call"}))
    assert [target for target, _ in targets] == ["training.loop", "errors", "spec.call"]
    assert list(house.direction(HERE, "data.table", targets)) == [
        "src/modelwright/data/table.py:1: `data.table` imports `training.loop`, which stands above it"
    ]
    assert "has no place" in next(house.direction(HERE, "somewhere", []))


def test_imports_inside_functions_count_and_those_for_types_do_not() -> None:
    text = "if TYPE_CHECKING:\n    from modelwright import api\ndef f():\n    from modelwright.run import start\n"
    assert list(house.imports(ast.parse(text), {"api", "run.start"})) == [("run.start", 4)]


def test_cycles_are_found() -> None:
    assert house.cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert house.cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
