"""Speech over HTTP: the server's own sentences as sound, and a problem when it has no voice."""

import logging
import shutil
import sys
import threading
import time

import pytest
from starlette.testclient import TestClient

from tests.support.media import measure_wav, needs_espeak
from wince.scale import LEVEL_PAIRS, LEVELS, Level
from wince.server.app import create_app
from wince.server.body_limits import SMALL_JSON_BYTES
from wince.server.settings import Settings
from wince.speech import languages, sentences, voices

BASE = "http://127.0.0.1:5001"
MILD = {"level": "mild", "pspi": 3.0}


@pytest.fixture(scope="module")
def client(assessor):
    with TestClient(create_app(assessor), base_url=BASE) as client:
        yield client


@pytest.fixture
def no_voice(monkeypatch):
    monkeypatch.setattr(voices, "find_engine", lambda: None)


def problem(answer, status, kind):
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{kind}"
    return answer.json()["detail"]


@needs_espeak
@pytest.mark.parametrize("level", LEVELS)
def test_level_is_spoken_with_the_sentence_of_the_library(client, level):
    answer = client.post("/v1/speech", json={"level": level})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content == voices.speak_to_wav(sentences.spoken_text(level))
    seconds, loudness = measure_wav(answer.content)
    assert 1 < seconds < 5
    assert loudness > 0.02


@needs_espeak
def test_percent_and_advice_are_spoken_on_request(client):
    wanted = {"level": "severe", "pspi": 12.0, "percent": True, "advice": True}
    text = sentences.spoken_text(Level.SEVERE, 12.0, with_percent=True, with_advice=True)
    assert client.post("/v1/speech", json=wanted).content == voices.speak_to_wav(text)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({**MILD, "text": "Buy now."}, "text: "),
        ({"text": "Buy now."}, "level: "),
        ({"level": "awful"}, "level: Input should be 'none', 'mild', 'moderate' or 'severe'"),
        ({**MILD, "between": ["mild", "severe"]}, "between has level and a neighbouring level"),
        ({**MILD, "between": ["moderate", "mild"]}, "the lower one first"),
        ({**MILD, "between": ["moderate", "severe"]}, "between has level"),
        ({**MILD, "between": ["mild"]}, "between.1: "),
        ({"level": None, "between": ["none", "mild"]}, "between has level"),
        ({"level": "mild", "percent": True}, "score is needed when percent is true."),
        ({"level": "mild", "pspi": 16.1}, "pspi: "),
        ({"level": "mild", "pspi": -1}, "pspi: "),
        ({"level": "mild", "pspi": "3"}, "pspi: "),
        ({**MILD, "advice": "yes"}, "advice: "),
        ({**MILD, "language": "nl"}, "language: Input should be 'en', 'ar', 'es', 'de' or 'fr'"),
        ({**MILD, "rate": 79}, "rate: Input should be greater than or equal to 80"),
        ({**MILD, "rate": 451}, "rate: Input should be less than or equal to 450"),
        ({**MILD, "rate": 150.5}, "rate: "),
        ({**MILD, "rate": "150"}, "rate: "),
        ({**MILD, "voice": "x" * 201}, "voice: "),
        ([], "The request: "),
    ],
)
def test_only_its_own_sentences_are_spoken(client, wanted, message):
    detail = problem(client.post("/v1/speech", json=wanted), 422, "invalid-request")
    assert message.casefold() in detail.casefold()
    assert "Buy" not in detail


@needs_espeak
def test_a_score_between_two_levels_is_spoken_with_both(client):
    wanted = {"level": "mild", "between": ["mild", "moderate"], "advice": True}
    between = (Level.MILD, Level.MODERATE)
    text = sentences.spoken_text(Level.MILD, between=between, with_advice=True)
    assert "between mild and moderate" in text
    assert client.post("/v1/speech", json=wanted).content == voices.speak_to_wav(text)


@needs_espeak
@pytest.mark.parametrize("code", languages.LANGUAGES)
def test_each_language_is_spoken_at_the_requested_rate_and_voice(client, code):
    chosen = client.get("/v1/speech").json()["voices"][code][-1]
    wanted = {"level": "moderate", "pspi": 8.0, "percent": True, "advice": True, "language": code}
    usual = client.post("/v1/speech", json=wanted)
    assert usual.status_code == 200
    text = sentences.spoken_text(
        Level.MODERATE, 8.0, with_percent=True, with_advice=True, language=code
    )
    assert usual.content == voices.speak_to_wav(text, language=code)
    other = client.post("/v1/speech", json={**wanted, "rate": 300, "voice": chosen})
    assert other.status_code == 200
    (slow, loud), (fast, also_loud) = measure_wav(usual.content), measure_wav(other.content)
    assert min(loud, also_loud) > 0.02
    assert 0.4 < fast / slow < 0.75


