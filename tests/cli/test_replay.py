"""An expressive clip through `wince watch` and the live socket: no contradiction in any frame."""

import csv
import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.support.command_line import Run
from tests.support.expressive_clip import RATE, as_jpeg, check_numbers, clip
from tests.support.frames import Frame
from tests.support.video_sample import write_video
from wince import scale
from wince.runtime.assessor import Assessor
from wince.server import live_socket
from wince.server.app import create_app
from wince.speech import sentences, voices

pytest.importorskip("av", reason="needs PyAV")


def pair(text: str) -> list[str] | None:
    return text.split(";") if text else None


def level_pair(between: list[str] | None) -> scale.LevelPair | None:
    return (scale.Level(between[0]), scale.Level(between[1])) if between else None


def test_watch_contradicts_itself_in_no_frame(
    run: Run, frames: list[Frame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken: list[str] = []
    monkeypatch.setattr(voices, "speak", lambda text, **options: spoken.append(text))
    video = write_video(tmp_path / "clip.mp4", clip(frames), rate=RATE, options={"crf": "15"})
    rows_path, summary_path = tmp_path / "rows.csv", tmp_path / "summary.json"
    status, out, _ = run("watch", video, "--csv", rows_path, "--summary", summary_path, "--speak")
    assert status == 0
    with rows_path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for prefix in ("", "track_"):
            score = row[f"{prefix}pspi"]
            check_numbers(
                row[f"{prefix}level"] or None,
                float(score) if score else None,
                pair(row[f"{prefix}between"]),
            )
        assert (row["pspi"] == "") == (row["face"] == "0" or row["reasons"] != "")
        assert (row["filtered_pspi"] == "") == (row["pspi"] == "")
        if row["announced"] == "1":
            assert row["track_pspi"] == row["filtered_pspi"]
    kinds = {row["statement"] for row in rows}
    assert kinds >= {"level", "changing", "cannot-tell", "not-in-view"}
    announced = [row for row in rows if row["announced"] == "1"]
    assert len(announced) >= 3
    sentences_announced = {
        sentences.spoken_text(
            scale.Level(row["track_level"]), between=level_pair(pair(row["track_between"]))
        )
        for row in announced
    }
    assert set(spoken) <= sentences_announced
    assert spoken
    assert out.count("(PSPI ") == len(announced)
    data = json.loads(summary_path.read_text())
    assert len(data["announced"]) == len(announced)
    stated = {row["track_level"] for row in rows if row["statement"] == "level"}
    assert set(data["peaks"]) == stated


def test_the_live_socket_contradicts_itself_in_no_frame(
    assessor: Assessor, frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(number / RATE for number in range(10_000))
    original = live_socket.LiveSocket.__init__

    def with_clock(self: live_socket.LiveSocket, *args: object, **options: object) -> None:
        original(self, *args, **{**options, "clock": lambda: next(times)})  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(live_socket.LiveSocket, "__init__", with_clock)
    kinds = set()
    with (
        TestClient(create_app(assessor), base_url="http://127.0.0.1:5001") as client,
        client.websocket_connect("ws://127.0.0.1:5001/v1/live") as socket,
    ):
        for rgb in clip(frames):
            socket.send_bytes(as_jpeg(rgb))
            answer = socket.receive_json()
            statement, score = answer["track"]["statement"], answer["track"]["score"]
            kinds.add(statement["kind"])
            check_numbers(
                statement["level"], statement["pspi"], statement["between"], statement["interval"]
            )
            if statement["level"]:
                probabilities = statement["level_probabilities"]
                assert statement["confidence"] == probabilities[statement["level"]]
                assert statement["sentence"] == sentences.sentence(
                    scale.Level(statement["level"]), between=level_pair(statement["between"])
                )
            assessment = answer.get("assessment")
            judged = assessment is not None and assessment["quality"]["usable"]
            assert (score is not None) == judged
            if assessment is not None:
                check_numbers(
                    assessment["level"],
                    assessment["pspi"],
                    assessment["between"],
                    assessment["interval"],
                )
            if statement["announced"]:
                assert statement["pspi"] == score["pspi"]
    assert kinds >= {"level", "changing", "cannot-tell", "not-in-view"}
