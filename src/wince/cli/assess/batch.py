"""Assess many images in parallel, with the results in order and only a few images in memory."""

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from wince import cluster, file_names, images
from wince.annotate import annotated_copy
from wince.cli.assess.annotated_paths import AnnotatedPaths
from wince.cli.assess.cluster_batch import assess_files
from wince.cli.assess.file_progress import count_files, file_progress
from wince.cli.assess.inputs import STDIN, InputFile, InputImage, find_files, read_images
from wince.cli.assess.outcome import Outcome
from wince.cli.assess.previous_results import PreviousResults
from wince.errors import UrlError, WinceError
from wince.images import ImageSource
from wince.remote_path import is_http
from wince.runtime.assessment import Assessment
from wince.workers import core_count

Assess = Callable[[ImageSource], Sequence[Assessment]]

QUEUED_PER_WORKER = 2  # images submitted and not yet yielded


@dataclass(frozen=True, slots=True)
class Batch:
    """The files of one `wince assess` and how they are assessed.

    Attributes:
        paths: Files and folders as given.
        assess: Returns the assessments of the faces of one image.
        every: Seconds between the frames of a video; 0 for every frame.
        annotate: Folder of the annotated copies; None to write none.
        workers: Threads; None for one per core.
        cluster: Address of a Dask scheduler whose workers assess the files; None for threads.
        model: The model's folder that the workers read; None for the packaged one.
        left_out: Counts by kind the files in folders that are not assessed.
    """

    paths: list[Path]
    assess: Assess
    every: float
    annotate: Path | None
    workers: int | None
    cluster: str | None = None
    model: Path | None = None
    left_out: Counter[str] = field(default_factory=Counter)

    def outcomes(self, previous: PreviousResults, *, progress_bar: bool) -> Iterator[Outcome]:
        """Yield the outcomes of each image and frame without a previous result, in order."""
        last_frames = dict([previous.last_frame]) if previous.last_frame else {}
        files = self._files(previous, self.left_out)
        total = count_files(self._files(previous)) if progress_bar else None
        if self.cluster is not None:
            return self._on_cluster(self.cluster, files, last_frames, total)
        inputs = read_images(files, every=self.every, last_frames=last_frames)
        if total is not None:
            inputs = file_progress(inputs, total, lambda image: image.frames_to_come)
        copies = self._annotated_paths(previous)
        return assess_images(inputs, self.assess, copies, self.workers or core_count())

    def _on_cluster(
        self,
        address: str,
        files: Iterable[InputFile],
        last_frames: Mapping[str, int],
        total: int | None,
    ) -> Iterator[Outcome]:
        """Yield the outcomes of files that a cluster assesses; `total` is for a progress bar."""
        paths = (path for path in self.paths if not is_http(path))  # there are no folders
        folders = {path if path.is_dir() else path.parent for path in paths}
        # Another model under the same path would give other scores: its content is compared.
        folders |= set() if self.model is None else {self.model / file_names.MODEL_MANIFEST}
        reads = sorted((path.absolute() for path in folders), key=str)
        with cluster.connect(address, reads) as pool:
            by_file = assess_files(
                files,
                partial(image_outcomes, assess=self.assess, copy=None),
                every=self.every,
                last_frames=last_frames,
                pool=pool,
            )
            for outcomes in by_file if total is None else file_progress(by_file, total):
                yield from outcomes

    def _files(
        self, previous: PreviousResults, left_out: Counter[str] | None = None
    ) -> Iterator[InputFile]:
        return (
            file
            for file in find_files(self.paths, left_out)
            if str(file.path) == STDIN or not previous.is_complete(str(file.path))
        )

    def _annotated_paths(self, previous: PreviousResults) -> AnnotatedPaths | None:
        if self.annotate is None:
            return None
        copies = AnnotatedPaths(self.annotate)
        for file in find_files(self.paths):
            copies.reserve(file.path)
        for path in previous.annotated_copies:
            copies.reserve(Path(path))
        return copies


def assess_images(
    inputs: Iterable[InputImage], assess: Assess, copies: AnnotatedPaths | None, workers: int
) -> Iterator[Outcome]:
    """Assess images in threads and yield their outcomes in order.

    Decoding, scaling and the networks release the interpreter's lock, so threads use all cores. At
    most QUEUED_PER_WORKER images per worker are in memory.

    Args:
        inputs: The images.
        assess: Returns the assessments of the faces of one image.
        copies: Chooses the paths of annotated copies; None to write none.
        workers: Threads.
    """
    queue: deque[Future[list[Outcome]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="wince")
    try:
        for image in inputs:
            copy = None if copies is None else copies.choose(image)
            queue.append(pool.submit(image_outcomes, image, assess, copy))
            del image  # releases the pixels of a frame as soon as it is assessed
            if len(queue) >= QUEUED_PER_WORKER * workers:
                yield from queue.popleft().result()
        while queue:
            yield from queue.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def image_outcomes(image: InputImage, assess: Assess, copy: Path | None) -> list[Outcome]:
    """Return the outcome of each assessed face of an image, or its error.

    Args:
        image: The image.
        assess: Returns the assessments of its faces.
        copy: Path of the annotated copy; None to write none.
    """
    name, frame = str(image.file.path), image.frame
    position = (None, None) if frame is None else (frame.index, round(frame.seconds, 3))
    try:
        if image.error is not None:
            raise image.error
        source: ImageSource = image.file.path if frame is None else frame.rgb
        if name == STDIN:
            source = sys.stdin.buffer.read(images.MAX_BYTES + 1)
        assessments = assess(source)
        if copy is not None:
            annotated_copy.save(annotated_copy.annotate(images.read(source), *assessments), copy)
        written = None if copy is None else str(copy)
        return [Outcome(name, each, None, written, *position) for each in assessments]
    except UrlError:
        raise  # it is about the other files too
    except WinceError as error:
        # The traceback would keep the pixels in memory.
        return [Outcome(name, None, error.with_traceback(None), None, *position)]
    except MemoryError:
        memory_error = WinceError("There was not enough memory for it.")
        return [Outcome(name, None, memory_error, None, *position)]
    except Exception as unexpected:  # one file must not stop the others
        bug = WinceError(
            f"This is a bug in wince ({type(unexpected).__name__}: {unexpected}). Report it, with "
            "the file if it may be shown."
        )
        return [Outcome(name, None, bug, None, *position)]
