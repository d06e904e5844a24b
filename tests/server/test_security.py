import logging

import pytest
from starlette.datastructures import Headers
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from wince.errors import ServeError
from wince.server import security
from wince.server.app import create_app
from wince.server.settings import Settings

BASE = "http://127.0.0.1:5001"
LIVE = "ws://127.0.0.1:5001/v1/live"


@pytest.fixture(scope="module")
def client(assessor):
    with TestClient(create_app(assessor), base_url=BASE) as client:
        yield client


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:5001", "", "a b", "localhost:5001/x", "[::2]"]
)
def test_foreign_host_names_are_refused(client, host):
    for path in ("/", "/healthz", "/static/app.js"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 421
        assert answer.json()["type"] == "/problems/foreign-host"


@pytest.mark.parametrize("host", ["127.0.0.1:5001", "localhost:9", "LOCALHOST", "[::1]:5001"])
def test_own_host_names_are_served(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


def test_remote_server_accepts_only_addresses_and_allowed_names():
    settings = Settings(host="0.0.0.0", allow_host=("ward.example",))
    assert security.is_allowed_host("192.168.1.7:5001", settings)
    assert security.is_allowed_host("[fe80::1]:5001", settings)
    assert security.is_allowed_host("Ward.Example", settings)
    assert not security.is_allowed_host("evil.example", settings)
    assert not security.is_allowed_host("192.168.1.7:5001", Settings())


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": "file://127.0.0.1:5001"},
        {"Origin": BASE, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/assessments", "/analyze"])
def test_images_from_foreign_pages_are_refused(client, portrait_jpeg, headers, path):
    answer = client.post(path, files={"image": portrait_jpeg}, headers=headers)
    assert answer.status_code == 403
    sentence = answer.json().get("error") or answer.json()["detail"]
    assert "another site" in sentence


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": BASE}, {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}]
)
def test_own_page_and_programs_may_send_images(client, portrait_jpeg, headers):
    answer = client.post("/v1/assessments", files={"image": portrait_jpeg}, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}])
def test_live_socket_refuses_foreign_pages(client, headers):
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(LIVE, headers=headers):
        pass


def test_socket_refusal_reaches_servers_without_the_response_extension():
    sent = []

    async def send(message):
        sent.append(message)

    async def check():
        scope = {
            "type": "websocket",
            "path": "/v1/live",
            "headers": [(b"host", b"evil.example")],
            "extensions": {},
        }
        await security.RequestGuard(None, Settings())(scope, None, send)

    import asyncio

    asyncio.run(check())
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_origin_is_compared_with_the_host_and_its_port():
    def allowed(origin, host):
        return security.is_allowed_origin(Headers({"origin": origin, "host": host}))

    assert allowed("https://ward.example", "ward.example")  # behind a proxy with a certificate
    assert not allowed("http://localhost:5001", "127.0.0.1:5001")
    assert not allowed("http://localhost:5001", "localhost:5002")


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/static/app.js", "/v1/model", "/nowhere", "/v1/assessments"]
)
def test_every_answer_has_the_security_headers(client, path):
    answer = client.get(path)
    for name, value in security.SECURITY_HEADERS.items():
        assert answer.headers[name] == value
    assert "access-control-allow-origin" not in answer.headers
    assert "set-cookie" not in answer.headers
    policy = answer.headers["content-security-policy"]
    assert policy == security.content_security_policy("127.0.0.1:5001")


def test_policy_allows_no_inline_code_and_no_other_host():
    policy = security.content_security_policy("127.0.0.1:5001")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["connect-src"].split() == ["'self'", "ws://127.0.0.1:5001", "wss://127.0.0.1:5001"]
    assert rules["manifest-src"] == "'self'"
    assert rules["media-src"].split() == ["'self'", "blob:"]  # the voice is played from memory
    assert "unsafe" not in policy
    assert "*" not in policy


def test_preflight_of_a_foreign_page_gets_no_permission(client):
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = client.options("/v1/assessments", headers=headers)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_answers_with_results_are_not_cached(client, portrait_jpeg):
    answer = client.post("/v1/assessments", files={"image": portrait_jpeg})
    assert answer.headers["cache-control"] == "no-store"


def test_log_line_has_only_id_method_path_status_and_time(client, portrait_jpeg, caplog):
    with caplog.at_level(logging.INFO):
        files = {"image": ("Jane Doe.jpg", portrait_jpeg)}
        answer = client.post("/v1/assessments?name=JaneDoe", files=files).json()
        client.get("/a%0Ab?x=JaneDoe")
        with client.websocket_connect(LIVE) as socket:
            socket.send_bytes(portrait_jpeg)
            socket.receive_json()
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("wince")]
    assert [line.split(" ", 1)[1].rsplit(" ", 2)[0] for line in lines] == [
        "POST /v1/assessments 200",
        "GET /a%0Ab 404",
        "LIVE /v1/live 101",
    ]
    for secret in ("Jane", str(answer["pspi"]), str(answer["confidence"]), answer["sentence"]):
        assert secret not in " ".join(lines)


