import io
import json
import re
import sys
import tempfile
import textwrap
import urllib.parse
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from tests.support import bad_inputs
from tests.support.frames import ROOT
from tests.support.media import data_url, encode_image
from wince import __version__, scale
from wince.runtime.assessment import Assessment, DetectedFace, Quality
from wince.server.app import create_app
from wince.server.assessment_routes import analyze_answer
from wince.server.routes import STATIC
from wince.speech import sentences
from wince.speech.languages import CATALOGUES, LANGUAGES

BASE = "http://127.0.0.1:5001"


@pytest.fixture(scope="module")
def client(assessor):
    with TestClient(create_app(assessor), base_url=BASE) as client:
        yield client


def without_times(answer):
    return {name: value for name, value in answer.items() if name != "milliseconds"}


def expected(assessor, picture):
    return without_times(json.loads(json.dumps(assessor.assess(picture).to_dict())))


def test_multipart_image_is_assessed(client, assessor, portrait_jpeg):
    answer = client.post("/v1/assessments", files={"image": ("x.jpg", portrait_jpeg)})
    assert answer.status_code == 200
    assert without_times(answer.json()) == expected(assessor, portrait_jpeg)
    assert answer.json()["milliseconds"]["total"] > 0


def test_map_is_added_on_request_and_changes_nothing_else(client, assessor, portrait_jpeg):
    answer = client.post("/v1/assessments?explain=heatmap", files={"image": portrait_jpeg}).json()
    mapped = json.loads(json.dumps(assessor.assess(portrait_jpeg, heatmap=True).to_dict()))
    assert answer["heatmap"] == mapped["heatmap"]
    del answer["heatmap"]
    assert without_times(answer) == expected(assessor, portrait_jpeg)


def test_unknown_explanation_is_refused(client, portrait_jpeg):
    answer = client.post("/v1/assessments?explain=why", files={"image": portrait_jpeg})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid-request"
    assert answer.json()["detail"] == "Explain: Input should be 'heatmap'."


def test_the_documentation_lists_the_fields_that_openapi_describes(client):
    text = (ROOT / "docs" / "http-api.md").read_text("utf-8")
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    for name, start, end in (
        ("Assessment", "Its fields are:", "If the image contains several"),
        ("DetectedFace", "| Field of `face`", "### When the face cannot"),
    ):
        table = text[text.index(start) : text.index(end)]
        cells = re.findall(r"^\| (`[^|]*) \|", table, re.M)
        documented = {field for cell in cells for field in re.findall(r"`(\w+)`", cell)}
        on_request = {"heatmap", "change"} if name == "Assessment" else set()
        assert documented == set(schemas[name]["properties"]) - on_request
        score = {
            "pspi",
            "score",
            "interval",
            "level",
            "between",
            "confidence",
            "action_units",
            "raw_score",
        }
        for field in score & documented if name == "Assessment" else ():
            assert {"type": "null"} in schemas[name]["properties"][field]["anyOf"]


def test_openapi_describes_the_map(client):
    document = client.get("/openapi.json").json()
    parameters = document["paths"]["/v1/assessments"]["post"]["parameters"]
    assert [(item["name"], item["in"], item["required"]) for item in parameters] == [
        ("explain", "query", False),
        ("face", "query", False),
        ("any_expression", "query", False),
        ("min_score", "query", False),
    ]
    schemas = document["components"]["schemas"]
    assert "heatmap" in schemas["Assessment"]["properties"]
    assert "heatmap" not in schemas["Assessment"]["required"]
    assert set(schemas["Heatmap"]["properties"]) == {
        "quad",
        "pspi",
        "score",
        "action_units",
        "counted",
        "note",
    }


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_raw_image_is_assessed(client, assessor, astronaut, form):
    picture = encode_image(astronaut, form)
    headers = {"Content-Type": f"image/{form.lower()}"}
    answer = client.post("/v1/assessments", content=picture, headers=headers)
    assert answer.status_code == 200
    assert without_times(answer.json()) == expected(assessor, picture)


