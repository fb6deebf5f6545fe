"""A checkpoint is fetched at one commit, without code, and held to the hashes that the hub states."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed: the full model is not tested")
pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")

from terrascope.errors import CheckpointError
from terrascope.networks.full.hub import HubSource, download, parse_hub_id
from terrascope.networks.full.published import read_published

pytestmark = pytest.mark.torch
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SOURCE = HubSource("someone/TerraScope", COMMIT)


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves one folder as a hub serves a repository."""

    folder: Path
    asked: list[str]

    def log_message(self, *args: object) -> None:
        pass

    def _send(self, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        type(self).asked.append(path)
        if path == f"/api/models/{SOURCE.repository}/revision/{COMMIT}":
            self._send(json.dumps(self._info()).encode(), {"Content-Type": "application/json"})
        elif path == f"/api/models/{SOURCE.repository}/tree/{COMMIT}":
            self._send(json.dumps(self._tree()).encode(), {"Content-Type": "application/json"})
        elif path.startswith(f"/{SOURCE.repository}/resolve/{COMMIT}/"):
            file = self.folder / path.rsplit("/", 1)[1]
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            self._send(file.read_bytes(), {"ETag": f'"{digest}"', "X-Repo-Commit": COMMIT})
        else:
            self.send_error(404)

    do_HEAD = do_GET

    def _tree(self) -> list[dict[str, object]]:
        return [
            {"type": "file", "path": path.name, "size": path.stat().st_size, "oid": "0" * 40}
            for path in sorted(self.folder.iterdir())
        ]

    def _info(self) -> dict[str, object]:
        files: list[dict[str, object]] = []
        for path in sorted(self.folder.iterdir()):
            data = path.read_bytes()
            lfs = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
            large = {"lfs": lfs} if path.suffix == ".safetensors" else {}
            files.append({"rfilename": path.name, "size": len(data), **large})
        return {"id": SOURCE.repository, "modelId": SOURCE.repository, "sha": COMMIT, "siblings": files, "tags": []}


@pytest.fixture
def mirror(published: Path, tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "hub"
    folder.mkdir()
    for path in published.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "modeling_sa2va_chat.py").write_text("raise SystemExit")
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    handler = type("Handler", (Mirror,), {"folder": folder, "asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_data_files_come_and_code_and_pickles_do_not(mirror: str, published: Path, tmp_path: Path) -> None:
    folder, sums = download(SOURCE, endpoint=mirror, cache=tmp_path / "cache")
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in published.iterdir())
    assert sorted(sums) == sorted(path.name for path in published.glob("*.safetensors"))
    read_published(folder, sums)


def test_a_file_that_is_not_what_the_hub_states_is_refused(mirror: str, tmp_path: Path) -> None:
    folder, sums = download(SOURCE, endpoint=mirror, cache=tmp_path / "cache")
    sums["model-00002-of-00003.safetensors"] = "0" * 64
    with pytest.raises(CheckpointError, match=r"model-00002-of-00003.safetensors.*download it again"):
        read_published(folder, sums)


def test_an_unknown_repository_is_said_with_a_way_out(mirror: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"'someone/Else' at .* cannot be fetched.*Check the name"):
        download(HubSource("someone/Else", COMMIT), endpoint=mirror, cache=tmp_path / "cache")


def test_no_connection_is_said_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"cannot be fetched.*give their folder"):
        download(SOURCE, endpoint="http://127.0.0.1:9", cache=tmp_path / "cache")


def test_the_hub_is_only_read_at_a_commit() -> None:
    assert parse_hub_id(f"someone/TerraScope@{COMMIT}") == SOURCE
    assert parse_hub_id("models/terrascope") is None
    for moving in ("main", "v1.0", COMMIT[:12]):
        with pytest.raises(CheckpointError, match=rf"revision '{moving}'.*is not a commit.*40 characters"):
            parse_hub_id(f"someone/TerraScope@{moving}")
