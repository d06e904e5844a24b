"""The network and its exported form."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs wince[train]")

from tests.support.training_sample import network_with_statistics
from wince.faces.spec import IMAGENET_MEAN, IMAGENET_STD
from wince.training.networks.network import ExportedNetwork


def test_exported_scores_are_those_of_the_network_times_their_scales() -> None:
    net = network_with_statistics(3)
    pixels = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    with torch.no_grad():
        expected = net((pixels.permute(0, 3, 1, 2) / 255 - mean) / std) * torch.tensor([1, 1, 0.2])
        scores, _ = ExportedNetwork(net, IMAGENET_MEAN, IMAGENET_STD, (1, 1, 0.2)).eval()(pixels)
    torch.testing.assert_close(scores, expected, atol=1e-5, rtol=1e-5)


def test_maps_are_an_exact_split_of_the_scores() -> None:
    exported = ExportedNetwork(
        network_with_statistics(6), IMAGENET_MEAN, IMAGENET_STD, (1,) * 6
    ).eval()
    pixels = torch.randint(0, 256, (2, 96, 96, 3), dtype=torch.uint8)
    with torch.no_grad():
        scores, maps = exported(pixels)
    assert maps.shape == (2, 6, 3, 3)
    torch.testing.assert_close(maps.sum((2, 3)) + exported.bias, scores, atol=1e-5, rtol=1e-5)


def test_maps_equal_grad_cam_at_the_last_layer() -> None:
    net = network_with_statistics(2)
    exported = ExportedNetwork(net, IMAGENET_MEAN, IMAGENET_STD, (1, 1)).eval()
    pixels = torch.randint(0, 256, (1, 96, 96, 3), dtype=torch.uint8)
    features_of_layer4 = []
    handle = net.layer4.register_forward_hook(lambda *call: features_of_layer4.append(call[2]))
    images = (pixels.float() - exported.mean).div(exported.std).permute(0, 3, 1, 2)
    score = net(images)[0, 1]
    handle.remove()
    features = features_of_layer4[0]
    features.retain_grad()
    score.backward()
    weights = features.grad.sum((2, 3), keepdim=True)  # Selvaraju et al. 2017, equation 1
    cam = (weights * features).sum(1)[0].detach() / features[0, 0].numel()
    with torch.no_grad():
        _, maps = exported(pixels)
    np.testing.assert_allclose(maps[0, 1].numpy(), cam.numpy(), atol=1e-5)
