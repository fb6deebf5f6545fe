#!/bin/bash
# in_chroot.sh: the tests inside a chroot that test_qgis_versions.sh made; the project lies in /opt/project.
set -euo pipefail
cd /opt/project
echo "QGIS $(QT_QPA_PLATFORM=offscreen python3 -c 'from qgis.core import Qgis; print(Qgis.QGIS_VERSION)' 2> /dev/null)"
if [ ! -e /opt/run/.ready ]; then
  python3 -m venv /opt/run
  /opt/run/bin/pip install --quiet --require-hashes -r backend/requirements/embedded.txt
  touch /opt/run/.ready
fi
export TERRASCOPE_PYTHON=/opt/run/bin/python STATUS=0
XDG_RUNTIME_DIR=$(mktemp -d) QT_QPA_PLATFORM=offscreen python3 -m pytest -c tests/plugin/pytest.ini tests/plugin || STATUS=1
scripts/test_desktop.sh /opt/out || STATUS=1
exit $STATUS
