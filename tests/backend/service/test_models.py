"""Models as the plugin's page meets them: a real backend process, a local server in the hub's place, a tiny model."""

from __future__ import annotations

import hashlib
import http.server
import itertools
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed: importing a full model is not tested")

from terrascope.networks.full.configuration import released_8b
from terrascope.networks.full.needs import needs_of
from terrascope.service.machine import Card, Machine, host_memory, parse_cards
from terrascope.service.model_needs import against, released_needs
from tests.backend.networks.full.conftest import PORTABLE, SEED, write_published
from tests.backend.service.test_stdio import Child

pytestmark = pytest.mark.torch
COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIB = 1 << 30
NUMBERS = itertools.count()


class Hub(http.server.BaseHTTPRequestHandler):
    """Serves a folder as a hub serves a repository, ranges included; breaks a weights file off where told to."""

    folder: Path
    ranges: list[str]
    break_after: list[int]
    pause_s = 0.0
    chunk = 1 << 16

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path.startswith("/api/models/someone/TerraScope/revision/"):
            self._send(json.dumps(self._info()).encode())
        elif path.startswith(f"/someone/TerraScope/resolve/{COMMIT}/"):
            self._file(self.folder / path.rsplit("/", 1)[1])
        else:
            self.send_error(404)

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _file(self, path: Path) -> None:
        data, start = path.read_bytes(), 0
        if wanted := self.headers.get("Range"):
            self.ranges.append(f"{path.name} {wanted}")
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        rest = data[start:]
        if self.break_after and path.suffix == ".safetensors":
            rest = rest[: self.break_after.pop()]
        for at in range(0, len(rest), self.chunk):
            time.sleep(self.pause_s if path.suffix == ".safetensors" else 0)
            self.wfile.write(rest[at : at + self.chunk])
        if len(rest) < len(data) - start:
            self.close_connection = True

    def _info(self) -> dict[str, object]:
        files: list[dict[str, object]] = []
        for path in sorted(self.folder.iterdir()):
            data = path.read_bytes()
            blob = hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest()
            lfs = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
            large = {"lfs": lfs} if path.suffix == ".safetensors" else {}
            files.append({"rfilename": path.name, "size": len(data), "blobId": blob, **large})
        return {"id": "someone/TerraScope", "sha": COMMIT, "siblings": files, "tags": ["license:apache-2.0"]}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_published(tmp_path_factory.mktemp("models") / "tiny", PORTABLE, SEED["portable"], shards=2)


