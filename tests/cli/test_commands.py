"""The command line as a person or a script uses it."""

import csv
import io
import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from PIL import Image

import wince
from tests.support.frames import DATA, ROOT
from tests.support.media import measure_wav, needs_espeak
from wince import cli
from wince.cli.assess import outcome
from wince.runtime.estimator import starter_folder
from wince.speech import sentences, voices

Run = Callable[..., tuple[int, str, str]]
WINCE = (sys.executable, "-m", "wince")
DOCS = ROOT / "docs"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command here and gives its status, stdout and stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        status = cli.main([str(word) for word in words])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def folder(frames, tmp_path: Path) -> Path:
    """A folder of four pictures in two levels, with things beside them that are no pictures."""
    root = tmp_path / "ward"
    (root / "b" / ".hidden").mkdir(parents=True)
    for name, frame in zip(("z.jpg", "a.JPG", "b/a.jpeg", "b/b.jpg"), frames, strict=False):
        shutil.copy(frame.path, root / name)
    shutil.copy(frames[0].path, root / "b" / ".hidden" / "c.jpg")
    shutil.copy(frames[0].path, root / "._a.jpg")
    shutil.copy(frames[0].path, root / "a-annotated.jpg")
    (root / "notes.txt").write_text("nothing to see")
    return root


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 and no more")
    return path


@pytest.fixture
def empty_wall(tmp_path: Path) -> Path:
    path = tmp_path / "wall.png"
    Image.new("RGB", (200, 200), "beige").save(path)
    return path


# assess


def test_json_holds_the_assessment_that_the_library_gives(run: Run, frames) -> None:
    path = frames[0].path
    status, out, err = run("assess", "--json", path)
    expected = json.loads(json.dumps(wince.assess(path).to_dict()))
    (found,) = json.loads(out)
    assert (status, err) == (0, "")
    assert found["file"] == str(path)
    for data in (found["assessment"], expected):
        data.pop("milliseconds")
    assert found["assessment"] == expected


def test_each_file_that_fails_has_its_reason_and_the_others_are_done(
    run: Run, frames, broken: Path, empty_wall: Path, tmp_path: Path
) -> None:
    missing = tmp_path / "missing.jpg"
    status, out, err = run(
        "assess", "--json", broken, frames[0].path, missing, empty_wall, frames[1].path
    )
    outcomes = json.loads(out)
    assert status == 1
    assert [Path(outcome["file"]).name for outcome in outcomes] == [
        "broken.jpg",
        frames[0].path.name,
        "missing.jpg",
        "wall.png",
        frames[1].path.name,
    ]
    assert [outcome.get("error", {}).get("type") for outcome in outcomes] == [
        "TruncatedImageError",
        None,
        "ImageError",
        "NoFaceError",
        None,
    ]
    assert ["assessment" in outcome for outcome in outcomes] == [False, True, False, False, True]
    lines = err.splitlines()
    assert len(lines) == 4
    for line, name in zip(lines, ("broken.jpg", "missing.jpg", "wall.png"), strict=False):
        assert line.startswith("wince: ")
        assert name in line
    assert lines[3] == "wince: 3 of 5 files could not be assessed."


def test_csv_has_a_row_for_each_file_with_the_numbers_of_the_json(
    run: Run, frames, broken: Path
) -> None:
    paths = [frames[0].path, broken, frames[1].path]
    status, out, _ = run("assess", "--csv", *paths)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert status == 1
    assert [row["file"] for row in rows] == [str(path) for path in paths]
    for row in (rows[0], rows[2]):
        found = wince.assess(row["file"])
        assert float(row["pspi"]) == pytest.approx(found.pspi, abs=0.001)
        assert float(row["pspi_low"]) == pytest.approx(found.interval[0], abs=0.001)
        assert float(row["pspi_high"]) == pytest.approx(found.interval[1], abs=0.001)
        assert float(row["confidence"]) == pytest.approx(found.confidence, abs=0.001)
        assert (row["level"], row["model"]) == (found.level, found.model["name"])
        for name, value in (found.action_units or {}).items():
            assert float(row[name]) == pytest.approx(value, abs=0.001)
        assert row["error"] == ""
    assert "stops before its end" in rows[1]["error"]
    assert rows[1]["level"] == rows[1]["pspi"] == ""


