import asyncio
import threading
import time

import pytest
from starlette.testclient import TestClient

from wince.server import request_bodies
from wince.server.app import create_app
from wince.server.problems import ProblemError
from wince.server.settings import Settings
from wince.server.worker_pool import WorkerPool


def test_call_runs_in_another_thread_and_returns_its_result():
    async def scenario():
        pool = WorkerPool(1, 0)
        assert await pool.run(threading.get_ident) != threading.get_ident()
        pool.close()

    asyncio.run(scenario())


def test_errors_of_a_call_reach_the_caller():
    async def scenario():
        pool = WorkerPool(1, 0)
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda: 1 / 0)
        assert await pool.run(lambda: 5) == 5
        pool.close()

    asyncio.run(scenario())


def test_full_pool_refuses_until_a_call_is_done():
    async def scenario():
        gate = threading.Event()
        pool = WorkerPool(1, 1)
        work = [asyncio.ensure_future(pool.run(gate.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(ProblemError, match="2 images") as caught:
            await pool.run(gate.wait)
        assert caught.value.headers == {"Retry-After": "1"}
        gate.set()
        await asyncio.gather(*work)
        assert await pool.run(lambda: "next") == "next"
        pool.close()

    asyncio.run(scenario())


def test_cancelled_caller_keeps_its_place_until_the_call_is_over():
    async def scenario():
        gate = threading.Event()
        pool = WorkerPool(1, 0)
        work = asyncio.ensure_future(pool.run(gate.wait))
        await asyncio.sleep(0)
        work.cancel()
        await asyncio.sleep(0)
        with pytest.raises(ProblemError):
            await pool.run(lambda: None)
        gate.set()
        while True:
            try:
                assert await pool.run(lambda: "free") == "free"
                break
            except ProblemError:
                await asyncio.sleep(0.01)
        pool.close()

    asyncio.run(asyncio.wait_for(scenario(), 20))


def test_busy_server_answers_503_and_still_reports_its_health(assessor, portrait_jpeg):
    gate, begun = threading.Event(), threading.Event()

    class Slow:
        estimator = assessor.estimator

        def assess(self, image, **options):
            begun.set()
            assert gate.wait(20)
            return assessor.assess(image)

    app = create_app(Slow(), settings=Settings(workers=1, max_waiting=0))
    with TestClient(app, base_url="http://127.0.0.1:5001") as client:
        answers = []

        def send():
            answers.append(client.post("/v1/assessments", files={"image": portrait_jpeg}))

        first = threading.Thread(target=send)
        first.start()
        assert begun.wait(20)
        refused = client.post("/v1/assessments", files={"image": portrait_jpeg})
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert client.get("/healthz").status_code == 200  # the event loop is not blocked
        assert client.get("/readyz").status_code == 503
        gate.set()
        first.join(20)
        assert answers[0].status_code == 200


def test_event_loop_is_not_blocked_while_images_are_assessed(assessor, portrait_jpeg):
    """A long assessment delays only its own caller."""

    async def scenario():
        pool = WorkerPool(2, 30)
        work = [pool.run(lambda: assessor.assess(portrait_jpeg)) for _ in range(30)]
        together = asyncio.gather(*work)
        beats, longest, last = 0, 0.0, time.perf_counter()
        while not together.done():
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            beats, longest, last = beats + 1, max(longest, now - last), now
        spent = sum(assessment.milliseconds["total"] for assessment in await together) / 1000
        pool.close()
        return beats, longest, spent

    beats, longest, spent = asyncio.run(scenario())
    assert beats >= 30
    assert longest < max(0.25, spent / 3), "one assessment on the event loop would take that long"


def test_full_queue_is_refused_before_the_body_is_read(assessor, portrait_jpeg):
    """A full queue is answered at once, while images are being assessed."""
    gate, begun = threading.Event(), threading.Event()

    class Slow:
        estimator = assessor.estimator

        def assess(self, image, **options):
            begun.set()
            assert gate.wait(20)
            return assessor.assess(image)

    reads = []
    read_body = request_bodies.read_body

    async def counted(*given):
        reads.append(given)
        return await read_body(*given)

    app = create_app(Slow(), settings=Settings(workers=1, max_waiting=0))
    with (
        TestClient(app, base_url="http://127.0.0.1:5001") as client,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(request_bodies, "read_body", counted)

        def send():
            headers = {"Content-Type": "image/jpeg"}
            return client.post("/v1/assessments", content=portrait_jpeg, headers=headers)

        first = threading.Thread(target=send)
        first.start()
        assert begun.wait(20)
        assert [send().status_code for _ in range(3)] == [503] * 3
        assert len(reads) == 1
        gate.set()
        first.join(20)
