"""Whatever the child does, the window lives, steps that arrived stay, and there is one message."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime

import pytest
from conftest import ROOT, SCRIPTED, wait_until
from qgis.core import QgsProject

from terrascope_plugin.backend_process.messages import encode
from terrascope_plugin.backend_process.process import State
from terrascope_plugin.layers import writing
from terrascope_plugin.session.history import delete_run, rename_run
from terrascope_plugin.session.question import Question, RunState
from terrascope_plugin.session.session import Session, begin_file, file_name

QUESTION = Question("How much water is there?", ({"path": "/nowhere/scene.tif", "name": "scene"},))


@pytest.fixture
def ask(backend, tmp_path):
    """Ask the scripted child in a mode; return (session, run, sentences of `died`)."""

    def make(mode: str, **options):
        process = backend(mode, **options)
        deaths: list[str] = []
        process.died.connect(deaths.append)
        session = Session(process)
        run = session.ask(QUESTION, tmp_path)
        return session, run, deaths

    return make


def test_a_question_is_answered_step_by_step(ask):
    session, run, deaths = ask("normal")
    assert wait_until(lambda: run.state is RunState.ENDED)
    assert (run.end_reason, run.answer, deaths) == ("answered", "Water covers 31 % of the area.", [])
    assert [step.label for step in run.with_masks()] == ["water", "forest"]
    assert [claim.verdict for claim in run.claims] == ["supported", "contradicted"]


def test_stop_is_answered_within_300_ms(ask, backend):
    session, run, deaths = ask("slow")
    assert wait_until(lambda: bool(run.steps))
    begun = time.monotonic()
    session.cancel()
    assert wait_until(lambda: run.state is RunState.ENDED)
    assert run.end_reason == "cancelled" and deaths == []
    assert time.monotonic() - begun < 0.3  # the scripted child looks for a cancel every 0.4 s


def test_what_the_child_finishes_after_a_stop_still_counts(ask):
    session, run, deaths = ask("late", grace_s=20)
    finished: list = []
    session.wound_down.connect(finished.append)
    assert wait_until(lambda: bool(run.steps))
    session.cancel()
    assert wait_until(lambda: run.state is RunState.ENDED)
    assert session.is_winding_down(run) and not run.with_masks()
    assert wait_until(lambda: finished == [run])
    assert [step.label for step in run.with_masks()] == ["water"] and run.end_reason == "cancelled"
    assert not session.is_winding_down(run) and deaths == []


def test_the_next_question_can_be_asked_while_the_child_still_finishes_the_last(ask, tmp_path):
    session, run, deaths = ask("late", grace_s=20)
    assert wait_until(lambda: bool(run.steps))
    session.cancel()
    assert wait_until(lambda: run.state is RunState.ENDED)
    again = session.ask(QUESTION, tmp_path)
    assert session.is_running and wait_until(lambda: again.state is RunState.ENDED)
    assert again.end_reason == "answered" and run.end_reason == "cancelled" and deaths == []


def test_a_child_that_does_not_stop_is_ended_and_another_takes_the_next_question(ask, tmp_path):
    session, run, deaths = ask("deaf", grace_s=0.6)
    assert wait_until(lambda: bool(run.steps))
    former = session._backend.pid
    begun = time.monotonic()
    session.cancel()
    assert wait_until(lambda: run.state is RunState.ENDED)
    assert time.monotonic() - begun < 0.3 and session.is_winding_down(run)
    again = session.ask(QUESTION, tmp_path)
    assert wait_until(lambda: not session.is_winding_down(run), 5)
    assert deaths == [] and "did not stop" in run.warnings[-1]
    assert wait_until(lambda: bool(again.steps)) and session._backend.pid != former


def test_a_crash_costs_one_message_and_no_step(ask):
    session, run, deaths = ask("crash")
    assert wait_until(lambda: run.state is RunState.ENDED)
    assert len(deaths) == 1 and "137" in deaths[0] and "Killed by the test" in deaths[0]
    assert run.error == deaths[0]
    assert [step.label for step in run.with_masks()] == ["water"]


def test_kill_minus_9_costs_one_message_and_no_step(ask):
    session, run, deaths = ask("slow")
    assert wait_until(lambda: bool(run.with_masks()))
    os.kill(session._backend.pid, signal.SIGKILL)
    assert wait_until(lambda: run.state is RunState.ENDED)
    assert len(deaths) == 1 and [step.label for step in run.with_masks()] == ["water"]


def test_prints_on_stdout_do_not_disturb(ask):
    session, run, deaths = ask("noisy")
    assert wait_until(lambda: run.state is RunState.ENDED)
    assert run.end_reason == "answered"
    assert any("a library that prints" in line for line in session._backend.log_lines)


def test_another_protocol_version_is_refused_with_a_way_out(ask):
    session, run, deaths = ask("old")
    assert wait_until(lambda: run.state is RunState.ENDED)
    assert "version 99" in run.error and "Repair" in run.error


def test_a_python_that_is_not_there_is_named(application, tmp_path):
    from terrascope_plugin.backend_process.child_environment import Launch
    from terrascope_plugin.backend_process.process import BackendProcess

    process = BackendProcess(lambda: Launch("/nowhere/python", (), {}))
    session = Session(process)
    run = session.ask(QUESTION, tmp_path)
    assert wait_until(lambda: run.state is RunState.ENDED)
    assert "/nowhere/python" in run.error and process.state is State.STOPPED


def test_stop_before_the_child_is_up_takes_the_question_back(ask):
    session, run, deaths = ask("silent")
    session.cancel()
    assert run.state is RunState.ENDED and run.end_reason == "cancelled"


def test_no_child_is_left_when_the_window_is_killed(tmp_path):
    """kill -9 of the parent: the pipe closes, the child ends by itself."""
    script = tmp_path / "parent.py"
    script.write_text(
        f"import sys, os; sys.path.insert(0, {str(ROOT)!r})\n"
        "from qgis.core import QgsApplication\n"
        "app = QgsApplication([], False); app.initQgis()\n"
        "from terrascope_plugin.backend_process.child_environment import Launch\n"
        "from terrascope_plugin.backend_process.process import BackendProcess\n"
        f"b = BackendProcess(lambda: Launch('/usr/bin/python3', ({str(SCRIPTED)!r}, 'normal'), {{}}))\n"
        "b.message.connect(lambda m: print(b.pid, flush=True))\n"
        "b.start(); app.exec_()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    child = int(parent.stdout.readline())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()

    def is_gone() -> bool:
        try:
            return open(f"/proc/{child}/stat").read().split(")")[1].split()[0] == "Z"
        except OSError:
            return True

    assert wait_until(is_gone, 5)


def test_the_child_does_not_inherit_what_qgis_exports():
    from terrascope_plugin.backend_process.child_environment import cleaned

    exported = dict.fromkeys(
        [
            "PYTHONHOME",
            "PYTHONPATH",
            "LD_LIBRARY_PATH",
            "GDAL_DATA",
            "GDAL_DRIVER_PATH",
            "PROJ_LIB",
            "PROJ_DATA",
            "QT_PLUGIN_PATH",
            "PIP_TARGET",
            "UV_INDEX_URL",
        ],
        "x",
    )
    kept = {
        "PATH": "/usr/bin",
        "HOME": "/home/a",
        "HTTPS_PROXY": "http://proxy:3128",
    }
    assert cleaned({**exported, **kept}) == kept


def test_two_questions_never_get_one_file(ask, tmp_path):
    """The name holds whole seconds, and a question that was stopped is still written for a moment."""
    session, run, _deaths = ask("late", grace_s=20)
    assert wait_until(lambda: bool(run.steps))
    session.cancel()
    assert wait_until(lambda: run.state is RunState.ENDED) and session.is_winding_down(run)
    files = [session.ask(QUESTION, tmp_path).out]
    assert files[0] != run.out and wait_until(lambda: not session.is_running)
    assert not writing.is_written(run.out) and not writing.is_written(files[0])
    now = datetime(2026, 5, 1, 10)
    first, second = (begin_file(tmp_path, file_name("How much?", now)) for _ in range(2))
    assert (first.name, second.name) == ("20260501-100000_how-much.gpkg", "20260501-100000_how-much_2.gpkg")
    for file in (first, second):
        writing.end(str(file))


def test_a_file_that_is_being_written_is_neither_renamed_nor_deleted(ask):
    session, run, _deaths = ask("slow")
    assert wait_until(lambda: bool(run.with_masks()))
    told: list[str] = []
    rename_run(QgsProject.instance(), run.gpkg, "other", lambda _path, problem: told.append(problem))
    delete_run(QgsProject.instance(), run.gpkg, told.append)
    assert len(told) == 2 and all("being written by a question" in text for text in told)
    assert os.path.isfile(run.gpkg)


def test_ending_the_child_ends_the_question_that_runs_or_waits(ask):
    """Other settings, a repair of the environment: nothing stays "running" for ever."""
    for mode in ("slow", "silent"):
        session, run, deaths = ask(mode)
        assert mode == "silent" or wait_until(lambda: bool(run.steps))
        session._backend.stop()
        assert run.state is RunState.ENDED and run.end_reason == "cancelled" and not session.is_running
        assert deaths == [] and not writing.is_written(run.out)


def test_a_file_name_that_is_no_utf_8_can_be_asked_about():
    name = os.fsdecode(b"/data/gr\xfcn.tif")
    line = encode({"type": "describe", "id": "1", "layers": [{"path": name}]})
    assert json.loads(line)["layers"][0]["path"] == name


def test_a_command_that_nobody_remembers_runs_to_its_end(application):
    """Python's garbage collector once took it while it ran, and QGIS with it."""
    from terrascope_plugin.backend_process.child_environment import Launch
    from terrascope_plugin.backend_process.command import Command, Finished, Limits

    heard: list[Finished] = []
    Command(Launch("/bin/sh", ("-c", "sleep 0.3; echo done"), {}), Limits(10_000)).start(heard.append)
    gc.collect()
    assert wait_until(lambda: bool(heard), 10)
    assert heard == [Finished(0, "done", False)]


def test_a_command_has_a_limit_in_all_and_one_without_a_sign_of_life(application):
    from terrascope_plugin.backend_process.child_environment import Launch
    from terrascope_plugin.backend_process.command import Command, Finished, Limits

    silent, talking = ("-c", "echo begun; exec sleep 60"), ("-c", "for i in 1 2 3 4 5; do echo $i; sleep 0.2; done")
    for arguments, limits, timed_out in (
        (silent, Limits(300), True),
        (silent, Limits(60_000, 300), True),
        (talking, Limits(60_000, 600), False),
    ):
        heard: list[Finished] = []
        Command(Launch("/bin/sh", arguments, {}), limits).start(heard.append)
        assert wait_until(lambda: bool(heard), 10)
        assert heard[0].timed_out is timed_out and (heard[0].code is None) is timed_out