def test_a_picture_that_cannot_be_judged_has_its_reason_in_place_of_every_number(
    run: Run, astronaut, tmp_path: Path
) -> None:
    path = tmp_path / "dark.png"
    Image.fromarray((astronaut * 0.1).astype("uint8")).save(path)
    status, out, err = run("assess", path)
    assert (status, err) == (0, "")
    assert [line.split()[1:] for line in out.splitlines() if line.startswith(f"{path} ")] == [
        ["not", "judged"]
    ]
    assert f"{path}: The face is dark" in out
    _, out, _ = run("assess", "--csv", path)
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["usable"], row["reasons"], row["level"], row["pspi"]) == ("false", "dark", "", "")
    assert row["AU4"] == row["confidence"] == ""
    _, out, _ = run("assess", "--json", path)
    (found,) = json.loads(out)
    assert found["assessment"]["level"] is None
    assert list(found["assessment"]["quality"]["reasons"]) == ["dark"]


def test_another_face_is_assessed_when_asked_for(run: Run, astronaut, tmp_path: Path) -> None:
    head = Image.fromarray(astronaut).crop((96, 0, 352, 256))
    both = Image.new("RGB", (512, 256))
    both.paste(head, (0, 0))
    both.paste(head.resize((200, 200)), (290, 0))
    path = tmp_path / "two.png"
    both.save(path)
    boxes = []
    for number in (1, 2):
        _, out, _ = run("assess", "--json", "--face", number, path)
        face = json.loads(out)[0]["assessment"]["face"]
        assert face["index"] == number - 1
        boxes.append(face["box"])
        (row,) = csv.DictReader(io.StringIO(run("assess", "--csv", "--face", number, path)[1]))
        assert (row["face"], row["faces"]) == (str(number), "2")
    assert boxes[0][0] < 256 < boxes[1][0]
    status, _, err = run("assess", "--face", 3, path)
    assert status == 1
    assert "Face number 3 by size was asked for, but only 2 were found" in err
    assert run("assess", "--face", 0, path)[0] == 2


def test_results_are_compared_with_the_neutral_face_of_the_same_person(run: Run, frames) -> None:
    at_rest, face = [frames[0].path, frames[1].path], frames[2].path
    neutral = [word for path in at_rest for word in ("--neutral", path)]
    assessor = wince.Assessor()
    change = assessor.assess(face, neutral=assessor.neutral_face(at_rest)).change
    assert change is not None
    _, out, _ = run("assess", "--json", *neutral, face)
    assert json.loads(out)[0]["assessment"]["change"]["pspi"] == change.pspi
    _, out, _ = run("assess", "--csv", *neutral, face)
    (row,) = csv.DictReader(io.StringIO(out))
    assert (float(row["change"]), float(row["neutral_pspi"])) == (
        change.pspi,
        change.neutral.raw_score,
    )
    _, out, _ = run("assess", *neutral, face)
    assert f"{change.pspi:.1f} points above the person's neutral face" in out


def test_neutral_face_that_cannot_be_used_stops_the_run(run: Run, frames, empty_wall: Path) -> None:
    status, out, err = run("assess", "--neutral", empty_wall, frames[0].path)
    assert (status, out) == (1, "")
    assert "No face was found" in err


def test_the_table_keeps_one_line_for_each_file_in_a_pipe(run: Run, frames) -> None:
    paths = [frame.path for frame in frames[:3]]
    status, out, err = run("assess", *paths)
    assert (status, err) == (0, "")
    for path in paths:
        found = wince.assess(path)
        (line,) = [line for line in out.splitlines() if line.startswith(str(path))]
        words = line.split()
        assert words[1:3] == [found.level, f"{found.pspi:.1f}"]
        assert f"{100 * found.confidence:.0f} %" in line
    assert "\x1b" not in out


def test_warnings_stand_below_the_table_with_their_file(
    run: Run, astronaut, tmp_path: Path
) -> None:
    head = Image.fromarray(astronaut).crop((120, 10, 330, 220))
    both = Image.new("RGB", (420, 210))
    both.paste(head, (0, 0))
    both.paste(head, (210, 0))
    path = tmp_path / "two.png"
    both.save(path)
    _, out, _ = run("assess", path)
    assert f"{path}: 2 faces were found." in out


