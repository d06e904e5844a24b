"""Architectures by name."""

import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from wince.errors import ModelError
from wince.faces.spec import FaceSpec
from wince.training.networks import architectures, initial_weights
from wince.training.networks.network import ExportedNetwork


@pytest.mark.parametrize("name", ["mobilenet", "vit_small"])
def test_every_output_is_an_exact_sum_over_the_grid(name: str) -> None:
    spec = architectures.face_spec(name, FaceSpec(size=32))
    network = architectures.build(name, 2, spec.size).eval()
    exported = ExportedNetwork(network, spec.mean, spec.std, (1.0, 1.0)).eval()
    pixels = torch.randint(0, 256, (3, 32, 32, 3), dtype=torch.uint8)
    with torch.no_grad():
        scores, maps = exported(pixels)
        expected = network(initial_weights.normalised(pixels.numpy(), spec))
    torch.testing.assert_close(scores, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(maps.sum((2, 3)) + network.fc.bias, scores)
    assert maps.shape[2] == maps.shape[3]


def test_an_unknown_name_or_size_is_refused() -> None:
    with pytest.raises(ModelError, match=r"no architecture 'vgg'; expected one of resnet18"):
        architectures.build("vgg", 1, 224)
    with pytest.raises(ModelError, match=r"in steps of 16, found 100"):
        architectures.build("vit_small", 1, 100)
    with pytest.raises(ModelError, match=r"inception_v3 takes images of 75 pixels or more"):
        architectures.face_spec("inception_v3", FaceSpec(size=64))
