"""Run by a Python that was found: says in one line of plain ASCII what it is and what it really can.

Runs in any Python from 3.6 on, without the plugin. The line is ASCII since its encoding is that of the Python asked,
whatever the user's name on the path is.
"""

import json
import platform
import struct
import sys
import sysconfig


def lacks(names):
    """Return why each module cannot be imported, of those that cannot: a DLL may be missing, not only the module."""
    found = {}
    for name in names:
        try:
            __import__(name)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it is the answer
            found[name] = str(error)[:200]
    return found


def main():
    """Write the line."""
    libc, release = "", ""
    if sys.platform == "darwin":
        release = platform.mac_ver()[0]
    elif sys.platform.startswith("linux"):
        libc, release = platform.libc_ver()
    answer = {
        "version": list(sys.version_info[:3]),
        "bits": struct.calcsize("P") * 8,
        "implementation": sys.implementation.name,
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "system": sys.platform,
        "machine": platform.machine(),
        "tag": sysconfig.get_platform(),
        "libc": libc,
        "release": release,
        "executable": sys.executable,
        "prefix": sys.prefix,
        "lacks": lacks(("ssl", "sqlite3", "ctypes", "venv", "ensurepip", "pip")),
    }
    sys.stdout.write("TERRASCOPE " + json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
