"""The files of a product: in a folder, a zip or a tar; by name, as text, and as GDAL opens them."""

from __future__ import annotations

import os
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree  # nosec B405: a text with a document type is refused below

from terrascope.errors import SceneError

#: Files that a folder or archive may hold, levels below it, and bytes of a metadata file.
_FILES, _DEPTH, _TEXT_BYTES = 20_000, 7, 32 * 2**20
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
RASTERS = (".tif", ".tiff", ".jp2", ".hdf", ".nc", ".img", ".vrt")


def absolute(path: str) -> str:
    """Return a path from the root, links not followed; names of GDAL's file systems and URLs as they are."""
    return path if path.startswith("/vsi") or "://" in path else os.path.normpath(Path(path).absolute())


def base(path: str) -> str:
    """Return the last part of a path or URL."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]


@dataclass(frozen=True)
class Tree:
    """A folder or archive. `names`: its files, relative to `path`, with "/" between folders."""

    path: str
    names: tuple[str, ...]
    archive: str = ""

    def gdal(self, name: str) -> str:
        """Return the name by which GDAL opens a file of the tree."""
        if not self.archive:
            return str(Path(self.path, *name.split("/")))
        return f"/vsi{self.archive}/{self.path}/{name}"

    def text(self, name: str) -> str:
        """Return a metadata file as text.

        Raises
        ------
        SceneError
            If it is too large or cannot be read.
        """
        try:
            data = _read(self, name)
        except (OSError, KeyError, zipfile.BadZipFile, tarfile.TarError, EOFError, RuntimeError) as error:
            raise SceneError(f"{name!r} of {self.path!r} cannot be read: {error}.", "Download it again.") from error
        if len(data) > _TEXT_BYTES:
            raise SceneError(f"{name!r} of {self.path!r} is too large to be metadata.", "Download it again.")
        return data.decode("utf-8", errors="replace")

    def xml(self, name: str) -> ElementTree.Element:
        """Return a metadata file as an element tree.

        Raises
        ------
        SceneError
            If it is no XML, or declares entities.
        """
        text = self.text(name)
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise SceneError(f"{name!r} of {self.path!r} declares a document type.", "Download the product again.")
        try:
            return ElementTree.fromstring(text)  # nosec B314
        except ElementTree.ParseError as error:
            hint = "The metadata is damaged: download the product again."
            raise SceneError(f"{name!r} of {self.path!r} is no XML: {error}.", hint) from None

    def below(self, folder: str) -> tuple[str, ...]:
        """Names of the files in a folder of the tree, at any depth ("" is all of it)."""
        start = f"{folder}/" if folder else ""
        return tuple(each for each in self.names if each.startswith(start))


def _read(tree: Tree, name: str) -> bytes:
    if not tree.archive:
        with Path(tree.gdal(name)).open("rb") as file:
            return file.read(_TEXT_BYTES + 1)
    if tree.archive == "zip":
        with zipfile.ZipFile(tree.path) as archive, archive.open(name) as inside:
            return inside.read(_TEXT_BYTES + 1)
    with tarfile.open(tree.path) as tar:
        found = tar.extractfile(name)
        if found is None:
            raise KeyError(name)
        return found.read(_TEXT_BYTES + 1)


def texts(element: ElementTree.Element, tag: str) -> list[str]:
    """Texts of all elements of a name, namespaces left aside."""
    return [(each.text or "").strip() for each in element.iter() if local(each) == tag]


def first(element: ElementTree.Element, *tags: str) -> str | None:
    """Text of the first element that has one of the names, in the order of the names."""
    return next((found for tag in tags for found in texts(element, tag) if found), None)


def local(element: ElementTree.Element) -> str:
    """Name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def is_archive(path: str) -> bool:
    """Say whether a path is a local archive that is read as a tree."""
    return path.lower().endswith(ARCHIVES) and not path.startswith("/vsi") and "://" not in path


def tree_of(path: str) -> Tree:
    """List a folder (at any depth) or an archive.

    Raises
    ------
    SceneError
        If it cannot be read, or holds more files than a product has.
    """
    path = absolute(path)
    place = Path(path)
    try:
        if place.is_dir():
            return Tree(path, tuple(sorted(_walk(place))))
        state = place.stat()
        return _listed(path, state.st_size, state.st_mtime_ns)
    except (OSError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise SceneError(f"{path!r} cannot be read: {error}.", "Download it again, or unpack it.") from error


def folder_of(path: str) -> Tree:
    """List the folder that a file lies in, without the folders below it."""
    folder = str(Path(absolute(path)).parent)
    try:
        with os.scandir(folder) as entries:
            names = [each.name for each, _ in zip(entries, range(_FILES)) if each.is_file()]
    except OSError:
        names = [base(path)]
    return Tree(folder, tuple(sorted(names)))


def _walk(folder: Path) -> Iterator[str]:
    count = 0
    top = len(folder.parts)
    for here, folders, files in os.walk(folder):
        parts = Path(here).parts[top:]
        if len(parts) >= _DEPTH:
            folders.clear()
        for name in files:
            count += 1
            if count > _FILES:
                hint = "Choose the folder of one product."
                raise SceneError(f"{str(folder)!r} holds more than {_FILES} files.", hint)
            yield "/".join((*parts, name))


@lru_cache(maxsize=16)
def _listed(path: str, size: int, mtime_ns: int) -> Tree:
    if path.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            names = [each.filename for each in archive.infolist() if not each.is_dir()]
        kind = "zip"
    else:
        with tarfile.open(path) as tar:
            names = [each.name.removeprefix("./") for each in tar if each.isfile()]
        kind = "tar"
    if len(names) > _FILES:
        raise SceneError(f"{path!r} holds more than {_FILES} files.", "Unpack it and choose the folder of one product.")
    return Tree(path, tuple(sorted(names)), kind)
