"""Random transforms of batches: each against the transform of one picture, worked out by hand or by Pillow."""

from __future__ import annotations

import colorsys
import math

import numpy as np
import pytest
import torch
from PIL import Image

from modelwright.model.pictures import GREY
from modelwright.training.augment.build import augmentation
from modelwright.training.augment.colours import ColorJitter, RandomErasing
from modelwright.training.augment.crops import RandomCrop, RandomFlip, RandomResizedCrop, weights
from modelwright.training.augment.mixes import Mix, targets
from modelwright.training.augment.warps import RandomAffine
from pictures import shades

N = 64


def batch(channels: int = 3, side: int = 12) -> torch.Tensor:
    return torch.from_numpy(shades(N, channels, side).copy())


def draws(count: int) -> torch.Tensor:
    return torch.rand(N, count, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_a_crop_is_a_slice_of_the_padded_picture(mode: str) -> None:
    x, u = batch(), draws(2)
    made = RandomCrop(size=(10, 12), padding=2, fill=9, padding_mode=mode)(x, u)
    assert made.dtype == torch.uint8
    options = {"constant_values": 9} if mode == "constant" else {}
    for n in range(N):
        padded = np.pad(x[n].numpy(), ((0, 0), (2, 2), (2, 2)), mode=mode, **options)
        top, left = int(u[n, 0] * 7), int(u[n, 1] * 5)
        assert (made[n].numpy() == padded[:, top : top + 10, left : left + 12]).all()


def test_every_crop_occurs() -> None:
    x = torch.arange(36).view(1, 1, 6, 6).expand(N * 20, 1, 6, 6)
    made = RandomCrop(size=(4, 4))(x, torch.rand(N * 20, 2, generator=torch.Generator().manual_seed(1)))
    assert len(made[:, 0, 0, 0].unique()) == 9


@pytest.mark.parametrize("axis", [-1, -2])
def test_a_flip_mirrors_its_share(axis: int) -> None:
    x, u = batch(), draws(1)
    made = RandomFlip(p=0.3, axis=axis)(x, u)
    for n in range(N):
        assert torch.equal(made[n], x[n].flip(axis) if u[n, 0] < 0.3 else x[n])


def test_a_resized_crop_is_what_pillow_makes_of_the_box() -> None:
    x, change = batch(side=24), RandomResizedCrop(size=(8, 10))
    u = draws(change.draws)
    made = change(x, u)
    top, left, tall, wide = (value.int().tolist() for value in change.boxes(24, 24, u))
    for n in range(N):
        assert 0.05 <= tall[n] * wide[n] / 576 <= 1 and 0 <= top[n] <= 24 - tall[n] and 0 <= left[n] <= 24 - wide[n]
        box = (left[n], top[n], left[n] + wide[n], top[n] + tall[n])
        image = Image.fromarray(x[n].permute(1, 2, 0).numpy()).crop(box).resize((10, 8), Image.Resampling.BILINEAR)
        assert np.abs(made[n].permute(1, 2, 0).int().numpy() - np.asarray(image, dtype=int)).max() <= 1


def test_a_box_that_never_fits_is_the_middle() -> None:
    change = RandomResizedCrop(size=(4, 4), scale=(1.0, 1.0), ratio=(3.9, 4.0))
    top, left, tall, wide = change.boxes(8, 16, draws(change.draws))
    assert tall.tolist() == [round(16 / 3.9)] * N and wide.tolist() == [16] * N
    assert (left == 0).all() and (top == 2).all()


def test_weights_of_a_step_of_one_are_the_identity() -> None:
    found = weights(torch.zeros(2), torch.full((2,), 5.0), 5, 5)
    assert torch.allclose(found, torch.eye(5).expand(2, 5, 5))


@pytest.mark.parametrize("angle", [0.0, 90.0, 180.0, 270.0])
def test_a_rotation_by_right_angles_is_a_turn(angle: float) -> None:
    x = batch()
    made = RandomAffine(degrees=(angle, angle), sign=-1.0)(x, draws(6))
    assert torch.equal(made, torch.rot90(x, int(angle // 90), (2, 3)))


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_an_affine_map_is_pillows(interpolation: str) -> None:
    x, u = batch(1, 16), draws(6)
    change = RandomAffine(
        degrees=(-30, 30),
        translate=(0.2, 0.1),
        scale=(0.8, 1.3),
        shear_x=(-10, 10),
        interpolation=interpolation,
        fill=7,
    )
    made = change(x, u)
    wrong = 0
    for n in range(N):
        angle, scale, shear = -30 + 60 * float(u[n, 0]), 0.8 + 0.5 * float(u[n, 3]), -10 + 20 * float(u[n, 4])
        shift = [round((2 * float(u[n, 1 + i]) - 1) * share * 16) for i, share in ((0, 0.2), (1, 0.1))]
        a, s = math.radians(angle), math.radians(shear)
        forward = (
            np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]]) @ [[1, -math.tan(s)], [0, 1]] * scale
        )
        inverse = np.linalg.inv(forward)
        offset = inverse @ [-8 - shift[0], -8 - shift[1]] + 8  # Pillow's map of pixel centres
        matrix = (*inverse[0], offset[0], *inverse[1], offset[1])
        how = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR}[interpolation]
        image = Image.fromarray(x[n, 0].numpy()).transform((16, 16), Image.Transform.AFFINE, matrix, how, fillcolor=7)
        inside = made[n, 0].int() - torch.from_numpy(np.array(image, dtype=int))
        wrong += int((inside.abs() > 2).sum())
    assert wrong / made.numel() < (0.02 if interpolation == "nearest" else 0.25)  # borders are blended otherwise