def test_a_folder_is_searched_in_order_and_only_for_pictures(run: Run, folder: Path) -> None:
    status, out, _ = run("assess", "--json", folder)
    names = [Path(o["file"]).relative_to(folder).as_posix() for o in json.loads(out)]
    assert status == 0
    assert names == ["a.JPG", "z.jpg", "b/a.jpeg", "b/b.jpg"]


def test_a_folder_without_pictures_is_an_error_that_says_what_was_expected(
    run: Run, tmp_path: Path
) -> None:
    status, out, err = run("assess", "--json", tmp_path)
    assert status == 1
    assert "holds no picture: expected files that end in .jpg" in err
    assert json.loads(out)[0]["error"]["type"] == "ImageError"


def test_json_and_csv_stay_readable_when_nothing_can_be_assessed(run: Run, broken: Path) -> None:
    status, out, _ = run("assess", "--csv", broken)
    assert status == 1
    assert len(list(csv.DictReader(io.StringIO(out)))) == 1
    status, out, err = run("assess", broken)
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1


def test_a_picture_can_come_from_stdin(frames) -> None:
    data = frames[0].path.read_bytes()
    done = subprocess.run([*WINCE, "assess", "--json", "-"], input=data, capture_output=True)
    (outcome,) = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, b"")
    assert outcome["file"] == "-"
    assert outcome["assessment"]["pspi"] == wince.assess(data).pspi


