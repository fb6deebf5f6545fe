"""Recipes: what is trained, on what, and how; TOML files that come with the package or lie anywhere."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from terrascope_lab.training.errors import TrainingError

SHIPPED = Path(__file__).parent / "recipes"
PRECISIONS = ("fp32", "bf16", "fp16")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Optimisation:
    """How a stage is optimised (AdamW).

    Attributes
    ----------
    rate, schedule, warmup, warmup_from
        See `schedule.Schedule`.
    epochs, steps
        Length of the run; `steps` counts if it is not 0.
    batch, micro_batch
        Samples of an optimizer step over all processes, and of one forward pass of a process.
    weight_decay, beta1, beta2, clip
        Of AdamW; `clip` is the largest norm of the gradient, 0 for any.
    precision
        "fp32", "bf16" or "fp16" (automatic mixed precision).
    frozen
        Number format of what is not trained, "fp32" or "bf16".
    gradient_checkpointing
        Recompute the language model's layers in the backward pass.
    save_every, keep, log_every
        Steps between checkpoints, how many of them stay, steps between metrics.
    seed
        Of order, dropout and sampled points.
    workers
        Processes that read samples ahead.
    """

    rate: float = 4e-5
    schedule: str = "cosine"
    warmup: float = 0.05
    warmup_from: float = 1e-5
    epochs: float = 1.0
    steps: int = 0
    batch: int = 32
    micro_batch: int = 1
    weight_decay: float = 0.05
    beta1: float = 0.9
    beta2: float = 0.999
    clip: float = 1.0
    precision: str = "fp32"
    frozen: str = "fp32"
    gradient_checkpointing: bool = False
    save_every: int = 500
    keep: int = 2
    log_every: int = 10
    seed: int = 0
    workers: int = 0

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise TrainingError(f"precision is {self.precision!r}.", f"Use one of {', '.join(PRECISIONS)}.")
        if self.frozen not in ("fp32", "bf16"):
            raise TrainingError(f"frozen is {self.frozen!r}.", "Use fp32 or bf16.")
        if self.frozen == "bf16" and self.precision != "bf16":
            raise TrainingError(
                f"frozen is bf16 and precision {self.precision}; they cannot be multiplied.",
                "Set precision to bf16 too.",
            )
        for name in ("batch", "micro_batch", "save_every", "keep", "log_every"):
            if getattr(self, name) < 1:
                raise TrainingError(f"{name} is {getattr(self, name)}.", "Use a number of at least 1.")
        if self.rate <= 0 or (self.steps <= 0 and self.epochs <= 0):
            raise TrainingError(
                f"rate is {self.rate}, epochs {self.epochs}, steps {self.steps}.", "Use numbers above 0."
            )


@dataclass(frozen=True)
class Stage:
    """One stage of a recipe.

    Attributes
    ----------
    name
        Folder of its outputs.
    task
        "full": the full model. "decoder": the embedded model's decoder, by the same engine. "command": a module with a
        command line, run as a process of its own.
    train, lora, loss, points, mix, selection, instruct, longest, rounds, planned_samples
        Of the full model: parts, adapters, weights of the losses, mask points, share of predicted masks, selection of
        visual tokens, the think-and-answer instruction, longest sequence, rounds of prediction; and the number of
        samples that a plan reckons with before there is data.
    data
        Its data sets.
    options
        Of the decoder (see `embedded.DecoderOptions`).
    module, arguments
        Of a command; {data}, {out}, {base} and {model} in the arguments are filled in.
    optim
        How it is optimised.
    """

    name: str
    task: str = "full"
    train: tuple[str, ...] = ()
    lora: Mapping[str, Any] = field(default_factory=dict)
    loss: Mapping[str, Any] = field(default_factory=dict)
    points: Mapping[str, Any] = field(default_factory=dict)
    mix: Mapping[str, Any] = field(default_factory=dict)
    selection: Mapping[str, Any] = field(default_factory=dict)
    instruct: bool = True
    longest: int = 8192
    rounds: int = 1
    planned_samples: int = 0
    data: tuple[Mapping[str, Any], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    module: str = ""
    arguments: tuple[str, ...] = ()
    optim: Optimisation = Optimisation()

    def __post_init__(self) -> None:
        if self.task not in ("full", "decoder", "command"):
            raise TrainingError(f"task of stage {self.name!r} is {self.task!r}.", "Use full, decoder or command.")
        if self.task == "command" and not self.module:
            raise TrainingError(f"Stage {self.name!r} is a command without a module.", "Set module.")


@dataclass(frozen=True)
class Recipe:
    """A recipe: its stages in order. `text` is the file as it was read, with what was set on top of it."""

    name: str
    stages: tuple[Stage, ...]
    about: str = ""

    def stage(self, name: str) -> Stage:
        """Return a stage by name.

        Raises
        ------
        TrainingError
            Names the stages that there are.
        """
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise TrainingError(
            f"Recipe {self.name!r} has no stage {name!r}.", f"It has {', '.join(s.name for s in self.stages)}."
        )


def shipped_recipes() -> list[str]:
    """Names of the recipes that come with the package."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def read_recipe(name: str, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe.

    Parameters
    ----------
    name
        Of a shipped recipe, or a TOML file.
    changes
        "STAGE.NAME=VALUE" or "STAGE.TABLE.NAME=VALUE", the value as in TOML.

    Raises
    ------
    TrainingError
        If there is no such recipe, or it holds what no recipe has.
    """
    try:
        import tomllib
    except ImportError as error:  # Python 3.10, where the full model does not run either
        raise TrainingError("Recipes need Python 3.11 or newer.", "Use the environment of the full model.") from error
    path = Path(name) if name.endswith(".toml") else SHIPPED / f"{name}.toml"
    if not path.is_file():
        raise TrainingError(
            f"There is no recipe {name!r}.{_guess(name, shipped_recipes())}",
            f"Give one of {', '.join(shipped_recipes())}, or a .toml file.",
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise TrainingError(f"{path.name!r} is not valid TOML: {error}.", "Correct that line.") from error
    for change in changes:
        _change(content, change, path.name)
    return recipe_of(content, path.stem)


def recipe_of(content: Mapping[str, Any], name: str) -> Recipe:
    """Check a recipe's content and build it."""
    known = ("name", "about", "stage")
    if unknown := [key for key in content if key not in known]:
        raise TrainingError(
            f"Recipe {name!r} has an unknown setting {unknown[0]!r}.{_guess(unknown[0], known)}",
            f"A recipe has {', '.join(known)}.",
        )
    tables = content.get("stage", ())
    if not tables:
        raise TrainingError(f"Recipe {name!r} has no stage.", "Add at least one [[stage]].")
    stages = []
    for number, table in enumerate(tables, start=1):
        where = f"stage {table.get('name', number)!r} of recipe {name!r}"
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
        }
        values["optim"] = build(Optimisation, values.get("optim", {}), f"optim of {where}")
        stages.append(build(Stage, values, where))
    names = [stage.name for stage in stages]
    if len(set(names)) < len(names):
        raise TrainingError(f"Recipe {name!r} has two stages of one name: {names}.", "Give each its own.")
    return Recipe(str(content.get("name", name)), tuple(stages), str(content.get("about", "")))


