"""What a method that is no network of ours has to do: learn from one fold and score its faces."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wince.training.data.folds import Split
from wince.training.data.pixel_cache import Pixels
from wince.training.data.prepared import ModelData
from wince.training.fitting.run_settings import Settings

FROM_NOTHING = "nothing: it has no weights to begin from"


@dataclass(frozen=True, slots=True)
class FoldTask:
    """A fold to learn from.

    Attributes:
        data: Prepared data.
        pixels: Images of all its frames, see `pixel_cache.load`.
        split: Rows to train, validate and test on.
        settings: Settings; a method uses recipe, seed and spec as far as it has their like.
        progress: Called with (step, done, in all).
        message: Called with what a user must know, in sentences.
    """

    data: ModelData
    pixels: Pixels
    split: Split
    settings: Settings
    progress: Callable[[str, int, int], None]
    message: Callable[[str], None] = lambda text: None


@dataclass(frozen=True, slots=True)
class FoldResult:
    """What a method has learned.

    Attributes:
        validation: Raw scores of the rows to validate on, shape (V,).
        test: Raw scores of the rows to test on, shape (T,).
        parameters: Number of learned numbers.
        milliseconds: Time of one face on one thread, the median of several.
        began_from: The weights that learning began from, in words.
    """

    validation: NDArray[np.float64]
    test: NDArray[np.float64]
    parameters: int
    milliseconds: float
    began_from: str = FROM_NOTHING


FoldScorer = Callable[[FoldTask], FoldResult]