@pytest.mark.parametrize("name", ["[red]face.jpg", "two\nlines.jpg", "\x1b[31mred.jpg"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file names")
def test_a_strange_file_name_is_shown_on_one_line(
    run: Run, frames, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    shutil.copy(frames[0].path, path)
    missing = tmp_path / f"missing{name}"
    _, out, err = run("assess", path, missing)
    shown = name.replace("\n", "\\n").replace("\x1b", "\\x1b")
    assert len([line for line in out.splitlines() if shown in line]) == 1
    assert len(err.splitlines()) == 2
    assert shown in err


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes any bytes as a name")
def test_a_file_name_that_is_no_text_can_be_assessed(frames, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff.jpg"
    shutil.copy(frames[0].path, os.fsdecode(path))
    for option in (["--json"], ["--csv"], []):
        done = subprocess.run([*WINCE, "assess", *option, path], capture_output=True)
        assert (done.returncode, done.stderr) == (0, b"")
        assert b".jpg" in done.stdout


def test_another_model_can_be_named_by_its_folder_or_file(run: Run, frames) -> None:
    for model in (starter_folder(), starter_folder() / "model.onnx"):
        status, out, _ = run("assess", "--json", "--model", model, frames[0].path)
        assert status == 0
        assert json.loads(out)[0]["assessment"]["pspi"] == wince.assess(frames[0].path).pspi


def test_a_model_that_is_not_there_stops_the_command(run: Run, frames, tmp_path: Path) -> None:
    status, out, err = run("assess", "--model", tmp_path / "nowhere", frames[0].path)
    assert (status, out) == (1, "")
    assert "There is no model.json in" in err
    assert len(err.splitlines()) == 1


# assess --annotate


def test_annotated_copies_keep_the_folders_and_say_where_they_are(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    copies = tmp_path / "copies"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    status, out, _ = run("assess", "--json", "--annotate", copies, folder)
    written = sorted(path.relative_to(copies).as_posix() for path in copies.rglob("*.*"))
    assert status == 0
    assert written == [
        "a-annotated.jpg",
        "b/a-annotated.jpg",
        "b/b-annotated.jpg",
        "z-annotated.jpg",
    ]
    assert {o["annotated"] for o in json.loads(out)} == {str(copies / name) for name in written}
    assert {path: path.read_bytes() for path in before} == before
    for name in written:
        with Image.open(copies / name) as image:
            assert image.format == "JPEG"
            assert image.size[0] > 224


def test_the_map_goes_into_the_copy_and_into_json_when_asked(
    run: Run, frames, tmp_path: Path
) -> None:
    plain, mapped = tmp_path / "plain", tmp_path / "mapped"
    _, before, _ = run("assess", "--json", "--annotate", plain, frames[0].path)
    assert "heatmap" not in json.loads(before)[0]["assessment"]
    status, out, _ = run("assess", "--json", "--heatmap", "--annotate", mapped, frames[0].path)
    assert status == 0
    expected = wince.assess(frames[0].path, heatmap=True).to_dict()["heatmap"]
    found = json.loads(out)[0]["assessment"]["heatmap"]
    assert found == json.loads(json.dumps(expected))
    (one,), (other,) = plain.iterdir(), mapped.iterdir()
    with Image.open(one) as narrow, Image.open(other) as wide:
        assert wide.width > narrow.width + 200


def test_a_map_that_would_be_shown_nowhere_is_a_wrong_command(run: Run, frames) -> None:
    status, _, err = run("assess", "--csv", "--heatmap", frames[0].path)
    assert status == 2
    assert "--annotate DIR or --json" in err


def test_copies_of_the_same_name_do_not_overwrite_each_other_nor_an_input(
    run: Run, frames, tmp_path: Path
) -> None:
    inputs = []
    for place, frame in zip(("one", "two", "three"), frames, strict=False):
        (tmp_path / place).mkdir()
        inputs.append(tmp_path / place / "face.jpg")
        shutil.copy(frame.path, inputs[-1])
    precious = tmp_path / "one" / "face-annotated.jpg"
    shutil.copy(frames[3].path, precious)
    before = precious.read_bytes()
    status, out, _ = run("assess", "--json", "--annotate", tmp_path / "one", *inputs, precious)
    assert status == 0
    assert [Path(o["annotated"]).name for o in json.loads(out)] == [
        "face-2-annotated.jpg",
        "face-3-annotated.jpg",
        "face-4-annotated.jpg",
        "face-5-annotated.jpg",
    ]
    assert precious.read_bytes() == before


def test_a_second_run_over_the_same_folder_finds_the_same_pictures(run: Run, folder: Path) -> None:
    first = run("assess", "--csv", "--annotate", folder, folder)
    files = sorted(folder.rglob("*"))
    second = run("assess", "--csv", "--annotate", folder, folder)
    assert first == second
    assert sorted(folder.rglob("*")) == files


def test_a_png_gives_a_png_and_the_count_stands_below_the_table(
    run: Run, astronaut, tmp_path: Path
) -> None:
    path = tmp_path / "portrait.png"
    Image.fromarray(astronaut).save(path)
    _, out, _ = run("assess", path, "--annotate", tmp_path)
    with Image.open(tmp_path / "portrait-annotated.png") as image:
        assert image.format == "PNG"
    assert "Annotated copies: 1." in out


def test_a_folder_that_cannot_be_written_is_an_error(run: Run, frames, broken: Path) -> None:
    status, _, err = run("assess", frames[0].path, "--annotate", broken)
    assert status == 1
    assert "cannot be written" in err
    assert len(err.splitlines()) == 1


# assess --speak


@pytest.fixture
def loudspeaker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], list[bytes]]:
    """Let the real espeak-ng speak into files; return a function that gives what was heard."""
    if sys.platform == "win32":
        pytest.skip("the stand-in for the loudspeaker is a shell script")
    room = tmp_path / "room"
    room.mkdir()
    program = room / "espeak-ng"
    program.write_text(
        f'#!/bin/sh\nexec {shutil.which("espeak-ng")} -w "{room}/$(ls {room} | wc -l).wav" "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(room), prepend=os.pathsep)
    return lambda: [path.read_bytes() for path in sorted(room.glob("*.wav"))]


@needs_espeak
def test_results_are_spoken_in_order_after_they_are_written(
    run: Run, frames, broken: Path, loudspeaker
) -> None:
    def by_level(frame):
        return wince.assess(frame.path).level

    paths = [frames[0].path, next(f.path for f in frames if by_level(f) != by_level(frames[0]))]
    lengths = [measure_wav(voices.speak_to_wav(wince.assess(path).sentence))[0] for path in paths]
    silent = run("assess", "--csv", paths[0], broken, paths[1])
    assert loudspeaker() == []
    assert run("assess", "--csv", "--speak", paths[0], broken, paths[1]) == silent
    heard = [measure_wav(wav) for wav in loudspeaker()]
    assert [seconds for seconds, _ in heard] == lengths
    assert lengths[0] != lengths[1]
    assert all(loudness > 0.02 for _, loudness in heard)


@needs_espeak
def test_results_are_spoken_in_the_language_rate_and_voice_asked_for(
    run: Run, frames, loudspeaker
) -> None:
    options = ("--language", "de", "--rate", "250", "--voice", "de+f3")
    status, _, err = run("assess", "--csv", "--speak", *options, frames[0].path)
    assert (status, err) == (0, "")
    words = sentences.spoken_text(wince.assess(frames[0].path).level, 0.0, language="de")
    expected = voices.speak_to_wav(words, language="de", rate=250, voice="de+f3")
    assert [measure_wav(wav) for wav in loudspeaker() if len(wav) > 100] == [measure_wav(expected)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--language", "de"), "--language says how to speak; it needs --speak"),
        (("--rate", "150"), "--rate says how to speak; it needs --speak"),
        (("--voice", "de"), "--voice says how to speak; it needs --speak"),
        (("--speak", "--language", "nl"), "wince speaks en (English), ar (Arabic)"),
        (("--speak", "--rate", "20"), "from 80 to 450 words per minute, not 20"),
        pytest.param(
            ("--speak", "--language", "fr", "--voice", "de"),
            "no French voice 'de'; it has fr-fr",
            marks=needs_espeak,
        ),
    ],
)
def test_speech_that_cannot_be_is_refused_before_anything_is_assessed(
    run: Run, frames, options, words: str
) -> None:
    status, out, err = run("assess", "--csv", *options, frames[0].path)
    assert (status, out) == (2, "")
    assert words in " ".join(re.sub(r"[│╭╮╰╯─]", " ", err).split())


def test_without_a_voice_the_result_is_written_and_the_status_is_1(
    run: Run, frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "find_engine", lambda: None)
    status, out, err = run("assess", "--csv", "--speak", frames[0].path)
    assert status == 1
    assert (0, out, "") == run("assess", "--csv", frames[0].path)
    assert err == f"wince: {voices.NO_VOICE}\n"


# Errors and exit statuses


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["assess"], "Missing argument"),
        (["assess", "--json", "--csv", "x.jpg"], "exclude each other"),
        (["assess", "--nothing", "x.jpg"], "No such option"),
        (["asess", "x.jpg"], "No such command"),
    ],
)
def test_a_wrong_command_is_explained_in_one_line(
    run: Run, words: list[str], expected: str
) -> None:
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert err.startswith("wince: ")
    assert expected in err
    assert "--help'." in err
    assert len(err.splitlines()) == 1


