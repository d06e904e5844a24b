"""Sequences in the order of time, and stretches of them."""

import numpy as np

from wince.training.over_time.sequences import stretches


def test_stretches_cover_every_frame_once_at_every_offset() -> None:
    sequences = [np.arange(11), np.arange(20, 23)]
    for offset in range(1, 5):
        parts = stretches(sequences, 4, offset)
        assert sorted(np.concatenate(parts).tolist()) == [*range(11), 20, 21, 22]
        assert all(1 <= len(part) <= 4 and (np.diff(part) == 1).all() for part in parts)
