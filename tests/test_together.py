"""Members of a cohort that step together: each is what it is alone to rounding, and to the bit in any company."""

from __future__ import annotations

import copy
import gc
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor, nn

import modelwright
from modelwright.api import request_for
from modelwright.model.blocks import Embed, Fronted, Residual
from modelwright.model.stacked import Stack, stackable
from modelwright.run.events import Member, Scored
from modelwright.run.folder import Folder
from modelwright.run.request import Interrupted, Stop
from modelwright.run.start import resume, start
from modelwright.training.company import Company
from real import PENGUINS, needs_data
from test_cohort import contents

ACTIVATIONS = [nn.ReLU, nn.GELU, nn.Tanh, nn.SiLU, nn.Softplus]
NORMS = [None, nn.BatchNorm1d, nn.LayerNorm]


def network(width: int, activation: int, norm: int, p: float, residual: bool) -> nn.Sequential:
    inner = [nn.Linear(width, width), ACTIVATIONS[activation](), *([nn.Dropout(p)] if p else [])]
    chosen = NORMS[norm]
    return nn.Sequential(
        nn.Linear(16, width, bias=not residual),
        *([] if chosen is None else [chosen(width)]),
        ACTIVATIONS[activation](),
        *([Residual(*inner)] if residual else inner),
        nn.Linear(width, 16),
    )


def stepped(networks: list[nn.Module], which: list[int], rows: list[Tensor]) -> dict[int, list[Tensor]]:
    """Return what copies of some networks have after a step in this company: outputs, gradients, buffers."""
    copies = copy.deepcopy(networks)
    draws = [torch.Generator().manual_seed(k) for k in range(len(copies))]
    stack = Stack(copies, draws)
    outputs = stack(which, [(rows[k],) for k in which])
    torch.autograd.backward([output.square().mean() for output in outputs])
    stack.spread(which)
    return {k: [y.detach(), *_left(copies[k])] for k, y in zip(which, outputs, strict=True)}


