#!/bin/bash
# other_qgis.sh FOLDER SUITE [BACKPORTS_SUITE]: a Debian chroot with another QGIS, from the mirror that apt uses here. Needs root.
#   other_qgis.sh FOLDER trixie                     QGIS 3.40
#   other_qgis.sh FOLDER trixie trixie-backports    QGIS 3.44
set -euo pipefail
FOLDER=$1 SUITE=$2 BACKPORTS=${3:-}
[ ! -x "$FOLDER/usr/bin/qgis" ] || exit 0
command -v mmdebstrap > /dev/null || apt-get install -y -qq mmdebstrap
MIRROR=$(apt-get indextargets --format '$(REPO_URI)' | grep -v -e security | sort -u | head -1)
SOURCES=("deb $MIRROR $SUITE main"); OPTIONS=()
if [ -n "$BACKPORTS" ]; then
  SOURCES+=("deb $MIRROR $BACKPORTS main"); OPTIONS+=(--aptopt="APT::Default-Release \"$BACKPORTS\"")
fi
mmdebstrap --variant=apt "${OPTIONS[@]}" --aptopt='Acquire::Check-Valid-Until "false"' \
  --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --include=python3-qgis,qgis,xvfb,xauth,imagemagick,fonts-open-sans,python3-pytest,python3-venv,ca-certificates,gdal-bin \
  "$SUITE" "$FOLDER" "${SOURCES[@]}"
