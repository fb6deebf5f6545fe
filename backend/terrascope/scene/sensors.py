"""Tables of the sensors that are known by name: band codes, usual band orders, scales of their numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from terrascope.scene import band_words, subject
from terrascope.scene.types import Role

#: Band names of `types.BANDS` by centre wavelength in nanometres (Sentinel-2 A centres; Landsat within its widths).
CENTRES: tuple[tuple[str, float, float], ...] = (
    ("coastal", 443, 15),
    ("blue", 486, 24),
    ("green", 560, 30),
    ("red", 660, 25),
    ("rededge1", 705, 10),
    ("rededge2", 740, 10),
    ("rededge3", 783, 15),
    ("nir", 845, 45),
    ("swir1", 1610, 90),
    ("swir2", 2200, 110),
)

#: Other ways in which files call the bands; keys without spaces, underscores or case.
ALIASES: dict[str, str] = {
    "coastalaerosol": "coastal", "ultrablue": "coastal", "aerosol": "coastal", "violet": "coastal",
    "rededge": "rededge1", "re": "rededge1", "re1": "rededge1", "re2": "rededge2", "re3": "rededge3",
    "rededge071": "rededge1", "rededge075": "rededge2", "rededge078": "rededge3",
    "nir1": "nir", "nearinfrared": "nir", "nearir": "nir", "infrared": "nir", "nirbroad": "nir", "n": "nir",
    "nira": "nir", "nirnarrow": "nir08", "narrownir": "nir08", "nir8a": "nir08", "rededge4": "nir08", "nir2": "nir08",
    "swir": "swir1", "swir16": "swir1", "swir22": "swir2", "shortwaveinfrared1": "swir1",
    "shortwaveinfrared2": "swir2", "mir": "swir1", "mir1": "swir1", "mir2": "swir2",
    "r": "red", "g": "green", "b": "blue", "band1red": "red", "band2green": "green", "band3blue": "blue",
    "sigma0vv": "vv", "sigma0vh": "vh", "gamma0vv": "vv", "gamma0vh": "vh", "amplitudevv": "vv", "amplitudevh": "vh",
    "intensityvv": "vv", "intensityvh": "vh", "pan": "pan", "panchromatic": "pan", "gray": "gray", "grey": "gray",
    **band_words.BY_WORD,
}  # fmt: skip

_PLAIN = ("coastal", "blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir08", "swir1", "swir2",
          "vv", "vh", "hh", "hv")  # fmt: skip

_S2 = {"b01": "coastal", "b02": "blue", "b03": "green", "b04": "red", "b05": "rededge1", "b06": "rededge2",
       "b07": "rededge3", "b08": "nir", "b8a": "nir08", "b11": "swir1", "b12": "swir2",
       "b09": "watervapour", "b10": "cirrus"}  # fmt: skip
_TM = {"b1": "blue", "b2": "green", "b3": "red", "b4": "nir", "b5": "swir1", "b6": "thermal", "b7": "swir2",
       "b8": "pan"}  # fmt: skip
_OLI = {"b1": "coastal", "b2": "blue", "b3": "green", "b4": "red", "b5": "nir", "b6": "swir1", "b7": "swir2",
        "b8": "pan", "b9": "cirrus", "b10": "thermal", "b11": "thermal2"}  # fmt: skip

_ALL_S2 = tuple(
    _S2[b] for b in ["b01", "b02", "b03", "b04", "b05", "b06", "b07", "b08", "b8a", "b09", "b10", "b11", "b12"]
)
_RGB = ("red", "green", "blue")
_BGRN = ("blue", "green", "red", "nir")
_SIX = ("blue", "green", "red", "nir", "swir1", "swir2")
_SEVEN = ("coastal", *_SIX)


@dataclass(frozen=True)
class Sensor:
    """A sensor. `orders`: usual bands of a file by band count; `codes`: band names by the sensor's own band codes."""

    name: str
    role: Role = Role.OPTICAL
    codes: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


