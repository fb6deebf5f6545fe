#!/bin/bash
# test_desktop.sh [OUT]: the whole path in a real QGIS on a virtual screen with the real backend process. Pictures and
# facts.json stay in OUT (out/desktop). TERRASCOPE_PYTHON is the backend's Python. Scenes beyond the first are taken from
# the data folder beside the project (TERRASCOPE_DATA) and skipped, and named, where it is absent.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
OUT=$(realpath -m "${1:-$HERE/../out/desktop}")
rm -rf "$OUT"; mkdir -p "$OUT"
DATA=${TERRASCOPE_DATA:-$HERE/../../shared}
TERRASCOPE_SCENE=$("$HERE/fetch_scene.sh" "$HERE/../.work/scene")
export OUT TERRASCOPE_SCENE TERRASCOPE_SCRIPTS=$HERE TERRASCOPE_DEMO=$DATA/data/demo_scenes TERRASCOPE_IMAGES=$DATA/data
env -u DISPLAY -u WAYLAND_DISPLAY /usr/bin/python3 "$HERE/../tests/desktop/check.py"