def test_no_command_at_all_shows_the_help(run: Run) -> None:
    status, out, err = run()
    assert (status, out) == (2, "")
    assert "Usage: wince" in err


@pytest.mark.parametrize("place", [0, 1, 3])
def test_debug_shows_the_traceback_before_and_after_the_command(
    run: Run, tmp_path: Path, place: int
) -> None:
    words = ["assess", "--model", str(tmp_path / "nowhere"), "x.jpg"]
    words.insert(place, "--debug")
    status, _, err = run(*words)
    assert status == 1
    assert err.startswith("Traceback")
    assert err.splitlines()[-1].startswith("wince: There is no model.json")


def test_after_two_dashes_debug_is_a_file(run: Run) -> None:
    status, _, err = run("assess", "--", "--debug")
    assert status == 1
    assert err.startswith("wince: --debug cannot be opened")


def test_an_unexpected_error_is_called_a_bug_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(self: object) -> None:
        raise ZeroDivisionError("somewhere\ndeep")

    monkeypatch.setattr("wince.runtime.assessor.Assessor.model", property(stumble))
    status, _, err = run("version")
    assert status == 1
    assert err.startswith("wince: this is a bug in wince (ZeroDivisionError: somewhere\\ndeep)")
    assert "--debug" in err
    assert len(err.splitlines()) == 1
    assert "Traceback" in run("version", "--debug")[2]


