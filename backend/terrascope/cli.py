"""`terrascope`: ask, show, measure, report, serve, models, and the commands that other distributions add.

Every command imports what it needs when it runs, so that a missing extra breaks only its own command.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import terrascope
from terrascope import gdal_limits, standard_streams
from terrascope.errors import TerraScopeError

if TYPE_CHECKING:
    from rich.console import Console

    from terrascope.questions.query import ByFeatures, Query
    from terrascope.scene.request import LayerRequest
    from terrascope.service.request import QuestionRequest

Command = Callable[[argparse.Namespace], int]
Extension = Callable[[Any, bool], None]

#: Exit codes beside 0 (answered, or said that it cannot tell) and argparse's 2.
FAILED, NO_ANSWER, STOPPED = 1, 3, 130

#: Characters of an image's name that the result's name begins with: a name has at most 255 bytes.
_LONGEST_STEM = 50

#: Sub-commands of other distributions: functions `(subparsers, whether their command is wanted)` by command name.
EXTENSIONS = "terrascope.commands"
#: Commands that the laboratory adds, and where a checkout that is not installed has them.
LABORATORY = {"cot": "build chain-of-thought data", "train": "train models", "bench": "measure speed and accuracy"}
_LABORATORY_MODULE = "terrascope_lab.commands"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    if arguments is None:  # this process is ours
        standard_streams.in_utf8_mode()
        standard_streams.speak_utf8()
        gdal_limits.set_for_process()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["serve"]:  # the plugin waits for hello: nothing else is imported before it
        from terrascope.service.stdio import main as serve

        return serve()
    try:
        parser = build_parser(next((each for each in given if not each.startswith("-")), None))
        options = parser.parse_args(given)
        command: Command = options.run
        return command(options)
    except TerraScopeError as error:
        return _failed(error.message, error.hint)
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:  # `terrascope show ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:  # a name that the system refuses, a disk that has gone
        return _failed(
            f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.",
            "Check the name, the disk and its permissions.",
        )


def _failed(message: str, hint: str) -> int:
    _console(stderr=True).print(f"[red]Error:[/] {_escaped(message)} [bold]{_escaped(hint)}[/]")
    return FAILED


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """Return the parser; the parsers of a group are only there if `command` is that group."""
    parser = argparse.ArgumentParser(prog="terrascope", description=terrascope.__doc__)
    parser.add_argument("--version", action="version", version=f"terrascope {terrascope.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_ask(commands)
    _add_query(commands)
    show = commands.add_parser("show", help="replay an answer from its GeoPackage")
    show.add_argument("gpkg", type=Path)
    show.add_argument("--json", action="store_true", help="print the whole trace as JSON")
    show.set_defaults(run=_show)
    measure = commands.add_parser("measure", help="measure masks without any model")
    measure.add_argument(
        "mask",
        nargs="+",
        type=Path,
        help="class raster, result GeoPackage, or polygons; FILE|layername=NAME or FILE|band=2 choose one of several",
    )
    measure.add_argument("--json", action="store_true", help="print the measurements as JSON")
    measure.set_defaults(run=_measure)
    report = commands.add_parser("report", help="make an HTML report of an answer")
    report.add_argument("gpkg", type=Path)
    report.add_argument("-o", "--out", type=Path, help="the HTML file (default: beside the GeoPackage)")
    report.set_defaults(run=_report)
    commands.add_parser("serve", help="speak the protocol of the QGIS plugin over stdin and stdout")
    if command == "models":
        _add_extension(commands, "models", _models)
    else:
        commands.add_parser("models", help="import, export, list and check models")
    for name, load in sorted(_extensions().items()):
        _add_extension(commands, name, load, wanted=name == command)
    return parser


def _models(commands: Any, wanted: bool) -> None:
    from terrascope.networks.full.cli import add_models_parser

    add_models_parser(commands)


def _extensions() -> dict[str, Extension]:
    """Return what adds each further command: of installed distributions, else of the checkout that this file is in."""
    found: dict[str, Extension] = {each.name: each.load() for each in entry_points(group=EXTENSIONS)}
    missing = [name for name in LABORATORY if name not in found]
    if missing and importlib.util.find_spec(_LABORATORY_MODULE.partition(".")[0]) is not None:
        laboratory = importlib.import_module(_LABORATORY_MODULE)
        found.update({name: getattr(laboratory, f"add_{name}") for name in missing})
    return {**{name: partial(_missing, name) for name in missing}, **found}


def _missing(name: str, commands: Any, wanted: bool) -> None:
    commands.add_parser(name, help=f"{LABORATORY[name]} (needs the laboratory, which is not installed)")
    if wanted:
        raise TerraScopeError(
            f"The command {name!r} belongs to the laboratory, which is not installed here.",
            "Install it from a checkout of the project: pip install ./backend ./backend/terrascope_lab",
        )


def _add_extension(commands: Any, name: str, add: Extension, wanted: bool = True) -> None:
    try:
        add(commands, wanted)
    except ImportError as error:
        raise TerraScopeError(
            f"The command {name!r} needs what is not installed here: {error}.",
            "Install the environment for it (backend/requirements).",
        ) from error


def _add_ask(commands: Any) -> None:
    ask = commands.add_parser("ask", help="ask a question about images")
    ask.add_argument("question")
    _add_scene_options(ask)
    ask.add_argument("--option", action="append", default=[], help="a choice of a multiple-choice question, in order")
    ask.add_argument("--after", type=Path, metavar="GPKG", help="result of the question before, which this one follows")
    ask.set_defaults(run=_ask)


def _add_query(commands: Any) -> None:
    query = commands.add_parser("query", help="measure what a question means, given as data (JSON)")
    query.add_argument("query", help="a query as JSON, a file that holds one, or - for standard input")
    _add_scene_options(query)
    query.add_argument("--schema", action=_PrintSchema, help="print the JSON schema of queries")
    query.set_defaults(run=_query)


class _PrintSchema(argparse.Action):
    """Prints the schema and ends, as --version does."""

    def __init__(self, option_strings: Sequence[str], dest: str, **options: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **options)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        import json

        from terrascope.questions.query import schema

        sys.stdout.write(json.dumps(schema(), indent=1) + "\n")
        parser.exit()


def _add_scene_options(ask: argparse.ArgumentParser) -> None:
    """Add what says which images are looked at, by what, and where the result goes."""
    ask.add_argument("images", nargs="+", metavar="IMAGE", help="raster, or folder, zip, tar or STAC item of a product")
    ask.add_argument(
        "--layer", action="append", default=[], metavar="NAME=FILE",
        help="a vector or raster layer that is named (districts, roads, slope); FILE|layername=NAME for one of several",
    )  # fmt: skip
    ask.add_argument("--by", metavar="NAME[:COLUMN]", help="one row a polygon of a named layer, or a value of a column")
    ask.add_argument("--role", action="append", choices=["optical", "sar", "auto"], help="once, or once an image")
    ask.add_argument("--date", action="append", help="YYYY-MM-DD, once an image ('-' where it is not known)")
    ask.add_argument(
        "--bands", action="append", help="names in file order, as blue,green,red,nir; once an image or for all"
    )
    ask.add_argument("--online", action="store_true", help="fetch the files that a STAC item names from the web")
    ask.add_argument("--aoi", metavar="FILE|BBOX", help="polygons, or xmin,ymin,xmax,ymax[@CRS]")
    ask.add_argument("--network", help='"embedded", or the folder of an imported model')
    ask.add_argument("--device", help="auto, cpu, cuda, mps")
    ask.add_argument("--precision", help="of a full model: fp32, bf16, fp16, nf4, int4")
    ask.add_argument("--max-size", type=int, default=1024, help="longest side in pixels that is read (default 1024)")
    ask.add_argument("--tiled", action="store_true", help="segment at the native resolution, tile by tile")
    ask.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE",
        help="what is known of the images (bands, date, scale, offset, nodata, date_order, alpha, align; of the "
        "second image alone: 2:offset=-1000), or a setting of the reasoning loop",
    )  # fmt: skip
    ask.add_argument("--out", type=Path, help="the GeoPackage (default: IMAGE-answer.gpkg here)")
    ask.add_argument("--json", action="store_true", help="print the trace as JSON instead of the stream")
    ask.add_argument("--report", type=Path, metavar="HTML", help="make a report too")


def _query(options: argparse.Namespace) -> int:
    from terrascope.questions.query import decode
    from terrascope.questions.wording import Wording

    text = options.query
    if text == "-":
        text = sys.stdin.read()
    elif not text.lstrip().startswith("{"):
        try:
            text = Path(text).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise TerraScopeError(
                f"{text[:200]!r} is no query and no file that can be read: {error}.",
                "Give JSON that begins with {, a file, or -.",
            ) from error
    options.read_query = decode(text)
    options.question = Wording("en").query(options.read_query)
    return _ask(options)


def _ask(options: argparse.Namespace) -> int:
    from terrascope.scene.doubts import UnsettledError
    from terrascope.service.run import Cancelled, run_question
    from terrascope.service.unsettled import unsettled_json
    from terrascope.terminal import Stream

    if options.report is not None:
        from terrascope.trace.report import refuse_other_report, write_report

        _refuse_one_file_twice(_out_path(options), options.report)
        refuse_other_report(options.report)  # before the work, not after it
    console = _console(stderr=options.json)
    stream = Stream(console)
    stop = threading.Event()
    _first_interrupt_stops(stop)
    try:
        trace = run_question(_request(options), stream, stop.is_set)
    except Cancelled:
        return STOPPED
    except UnsettledError as error:
        if options.json:
            sys.stdout.write(unsettled_json(options.question, error) + "\n")
        raise
    finally:
        stream.close()
    written = stream.written or _out_path(options)
    console.print(f"[dim]Written to {_escaped(str(written))}[/]", highlight=False)
    if options.report is not None:
        path = write_report(written, options.report)
        console.print(f"[dim]Report {_escaped(str(path))}[/]", highlight=False)
    if options.json:
        from terrascope.trace.json_io import to_json

        sys.stdout.write(to_json(trace, indent=1) + "\n")
    return {"answered": 0, "abstained": 0, "cancelled": STOPPED}.get(trace.end_reason or "", NO_ANSWER)


def _refuse_one_file_twice(out: Path, report: Path) -> None:
    if os.path.normcase(os.path.realpath(out)) == os.path.normcase(os.path.realpath(report)):
        raise TerraScopeError(f"{report} is named for the result and for the report.", "Give the report another name.")


def _request(options: argparse.Namespace) -> QuestionRequest:
    from terrascope.scene.request import LayerRequest
    from terrascope.service.area import read_area
    from terrascope.service.request import QuestionRequest, SceneRequest

    roles = _for_each(options.role, options.images, "--role")
    dates = _for_each(options.date, options.images, "--date")
    bands = _for_each(options.bands, options.images, "--bands")
    layers = tuple(
        LayerRequest(
            path=path,
            role=None if role == "auto" else role,
            date=None if date == "-" else date,
            bands=_bands(names),
            online=options.online,
        )
        for path, role, date, names in zip(options.images, roles, dates, bands)
    )
    layers, settings = _set(layers, options.set)
    return QuestionRequest(
        question=options.question.strip(),
        scene=SceneRequest(layers, read_area(options.aoi) if options.aoi else None, options.max_size, options.tiled),
        out=_out_path(options),
        options=tuple(getattr(options, "option", ())),
        query=getattr(options, "read_query", None),
        layers=dict(_named_layer(each) for each in options.layer),
        zones=_zones(options.by) if options.by else None,
        context=_query_of(options.after) if getattr(options, "after", None) else None,
        network=options.network,
        device=options.device,
        precision=options.precision,
        settings=settings,
    )


def _named_layer(text: str) -> tuple[str, Path]:
    name, equals, file = text.partition("=")
    if not equals or not name.strip() or not file.strip():
        raise TerraScopeError(
            f"The layer {text!r} has no name or no file.", "Write NAME=FILE, as districts=districts.gpkg."
        )
    return name.strip(), Path(file.strip())


def _zones(text: str) -> ByFeatures:
    from terrascope.questions.query import ByFeatures

    layer, _, column = text.partition(":")
    return ByFeatures(layer=layer, column=column or None)


def _query_of(result: Path) -> Query | None:
    """The query of an earlier result."""
    from terrascope.questions.query import from_data
    from terrascope.trace.geopackage import read_trace

    found = read_trace(result).query
    return None if found is None else from_data(found)


_OF_AN_IMAGE = re.compile(r"(?:(?P<number>\d+):)?(?P<name>\w+)=(?P<value>.*)")


def _set(layers: tuple[LayerRequest, ...], given: Sequence[str]) -> tuple[tuple[LayerRequest, ...], dict[str, object]]:
    """Apply what `--set` says of all images or one, and return the settings that are the reasoning loop's."""
    from terrascope.scene.request import SETTINGS

    changed, rest = list(layers), {}
    for text in given:
        match = _OF_AN_IMAGE.fullmatch(text)
        if match is None or (match["name"] not in SETTINGS and match["number"] is None):
            name, value = _setting(text)
            rest[name] = value
            continue
        number = int(match["number"]) if match["number"] else None
        if number is not None and not 1 <= number <= len(layers):
            raise TerraScopeError(f"--set {text}: there is no image {number}.", f"Images are 1 to {len(layers)}.")
        for index in range(len(layers)) if number is None else (number - 1,):
            changed[index] = changed[index].with_setting(match["name"], match["value"])
    return tuple(changed), rest