def build(kind: type[_T], values: Mapping[str, Any], where: str) -> _T:
    """Build a settings class from a table, strictly.

    Raises
    ------
    TrainingError
        Names the setting that is unknown, missing or of another type, and the one that may be meant.
    """
    if not isinstance(values, Mapping):
        raise TrainingError(f"{where} is {values!r}.", "Write a table.")
    known = {each.name: each for each in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key, value in values.items():
        if key not in known:
            raise TrainingError(
                f"{where} has an unknown setting {key!r}.{_guess(key, list(known))}",
                f"It has {', '.join(known)}.",
            )
        if not _fits(value, known[key].default):
            raise TrainingError(f"{key} of {where} is {value!r}.", f"Write it like {known[key].default!r}.")
    try:
        return kind(**dict(values))
    except TypeError as error:
        raise TrainingError(f"{where} is not complete: {error}.", "Add what is missing.") from error


def _fits(value: object, usual: object) -> bool:
    """Whether a value is of the kind of a setting's default; a default of None takes anything."""
    if usual is None or usual is dataclasses.MISSING:
        return True
    if isinstance(usual, bool) or isinstance(value, bool):
        return isinstance(usual, bool) and isinstance(value, bool)
    return isinstance(value, (int, float) if isinstance(usual, float) else type(usual))


def _guess(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f" Is {near[0]!r} meant?" if near else ""


def _change(content: dict[str, Any], change: str, where: str) -> None:
    import tomllib

    path, equals, text = change.partition("=")
    keys = path.strip().split(".")
    if not equals or len(keys) < 2:
        raise TrainingError(
            f"The change {change!r} cannot be read.", "Write STAGE.NAME=VALUE, e.g. grounding.rounds=2."
        )
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text.strip()
    tables = [table for table in content.get("stage", ()) if table.get("name") == keys[0]]
    if not tables:
        names = ", ".join(str(table.get("name")) for table in content.get("stage", ()))
        raise TrainingError(f"{where!r} has no stage {keys[0]!r}.", f"It has {names}.")
    table = tables[0]
    if len(keys) == 2 and keys[1] in {each.name for each in dataclasses.fields(Optimisation)}:
        keys.insert(1, "optim")
    for key in keys[1:-1]:
        table = table.setdefault(key, {})
    table[keys[-1]] = value
