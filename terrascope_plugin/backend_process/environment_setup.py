"""Making, repairing and proving the backend's environment, one command after another."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QLockFile, QObject, pyqtSignal

from ..i18n import tr
from .child_environment import Launch
from .command import Command, Finished
from .environment import python_of, read_marker, write_marker
from .pythons import QUESTION, FoundPython, candidates, parse_answer
from .requirements import KindOfModel, packages, requirement_file

_DOWNLOAD = re.compile(r"^\s*(?:Downloading|Using cached|Processing|Collecting|Looking)\b\s+(\S+)")
_OFFLINE_SIGNS = (
    "No matching distribution",
    "Could not find a version",
    "Temporary failure in name resolution",
    "Failed to establish a new connection",
)
_PIP_OPTIONS = (
    "--disable-pip-version-check",
    "--no-input",
    "--retries",
    "8",
    "--timeout",
    "30",
    "--progress-bar",
    "off",
)


class Stage(Enum):
    """Where the set-up is."""

    PYTHON = "python"
    ENVIRONMENT = "environment"
    PACKAGES = "packages"
    DONE = "done"


class Plan(NamedTuple):
    """What to set up."""

    folder: Path
    kind: KindOfModel
    python: str = ""
    wheels: str = ""
    fresh: bool = False  # a repair: what is in the environment already is thrown away


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


def pip_arguments(plan: Plan) -> tuple[str, ...]:
    """Return the arguments of the environment's Python that install the pinned packages, hashes checked."""
    source = ("--no-index", "--find-links", plan.wheels) if plan.wheels else ()
    file = str(requirement_file(plan.kind))
    return (
        "-I",
        "-m",
        "pip",
        "install",
        *_PIP_OPTIONS,
        "--only-binary",
        ":all:",
        "--require-hashes",
        *source,
        "-r",
        file,
    )


