"""What goes out: two zips, a wheel of weights, and the scan that the plugin site makes."""

from __future__ import annotations

import configparser
import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import package  # noqa: E402

MODELS = {"language.json": b"{}", "vision_x.onnx": b"\x00weights"}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("build")
    assert package.main([str(out), "--without-gate"]) == 0
    return {file.name.split("-0")[0] + ("-complete" if "complete" in file.name else ""): file for file in out.iterdir()}


def test_the_sites_zip_has_no_weights_and_names_their_wheel_by_its_hash(built):
    with zipfile.ZipFile(built["terrascope_reasoning"]) as archive:
        names = archive.namelist()
        entry = json.loads(archive.read("terrascope_reasoning/backend/requirements/weights.json"))
    assert not [name for name in names if name.endswith(".onnx")]
    assert {name.split("/")[0] for name in names} == {"terrascope_reasoning"}
    wheel = built["terrascope_weights"]
    assert entry["file"] == wheel.name
    assert entry["sha256"].replace(" ", "") == hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert built["terrascope_reasoning"].stat().st_size < 5e6


def test_the_complete_zip_has_all_and_stays_below_the_sites_limit(built):
    with zipfile.ZipFile(built["terrascope_reasoning-complete"]) as archive:
        names = {name.removeprefix("terrascope_reasoning/") for name in archive.namelist()}
    assert {"resources/models/language_encoder.onnx", "resources/models/vision.json", "metadata.txt"} <= names
    assert {"backend/requirements/uv.txt", "backend/requirements/systems.json", "LICENSE"} <= names
    assert "backend/requirements/weights.json" not in names
    assert not [name for name in names if "terrascope_lab" in name]
    assert built["terrascope_reasoning-complete"].stat().st_size < 25e6


def test_the_same_input_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one, two = (package.write_wheel(tmp_path / name, "1.0", MODELS, b"licence") for name in ("a", "b"))
    assert one.read_bytes() == two.read_bytes()


def test_weights_are_found_in_the_installed_wheel(tmp_path):
    """Where the plugin came without them."""
    wheel = package.write_wheel(tmp_path, "1.0", MODELS, b"licence")
    target = tmp_path / "site-packages"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-index",
        "--no-deps",
        "--target",
        str(target),
        str(wheel),
    ]
    subprocess.run(command, check=True)
    (tmp_path / "resources").mkdir()
    code = "from terrascope.resources import resource; print(resource('models', 'vision_x.onnx').read_bytes())"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={
            "PYTHONPATH": f"{ROOT / 'backend'}:{target}",
            "TERRASCOPE_RESOURCES": str(tmp_path / "resources"),
        },
        capture_output=True,
        text=True,
    )
    assert result.stdout.strip() == str(MODELS["vision_x.onnx"]), result.stderr


@pytest.mark.parametrize(
    "link", ["http://a.org", "https://", "https://localhost/x", "github.com/a", "https://example.com/x", ""]
)
def test_links_of_the_metadata_have_the_form_of_links(link):
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(ROOT / "metadata.txt", encoding="utf-8")
    package.check_links(metadata["general"])
    metadata["general"]["tracker"] = link
    with pytest.raises(package.GateError, match="tracker"):
        package.check_links(metadata["general"])


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("password = 'hunter2'\n", "B105"),
        ("import subprocess\nsubprocess.call('ls', shell=True)\n", "B602"),
        ("KEY = 'AKIA' + 'IOSFODNN7EXAMPLX'\nkey = 'AKIAIOSFODNN7EXAMPLX'\n", "AWS"),
        ("x = (\n", "syntax error"),
    ],
)
def test_the_gate_fails_on_what_the_site_refuses(text, finding):
    pytest.importorskip("bandit", reason="backend/requirements/dev.txt has it")
    pytest.importorskip("detect_secrets")
    package.gate({"good.py": b"answer = 42\n"})
    with pytest.raises(package.GateError, match=finding):
        package.gate({"good.py": b"answer = 42\n", "sub/bad.py": text.encode()})


def test_without_the_scanners_nothing_is_packed(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(package.importlib.util, "find_spec", lambda _name: None)
    assert package.main([str(tmp_path)]) == 1
    assert "bandit" in capsys.readouterr().err and not list(tmp_path.glob("*.zip"))


def test_the_page_of_systems_is_that_of_the_table():
    import check_wheels

    table = json.loads(check_wheels.TABLE.read_text(encoding="utf-8"))
    assert set(table["cells"]) == set(check_wheels.KINDS)
    for rows in table["cells"].values():
        assert set(rows) == {row["key"] for row in table["systems"]} == set(check_wheels.PLATFORMS)
    assert check_wheels.PAGE.read_text(encoding="utf-8") == check_wheels.page(table)
    for row in ("win-x86_64", "macos-aarch64", "linux-x86_64", "linux-aarch64"):
        assert table["cells"]["embedded"][row] == dict.fromkeys(check_wheels.PYTHONS, "")


def test_what_has_no_wheel_is_read_from_uvs_sentence():
    import check_wheels

    for text, expected in (
        ("Because numpy{python_full_version < '3.11'}==2.2.6 has no usable wheels", ("numpy", "2.2.6")),
        ("Because there is no version of torch{sys_platform == 'linux'}==2.13.0+cpu and you", ("torch", "2.13.0+cpu")),
        ("version (>=3.10) does not satisfy Python>=3.11 and filelock==4.2.12 depends on", ("filelock", "4.2.12")),
    ):
        assert check_wheels.LACKING.search(text).groups() == expected
