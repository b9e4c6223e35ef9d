"""What rules must not misread: right programs and tables that look like a fault, each beside a fault that is one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, TensorDataset, WeightedRandomSampler

import modelwright
from check_cases_leakage import LEAKAGE, LETTERS
from check_cases_program import program
from check_facts import at_warning, split
from check_facts import table as columns
from corpus.rows import table
from corpus.tables import flowers, houses
from modelwright.checks.facts import Facts
from modelwright.checks.leakage import l204_same_rows as l204
from modelwright.checks.leakage import l207_future_in_training as l207
from modelwright.checks.loss import h502_sigmoid_and_bce as h502
from modelwright.checks.loss import h508_class_weights as h508
from modelwright.checks.optimizer import o605_learning_rate as o605
from modelwright.checks.program.rows import rows_of
from modelwright.checks.program.sampler import drawn
from modelwright.checks.shape import s310_steps_mixed as s310
from modelwright.data.columns import Timeline

UNCOMMON = torch.cat([torch.ones(90), torch.zeros(166)]).long()
SITE = torch.cat([torch.zeros(200), torch.ones(56)]).long()


class Held(Dataset[Any]):
    """Rows with `targets` of any kind beside them, as torchvision's data sets have."""

    def __init__(self, targets: Any) -> None:
        self.x, self.y = table(96, classes=2)
        self.targets = targets

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.x[index], self.y[index]


@pytest.mark.parametrize("targets", [["a.xml"] * 96, [{"boxes": 1}] * 96, [0.5] * 96, np.zeros(96)])
def test_targets_of_any_kind_pass(targets: Any) -> None:
    data = Held(targets)
    for sampler in (None, WeightedRandomSampler([0.5] * 96, 96)):
        loader = DataLoader(data, 32, sampler=sampler)
        assert drawn(loader) == () and rows_of(loader).loader is not None


def test_how_classes_are_drawn() -> None:
    many = torch.arange(100_000) % 50_000  # one mask for each of them would take 5 GB
    weights = torch.arange(100_000, dtype=torch.float64)
    made = drawn(DataLoader(TensorDataset(many, many), 32, sampler=WeightedRandomSampler(weights.tolist(), 9)))
    assert made[:2] == ((0, 25_000.0, 2), (1, 25_001.0, 2)) and len(made) == 50_000
    data = Held(UNCOMMON[:96].tolist())
    assert drawn(DataLoader(data, 32, sampler=WeightedRandomSampler([0.5] * 96, 9))) == ((0, 0.5, 6), (1, 0.5, 90))


