"""Folders and videos through `wince assess`: in order, as they come, and resumable at any point."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.support.video_sample import write_video
from wince import cli
from wince.cli.assess import batch, outcome, sources
from wince.cli.assess.outcome import CSV_COLUMNS, Outcome
from wince.cli.assess.results_file import Names, ResultsFile
from wince.cli.assess.sources import Source
from wince.errors import DataError, ImageError, NoFaceError
from wince.runtime.neutral import Change, NeutralFace

MODEL = {"name": "starter", "version": "1"}
WINCE = (sys.executable, "-m", "wince")


@pytest.fixture(scope="module")
def reading(assessor, frames):
    return assessor.assess(frames[0].path)


@pytest.fixture(scope="module")
def clip(frames, tmp_path_factory) -> Path:
    """Three seconds of four frames each, a face in all but the fifth."""
    with Image.open(frames[0].path) as image:
        face = np.asarray(image.convert("RGB").resize((224, 224)))
    pictures = [face] * 12
    pictures[4] = np.full_like(face, 90)
    return write_video(tmp_path_factory.mktemp("clips") / "clip.mp4", pictures, rate=4)


def run(capsys, *words):
    status = cli.main([str(word) for word in words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def a_source(name: str) -> Source:
    return Source(Path(name), Path(name))


# Order, cores and memory


def test_results_come_in_order_whatever_takes_how_long():
    first_may_end = threading.Event()

    def assess(image):
        if str(image) == "0":
            assert first_may_end.wait(20)
        if str(image) == "3":
            first_may_end.set()  # one that began later is done before
        raise ImageError(f"{image} was looked at.")

    found = batch.outcomes((a_source(str(n)) for n in range(40)), assess, None, 2)
    assert [one.file for one in found] == [str(n) for n in range(40)]


def test_as_many_as_there_are_workers_are_under_way_and_few_are_waiting():
    together = threading.Barrier(3, timeout=20)

    def assess(image):
        together.wait()
        raise ImageError("Seen.")

    begun = 0

    def counted():
        nonlocal begun
        for number in range(300):
            begun = number
            yield a_source(str(number))

    for done, _ in enumerate(batch.outcomes(counted(), assess, None, 3)):
        assert begun - done <= batch.AHEAD * 3


def test_an_error_that_nobody_foresaw_is_a_result_and_the_others_are_done(reading):
    def assess(image):
        if str(image) == "1":
            raise ZeroDivisionError("deep inside")
        if str(image) == "2":
            raise MemoryError
        return reading

    found = list(batch.outcomes((a_source(str(n)) for n in range(4)), assess, None, 2))
    assert [one.assessment is None for one in found] == [False, True, True, False]
    assert "bug in wince (ZeroDivisionError: deep inside)" in str(found[1].error)
    assert "not enough memory" in str(found[2].error)


def test_memory_does_not_grow_with_the_number_of_files(reading, tmp_path):
    """Each result weighs 20 kB here, so that a list of them would be seen."""

    def assess(image):
        return replace(reading, advice=f"{image}" + "." * 20_000)

    many = (a_source(f"{n}.jpg") for n in range(500))
    tracemalloc.start()
    with ResultsFile(tmp_path / "scores.jsonl", resume=False, model=MODEL) as results:
        assert results.write(batch.outcomes(many, assess, None, 2)) == 0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(lines(tmp_path / "scores.jsonl")) == 500
    assert peak < 2_000_000


def test_a_folder_is_walked_as_it_is_needed(tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (20, 20)).save(tmp_path / name / "x.png")
    found = sources.files([tmp_path])
    assert next(found).relative == Path("a/x.png")
    shutil.rmtree(tmp_path / "b")
    (gone,) = found
    assert f"{tmp_path / 'b'} cannot be opened" in str(gone.problem)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes on Windows")
def test_a_pipe_in_a_folder_is_not_waited_for(capsys, frames, tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    shutil.copy(frames[0].path, tmp_path / "b.jpg")
    status, out, _ = run(capsys, "assess", "--json", tmp_path)
    first, second = json.loads(out)
    assert status == 1
    assert "a pipe or a device" in first["error"]["message"]
    assert "assessment" in second


def test_a_long_table_is_written_in_pages(capsys, monkeypatch, reading):
    monkeypatch.setattr(outcome, "PAGE", 3)
    failures = outcome.write_table(Outcome(f"{n}.jpg", reading) for n in range(7))
    rows = capsys.readouterr().out.splitlines()
    assert failures == 0
    assert [row.split()[0] for row in rows if ".jpg" in row] == [f"{n}.jpg" for n in range(7)]
    assert len([row for row in rows if row.startswith("File")]) == 3


# Videos


def test_the_frames_of_a_video_have_their_number_and_time(capsys, clip, tmp_path):
    status, out, err = run(capsys, "assess", "--json", "--every", 0.5, clip)
    found = json.loads(out)
    assert status == 1
    assert [(one["frame"], one["seconds"]) for one in found] == [
        (n, n / 4) for n in range(0, 12, 2)
    ]
    assert [one["file"] for one in found] == [str(clip)] * 6
    assert found[2]["error"]["type"] == "NoFaceError"
    assert all(one["assessment"]["pspi"] >= 0 for one in found if "error" not in one)
    assert f"{clip} at 1.00 s: No face" in err
    out = run(capsys, "assess", "--csv", "--every", 0.5, clip)[1]
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [(row["frame"], row["seconds"]) for row in rows[:3]] == [
        ("0", "0.0"),
        ("2", "0.5"),
        ("4", "1.0"),
    ]


def test_annotated_frames_have_their_number_in_the_name(capsys, clip, tmp_path):
    status, _, _ = run(capsys, "assess", "--csv", "--every", 1.5, "--annotate", tmp_path, clip)
    assert status == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["clip-000000-annotated.jpg", "clip-000006-annotated.jpg"]


def test_a_file_that_is_no_video_is_a_problem_and_the_next_is_read(tmp_path, clip):
    (tmp_path / "words.mp4").write_text("no video at all")
    given = [a_source(str(tmp_path / "words.mp4")), a_source(str(clip))]
    found = list(sources.frames(given, every=1.0))
    assert "is not a video" in str(found[0].problem)
    assert [one.frame.index for one in found[1:]] == [0, 4, 8]
    assert [one.adds for one in found[1:]] == [2, 0, 0]


def test_a_damaged_video_says_so_after_its_frames(tmp_path):
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 255, (64, 64, 3), np.uint8) for _ in range(40)]
    path = write_video(tmp_path / "clip.avi", noise, codec="mjpeg")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 600] = bytes(600)
    path.write_bytes(data)
    *good, last = sources.frames([a_source(str(path))], every=0)
    assert 30 < len(good) < 40
    assert all(one.problem is None for one in good)
    assert last.frame is None
    assert "could not be decoded" in str(last.problem)


# Files of results


def test_results_are_there_as_soon_as_they_are_known(tmp_path, reading):
    path = tmp_path / "scores.jsonl"
    with ResultsFile(path, resume=False, model=MODEL) as results:

        def watched():
            for number in range(3):
                assert len(lines(path)) == number
                yield Outcome(f"{number}.jpg", reading)

        results.write(watched())
    assert [one["file"] for one in lines(path)] == ["0.jpg", "1.jpg", "2.jpg"]


def test_a_file_that_is_there_is_not_overwritten(capsys, frames, tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("precious")
    status, out, err = run(capsys, "assess", "--out", path, frames[0].path)
    assert (status, out, path.read_text()) == (1, "", "precious")
    assert "is there already. Add --resume" in err
    status, _, err = run(capsys, "assess", "--out", path, "--resume", frames[0].path)
    assert (status, path.read_text()) == (1, "precious")
    assert "line 1: expected results" in err


@pytest.mark.parametrize("content", ["no end of line", '"', 'a,b\n"open\n', "\n", "{}"])
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_file_of_something_else_is_not_cut(tmp_path, content, ending):
    path = tmp_path / f"precious.{ending}"
    path.write_text(content)
    with pytest.raises(DataError, match="line 1: expected results"):
        ResultsFile(path, resume=True, model=MODEL)
    assert path.read_text() == content


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--resume"], "--resume needs --out FILE"),
        (["--out", "x.csv", "--json"], "exclude each other"),
        (["--out", "x.csv", "--heatmap"], "--out FILE.jsonl"),
        (["--every", "-1"], "--every"),
        (["--workers", "0"], "--workers"),
    ],
)
def test_wrong_options_are_explained(capsys, words, expected):
    status, out, err = run(capsys, "assess", *words, "x.jpg")
    assert (status, out) == (2, "")
    assert expected in err


def test_another_ending_is_refused_before_anything_is_done(capsys, tmp_path, frames):
    status, _, err = run(capsys, "assess", "--out", tmp_path / "x.json", frames[0].path)
    assert status == 1
    assert "expected a name that ends in .csv or .jsonl" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_going_on_after_any_break_gives_what_one_run_gives(
    capsys, frames, clip, tmp_path, ending, monkeypatch
):
    given = tmp_path / "given"
    given.mkdir()
    shutil.copy(frames[0].path, given / "a.jpg")
    (given / "b\n.jpg").write_bytes(b"\xff\xd8\xff nothing")
    shutil.copy(clip, given / "c.mp4")
    shutil.copy(frames[1].path, given / "d.jpg")
    whole = tmp_path / f"whole{ending}"
    copies = tmp_path / "copies"
    words = ["assess", "--every", 1, "--annotate", copies, given, "--out"]
    assert run(capsys, *words, whole)[0] == 1
    expected = plain(whole)
    assert len(expected) == 6
    data = whole.read_bytes()
    names = sorted(copies.iterdir())
    for share in (0.0, 0.2, 0.5, 0.7, 1.0):
        broken = tmp_path / f"broken{ending}"
        broken.write_bytes(data[: int(share * len(data))])
        assert run(capsys, *words, broken, "--resume")[0] in (0, 1)
        assert plain(broken) == expected, share
        assert sorted(copies.iterdir()) == names


def plain(path: Path) -> list[dict]:
    """The results without what differs from run to run."""
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    found = lines(path)
    for one in found:
        one.get("assessment", {}).pop("milliseconds", None)
    return found


def test_results_of_another_model_are_not_added_to(tmp_path, reading):
    for path in (tmp_path / "scores.csv", tmp_path / "scores.jsonl"):
        with ResultsFile(path, resume=False, model=reading.model) as results:
            results.write([Outcome("x.jpg", reading)])
        with pytest.raises(DataError, match="this result is of the model"):
            ResultsFile(path, resume=True, model={"name": "other", "version": "2"})


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_results_compared_with_another_neutral_face_are_not_added_to(tmp_path, reading, ending):
    neutral = NeutralFace(reading.action_units, 0.1 + 0.2, 1, reading.model)
    compared = replace(reading, change=Change(1.5, None, neutral))
    path = tmp_path / f"scores.{ending}"
    with ResultsFile(path, resume=False, model=reading.model, neutral=neutral) as results:
        results.write([Outcome("x.jpg", compared)])
    for other, words in ((None, "none is given"), (replace(neutral, raw_score=2.0), "has 2")):
        with pytest.raises(
            DataError, match=rf"compared with a neutral face of PSPI 0\.3; .*{words}"
        ):
            ResultsFile(path, resume=True, model=reading.model, neutral=other)
    with ResultsFile(path, resume=True, model=reading.model, neutral=neutral) as results:
        assert results.done.has("x.jpg")


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_results_with_the_old_names_of_the_neutral_face_are_added_to(tmp_path, reading, ending):
    neutral = NeutralFace(reading.action_units, 1.5, 1, reading.model)
    compared = replace(reading, change=Change(1.5, None, neutral))
    path = tmp_path / f"scores.{ending}"
    options = {"model": reading.model, "neutral": neutral}
    with ResultsFile(path, resume=False, **options) as results:
        results.write([Outcome("x.jpg", compared)])
    text = path.read_text("utf-8")
    for name, old in (("neutral_pspi", "calm_pspi"), ('"neutral"', '"baseline"')):
        text = text.replace(name, old)
    path.write_text(text.replace('"images"', '"pictures"'), "utf-8")
    with ResultsFile(path, resume=True, **options) as results:
        assert results.done.has("x.jpg")
        results.write([Outcome("y.jpg", compared)])
    with ResultsFile(path, resume=True, **options) as results:
        assert results.done.has("x.jpg")
        assert results.done.has("y.jpg")


def test_half_of_an_old_header_is_cut_off(tmp_path, reading):
    path = tmp_path / "scores.csv"
    half = ",".join(CSV_COLUMNS[: CSV_COLUMNS.index("neutral_pspi")])
    path.write_text(half + ",calm_ps", "utf-8")
    with ResultsFile(path, resume=True, model=reading.model):
        pass
    assert path.read_text("utf-8").startswith(half + ",neutral_pspi,")


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_results_of_another_face_are_not_added_to(tmp_path, reading, ending):
    second = replace(reading, face=replace(reading.face, index=1, count=2))
    path = tmp_path / f"scores.{ending}"
    with ResultsFile(path, resume=False, model=reading.model, face=1) as results:
        results.write([Outcome("x.jpg", second)])
    with pytest.raises(DataError, match=r"line \d: .* of face 2 .*; asked for is face 1\."):
        ResultsFile(path, resume=True, model=reading.model)
    with ResultsFile(path, resume=True, model=reading.model, face=1) as results:
        assert results.done.has("x.jpg")


def test_what_is_no_result_stops_the_run_and_names_its_line(tmp_path, reading):
    for path, line in (
        (tmp_path / "a.jsonl", '{"file": 5}\n'),
        (tmp_path / "b.jsonl", "[]\n"),
        (tmp_path / "c.jsonl", "\0\0\0\n"),
        (tmp_path / "d.csv", "only,three,columns\n"),
    ):
        with ResultsFile(path, resume=False, model=reading.model) as results:
            results.write([Outcome("x.jpg", reading)])
        with path.open("a") as file:
            file.write(line)
        before = path.read_bytes()
        number = 3 if path.suffix == ".csv" else 2
        with pytest.raises(DataError, match=f"line {number}: expected results"):
            ResultsFile(path, resume=True, model=reading.model)
        assert path.read_bytes() == before


names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
) | st.sampled_from(['a"b', 'x\n"y"\n', ",", "\udcff.jpg", "\r\n"])


@settings(max_examples=60, deadline=None)
@given(st.lists(names, unique=True, max_size=6), st.data(), st.sampled_from(["csv", "jsonl"]))
def test_a_file_cut_anywhere_holds_the_whole_results_before_the_cut(
    tmp_path_factory, files, data, ending
):
    path = tmp_path_factory.mktemp("cut") / f"scores.{ending}"
    ends = []
    with ResultsFile(path, resume=False, model=MODEL) as results:
        ends.append(path.stat().st_size)
        for name in files:
            results.write([Outcome(name, error=NoFaceError("No face."))])
            ends.append(path.stat().st_size)
    cut = data.draw(st.integers(0, ends[-1]))
    with path.open("r+b") as file:
        file.truncate(cut)
    with ResultsFile(path, resume=True, model=MODEL) as results:
        kept = [name for name, end in zip(files, ends[1:], strict=True) if end <= cut]
        assert [results.done.has(name) for name in files] == [name in kept for name in files]
        results.write(Outcome(name, error=NoFaceError("No face.")) for name in files[len(kept) :])
    with ResultsFile(path, resume=True, model=MODEL) as results:
        assert all(results.done.has(name) for name in files)
        assert len(results.done.files) == len(files)


def test_names_are_told_apart():
    names = Names()
    for number in range(5000):
        names.add(f"{number}.jpg")
    assert len(names) == 5000
    assert "4999.jpg" in names
    assert "5000.jpg" not in names


@pytest.mark.skipif(sys.platform == "win32", reason="signals work in another way on Windows")
@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_control_c_leaves_a_whole_file_to_go_on_with(frames, tmp_path, ending):
    given = tmp_path / "given"
    given.mkdir()
    for number in range(2000):
        (given / f"{number:04d}.jpg").symlink_to(frames[0].path)
    path = tmp_path / f"scores{ending}"
    child = subprocess.Popen(
        [*WINCE, "assess", "--out", str(path), str(given)], stderr=subprocess.PIPE
    )
    while not (path.exists() and path.read_bytes().count(b"\n") > 3):
        assert child.poll() is None
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=60)[1] == b"wince: stopped.\n"
    assert child.returncode == 130
    text = path.read_bytes()
    assert text.endswith(b"\n")
    done = len(plain(path))
    assert 3 <= done < 2000
    with ResultsFile(path, resume=True, model=model_of(path)) as results:
        assert len(results.done.files) == done
    assert path.read_bytes() == text


def model_of(path: Path) -> dict[str, str]:
    first = plain(path)[0]
    if path.suffix == ".csv":
        return {"name": first["model"], "version": first["model_version"]}
    return first["assessment"]["model"]


def test_columns_for_frames_are_among_the_columns():
    assert CSV_COLUMNS[:3] == ("file", "frame", "seconds")
