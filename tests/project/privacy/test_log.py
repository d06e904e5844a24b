"""The server's log has a line for each request, but no image, result, name or token."""

import base64
import json
import re

from tests.support import network_watch
from tests.support.server_exercise import NAME, TOKEN, ExercisedServer

MAX_LINE_LENGTH = 400
TIME = r"\d\d:\d\d:\d\d"


def test_the_requests_of_these_tests_have_every_kind_of_answer(server: ExercisedServer) -> None:
    assert {200, 400, 401, 403, 404, 405, 413, 415, 421, 422} <= set(server.statuses)
    assert sum('"pspi"' in answer for answer in server.answers) >= 7
    assert len(server.log.splitlines()) > len(server.statuses)  # the sockets have lines as well
    assert re.search(r"LIVE /v1/live 101 ", server.log)
    assert "Traceback" not in server.log


def test_no_output_and_no_list_of_processes_contains_the_token(server: ExercisedServer) -> None:
    assert TOKEN not in server.log + server.stdout
    assert "Bearer" not in server.log
    for event in network_watch.events(server.events):
        assert TOKEN not in event["what"]


def test_the_log_contains_no_part_of_a_result(server: ExercisedServer) -> None:
    log = re.sub(rf"{TIME}(\.\d+)?", "", server.log)  # a time of 40.059 s is not a score of .059
    assert len(log) < len(server.log)
    answers = [json.loads(answer) for answer in server.answers]
    assessments = [answer.get("assessment", answer) for answer in answers]
    for assessment in (assessment for assessment in assessments if "pspi" in assessment):
        for text in (
            assessment["sentence"],
            assessment["advice"],
            *map(str, assessment["interval"]),
        ):
            assert text not in log
        units = assessment["action_units"].values()
        for number in (assessment["pspi"], assessment["confidence"], *units):
            assert not re.search(rf"(?<![\w.]){re.escape(str(number))}(?![\w.])", log)
        assert f" {assessment['level']} " not in log
    assert "13.7" not in log
    for word in ("mild", "moderate", "severe", "pspi", "confidence"):
        assert word not in log.lower()


def test_the_log_contains_no_image_and_no_name(
    server: ExercisedServer, portrait_jpeg: bytes
) -> None:
    encoded = base64.b64encode(portrait_jpeg).decode()
    assert not any(encoded[start : start + 40] in server.log for start in range(0, 4000, 40))
    assert max(map(len, server.log.splitlines())) < MAX_LINE_LENGTH
    assert "image" not in server.log
    # A path that does not exist is logged, so a client that puts a name into it finds it there.
    lines = [line for line in server.log.splitlines() if f"/problems/{NAME}" not in line]
    assert NAME not in "\n".join(lines)


def test_each_line_of_the_log_is_one_request_with_its_own_number(server: ExercisedServer) -> None:
    numbers = []
    for line in server.log.splitlines():
        if line.startswith("{"):
            entry = json.loads(line)
            assert entry["level"] == "info"
            numbers.append(entry["id"])
        else:
            match = re.fullmatch(
                rf"{TIME} ([0-9a-f]{{12}}) ([A-Z]+) (/\S*) (\d{{3}}) (\d+) ms", line
            )
            assert match, line
            numbers.append(match[1])
    assert len(set(numbers)) == len(numbers)