def _left(one: nn.Module) -> list[Tensor]:
    return [*(w.grad for w in one.parameters() if w.grad is not None), *(b.clone() for b in one.buffers())]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([1, 3, 7, 16, 20, 48]),
    st.integers(0, 4),
    st.integers(0, 2),
    st.sampled_from([0.0, 0.3]),
    st.booleans(),
)
def test_a_network_in_company_is_what_it_is_alone(
    width: int, activation: int, norm: int, p: float, residual: bool
) -> None:
    torch.manual_seed(width)
    networks: list[nn.Module] = [network(width, activation, norm, p, residual) for _ in range(4)]
    rows = [torch.randn(32, 16) for _ in networks]
    assert stackable(networks[0])
    every = stepped(networks, [0, 1, 2, 3], rows)
    for which in ([2], [3, 0], [1, 2, 0]):
        for k, found in stepped(networks, which, rows).items():
            assert all(torch.equal(one, other) for one, other in zip(found, every[k], strict=True))
    for k, alone in enumerate(copy.deepcopy(networks)):
        torch.manual_seed(k)
        output = alone(rows[k])
        output.square().mean().backward()
        for one, other in zip(every[k], [output.detach(), *_left(alone)], strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_embedded_categories_in_company() -> None:
    networks: list[nn.Module] = [Fronted(Embed([(4, 2)]), nn.Sequential(nn.Linear(5, 16))) for _ in range(2)]
    batches = [(torch.randn(16, 3), torch.randint(0, 5, (16, 1)), torch.zeros(16)) for _ in networks]
    assert stackable(networks[0])
    expected = [network(*batch[:2]) for network, batch in zip(networks, batches, strict=True)]
    for one, other in zip(Stack(networks, [])([0, 1], batches), expected, strict=True):
        torch.testing.assert_close(one, other)


def test_released_networks_have_weights_of_their_own() -> None:
    networks: list[nn.Module] = [nn.Linear(8, 2) for _ in range(2)]
    before = copy.deepcopy(networks)
    stack = Stack(networks, [])
    shared = networks[0].weight.data_ptr() + 64 == networks[1].weight.data_ptr()  # pyright: ignore
    stack.release()
    with torch.no_grad():
        networks[0].weight.zero_()  # pyright: ignore
    assert shared and torch.equal(networks[1].weight, before[1].weight)  # pyright: ignore


@pytest.mark.parametrize(
    "layer",
    [nn.Conv1d(1, 1, 1), nn.GRU(3, 3), nn.RReLU(), nn.AlphaDropout(0.5), nn.Dropout1d(0.5), nn.Bilinear(2, 2, 2)],
)
def test_other_layers_are_not_stacked(layer: nn.Module) -> None:
    assert not stackable(nn.Sequential(nn.Linear(16, 3), layer))


def test_shared_frozen_and_hooked_weights_are_not_stacked() -> None:
    one, frozen, hooked, odd = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(3, 3)
    frozen.weight.requires_grad = False
    hooked.register_forward_hook(lambda *_: None)
    double = nn.Linear(4, 4, dtype=torch.float64)
    assert stackable(nn.Sequential(one))
    others = [[one, one], [frozen], [hooked], [double], [odd], [nn.ReLU()]]
    assert not any(stackable(nn.Sequential(*layers)) for layers in others)


MODEL = "mlp(hidden=[16], dropout=0.2)"
SEEDS: dict[str, Any] = {"model": MODEL, "train": {"seeds": 3, "epochs": 4}}
KINDS: dict[str, dict[str, Any]] = {
    "default": {},
    "folds of other widths": {"split": {"folds": 3}, "train": {"seeds": 1, "epochs": 4}},
    "norm": {"model": "mlp(hidden=[16, 16], norm=BatchNorm1d)"},
    "clipped": {"train": {"seeds": 3, "epochs": 4, "clip_grad_norm": 0.05}},
    "weighted": {"train": {"seeds": 3, "epochs": 4, "class_weight": "balanced"}},
    "stopped early": {"train": {"seeds": 3, "epochs": 60, "patience": 1}, "optimizer": "SGD(lr=0.5, momentum=0.9)"},
    "plateau": {"scheduler": "ReduceLROnPlateau(patience=0)", "optimizer": "SGD(lr=0.3)"},
    "embedded": {"encode": {"category": "Embedding"}},
}


def trained(tmp_path: Path, description: dict[str, Any], **changed: Any) -> modelwright.Run:
    given: dict[str, Any] = {**SEEDS, **description}
    given["train"] = {**given["train"], **changed}
    return modelwright.train(PENGUINS, target="species", runs=tmp_path, **given)


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@needs_data
@pytest.mark.parametrize("kind", KINDS)
def test_a_member_is_what_it_is_alone_and_in_any_company(kind: str, tmp_path: Path) -> None:
    run = trained(tmp_path, KINDS[kind])
    members = sorted((run.path / "members").iterdir())
    assert all(Folder(member).plan().execution.together for member in members) and len(members) == 3
    if kind.startswith("folds"):
        assert len({Folder(member).plan().layers[0] for member in members}) > 1
        return
    fewer = trained(tmp_path, KINDS[kind], seeds=2)
    assert not any(plan.execution.together for plan in [alone(tmp_path, kind).plan])
    for member in members[:2]:
        for name in ("model.safetensors", "metrics.jsonl", "score.json"):
            assert (member / name).read_bytes() == (fewer.path / "members" / member.name / name).read_bytes()
    first, own = records(members[0]), records(alone(tmp_path, kind).path)
    assert [each["loss"] for each in first[:4]] == pytest.approx([each["loss"] for each in own[:4]], rel=1e-3)
    if kind != "stopped early":  # where the last bits can decide which epoch is the last
        one, other = (load_file(path / "model.safetensors") for path in (members[0], alone(tmp_path, kind).path))
        assert all(torch.allclose(one[name], other[name], rtol=1e-2, atol=1e-3) for name in one)


def alone(tmp_path: Path, kind: str) -> modelwright.Run:
    found = [modelwright.Run(path) for path in (tmp_path / "alone").glob("*")]
    return found[0] if found else trained(tmp_path / "alone", KINDS[kind], seeds=1)


@needs_data
@pytest.mark.parametrize("description", [{"train": {"seeds": 2, "accumulate": 2}}, {"model": "mlp(hidden=[600, 600])"}])
def test_what_does_not_fit_trains_in_turns(description: dict[str, Any], tmp_path: Path) -> None:
    run = trained(tmp_path, description, epochs=1, seeds=2)
    assert not Folder(run.path / "members/seed-0").plan().execution.together


@needs_data
def test_all_members_are_saved_when_one_is_stopped(tmp_path: Path) -> None:
    whole = modelwright.train(PENGUINS, target="species", runs=tmp_path / "whole", name="run", **SEEDS)
    request = request_for(PENGUINS, target="species", description=SEEDS)
    with pytest.raises(Interrupted):
        for event in start(request, tmp_path, "run"):
            request.stop.asked = isinstance(event, dict) and event["epoch"] == 2
    stopped = tmp_path / "run-1"
    assert len(list(stopped.glob("members/*/checkpoint/last.safetensors"))) == 3
    shutil.rmtree(stopped / "members/seed-1")  # as where the process was killed before it began
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    torch.set_num_threads(2)
    list(resume(stopped, Stop()))
    assert torch.equal(before, torch.get_rng_state()) and torch.get_num_threads() == 2
    torch.set_num_threads(threads)
    assert contents(stopped) == contents(whole.path)


@needs_data
@pytest.mark.parametrize("seconds", [0.02, 0.15, 0.4])
def test_a_killed_cohort_goes_on_to_the_same_bits(seconds: float, tmp_path: Path) -> None:
    given: dict[str, Any] = {**SEEDS, "train": {"seeds": 3, "epochs": 60, "checkpoint_seconds": 0}}
    whole = modelwright.train(PENGUINS, target="species", runs=tmp_path / "whole", name="run", **given)
    code = (
        "import json, sys, modelwright\n"
        "modelwright.train(sys.argv[1], target='species', runs='.', name='run', **json.loads(sys.argv[2]))\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(PENGUINS), json.dumps(given)], cwd=tmp_path)
    deadline = time.monotonic() + 100
    while not list(tmp_path.glob("run-1/members/seed-2/checkpoint/last*")) and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    child.wait()
    list(resume(tmp_path / "run-1", Stop()))
    assert contents(tmp_path / "run-1") == contents(whole.path)


@needs_data
def test_what_ends_one_member_leaves_the_others_saved(tmp_path: Path) -> None:
    """The second of three meets a loss that is no number; all of them can be gone on with."""
    events = start(request_for(PENGUINS, target="species", description=SEEDS), tmp_path, "run")
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    with pytest.raises(modelwright.RunError, match="R005"):
        for event in events:
            if isinstance(event, dict) and event["epoch"] == 1:
                company = next(each for each in gc.get_objects() if type(each) is Company and each.members)
                with torch.no_grad():
                    next(company.members[1].trainer.model.parameters()).fill_(torch.nan)
    assert len(list(tmp_path.glob("run-1/members/seed-[02]/checkpoint/last.safetensors"))) == 2
    assert torch.equal(before, torch.get_rng_state()) and torch.get_num_threads() == threads


@needs_data
def test_what_torch_refuses_of_one_member_is_told_in_its_run(tmp_path: Path) -> None:
    events = start(request_for(PENGUINS, target="species", description=SEEDS), tmp_path, "run")

    def refuses() -> None:
        raise RuntimeError("no step")

    with pytest.raises(modelwright.RunError, match=r"R007.*no step"):
        for event in events:
            if isinstance(event, dict) and event["epoch"] == 1:
                company = next(each for each in gc.get_objects() if type(each) is Company and each.members)
                company.members[1].step = refuses
    assert len(list(tmp_path.glob("run-1/members/seed-[02]/checkpoint/last.safetensors"))) == 2


@needs_data
def test_who_goes_on_longer_is_told_to_the_end(tmp_path: Path) -> None:
    given = {**SEEDS, **KINDS["stopped early"]}
    told: list[str | int] = []
    for event in start(request_for(PENGUINS, target="species", description=given), tmp_path, "run"):
        match event:
            case Member(name=name):
                told.append(name)
            case dict():
                told.append(event["epoch"])
            case Scored() if event.path.parent.name == "members":
                told.append(f"{event.path.name} scored")
            case _:
                pass
    names = [each for each in told if isinstance(each, str)]
    assert names == [word for k in range(3) for word in (f"seed-{k}", f"seed-{k} scored")], told
    lengths = [len(records(tmp_path / f"run-1/members/seed-{k}")) for k in range(3)]
    assert len(set(lengths)) > 1 and sum(isinstance(each, int) for each in told) == max(lengths), told


@needs_data
def test_a_step_that_cannot_be_made_is_told_as_alone(tmp_path: Path) -> None:
    with pytest.raises(modelwright.DataError, match=r"H508|S301"):
        trained(tmp_path / "runs", {"loss": "CrossEntropyLoss(weight=[1.0, 2.0])"}, seeds=2)
    assert not (tmp_path / "runs").exists()