def test_heic_is_assessed_where_its_part_is_installed(client, astronaut, monkeypatch):
    heic = bad_inputs.heic(Image.fromarray(astronaut))
    headers = {"Content-Type": "image/heic"}
    answer = client.post("/v1/assessments", content=heic, headers=headers)
    assert answer.status_code == 200
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    answer = client.post("/v1/assessments", content=heic, headers=headers)
    assert answer.status_code == 415
    assert "HEIC" in answer.json()["detail"]


@pytest.mark.parametrize("form", bad_inputs.LOCAL_FORMATS)
def test_formats_for_the_command_line_are_refused_everywhere(
    client, astronaut, portrait_jpeg, form
):
    picture = bad_inputs.save_image(Image.fromarray(astronaut), form)
    requests = (
        {"url": "/v1/assessments", "files": {"image": picture}},
        {"url": "/v1/assessments", "content": picture, "headers": {"Content-Type": "image/x"}},
        {"url": "/v1/assessments", "files": {"image": portrait_jpeg, "neutral": picture}},
        {"url": "/v1/neutral", "files": {"neutral": picture}},
        {"url": "/analyze", "json": {"image": data_url(picture)}},
    )
    for request in requests:
        answer = client.post(**request)
        assert answer.status_code == 415
        assert f"{form}: expected a JPEG, PNG, WebP, AVIF or HEIC image" in answer.text
    with client.websocket_connect("ws://127.0.0.1:5001/v1/live") as socket:
        socket.send_bytes(picture)
        assert socket.receive_json()["problem"]["type"] == "/problems/not-an-image"


def test_rendered_faces_of_tests_data_are_assessed(client, assessor, frames):
    for frame in frames[:3]:
        answer = client.post("/v1/assessments", files={"image": frame.path.read_bytes()})
        assert without_times(answer.json()) == expected(assessor, frame.path)


def test_two_faces_give_a_warning_and_the_largest_is_scored(client, astronaut):
    near = astronaut[40:220, 165:345]
    small = np.zeros((180, 120, 3), np.uint8)
    small[:120] = np.asarray(Image.fromarray(near).resize((120, 120)))
    both = np.concatenate([small, near], axis=1)
    answer = client.post("/v1/assessments", files={"image": encode_image(both)}).json()
    assert len(answer["faces"]) == 2
    assert answer["face"]["box"][0] > 120  # the large one is on the right
    assert any("2 faces" in warning for warning in answer["quality"]["warnings"])


def test_another_face_is_assessed_on_request(client, astronaut):
    head = astronaut[:256, 96:352]
    both = np.concatenate([head, head], axis=1)
    first, second = (
        client.post(f"/v1/assessments?face={index}", files={"image": encode_image(both)}).json()
        for index in (0, 1)
    )
    assert first["faces"] == second["faces"] == [first["face"], second["face"]]
    assert abs(first["face"]["box"][0] - second["face"]["box"][0]) > 200
    missing = client.post("/v1/assessments?face=2", files={"image": encode_image(both)})
    assert missing.status_code == 422
    assert missing.json()["type"] == "/problems/no-face"
    wrong = client.post("/v1/assessments?face=-1", files={"image": encode_image(both)})
    assert wrong.json()["type"] == "/problems/invalid-request"


def test_the_minimum_score_of_the_detector_can_be_set(client, astronaut):
    image = encode_image(astronaut[:256, 96:352])
    score = client.post("/v1/assessments", files={"image": image}).json()["face"]["score"]
    for min_score, status in ((score - 0.01, 200), (score + 0.01, 422)):
        answer = client.post(f"/v1/assessments?min_score={min_score}", files={"image": image})
        assert answer.status_code == status
    assert answer.json()["type"] == "/problems/no-face"
    for wrong in ("0", "1", "2", "x"):
        answer = client.post(f"/v1/assessments?min_score={wrong}", files={"image": image})
        assert answer.json()["type"] == "/problems/invalid-request"