# The token

TOKEN = "a-token.for_tests~1234567890"
HEADER = {"Authorization": f"Bearer {TOKEN}"}
PROTECTED = (
    "/v1/model",
    "/v1/model/card",
    "/v1/scale",
    "/v1/speech",
    "/nowhere",
    "/v1/assessments",
    "/analyze",
)


@pytest.fixture(scope="module")
def locked(assessor):
    settings = Settings(host="0.0.0.0", token=TOKEN)
    with TestClient(create_app(assessor, settings=settings), base_url=BASE) as client:
        yield client


@pytest.mark.parametrize("path", PROTECTED)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer tök".encode()},
        {"Cookie": f"token={TOKEN}"},
    ],
)
def test_without_the_token_protected_paths_are_refused(locked, path, headers):
    answer = locked.get(
        f"{path}?token={TOKEN}", headers=headers
    )  # a token in the query is not read
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "Authorization: Bearer" in (answer.json().get("detail") or answer.json()["error"])
    assert TOKEN not in answer.text


def test_images_are_assessed_only_with_the_token(locked, portrait_jpeg):
    files = {"image": portrait_jpeg}
    assert locked.post("/v1/assessments", files=files).status_code == 401
    assert locked.post("/v1/assessments", files=files, headers=HEADER).status_code == 200
    for path in ("/v1/model", "/v1/scale", "/v1/speech"):
        assert locked.get(path, headers={"Authorization": f"bearer  {TOKEN}"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/static/app.js",
        "/static/texts/de.json",
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/problems/no-face",
    ],
)
def test_public_paths_need_no_token(locked, path):
    assert locked.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/static/../v1/model", "/static/%2e%2e/v1/model", "//v1/model", "/V1/model", "/static"]
)
def test_unusual_paths_do_not_bypass_the_token(locked, path):
    answer = locked.get(path)
    assert answer.status_code in (401, 404)
    assert "trained_on" not in answer.text


def test_socket_accepts_the_token_as_a_subprotocol(locked, portrait_jpeg):
    offered = ["wince", f"wince.token.{TOKEN}"]
    with locked.websocket_connect(LIVE, subprotocols=offered) as socket:
        assert socket.accepted_subprotocol == "wince"  # never the one with the token
        socket.send_bytes(portrait_jpeg)
        assert "assessment" in socket.receive_json()
    with locked.websocket_connect(LIVE, headers=HEADER) as socket:
        assert socket.accepted_subprotocol is None


@pytest.mark.parametrize(
    "offered", [[], ["wince"], ["wince", f"wince.token.{TOKEN}x"], ["wince.token."], [TOKEN]]
)
def test_socket_without_the_token_is_refused(locked, offered):
    with (
        pytest.raises(WebSocketDisconnect),
        locked.websocket_connect(f"{LIVE}?token={TOKEN}", subprotocols=offered),
    ):
        pass


def test_tokens_are_compared_in_constant_time(monkeypatch, locked):
    compared = []

    def record(candidate, token):
        compared.append((candidate, token))
        return candidate == token

    monkeypatch.setattr(security.secrets, "compare_digest", record)
    assert locked.get("/v1/model", headers=HEADER).status_code == 200
    assert compared == [(TOKEN.encode(), TOKEN.encode())]


def test_given_token_is_required_on_this_machine_too(assessor):
    with TestClient(create_app(assessor, settings=Settings(token=TOKEN)), base_url=BASE) as client:
        assert client.get("/v1/model").status_code == 401
        assert client.get("/v1/model", headers=HEADER).status_code == 200


def test_remote_server_is_not_created_without_a_token(assessor):
    with pytest.raises(ServeError, match=r"0\.0\.0\.0 .*needs a token"):
        create_app(assessor, settings=Settings(host="0.0.0.0"))


def test_foreign_page_is_refused_even_with_the_token(locked, portrait_jpeg):
    headers = {**HEADER, "Origin": "http://evil.example"}
    answer = locked.post("/v1/assessments", files={"image": portrait_jpeg}, headers=headers)
    assert answer.status_code == 403


def test_each_request_has_its_own_id_in_answer_and_log(client, caplog):
    with caplog.at_level(logging.INFO):
        numbers = [client.get("/healthz").headers["x-request-id"] for _ in range(3)]
    lines = [record.getMessage() for record in caplog.records if record.name == "wince.access"]
    assert [line.split()[0] for line in lines] == numbers
    assert len(set(numbers)) == 3


def test_openapi_marks_the_routes_that_need_the_token(client, locked):
    described = locked.get("/openapi.json").json()
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            refused = locked.request(method, path.replace("{name}", "no-face")).status_code == 401
            assert operation["security"] == ([{"token": []}] if refused else []), path
    assert "securitySchemes" not in client.get("/openapi.json").json()["components"]