@pytest.mark.skipif(sys.platform == "win32", reason="signals work in another way on Windows")
def test_control_c_ends_with_130_one_line_and_a_closed_array(frames) -> None:
    files = [str(frames[0].path)] * 3000
    child = subprocess.Popen(
        [*WINCE, "assess", "--json", *files],
        bufsize=0,  # or communicate() would not see what read() took in
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None
    first = child.stdout.read(1)  # it is under way
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert err == b"wince: stopped.\n"
    assert 0 < len(json.loads(first + out)) < len(files)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such pipes on Windows")
@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_a_reader_that_goes_away_ends_it_silently(frames, form: str) -> None:
    files = [str(frames[0].path)] * 3000
    child = subprocess.Popen(
        [*WINCE, "assess", form, *files], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.read(1)
    child.stdout.close()
    assert child.wait(timeout=30) == 1
    assert child.stderr.read() == b""
    child.stderr.close()


# A terminal


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_progress_bar_follows_on_stderr_and_leaves_stdout_alone(
    frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, err = io.StringIO(), Terminal()
    monkeypatch.setattr(sys.modules["wince.cli.assess.command"], "SHOW_AFTER", 0.0)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("TERM", "xterm")
    assert cli.main(["assess", "--json", *(str(frame.path) for frame in frames)]) == 0
    assert len(json.loads(out.getvalue())) == len(frames)
    assert "Assessing" in err.getvalue()


def test_a_quick_command_shows_no_progress_bar(frames, monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = io.StringIO(), Terminal()
    monkeypatch.setattr(sys.modules["wince.cli.assess.command"], "SHOW_AFTER", 3600.0)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert cli.main(["assess", "--json", str(frames[0].path), str(frames[1].path)]) == 0
    assert "Assessing" not in err.getvalue()


@pytest.mark.parametrize("no_color", [False, True])
def test_colour_is_for_terminals_and_no_color_turns_it_off(
    frames, monkeypatch: pytest.MonkeyPatch, no_color: bool
) -> None:
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    assert cli.main(["assess", str(frames[0].path)]) == 0
    lines = out.getvalue().splitlines()
    assert any("\x1b[3" in line for line in lines) is not no_color
    if no_color:
        bare = [line.replace("\x1b[1m", "").replace("\x1b[0m", "") for line in lines]
        assert max(map(len, bare)) <= 80


# version and help


@pytest.mark.parametrize("words", ["version", "--version"])
def test_version_names_all_that_a_report_needs(run: Run, words: str) -> None:
    status, out, err = run(words)
    versions = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert (status, err) == (0, "")
    assert set(versions) == {"wince", "Python", "onnxruntime", "model"}
    assert versions["wince"] == wince.__version__
    assert versions["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert versions["onnxruntime"].startswith("1.28.")
    assert versions["model"] == " ".join(wince.assess(ASTRONAUT).model.values())


ASTRONAUT = next((DATA / "frames").glob("*.jpg"))


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    script = (
        "import sys; from wince.cli import main; main(['--help'])\n"
        "heavy = {'numpy', 'onnxruntime', 'PIL', 'rich', 'fastapi', 'torch', 'pandas'}\n"
        "import time; print(time.process_time(), *heavy & set(sys.modules), file=sys.stderr)"
    )
    runs = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        for _ in range(3)
    ]
    assert all("Usage: wince" in done.stdout for done in runs)
    (seconds, *loaded), *_ = sorted(done.stderr.split() for done in runs)
    assert loaded == []
    assert float(seconds) < 0.3  # of the processor, the interpreter's own start included


def commands() -> list[str]:
    return sorted(command.__name__.replace("_", "-") for command in cli.COMMANDS)


@pytest.mark.parametrize("command", commands())
def test_every_command_has_help_for_itself_and_each_option(run: Run, command: str) -> None:
    status, out, _ = run(command, "--help")
    assert status == 0
    assert f"Usage: wince {command}" in out
    for parameter in typer.main.get_command(cli.app).commands[command].params:
        assert parameter.help, parameter.name


def test_the_reference_in_the_documentation_is_what_help_says() -> None:
    write = runpy.run_module("tools.docs.write_cli")
    written = (DOCS / "cli.md").read_text("utf-8")
    assert written == write["reference"](), "run: python -m tools.docs.write_cli"
    for command in commands():
        assert f"\n## wince {command}\n" in written


def test_documentation_names_every_column_of_csv() -> None:
    text = (DOCS / "cli.md").read_text("utf-8")
    listed = text[text.index("`--csv` writes a row") : text.index("`--out` is for many files")]
    assert set(outcome.CSV_COLUMNS) <= set(re.findall(r"`(\w+)`", listed))
