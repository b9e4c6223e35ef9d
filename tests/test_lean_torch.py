"""torch's rules for `meta` are put off by commands, and are there for whoever needs them."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch

import modelwright
from modelwright.lean_torch import RULES, TRIED

BEGIN = """
import sys
from modelwright.lean_torch import RULES, meta_rules, put_off_meta_rules
put_off_meta_rules()
import torch
from torch import nn

def there():
    return hasattr(type(sys.modules[RULES]), "__getattr__") is False

assert not there()
"""
pytestmark = pytest.mark.skipif(not torch.__version__.startswith(TRIED), reason="other versions load it as ever")


def run(code: str) -> str:
    """Run code in a process of its own, after `BEGIN`; return what it prints."""
    command = [sys.executable, "-c", BEGIN + textwrap.dedent(code)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_training_needs_none_of_it() -> None:
    run("""
        model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(3))
        from modelwright.model.lean_optimizer import lean, lean_step
        x = torch.randn(8, 1, 8, 8)
        model(x)
        with lean():
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        nn.functional.cross_entropy(model(x), torch.zeros(8, dtype=torch.int64)).backward()
        lean_step(optimizer)()
        assert not there()
    """)


def test_what_inspect_asks_of_all_modules_does_not_load_it() -> None:
    run("""
        import inspect
        inspect.getmodule(inspect.currentframe())
        assert sys.modules[RULES].__file__.endswith(".py")
        assert not there()
    """)


@pytest.mark.parametrize("ask", ["meta_rules()", f"import {RULES} as rules; rules.activate_meta"])
def test_it_is_loaded_when_it_is_asked_for(ask: str) -> None:
    run(f"""
        {ask}
        assert there()
        with torch.device("meta"):
            assert nn.Sequential(nn.Conv2d(3, 8, 3), nn.MaxPool2d(2))(torch.empty(2, 3, 9, 9)).shape == (2, 8, 3, 3)
        assert type(sys.modules[RULES]) is type(sys)
        meta_rules()
    """)


def test_threads_wait_for_the_one_that_loads_it() -> None:
    run("""
        from threading import Thread
        import time
        first = Thread(target=meta_rules)
        first.start()
        time.sleep(0.02)
        meta_rules()
        assert there() and hasattr(sys.modules[RULES], "activate_meta")
        first.join()
    """)


def test_what_fails_while_it_is_loaded_is_tried_again() -> None:
    run("""
        module = sys.modules[RULES]
        inner, module.__spec__.loader.loader = module.__spec__.loader.loader, None
        try:
            meta_rules()
        except AttributeError:
            assert not there()
        module.__spec__.loader.loader = inner
        meta_rules()
        assert there()
    """)


def test_generators_are_made_only_where_the_rules_are_there() -> None:
    for path in Path(modelwright.__file__).parent.rglob("*.py"):
        text = path.read_text("utf-8")
        assert "torch.Generator(" not in text or "meta_rules()" in text or "script" in path.parts, path


def test_inner_modules_that_come_later_find_it() -> None:
    run("""
        torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        assert "torch._dynamo" in sys.modules and there()
    """)


def test_tracing_loading_and_the_users_code_load_it(tmp_path) -> None:
    (tmp_path / "net.py").write_text("import torch\nSHAPE = torch.empty(2, 3, 8, 8, device='meta').softmax(1).shape\n")
    assert (
        run(f"""
        from pathlib import Path
        from modelwright.model.own import load_file
        print(tuple(load_file(Path({str(tmp_path / "net.py")!r})).SHAPE))
        assert there()
    """)
        == "(2, 3, 8, 8)\n"
    )
    run("""
        from modelwright.model.trace import trace_layers
        from modelwright.spec.call import parse
        assert trace_layers([parse("MaxPool2d(2)")], (3, 8, 8))[0].output == (3, 4, 4)
    """)


def test_where_torch_is_loaded_nothing_changes() -> None:
    finders = list(sys.meta_path)
    from modelwright.lean_torch import put_off_meta_rules

    put_off_meta_rules()
    assert sys.meta_path == finders
    assert type(sys.modules[RULES]) is type(sys)
