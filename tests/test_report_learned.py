"""What a model learned: gates, attention, gradients, covered pictures and removed words, against torch and by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from modelwright.model.attention import MultiheadAttention, SelfAttention
from modelwright.model.recurrent import GRU, LSTM
from modelwright.report.bitmaps import lit, over, picture, png, signed
from modelwright.report.gallery_html import wall
from modelwright.report.recurrence import gates
from modelwright.report.sections.attention import maps
from modelwright.report.sections.lag import by_lag, reach
from modelwright.report.sections.occlusion import covered
from modelwright.report.sections.tokens import effects, marks
from pictures import image


def learner(core: nn.Module, inputs: tuple[Tensor, ...], answer: Any = None) -> Any:
    """Return what sections look at, for a model by hand whose answers are its outputs unless said otherwise."""
    return SimpleNamespace(core=core, inputs=inputs, answer=answer or (lambda given: core(*given).detach().numpy()))


def evidence(task: str, classes: tuple[str, ...] = ()) -> Any:
    """Return evidence of a task, without a run."""
    outputs = SimpleNamespace(classes=classes, scale=(1.0,), targets=("y",))
    return SimpleNamespace(plan=SimpleNamespace(task=task, outputs=outputs, forecast=None))


@pytest.mark.parametrize("kind", [GRU, LSTM])
@pytest.mark.parametrize("settings", [{}, {"num_layers": 2}, {"bias": False}])
def test_gates_lead_to_the_states_of_torch(kind: type, settings: dict[str, Any]) -> None:
    torch.manual_seed(0)
    layer, x = kind(3, 5, **settings), torch.randn(2, 7, 3)
    found, states = gates(layer, x)
    with torch.no_grad():
        torch.testing.assert_close(states, layer(x))
    for values in found.values():
        assert values.shape == (2, 7, 5) and bool(((values > 0) & (values < 1)).all())


@pytest.mark.filterwarnings("ignore:LSTM with projections")
def test_the_gates_of_both_ways_are_those_of_the_first_layer_read_forwards() -> None:
    layer, x = nn.LSTM(3, 5, batch_first=True, bidirectional=True, proj_size=2), torch.randn(1, 4, 3)
    with torch.no_grad():
        torch.testing.assert_close(gates(layer, x)[1], layer(x)[0][:, :, :2])


def test_a_gate_that_is_held_open_keeps_the_state() -> None:
    layer = GRU(1, 2)
    with torch.no_grad():
        layer.bias_ih_l0[2:4] = 30.0
    found, states = gates(layer, torch.randn(1, 5, 1))
    assert bool((found["update"] > 0.999).all()) and float(states.abs().max()) < 1e-3


@pytest.mark.parametrize("settings", [{}, {"rotary": True}, {"is_causal": True}])
def test_the_maps_of_our_attention_make_its_output(settings: dict[str, Any]) -> None:
    torch.manual_seed(0)
    layer, x = SelfAttention(8, 2, **settings).eval(), torch.randn(1, 6, 8)
    found = torch.from_numpy(maps(layer, x))
    torch.testing.assert_close(found.sum(2), torch.ones(2, 6))
    with torch.no_grad():
        v = layer.in_proj(x)[0, :, 16:].view(6, 2, 4).transpose(0, 1)
        made = layer.out_proj((found @ v).transpose(0, 1).reshape(6, 8))
        torch.testing.assert_close(made, layer(x)[0], atol=1e-6, rtol=1e-5)
    if settings.get("is_causal"):
        assert float(found.triu(1).abs().max()) == 0


@pytest.mark.parametrize("first", [False, True])
def test_the_maps_of_torchs_layers_are_what_torch_says(first: bool) -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 5, 8)
    both = MultiheadAttention(8, 2, is_causal=True).eval()
    later = torch.ones(5, 5, dtype=torch.bool).triu(1)
    with torch.no_grad():
        told = both.attend(x, x, x, attn_mask=later, average_attn_weights=False)[1][0]
    np.testing.assert_allclose(maps(both, x), told.numpy(), atol=1e-6)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=first).eval()
    found = maps(layer, x)
    np.testing.assert_allclose(found.sum(2), 1, atol=1e-6)
    given = layer.norm1(x) if first else x
    with torch.no_grad():
        told = layer.self_attn(given, given, given)[1][0]
    np.testing.assert_allclose(found.mean(0), told.numpy(), atol=1e-6)


class Looks(nn.Module):
    """Gives the sum of the channels of one step, so many before the last that is there."""

    def __init__(self, back: int) -> None:
        super().__init__()
        self.back = back

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        at = (mask.sum(1) - 1 - self.back).clamp(min=0)
        return x[torch.arange(len(x)), at].sum(1, keepdim=True)


@pytest.mark.parametrize("back", [0, 3])
def test_the_lag_is_that_of_the_step_which_is_looked_at_whatever_the_padding(back: int) -> None:
    lengths = torch.tensor([5, 8, 6])
    mask = torch.arange(8) < lengths[:, None]
    made = learner(Looks(back), (torch.randn(3, 8, 2), mask))
    found = by_lag(made, np.arange(3), slice(0, 1))
    wanted = np.zeros(8)
    wanted[back] = 2**0.5  # the norm of a gradient of 1 for each of two channels
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert reach(found) == back + 1


def test_the_gradient_of_texts_is_that_of_the_vectors_of_their_tokens() -> None:
    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(9, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.table(x)[torch.arange(len(x)), (x != 0).sum(1) - 1]

    made = learner(Last(), (torch.tensor([[4, 2, 0], [5, 0, 0]]),))
    assert by_lag(made, np.arange(2), None).tolist() == [1.0, 0.0]


class Corner(nn.Module):
    """The probability of two classes, from the brightness of the upper left quarter alone."""

    def forward(self, x: Tensor) -> Tensor:
        share = x[:, 0, :4, :4].float().mean((1, 2)) / 255
        return torch.stack([share, 1 - share], 1)


def test_covering_counts_where_the_model_looks_and_nowhere_else() -> None:
    shown = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    shown[:, :, :4, :4] = 255
    found = covered(evidence("multiclass", ("a", "b")), learner(Corner(), (shown,)), 0, 8)
    assert found.shape == (8, 8)
    assert bool((found[:4, :4] > 0).all()) and float(np.abs(found[5:, :]).max()) == 0 == float(
        np.abs(found[:, 5:]).max()
    )


def test_the_loss_of_a_cell_is_the_mean_over_the_patches_that_cover_it() -> None:
    shown = torch.full((1, 1, 2, 2), 200, dtype=torch.uint8)
    shown[0, 0, 0, 0] = 0  # the mean is 150
    core = nn.Flatten()
    made = learner(core, (shown,), lambda given: given[0][:, 0, 1, 1].float().numpy())
    found = covered(evidence("regression"), made, 0, 2)
    # four of nine patches are whole cells of the 2×2 picture; those over the last pixel take 50 from the answer
    assert found[1, 1] == pytest.approx(50.0) and found[0, 0] == pytest.approx(50 / 4)


def test_a_word_counts_by_what_its_absence_changes() -> None:
    def answer(given: tuple[Tensor, ...]) -> np.ndarray:
        (numbers,) = given
        return torch.sigmoid(2.0 * (numbers == 3).sum(1) - (numbers == 4).sum(1)).double().numpy()

    texts = torch.tensor([[3, 2, 4, 0], [2, 2, 2, 2], [3, 0, 0, 0]], dtype=torch.int32)
    made = learner(nn.Identity(), (texts,), answer)
    told = evidence("binary", ("no", "yes"))
    numbers, values, _ = effects(told, made, 0)
    assert numbers == [3, 2, 4]
    np.testing.assert_allclose(values, [2, 0, -1], atol=1e-5)
    assert marks(values) == [3, 0, -2]
    assert marks(effects(told, made, 1)[1]) == [0, 0, 0, 0]
    np.testing.assert_allclose(effects(told, made, 2)[1], [2], atol=1e-5)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=20))
def test_marks_go_with_the_sign_and_the_size(values: list[float]) -> None:
    found = marks(np.array(values))
    assert all(mark * value >= 0 for mark, value in zip(found, values, strict=True))
    order = np.argsort(np.abs(values), kind="stable")
    assert bool((np.diff(np.abs(np.array(found))[order]) >= 0).all())


def test_pictures_are_png_files_of_their_own_bytes() -> None:
    from base64 import b64decode
    from io import BytesIO

    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 4)).astype(np.uint8)
    source = png(picture(pixels))
    read = Image.open(BytesIO(b64decode(source.partition(",")[2])))
    assert np.array_equal(np.asarray(read), np.asarray(image(pixels)))
    assert picture(np.zeros((1, 400, 200), np.uint8)).shape == (112, 56)
    assert picture(np.full((2, 3, 3), 7, np.uint8)).tolist() == [[7] * 3] * 3


def test_colours_are_even_around_zero_and_bounded() -> None:
    values = np.array([[-2.0, -1.0, 0.0, 1.0, 2.0]])
    colours = signed(values, 1.0)
    assert colours[0, 2].tolist() == [255, 255, 255] and (colours[0, 0] == colours[0, 1]).all()
    assert lit(np.array([[-1.0, 0.0]]), 0.0)[0, 0].tolist() == [68, 1, 84]
    grey = over(np.full((4, 4), 100, np.uint8), np.zeros((2, 2)), 1.0)
    assert (grey == grey[0, 0]).all() and grey[0, 0, 0] == grey[0, 0, 2]


def test_a_picture_from_elsewhere_is_refused() -> None:
    with pytest.raises(ValueError, match="within the page"):
        wall([{"label": "", "width": 9, "pictures": [{"source": "https://example.org/x.png", "alt": "x"}]}])
