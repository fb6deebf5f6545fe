"""Acquisition dates from metadata and file names."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import NamedTuple

#: Metadata keys that hold an acquisition time, best first (STAC, GDAL, Landsat MTL, Sentinel, Planet, ENVI, TIFF).
DATE_KEYS: tuple[str, ...] = (
    "datetime", "start_datetime", "acquisitiondatetime", "acquisition_date", "acquisitiondate", "date_acquired",
    "acquired", "sensing_time", "sensingtime", "datatake_1_datatake_sensing_start", "product_start_time",
    "acquisition_start_time", "acquisition time", "generation_time", "date", "time_coverage_start", "imaging_date",
)  # fmt: skip

_FIRST_YEAR, _LAST_YEAR = 1930, 2100
_MONTHS = {
    m: i + 1 for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
}


class DateFound(NamedTuple):
    """A date, or None, why, and how much of it is known: "day", "month" (the 1st stands for it) or "year" (1 July)."""

    date: dt.date | None
    reason: str
    precision: str = "day"


def date_text(date: dt.date | None, precision: str = "day") -> str | None:
    """Return a date as ISO 8601 text with no more than is known: 2019-07-31, 2019-07 or 2019; None if there is none."""
    if date is None:
        return None
    return date.isoformat()[: {"year": 4, "month": 7}.get(precision, 10)]


def _make(year: int, month: int, day: int) -> dt.date | None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


_ISO = re.compile(r"(?<!\d)(\d{4})[-_./ ](\d{1,2})[-_./ ](\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?:(?=T?\d{6}(?!\d))|(?!\d))", re.IGNORECASE)
_DMY = re.compile(r"(?<!\d)(\d{1,2})[-_./ ](\d{1,2})[-_./ ](\d{4})(?!\d)")
_NAMED = re.compile(r"(?<![A-Za-z\d])(\d{1,2})[-_ ]?([A-Za-z]{3})[A-Za-z]*[-_ ]?(\d{4})(?!\d)")
_HLS = re.compile(r"HLS\.[LS]30\.T\w{5}\.(\d{4})(\d{3})T", re.IGNORECASE)
_LANDSAT_OLD = re.compile(r"L[COTEM][4-9]\d{6}(\d{4})(\d{3})(?=[A-Z]{3}|\D|$)", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_YEAR_MONTH = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_](0[1-9]|1[0-2])(?!\d)")


def _day_of_year(year: str, day: str) -> dt.date | None:
    if not 1 <= int(day) <= 366 or not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        return None
    return dt.date(int(year), 1, 1) + dt.timedelta(days=int(day) - 1)


def parse_date(text: str) -> dt.date | None:
    """Return the first full date in a text, None if there is none.

    ISO, yyyymmdd (also followed by a time), dd/mm/yyyy (mm/dd/yyyy only where the day cannot be a month),
    12 Mar 2020, and the day-of-year forms of HLS and old Landsat names.
    """
    for pattern in (_HLS, _LANDSAT_OLD):
        if (m := pattern.search(text)) and (found := _day_of_year(m[1], m[2])):
            return found
    for pattern in (_ISO, _COMPACT):
        for m in pattern.finditer(text):
            if found := _make(int(m[1]), int(m[2]), int(m[3])):
                return found
    for m in _DMY.finditer(text):
        if found := _make(int(m[3]), int(m[2]), int(m[1])) or _make(int(m[3]), int(m[1]), int(m[2])):
            return found
    for m in _NAMED.finditer(text):
        month = _MONTHS.get(m[2].lower())
        if month and (found := _make(int(m[3]), month, int(m[1]))):
            return found
    return None


_PARTIAL = re.compile(r"\s*(\d{4})(?:[-/](0?[1-9]|1[0-2]))?\s*")


def read_date(text: str) -> DateFound:
    """Read a date as a person writes it: a full date, a year and month, or a year."""
    if (match := _PARTIAL.fullmatch(text)) and (found := _make(int(match[1]), int(match[2] or 7), 1)):
        return DateFound(found, "", "month" if match[2] else "year")
    return DateFound(parse_date(text), "")


def date_of(path: str, metadata: Mapping[str, str] | None = None) -> DateFound:
    """Find when a raster was acquired.

    Parameters
    ----------
    path
        File path; its name is read first, then the folder above it.
    metadata
        Tags of the dataset, all domains flattened, keys in any case; they come before the name.

    Returns
    -------
    DateFound
        The date, the reason, and the precision: a year alone gives 1 July, year and month the 1st.
    """
    tags = {key.lower(): str(value) for key, value in (metadata or {}).items()}
    for key in DATE_KEYS:
        if key in tags and (found := parse_date(tags[key])):
            return DateFound(found, f"metadata {key}")
    parts = PurePath(path.replace("\\", "/")).parts
    for part, where in zip(reversed(parts[-2:]), ("file name", "folder name")):
        if found := parse_date(part):
            return DateFound(found, where)
    stem = parts[-1] if parts else ""
    if m := _YEAR_MONTH.search(stem):
        return DateFound(dt.date(int(m[1]), int(m[2]), 1), "year and month in the file name", "month")
    if m := _YEAR.search(stem):
        return DateFound(dt.date(int(m[1]), 7, 1), "year in the file name", "year")
    if "tifftag_datetime" in tags and (found := parse_date(tags["tifftag_datetime"].replace(":", "-", 2))):
        return DateFound(found, "TIFF date tag (may be the date of processing)")
    return DateFound(None, "no date in metadata or name")
