"""A mixed bag of awkward rasters, made on the spot, each with the truth that a reader must find in it.

Run as a script it only writes them: ``python awkward.py FOLDER``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp

from terrascope.scene import Area, Scene

UTM = "EPSG:32633"
ORIGIN = (500000.0, 5000000.0)
Check = Callable[[Scene], None]


@dataclass
class Case:
    """One file. `error`: a word of the error that must come; else `check` holds the truth."""

    name: str
    path: Path
    error: str | None = None
    check: Check | None = None
    area: Area | None = None


def ground_values(transform: Affine, width: int, height: int) -> NDArray[np.float64]:
    """A picture that knows where it is: 3 bands of x, y, and x + y in pixels of 10 m from `ORIGIN`, plus 20."""
    cols, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    x = transform.a * cols + transform.b * rows + transform.c
    y = transform.d * cols + transform.e * rows + transform.f
    east, south = (x - ORIGIN[0]) / 10, (ORIGIN[1] - y) / 10
    return np.stack([east + 20, south + 20, (east + south) / 2 + 20])


def knows_its_place(tolerance: float) -> Check:
    """The scene's pixels must be where they say they are."""

    def check(scene: Scene) -> None:
        view, t = scene.views[0], Affine(*scene.grid.transform)
        truth = ground_values(t, scene.grid.width, scene.grid.height)
        found = view.pixels * 255.0
        error = np.abs(found - truth)[:, view.valid]
        assert error.max() <= tolerance, f"off by {error.max():.2f} pixels"
        assert t.determinant < 0, "not upright"

    return check


def all_of(*checks: Check) -> Check:
    def check(scene: Scene) -> None:
        for one in checks:
            one(scene)

    return check


def says(word: str) -> Check:
    def check(scene: Scene) -> None:
        text = " ".join([*scene.notes, *(n for v in scene.views for n in v.source.notes)])
        assert word in text, f"{word!r} is not said: {text}"

    return check


def valid_share(share: float, tolerance: float = 1e-9) -> Check:
    def check(scene: Scene) -> None:
        assert abs(scene.views[0].valid.mean() - share) <= tolerance, scene.views[0].valid.mean()
        assert not scene.views[0].pixels[:, ~scene.views[0].valid].any()
        assert np.isfinite(scene.views[0].pixels).all()

    return check


def pixel_metres(x: float, y: float, relative: float = 1e-6) -> Check:
    def check(scene: Scene) -> None:
        assert scene.gsd_m is not None
        assert abs(scene.gsd_m[0] / x - 1) < relative and abs(scene.gsd_m[1] / y - 1) < relative, scene.gsd_m

    return check


def no_metres(scene: Scene) -> None:
    assert scene.gsd_m is None and scene.grid.crs is None


def value_is(band: str, value: float, tolerance: float = 1e-5) -> Check:
    def check(scene: Scene) -> None:
        found = scene.views[0].band(band)
        assert found is not None, scene.views[0].bands
        error = np.abs(found[scene.views[0].valid] - value).max()
        assert error <= tolerance, f"{band} is off by {error}"

    return check


def bands_are(*names: str) -> Check:
    def check(scene: Scene) -> None:
        assert scene.views[0].bands == names, scene.views[0].bands

    return check


def size_is(width: int, height: int) -> Check:
    def check(scene: Scene) -> None:
        assert (scene.grid.width, scene.grid.height) == (width, height), scene.grid
        assert scene.views[0].valid.shape == (height, width)

    return check


