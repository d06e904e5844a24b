"""Assess files on a cluster, with the results in order and only a few batches in memory."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from wince.cli.assess.inputs import InputFile, InputImage, read_images
from wince.cli.assess.outcome import Outcome
from wince.cluster import Cluster
from wince.errors import ClusterError
from wince.files import is_readable
from wince.video.files import is_video
from wince.workers import map_batches

ImageOutcomes = Callable[[InputImage], list[Outcome]]


@dataclass(frozen=True, slots=True)
class ClusterFile:
    """A file for a worker.

    Attributes:
        file: The file, as given.
        path: Its absolute path, because workers are in other folders.
        last_frame: Index of the last frame of a video that was assessed before, or -1.
    """

    file: InputFile
    path: Path
    last_frame: int = -1


def assess_files(
    files: Iterable[InputFile],
    outcomes_of: ImageOutcomes,
    *,
    every: float,
    last_frames: Mapping[str, int],
    pool: Cluster,
) -> Iterator[list[Outcome]]:
    """Yield the outcomes of each file in order; a worker has a whole video.

    Args:
        files: Images and videos.
        outcomes_of: Returns the outcomes of one image.
        every: Seconds between the frames of a video; 0 for every frame.
        last_frames: For a path of a video, the index of the last frame that was assessed before.
        pool: The cluster.

    Raises:
        ClusterError: The cluster cannot do the work, or a worker cannot open a file that this
            machine can open.
    """
    work = partial(_assess_batch, outcomes_of, every)
    items = (
        ClusterFile(file, file.path.absolute(), last_frames.get(str(file.path), -1))
        for file in files
    )
    results = map_batches(work, items, pool, lambda item: str(item.path) if _is_video(item) else "")
    for item, outcomes in results:
        if outcomes is None and is_readable(item.path):
            raise ClusterError(
                f"A worker of the cluster cannot open {item.path}, this machine can. Share its "
                "folder with all machines under the same path, or leave out --cluster."
            )
        # This machine gives the error of a file that nobody can open.
        yield _file_outcomes(outcomes_of, every, item) if outcomes is None else outcomes


def _is_video(item: ClusterFile) -> bool:
    return item.file.error is None and is_video(item.path)


def _assess_batch(
    outcomes_of: ImageOutcomes, every: float, batch: Sequence[ClusterFile]
) -> list[tuple[ClusterFile, list[Outcome] | None]]:
    """Return each file with its outcomes; None if this machine cannot open it."""
    return [
        (
            item,
            _file_outcomes(outcomes_of, every, item)
            if item.file.error is not None or is_readable(item.path)
            else None,
        )
        for item in batch
    ]


def _file_outcomes(outcomes_of: ImageOutcomes, every: float, item: ClusterFile) -> list[Outcome]:
    """Return the outcomes of a file, which name it as it was given."""
    file, last_frames = replace(item.file, path=item.path), {str(item.path): item.last_frame}
    outcomes = [
        outcome
        for image in read_images([file], every=every, last_frames=last_frames)
        for outcome in outcomes_of(image)
    ]
    return [_named_as_given(outcome, item) for outcome in outcomes]


def _named_as_given(outcome: Outcome, item: ClusterFile) -> Outcome:
    given = str(item.file.path)
    if outcome.error is not None:
        outcome.error.args = (str(outcome.error).replace(str(item.path), given),)
    return replace(outcome, file=given)
