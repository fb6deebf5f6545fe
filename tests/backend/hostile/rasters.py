"""Rasters that somebody made to harm: each is refused with a way out or opened, and none reaches the network."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin


class Listener:
    """A server on loopback that counts who comes, and can be a black hole."""

    def __init__(self, hole: bool = False) -> None:
        visits = self.visits = []  # type: list[str]
        gone = self._gone = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                visits.append(self.path)
                if hole:
                    gone.wait(300)
                self.send_error(404)

            do_HEAD = do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._gone.set()
        self.server.shutdown()
        self.server.server_close()


def plain(path: Path, size: int = 40, **more: object) -> Path:
    """A raster that is in order."""
    profile = {"driver": "GTiff", "width": size, "height": size, "count": 3, "dtype": "uint8", "crs": "EPSG:32633",
               "transform": from_origin(500000, 5000000, 10, 10), **more}  # fmt: skip
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.random.default_rng(3).integers(1, 255, (3, size, size)).astype("uint8"))
    return path


def vrt(source: str, relative: int = 0, sub: str = "", element: str = "SimpleSource", extra: str = "") -> str:
    """A VRT of one band with one source."""
    return (
        f'<VRTDataset rasterXSize="40" rasterYSize="40">{extra}<VRTRasterBand dataType="Byte" band="1" {sub}>'
        f'<{element}><SourceFilename relativeToVRT="{relative}">{source}</SourceFilename><SourceBand>1</SourceBand>'
        f"</{element}></VRTRasterBand></VRTDataset>"
    )


def _raw(source: str, relative: int) -> str:
    return (
        '<VRTDataset rasterXSize="40" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">'
        f'<SourceFilename relativeToVRT="{relative}">{source}</SourceFilename><ImageOffset>0</ImageOffset>'
        "<PixelOffset>1</PixelOffset><LineOffset>40</LineOffset></VRTRasterBand></VRTDataset>"
    )


def make(folder: Path, url: str) -> dict[str, str]:
    """Make them all. Returns their paths by what they are; those that begin with "open:" are in order and must open."""
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, str] = {}
    good = plain(folder / "good.tif")
    (folder / "secret").mkdir()
    secret = folder / "secret" / "key.bin"
    secret.write_bytes(bytes(range(200)))
    inner = folder / "inner"
    inner.mkdir()

    def add(name: str, content: str | bytes, file: str = "") -> Path:
        path = inner / (file or f"{name.replace(' ', '_').replace(':', '')}.vrt")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        found[name] = str(path)
        return path

    network = {
        "curl": f"/vsicurl/{url}/a.tif", "curl options": f"/vsicurl?url={url}/a.tif", "streaming": f"/vsicurl_streaming/{url}/a.tif",
        "plain url": f"{url}/a.tif", "zip in curl": f"/vsizip//vsicurl/{url}/a.zip/a.tif",
        "zip braces": f"/vsizip/{{/vsicurl/{url}/a.zip}}/a.tif", "s3": "/vsis3/bucket/a.tif", "gs": "/vsigs/bucket/a.tif",
        "azure": "/vsiaz/container/a.tif", "swift": "/vsiswift/b/a.tif", "oss": "/vsioss/b/a.tif", "hdfs": "/vsiwebhdfs/x",
        "wms name": f"WMS:{url}/wms?", "wcs name": f"WCS:{url}/wcs?", "wmts name": f"WMTS:{url}/wmts",
        "netcdf url": f"NETCDF:&quot;{url}/a.nc&quot;:v", "stdin": "/vsistdin/", "entity": f"&#47;vsicurl/{url}/a.tif",
        "daas": f"DAAS:{url}", "postgres": "PG:host=127.0.0.1 dbname=x", "planet": "PLMosaic:api_key=x",
    }  # fmt: skip
    for name, source in network.items():
        add(f"vrt of {name}", vrt(source))
    add("deep vrt", vrt("vrt_of_curl.vrt", relative=1))
    add("inline vrt", vrt(f"&lt;VRTDataset rasterXSize='1' rasterYSize='1'&gt;/vsicurl/{url}/a.tif&lt;/VRTDataset&gt;"))
    add("warped vrt", '<VRTDataset rasterXSize="40" rasterYSize="40" subClass="VRTWarpedDataset"><GDALWarpOptions>'
        f"<SourceDataset relativeToVRT='0'>/vsicurl/{url}/a.tif</SourceDataset></GDALWarpOptions></VRTDataset>")  # fmt: skip
    add("kernel python", vrt(str(good), sub='subClass="VRTDerivedRasterBand"').replace(
        "<SimpleSource>", "<PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python</PixelFunctionLanguage>"
        f"<PixelFunctionCode>import os; open({str(folder / 'ran')!r}, 'w')</PixelFunctionCode><SimpleSource>", 1))  # fmt: skip
    add("raw outside", _raw("../secret/key.bin", 1))
    add("raw absolute", _raw(str(secret), 0))
    add("raw passwd", _raw("/etc/passwd", 0))
    link = inner / "link.bin"
    link.symlink_to(secret)
    add("raw through a link", _raw("link.bin", 1))
    add("open: raw beside", _raw("beside.bin", 1), "open_raw.vrt")
    (inner / "beside.bin").write_bytes(bytes(range(40)))
    add("open: vrt of a file", vrt("../good.tif", relative=1), "open_plain.vrt")
    add("vrt of itself", vrt("vrt_of_itself.vrt", relative=1))
    add("billion laughs", '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><VRTDataset rasterXSize="1"'
        ' rasterYSize="1"><SRS>&b;</SRS></VRTDataset>')  # fmt: skip
    add("huge vrt", vrt(str(good)).replace("40", "2000000000"))
    add("wms file", f"<GDAL_WMS><Service name='TMS'><ServerUrl>{url}/${{z}}/${{x}}/${{y}}.png</ServerUrl></Service><DataWindow>"
        "<UpperLeftX>0</UpperLeftX><UpperLeftY>9</UpperLeftY><LowerRightX>9</LowerRightX><LowerRightY>0</LowerRightY><SizeX>9"
        "</SizeX><SizeY>9</SizeY></DataWindow><BandsCount>3</BandsCount></GDAL_WMS>", "tiles.xml")  # fmt: skip
    add("wcs file", f"<WCS_GDAL><ServiceURL>{url}/wcs?</ServiceURL><CoverageName>x</CoverageName></WCS_GDAL>", "cover.xml")
    add("wmts file", f"<GDAL_WMTS><GetCapabilitiesUrl>{url}/wmts</GetCapabilitiesUrl></GDAL_WMTS>", "wmts.xml")
    add("stac file", json.dumps({
        "stac_version": "1.0.0", "type": "Feature", "id": "x", "properties": {}, "geometry": None, "links": [],
        "assets": {"a": {"href": f"{url}/a.tif", "proj:epsg": 4326, "proj:transform": [1, 0, 0, 0, -1, 0],
                         "proj:shape": [4, 4]}},
    }), "item.json")  # fmt: skip
    add("aux with an overview elsewhere", f"<PAMDataset><Metadata domain='OVERVIEWS'><MDI key='OVERVIEW_FILE'>/vsicurl/{url}/o.tif"
        "</MDI></Metadata></PAMDataset>", "side.tif.aux.xml")  # fmt: skip
    found["open: raster with a hostile sidecar"] = str(plain(inner / "side.tif"))
    del found["aux with an overview elsewhere"]
    data = good.read_bytes()
    add("cut tiff", data[: len(data) // 2], "cut.tif")
    add("empty file", b"", "empty.tif")
    add("noise", os.urandom(3000), "noise.tif")
    add("tiff header alone", data[:8], "header.tif")
    found["stdin"] = "/vsistdin/"
    found["stdin options"] = "/vsistdin?buffer_limit=10"
    found["inline text"] = vrt(f"/vsicurl/{url}/a.tif")
    found["device"] = "/dev/zero"
    found["folder"] = str(inner)
    return found