def test_image_that_cannot_be_judged_gets_no_score(client, astronaut):
    dark = encode_image((astronaut * 0.1).astype(np.uint8), "PNG")
    answer = client.post("/v1/assessments", files={"image": dark})
    assert answer.status_code == 200
    result = answer.json()
    for name in (
        *("pspi", "raw_score", "action_units", "interval", "level", "between"),
        *("level_probabilities", "confidence"),
    ):
        assert result[name] is None
    assert [face["usable"] for face in result["faces"]] == [False]
    assert result["quality"]["usable"] is False
    assert list(result["quality"]["reasons"]) == ["dark"]
    assert result["sentence"] == "This image cannot be judged: it is too dark."
    small = client.post("/analyze", json={"image": data_url(dark, "image/png")})
    assert small.status_code == 422
    assert "too dark" in small.json()["error"]


def test_change_against_images_at_rest_and_against_the_neutral_face_they_make(
    client, assessor, frames
):
    at_rest = [frame.path.read_bytes() for frame in frames[:2]]
    face = frames[2].path.read_bytes()
    form = [("image", face), *(("neutral", image) for image in at_rest)]
    answer = client.post("/v1/assessments?any_expression=true", files=form).json()
    neutral = assessor.neutral_face(at_rest, any_expression=True)
    expected_change = assessor.assess(face, neutral=neutral).to_dict()["change"]
    assert answer["change"] == json.loads(json.dumps(expected_change))
    repeated = client.post(
        "/v1/assessments",
        files={"image": face},
        data={"neutral": json.dumps(answer["change"]["neutral"])},
    ).json()
    assert without_times(repeated) == without_times(answer)
    images = [("neutral", image) for image in at_rest]
    made = client.post("/v1/neutral?any_expression=true", files=images)
    assert made.json() == answer["change"]["neutral"]


@pytest.mark.parametrize("address", ["/v1/neutral", "/v1/assessments"])
def test_a_grimace_is_refused_as_a_neutral_face(client, frames, address):
    grimace = frames[1].path.read_bytes()
    refused = client.post(address, files={"image": grimace, "neutral": grimace})
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/expressive-face"
    assert "rated" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("neutral", "kind", "message"),
    [
        ("{", "invalid-request", "not JSON"),
        ("[" * 5000, "invalid-request", "not JSON"),
        ("[]", "invalid-request", "A neutral face is an object"),
        (
            json.dumps(
                {
                    "action_units": None,
                    "raw_score": 1.0,
                    "images": 1,
                    "model": {"name": "other", "version": "9"},
                }
            ),
            "invalid-request",
            "made with the model other 9",
        ),
    ],
)
def test_neutral_face_that_cannot_be_used_is_explained(
    client, portrait_jpeg, neutral, kind, message
):
    answer = client.post(
        "/v1/assessments", files={"image": portrait_jpeg}, data={"neutral": neutral}
    )
    assert answer.status_code == 422
    assert answer.json()["type"] == f"/problems/{kind}"
    assert message in answer.json()["detail"]


def test_neutral_face_is_given_in_one_way_only(client, portrait_jpeg):
    answer = client.post(
        "/v1/assessments",
        files=[("image", portrait_jpeg), ("neutral", portrait_jpeg)],
        data={"neutral": "{}"},
    )
    assert answer.status_code == 422
    assert "not both" in answer.json()["detail"]


def test_old_names_of_the_neutral_face_are_still_accepted(client, portrait_jpeg):
    made = client.post("/v1/neutral", files={"neutral": portrait_jpeg}).json()
    old = client.post("/v1/baselines", files={"neutral": portrait_jpeg})
    assert (old.status_code, old.json()) == (200, made)
    made["pictures"] = made.pop("images")
    with pytest.warns(DeprecationWarning, match="now called 'images'"):
        answer = client.post(
            "/v1/assessments",
            files={"image": portrait_jpeg},
            data={"baseline": json.dumps(made)},
        )
    assert answer.json()["change"]["neutral"] == old.json()
    paths = client.get("/openapi.json").json()["paths"]
    assert paths["/v1/baselines"]["post"]["deprecated"] is True
    assert "deprecated" not in paths["/v1/neutral"]["post"]


