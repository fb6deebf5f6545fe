"""What a band is where it is no picture of the ground: a date, an index, heights, classes, quality."""

from __future__ import annotations

import re
from itertools import pairwise

from terrascope.scene.dates import find_date

QUALITY, A_DATE = "quality or geometry", "a date"
#: Words of band descriptions and file names, by what they say that the numbers are.
_WORDS: dict[str, str] = {
    "an index": (
        "ndvi evi evi2 savi msavi osavi ndwi mndwi awei ndbi ndmi ndsi nbr nbr2 dnbr rbr gndvi ndre arvi vari "
        "gci gari ndti bsi lai fapar fpar fcover vci tci_index nirv kndvi spi spei"
    ),
    "heights or what is made of them": (
        "dem dsm dtm mdt mds mnt mns dgm dgm1 dgm5 dom dom1 srtm gdem nasadem alos_dem elevation elevacion "
        "elevacao elevazione altitude altitud altitudine height heights hoehe höhe hohe hauteur altura "
        "altezza 高程 slope aspect hillshade curvature twi chm hangneigung pente pendiente declividade pendenza"
    ),
    "classes": (
        "classification classified classes landcover land_cover lulc worldcover dynamicworld corine clc nlcd "
        "cdl label labels klassifikation landbedeckung occupation_sol cobertura clasificacion classificacao "
        "classificazione uso_suolo 土地覆盖 分类 cluster clusters"
    ),
    QUALITY: (
        "scl masks cld aot wvp qa60 qa fmask qapixel qaradsat qaaerosol qacloud mask datasetmask datamask cloudmask "
        "cloud clouds udm udm2 msk snw snowprob cloudprob b09wvp saa vaa sza vza angle angles "
        "localincidenceangle incidenceangle lia mskcldprb quality flags"
    ),
    "a probability": ("probability probabilities proba"),
    "temperatures": ("lst temperature temperatur temperatura"),
}
_BY_WORD = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_A_DATE = re.compile(r"\s*\w{0,6}?[ _-]*(?:(?:19|20)\d{2}[-_./]?(?:0[1-9]|1[0-2])|(?:19|20)\d{2})\s*")


def of_text(text: str) -> str | None:
    """Return what a band's description or a layer's name says that the numbers are, None if it may be a picture."""
    low = _CAMEL.sub("_", text).casefold()
    words = [word for word in re.split(r"[\W_]+", low) if word]
    for word in (re.sub(r"[\W]", "", low), "".join(words), *words, *(f"{a}_{b}" for a, b in pairwise(words))):
        if word in _BY_WORD:
            return _BY_WORD[word]
    return None


def of_whole_text(text: str) -> str | None:
    """Return the same of a folder's name, which has to be such a word as a whole."""
    return _BY_WORD.get(text.casefold())


_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def is_date(text: str) -> bool:
    """Say whether a band's description is a date, or a month or year."""
    return find_date(text).date is not None or _A_DATE.fullmatch(text) is not None
