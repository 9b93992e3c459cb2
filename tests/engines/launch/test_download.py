"""A download is seen by what lies in the Hub's cache."""

from pathlib import Path

import pytest

from playground.engines.launch.download import Download, bytes_here


def test_whole_and_half_fetched_files_count(tmp_path: Path) -> None:
    assert bytes_here("org/model", tmp_path) == 0
    blobs = tmp_path / "models--org--model" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "a").write_bytes(b"x" * 100)
    (blobs / "b.incomplete").write_bytes(b"x" * 50)
    assert bytes_here("org/model", tmp_path) == 150
    assert bytes_here("org/other", tmp_path) == 0


@pytest.mark.parametrize(("done", "total", "share"), [(50, 200, 0.25), (300, 200, 1.0), (5, None, None), (5, 0, None)])
def test_the_share(done: int, total: int | None, share: float | None) -> None:
    assert Download(done, total).fraction == share