@needs_espeak
def test_missing_voice_is_refused_with_the_list_of_voices(client):
    for wrong in ("de+nobody", "en-gb", "-w/tmp/made.wav"):
        wanted = {**MILD, "language": "de", "voice": wrong}
        detail = problem(client.post("/v1/speech", json=wanted), 422, "invalid-request")
        assert "This machine has no German voice" in detail
        assert "it has de, de+f1" in detail


def test_scale_has_the_texts_of_every_language(client):
    served = client.get("/v1/scale").json()["languages"]
    assert [language["code"] for language in served] == list(languages.LANGUAGES)
    assert [language["code"] for language in served if language["direction"] == "rtl"] == ["ar"]
    for language in served:
        for level in language["levels"]:
            assert level["sentence"] == sentences.sentence(Level(level["name"]), language["code"])
            assert level["spoken"] == sentences.spoken_text(
                Level(level["name"]), language=language["code"]
            )
        assert [tuple(pair["levels"]) for pair in language["between"]] == list(LEVEL_PAIRS)
        for pair in language["between"]:
            between = tuple(map(Level, pair["levels"]))
            code = language["code"]
            assert pair["sentence"] == sentences.sentence(between[0], code, between=between)
            assert pair["spoken"] == sentences.spoken_text(
                between[0], between=between, language=code
            )


def test_body_that_is_not_small_json_is_refused(client):
    def send(body, kind="application/json", **headers):
        return client.post("/v1/speech", content=body, headers={"Content-Type": kind, **headers})

    problem(send(b"{"), 400, "malformed-request")
    problem(send(b""), 400, "malformed-request")
    problem(send(b"[" * 2000), 400, "malformed-request")
    problem(send(b'{"level": "mild", "pspi": NaN}'), 422, "invalid-request")
    problem(send(b"level=mild", "application/x-www-form-urlencoded"), 415, "wrong-content-type")
    detail = problem(send(b" " * (SMALL_JSON_BYTES + 1)), 413, "too-large")
    assert "larger than 4 KB" in detail
    assert "picture" not in detail
    problem(send(b"{}", Origin="http://evil.example"), 403, "foreign-origin")


def test_without_a_voice_the_problem_says_what_to_install(client, no_voice):
    detail = problem(client.post("/v1/speech", json=MILD), 503, "no-voice")
    assert "apt-get install espeak-ng" in detail
    speech = client.get("/v1/speech").json()
    assert (speech["available"], speech["detail"]) == (False, detail)
    assert not any(speech["voices"].values())


@needs_espeak
def test_with_a_voice_its_names_are_listed(client):
    speech = client.get("/v1/speech").json()
    assert (speech["available"], speech["detail"]) == (True, "")
    assert speech["voices"] == {
        code: list(voices.voice_names(code)) for code in languages.LANGUAGES
    }
    assert all(speech["voices"].values())
    assert speech["rate"] == {"slowest": 80, "fastest": 450, "usual": 150}


@needs_espeak
@pytest.mark.skipif(sys.platform == "win32", reason="its stand-in is a shell script")
def test_speech_has_its_own_queue_and_does_not_block_the_server(
    assessor, tmp_path, monkeypatch, portrait_jpeg
):
    script, begun, go = (tmp_path / name for name in ("espeak-ng", "begun", "go"))
    script.write_text(
        f"#!/bin/sh\ntouch {begun}\nwhile [ ! -e {go} ]; do sleep 0.05; done\n"
        f'exec {shutil.which("espeak-ng")} "$@"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    app = create_app(assessor, settings=Settings(workers=1, max_waiting=0))
    with TestClient(app, base_url=BASE) as client:
        answers = []
        first = threading.Thread(
            target=lambda: answers.append(client.post("/v1/speech", json=MILD))
        )
        first.start()
        deadline = time.monotonic() + 15
        while not begun.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        problem(client.post("/v1/speech", json=MILD), 503, "busy")
        assert client.get("/healthz").status_code == 200  # the event loop is not blocked
        image = {"image": portrait_jpeg}
        assert client.post("/v1/assessments", files=image).status_code == 200
        go.touch()
        first.join(20)
    assert answers[0].status_code == 200
    assert measure_wav(answers[0].content)[0] > 1


def test_log_has_neither_level_nor_score(client, no_voice, caplog):
    with caplog.at_level(logging.INFO):
        client.post("/v1/speech", json={"level": "severe", "pspi": 13.7, "percent": True})
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("wince")]
    lines[-1] = lines[-1].partition(" ")[2]  # without the request's number, which is random
    assert lines[-1].startswith("POST /v1/speech 503")
    for secret in ("severe", "13.7", "86"):
        assert secret not in " ".join(lines).rpartition("503")[0]


def test_openapi_describes_the_request_and_the_sound(client):
    post = client.get("/openapi.json").json()["paths"]["/v1/speech"]["post"]
    assert list(post["responses"]["200"]["content"]) == ["audio/wav"]
    form = post["requestBody"]["content"]["application/json"]["schema"]
    assert form["properties"]["level"]["enum"] == [*LEVELS, None]
    assert form["additionalProperties"] is False
    assert "$ref" not in str(form)
