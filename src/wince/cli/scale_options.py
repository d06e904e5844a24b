"""Options that state a scale."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from wince.scale import Scale

Target = Annotated[
    str | None,
    typer.Option(
        metavar="SCALE",
        help="The scale of the labels: pspi (the default), vas, opr, nrs, nfcs, slider, a .toml or "
        ".json file, or a new name with --range.",
        show_default=False,
    ),
]
Cuts = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBERS",
        help="With --target: where each level but the lowest begins, such as 1,4,7.",
        show_default=False,
    ),
]
LevelNames = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="With --cuts: names of the levels, such as none,mild,moderate,severe.",
        show_default=False,
    ),
]
ScaleRange = Annotated[
    tuple[float, float] | None,
    typer.Option(
        "--range",
        metavar="LOW HIGH",
        help="With --target: lowest and highest score of the scale.",
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True)
class LevelOptions:
    """The scale of a model, stated to give it levels of one's own."""

    target: Annotated[
        str | None,
        typer.Option(
            metavar="SCALE",
            help="The model's scale, to state cuts and levels for it, as for wince prepare. "
            "Default: the scale in model.json.",
            show_default=False,
        ),
    ] = None
    score_range: ScaleRange = None
    cuts: Cuts = None
    levels: LevelNames = None

    def scale(self) -> "Scale | None":
        """Return the scale that is stated, None if there is none.

        Raises:
            ScaleError: The options contradict each other, or state no possible scale.
            BadParameter: --range is given without --target.
        """
        if self.target is None and self.score_range is not None:
            raise typer.BadParameter("--range needs --target, which names its scale")
        return stated(self.target, self.score_range, self.cuts, self.levels)


def stated(
    target: str | None,
    score_range: tuple[float, float] | None = None,
    cuts: str | None = None,
    levels: str | None = None,
) -> "Scale | None":
    """Return the scale that the options state, None if they state none.

    Raises:
        ScaleError: They contradict each other, or state no possible scale.
    """
    from wince.named_scales import ScaleOptions

    return ScaleOptions(target, score_range, cuts, levels).scale()
