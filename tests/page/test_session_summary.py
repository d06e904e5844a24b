"""The page's session counts and writes as `wince watch` does, on the same frames."""

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.frames import Frame
from tests.support.scores_over_time import ABSENT, NO_FRAME, REFUSED, Part, ScoreMaker
from wince.cli.watch_rows import COLUMNS
from wince.faces.face import KEYPOINTS
from wince.runtime.assessor import Assessor
from wince.runtime.session_summary import SessionSummary
from wince.runtime.track import Track, TrackState
from wince.scale import PSPI
from wince.server.schemas import describe_scale

SCRIPT = Path(__file__).parent / "unit" / "summary_of_answers.js"
RATE = 10
BEGINNING = 30.0
"""Seconds with every frame. Of what follows, every fifth is enough for the longer steps."""
PARTS = (
    Part(0.2, 4.0, noise=0.1),
    Part(9.0, 5.0, noise=0.3),
    Part(5.52, 4.0),
    Part(REFUSED, 3.0),
    Part(ABSENT, 8.0),
    Part(NO_FRAME, 5.0),
    Part(13.0, 900.0, noise=0.3),
)


@pytest.fixture(scope="module")
def frames_and_states(assessor: Assessor, frames: list[Frame]):
    """(seconds, assessment, state) of each frame of a recording."""
    scores, track = (
        ScoreMaker(assessor.assess(frames[0].path)),
        Track(assessor.estimator.calibration),
    )
    return [
        (seconds, assessment, track.update(seconds, assessment))
        for seconds, assessment in scores.frames(list(PARTS), RATE)
        if seconds < BEGINNING or seconds % (5 / RATE) == 0
    ]


@pytest.fixture(scope="module")
def page_session(frames_and_states, tmp_path_factory):
    """What the page makes of these frames: the summary and the rows of the CSV file."""
    if shutil.which("node") is None:
        pytest.skip("needs the node program on the path")
    answers = [
        {
            "seconds": seconds,
            "assessment": assessment and assessment.to_dict(),
            "isAbsent": assessment is None,
            "track": state.to_dict(),
            "person": 1,
            "persons": [] if assessment is None else [{"number": 1}],
            "latency": 20.0,
        }
        for seconds, assessment, state in frames_and_states
    ]
    path = tmp_path_factory.mktemp("answers") / "answers.json"
    scale = describe_scale(PSPI).model_dump()
    path.write_text(json.dumps({"answers": answers, "scale": scale}))
    run = subprocess.run(["node", SCRIPT, path], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    printed = json.loads(run.stdout)
    return printed["summary"], list(csv.DictReader(io.StringIO(printed["csv"], newline="")))


def test_the_summary_is_the_same(frames_and_states, page_session):
    session = SessionSummary()
    for seconds, assessment, state in frames_and_states:
        session.add(seconds, state, face_found=assessment is not None)
    expected = session.to_dict()
    summary, _ = page_session
    assert summary["seconds"].pop("page_hidden") == 0, "only a page can be hidden"
    assert expected["trend"]["step"] == 2, "long enough for longer steps"
    assert expected["seconds"]["cannot_tell"]
    assert expected["seconds"]["between"]
    trend, expected_trend = summary["trend"], expected.pop("trend")
    assert {name: summary[name] for name in expected} == expected
    assert trend["step"] == expected_trend["step"]
    assert len(trend["points"]) == len(expected_trend["points"])
    for point, expected_point in zip(trend["points"], expected_trend["points"], strict=True):
        assert point == pytest.approx(expected_point, abs=0.00101), "but for a rounding"
    assert list(summary)[:3] == ["schema", "source", "person"]


def test_the_rows_are_those_of_the_terminal(frames_and_states, page_session):
    _, rows = page_session
    assert len(rows) == len(frames_and_states)
    keypoints = {f"{name}_{axis}" for name in KEYPOINTS for axis in "xy"}
    assert set(COLUMNS) - keypoints <= set(rows[0])
    for row, (seconds, assessment, state) in zip(rows, frames_and_states, strict=True):
        assert float(row["seconds"]) == seconds
        assert number(row["pspi"]) == (
            None
            if assessment is None or assessment.pspi is None
            else pytest.approx(assessment.pspi, abs=0.00051)  # three decimals
        )
        assert number(row["filtered_pspi"]) == (state.score and state.score.pspi)
        assert number(row["track_pspi"]) == state.statement.pspi
        assert stated_cells(row) == expected_cells(state)
        if assessment is not None:
            assert row["reasons"] == ";".join(assessment.quality.reasons)
            assert float(row["box_x1"]) == assessment.face.box[2]


def number(cell: str) -> float | None:
    return float(cell) if cell else None


def stated_cells(row: dict[str, str]) -> list[str]:
    return [row["statement"], row["track_level"], row["announced"], row["eyes"]]


def expected_cells(state: TrackState) -> list[str]:
    statement = state.statement
    level = str(statement.level or "")
    return [str(statement.kind), level, str(int(statement.announced)), state.eyes or ""]
