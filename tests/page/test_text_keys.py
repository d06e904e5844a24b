"""Every text of the page is used, and every text that the page uses is there."""

import re
from html.parser import HTMLParser

import pytest

from tests.support.catalogues import ALL_CATALOGUES
from wince import images
from wince.runtime.quality import REASONS
from wince.scale import ACTION_UNITS, LEVELS
from wince.server.device_page import index_page
from wince.server.problems import KINDS
from wince.server.routes import STATIC

TEXTS = ALL_CATALOGUES["en"]["page"]
ON_DEVICE = ".on-device"
"""Ending of the keys of texts that the page on the device has in place of others."""
VARIANTS = {key for key in TEXTS if key.endswith(ON_DEVICE) and key.count(".") > 1}
KEYS = set(TEXTS) - VARIANTS
COMMENT = re.compile(r"^\s*(?:/?\*|//).*|\s// .*", re.MULTILINE)
SCRIPTS = COMMENT.sub("", "\n".join(path.read_text("utf-8") for path in STATIC.rglob("*.js")))
HTML = (STATIC / "index.html").read_text("utf-8")

# The link to the server is added to the document of the page on the device.
IN_HTML = set(re.findall(r'data-text(?:-\w+)?="([^"]*)"', HTML + index_page.SERVER_LINK))
# Keys and codes in quotes, and templates that begin with a part of a key, such as `level.${name}`.
QUOTED = set(re.findall(r'"([\w.-]+)"', SCRIPTS))
TEMPLATES = set(re.findall(r"`([a-z]+[.-][^`\n]*)`", SCRIPTS))
TEMPLATE_VALUE = re.compile(r"\$\{[^}]*\}")

PROGRAMS_ONLY = {
    "foreign-host": "the page could not be opened there either",
    "foreign-origin": "the page of the server has its origin",
    "http-error": "the page sends only requests that HTTP allows",
    "invalid-request": "the page sends only values that are allowed",
    "malformed-request": "the page sends only forms that can be read",
    "method-not-allowed": "the page uses only methods that exist",
    "missing-image": "the page sends an image with each request for an assessment",
    "no-token": "the page asks for the token",
    "not-judged": "the page assesses with the form of answer that can say so",
    "not-found": "the page uses only addresses that exist",
    "wrong-content-type": "the page states what it sends",
}
"""Kinds of problem that only other clients of the server can meet, and why."""


SERVER_ONLY = {
    "footer.on-server": "the link to the page of the server, which is only there beside one",
    "lost.connection-lost": "the live socket",
    "problem.connection-lost": "the live socket",
    "problem.internal-error": "an answer of the server",
    "problem.model-error": "an answer of the server",
    "problem.no-answer": "an answer of the server",
    "problem.no-server": "requests to the server; the model card is a file on the device",
    "privacy.host": "images go nowhere",
    "settings.voices-host": "the engine on the device has no voices",
    "token.title": "files need no token",
    "token.how": "files need no token",
    "voice.failed": "the engine on the device has no voices",
    "voice.host": "the engine on the device has no voices",
    "voice.none": "the engine on the device has no voices",
    "voice.none-anywhere": "the engine on the device has no voices",
    "voice.none-on-device": "it tells that a server would have voices",
}
"""Texts about a server that the page on the device never shows, and why."""


def matches(template: str, names: set[str]) -> set[str]:
    """Return those of the names that a template can become."""
    parts = TEMPLATE_VALUE.split(template)
    pattern = re.compile(r"[\w-]+".join(re.escape(part) for part in parts))
    return {name for name in names if pattern.fullmatch(name)}


def test_the_page_names_its_texts_by_keys_that_exist():
    parts = {key.partition(".")[0] for key in KEYS}
    quoted = {name for name in QUOTED if "." in name and name.partition(".")[0] in parts}
    called = set(re.findall(r'\bt\(\s*"([^"]*)"', SCRIPTS))
    assert len(called) > 20
    assert len(IN_HTML) > 20
    assert sorted((quoted | called | IN_HTML) - KEYS) == []


class OwnTexts(HTMLParser):
    """Collects the texts that are in the document itself."""

    def __init__(self):
        super().__init__()
        self.texts = []

    def handle_data(self, data):
        self.texts.append(data.strip())

    def handle_starttag(self, tag, attributes):
        shown = ("aria-label", "alt", "placeholder", "title")
        self.texts += [value for name, value in attributes if name in shown]


def test_the_document_has_no_text_of_its_own_but_the_name():
    document = OwnTexts()
    document.feed(HTML)
    assert {text for text in document.texts if text} == {"wince"}


def test_the_styles_have_no_text_of_their_own():
    for path in STATIC.rglob("*.css"):
        contents = re.findall(r"\bcontent:\s*([^;]*);", path.read_text("utf-8"))
        assert [text for text in contents if re.search(r'["\'].*[^\W\d_]', text)] == []


def test_each_template_of_a_key_has_texts():
    called = TEMPLATES & set(re.findall(r"\bt\(\s*`([^`]*)`", SCRIPTS))
    assert len(called) > 3
    assert [template for template in called if not matches(template, KEYS)] == []


def test_every_text_is_used():
    used = KEYS & (IN_HTML | QUOTED)
    for template in TEMPLATES - {"problem.${code}"}:
        used |= matches(template, KEYS)
    # A problem is worded by its code, which is in a script or comes from the server.
    codes = {key.removeprefix("problem.") for key in KEYS if key.startswith("problem.")}
    used_codes = codes & (QUOTED | set(KINDS))
    for template in TEMPLATES:
        used_codes |= matches(template, codes)
    assert sorted(KEYS - used - {f"problem.{code}" for code in used_codes}) == []


def test_the_page_on_the_device_does_not_speak_of_a_server():
    assert {key.removesuffix(ON_DEVICE) for key in VARIANTS} <= KEYS
    about_a_server = re.compile(
        r"\bserver|machine that runs|serve |log of|no connection|not connected|still running",
        re.I,
    )
    shown = {key: TEXTS.get(key + ON_DEVICE, TEXTS[key]) for key in KEYS - set(SERVER_ONLY)}
    assert [key for key, text in shown.items() if about_a_server.search(str(text))] == []
    assert set(SERVER_ONLY) <= KEYS


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_has_its_texts(level):
    parts = ("level.{}", "scale.{}", "advice.{}.first")
    assert {part.format(level) for part in parts} <= KEYS


@pytest.mark.parametrize("unit", ACTION_UNITS)
def test_each_action_unit_has_its_texts(unit):
    assert {f"unit.{unit}", f"unit.{unit}.plain"} <= KEYS


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_of_a_refusal_has_its_texts(reason):
    parts = ("quality.", "detail.", "remedy.", "caution.", "aim.", "problem.check-")
    assert {part + reason for part in parts} <= KEYS


def test_each_problem_that_a_user_can_meet_has_its_text():
    worded = {kind for kind in KINDS if f"problem.{kind}" in KEYS}
    assert set(KINDS) - worded == set(PROGRAMS_ONLY)


@pytest.mark.parametrize("code", ALL_CATALOGUES)
def test_the_page_states_the_size_limit_of_the_server(code):
    assert f" {images.MAX_BYTES // 2**20} " in ALL_CATALOGUES[code]["page"]["upload.formats"]


def test_the_page_states_what_it_is_not():
    assert "footer.caution" in IN_HTML
    text = ALL_CATALOGUES["en"]["page"]["footer.caution"]
    assert "not a medical device" in text
    assert "cannot tell what a person feels" in text