def write(path: Path, data: NDArray, **profile: Any) -> Path:
    """Write [B, H, W] as GeoTIFF (or what `driver` says)."""
    settings: dict[str, Any] = {
        "driver": "GTiff",
        "dtype": data.dtype,
        "count": data.shape[0],
        "height": data.shape[1],
        "width": data.shape[2],
    }
    extra = {
        k: profile.pop(k)
        for k in ("colorinterp", "descriptions", "tags", "colormap", "mask", "gcps", "scales", "offsets")
        if k in profile
    }
    with rasterio.open(path, "w", **{**settings, **profile}) as out:
        if "colorinterp" in extra:
            out.colorinterp = extra["colorinterp"]
        if "descriptions" in extra:
            out.descriptions = extra["descriptions"]
        if "scales" in extra:
            out.scales = extra["scales"]
        if "offsets" in extra:
            out.offsets = extra["offsets"]
        out.update_tags(**extra.get("tags", {}))
        if "gcps" in extra:
            out.gcps = extra["gcps"]
        out.write(data)
        if "colormap" in extra:
            out.write_colormap(1, extra["colormap"])
        if "mask" in extra:
            out.write_mask(extra["mask"])
    return path


def placed(
    path: Path, transform: Affine, width: int = 60, height: int = 50, crs: str | None = UTM, **more: Any
) -> Path:
    data = np.rint(ground_values(transform, width, height)).astype(np.uint8)
    return write(path, data, transform=transform, crs=crs, photometric="RGB", **more)


