"""The server answers as its own OpenAPI description states, whatever is sent."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from wince.server.app import create_app
from wince.server.settings import Settings

schemathesis = pytest.importorskip("schemathesis", reason="needs schemathesis")
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/avif", "image/heic")


@pytest.fixture(scope="module")
def described(assessor, portrait_jpeg):
    # A photo among the noise, so that assessments are checked as well.
    images = st.one_of(st.just(portrait_jpeg), st.binary(max_size=200))
    schemathesis.openapi.format("binary", images)
    for media_type in IMAGE_TYPES:
        schemathesis.openapi.media_type(media_type, images)
    app = create_app(assessor, settings=Settings(allow_host=("testserver",)))
    return schemathesis.openapi.from_asgi("/openapi.json", app)


def test_every_answer_matches_the_openapi_description(described):
    # One test for all operations, because the application shuts down after each test.
    operations = [result.ok() for result in described.get_all_operations()]
    assert len(operations) >= 8
    for operation in operations:
        statuses = answers(operation, GenerationMode.POSITIVE)
        if operation.method == "post":  # other methods have no input that could be wrong
            statuses |= answers(operation, GenerationMode.NEGATIVE)
            assert statuses & {400, 415, 422}, operation.label
        if operation.path in ("/v1/assessments", "/v1/neutral", "/v1/baselines"):
            assert 200 in statuses, operation.label


def answers(operation, mode) -> set[int]:
    """Send valid or invalid requests, check each answer, and return the statuses."""
    statuses = set()

    @settings(
        max_examples=settings.default.max_examples // 4,  # for each operation
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def answers_fit(case):
        # A schema cannot express that an image shows a face or that a voice is installed.
        excluded = [positive_data_acceptance] if case.method == "POST" else []
        statuses.add(case.call_and_validate(excluded_checks=excluded).status_code)

    answers_fit()
    return statuses