@pytest.mark.parametrize("fields", [("neutral",), ("baseline",), ("neutral", "baseline")])
def test_text_of_two_neutral_faces_is_refused(client, portrait_jpeg, fields):
    face = json.dumps(client.post("/v1/neutral", files={"neutral": portrait_jpeg}).json())
    data = {field: face if len(fields) > 1 else [face, face] for field in fields}
    answer = client.post("/v1/assessments", files={"image": portrait_jpeg}, data=data)
    assert answer.status_code == 422
    assert "one neutral face in 'neutral'" in answer.json()["detail"]


def test_old_field_takes_no_images(client, portrait_jpeg):
    answer = client.post(
        "/v1/assessments", files={"image": portrait_jpeg, "baseline": portrait_jpeg}
    )
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/invalid-request"


def test_text_in_place_of_an_image_is_refused(client, portrait_jpeg):
    refused = client.post(
        "/v1/assessments", files={"image": portrait_jpeg}, data={"neutral": "rest.jpg"}
    )
    assert refused.status_code == 422
    assert (
        "image files or the JSON of a neutral face in 'neutral'; found text"
        in refused.json()["detail"]
    )


def test_neutral_face_without_images_or_with_unusable_ones_is_refused(client, astronaut):
    none = client.post("/v1/neutral", files={"image": b"x"})
    assert none.json()["type"] == "/problems/missing-image"
    assert "'neutral'" in none.json()["detail"]
    raw = client.post("/v1/neutral", content=b"x", headers={"Content-Type": "image/png"})
    assert raw.status_code == 415
    dark = encode_image((astronaut * 0.1).astype(np.uint8), "PNG")
    refused = client.post("/v1/neutral", files={"neutral": dark})
    assert refused.status_code == 422
    assert "too dark" in refused.json()["detail"]


