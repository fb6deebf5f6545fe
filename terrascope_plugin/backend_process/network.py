"""How the set-up reaches the network: the user's proxy, certificates and addresses; no file of pip's or uv's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from qgis.core import QgsSettings

#: Certificates that the user's own variables name, best first. SSL_CERT_FILE is none of them: QGIS's launchers set it.
_CERTIFICATE_VARIABLES = ("PIP_CERT", "REQUESTS_CA_BUNDLE")


class Network(NamedTuple):
    """What the user set. Empty: QGIS's proxy or that of the system, the system's certificates, the public addresses.

    `index` is a package index (a company's mirror), `python_mirror` a copy of the releases of python-build-standalone.
    """

    proxy: str = ""
    certificates: str = ""
    index: str = ""
    python_mirror: str = ""

    def variables(self, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return the variables that pip and uv obey; their configuration files are switched off."""
        found = {
            "PIP_CONFIG_FILE": os.devnull,
            "UV_NO_CONFIG": "1",
            "UV_HTTP_TIMEOUT": "30",
            "PYTHONNOUSERSITE": "1",
            "PYTHONUTF8": "1",
        }
        proxy = self.proxy or proxy_from_qgis()
        if proxy:
            found |= dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), proxy)
        named = (environ.get(name) for name in _CERTIFICATE_VARIABLES)
        certificates = self.certificates or next(filter(None, named), "")
        if certificates:
            found |= {"SSL_CERT_FILE": certificates, "PIP_CERT": certificates}
        return found


def proxy_from_qgis() -> str:
    """Return the proxy of QGIS's network settings as a URL, empty where none is set."""
    settings = QgsSettings()
    if not settings.value("proxy/proxyEnabled", False, type=bool):
        return ""
    host, port = settings.value("proxy/proxyHost", ""), settings.value("proxy/proxyPort", "")
    user, word = settings.value("proxy/proxyUser", ""), settings.value("proxy/proxyPassword", "")
    scheme = "socks5" if "Socks" in str(settings.value("proxy/proxyType", "")) else "http"
    login = f"{user}:{word}@" if user else ""
    return f"{scheme}://{login}{host}{f':{port}' if port else ''}" if host else ""
