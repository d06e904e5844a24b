"""What a store does not allow: a file, or the credentials."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("s3fs", reason="needs wince[urls]")
boto3 = pytest.importorskip("boto3", reason="needs moto, an S3 server for tests")

from tests.support.frames import Frame
from tests.support.s3_store import Store
from wince.cli import main

NO_LIMIT = 10**9


def let_everybody_in(store: Store, requests: int) -> None:
    """Let the server check who asks, after a number of requests."""
    host, port = store.server.get_host_and_port()
    url = f"http://{host}:{port}/moto-api/reset-auth"
    text = {"Content-Type": "text/plain"}
    request = urllib.request.Request(url, str(requests).encode(), text)
    urllib.request.urlopen(request).close()


@pytest.fixture
def guarded(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store with a user who may read its bucket, but not the file denied.jpg."""
    host, port = store.server.get_host_and_port()
    iam = boto3.client("iam", endpoint_url=f"http://{host}:{port}")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    bucket = f"arn:aws:s3:::{store.bucket}"
    statements = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": [bucket, f"{bucket}/*"]},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": f"{bucket}/photos/denied.jpg"},
    ]
    policy = {"Version": "2012-10-17", "Statement": statements}
    iam.put_user_policy(UserName="reader", PolicyName="r", PolicyDocument=json.dumps(policy))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    store.forget_lists()
    yield store
    let_everybody_in(store, NO_LIMIT)
    iam.delete_user_policy(UserName="reader", PolicyName="r")
    iam.delete_access_key(UserName="reader", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="reader")


def test_a_file_that_may_not_be_read_has_this_reason_and_does_not_stop_the_others(
    guarded: Store, frames: list[Frame], tmp_path: Path
) -> None:
    for name in ("denied.jpg", "photo.jpg"):
        guarded.put(f"photos/{name}", frames[0].path.read_bytes())
    let_everybody_in(guarded, 0)
    out = tmp_path / "scores.jsonl"
    assert main(["assess", guarded.url("photos"), "--out", str(out)]) == 1
    denied, photo = map(json.loads, out.read_text().splitlines())
    assert denied["error"]["message"].startswith(
        f"{denied['file']} cannot be opened: access is denied"
    )
    assert photo["assessment"]["pspi"] is not None


def test_credentials_that_are_not_accepted_end_the_command(
    guarded: Store,
    frames: list[Frame],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = guarded.put("photos/photo.jpg", frames[0].path.read_bytes())
    let_everybody_in(guarded, 0)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "expired-key")
    guarded.forget_lists()
    out = str(tmp_path / "out")
    for command in (["assess", url], ["prepare", guarded.url("photos"), "--out", out]):
        assert main(command) == 1
        error = capsys.readouterr().err
        assert "cannot be reached: the credentials are not accepted (InvalidAccessKeyId)" in error
        assert "expired-key" not in error