class EnvironmentSetup(QObject):
    """Runs a Plan. Started again after a failure it goes on where it was: finished downloads are kept by pip.

    Signals
    -------
    progressed(float, str)
        Fraction and what is being done now.
    log(str), finished(bool, str)
        Every line of output; at the end whether it worked, and a sentence for the user.
    """

    progressed = pyqtSignal(float, str)
    log = pyqtSignal(str)
    finished = pyqtSignal(bool, str)

    def __init__(self, plan: Plan, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._plan = plan
        self._command: Command | None = None
        self._candidates = [(plan.python, ())] if plan.python else candidates()
        self._seen: list[FoundPython] = []
        self._count = 0
        self._total = max(1, len(packages(requirement_file(plan.kind))))
        self._lock = QLockFile(str(plan.folder) + ".lock")
        self._lock.setStaleLockTime(0)
        self.stage = Stage.PYTHON
        self.python: FoundPython | None = None

    def start(self) -> None:
        """Begin. Refused while another QGIS window sets up the same folder."""
        try:
            self._plan.folder.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._stop(
                False,
                tr('The folder "{0}" cannot be made: {1}. Choose another one in the settings.').format(
                    self._plan.folder.parent, error
                ),
            )
            return
        if not self._lock.tryLock(0):
            self._stop(
                False, tr("Another QGIS window is setting up the same environment. Wait for it, then press Repair.")
            )
            return
        self.progressed.emit(0.0, tr("Looking for Python 3.10 to 3.14"))
        self._ask_next_python()

    def cancel(self) -> None:
        """End what runs. What is finished stays and is used next time."""
        if self._command is not None:
            self._command.cancel()

    # -- stages ------------------------------------------------------------------------------------------------------

    def _run(
        self, launch: Launch, then: Callable[[Finished], None], on_line: Callable[[str], None] | None = None
    ) -> None:
        self.log.emit(f"> {launch.program} {' '.join(launch.arguments)}")
        self._command = Command(launch, self, keep_pip=True)
        self._command.line.connect(self.log.emit)
        if on_line:
            self._command.line.connect(on_line)

        def ended(result: Finished) -> None:
            self._command = None
            if result.cancelled:
                self._stop(False, tr("Cancelled. What has been downloaded is kept; start again to go on."))
            else:
                then(result)

        self._command.start(ended)

    def _ask_next_python(self) -> None:
        if not self._candidates:
            self._no_python()
            return
        program, first = self._candidates.pop(0)
        self._run(Launch(program, (*first, "-I", "-c", QUESTION), {}), self._hear_python)

    def _hear_python(self, result: Finished) -> None:
        found = parse_answer(result.output) if result.code == 0 else None
        if found is None or not found.fits:
            if found:
                self._seen.append(found)
            self._ask_next_python()
            return
        self.python = found
        self.stage = Stage.ENVIRONMENT
        self.progressed.emit(0.05, tr("Making the environment with Python {0}.{1}").format(*found.version))
        clear = ("--clear",) if self._plan.fresh and read_marker(self._plan.folder) else ()
        write_marker(self._plan.folder, self._plan.kind, finished=False)
        self._run(Launch(found.path, ("-I", "-m", "venv", *clear, str(self._plan.folder)), {}), self._made)

    def _no_python(self) -> None:
        lacking = [found for found in self._seen if not found.can_make_environments]
        if lacking:
            text = tr(
                'Python {0}.{1} at "{2}" cannot make environments. On Debian and Ubuntu install the package '
                "python3-venv, then try again."
            )
            self._stop(False, text.format(*lacking[0].version, lacking[0].path))
        else:
            self._stop(
                False,
                tr(
                    "No 64-bit Python from 3.10 to 3.14 was found. Install one from python.org, or choose one in "
                    "the settings."
                ),
            )

    def _made(self, result: Finished) -> None:
        if result.code != 0:
            self._stop(
                False, tr('The environment could not be made in "{0}". The log says why.').format(self._plan.folder)
            )
            return
        write_marker(self._plan.folder, self._plan.kind, finished=False)
        self.stage = Stage.PACKAGES
        self.progressed.emit(0.1, tr("Installing {0} packages").format(self._total))
        proxy = "" if self._plan.wheels else proxy_from_qgis()
        extra = {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy} if proxy else {}
        self._run(
            Launch(str(python_of(self._plan.folder)), pip_arguments(self._plan), extra),
            self._installed,
            self._on_pip_line,
        )

    def _on_pip_line(self, line: str) -> None:
        if line.startswith("Installing collected packages"):
            self.progressed.emit(0.85, tr("Unpacking"))
        elif match := _DOWNLOAD.match(line):
            if line.lstrip().startswith("Collecting"):
                self._count = min(self._count + 1, self._total)
            self.progressed.emit(0.1 + 0.7 * self._count / self._total, match.group(1).rsplit("/", 1)[-1])

    def _installed(self, result: Finished) -> None:
        if result.code != 0:
            self._stop(False, self._why_pip_failed(result.output))
            return
        write_marker(self._plan.folder, self._plan.kind, finished=True)
        self.stage = Stage.DONE
        self.progressed.emit(1.0, tr("Installed"))
        self._stop(True, tr("The environment is ready."))

    def _why_pip_failed(self, output: str) -> str:
        if "do not match the hashes" in output.lower() or "hashes are required" in output.lower():
            return tr(
                "A downloaded package is not the one that was checked for this plugin (its hash differs). "
                "Nothing was installed; try again on another network."
            )
        if "no space left" in output.lower():
            return tr('The disk of "{0}" is full. Free about {1} MB, then press Repair.').format(
                self._plan.folder, self._plan.kind.disk_mb
            )
        if self._plan.wheels:
            return tr(
                'A package is missing in the folder of wheels "{0}", or is for another Python or system. The '
                "log names it."
            ).format(self._plan.wheels)
        if any(sign in output for sign in _OFFLINE_SIGNS):
            return tr(
                "Packages could not be fetched. Check the network and QGIS's proxy settings, or choose a folder "
                "of wheels; then press Repair."
            )
        return tr("The packages could not be installed. The log says why; press Repair to go on from here.")

    def _stop(self, worked: bool, sentence: str) -> None:
        self._lock.unlock()
        self.log.emit(sentence)
        self.finished.emit(worked, sentence)