class Losses(nn.Module):
    """A network that is given its labels and answers with the loss of each row."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Linear(8, 2)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(self.net(x), y, reduction="none")


def _sampled(*tensors: Tensor, weights: Tensor, model: nn.Module, loss: Any) -> Callable[[], dict[str, Any]]:
    x, _ = table(256)
    loader = DataLoader(TensorDataset(x, *tensors), 64, sampler=WeightedRandomSampler(weights.tolist(), 256))
    return lambda: {"model": model, "data": loader, "loss": loss}


def _hidden(rows: int, keep: bool = False) -> Callable[[], dict[str, Any]]:
    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.out = nn.Embedding(50, 16, padding_idx=0), nn.Linear(16, 2)
            self.attend = nn.MultiheadAttention(16, 2, batch_first=True)

        def forward(self, words: Tensor) -> Tensor:
            x = self.embed(words)
            mask = words != 0 if keep else words == 0
            return self.out(self.attend(x, x, x, key_padding_mask=mask)[0].nan_to_num().mean(1))

    words = torch.randint(1, 50, (64, 12), generator=torch.Generator().manual_seed(0))
    words[:, 9:] = 0
    words[:rows] = 0
    return lambda: {"model": Reader(), "data": (words, torch.arange(64) % 2), "loss": nn.CrossEntropyLoss()}


def _masked(loss: Callable[[Tensor, Tensor], Tensor]) -> Callable[[], dict[str, Any]]:
    many = (torch.rand(64, 12, generator=torch.Generator().manual_seed(0)) > 0.7).float()
    return lambda: {"model": nn.Sequential(nn.Linear(8, 12)), "data": (table(64)[0], many), "loss": loss}


def _cosine(out: Tensor, y: Tensor) -> Tensor:
    return (1 - (out * y).sum(1) / (out.norm(dim=1) * y.norm(dim=1) + 1e-6)).mean()


def _squares(out: Tensor, y: Tensor) -> Tensor:
    return 1 - ((out * y).sum() / ((out * out).sum() + (y * y).sum()))


def _jaccard(out: Tensor, y: Tensor) -> Tensor:
    both = (out * y).sum(1)
    return 1 - (both / (out.sum(1) + y.sum(1) - both)).mean()


def _climb(maximize: bool) -> Callable[[], dict[str, Any]]:
    def made() -> dict[str, Any]:
        model = nn.Linear(8, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5, maximize=maximize)
        sign = 1 if maximize else -1
        score = lambda out, y: sign * (out.mean() + 2) ** 3  # noqa: E731
        return {"model": model, "data": table(64), "loss": score, "optimizer": optimizer}

    return made


def _steep(rate: float) -> Callable[[], dict[str, Any]]:
    def made() -> dict[str, Any]:
        model = nn.Linear(1, 1, bias=False)
        x = torch.ones(64, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=rate)
        return {"model": model, "data": (x, 3 * x), "loss": nn.MSELoss(), "optimizer": optimizer}

    return made


INVERSE = (1 / torch.bincount(UNCOMMON))[UNCOMMON]
NET, CROSS = nn.Linear(8, 2), nn.CrossEntropyLoss()
SAYS = {
    "labels come before the site": (h508, _sampled(UNCOMMON, SITE, weights=INVERSE, model=Losses(), loss=torch.mul)),
    "rare labels more often": (h508, _sampled(UNCOMMON, weights=INVERSE, model=NET, loss=CROSS)),
    "frequent labels more often": (h508, _sampled(UNCOMMON, weights=1 / INVERSE, model=NET, loss=CROSS), "frequent"),
    "one row of padding": (s310, _hidden(1)),
    "padding alone is looked at": (s310, _hidden(0, keep=True), "wrong way round"),
    "most rows see nothing": (s310, _hidden(40), "wrong way round"),
    "cosine of many labels": (h502, _masked(_cosine)),
    "sums of squares": (h502, _masked(_squares)),
    "union of raw outputs": (h502, _masked(_jaccard), "raw outputs"),
    "a score that is to grow": (o605, _climb(maximize=True)),
    "steps a little too long": (o605, _steep(1.01)),
    "each step makes it worse": (o605, _steep(1.1), "runs away"),
}


@pytest.mark.parametrize("name", SAYS)
def test_a_program(name: str) -> None:
    rule, made, *says = SAYS[name]
    found = at_warning(list(rule.check_program(program(made)()) if rule is not h508 else rule.check(program(made)())))
    assert bool(found) == bool(says), found
    assert all(part in found[0].message for part in says)


def _of(column: Any, name: str = "a", base: Callable[[], pl.DataFrame] = flowers) -> pl.DataFrame:
    return base().with_columns(pl.Series(name, list(column)))


def _things(name: str, many: int) -> pl.DataFrame:
    random = np.random.default_rng(0)
    which = np.arange(600) % many
    y = random.normal(size=many)[which] * 5 + random.normal(size=600)
    return pl.DataFrame({name: [f"n{each}" for each in which], "x": random.normal(size=600), "y": y})


FORM = "weather report of station {} the sky was partly cloudy with light winds from the west and a high near the usual"
HOURS = [f"{1 + i % 12}{'AM' if i % 7 < 3 else 'PM'}" for i in range(300)]
AGES = np.random.default_rng(0).integers(20, 80, 300)
TABLES: dict[str, tuple[str, pl.DataFrame, bool]] = {
    "hours of the day": ("D104", _of(HOURS), False),
    "age and sex": ("D104", _of(f"{age}{'MF'[i % 2]}" for i, age in enumerate(AGES)), False),
    "courses": ("D104", _of(f"{100 + i % 40}{('CS', 'MATH', 'PHYS')[i % 3]}" for i in range(300)), False),
    "grams among kilograms": ("D104", _of(f"{age} {('kg', 'g')[i % 2]}" for i, age in enumerate(AGES)), True),
    "nine either way": ("D104", _of([-9, 0, 9][i % 3] for i in range(300)), False),
    "steps of nine": ("D104", _of([-9, 0, 9, 18, 27][i % 5] for i in range(300)), False),
    "minus nine years": ("D104", _of(-9 if i % 9 == 0 else age for i, age in enumerate(AGES)), True),
    "five machines": ("L208", _things("machine_id", 5), False),
    "sixty machines": ("L208", _things("machine_id", 60), True),
    "a number of a trial": ("L208", _things("trial_number", 60), False),
    "a code of a document": ("L208", _things("document_code", 60), False),
    "a ninth has no label": ("D101", _of((None if i % 9 == 0 else "ab"[i % 2] for i in range(300)), "y"), False),
    "most have no label": ("D101", _of((None if i % 9 < 5 else "ab"[i % 2] for i in range(300)), "y"), True),
    "texts of one form": ("L204", pl.DataFrame({"text": [FORM.format(i) for i in range(300)], "y": AGES}), False),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table(name: str) -> None:
    code, frame, faulty = TABLES[name]
    found = [each for each in modelwright.check(frame, target="y") if each.code == code and each.severity != "note"]
    assert bool(found) == faulty, found


def _told(training: list[str], test: list[str]) -> list[str]:
    n = len(training)
    frame = {"t": [*training, *test], "y": ["a", "b"] * ((n + len(test)) // 2)}
    files = split(np.arange(n), [], np.arange(n, n + len(test)), by="files")
    made = columns(frame, {"t": "text"}, np.where(np.arange(n + len(test)) < n, 0, 2))
    facts = Facts(table=made, targets=("y",), task="binary", split=files, inputs=(LETTERS,))
    return [each.message for each in at_warning(list(l204.check(facts)))]


def test_texts_of_files_given_apart() -> None:
    random = np.random.default_rng(0)
    one, other, fresh = ([" ".join(f"w{k}" for k in random.integers(0, 999, 30)) for _ in range(100)] for _ in "123")
    pairs = [text + end for text in one for end in (" on monday", " on friday")]
    test = [*(text + " today" for text in one[:50]), *fresh[:50]]
    (said,) = _told([*one, *other], test)
    assert said.startswith("50.0% of the test texts are training texts, but for")
    assert _told(pairs, test) == [], "training texts resemble each other as often"
    (said,) = _told([*one, *other], [*one[:50], *fresh[:50]])
    assert "also training rows" in said, "the same texts are told once"


def test_rows_of_a_forecast_are_judged_by_their_time() -> None:
    case = LEAKAGE["L207"][0].facts()
    assert case.table is not None
    forecast = dataclasses.replace(
        case, table=dataclasses.replace(case.table, timeline=Timeline(blocks=((0, 400),), names=("",), step="1d"))
    )
    assert forecast.independent is None and all(forecast.known(need) for need in l207.NEEDS)
    assert at_warning(list(l207.check(forecast)))


def test_a_target_that_changes_once_follows_nothing() -> None:
    days = np.datetime64("2024-01-01") + np.arange(300)
    frame = houses().with_columns(day=pl.Series(days), y=pl.Series([0.0] * 299 + [1.0]))
    found = modelwright.check(frame, target="y", task="regression", split={"shuffle": True})
    assert "L207" not in {each.code for each in found}
