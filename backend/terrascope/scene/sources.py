"""What a layer's path may lead to. A file that came from anywhere opens no network, no pipe and no other person's file.

A URL that the user gave as the layer is the user's word: that one file may be fetched. What a *file* names (the sources
of a VRT, at any depth) may only lie on this machine, and raw bytes only in the VRT's own folder.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

from terrascope.errors import SceneError
from terrascope.gdal_limits import NO_FILE

#: File systems of GDAL that lie on this machine, as parts of other files.
_LOCAL_SYSTEMS = ("/vsizip/", "/vsitar/", "/vsigzip/", "/vsi7z/", "/vsirar/", "/vsisubfile/", "/vsicached", "/vsimem/")
_NETWORK_SYSTEM = re.compile(r"/vsi(?:curl|s3|gs|az|adls|oss|swift|hdfs|webhdfs)(?:_streaming)?[/?]", re.IGNORECASE)
_URL = re.compile(r"(?:https?|ftp|s3|gs|az|gcs|oss|swift)://", re.IGNORECASE)
_ARCHIVE = re.compile(r"^(?P<file>.*?\.(?:zip|kmz|tar|tgz|tar\.gz|gz|7z|rar))(?:/|$)", re.IGNORECASE)
#: Names before a colon by which GDAL opens a part of a local file; a drive letter is one character.
_LOCAL_PREFIXES = frozenset({
    "netcdf", "hdf4_sds", "hdf4_eos", "hdf5", "bag", "gtiff_dir", "gtiff_raw", "gpkg", "rasterlite", "sentinel2_l1b",
    "sentinel2_l1c", "sentinel2_l2a", "sentinel2_l1c_tile", "sentinel2_l2a_tile", "sentinel1_calib", "nitf_im", "zarr",
    "radarsat_2_calib", "til", "grib", "derived_subdataset", "s102", "s104", "s111", "pcidsk", "coasp", "tiff",
    "mbtiles", "pds4", "isis3", "jpeg", "mrf", "sqlite",
})  # fmt: skip
_SOURCES = re.compile(
    r"<(?:SourceFilename|SourceDataset|SourceVRT|IndexDataset|Dataset)\b(?P<how>[^>]*)>(?P<name>[^<]*)</", re.IGNORECASE
)
_RAW = re.compile(r"subClass\s*=\s*[\"']VRTRawRasterBand[\"'].*?</VRTRasterBand>", re.IGNORECASE | re.DOTALL)
_RELATIVE = re.compile(r"relativeToVRT\s*=\s*[\"']1[\"']", re.IGNORECASE)
#: Beginnings of files that describe a service on a network.
_SERVICES = (b"<GDAL_WMS", b"<WCS_GDAL", b"<GDAL_WMTS", b"<WMTS_GDAL", b"<WMS_Capabilities", b"<Capabilities")
_VRT_BYTES = 32 * 2**20
_DEPTH, _FILES = 8, 20_000
_SAVE = "Save the layer as a GeoTIFF and use that."


def check(path: str) -> None:
    """Refuse a path that leads away from this machine without being a URL itself, and a VRT that does, at any depth.

    Raises
    ------
    SceneError
        If it does.
    """
    if not is_remote(path):
        _check_name(path, path)
        _check_vrt(path, path, set(), 0)


def is_remote(path: str) -> bool:
    """Say whether the path itself is a URL, or a name of GDAL for one."""
    return bool(_URL.match(path) or (path.startswith("/vsi") and _NETWORK_SYSTEM.search(path)))


def gdal_name(path: str) -> str:
    """Return the name by which GDAL opens a layer: of a URL, that of GDAL's network file system."""
    scheme, slashes, rest = path.partition("://")
    if not slashes or not _URL.match(path):
        return path
    system = {"http": "curl", "https": "curl", "ftp": "curl", "gcs": "gs"}.get(scheme.lower(), scheme.lower())
    return f"/vsicurl/{path}" if system == "curl" else f"/vsi{system}/{rest}"


