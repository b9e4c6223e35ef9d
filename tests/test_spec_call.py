"""The call grammar: what it reads, what it refuses, and that its canonical text reads back."""

from __future__ import annotations

import contextlib
import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelwright.spec.call import PREFIXES, Call, CallSyntaxError, Value, parse, parse_value, text_of

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True).filter(lambda name: not keyword.iskeyword(name))
literals = (
    st.none()
    | st.booleans()
    | st.just(...)
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20)
)


def calls_of(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Call]:
    return st.builds(Call, names, st.lists(values, max_size=3).map(tuple), st.dictionaries(names, values, max_size=3))


values = st.recursive(literals, lambda inner: st.lists(inner, max_size=3).map(tuple) | calls_of(inner), max_leaves=12)


def readable(value: Value) -> bool:
    return not any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in text_of(value))


@given(calls_of(values).filter(readable))
def test_canonical_text_reads_back_equal(call: Call) -> None:
    text = str(call)
    if ".py:" not in text:
        assert parse(text) == call
        assert str(parse(text)) == text


@given(st.text(max_size=60))
def test_any_text_is_a_call_or_an_error_with_a_place_in_it(text: str) -> None:
    try:
        parse(text)
    except CallSyntaxError as error:
        assert 0 <= error.offset <= len(text)
        assert error.length >= 1


@given(st.text(alphabet="([{-~+*/%.,=1aF\"' )]}", max_size=80))
def test_any_punctuation_is_a_call_or_an_error(text: str) -> None:
    with contextlib.suppress(CallSyntaxError):
        assert parse(str(parse(text))) == parse(text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("ReLU", "ReLU"),
        ("ReLU()", "ReLU"),
        ("nn.Conv2d(3, 16, kernel_size=3, padding=1)", "Conv2d(3, 16, kernel_size=3, padding=1)"),
        ("torch.nn.Conv2d(3,16,3)", "Conv2d(3, 16, 3)"),
        ("torch.optim.AdamW(model.parameters(), lr=1e-3)", "AdamW(parameters, lr=0.001)"),
        ("optim.lr_scheduler.StepLR(optimizer, 30)", "StepLR(optimizer, 30)"),
        ("sklearn.preprocessing.StandardScaler()", "StandardScaler"),
        ("Linear(32 * 8 * 8, 10)", "Linear(2048, 10)"),
        ("f(-3, +2, 7 // 2, 7 % 4, 2**10, 1 / 4, 3 - 5)", "f(-3, 2, 3, 3, 1024, 0.25, -2)"),
        ("mlp(hidden=[128, 128], dropout=.1)", "mlp(hidden=[128, 128], dropout=0.1)"),
        ("f([1], (), [[2, 3], None])", "f([1], [], [(2, 3), None])"),
        ("Residual(Linear(..., 64), ReLU)", "Residual(Linear(..., 64), ReLU)"),
        (
            'SimpleImputer(strategy="median", add_indicator=True)',
            "SimpleImputer(strategy='median', add_indicator=True)",
        ),
        ("  f(\n  1,\n  a=2,\n)\n", "f(1, a=2)"),
    ],
)
def test_reads(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical


@pytest.mark.parametrize(
    ("text", "says", "offset"),
    [
        ("", "nothing stands here", 0),
        ("Linear(1", "'(' was never closed", 6),
        ("  Linear(1", "'(' was never closed", 8),
        ("Linear(1))", "unmatched ')'", 9),
        ("f(lambda: 1)", "a lambda", 2),
        ("f([x for x in y])", "a comprehension", 2),
        ("f(x for x in y)", "a comprehension", 1),
        ("f({'a': 1})", "a dictionary", 2),
        ("f({1})", "a set", 2),
        ("f(a[0])", "an index", 2),
        ("f(*a)", "`*`", 2),
        ("f(**a)", "`**`", 2),
        ("f(a if b else c)", "`if`/`else`", 2),
        ("f(1 < 2)", "a comparison", 2),
        ("f(a and b)", "`and`/`or`", 2),
        ("f(f'{x}')", "an f-string", 2),
        ("f((a := 1))", "`:=`", 3),
        ("f(not 1)", "only + - *", 2),
        ("f(~1)", "only + - *", 2),
        ("f(1 | 2)", "only + - *", 2),
        ("f(1, a=1, a=2)", "`a` is given twice", 10),
        ("f(b'a')", "a bytes value", 2),
        ("f(1j)", "a complex value", 2),
        ("f('a' + 'b')", "arithmetic needs numbers", 2),
        ("f(True + 1)", "arithmetic needs numbers", 2),
        ("f(-'a')", "a number is needed", 3),
        ("f(1 / 0)", "division by zero", 2),
        ("f(5 % 0)", "division by zero", 2),
        ("f(9**9**9)", "too large", 2),
        ("f(9**9)(3)", "a name such as", 0),
        ("f(2**64)", "too large", 2),
        ("f(1e999)", "too large", 2),
        ("f(1e308 * 10)", "too large", 2),
        ("f((-8) ** 0.5)", "not a real number", 2),
        ("é(1, ü=[2)", "does not match", 9),
        ("fö('é', lambda: 1)", "a lambda", 8),
        ("42", "a name such as `ReLU`", 0),
        ("'ReLU'", "a name such as `ReLU`", 0),
        ("Linear(…, 64)", "write three dots", 7),
        ("Residual(net.py:SimpleCNN)", "stands alone", 12),
        ("os.system('true')", "`os.` cannot stand before a name", 0),
        ("__import__('os').system('true')", "a name such as", 0),
        ("f(\0)", "unprintable", 2),
        ("f('\ud800')", "surrogate", 3),
        ("f('\\ud800')", "surrogate", 2),
        ("ReLU; Tanh", "not a call", 4),
        ("ReLU Tanh", "not a call", 5),
    ],
)
def test_refuses_with_the_place(text: str, says: str, offset: int) -> None:
    with pytest.raises(CallSyntaxError, match=r".") as caught:
        parse(text)
    assert says in str(caught.value)
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "f(" * 3000 + ")" * 3000,
        "-" * 9000 + "1",
        "~" * 9000 + "1",
        "1" + "+1" * 4000,
        "x" + ".y" * 4000,
        "f(" + "[" * 90 + "]" * 90 + ")",
        "f" * 20_000,
        "f(" + "1" * 5000 + ")",
        "f(" + "9**" * 500 + "9)",
        "not " * 2000 + "1",
        "f(" + "1 if 1 else " * 800 + "1)",
    ],
)
def test_size_and_depth_are_errors_of_their_own(text: str) -> None:
    with pytest.raises(CallSyntaxError):
        parse(text)


def test_nothing_is_evaluated() -> None:
    for prefix in PREFIXES:
        assert parse(f"{prefix}.exit()") == Call("exit")


def test_a_value_may_be_no_call() -> None:
    assert parse_value("[1, 2.5, 'a']") == (1, 2.5, "a")