def make(folder: Path) -> list[Case]:
    """Write all rasters into a folder and say what is true of each."""
    north_up = Affine(10, 0, ORIGIN[0], 0, -10, ORIGIN[1])
    cases: list[Case] = []

    def add(
        name: str, path: Path, check: Check | None = None, error: str | None = None, area: Area | None = None
    ) -> None:
        cases.append(Case(name, path, error, check, area))

    # Where it lies
    add("north up", placed(folder / "north_up.tif", north_up), all_of(knows_its_place(0.51), pixel_metres(10, 10)))
    add(
        "rotated",
        placed(folder / "rotated.tif", north_up @ Affine.rotation(20)),
        all_of(knows_its_place(0.51), pixel_metres(10, 10), says("rotated")),
    )
    add(
        "south up",
        placed(folder / "south_up.tif", Affine(10, 0, ORIGIN[0], 0, 10, ORIGIN[1] - 500)),
        all_of(knows_its_place(0.51), says("other way round")),
    )
    add(
        "mirrored",
        placed(folder / "mirrored.tif", Affine(-10, 0, ORIGIN[0] + 600, 0, -10, ORIGIN[1])),
        knows_its_place(0.51),
    )
    add(
        "upside down",
        placed(folder / "turned.tif", Affine(-10, 0, ORIGIN[0] + 600, 0, 10, ORIGIN[1] - 500)),
        knows_its_place(0.51),
    )
    corners = [GroundControlPoint(r, c, *(north_up @ (c, r))) for r in (0, 25, 50) for c in (0, 30, 60)]
    data = np.rint(ground_values(north_up, 60, 50)).astype(np.uint8)
    add(
        "control points only",
        write(folder / "gcps.tif", data, photometric="RGB", gcps=(corners, rasterio.CRS.from_string(UTM))),
        all_of(knows_its_place(1.0), says("ground control points")),
    )
    add("no CRS", placed(folder / "no_crs.tif", north_up, crs=None), all_of(no_metres, says("no CRS")))
    add(
        "no georeference", write(folder / "plain.tif", data, photometric="RGB"), all_of(no_metres, says("georeference"))
    )
    add(
        "two points only",
        write(folder / "two_gcps.tif", data, photometric="RGB", gcps=(corners[:2], rasterio.CRS.from_string(UTM))),
        no_metres,
    )
    add(
        "non-square pixels",
        placed(folder / "oblong.tif", Affine(10, 0, ORIGIN[0], 0, -20, ORIGIN[1])),
        all_of(knows_its_place(0.51), pixel_metres(10, 20)),
    )

    # Units and places of the CRS
    flat = np.full((3, 40, 50), 77, np.uint8)

    def plain(name: str, crs: str, transform: Affine, shape: tuple[int, int] = (40, 50), **more: Any) -> Path:
        return write(
            folder / name, np.full((3, *shape), 77, np.uint8), crs=crs, transform=transform, photometric="RGB", **more
        )

    foot = 1200 / 3937
    add(
        "US survey feet",
        plain("feet.tif", "EPSG:2264", Affine(3, 0, 2000000, 0, -3, 700000)),
        pixel_metres(3 * foot, 3 * foot),
    )
    add(
        "international feet",
        plain("ift.tif", "EPSG:2222", Affine(3, 0, 700000, 0, -3, 700000)),
        pixel_metres(0.9144, 0.9144),
    )
    add(
        "kilometres",
        plain("km.tif", "+proj=utm +zone=33 +datum=WGS84 +units=km", Affine(0.01, 0, 500, 0, -0.01, 5000)),
        pixel_metres(10, 10),
    )
    add(
        "antimeridian",
        plain("fiji.tif", "EPSG:4326", Affine(0.01, 0, 179.75, 0, -0.01, -17)),
        pixel_metres(1064.2, 1106.9, 1e-2),
    )
    add(
        "0..360 degrees",
        plain("east360.tif", "EPSG:4326", Affine(0.01, 0, 300, 0, -0.01, 10)),
        pixel_metres(1097, 1106, 1e-2),
    )
    add(
        "north pole", plain("pole.tif", "EPSG:3413", Affine(1000, 0, -25000, 0, -1000, 20000)), pixel_metres(1000, 1000)
    )
    add("geographic up to the pole", plain("cap.tif", "EPSG:4326", Affine(0.1, 0, 0, 0, -0.1, 90)), size_is(50, 40))
    add(
        "whole world",
        plain("world.tif", "EPSG:4326", Affine(3.6, 0, -180, 0, -4.5, 90), (40, 100)),
        pixel_metres(400750, 497600, 1e-2),
    )
    add("beyond the pole", plain("beyond.tif", "EPSG:4326", Affine(1, 0, 0, 0, -1, 100)), size_is(50, 40))
    add(
        "local CRS",
        write(
            folder / "local.tif",
            flat,
            photometric="RGB",
            transform=Affine(2, 0, 0, 0, -2, 0),
            crs='LOCAL_CS["site grid",UNIT["metre",1]]',
        ),
        pixel_metres(2, 2),
    )

    # Size
    add(
        "one pixel",
        write(folder / "one.tif", flat[:, :1, :1].copy(), crs=UTM, transform=north_up, photometric="RGB"),
        all_of(size_is(1, 1), pixel_metres(10, 10)),
    )
    add(
        "one row",
        write(folder / "row.tif", np.full((3, 1, 5000), 9, np.uint8), crs=UTM, transform=north_up, photometric="RGB"),
        all_of(size_is(1024, 1), says("reduced")),
    )
    huge = {
        "tiled": True,
        "blockxsize": 512,
        "blockysize": 512,
        "SPARSE_OK": True,
        "compress": "deflate",
        "BIGTIFF": "YES",
    }
    with rasterio.open(
        folder / "huge.tif",
        "w",
        driver="GTiff",
        width=200000,
        height=200000,
        count=4,
        dtype="uint16",
        crs=UTM,
        transform=Affine(0.1, 0, ORIGIN[0], 0, -0.1, ORIGIN[1]),
        **huge,
    ) as out:
        out.write(np.full((4, 1024, 1024), 500, np.uint16), window=((0, 1024), (0, 1024)))
    add("huge and sparse", folder / "huge.tif", error="no overviews")
    window = Area(window=(0, 0, 512, 512))
    add("a corner of the huge one", folder / "huge.tif", all_of(size_is(512, 512), pixel_metres(0.1, 0.1)), area=window)

    # What is valid
    gone = np.full((3, 40, 50), 7, np.uint8)
    add(
        "all nodata",
        write(folder / "all_nodata.tif", gone, crs=UTM, transform=north_up, nodata=7),
        error="no valid pixel",
    )
    half = np.full((3, 40, 50), 0.25, np.float32)
    half[:, :, :25] = np.nan
    add("half NaN", write(folder / "nan.tif", half, crs=UTM, transform=north_up), valid_share(0.5))
    half_inf = half.copy()
    half_inf[:, :, :25] = np.inf
    add("infinities", write(folder / "inf.tif", half_inf, crs=UTM, transform=north_up), valid_share(0.5))
    odd = half.copy()
    odd[:, :, :25] = -9999
    add(
        "undeclared -9999",
        write(folder / "undeclared.tif", odd, crs=UTM, transform=north_up),
        all_of(valid_share(0.5), says("-9999 is taken as nodata"), value_is("red", 0.25)),
    )
    add(
        "-9999 averaged",
        write(folder / "undeclared_big.tif", np.repeat(np.repeat(odd, 40, 1), 40, 2), crs=UTM, transform=north_up),
        all_of(valid_share(0.5, 0.01), value_is("red", 0.25)),
    )
    write(folder / "wrong_nodata.asc.tif", flat[:1].copy(), crs=UTM, transform=north_up)
    (folder / "wrong_nodata.vrt").write_text(
        '<VRTDataset rasterXSize="50" rasterYSize="40"><SRS>EPSG:32633</SRS>'
        "<GeoTransform>500000,10,0,5000000,0,-10</GeoTransform>"
        '<VRTRasterBand dataType="Byte" band="1"><NoDataValue>-9999</NoDataValue><SimpleSource>'
        '<SourceFilename relativeToVRT="1">wrong_nodata.asc.tif</SourceFilename><SourceBand>1</SourceBand>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    add("nodata outside the type", folder / "wrong_nodata.vrt", valid_share(1.0))
    one_zero = np.full((3, 40, 50), 50, np.uint8)
    one_zero[0, :, :25] = 0
    add(
        "nodata 0 in one band only",
        write(folder / "zero_red.tif", one_zero, crs=UTM, transform=north_up, nodata=0, photometric="RGB"),
        valid_share(1.0),
    )
    alpha = np.concatenate([flat, np.zeros((1, 40, 50), np.uint8)])
    alpha[3, :, 25:] = 255
    rgba = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
    add(
        "alpha",
        write(folder / "alpha.tif", alpha, crs=UTM, transform=north_up, colorinterp=rgba),
        all_of(valid_share(0.5), bands_are("red", "green", "blue")),
    )
    add(
        "undeclared alpha",
        write(folder / "alpha_hidden.tif", alpha, crs=UTM, transform=north_up, photometric="MINISBLACK"),
        all_of(valid_share(0.5), says("taken as alpha")),
    )
    mask = np.zeros((40, 50), np.uint8)
    mask[:10] = 255
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        add(
            "internal mask",
            write(folder / "mask.tif", flat, crs=UTM, transform=north_up, photometric="RGB", mask=mask),
            valid_share(0.25),
        )

    # Numbers
    sixteen = np.arange(16, dtype=np.uint16)[:, None, None] * np.ones((16, 30, 30), np.uint16) + 100
    add("16 unnamed bands", write(folder / "sixteen.tif", sixteen, crs=UTM, transform=north_up), value_is("band3", 102))
    add(
        "200 bands",
        write(folder / "two_hundred.tif", np.full((200, 20, 20), 3, np.int16), crs=UTM, transform=north_up),
        says("first 16 of 200 bands"),
    )
    phase = np.exp(1j * np.random.default_rng(1).uniform(0, 2 * np.pi, (1, 2100, 1500))).astype(np.complex64) * 100
    add(
        "complex SAR",
        write(folder / "slc_vv.tif", phase, crs=UTM, transform=north_up),
        all_of(value_is("vv", 40.0, 1e-3), says("averaged as power")),
    )
    cint = np.full((1, 30, 30), 3 + 4j, np.complex64)
    add(
        "complex integers",
        write(folder / "slc_hh.tif", cint, crs=UTM, transform=north_up, dtype="complex_int16"),
        value_is("hh", 20 * np.log10(5), 1e-3),
    )
    index = np.zeros((1, 40, 50), np.uint8)
    index[0, :, 25:] = 2
    table = {0: (255, 0, 0, 255), 1: (9, 9, 9, 255), 2: (0, 0, 255, 255)}
    add(
        "colour table",
        write(folder / "palette.tif", index, crs=UTM, transform=north_up, colormap=table),
        all_of(bands_are("red", "green", "blue"), _half_red_half_blue),
    )
    add(
        "64-bit floats",
        write(folder / "double.tif", np.full((3, 30, 30), 0.3, np.float64), crs=UTM, transform=north_up),
        value_is("red", 0.3),
    )
    add(
        "signed bytes",
        write(folder / "int8.tif", np.full((1, 30, 30), -5, np.int8), crs=UTM, transform=north_up),
        value_is("gray", -5),
    )
    add(
        "scale and offset",
        write(
            folder / "scaled.tif",
            np.full((3, 30, 30), 3000, np.uint16),
            crs=UTM,
            transform=north_up,
            descriptions=("red", "green", "blue"),
            scales=(1e-4,) * 3,
            offsets=(-0.1,) * 3,
        ),
        value_is("green", 0.2),
    )
    add(
        "dB x 100",
        write(folder / "s1_vv_vh.tif", np.full((2, 30, 30), -1250, np.int16), crs=UTM, transform=north_up),
        value_is("vh", -12.5),
    )
    add(
        "linear power",
        write(folder / "s1_power_vv_vh.tif", np.full((2, 30, 30), 0.01, np.float32), crs=UTM, transform=north_up),
        value_is("vv", -20.0, 1e-3),
    )
    add(
        "constant",
        write(folder / "constant.tif", flat, crs=UTM, transform=north_up, photometric="RGB"),
        valid_share(1.0),
    )

    # Not what it seems
    (folder / "zero.tif").write_bytes(b"")
    add("zero bytes", folder / "zero.tif", error="0 bytes")
    (folder / "text.tif").write_text("not a raster\n" * 50)
    add("not a raster", folder / "text.tif", error="not a raster")
    whole = write(
        folder / "whole.tif",
        np.random.default_rng(2).integers(0, 255, (3, 300, 300)).astype(np.uint8),
        crs=UTM,
        transform=north_up,
        photometric="RGB",
    ).read_bytes()
    (folder / "truncated.tif").write_bytes(whole[: len(whole) // 2])
    add("truncated", folder / "truncated.tif", error="cannot be read")
    (folder / "head_only.tif").write_bytes(whole[:20])
    add("header only", folder / "head_only.tif", error="not a raster")
    noise = np.random.default_rng(3).integers(0, 255, (3, 256, 256)).astype(np.uint8)
    jpeg = write(folder / "whole.jpg", noise, driver="JPEG").read_bytes()
    (folder / "truncated.jpg").write_bytes(jpeg[: len(jpeg) // 3])
    add("truncated JPEG", folder / "truncated.jpg", error="cannot be read")
    png = write(folder / "whole.png", noise, driver="PNG").read_bytes()
    (folder / "truncated.png").write_bytes(png[: len(png) // 3])
    add("truncated PNG", folder / "truncated.png", error="cannot be read")
    add("missing", folder / "no_such_file.tif", error="cannot be found")
    add("a folder", folder, error="not a raster")
    add(
        "odd name",
        write(folder / "a & b <c> ä'ñ 100%.tif", flat, crs=UTM, transform=north_up, photometric="RGB"),
        valid_share(1.0),
    )
    (folder / "broken.vrt").write_text(
        '<VRTDataset rasterXSize="10" rasterYSize="10"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
        '<SourceFilename relativeToVRT="1">gone.tif</SourceFilename><SourceBand>1</SourceBand></SimpleSource>'
        "</VRTRasterBand></VRTDataset>"
    )
    add("VRT without its file", folder / "broken.vrt", error="gone.tif")
    return cases


def _half_red_half_blue(scene: Scene) -> None:
    red, blue = scene.views[0].band("red"), scene.views[0].band("blue")
    assert red is not None and blue is not None
    assert (red[:, :25] == 1).all() and (red[:, 25:] == 0).all() and (blue[:, 25:] == 1).all()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    print("\n".join(f"{case.path.name}: {case.name}" for case in make(target)))