def options_for(path: str) -> dict[str, str]:
    """GDAL's options for opening a layer: a URL that the user gave is the one remote file that may be opened."""
    name = gdal_name(path)
    found = _NETWORK_SYSTEM.search(name) if is_remote(path) else None
    if found is None:
        return {"CPL_VSIL_CURL_ALLOWED_FILENAME": NO_FILE}
    remote = name[found.start() :]
    archive = _ARCHIVE.match(remote) if found.start() > 0 else None  # /vsizip//vsicurl/https://host/a.zip/b.tif
    return {"CPL_VSIL_CURL_ALLOWED_FILENAME": archive["file"] if archive else remote}


def _check_name(name: str, layer: str) -> None:
    """Refuse a name (the layer's own, or that of a source inside it) that is not of this machine's files."""
    inside = "" if name == layer else f"The layer {layer!r} names {name[:200]!r}, which "
    if _URL.search(name) or _NETWORK_SYSTEM.search(name):
        said = inside or f"The layer {layer!r} "
        raise SceneError(
            f"{said}is on a network: nothing is fetched by what a file says.",
            "Give the URL itself as the layer, or save the layer as a GeoTIFF and use that.",
        )
    if name.lstrip().startswith("<"):
        raise SceneError(f"{inside or 'The layer '}is a text in place of a file.", _SAVE)
    if name.startswith("/vsi") and not name.startswith(_LOCAL_SYSTEMS):
        said = inside or f"The layer {layer!r} "
        raise SceneError(f"{said}is no file of this machine.", _SAVE)
    prefix = name.partition(":")[0] if ":" in name[2:] else ""
    if len(prefix) > 1 and re.fullmatch(r"\w+", prefix) and prefix.lower() not in _LOCAL_PREFIXES and not _exists(name):
        said = inside or f"The layer {layer!r} "
        raise SceneError(f"{said}is not a file, but something that the driver {prefix!r} would open.", _SAVE)


def _check_vrt(name: str, layer: str, seen: set[str], depth: int) -> None:
    text = _vrt_text(name, layer)
    if text is None or name in seen:
        return
    seen.add(name)
    if depth >= _DEPTH or len(seen) > _FILES:
        raise SceneError(f"The layer {layer!r} names files in files, {depth} deep.", _SAVE)
    folder = Path(name).absolute().parent
    raw = {match.start() for band in _RAW.finditer(text) for match in _SOURCES.finditer(text, band.start(), band.end())}
    for match in _SOURCES.finditer(text):
        source = html.unescape(match["name"]).strip()
        if not source:
            continue
        is_relative = bool(_RELATIVE.search(match["how"])) and not source.startswith("/")
        path = str(folder / source) if is_relative else source
        if not (is_relative and _exists(path)):
            _check_name(source, layer)
        if match.start() in raw:
            _check_raw(path, folder, layer)
        elif ":" not in path[2:]:
            _check_vrt(path, layer, seen, depth + 1)


def _check_raw(path: str, folder: Path, layer: str) -> None:
    real = Path(path).resolve()
    if folder.resolve() not in real.parents:
        raise SceneError(
            f"The layer {layer!r} reads the bytes of {path!r}, which is not in its own folder.",
            "Put the file beside the VRT, or save the layer as a GeoTIFF.",
        )


def _vrt_text(name: str, layer: str) -> str | None:
    """The text of a VRT; None for any other file."""
    try:
        path = Path(name)
        if not path.is_file():
            return None
        with path.open("rb") as file:
            head = file.read(1024)
            if any(mark in head for mark in _SERVICES):
                raise SceneError(
                    f"{name!r} describes a service on a network: nothing is fetched by what a file says"
                    f"{'' if name == layer else f' (the layer {layer!r} names it)'}.",
                    "Export the part that you need as a GeoTIFF (Layer > Save As) and use that.",
                )
            if b"<VRTDataset" not in head and path.suffix.lower() != ".vrt":
                return None
            data = head + file.read(_VRT_BYTES)
    except (OSError, ValueError):
        return None
    if len(data) > _VRT_BYTES:
        raise SceneError(f"{name!r} is a VRT of more than {_VRT_BYTES // 2**20} MiB.", _SAVE)
    return data.decode("utf-8", errors="replace")


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