@pytest.fixture
def hub(published: Path, tmp_path: Path) -> Iterator[type[Hub]]:
    folder = tmp_path / "hub"
    shutil.copytree(published, folder)
    (folder / "modeling.py").write_text("raise SystemExit")
    handler = type("Handler", (Hub,), {"folder": folder, "ranges": [], "break_after": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    handler.address = f"http://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    yield handler
    server.shutdown()
    server.server_close()


def start(home: Path, endpoint: str = "http://127.0.0.1:9") -> Child:
    return Child("-m", "terrascope", "serve", TERRASCOPE_MODELS=str(home), HF_ENDPOINT=endpoint)


@pytest.fixture
def backend(tmp_path: Path, hub: type[Hub]) -> Iterator[Child]:
    child = start(tmp_path / "home", hub.address)  # type: ignore[attr-defined]
    yield child
    child.process.kill()
    child.process.wait()


def result(child: Child, timeout: float = 240, **message: Any) -> dict[str, Any]:
    """Send a job; return its last message."""
    job = f"job {next(NUMBERS)}"
    child.send({"id": job, **message})
    while True:
        found = child.messages.get(timeout=timeout)
        if found.get("id") == job and found["type"] in ("result", "error", "end"):
            return found


def test_the_embedded_model_is_there_at_once_with_its_hash_and_whole_files(backend: Child) -> None:
    value = result(backend, type="models")["value"]
    (model,) = value["models"]
    assert (model["kind"], model["available"], model["wrong_files"]) == ("embedded", True, [])
    assert len(model["sha256"]) == 64
    assert model["bytes"] > 1e6
    assert "water" in model["classes"]
    assert value["machine"]["memory_total"] >= value["machine"]["memory_free"] > 0
    assert [row["name"] for row in value["released"]["precisions"]] == ["bf16", "fp16", "fp32", "nf4", "int4"]


def test_a_folder_is_looked_at_then_imported_then_listed_then_removed(
    backend: Child, published: Path, tmp_path: Path
) -> None:
    about = result(backend, type="model_info", source=str(published))["value"]
    assert (about["kind"], about["name"]) == ("folder", "tiny")
    assert about["bytes"] == about["needs_disk"] > 0
    imported = result(backend, type="import_model", source=str(published))["value"]
    assert imported["folder"] == str(tmp_path / "home" / "tiny")
    listed = result(backend, type="models")["value"]["models"]
    (model,) = [each for each in listed if each["kind"] == "full"]
    assert (model["sha256"], model["available"], model["removable"]) == (imported["sha256"], True, True)
    assert model["memory"]["parameters"] < 1e8  # its own needs, not those of the 8B
    assert model["memory"]["suggested"]
    assert result(backend, type="remove_model", folder=str(published))["code"] == "error"
    assert result(backend, type="remove_model", folder=imported["folder"])["type"] == "result"
    assert not Path(imported["folder"]).exists()
    assert published.is_dir()


def test_a_model_of_the_hub_says_size_and_licence_before_anything_is_fetched(backend: Child, hub: type[Hub]) -> None:
    about = result(backend, type="model_info", source=f"someone/TerraScope@{COMMIT}")["value"]
    assert (about["kind"], about["licence"], about["received"]) == ("hub", "apache-2.0", 0)
    assert about["bytes"] == sum(path.stat().st_size for path in hub.folder.iterdir() if path.suffix != ".py")
    assert not Path(about["target"]).exists()


def test_a_broken_download_goes_on_at_the_byte_and_leaves_nothing_but_the_model(
    backend: Child, hub: type[Hub], tmp_path: Path
) -> None:
    hub.break_after = [70_000]
    imported = result(backend, type="import_model", source=f"someone/TerraScope@{COMMIT}")
    assert imported["type"] == "result", imported
    assert any(each.endswith("bytes=70000-") for each in hub.ranges)
    assert imported["value"]["origin"] == f"someone/TerraScope@{COMMIT}"
    assert [path.name for path in (tmp_path / "home" / ".downloads").iterdir()] == []
    assert not (tmp_path / "home" / "TerraScope" / "modeling.py").exists()


def test_a_stopped_download_ends_at_once_and_is_gone_on_with(backend: Child, hub: type[Hub], tmp_path: Path) -> None:
    hub.pause_s = 0.3
    source = f"someone/TerraScope@{COMMIT}"
    backend.send({"type": "import_model", "id": "m", "source": source})
    part = tmp_path / "home" / ".downloads" / source.replace("/", "--")
    end = time.monotonic() + 60
    while not any(path.stat().st_size for path in part.glob("*.safetensors.partial")) and time.monotonic() < end:
        time.sleep(0.05)
    begin = time.monotonic()
    backend.send({"type": "cancel", "id": "m"})
    assert backend.next("end", "m")["reason"] == "cancelled"
    assert time.monotonic() - begin < 1
    kept = next(part.glob("*.safetensors.partial")).stat().st_size
    hub.pause_s = 0
    assert result(backend, type="import_model", source=source)["type"] == "result"
    assert any(each.endswith(f"bytes={kept}-") for each in hub.ranges)


def test_a_file_that_is_not_what_the_hub_states_is_thrown_away(backend: Child, hub: type[Hub], tmp_path: Path) -> None:
    honest = hub._info
    hub._info = lambda self: json.loads(  # type: ignore[method-assign]
        json.dumps(honest(self)).replace(hashlib.sha256(_weights(self.folder)).hexdigest(), "0" * 64)
    )
    error = result(backend, type="import_model", source=f"someone/TerraScope@{COMMIT}")
    assert error["type"] == "error"
    assert "model-00001-of-00002.safetensors" in error["message"]
    assert "try again" in error["hint"]
    part = tmp_path / "home" / ".downloads"
    assert not list(part.rglob("model-00001-of-00002.safetensors*"))


def _weights(folder: Path) -> bytes:
    return (folder / "model-00001-of-00002.safetensors").read_bytes()


def test_a_hub_that_cannot_be_reached_is_named_with_the_way_out(tmp_path: Path) -> None:
    child = start(tmp_path / "home")
    try:
        error = result(child, type="model_info", source=f"someone/TerraScope@{COMMIT}")
        assert "http://127.0.0.1:9 cannot be reached" in error["message"]
        for way in ("proxy", "HF_ENDPOINT", "give their folder"):
            assert way in error["hint"]
        assert "is not a commit" in result(child, type="model_info", source="someone/TerraScope@main")["message"]
        assert "There is no folder" in result(child, type="model_info", source="/nowhere")["message"]
    finally:
        child.process.kill()
        child.process.wait()


def test_the_worker_ends_when_its_backend_is_killed(backend: Child, hub: type[Hub], tmp_path: Path) -> None:
    hub.pause_s = 0.5
    backend.send({"type": "import_model", "id": "m", "source": f"someone/TerraScope@{COMMIT}"})
    backend.next("progress", "m")
    listing = ["ps", "-o", "pid=", "--ppid", str(backend.process.pid)]
    (worker,) = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split()
    backend.process.kill()
    backend.process.wait()
    end = time.monotonic() + 10
    while Path(f"/proc/{worker}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()


def test_the_shipped_needs_are_those_of_the_released_model() -> None:
    assert released_needs() == json.loads(json.dumps(needs_of(released_8b())))


def verdicts(machine: Machine) -> dict[str, str]:
    return {row["name"]: row["verdict"] for row in against(released_needs(), machine)["precisions"]}


def test_what_fits_is_said_for_the_card_and_for_memory() -> None:
    small = Machine(16 * GIB, 12 * GIB, (Card("cuda", "small", 12 * GIB, 11 * GIB, 8.6),))
    assert verdicts(small) == {"bf16": "no", "fp16": "no", "fp32": "no", "nf4": "gpu", "int4": "gpu"}
    assert against(released_needs(), small)["suggested"] == "nf4"
    large = Machine(64 * GIB, 60 * GIB, (Card("cuda", "large", 80 * GIB, 79 * GIB, 9.0),))
    assert against(released_needs(), large)["suggested"] == "bf16"
    busy = Machine(64 * GIB, 60 * GIB, (Card("cuda", "busy", 24 * GIB, 5 * GIB, 8.6),))
    assert verdicts(busy)["bf16"] == "gpu_busy"
    old = Machine(16 * GIB, 12 * GIB, (Card("cuda", "old", 24 * GIB, 23 * GIB, 7.5),))
    assert (verdicts(old)["bf16"], verdicts(old)["fp16"], verdicts(old)["int4"]) == ("no", "gpu", "no_card")
    bare = Machine(48 * GIB, 40 * GIB, ())
    assert (verdicts(bare)["bf16"], verdicts(bare)["fp32"], verdicts(bare)["fp16"]) == ("cpu", "cpu", "no_card")


def test_the_driver_s_list_of_cards_is_read() -> None:
    cards = parse_cards("NVIDIA H100 80GB HBM3, 81559, 80994, 9.0\nQuadro, 8192, 100, [N/A]\nnonsense\n")
    assert [card.name for card in cards] == ["NVIDIA H100 80GB HBM3", "Quadro"]
    assert cards[0].free == 80994 << 20
    assert cards[1].capability is None
    total, free = host_memory()
    assert sys.platform != "linux" or (total or 0) > (free or 0) > 0
