"""Runs a recipe: its stages in order, each beginning with what the one before wrote."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terrascope_lab.training.curve import draw_curve
from terrascope_lab.training.engine import Progress, accelerator_for, train
from terrascope_lab.training.errors import TrainingError
from terrascope_lab.training.recipe import Recipe, Stage

log = logging.getLogger(__name__)

DONE = "done.json"
MODEL = "model"


@dataclass(frozen=True)
class Places:
    """Folders of a run.

    Attributes
    ----------
    out
        Of everything that is written; a stage has a folder of its own in it.
    data
        Where the data entries' paths start.
    model
        The full model to begin with, in our layout.
    base
        Base weights of the embedded model.
    """

    out: Path
    data: Path
    model: Path | None = None
    base: Path | None = None


def run_recipe(
    recipe: Recipe,
    places: Places,
    *,
    stage: str | None = None,
    cpu: bool = False,
    report: Callable[[str, Progress], None] | None = None,
    accelerator: Any | None = None,
) -> list[Progress]:
    """Run a recipe, or one stage of it. What is done is not done again; what was begun goes on.

    Raises
    ------
    TrainingError
        If something is missing, or a stage fails.
    """
    wanted = [recipe.stage(stage)] if stage else list(recipe.stages)
    found = []
    with _stops_on_signal() as stopped:
        for each in wanted:
            folder = places.out / each.name
            if _done(folder, each):
                log.info("Stage %s is done.", each.name)
                continue
            here = dataclasses.replace(places, model=_model_for(recipe, each, places))
            if each.task == "command":
                _command(each, here)
                progress = Progress(1, 1, finished=True)
            else:
                told = (lambda p, name=each.name: report(name, p)) if report else None
                progress = _trained(each, here, cpu, told, stopped, accelerator)
            found.append(progress)
            if not progress.finished:
                break
            _write_done(folder, each)
    return found


def notes_of(stage: Stage) -> dict[str, Any]:
    """Settings of a stage that a checkpoint remembers; how often it saves and logs may change on the way."""
    values = json.loads(json.dumps(dataclasses.asdict(stage), default=list))
    for free in ("save_every", "keep", "log_every", "workers", "micro_batch", "gradient_checkpointing"):
        values["optim"].pop(free)
    return values


def _digest(stage: Stage) -> str:
    return hashlib.sha256(json.dumps(notes_of(stage), sort_keys=True).encode()).hexdigest()


def _done(folder: Path, stage: Stage) -> bool:
    path = folder / DONE
    if not path.is_file():
        return False
    if json.loads(path.read_text(encoding="utf-8")).get("settings") != _digest(stage):
        raise TrainingError(
            f"Stage {stage.name!r} in {str(folder)!r} was finished with other settings.",
            "Give another --out, or remove that folder.",
        )
    return True


def _write_done(folder: Path, stage: Stage) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DONE).write_text(json.dumps({"settings": _digest(stage)}) + "\n", encoding="utf-8")


def _model_for(recipe: Recipe, stage: Stage, places: Places) -> Path | None:
    """The newest model of the stages before, or the one that was given."""
    before = list(recipe.stages)[: [each.name for each in recipe.stages].index(stage.name)]
    for each in reversed(before):
        if (places.out / each.name / MODEL / "config.json").is_file():
            return places.out / each.name / MODEL
    return places.model


def _trained(
    stage: Stage,
    places: Places,
    cpu: bool,
    report: Callable[[Progress], None] | None,
    stopped: Callable[[], bool],
    accelerator: Any | None,
) -> Progress:
    import torch

    folder = places.out / stage.name
    accelerator = accelerator or accelerator_for(stage.optim, cpu=cpu)
    torch.manual_seed(stage.optim.seed)  # adapters begin at random
    task = _full_task(stage, places) if stage.task == "full" else _decoder_task(stage, places)
    progress = train(
        task, stage.optim, folder, accelerator=accelerator, notes=notes_of(stage), stopped=stopped, report=report
    )
    if accelerator.is_main_process and progress.checkpoint is not None:
        if progress.finished:
            _finish(stage, places, progress.checkpoint, folder / MODEL, task)
        _draw(folder)
    accelerator.wait_for_everyone()
    return progress


def _full_task(stage: Stage, places: Places) -> Any:
    from terrascope.networks.full.loading import load_config, read_weights
    from terrascope.networks.full.processing import TerraScopeProcessor
    from terrascope_lab.training.full.task import FullTask

    base = _need_model(stage, places)
    model = read_weights(base, load_config(base), "cpu", "bf16" if stage.optim.frozen == "bf16" else "fp32")
    return FullTask(stage, model, TerraScopeProcessor.from_pretrained(base), places.data)


def _decoder_task(stage: Stage, places: Places) -> Any:
    from terrascope_lab.training.embedded import DecoderOptions, DecoderTask
    from terrascope_lab.training.recipe import build

    options = build(DecoderOptions, stage.options, f"options of stage {stage.name!r}")
    return DecoderTask(options, stage.optim.seed, places.data)


def _need_model(stage: Stage, places: Places) -> Path:
    if places.model is None:
        raise TrainingError(
            f"Stage {stage.name!r} has no model to begin with.", "Give the folder of an imported model with --model."
        )
    return places.model


def _finish(stage: Stage, places: Places, checkpoint: Path, out: Path, task: Any) -> None:
    if stage.task == "decoder":
        task.write_model(checkpoint, out)
        return
    from terrascope_lab.training.full.finish import write_model
    from terrascope_lab.training.full.task import lora_of

    write_model(_need_model(stage, places), checkpoint, stage.train, lora_of(stage), task.selection, out)


def _draw(folder: Path) -> None:
    try:
        draw_curve(folder)
    except TrainingError as error:
        log.warning("%s", error)


def _command(stage: Stage, places: Places) -> None:
    """Run a module with a command line of its own, as a process of its own."""
    folder = places.out / stage.name
    folder.mkdir(parents=True, exist_ok=True)
    values = {"data": places.data, "out": places.out, "base": places.base, "model": places.model}
    arguments = []
    for argument in stage.arguments:
        for name, value in values.items():
            if f"{{{name}}}" in argument:
                if value is None:
                    raise TrainingError(f"Stage {stage.name!r} needs the folder {{{name}}}.", f"Give it with --{name}.")
                argument = argument.replace(f"{{{name}}}", str(value))
        arguments.append(argument)
    log.info("Runs %s %s", stage.module, " ".join(arguments))
    with (folder / "log.txt").open("ab") as stream:
        code = subprocess.run([sys.executable, "-m", stage.module, *arguments], stdout=stream, stderr=stream).returncode
    if code:
        raise TrainingError(
            f"Stage {stage.name!r} ({stage.module}) ended with code {code}.", f"Read {str(folder / 'log.txt')!r}."
        )


@contextmanager
def _stops_on_signal() -> Any:
    """Let SIGTERM and Ctrl-C end a run after its step, with a checkpoint; a second Ctrl-C ends it at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop.is_set
        return

    def asked(number: int, frame: object) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
