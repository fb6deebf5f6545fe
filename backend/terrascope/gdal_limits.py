"""What GDAL may not do with files that came from anywhere: reach the network, run code, read what lies elsewhere.

Set for a whole process only where the process is ours; a program that imports the package keeps its own GDAL as it was,
and the same options hold around each of our reads (`scene.raster.environment`).
"""

from __future__ import annotations

import os

#: Drivers that fetch from the network by what a file says.
NETWORK_DRIVERS = (
    "WMS", "WCS", "WMTS", "HTTP", "DAAS", "EEDA", "EEDAI", "PLMOSAIC", "PLScenes", "OGCAPI", "STACTA", "STACIT", "RDA",
    "NGW", "PostGISRaster", "GDALG",
)  # fmt: skip
_NETWORK_VECTOR_DRIVERS = ("OAPIF", "WFS", "CSW", "Carto", "Elastic", "AmigoCloud", "GeoRSS", "GMLAS")

#: Options of every read. A name that no remote file has is the only one that the network file systems may open.
NO_FILE = "/vsicurl/none"
OPTIONS = {
    "CPL_VSIL_CURL_ALLOWED_FILENAME": NO_FILE,
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_VRT_RAWRASTERBAND_ALLOWED_SOURCE": "SIBLING_OR_CHILD_OF_VRT_PATH",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "OSR_ALLOW_NETWORK_ACCESS": "NO",
    "PROJ_NETWORK": "OFF",
}


def set_for_process() -> None:
    """Set the limits for this process, before GDAL is loaded."""
    os.environ.update(OPTIONS)
    skipped = os.environ.get("GDAL_SKIP", "").replace(",", " ").split()
    os.environ["GDAL_SKIP"] = " ".join(dict.fromkeys([*skipped, *NETWORK_DRIVERS]))
    vectors = [each for each in os.environ.get("OGR_SKIP", "").split(",") if each]
    os.environ["OGR_SKIP"] = ",".join(dict.fromkeys([*vectors, *_NETWORK_VECTOR_DRIVERS]))
