"""Assessing in parallel: order, number of images in memory, unexpected errors."""

import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from wince.cli.assess.batch import QUEUED_PER_WORKER, assess_images
from wince.cli.assess.inputs import InputFile, InputImage
from wince.cli.assess.previous_results import ScoringSetup
from wince.cli.assess.results_file import ResultsFile
from wince.errors import ImageError
from wince.runtime.assessment import Assessment


def images(count: int) -> Iterator[InputImage]:
    """Images whose paths are 0, 1 and so on."""
    return (InputImage(InputFile(Path(str(number)), Path(str(number)))) for number in range(count))


def test_results_are_in_order_however_long_each_takes() -> None:
    first_may_end = threading.Event()

    def assess(source):
        if str(source) == "0":
            assert first_may_end.wait(20)
        if str(source) == "3":
            first_may_end.set()  # image 3 begins after image 0 and ends before it
        raise ImageError(f"{source} was assessed.")

    outcomes = assess_images(images(40), assess, None, 2)
    assert [outcome.file for outcome in outcomes] == [str(number) for number in range(40)]


def test_every_worker_is_busy_and_few_images_are_queued() -> None:
    all_busy = threading.Barrier(3, timeout=20)

    def assess(source):
        all_busy.wait()
        raise ImageError("Assessed.")

    begun = 0

    def counted():
        nonlocal begun
        for image in images(300):
            begun += 1
            yield image

    for done, _ in enumerate(assess_images(counted(), assess, None, 3)):
        assert begun - done <= QUEUED_PER_WORKER * 3 + 1


def test_an_unexpected_error_is_a_result_and_the_other_files_are_assessed(
    assessment: Assessment,
) -> None:
    def assess(source):
        if str(source) == "1":
            raise ZeroDivisionError("deep inside")
        if str(source) == "2":
            raise MemoryError
        return [assessment]

    outcomes = list(assess_images(images(4), assess, None, 2))
    assert [outcome.assessment is None for outcome in outcomes] == [False, True, True, False]
    assert "bug in wince (ZeroDivisionError: deep inside)" in str(outcomes[1].error)
    assert "not enough memory" in str(outcomes[2].error)


def test_memory_does_not_grow_with_the_number_of_files(
    assessment: Assessment, tmp_path: Path
) -> None:
    """Each result has 20 kB here, so a list of all results would exceed the limit."""

    def assess(source):
        return [replace(assessment, advice=f"{source}" + "." * 20_000)]

    path = tmp_path / "scores.jsonl"
    tracemalloc.start()
    with ResultsFile(path, ScoringSetup(assessment.model), resume=False) as results:
        results.write(assess_images(images(500), assess, None, 2))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) == 500
    assert all('"assessment"' in line for line in lines)
    assert peak < 2_000_000