S2 = Sensor(
    "Sentinel-2",
    codes=_S2,
    orders={
        13: _ALL_S2,
        12: tuple(b for b in _ALL_S2 if b != "cirrus"),
        11: tuple(b for b in _ALL_S2 if b not in ("cirrus", "watervapour")),
        10: tuple(b for b in _ALL_S2 if b not in ("cirrus", "watervapour", "coastal")),
        6: _SIX,
        4: _BGRN,
        3: _RGB,
    },
)
L57_ORDERS = {
    8: ("blue", "green", "red", "nir", "swir1", "thermal", "swir2", "pan"),
    7: ("blue", "green", "red", "nir", "swir1", "thermal", "swir2"),
    6: _SIX,
    4: _BGRN,
    3: _RGB,
}
L89_ORDERS = {11: tuple(_OLI.values()), 7: _SEVEN, 6: _SIX, 4: _BGRN, 3: _RGB}
LANDSAT5 = Sensor("Landsat 5", codes=_TM, orders=L57_ORDERS)
LANDSAT7 = Sensor("Landsat 7", codes=_TM, orders=L57_ORDERS)
LANDSAT8 = Sensor("Landsat 8", codes=_OLI, orders=L89_ORDERS)
LANDSAT9 = Sensor("Landsat 9", codes=_OLI, orders=L89_ORDERS)
LANDSAT = Sensor("Landsat", orders={7: _SEVEN, 6: _SIX, 3: _RGB})
HLS_L30 = Sensor(
    "HLS L30",
    codes={**{f"b{int(k[1:]):02d}": v for k, v in _OLI.items()}, **_OLI, "b09": "cirrus"},
    orders={7: _SEVEN, 6: _SIX, 4: _BGRN, 3: _RGB},
)
HLS_S30 = Sensor("HLS S30", codes=_S2, orders={13: _ALL_S2, 7: _SEVEN, 6: _SIX, 4: _BGRN, 3: _RGB})
HLS = Sensor("HLS", orders={7: _SEVEN, 6: _SIX, 3: _RGB})
NAIP = Sensor("NAIP", orders={4: ("red", "green", "blue", "nir"), 3: _RGB})
PLANET = Sensor(
    "Planet",
    orders={
        8: ("coastal", "blue", "green1", "green", "yellow", "red", "rededge1", "nir"),
        5: ("blue", "green", "red", "rededge1", "nir"),
        4: _BGRN,
        3: _RGB,
    },
)
S1 = Sensor("Sentinel-1", role=Role.SAR, orders={2: ("vv", "vh"), 3: ("vv", "vh", "angle")})
SAR = Sensor("SAR", role=Role.SAR, orders={2: ("vv", "vh")})

