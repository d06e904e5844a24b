"""The networks over time: streaming equals batch, and nothing depends on later frames."""

import pytest
import torch

from wince.training.over_time.time_network import KINDS, Kind, TimeNetwork

FEATURES, OUTPUTS, WINDOW, LENGTH = 12, 6, 5, 23


def network(kind: Kind, window: int = WINDOW) -> TimeNetwork:
    torch.manual_seed(3)
    made = TimeNetwork(kind, FEATURES, OUTPUTS, window).eval()
    made.standardise_by(torch.randn(50, FEATURES) * 3 + 1)
    for parameter in made.parameters():  # biases that are zero at the start count too
        parameter.data += 0.1 * torch.randn_like(parameter)
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_streaming_gives_the_outputs_of_the_whole_sequence(kind: Kind) -> None:
    made, features = network(kind), torch.randn(3, LENGTH, FEATURES)
    state = torch.zeros(3, made.state_size)
    with torch.no_grad():
        whole = made(features)
        for frame in range(LENGTH):
            outputs, state = made.step(features[:, frame], state)
            torch.testing.assert_close(outputs, whole[:, frame], atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_does_not_depend_on_later_ones(kind: Kind) -> None:
    made, features = network(kind), torch.randn(1, LENGTH, FEATURES)
    changed = features.clone()
    changed[:, 10] += 5
    with torch.no_grad():
        difference = (made(features) - made(changed)).abs().amax(2)[0]
    assert difference[:10].max() == 0
    assert difference[10] > 1e-3


@pytest.mark.parametrize(("kind", "reach"), [("transformer", 5), ("tcn", 7)])
def test_the_window_limits_how_far_back_a_frame_counts(kind: Kind, reach: int) -> None:
    made, features = network(kind), torch.randn(1, LENGTH, FEATURES)
    changed = features.clone()
    changed[:, 8] += 5
    with torch.no_grad():
        difference = (made(features) - made(changed)).abs().amax(2)[0]
    assert difference[8 + reach - 1] > 1e-6
    assert difference[8 + reach :].max() == 0
