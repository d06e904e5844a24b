"""Models of other scales than PSPI: single images, tracks, commands, server and speech."""

import csv
import io
import json
from bisect import bisect
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.support.frames import Frame
from tests.support.other_scales import NRS, VAS, write_model
from wince import cli, images
from wince.annotate import annotated_copy, score_panel
from wince.errors import ExpressiveFaceError, ScaleError
from wince.named_scales import ScaleOptions
from wince.runtime.assessor import Assessor
from wince.runtime.neutral import check_expression
from wince.runtime.session_summary import SessionSummary
from wince.runtime.statement import Kind
from wince.runtime.track import Track, TrackSettings
from wince.score_scale import Scale
from wince.server.app import create_app
from wince.server.assessment_routes import analyze_answer
from wince.speech import sentences
from wince.speech.languages import LANGUAGES

SCALES = {scale.name: scale for scale in (NRS, VAS)}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of a model by the name of its scale."""
    pytest.importorskip("onnx", reason="needs wince[train]")
    folder = tmp_path_factory.mktemp("models")
    return {name: write_model(folder / name, scale) for name, scale in SCALES.items()}


@pytest.fixture(scope="module")
def assessors(folders: dict[str, Path]) -> dict[str, Assessor]:
    return {name: Assessor(folder) for name, folder in folders.items()}


@pytest.fixture(scope="module")
def pain(frames: list[Frame]) -> Path:
    """The rendered face with the highest PSPI."""
    return max(frames, key=lambda frame: frame.pspi).path


def test_a_score_is_on_the_scale_of_its_model(assessors: dict[str, Assessor], pain: Path) -> None:
    nrs, vas = (assessors[name].assess(pain, heatmap=True) for name in ("NRS", "VAS"))
    assert nrs.score is not None
    assert vas.score is not None
    assert vas.score == pytest.approx(10 * nrs.score, abs=0.01)
    assert 1 < nrs.score < 10
    assert nrs.level == NRS.level(nrs.score)
    assert nrs.sentence == f"NRS level: {nrs.level}."
    assert vas.sentence == f"VAS: {VAS.shown(vas.score)}, on a scale from 0 to 100."
    assert "NRS" in nrs.advice
    for assessment in (nrs, vas):
        data = json.loads(json.dumps(assessment.to_dict(), allow_nan=False))
        assert data["pspi"] is None
        assert data["heatmap"]["pspi"] is None
        assert data["action_units"] is None
        assert data["scale"] == assessment.scale.to_dict()
        assert "PSPI" not in json.dumps(data)


def test_without_levels_there_is_no_level_and_no_probability(
    assessors: dict[str, Assessor], pain: Path
) -> None:
    data = assessors["VAS"].assess(pain).to_dict()
    for name in ("level", "between", "level_probabilities", "confidence"):
        assert data[name] is None
    low, high = data["interval"]
    assert 0 <= low < data["score"] < high <= 100


def test_the_change_from_the_neutral_face_is_in_points_of_the_scale(
    assessors: dict[str, Assessor], frames: list[Frame], pain: Path
) -> None:
    rest = min(frames, key=lambda frame: frame.pspi).path
    changes = {}
    for name, assessor in assessors.items():
        change = assessor.assess(pain, neutral=assessor.neutral_face([rest])).change
        assert change is not None
        assert change.pspi is None
        changes[name] = change.score
    assert changes["NRS"] > 1
    assert changes["VAS"] == pytest.approx(10 * changes["NRS"], abs=0.01)


def test_a_neutral_face_must_be_in_the_lowest_level_if_there_is_one() -> None:
    check_expression(3.4, NRS)
    check_expression(99.0, VAS)
    with pytest.raises(ExpressiveFaceError, match=r"rated middling \(NRS 3\.5\); expected low"):
        check_expression(3.5, NRS)


def tracked(assessor: Assessor, pain: Path) -> tuple[SessionSummary, list[Kind], int]:
    """Return the sums, the kinds of statement and the announcements of two seconds of a face."""
    assessment = assessor.assess(pain)
    calibration = assessor.estimator.track_calibration
    track, session = Track(calibration, TrackSettings()), SessionSummary(calibration.scale)
    kinds, announced = [], 0
    for frame in range(21):
        state = track.update(frame / 10, assessment)
        session.add(frame / 10, state, face_found=True)
        assert state.score is not None
        assert (state.score.pspi, state.statement.pspi) == (None, None)
        kinds.append(state.statement.kind)
        announced += state.statement.announced
        assert "pspi" not in json.dumps(state.statement.sentence).lower()
    return session, kinds, announced


def test_a_level_of_another_scale_is_announced_once_it_has_lasted(
    assessors: dict[str, Assessor], pain: Path
) -> None:
    session, kinds, announced = tracked(assessors["NRS"], pain)
    assert (kinds[0], kinds[-1], announced) == (Kind.CHANGING, Kind.LEVEL, 1)
    assert list(session.levels) == ["low", "middling", "high"]
    assert session.announced[0].level in NRS.levels


def test_a_score_without_levels_is_stated_at_once_and_never_announced(
    assessors: dict[str, Assessor], pain: Path
) -> None:
    session, kinds, announced = tracked(assessors["VAS"], pain)
    assert (set(kinds), announced) == ({Kind.SCORE}, 0)
    data = session.to_dict()
    assert data["seconds"]["scored"] == pytest.approx(2.0)
    assert data["seconds"]["levels"] == data["peaks"] == {}
    assert data["peak"]["score"] == data["trend"]["points"][0]["score"]
    assert "pspi" not in json.dumps(data).lower()


def test_the_results_of_assess_name_the_scale(
    folders: dict[str, Path], pain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: object) -> str:
        assert cli.main([str(argument) for argument in arguments]) == 0
        return capsys.readouterr().out

    for name, folder in folders.items():
        arguments = ("assess", pain, "--model", folder)
        table = run(*arguments)
        assert name in table
        assert "PSPI" not in table + run(*arguments, "--json")
        (row,) = csv.DictReader(io.StringIO(run(*arguments, "--csv")))
        assert row["scale"] == name
        assert float(row["score_low"]) < float(row["score"]) < float(row["score_high"])
        assert not {"pspi", "neutral_pspi", "AU4"} & set(row)
        levels = ("--target", name, "--range", *map(str, (SCALES[name].low, SCALES[name].high)))
        given = run(*arguments, "--csv", *levels, "--cuts", "5", "--levels", "small,large")
        assert next(csv.DictReader(io.StringIO(given)))["level"] in ("small", "large")
        out = tmp_path / f"{name}.csv"
        run(*arguments, "--out", out)
        run(*arguments, "--out", out, "--resume")
        assert out.read_text().count("\n") == 2


def test_the_copy_of_a_photo_shows_the_scale(
    assessors: dict[str, Assessor], pain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str] = []
    write = score_panel.PanelCanvas.text
    monkeypatch.setattr(
        score_panel.PanelCanvas,
        "text",
        lambda canvas, x, y, text, *more, **options: (
            texts.append(text),
            write(canvas, x, y, text, *more, **options),
        )[1],
    )
    for assessor in assessors.values():
        assessment = assessor.assess(pain, heatmap=True)
        annotated_copy.annotate(images.read(pain), assessment)
        assert assessment.score is not None
        scale = assessment.scale
        number = scale.shown(assessment.score)
        assert f"{scale.name} {number} {scale.of_maximum}" in texts
    assert "PSPI" not in " ".join(texts)


def test_a_model_without_levels_gets_those_that_are_stated(
    folders: dict[str, Path], pain: Path
) -> None:
    stated = ScaleOptions("vas", (0, 100), "30,60", "low,middle,high").scale()
    plain = Assessor(folders["VAS"]).assess(pain)
    assessment = Assessor(folders["VAS"], scale=stated).assess(pain)
    assert (assessment.score, assessment.interval) == (plain.score, plain.interval)
    assert assessment.score is not None
    assert assessment.level == ("low", "middle", "high")[bisect([30, 60], assessment.score)]
    assert assessment.level_probabilities is not None
    assert sum(assessment.level_probabilities.values()) == pytest.approx(1, abs=2e-4)
    assert assessment.scale.unit == "mm"


@pytest.mark.parametrize("target", ["nrs", "pspi", "vas"])
def test_a_stated_scale_that_is_not_that_of_the_model_is_refused(
    folders: dict[str, Path], target: str
) -> None:
    with pytest.raises(ScaleError, match="gives VAS from 0 to 100, and --target states"):
        Assessor(folders["VAS"], scale=ScaleOptions(target).scale())


@pytest.fixture(scope="module", params=["NRS", "VAS"])
def client(request: pytest.FixtureRequest, assessors: dict[str, Assessor]) -> Iterator[TestClient]:
    with TestClient(create_app(assessors[request.param]), base_url="http://127.0.0.1") as client:
        yield client


def scale_of(client: TestClient) -> Scale:
    return SCALES[client.get("/v1/scale").json()["name"]]


def test_the_server_describes_the_scale_of_its_model(client: TestClient) -> None:
    facts, scale = client.get("/v1/scale").json(), scale_of(client)
    assert (facts["minimum"], facts["maximum"]) == (scale.low, scale.high)
    assert (facts["unit"], facts["decimals"]) == (scale.unit, scale.decimals)
    assert [level["name"] for level in facts["levels"]] == list(scale.levels)
    assert facts["action_units"] == facts["terms"] == []
    assert client.get("/v1/model").json()["scale"] == scale.to_dict()
    assert "PSPI" not in client.get("/v1/scale").text


def test_assessments_over_http_are_on_the_scale(client: TestClient, pain: Path) -> None:
    scale = scale_of(client)
    answer = client.post("/v1/assessments", files={"image": pain.read_bytes()}).json()
    assert answer["pspi"] is None
    assert answer["scale"] == scale.to_dict()
    assert answer["level"] == scale.level(answer["score"])


def test_analyze_answers_with_a_percentage_of_the_scale(
    assessors: dict[str, Assessor], pain: Path
) -> None:
    nrs, vas = (assessors[name].assess(pain) for name in ("NRS", "VAS"))
    assert nrs.score is not None
    assert vas.score is not None
    assert analyze_answer(nrs)["pain_class"] == nrs.level
    assert analyze_answer(vas) == {
        "pain_level": round(vas.score),
        "pain_class": f"VAS {vas.score:.0f} of 100",
        "confidence": None,
    }


def test_speech_is_asked_for_with_levels_and_scores_of_the_scale(client: TestClient) -> None:
    scale = scale_of(client)
    wrong = [{"level": "severe"}, {"level": None, "score": scale.high + 1}, {"pspi": 3.0}]
    for request in wrong:
        answer = client.post("/v1/speech", json={"level": None, **request})
        assert answer.status_code == 422, request
    form = client.get("/openapi.json").json()["paths"]["/v1/speech"]["post"]["requestBody"]
    level = form["content"]["application/json"]["schema"]["properties"]["level"]
    assert level.get("enum", [None]) == [*scale.levels, None]


@pytest.mark.parametrize("code", LANGUAGES)
def test_sentences_name_the_scale_in_each_language(code: str) -> None:
    mark = LANGUAGES[code].decimal_mark
    level = sentences.spoken_text("high", 8.0, language=code, scale=NRS)
    between = sentences.spoken_text("low", between=("low", "middling"), language=code, scale=NRS)
    score = sentences.spoken_text(
        None, 33.4, with_percent=True, with_advice=True, language=code, scale=VAS
    )
    assert "NRS" in level
    assert "high" in level
    assert all(word in between for word in ("NRS", "low", "middling"))
    assert all(word in score for word in ("VAS", "33", "100"))
    assert "PSPI" not in level + between + score
    fine = Scale("Grade", 1.0, 5.0)
    assert f"2{mark}35" in sentences.sentence(None, code, score=2.35, scale=fine)
    refusal = sentences.spoken_text(None, language=code, scale=VAS)
    assert refusal == LANGUAGES[code].refusal