#: Patterns for platform tags and for file names, most telling first.
_METADATA: tuple[tuple[str, Sensor], ...] = (
    (r"sentinel[-_ ]?2|s2[abc]?[-_ ]?msi|^s2[abc]$", S2),
    (r"sentinel[-_ ]?1|^s1[abc]$", S1),
    (r"landsat[-_ ]?5|^lt05|^l5$", LANDSAT5),
    (r"landsat[-_ ]?7|^le07|^l7$", LANDSAT7),
    (r"landsat[-_ ]?8|^lc08|^l8$", LANDSAT8),
    (r"landsat[-_ ]?9|^lc09|^l9$", LANDSAT9),
    (r"\bnaip\b", NAIP),
    (r"planetscope|\bps2(\.sd)?\b|\bpsb\.sd\b|superdove|rapideye|skysat|^planet$", PLANET),
    (r"terrasar|tandem-?x|cosmo-?skymed|radarsat|iceye|capella|umbra|alos.*palsar|saocom|nisar|rcm-?\d", SAR),
)
_NAMES: tuple[tuple[str, Sensor], ...] = (
    (r"hls[._ -]?l30", HLS_L30),
    (r"hls[._ -]?s30", HLS_S30),
    (r"(?<![a-z])hls(?![a-z])", HLS),
    (r"(?<![a-z0-9])s2[abc]?[_-](msi|l[12]|osl|tile|mosaic|\d)|sentinel[-_ ]?2", S2),
    (r"(?<![a-z0-9])s2(l1c|l2a)?(?![a-z0-9])|_msil[12][ac]_|t\d{2}[a-z]{3}_\d{8}t\d{6}_(b|tci)", S2),
    (r"(?<![a-z0-9])s1[abc]?[_-]|sentinel[-_ ]?1|(?<![a-z0-9])s1(rtc|grd|hand)?(?![a-z0-9])", S1),
    (r"(?<![a-z0-9])(lt0?5|l5[_-]?tm|landsat[-_ ]?0?5(?!\d))", LANDSAT5),
    (r"(?<![a-z0-9])(le0?7|l7[_-]?etm|l7(?![a-z0-9])|landsat[-_ ]?0?7(?!\d))", LANDSAT7),
    (r"(?<![a-z0-9])(l[co]0?8|l8(?![a-z0-9])|landsat[-_ ]?0?8(?!\d))", LANDSAT8),
    (r"(?<![a-z0-9])(l[co]0?9|l9(?![a-z0-9])|landsat[-_ ]?0?9(?!\d))", LANDSAT9),
    (r"(?<![a-z])landsat(?![a-z])", LANDSAT),
    (r"(?<![a-z])naip(?![a-z])|^m_\d{7}_(ne|nw|se|sw)_\d", NAIP),
    (r"analyticms|psscene|psorthotile|planetscope|superdove|reorthotile|skysat|_3b_visual", PLANET),
    (r"(?<![a-z])(terrasar|tsx|csk|radarsat|rs2|iceye|capella|umbra|palsar|alos|saocom|sar|slc|grd)(?![a-z])", SAR),
)


def sensor_from_text(text: str) -> Sensor | None:
    """Return the sensor that a platform tag speaks of."""
    low = text.strip().lower()
    return next((s for pattern, s in _METADATA if re.search(pattern, low)), None)


def sensor_from_name(name: str) -> Sensor | None:
    """Return the sensor that a file name speaks of."""
    low = name.lower()
    return next((s for pattern, s in _NAMES if re.search(pattern, low)), None)


def squeeze(text: str) -> str:
    """Lower case without accents, spaces, underscores and punctuation."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[\W_]", "", plain)


def band_from_text(text: str, sensor: Sensor | None) -> str | None:
    """Return the band name that a description stands for, "" for a layer that is no measurement, None if unknown.

    The sensor's own codes come before the general names ("B5" is red edge, NIR or SWIR, depending on the sensor).
    """
    plain = squeeze(text)
    if not plain:
        return None
    if found := _by_code(plain, sensor) or _by_name(plain):
        return found
    other = subject.of_text(text)
    if (other and other != subject.QUALITY) or plain.startswith(("qa", "mskcl", "msksn")):
        return ""
    words = [word for word in re.split(r"[^\w]+|_", text.casefold()) if word]
    for length in range(
        min(len(words), _PHRASE), 0, -1
    ):  # "red edge 1" before "red", "infrarouge moyen" before its parts
        for start in range(len(words) - length + 1):
            phrase = squeeze("".join(words[start : start + length]))
            if found := _by_code(phrase, sensor) or (_by_name(phrase) if len(phrase) > 1 or phrase > "z" else None):
                return found
    return "" if other else None


_PHRASE = 5  # words of the longest name: "infrarrojo de onda corta 1"


def _by_code(plain: str, sensor: Sensor | None) -> str | None:
    m = re.fullmatch(r"(?:sr|toa|band|sur_refl|srefl|srb|srband|b|toab)?_?b?0*(\d{1,2}a?)", plain)
    if not m or plain.isdigit():
        return None
    code = m[1]
    spellings = (f"b{code}", f"b{code.zfill(2)}")
    if sensor and sensor.codes:
        return next((sensor.codes[s] for s in spellings if s in sensor.codes), None)
    if sensor is None and (plain == "b8a" or re.fullmatch(r"b(0\d|1[0-2])", plain)):
        return _S2.get(plain)  # two digits are how Sentinel-2 writes them
    return None


def _by_name(plain: str) -> str | None:
    return plain if plain in _PLAIN else ALIASES.get(plain)
