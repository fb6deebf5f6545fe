"""A web map on this machine: serves a raster as XYZ tiles and answers WMS requests for it. Prints its port.

/usr/bin/python3 tile_server.py RASTER
"""

from __future__ import annotations

import http.server
import math
import sys
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from osgeo import gdal

gdal.UseExceptions()
HALF = math.pi * 6378137
_CAPABILITIES = """<?xml version="1.0"?>
<WMS_Capabilities version="1.3.0" xmlns="http://www.opengis.net/wms" xmlns:xlink="http://www.w3.org/1999/xlink">
<Service><Name>WMS</Name><Title>test</Title></Service><Capability><Request>
<GetCapabilities><Format>text/xml</Format>
<DCPType><HTTP><Get><OnlineResource xlink:href="{here}"/></Get></HTTP></DCPType></GetCapabilities>
<GetMap><Format>image/png</Format>
<DCPType><HTTP><Get><OnlineResource xlink:href="{here}"/></Get></HTTP></DCPType></GetMap>
</Request><Layer><Title>all</Title><CRS>EPSG:3857</CRS><Layer><Name>scene</Name><Title>scene</Title><CRS>EPSG:3857</CRS>
<BoundingBox CRS="EPSG:3857" minx="{0}" miny="{1}" maxx="{2}" maxy="{3}"/></Layer></Layer></Capability>
</WMS_Capabilities>"""


def web_mercator(path: str) -> gdal.Dataset:
    """Return a raster as a stretched 8-bit picture in web mercator."""
    source = gdal.Open(path)
    bands = [3, 2, 1] if source.RasterCount >= 3 else [1, 1, 1]
    scale = []
    for band in bands:
        low, high = source.GetRasterBand(band).ComputeStatistics(True)[:2]
        scale.append([low, high, 1, 255])
    picture = gdal.Translate("", source, format="MEM", bandList=bands, scaleParams=scale, outputType=gdal.GDT_Byte)
    file = str(Path(tempfile.mkdtemp()) / "mercator.tif")
    return gdal.Warp(file, picture, dstSRS="EPSG:3857", dstAlpha=True, resampleAlg="bilinear")


class Tiles(http.server.BaseHTTPRequestHandler):
    """Serves one picture."""

    picture: gdal.Dataset

    def log_message(self, *_args: object) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:  # noqa: N802 (the standard library's name)
        """Answer /z/x/y.png and /wms?."""
        address = urlsplit(self.path)
        if address.path == "/wms":
            query = {key.lower(): value[0] for key, value in parse_qs(address.query).items()}
            if query.get("request", "").lower() == "getcapabilities":
                port = self.server.server_address[1]
                text = _CAPABILITIES.format(*self.extent(), here=f"http://127.0.0.1:{port}/wms?")
                self.send(text.encode(), "text/xml")
            else:
                box = [float(part) for part in query["bbox"].split(",")]
                self.send(self.picture_of(box, int(query["width"]), int(query["height"])), "image/png")
            return
        zoom, x, y = (int(part) for part in address.path.strip("/").removesuffix(".png").split("/"))
        side = 2 * HALF / 2**zoom
        west, north = -HALF + x * side, HALF - y * side
        self.send(self.picture_of([west, north - side, west + side, north], 256, 256), "image/png")

    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        x, width, _, y, _, height = self.picture.GetGeoTransform()
        return x, y + height * self.picture.RasterYSize, x + width * self.picture.RasterXSize, y

    def picture_of(self, box: list[float], width: int, height: int) -> bytes:
        """Return a box of the picture as PNG, transparent outside."""
        name = f"/vsimem/{id(self)}.png"
        part = gdal.Warp("", self.picture, format="MEM", outputBounds=box, width=width, height=height)
        gdal.Translate(name, part, format="PNG")
        file = gdal.VSIFOpenL(name, "rb")
        size = gdal.VSIStatL(name).size
        data = bytes(gdal.VSIFReadL(1, size, file))
        gdal.VSIFCloseL(file)
        gdal.Unlink(name)
        return data

    def send(self, body: bytes, kind: str) -> None:
        """Send one answer."""
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until ended."""
    Tiles.picture = web_mercator(sys.argv[1])
    server = http.server.HTTPServer(("127.0.0.1", 0), Tiles)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
