"""Augmentation of a batch."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support.frames import Frame
from wince import images
from wince.faces.align import align
from wince.faces.detect import detect
from wince.faces.spec import FaceSpec
from wince.training.fitting.augment import Strength, augment, centre_crop

STILL = Strength(*(0.0 for _ in Strength.__slots__))


def only(name: str, amount: float) -> Strength:
    """One change and no other."""
    return replace(STILL, **{name: amount})


def dots(where: list[tuple[float, float]], size: int = 140) -> torch.Tensor:
    """A grey image with a bright dot at each place (x, y in units of its side)."""
    images = torch.full((1, 3, size, size), 40, dtype=torch.uint8)
    for x, y in where:
        column, row = int(x * size), int(y * size)
        images[0, :, row - 1 : row + 2, column - 1 : column + 2] = 255
    return images


def test_the_centre_crop_is_what_the_model_sees_outside_training(frames: list[Frame]) -> None:
    rgb = images.read(frames[0].path).rgb
    face, spec = detect(rgb)[0], FaceSpec(size=112)
    stored = align(rgb, face, spec.widened(1.25, 140))
    expected = align(rgb, face, spec)
    centred = centre_crop(torch.from_numpy(stored).permute(2, 0, 1)[None], 112, 1.25)
    difference = centred[0].permute(1, 2, 0).numpy() * 255 - expected
    assert np.abs(difference).mean() < 1


@pytest.mark.parametrize("seed", range(5))
def test_points_move_with_the_image(seed: int) -> None:
    torch.manual_seed(seed)
    where = [(0.42, 0.45), (0.6, 0.55)]
    strength = Strength(light=0, contrast=0, tint=0, noise=0, blur=0, grey=0, cover=0, flip=False)
    for place in where:
        images, moved = augment(dots([place]), 112, 1.25, strength, torch.tensor([[place]]))
        assert moved is not None
        bright = (images[0, 0] > 0.6).nonzero().float().mean(0) + 0.5
        expected = moved[0, 0].flip(0) * 112
        torch.testing.assert_close(bright, expected, atol=1.5, rtol=0)


def test_no_strength_changes_nothing() -> None:
    crops = torch.randint(0, 256, (2, 3, 140, 140), dtype=torch.uint8)
    images, _ = augment(crops, 112, 1.25, STILL)
    torch.testing.assert_close(images, centre_crop(crops, 112, 1.25))


@pytest.mark.parametrize("name", ["turn", "zoom", "shift", "light", "contrast", "tint", "noise"])
def test_each_change_changes_the_images_and_stays_on_the_scale(name: str) -> None:
    torch.manual_seed(0)
    crops = torch.randint(60, 200, (8, 3, 70, 70), dtype=torch.uint8)
    changed, _ = augment(crops, 56, 1.25, only(name, 0.3))
    assert not torch.allclose(changed, centre_crop(crops, 56, 1.25), atol=1e-3)
    assert changed.min() >= 0
    assert changed.max() <= 1


@pytest.mark.parametrize("name", ["blur", "grey", "cover"])
def test_each_random_change_happens_with_probability_one(name: str) -> None:
    torch.manual_seed(0)
    crops = torch.randint(60, 200, (8, 3, 70, 70), dtype=torch.uint8)
    changed, _ = augment(crops, 56, 1.25, only(name, 1.0))
    assert not torch.allclose(changed, centre_crop(crops, 56, 1.25), atol=1e-3)


def test_grey_takes_all_colour_away() -> None:
    crops = torch.randint(0, 256, (4, 3, 70, 70), dtype=torch.uint8)
    changed, _ = augment(crops, 56, 1.25, only("grey", 1.0))
    torch.testing.assert_close(changed[:, 0], changed[:, 1])
    torch.testing.assert_close(changed[:, 0], changed[:, 2])
