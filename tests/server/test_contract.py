"""The server does what its own OpenAPI description says, whatever is sent."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from wince.server.app import create_app
from wince.server.settings import Settings

schemathesis = pytest.importorskip("schemathesis", reason="needs schemathesis")
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

PICTURES = ("image/jpeg", "image/png", "image/webp")


@pytest.fixture(scope="module")
def described(assessor, portrait_jpeg):
    # Photographs among the noise, so that assessments are held to their form as well.
    pictures = st.one_of(st.just(portrait_jpeg), st.binary(max_size=200))
    schemathesis.openapi.format("binary", pictures)
    for kind in PICTURES:
        schemathesis.openapi.media_type(kind, pictures)
    app = create_app(assessor, settings=Settings(allow_host=("testserver",)))
    return schemathesis.openapi.from_asgi("/openapi.json", app)


def test_every_answer_is_one_that_is_described(described):
    # One test for all: after each the application is shut down.
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) >= 8
    for operation in operations:
        statuses = answers(operation, GenerationMode.POSITIVE)
        if operation.method == "post":  # the others take nothing that could be wrong
            statuses |= answers(operation, GenerationMode.NEGATIVE)
            assert statuses & {400, 415, 422}, operation.label
        if operation.path in ("/v1/assessments", "/v1/neutral", "/v1/baselines"):
            assert 200 in statuses, operation.label


def answers(operation, mode) -> set[int]:
    """Ask for what is described, or for what is not; return the statuses, each as described."""
    statuses = set()

    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def answers_fit(case):
        # That a picture shows a face, or a voice is installed, is nothing that a schema can say.
        unfair = [positive_data_acceptance] if case.method == "POST" else []
        statuses.add(case.call_and_validate(excluded_checks=unfair).status_code)

    answers_fit()
    return statuses
