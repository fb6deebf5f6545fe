"""A benchmark file comes from the hub only when it is named at a commit, and only data comes."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")

from terrascope.errors import TerraScopeError
from terrascope_lab.bench.hub import local_file

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PAGE = b"PAR1 and the rest"


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves one file as a hub serves a data set."""

    asked: list[str] = []

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path != f"/datasets/someone/Bench/resolve/{COMMIT}/data/test.parquet":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.send_header("ETag", f'"{hashlib.sha256(PAGE).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(PAGE)

    do_HEAD = do_GET


@pytest.fixture
def mirror() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_one_file_comes_at_its_commit(mirror: str, tmp_path: Path) -> None:
    found = local_file(f"someone/Bench@{COMMIT}:data/test.parquet", endpoint=mirror, cache=tmp_path)
    assert found.read_bytes() == PAGE


def test_a_file_that_is_there_is_taken_and_nothing_is_asked(mirror: str, tmp_path: Path) -> None:
    Mirror.asked.clear()
    (tmp_path / "a.csv").write_text("x")
    assert local_file(str(tmp_path / "a.csv"), endpoint=mirror) == tmp_path / "a.csv"
    assert Mirror.asked == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nowhere.parquet", "does not exist.*ORGANISATION/NAME@COMMIT:FILE"),
        ("someone/Bench@main:a.parquet", "revision 'main'.*is not a commit"),
        (f"someone/Bench@{COMMIT}", "does not exist"),
        (f"someone/Bench@{COMMIT}:loader.py", "no data file"),
        (f"someone/Bench@{COMMIT}:none.parquet", "cannot be fetched.*Check the name"),
    ],
)
def test_what_cannot_be_had_is_said_with_a_way_out(mirror: str, tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TerraScopeError, match=message):
        local_file(text, endpoint=mirror, cache=tmp_path)
