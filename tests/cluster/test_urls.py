"""The workers of a cluster read an archive and photos from S3 themselves."""

import os
from pathlib import Path

import pytest

distributed = pytest.importorskip("distributed", reason="needs the extra [cluster]")
pytest.importorskip("s3fs", reason="needs wince[urls]")
pytest.importorskip("moto.server", reason="needs moto, an S3 server for tests")

from tests.support import archive_builder, s3_store
from tests.support.prepared_files import digests
from wince.archive.prepare import PrepareOptions, prepare
from wince.cli import main
from wince.remote_path import parse_path


def test_a_cluster_gives_the_results_of_this_machine(
    address: str, store: s3_store.Store, tmp_path: Path
) -> None:
    archive = archive_builder.Unbc(tmp_path / "archive")
    for subject in ("ann", "ben", "cem"):
        archive.frame(subject, f"{subject}-one", 0, pspi=1)
    url = store.put_folder(archive.root, "unbc")
    with distributed.Client(address, set_as_default=False) as client:
        client.run(lambda values: os.environ.update(values), s3_store.environment(store.server))
    base = parse_path(url)
    prepare(base, tmp_path / "here", PrepareOptions(workers=1))
    prepare(base, tmp_path / "there", PrepareOptions(cluster=address))
    assert digests(tmp_path / "there") == digests(tmp_path / "here")
    assert len(digests(tmp_path / "there")) >= 3
    photos = [f"{url}/Images/ann", f"{url}/none.jpg"]
    assert main(["assess", *photos, "--out", str(tmp_path / "here.csv")]) == 1
    options = ["--cluster", address]
    assert main(["assess", *photos, "--out", str(tmp_path / "there.csv"), *options]) == 1
    assert (tmp_path / "there.csv").read_text() == (tmp_path / "here.csv").read_text()
