"""Model files that are damaged, or forged with the digest made anew: refused with exit 1, fast, in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load as read_tensors

from bad_input import Desk, train_good
from modelwright.ship.artifact import digest

Facts = dict[str, Any]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The model file of a short run."""
    folder = tmp_path_factory.mktemp("trained")
    return train_good(folder).read_bytes()


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, capsys)


def apart(content: bytes) -> tuple[Facts, bytes]:
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def packed(header: Any, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def changed(content: bytes, change: Callable[[Facts], None], signed: bool = True) -> bytes:
    """Change the facts in the header, and make the digest anew as a careful forger would."""
    header, body = apart(content)
    facts = json.loads(header["__metadata__"]["modelwright"])
    change(facts)
    if signed:
        facts["digest"] = digest(read_tensors(content), facts)
    header["__metadata__"]["modelwright"] = json.dumps(facts)
    return packed(header, body)


def refused(desk: Desk, content: bytes, name: str = "model.safetensors") -> str:
    desk.put(name, content)
    text = desk.text("predict", name, "good.csv")
    assert f"--> {name}" in text and "= expected: " in text and "= fix: " in text
    return text


def weights(content: bytes, value: float) -> bytes:
    """Overwrite one number of the largest tensor."""
    header, body = apart(content)
    name = max((n for n in header if n != "__metadata__"), key=lambda n: np.ptp(header[n]["data_offsets"]))
    start = header[name]["data_offsets"][0]
    return packed(header, body[:start] + np.float32(value).tobytes() + body[start + 4 :])


def overlapping(content: bytes) -> bytes:
    header, body = apart(content)
    first, second = [name for name in header if name != "__metadata__"][:2]
    header[second]["data_offsets"] = header[first]["data_offsets"]
    return packed(header, body)


def with_metadata(content: bytes, text: str | None) -> bytes:
    header, body = apart(content)
    if text is None:
        del header["__metadata__"]
    else:
        header["__metadata__"]["modelwright"] = text
    return packed(header, body)


DAMAGED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut in half": (lambda b: b[: len(b) // 2], "R003"),
    "cut in the length": (lambda b: b[:7], "R003"),
    "empty": (lambda b: b"", "R003"),
    "huge header": (lambda b: (1 << 62).to_bytes(8, "little") + b[8:], "R003"),
    "a pickle": (lambda b: b"\x80\x04\x95" + bytes(400), "R003"),
    "overlapping tensors": (overlapping, "R003"),
    "NaN weight": (lambda b: weights(b, float("nan")), "R003"),
    "another weight": (lambda b: weights(b, 3.5), "R003"),
    "no metadata": (lambda b: with_metadata(b, None), "R003"),
    "another's metadata": (lambda b: with_metadata(b, "[]"), "R003"),
    "deep JSON": (lambda b: with_metadata(b, "[" * 100_000 + "]" * 100_000), "R003"),
    "deep header": (lambda b: packed(b"[" * 200_000), "R003"),
    "trailing bytes": (lambda b: b + b"more", "R003"),
}
FORGED: dict[str, tuple[Callable[[Facts], Any], str]] = {
    "unknown version": (lambda f: f["plan"].update(version=99), "R004"),
    "no plan": (lambda f: f.update(plan=None), "R004"),
    "unknown layer": (lambda f: f["plan"]["layers"].__setitem__(0, "Evil(3)"), "R003"),
    "code": (lambda f: f["plan"]["layers"].__setitem__(0, "__import__('os').system('true')"), "R003"),
    "absurd width": (lambda f: f["plan"]["layers"].__setitem__(0, "Linear(5, 99999999999)"), "R003"),
    "number beyond 64 bits": (lambda f: f["plan"]["layers"].__setitem__(0, f"Linear(5, {10**30})"), "R003"),
    "memory bomb": (lambda f: f["plan"]["layers"].insert(0, f"ConstantPad1d({10**14}, 0.5)"), "R003"),
    "recurrent bomb": (lambda f: f["plan"]["layers"].insert(0, "LSTM(5, 1000000, 1000)"), "R003"),
    "nested layers": (lambda f: f["plan"].update(layers=["Sequential(" * 200 + ")" * 200]), "R003"),
    "another activation": (
        lambda f: f["plan"].update(layers=[each.replace("ReLU", "Tanh") for each in f["plan"]["layers"]]),
        "R003",
    ),
    "one class": (lambda f: f["plan"]["outputs"].update(classes=["a"]), "R003"),
    "no inputs": (lambda f: f["plan"].update(inputs=[]), "R003"),
    "fewer categories": (lambda f: f["plan"]["inputs"][1].update(categories=["a"]), "R003"),
    "unknown scaler": (lambda f: f["plan"].update(scale="eval('1')"), "R003"),
    "damaged options": (lambda f: f["plan"]["data"].update(options={"missing": 5, "replace": 7, "dates": 3}), "R003"),
    "wrong types": (lambda f: f["plan"].update(layers={"a": 1}), "R003"),
    "no proof": (lambda f: f.pop("proof"), "R003"),
    "no proof rows": (lambda f: f["proof"].update(rows=[]), "R003"),
    "proof of another kind": (lambda f: f["proof"].update(rows=5, answers="x"), "R003"),
    "words as answers": (lambda f: f["proof"].update(answers=[["x"]]), "R003"),
    "other answers": (lambda f: f["proof"].update(answers=[0.25] * len(f["proof"]["answers"])), "R003"),
}


@pytest.mark.parametrize(("damage", "code"), DAMAGED.values(), ids=list(DAMAGED))
def test_damaged_files(desk: Desk, trained: bytes, damage: Callable[[bytes], bytes], code: str) -> None:
    assert f"error[{code}]" in refused(desk, damage(trained))


@pytest.mark.parametrize(("change", "code"), FORGED.values(), ids=list(FORGED))
def test_forged_plans(desk: Desk, trained: bytes, change: Callable[[Facts], Any], code: str) -> None:
    assert f"error[{code}]" in refused(desk, changed(trained, change))


def test_a_changed_plan_is_seen_though_it_would_load(desk: Desk, trained: bytes) -> None:
    content = changed(trained, lambda facts: facts["plan"]["why"].update(model="another reason"), signed=False)
    assert "digest" in refused(desk, content)


def test_the_untouched_file_answers_rows(desk: Desk, trained: bytes) -> None:
    desk.put("model.safetensors", changed(trained, lambda facts: None))
    code, out, _ = desk.run("predict", "model.safetensors", "good.csv")
    assert code == 0
    assert len(out.splitlines()) == 61


def test_what_is_no_model_file(desk: Desk, trained: bytes) -> None:
    assert "no such file" in desk.text("predict", "gone.safetensors", "good.csv")
    assert "no safetensors file" in desk.text("predict", "good.csv", "good.csv")
    (desk.folder / "other").mkdir()
    assert "`other` is not a run folder" in desk.text("predict", "other", "good.csv")
    assert "there is no run folder" in desk.text("predict", "runs/gone", "good.csv")