@pytest.mark.parametrize("kind", ["brightness", "contrast", "saturation", "hue"])
def test_colours_change_as_the_formula_says(kind: str) -> None:
    x, u = batch(), draws(8)
    span = (-0.2, 0.3) if kind == "hue" else (0.5, 1.6)
    made = ColorJitter(**{kind: span})(x, u)
    column = ("brightness", "contrast", "saturation", "hue").index(kind)
    for n in range(0, N, 7):
        factor = span[0] + (span[1] - span[0]) * float(u[n, column])
        picture = x[n].double().numpy() / 255
        grey = np.tensordot(np.array(GREY), picture, 1)
        if kind == "hue":
            pixels = [colorsys.rgb_to_hsv(*pixel) for pixel in picture.reshape(3, -1).T]
            wanted = np.array([colorsys.hsv_to_rgb((h + factor) % 1, s, v) for h, s, v in pixels]).T.reshape(
                picture.shape
            )
        else:
            other = {"brightness": 0.0, "contrast": grey.mean(), "saturation": grey}[kind]
            wanted = np.clip(factor * picture + (1 - factor) * other, 0, 1)
        assert np.abs(made[n].double().numpy() - 255 * wanted).max() <= 1


def test_all_four_changes_come_in_every_order() -> None:
    order = draws(8)[:, 4:].argsort(1)
    assert len({tuple(row) for row in order.tolist()}) > 15
    x = batch()
    assert torch.equal(ColorJitter(brightness=(1, 1), contrast=(1, 1), saturation=(1, 1), hue=(0, 0))(x, draws(8)), x)


def test_a_rectangle_is_erased_in_its_share() -> None:
    x = torch.full((N, 3, 20, 20), 200, dtype=torch.uint8)
    made = RandomErasing(p=0.5, scale=(0.1, 0.2), value=0.5)(x, draws(23))
    gone = (made == 128).all(1)
    erased = gone.any((1, 2))
    assert 0.3 < erased.float().mean() < 0.7 and torch.equal(made[~erased], x[~erased])
    for one in gone[erased]:
        rows, columns = one.any(1).sum(), one.any(0).sum()
        assert one.sum() == rows * columns and 0.07 <= float(one.float().mean()) <= 0.24


@pytest.mark.parametrize("cut", [False, True])
def test_mixed_pictures_and_targets_have_the_same_shares(cut: bool) -> None:
    mix = Mix(alpha=1.0, cut=cut)
    x = torch.zeros(4, 1, 10, 10)
    x[0] = 1
    for row in range(20):
        draw = mix.draw(3, 2, row, 0)
        assert draw == mix.draw(3, 2, row, 0) and draw != mix.draw(3, 3, row, 0)
        pictures, share = mix.pictures(x, draw)
        assert pictures[0].mean() == pytest.approx(share, abs=1e-5)
        assert pictures[1].mean() == pytest.approx(1 - share, abs=1e-5)
        soft = targets(torch.tensor([2, 0, 1, 1]), share, 3)
        assert soft[0].tolist() == pytest.approx([0, 1 - share, share])
        assert torch.allclose(soft.sum(1), torch.ones(4))


EVERY = [
    *("RandomCrop(12, padding=2)", "RandomResizedCrop(12)", "RandomHorizontalFlip", "RandomVerticalFlip"),
    *("RandomRotation(10)", "RandomAffine(5, translate=(0.1, 0.1), scale=(0.9, 1.1), shear=5)", "RandomErasing"),
    *("ColorJitter(0.2, 0.2, 0.2, 0.1)", "MixUp(alpha=0.2)", "CutMix"),
]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("text", EVERY)
def test_each_is_a_function_of_seed_epoch_and_row(text: str, channels: int) -> None:
    change = augmentation([text], seed=5, classes=3)
    assert change is not None
    rows, x, y = torch.arange(N) * 7, batch(channels), torch.arange(N) % 3
    first, again, later = (change(epoch, rows, (x, y)) for epoch in (4, 4, 5))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], later[0])
    assert first[0].shape == x.shape and torch.equal(x, batch(channels))
    other = augmentation([text], seed=6, classes=3)
    assert other is not None and not torch.equal(other(4, rows, (x, y))[0], first[0])
    if "Mix" not in text:
        part = change(4, rows[10:20], (x[10:20], y[10:20]))[0]
        assert torch.equal(part, first[0][10:20])


def test_two_mixes_take_turns() -> None:
    change = augmentation(["MixUp", "CutMix"], seed=0, classes=3)
    assert change is not None
    kinds = [change(epoch, torch.arange(4), (batch()[:4], torch.arange(4) % 3))[0].dtype for epoch in range(20)]
    assert {torch.float32, torch.uint8} == set(kinds)
