#!/bin/bash
# run_desktop.sh OUT: opens QGIS with the plugin and a real scene and asks a question. With a display the window stays
# open; without one it runs on a virtual screen and leaves pictures, the GeoPackage, the report and result.txt in OUT.
# TERRASCOPE_PYTHON is the Python of the backend's environment.
set -euo pipefail
OUT=$(realpath -m "${1:-out}")
HERE=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$OUT"
SCENE=$("$HERE/fetch_scene.sh" "$HERE/../.work/scene")
export SCENE OUT
/usr/bin/python3 "$HERE/run_desktop.py"