def _for_each(values: list[str] | None, images: Sequence[str], name: str) -> list[str | None]:
    if not values:
        return [None] * len(images)
    if name in ("--role", "--bands") and len(values) == 1:
        return [values[0]] * len(images)
    if len(values) != len(images):
        raise TerraScopeError(
            f"{name} is given {len(values)} times for {len(images)} images.", "Give it once an image."
        )
    return list(values)


def _bands(names: str | None) -> dict[str, int] | None:
    from terrascope.scene.request import band_indexes

    return None if names is None or names == "-" else band_indexes(names)


def _setting(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals:
        raise TerraScopeError(f"The setting {text!r} has no value.", "Write NAME=VALUE, for example selection=paper.")
    for kind in (int, float):
        try:
            return name, kind(value)
        except ValueError:
            continue
    return name, {"true": True, "false": False}.get(value.lower(), value)


def _out_path(options: argparse.Namespace) -> Path:
    if options.out is None:
        stem = Path(options.images[0]).stem[:_LONGEST_STEM] or "terrascope"
        options.out, number = Path(f"{stem}-answer.gpkg"), 1
        while options.out.exists():
            number += 1
            options.out = Path(f"{stem}-answer-{number}.gpkg")
    out: Path = options.out
    return out


def _first_interrupt_stops(stop: threading.Event) -> None:
    """Ctrl-C ends the run with what it has; a second one ends the program."""
    if threading.current_thread() is not threading.main_thread():
        return

    def interrupted(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    signal.signal(signal.SIGINT, interrupted)


def _show(options: argparse.Namespace) -> int:
    from terrascope.trace.geopackage import read_trace
    from terrascope.trace.json_io import to_json

    trace = read_trace(options.gpkg)
    if options.json:
        sys.stdout.write(to_json(trace, indent=1) + "\n")
    else:
        from terrascope.terminal import show_trace

        show_trace(_console(), trace)
    return 0


def _measure(options: argparse.Namespace) -> int:
    from terrascope.service.measuring import measured
    from terrascope.terminal import measurement_table

    results = {str(path): measured(path) for path in options.mask}
    found = {path: each.masks for path, each in results.items()}
    for path, each in results.items():
        for note in each.notes:
            _console(stderr=True).print(f"[yellow]{_escaped(path)}:[/] {_escaped(note)}", highlight=False)
    if options.json:
        import json

        sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        return 0
    for path, masks in found.items():
        _console().print(f"[bold]{_escaped(path)}[/]", highlight=False)
        _console().print(measurement_table(masks))
    return 0


def _report(options: argparse.Namespace) -> int:
    from terrascope.trace.report import write_report

    path = write_report(options.gpkg, options.out or options.gpkg.with_suffix(".html"))
    _console().print(f"Report {_escaped(str(path))}", highlight=False)
    return 0


def _console(stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
