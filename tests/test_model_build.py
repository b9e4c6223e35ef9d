"""Models from plans: weights by seed alone, embeddings, names of the weights."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from modelwright.data.arrays import Arrays
from modelwright.errors import SpecError
from modelwright.model.blocks import EMBEDDING_RANGE, Concat, Embed, Residual
from modelwright.model.build import RowModel, build, make_layers, seeded
from modelwright.model.layers import make_layer
from modelwright.model.preprocess import Preprocess
from modelwright.model.trace import trace
from modelwright.plan.plan import DataPlan, ExecutionPlan, InputPlan, OutputPlan, Plan, SplitPlan, TrainPlan
from modelwright.spec.call import parse

NUMBERS = (
    InputPlan(name="a", kind="numeric", encoding="number", why=""),
    InputPlan(name="b", kind="numeric", encoding="number", why=""),
)
CITY = InputPlan(name="c", kind="category", encoding="embedding", why="", categories=("x", "y", "z"), dim=4)
IMPUTE = "SimpleImputer(strategy='median')"


def plan_of(inputs: tuple[InputPlan, ...], layers: tuple[str, ...]) -> Plan:
    return Plan(
        modelwright="0",
        task="regression",
        data=DataPlan(paths=(), format="csv", options={}, rows=4, fingerprint=""),
        inputs=inputs,
        unused={},
        outputs=OutputPlan(targets=("t",), kind="numeric", mean=(0.0,), scale=(1.0,)),
        split=SplitPlan(
            by="random",
            test_size=0.2,
            validation_size=0.1,
            random_state=0,
            shuffle=True,
            stratify=False,
            rows=(2, 1, 1),
        ),
        scale="none",
        impute=IMPUTE,
        recipe=None,
        layers=layers,
        loss="MSELoss",
        optimizer="SGD",
        scheduler=None,
        train=TrainPlan(
            epochs=1, batch_size=2, seed=0, patience=None, clip_grad_norm=None, accumulate=1, class_weight=None
        ),
        execution=ExecutionPlan(device="cpu", threads=1, precision="float32"),
        metric="rmse",
        ignore=(),
        why={},
    )


def model_of(inputs: tuple[InputPlan, ...], layers: tuple[str, ...], seed: int = 0) -> RowModel:
    plan = plan_of(inputs, layers)
    return build(plan, Preprocess.blank(plan.inputs, plan.scale, plan.impute), seed)


def plain(seed: int = 0) -> RowModel:
    return model_of(NUMBERS, ("Linear(2, 3)", "Dropout(0.5)", "Linear(3, 1)"), seed)


def embedded(seed: int = 0) -> RowModel:
    return model_of((*NUMBERS, CITY), ("Linear(6, 1)",), seed)


@pytest.mark.parametrize("make", [plain, embedded])
def test_weights_are_a_function_of_the_seed_alone(make: type[RowModel]) -> None:
    first = make(3).state_dict()
    torch.manual_seed(99)
    torch.rand(7)
    before = torch.get_rng_state()
    second, other = make(3).state_dict(), make(4).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], second[name]) for name in first)
    weights = [name for name in first if name.endswith("weight")]
    assert weights and not any(torch.equal(first[name], other[name]) for name in weights)


def test_weights_are_those_of_a_plain_torch_script() -> None:
    torch.manual_seed(5)
    script = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5), nn.Linear(3, 1))
    made = plain(5).core.state_dict()
    assert all(torch.equal(tensor, made[name]) for name, tensor in script.state_dict().items())


def test_the_generator_is_put_back_after_an_error() -> None:
    before = torch.get_rng_state()
    with pytest.raises(ValueError, match="stop"), seeded(1):
        torch.rand(3)
        raise ValueError("stop")
    assert torch.equal(torch.get_rng_state(), before)


def test_names_of_the_weights() -> None:
    assert [name for name in plain().state_dict() if not name.startswith("preprocess.")] == [
        *("layers.0.weight", "layers.0.bias", "layers.2.weight", "layers.2.bias")
    ]
    assert [name for name in embedded().state_dict() if not name.startswith("preprocess.")] == [
        *("layers.0.weight", "layers.0.bias", "front.tables.0.weight")
    ]


def test_without_embeddings_the_core_is_a_plain_sequential() -> None:
    assert type(plain().core) is nn.Sequential


def test_forward_is_preprocessing_then_core() -> None:
    numbers, codes = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.zeros(2, 0, dtype=torch.int64)
    model = plain().eval()
    (x,) = model.preprocess(numbers, codes)
    assert torch.equal(model(numbers, codes), model.core(x))
    model, codes = embedded().eval(), torch.tensor([[1], [0]])
    assert torch.equal(model(numbers, codes), model.core(*model.preprocess(numbers, codes)))


def test_core_and_model_share_weights_and_mode() -> None:
    for model in (plain(), embedded()):
        copied = copy.deepcopy(model)
        for one in (model, copied):
            inner = {id(weight) for weight in one.core.parameters()}
            assert inner == {id(weight) for weight in one.parameters()}
            assert not one.eval().core.training
            assert one.train().core.training
        assert {id(w) for w in model.parameters()}.isdisjoint({id(w) for w in copied.parameters()})


def test_embeddings_start_small_and_unseen_ones_are_zero_and_stay_so() -> None:
    with seeded(0):
        embed = Embed([(50, 8)])
    table = embed.tables[0].weight
    assert table.shape == (51, 8)
    assert table[0].eq(0).all()
    assert table.abs().max() <= EMBEDDING_RANGE
    assert table[1:].std().item() == pytest.approx(EMBEDDING_RANGE / 3**0.5, rel=0.1)
    embed(torch.zeros(2, 1), torch.tensor([[0], [1]])).sum().backward()
    assert embed.tables[0].weight.grad[0].eq(0).all()
    assert embed.tables[0].weight.grad[1].eq(1).all()


def test_embed_puts_vectors_beside_the_numbers() -> None:
    embed = Embed([(3, 2), (2, 1)])
    x = embed(torch.tensor([[7.0]]), torch.tensor([[3, 1]]))
    first, second = embed.tables[0].weight[3], embed.tables[1].weight[1]
    assert torch.equal(x, torch.cat([torch.tensor([7.0]), first, second])[None])


def test_blocks_compute_what_they_say() -> None:
    x = torch.randn(4, 3)
    with seeded(0):
        inner, around = nn.Linear(3, 5), nn.Linear(3, 5)
    torch.testing.assert_close(Residual(inner, nn.ReLU(), shortcut=around)(x), around(x) + inner(x).relu())
    torch.testing.assert_close(Concat(inner, nn.Identity())(x), torch.cat([inner(x), x], 1))


def test_calls_become_torchs_own_modules() -> None:
    layers = make_layers([parse("Residual(Linear(3, 3), ReLU)"), parse("Unflatten(1, [1, 3])")])
    assert isinstance(layers[0], Residual)
    assert layers(torch.zeros(2, 3)).shape == (2, 1, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Conv2D(1, 2, 3)", "did you mean `Conv2d`"),
        ("Linear(3)", "needs `out_features`"),
        ("TransformerEncoderLayer(7, 2)", "torch refuses TransformerEncoderLayer(7, 2): embed_dim must be divisible"),
        ("Module", "Module"),
        ("MSELoss", "is a loss, not a layer"),
        ("__class__", "__class__"),
    ],
)
def test_what_is_no_layer_is_refused(text: str, words: str) -> None:
    with pytest.raises(SpecError) as raised:
        make_layer(parse(text))
    assert words in raised.value.diagnostics[0].message


def test_trace_of_a_plan_counts_every_weight() -> None:
    for inputs, layers in ((NUMBERS, ("Linear(2, 3)", "Linear(3, 1)")), ((*NUMBERS, CITY), ("Linear(6, 1)",))):
        plan = plan_of(inputs, layers)
        model = model_of(inputs, layers)
        assert sum(layer.parameters for layer in trace(plan)) == sum(w.numel() for w in model.core.parameters())
    first = trace(plan_of((*NUMBERS, CITY), ("Linear(6, 1)",)))[0]
    assert (first.name, first.input, first.output) == ("Embed", (2,), (6,))


def test_arrays_go_through_a_fitted_model() -> None:
    plan = plan_of(NUMBERS, ("Linear(2, 1)",))
    numbers = torch.tensor([[0.0, 1.0], [float("nan"), 3.0]])
    arrays = Arrays(numbers=numbers.numpy(), codes=torch.zeros(2, 0, dtype=torch.int64).numpy())
    model = build(plan, Preprocess.fit(plan.inputs, arrays, plan.scale, plan.impute), 0)
    assert model(numbers, torch.from_numpy(arrays.codes)).isfinite().all()
