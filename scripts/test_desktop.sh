#!/bin/bash
# test_desktop.sh [OUT]: the whole path in a real QGIS on a virtual screen with the real backend process. Pictures and
# facts.json stay in OUT (out/desktop). TERRASCOPE_PYTHON is the backend's Python. Scenes beyond the first are those of
# the data folder beside the project (TERRASCOPE_DATA); where it is absent, made ones (tests/made_scenes.py).
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
OUT=$(realpath -m "${1:-$HERE/../out/desktop}")
rm -rf "$OUT"; mkdir -p "$OUT"
TERRASCOPE_SCENE=$("$HERE/fetch_scene.sh" "$HERE/../.work/scene")
IMAGES=${TERRASCOPE_DATA:-$HERE/../../shared}/data
if [ ! -d "$IMAGES" ]; then
  IMAGES=$HERE/../.work/made_scenes
  "$TERRASCOPE_PYTHON" -W ignore "$HERE/../tests/made_scenes.py" "$TERRASCOPE_SCENE" "$IMAGES"
fi
export OUT TERRASCOPE_SCENE TERRASCOPE_SCRIPTS=$HERE TERRASCOPE_DEMO=$IMAGES/demo_scenes TERRASCOPE_IMAGES=$IMAGES
env -u DISPLAY -u WAYLAND_DISPLAY /usr/bin/python3 "$HERE/../tests/desktop/check.py"
