"""The server does what its own OpenAPI description says, whatever is sent."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from wince.server.app import create_app
from wince.server.settings import Settings

schemathesis = pytest.importorskip("schemathesis", reason="needs schemathesis")
from schemathesis.specs.openapi.checks import positive_data_acceptance


@pytest.fixture(scope="module")
def described(assessor):
    app = create_app(assessor, settings=Settings(allow_host=("testserver",)))
    return schemathesis.openapi.from_asgi("/openapi.json", app)


def test_every_answer_is_one_that_is_described(described):
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) >= 8
    for operation in operations:
        check(operation)


def check(operation) -> None:
    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def answers_fit(case):
        # That a picture shows a face, or a voice is installed, is nothing that a schema can say.
        unfair = [positive_data_acceptance] if case.method == "POST" else []
        case.call_and_validate(excluded_checks=unfair)

    answers_fit()
