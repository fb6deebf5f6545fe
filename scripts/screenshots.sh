#!/bin/bash
# screenshots.sh: the pictures in docs/images, out of the demonstration (TERRASCOPE_PYTHON as for run_desktop.sh).
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
OUT=$(mktemp -d); trap 'rm -rf "$OUT"' EXIT
QUESTION=${QUESTION:-"Which covers more area: forest or built-up land?"} env -u DISPLAY "$HERE/run_desktop.sh" "$OUT"
mkdir -p "$HERE/../docs/images"
for NAME in 3_first_mask 4_answer 5_step_1; do
  convert "$OUT/$NAME.png" -resize 1200x -colors 200 "$HERE/../docs/images/${NAME#*_}.png"
done