def test_large_upload_is_never_written_to_disk(client, astronaut, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a temporary file was made")

    for name in ("TemporaryFile", "NamedTemporaryFile", "mkstemp", "_TemporaryFileWrapper"):
        monkeypatch.setattr(tempfile, name, refuse)
    large = astronaut[:260, 90:350].repeat(4, axis=0).repeat(4, axis=1)
    grain = np.random.default_rng(0).integers(0, 32, large.shape, np.uint8)
    picture = encode_image(large // 2 + grain, "PNG")
    assert len(picture) > 1.5 * 2**20  # the framework's own parser would write this to a file
    answer = client.post("/v1/assessments", files={"image": ("x.png", picture)})
    assert answer.status_code == 200


def test_analyze_returns_three_values(client, assessor, portrait_jpeg):
    answer = client.post("/analyze", json={"image": data_url(portrait_jpeg)})
    assert answer.status_code == 200
    result = assessor.assess(portrait_jpeg)
    assert answer.json() == {
        "pain_level": round(result.pspi / 16 * 100),
        "pain_class": scale.wording(result.pspi),
        "confidence": round(100 * result.confidence),
    }
    assert {type(value) for value in answer.json().values()} == {int, str}


def _wrapped(text):
    return "\r\n".join(textwrap.wrap(text, 76))


@pytest.mark.parametrize(
    "change",
    [
        _wrapped,
        lambda text: "\n  " + "\n  ".join(textwrap.wrap(text, 64)) + "\n",
        lambda text: text.translate(str.maketrans("+/", "-_")),
        lambda text: text.rstrip("="),
        lambda text: _wrapped(text.translate(str.maketrans("+/", "-_")).rstrip("=")),
        urllib.parse.quote,
        lambda text: urllib.parse.quote(_wrapped(text)),
    ],
    ids=["wrapped", "indented", "url-safe", "unpadded", "all three", "percent", "percent wrapped"],
)
@pytest.mark.parametrize("extra", [0, 1, 2])
def test_analyze_reads_base64_in_every_usual_form(client, portrait_jpeg, change, extra):
    url = data_url(portrait_jpeg + bytes(extra))
    head, _, text = url.partition(",")
    answer = client.post("/analyze", json={"image": f"{head},{change(text)}"})
    assert answer.json() == client.post("/analyze", json={"image": url}).json()
    assert answer.status_code == 200


@pytest.mark.parametrize("head", ["DATA:image/jpeg;base64", "data:image/jpeg;charset=utf-8;BASE64"])
def test_analyze_reads_the_head_of_a_data_url_in_any_case(client, portrait_jpeg, head):
    text = data_url(portrait_jpeg).partition(",")[2]
    assert client.post("/analyze", json={"image": f"\n{head},{text}"}).status_code == 200


def test_analyze_refuses_base64_whose_plus_signs_became_spaces(client, portrait_jpeg):
    text = data_url(portrait_jpeg).replace("+", " ")
    assert " " in text
    answer = client.post("/analyze", json={"image": text})
    assert answer.status_code == 422
    assert "damaged or incomplete" in answer.json()["error"]


@pytest.mark.parametrize(
    ("pspi", "percent", "wording"),
    [
        (0.0, 0, "No pain expression"),
        (1.2, 8, "Very mild"),
        (2.0, 12, "Mild"),
        (3.0, 19, "Moderate"),
        (4.0, 25, "Moderately severe"),
        (5.0, 31, "Severe"),
        (8.0, 50, "Very severe"),
        (16.0, 100, "Very severe"),
    ],
)
def test_analyze_answer_is_percent_of_sixteen_and_the_finer_wording(pspi, percent, wording):
    level = scale.level(pspi)
    face = DetectedFace((0, 0, 1, 1), {}, 1.0, yaw=0.0, pitch=0.0, roll=0.0)
    assessment = Assessment(
        score=pspi,
        scale=scale.PSPI,
        interval=(pspi, pspi),
        level=level,
        between=None,
        level_probabilities={},
        confidence=0.876,
        action_units=None,
        raw_score=pspi,
        face=face,
        faces=(face,),
        quality=Quality(True),
        sentence=sentences.sentence(level),
        advice=sentences.advice(level),
        model={},
        milliseconds={},
    )
    answer = {"pain_level": percent, "pain_class": wording, "confidence": 88}
    assert analyze_answer(assessment) == answer


def test_health_has_the_version(client):
    assert client.get("/healthz").json() == {"status": "ok", "version": __version__}


def test_model_facts_are_those_of_the_manifest(client, assessor):
    card = assessor.estimator.manifest
    answer = client.get("/v1/model").json()
    assert answer.pop("scale") == scale.PSPI.to_dict()
    assert answer == {key: card[key] for key in answer}
    assert {"name", "version", "title", "trained_on", "figures"} <= set(answer)


def test_scale_facts_are_those_of_the_scale_module(client):
    answer = client.get("/v1/scale").json()
    assert [level["name"] for level in answer["levels"]] == list(scale.LEVELS)
    cuts = [level["to_score"] for level in answer["levels"]]
    assert cuts == [*scale.LEVEL_CUTS, scale.PSPI_MAXIMUM]
    assert [unit["name"] for unit in answer["action_units"]] == list(scale.UNIT_NAMES)
    assert answer["terms"] == [list(term) for term in scale.PSPI_TERMS]
    assert answer["levels"][2]["sentence"] == "Pain expression: moderate."


def test_page_loads_only_its_own_files(client):
    page = client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    files = re.findall(r'(?:href|src)="(static/[^"]+)"', page.text)
    assert len(files) >= 3
    for file in files:
        assert client.get(f"/{file}").status_code == 200
    assert not re.search(r'(?:href|src)="/', page.text)  # it works below any path
    assert "style=" not in page.text
    assert "<style" not in page.text
    assert not re.search(r"\son\w+=", page.text)


def test_no_file_of_the_page_contains_another_host():
    allowed = {"http://www.w3.org/2000/svg"}  # a namespace, not an address that is loaded
    pattern = re.compile(r"(?:https?|wss?)://[\w.][^\s\"'`)]*")
    for file in STATIC.rglob("*.*"):
        if file.suffix != ".png" and file.parent.name != "onnxruntime":
            assert set(pattern.findall(file.read_text("utf-8"))) <= allowed, file.name


def test_installed_page_starts_without_the_token_and_its_icons_have_their_sizes(client):
    answer = client.get("/static/manifest.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    manifest = answer.json()
    address = "/static/manifest.webmanifest"
    for member in ("start_url", "scope"):
        assert urllib.parse.urljoin(address, manifest[member]) == "/"
    assert manifest["display"] == "standalone"
    drawn = [icon for icon in manifest["icons"] if icon["type"] == "image/png"]
    assert [(icon["sizes"], icon.get("purpose", "any")) for icon in drawn] == [
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    ]
    for icon in manifest["icons"]:
        answer = client.get(urllib.parse.urljoin(address, icon["src"]))
        assert answer.headers["content-type"].startswith(icon["type"])
        if icon in drawn:
            picture = Image.open(io.BytesIO(answer.content))
            assert f"{picture.width}x{picture.height}" == icon["sizes"]
            corner = picture.convert("RGBA").getpixel((0, 0))
            assert (corner[3] == 255) == (icon.get("purpose") == "maskable")


def test_static_files_stay_in_their_folder(client):
    assert client.get("/static/..%2fapp.py").status_code == 404
    assert client.get("/static/%2e%2e/app.py").status_code == 404


@pytest.mark.parametrize("code", LANGUAGES)
def test_texts_of_each_language_are_served_like_the_other_files_of_the_page(client, code):
    answer = client.get(f"/static/texts/{code}.json")
    assert answer.content == (CATALOGUES / f"{code}.json").read_bytes()
    assert answer.headers["content-type"] == "application/json"
    script = client.get("/static/app.js")
    assert script.headers["cache-control"] == answer.headers["cache-control"] == "no-cache"
    individual = ("content-type", "content-length", "last-modified", "etag", "x-request-id")
    headers, others = (
        {name: value for name, value in response.headers.items() if name not in individual}
        for response in (answer, script)
    )
    assert headers == others
    cached = client.get(answer.url.path, headers={"If-None-Match": answer.headers["etag"]})
    assert cached.status_code == 304


def test_texts_stay_in_their_folder(client):
    for path in ("..%2fscale.py", "%2e%2e/scale.py", "xx.json", ""):
        assert client.get(f"/static/texts/{path}").status_code == 404


def test_openapi_describes_every_address_and_its_errors(client):
    document = client.get("/openapi.json").json()
    paths = document["paths"]
    assert {"/v1/assessments", "/analyze", "/healthz", "/v1/model", "/v1/scale"} <= set(paths)
    post = paths["/v1/assessments"]["post"]
    assert {"multipart/form-data", "image/jpeg"} <= set(post["requestBody"]["content"])
    assert "application/problem+json" in post["responses"]["422"]["content"]
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert names <= set(document["components"]["schemas"])
    assert "pspi" in document["components"]["schemas"]["Assessment"]["properties"]


def test_viewers_with_foreign_scripts_are_off(client):
    assert client.get("/docs").status_code == 404
    assert client.get("/redoc").status_code == 404


def test_page_files_are_packaged():
    assert {"index.html", "app.js", "icon.svg", "css", "engine", "parts"} <= {
        Path(file).name for file in STATIC.iterdir()
    }


def test_ready_has_the_model_and_the_queue(client):
    result = client.get("/readyz").json()
    assert result["status"] == "ready"
    assert result["model"] == client.get("/v1/model").json()["name"]
    assert 0 == result["running"] < result["room"]
