"""Assessments with chosen scores, and recordings made of them, for the tests of tracks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from wince import scale
from wince.runtime.assessment import Assessment, Quality

NO_ACTION = dict.fromkeys(scale.UNIT_NAMES, 0.0)
REASON = {"mouth-covered": "The mouth seems to be covered."}
REFUSED, ABSENT, NO_FRAME = "refused", "absent", "no frame"


@dataclass(frozen=True)
class Part:
    """A part of a recording.

    Attributes:
        score: Raw score, or REFUSED, ABSENT (no face) or NO_FRAME (a busy server).
        seconds: Length.
        noise: Standard deviation of the raw score from frame to frame.
    """

    score: float | str
    seconds: float
    noise: float = 0.0


@dataclass(frozen=True)
class ScoreMaker:
    """Makes assessments from a template.

    Attributes:
        template: Any assessment that can be judged.
    """

    template: Assessment

    def __call__(self, score: float | None = None, **units: float) -> Assessment:
        """Return the assessment of a face with a raw score, or with action units."""
        if score is not None:
            units = {"AU4": min(score, 5.0), "AU6": min(max(score - 5, 0.0), 5.0)}
            units["AU9"] = min(max(score - 10, 0.0), 5.0)
        intensities = {**NO_ACTION, **units}
        raw = scale.pspi(intensities)
        return replace(self.template, raw_score=raw, score=raw, action_units=intensities)

    def refused(self) -> Assessment:
        """Return the assessment of a face that cannot be judged."""
        quality = Quality(False, (), dict(REASON))
        return replace(
            self(0.0),
            score=None,
            raw_score=None,
            action_units=None,
            level=None,
            between=None,
            interval=None,
            level_probabilities=None,
            confidence=None,
            quality=quality,
            sentence="This image cannot be judged: the mouth seems to be covered.",
        )

    def frames(
        self, parts: list[Part], rate: float, seed: int = 0
    ) -> Iterator[tuple[float, Assessment | None]]:
        """Yield (seconds, assessment or None) of a recording.

        Args:
            parts: What happens, in order.
            rate: Frames a second.
            seed: Seed of the noise.
        """
        rng = np.random.default_rng(seed)
        ends = np.cumsum([part.seconds for part in parts])
        for number in range(round(ends[-1] * rate)):
            seconds = number / rate
            part = parts[int(np.searchsorted(ends, seconds, side="right"))]
            if part.score == ABSENT:
                yield seconds, None
            elif part.score == REFUSED:
                yield seconds, self.refused()
            elif isinstance(part.score, float):
                raw = part.score + part.noise * float(rng.standard_normal())
                yield seconds, self(float(np.clip(raw, 0.0, 15.0)))


def recordings() -> st.SearchStrategy[tuple[list[Part], float]]:
    """Return a strategy for parts and frames a second: scores, gaps, refusals, busy answers."""
    score = st.one_of(st.floats(0.0, 15.0), st.sampled_from([REFUSED, ABSENT, NO_FRAME]))
    part = st.builds(Part, score, st.floats(0.05, 3.0), st.sampled_from([0.0, 0.1, 0.5, 2.0]))
    return st.tuples(st.lists(part, min_size=1, max_size=6), st.floats(2.0, 60.0))
