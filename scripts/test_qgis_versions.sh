#!/bin/bash
# test_qgis_versions.sh FOLDER [SUITE...]: the plugin's and the desktop's tests in other versions of QGIS, each in a Debian chroot in FOLDER.
# Needs root and a Debian mirror. SUITE is "trixie" (QGIS 3.40) or "trixie-backports" (QGIS 3.44); both by default.
# What is committed is tested. SCRIPTS names the desktop scripts (tests/desktop); the results stay in FOLDER/SUITE.txt.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd); ROOT=$(dirname "$HERE")
FOLDER=$(realpath -m "$1"); shift
DATA=$(realpath -m "${TERRASCOPE_DATA:-$ROOT/../shared}")
SCENE=$("$HERE/fetch_scene.sh" "$ROOT/.work/scene")
STATUS=0
for SUITE in "${@:-trixie trixie-backports}"; do for ONE in $SUITE; do
  CHROOT="$FOLDER/$ONE"
  [ "$ONE" = trixie ] && "$HERE/other_qgis.sh" "$CHROOT" trixie || "$HERE/other_qgis.sh" "$CHROOT" trixie "$ONE"
  rm -rf "$CHROOT/opt/project"; mkdir -p "$CHROOT/opt/project/.work/scene" "$CHROOT/opt/data"
  git -C "$ROOT" archive HEAD | tar -x -C "$CHROOT/opt/project"
  cp "$SCENE" "$CHROOT/opt/project/.work/scene/"
  [ ! -d "$DATA/data" ] || { mkdir -p "$CHROOT/opt/data/data"; cp -r "$DATA/data/demo_scenes" "$DATA/data/terramesh_s1s2" "$CHROOT/opt/data/data/"; }
  cp /etc/resolv.conf "$CHROOT/etc/resolv.conf"
  [ ! -f /etc/pip.conf ] || cp /etc/pip.conf "$CHROOT/etc/pip.conf"
  for CERTIFICATE in /usr/local/share/ca-certificates/*.crt; do
    [ ! -f "$CERTIFICATE" ] || cp "$CERTIFICATE" "$CHROOT/usr/local/share/ca-certificates/"
  done
  mountpoint -q "$CHROOT/proc" || mount -t proc proc "$CHROOT/proc"
  mkdir -p "$CHROOT/dev/shm"
  trap 'umount "$CHROOT/proc" 2>/dev/null || true' EXIT
  chroot "$CHROOT" update-ca-certificates > /dev/null 2>&1 || true
  chroot "$CHROOT" env -u PYTHONPATH HOME=/root PIP_DISABLE_PIP_VERSION_CHECK=1 TERRASCOPE_DATA=/opt/data \
    SCRIPTS="${SCRIPTS:-whole_path map_path models_path install_path}" LIMIT_S="${LIMIT_S:-1500}" OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}" \
    bash /opt/project/scripts/in_chroot.sh > "$FOLDER/$ONE.txt" 2>&1 || STATUS=1
  umount "$CHROOT/proc" 2>/dev/null || true
  grep -E "^(QGIS|[0-9]+ passed|.* failed|kept|BROKEN|SKIPPED)|passed|failed" "$FOLDER/$ONE.txt" | cut -c1-160 || true
done; done
exit $STATUS
