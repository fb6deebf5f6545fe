"""Acquisition dates from metadata and file names."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple

from terrascope.scene.doubts import Doubt, Reading

#: Metadata keys that hold an acquisition time, best first (STAC, GDAL, Landsat MTL, Sentinel, Planet, ENVI, TIFF).
DATE_KEYS: tuple[str, ...] = (
    "datetime", "start_datetime", "acquisitiondatetime", "acquisition_date", "acquisitiondate", "date_acquired",
    "acquired", "sensing_time", "sensingtime", "datatake_1_datatake_sensing_start", "product_start_time",
    "acquisition_start_time", "acquisition time", "generation_time", "date", "time_coverage_start", "imaging_date",
)  # fmt: skip

_FIRST_YEAR, _LAST_YEAR = 1930, 2100
#: Beginnings of the names of months, in the languages of the product that write them in Latin letters.
_MONTHS: dict[str, int] = {
    name: month
    for month, names in enumerate(
        (
            "jan ene gen", "feb fev fév", "mar mär mrz", "apr avr abr", "may mai mag", "jun juin giu",
            "jul juil lug", "aug aou aoû ago", "sep set", "oct okt out ott", "nov", "dec dez dic déc",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip


class DateFound(NamedTuple):
    """When a raster was acquired, and why.

    Attributes
    ----------
    precision
        How much of the date is known: "day", "month" (the 1st stands for it) or "year" (1 July).
    time
        Time of day, where it is known.
    order
        "dmy" or "mdy" where the text has day and month as numbers before the year and only one of them fits; "either"
        where both fit: then `date` is the reading day first, `other` the reading month first.
    """

    date: dt.date | None
    reason: str
    precision: str = "day"
    time: dt.time | None = None
    order: str = ""
    other: dt.date | None = None


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
_DMY = re.compile(r"(?<!\d)(\d{1,2})(?P<by>[-_./ ])(\d{1,2})(?P=by)(\d{4})(?!\d)")
_DMY_COMPACT = re.compile(r"(?<!\d)(\d{2})()(\d{2})(\d{4})(?!\d)")
_NAMED = re.compile(r"(?<![^\W_])(\d{1,2})[-_. ]*(?:de )?([^\W\d_]{3,})[-_. ]*(?:de )?(\d{4})(?!\d)")
_MONTH_FIRST = re.compile(r"(?<![^\W_])([^\W\d_]{3,})[-_. ]*(\d{1,2})(?:,|st|nd|rd|th)?[-_., ]+(\d{4})(?!\d)")
_HLS = re.compile(r"HLS\.[LS]30\.T\w{5}\.(\d{4})(\d{3})T", re.IGNORECASE)
_LANDSAT_OLD = re.compile(r"L[COTEM][4-9]\d{6}(\d{4})(\d{3})(?=[A-Z]{3}|\D|$)", re.IGNORECASE)
#: MOD09A1.A2020185, ..._doy2020185, 2020185T1030: year and day of the year.
_ORDINAL = re.compile(r"(?:(?<![A-Za-z0-9])A|doy_?|(?<![A-Za-z0-9]))((?:19|20)\d{2})(\d{3})(?!\d)", re.IGNORECASE)
_CHINESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_YEAR_MONTH = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_](0[1-9]|1[0-2])(?!\d)")
_CLOCK = re.compile(
    r"(?:T|[ _-])?(?:(\d{2})(\d{2})(\d{2})(?!\d)|(\d{2}):(\d{2})(?::(\d{2}))?)|T(\d{2})(\d{2})(?!\d)", re.I
)


def _day_of_year(year: str, day: str) -> dt.date | None:
    if not 1 <= int(day) <= 366 or not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        return None
    return dt.date(int(year), 1, 1) + dt.timedelta(days=int(day) - 1)


def _month(word: str) -> int | None:
    low = word.lower()
    return next((_MONTHS[low[:n]] for n in (4, 3) if low[:n] in _MONTHS), None)


def _clock(text: str, end: int) -> dt.time | None:
    """The time of day that follows a date at once."""
    match = _CLOCK.match(text, end)
    if not match:
        return None
    parts = [int(each) for each in match.groups() if each is not None]
    hour, minute, second = (*parts, 0)[:3]
    return dt.time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def find_date(text: str) -> DateFound:
    """Return the first full date in a text, with its time of day and how its numbers can be read; no date if none.

    ISO, yyyymmdd (also followed by a time), day and month as numbers before the year in either order, 12 Mar 2020 (the
    month's name in seven languages), and day-of-year forms (HLS, old Landsat names, MODIS's A2020185, doy2020185).
    """
    text = _CHINESE.sub(r"\1-\2-\3 ", text)
    for pattern in (_HLS, _LANDSAT_OLD):
        if (m := pattern.search(text)) and (found := _day_of_year(m[1], m[2])):
            return DateFound(found, "", time=_clock(text, m.end(2)))
    for pattern in (_ISO, _COMPACT):
        for m in pattern.finditer(text):
            if found := _make(int(m[1]), int(m[2]), int(m[3])):
                return DateFound(found, "", time=_clock(text, m.end(3)))
    for pattern in (_DMY, _DMY_COMPACT):
        for m in pattern.finditer(text):
            day_first = _make(int(m[4]), int(m[3]), int(m[1]))
            month_first = _make(int(m[4]), int(m[1]), int(m[3]))
            if day_first and month_first and day_first != month_first:
                return DateFound(day_first, "", time=_clock(text, m.end()), order="either", other=month_first)
            if found := day_first or month_first:
                order = "" if day_first == month_first else "dmy" if day_first else "mdy"
                return DateFound(found, "", time=_clock(text, m.end()), order=order)
    for pattern, day, name in ((_NAMED, 1, 2), (_MONTH_FIRST, 2, 1)):
        for m in pattern.finditer(text):
            month = _month(m[name])
            if month and (found := _make(int(m[3]), month, int(m[day]))):
                return DateFound(found, "", time=_clock(text, m.end()))
    for m in _ORDINAL.finditer(text):
        if found := _day_of_year(m[1], m[2]):
            return DateFound(found, "", time=_clock(text, m.end(2)))
    return DateFound(None, "")


def parse_date(text: str) -> dt.date | None:
    """Return the first full date in a text, None if there is none; see `find_date`. Day before month where both fit."""
    return find_date(text).date


_PARTIAL = re.compile(r"\s*(\d{4})(?:[-/](0?[1-9]|1[0-2]))?\s*")


def read_date(text: str) -> DateFound:
    """Read a date as a person writes it: a full date, a year and month, or a year."""
    if (match := _PARTIAL.fullmatch(text)) and (found := _make(int(match[1]), int(match[2] or 7), 1)):
        return DateFound(found, "", "month" if match[2] else "year")
    return find_date(text)


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
        if key in tags and (found := find_date(tags[key])).date:
            return found._replace(reason=f"metadata {key}")
    parts = PurePath(path.replace("\\", "/")).parts
    for part, where in zip(reversed(parts[-2:]), ("file name", "folder name")):
        if (found := find_date(part)).date:
            return found._replace(reason=where)
    stem = parts[-1] if parts else ""
    if m := _YEAR_MONTH.search(stem):
        return DateFound(dt.date(int(m[1]), int(m[2]), 1), "year and month in the file name", "month")
    if m := _YEAR.search(stem):
        return DateFound(dt.date(int(m[1]), 7, 1), "year in the file name", "year")
    if "tifftag_datetime" in tags and (found := find_date(tags["tifftag_datetime"].replace(":", "-", 2))).date:
        return found._replace(reason="TIFF date tag (may be the date of processing)")
    return DateFound(None, "no date in metadata or name")


_READINGS = {"dmy": "day before month", "mdy": "month before day"}


def settle_order(
    found: Sequence[DateFound], names: Sequence[str], wanted: Sequence[str | None], today: dt.date
) -> tuple[list[DateFound], list[Doubt]]:
    """Decide between day-month and month-day over the dates of all layers of a question together.

    A name that has a day above 12 tells how the others are written. A reading that lies in the future is none. What is
    left is open where the two readings put the layers into another order; else day before month is assumed and said.

    Parameters
    ----------
    names
        The layers' names.
    wanted
        What the user said of each layer: "dmy", "mdy" or None.
    """
    settled = [_read_as(each, order, "chosen by the user") if order else each for each, order in zip(found, wanted)]
    settled = [_not_in_future(each, today) for each in settled]
    certain = {each.order for each in settled if each.order in _READINGS}
    unsure = [i for i, each in enumerate(settled) if each.order == "either"]
    if not unsure:
        return settled, []
    if len(certain) == 1:
        order = certain.pop()
        why = f"{_READINGS[order]}, as the only reading of another layer's name"
        return [_read_as(each, order, why) for each in settled], []
    orders = {key: [_read_as(each, key, "") for each in settled] for key in _READINGS}
    same = _sequence(orders["dmy"]) == _sequence(orders["mdy"])
    doubts = []
    for i in unsure:
        texts = {key: orders[key][i].date for key in _READINGS}
        readings = tuple(Reading(key, f"{_READINGS[key]}, {texts[key]}") for key in _READINGS)
        reason = "the date in its name is ambiguous, day before month and month before day both fit"
        if not same:
            reason += ", and the layers' order in time depends on it"
        doubts.append(Doubt("date_order", names[i], readings, reason, *(("dmy", "assumed") if same else (None, None))))
    return orders["dmy"] if same else settled, doubts


def _sequence(found: Sequence[DateFound]) -> list[tuple[bool, bool]]:
    """Which layer is earlier than which, and which two are less than a week apart."""
    days = [each.date for each in found if each.date is not None]
    return [(a < b, abs((a - b).days) <= 7) for i, a in enumerate(days) for b in days[:i]]


def _read_as(found: DateFound, order: str, why: str) -> DateFound:
    if found.order != "either":
        return found
    date = found.date if order == "dmy" else found.other
    return found._replace(date=date, order=order, other=None, reason=f"{found.reason} ({why})" if why else found.reason)


def _not_in_future(found: DateFound, today: dt.date) -> DateFound:
    if found.order != "either" or found.date is None or found.other is None:
        return found
    late, other_late = found.date > today, found.other > today
    if late == other_late:
        return found
    return _read_as(found, "mdy" if late else "dmy", "the other reading of its numbers lies in the future")
