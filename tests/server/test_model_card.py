"""The model card as a page."""

import re
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from wince.server.app import create_app
from wince.server.model_card import render_model_card
from wince.server.problems import ProblemError


@pytest.fixture(scope="module")
def client(assessor):
    with TestClient(create_app(assessor), base_url="http://127.0.0.1:5001") as client:
        yield client


def card_of(folder, text):
    (folder / "MODEL_CARD.md").write_text(text, "utf-8")
    return render_model_card(SimpleNamespace(folder=folder, model={"name": "ward & <co>"}))


def test_the_card_of_the_packaged_model_is_a_page_with_headings_and_tables(client):
    answer = client.get("/v1/model/card")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert re.search(r"<main[^>]*>\s*<h1>wince-starter [\d.]+</h1>", answer.text)
    assert "<h2>What it must not be used for</h2>" in answer.text
    assert "<td>ridge regression on landmarks and blendshapes</td>" in answer.text


def test_the_page_loads_only_files_of_the_server(client):
    files = re.findall(r'(?:href|src)="([^"]+)"', client.get("/v1/model/card").text)
    assert len(files) == 3
    for file in files:
        assert client.get(file).status_code == 200


def test_html_and_script_addresses_in_a_card_are_shown_as_text(tmp_path):
    page = card_of(tmp_path, "# Ärzte\n<script>alert(1)</script>\n\n[x](javascript:alert(2)) a < b")
    assert "<h1>Ärzte</h1>" in page
    assert "<title>ward &amp; &lt;co&gt;: model card</title>" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page
    assert 'href="javascript:' not in page


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_model_without_a_card_that_can_be_read_is_a_problem(tmp_path, content):
    if content is not None:
        (tmp_path / "MODEL_CARD.md").write_bytes(content)
    estimator = SimpleNamespace(folder=tmp_path, model={"name": "ward"})
    with pytest.raises(ProblemError, match="ward has no model card") as error:
        render_model_card(estimator)
    assert error.value.kind == "not-found"
