"""The methods that `wince compare --methods` knows, with their sources.

The methods are those of the comparison table in the project's report. Each is made again from what
its paper or the report says of it, at the size and for the epochs that are asked for; none is the
authors' code or has their weights, so the results say nothing about their published numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from wince.training.fitting.recipe import REPORT
from wince.training.fitting.run_settings import Settings
from wince.training.methods.fold_scorer import FoldScorer
from wince.training.networks.architectures import SHALLOW

SMALLEST_FACE = 112
"""Pixels of a face in which its key points are found; no network has to be trained on them."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method.

    Attributes:
        name: Its name in commands, files and tables.
        source: The work that it follows.
        description: What is made here, and what differs.
        adapt: Returns its settings, from those of the comparison.
        scorer: Returns what learns and scores; None for a network that is trained as usual.
    """

    name: str
    source: str
    description: str
    adapt: Callable[[Settings], Settings] = lambda settings: settings
    scorer: Callable[[], FoldScorer] | None = None


def _landmarks() -> FoldScorer:
    from wince.training.methods.landmark_regression import LandmarkScorer

    return LandmarkScorer()


def _flow() -> FoldScorer:
    from wince.training.methods.flow_network import score_fold

    return score_fold


def _large(settings: Settings) -> Settings:
    """Return settings with a face that is large enough to find key points in."""
    spec = replace(settings.recipe.spec, size=max(SMALLEST_FACE, settings.recipe.spec.size))
    return replace(settings, recipe=replace(settings.recipe, spec=spec))


def _shallow(settings: Settings) -> Settings:
    return replace(settings, architecture=SHALLOW)


def _focal(settings: Settings) -> Settings:
    return replace(settings, recipe=replace(settings.recipe, loss="focal"))


def _report(settings: Settings) -> Settings:
    recipe = settings.recipe
    spec = replace(REPORT.spec, size=recipe.spec.size)
    adapted = replace(
        REPORT, spec=spec, epochs=recipe.epochs, batch=recipe.batch, precision=recipe.precision
    )
    return replace(settings, recipe=adapted)


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "landmarks-svr",
            "Kaltwang, Rudovic & Pantic 2012, ISVC, LNCS 7432:368-377",
            "six key points and the cosine transform of the face, support vector regression",
            adapt=_large,
            scorer=_landmarks,
        ),
        Method(
            "shallow-cnn",
            "Rodriguez et al. 2017, as the report describes it",
            "four convolutions and a linear layer",
            adapt=_shallow,
        ),
        Method(
            "flow-3d",
            "Zhao et al. 2019, as the report describes it",
            "eight frames with their optical flow in a network of three 3D convolutions",
            scorer=_flow,
        ),
        Method(
            "resnet18-focal",
            "Wang et al. 2020, as the report describes it; Lin et al. 2017 for the loss",
            "ResNet-18 with the focal loss over the four levels",
            adapt=_focal,
        ),
        Method(
            "report",
            "the project's report",
            "ResNet-18 on whole images, mean absolute error, Adam",
            adapt=_report,
        ),
        Method("wince", "wince's default recipe", "ResNet-18 on aligned faces"),
    )
}
"""The methods by name."""


def _video(name: str) -> FoldScorer:
    from wince.training.methods.video_network import scorer

    return scorer(name)


VIDEO_METHODS: dict[str, Method] = {
    name: Method(
        name,
        "Tran et al. 2018, CVPR: 6450-6459, as torchvision has it",
        "eight frames in a 3D ResNet, from Kinetics-400 weights where they can be had",
        scorer=partial(_video, name),
    )
    for name in ("r3d_18", "mc3_18", "r2plus1d_18")
}
"""Methods for those with a GPU; `--methods all` leaves them out."""
