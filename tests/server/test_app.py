"""The application as a whole."""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry._logs import NoOpLoggerProvider
from starlette.testclient import TestClient

from wince.server.app import create_app

BASE = "http://127.0.0.1:5001"
PROVIDERS = (trace.NoOpTracerProvider, metrics.NoOpMeterProvider, NoOpLoggerProvider)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Requested OpenTelemetry providers, in an environment that switches telemetry on."""
    names: list[str] = []

    def watched(provider: type, method: str) -> None:
        original = getattr(provider, method)

        def ask(self: Any, name: str, *rest: Any, **named: Any) -> Any:
            names.append(name)
            return original(self, name, *rest, **named)

        monkeypatch.setattr(provider, method, ask)

    for provider, method in zip(PROVIDERS, ("get_tracer", "get_meter", "get_logger"), strict=True):
        watched(provider, method)
    monkeypatch.setattr(trace, "get_tracer_provider", trace.NoOpTracerProvider)
    monkeypatch.setattr(metrics, "get_meter_provider", metrics.NoOpMeterProvider)
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    yield names


def test_no_request_is_recorded_for_telemetry(assessor: Any, asked: list[str]) -> None:
    app = create_app(assessor)
    with TestClient(app, base_url=BASE) as client:
        assert client.get("/healthz").status_code == 200
        assert client.post("/v1/assessments", content=b"x").status_code >= 400
    assert asked == []
    assert not app._native_telemetry.enabled()


def test_telemetry_that_is_left_on_is_detected(asked: list[str]) -> None:
    from fastapi import FastAPI

    app = FastAPI(telemetry={"auto_configure": False})
    with TestClient(app, base_url=BASE) as client:
        client.get("/openapi.json")
    assert asked or app._native_telemetry.enabled()


def test_stopped_application_can_be_started_again(assessor: Any, frames: list[Any]) -> None:
    app = create_app(assessor)
    photo = frames[0].path.read_bytes()
    for _ in range(2):
        with TestClient(app, base_url=BASE) as client:
            answer = client.post("/v1/assessments", files={"image": photo})
            assert answer.status_code == 200, answer.text
