"""The same ground written in many ways: containers, numbers, layouts, names, gaps, overviews, grids, dates."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, Resampling
from rasterio.shutil import copy as copy_raster
from rasterio.transform import from_origin
from rasterio.warp import calculate_default_transform, reproject

from terrascope.scene import LayerRequest

from .products.test_landsat import coefficients, mtl
from .products.test_sentinel2 import metadata

Array = NDArray[Any]
N = 256
UTM = "EPSG:32633"
PLACE = from_origin(500000, 5100000, 10, 10)
SIX = ("blue", "green", "red", "nir", "swir1", "swir2")
CODES = ("B02", "B03", "B04", "B08", "B11", "B12")
TEN = "S2_20200705.tif"


def smooth(rng: np.random.Generator, size: int, width: float) -> Array:
    """Random numbers [size, size] smoothed by a Gaussian, of mean 0 and variance 1."""
    spectrum = np.fft.rfft2(rng.normal(size=(size, size)))
    y, x = np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]
    found = np.fft.irfft2(spectrum * np.exp(-(x**2 + y**2) * (width * 6.28) ** 2 / 2), s=(size, size))
    return np.asarray(found / found.std())


def made_scene(radius: float = 0.3) -> Array:
    """Reflectance [6, N, N] of fields with one lake in the middle, a tenth darker towards its shore."""
    rng = np.random.default_rng(11)
    plants = np.array([0.035, 0.065, 0.040, 0.38, 0.19, 0.09])[:, None, None]
    soil = np.array([0.07, 0.10, 0.14, 0.24, 0.31, 0.24])[:, None, None]
    water = np.array([0.045, 0.040, 0.030, 0.015, 0.008, 0.005])[:, None, None]
    mix = np.clip(0.25 + 0.22 * smooth(rng, N, 6), 0, 1)
    land = (plants * (1 - mix) + soil * mix) * (1 + 0.06 * smooth(rng, N, 1.5))
    y, x = np.mgrid[:N, :N] + 0.5 - N / 2
    lake = np.hypot(y, x) / N < radius * (1 + 0.05 * np.sin(5 * np.arctan2(y, x)))
    return np.where(lake, water * (1 + 0.05 * smooth(rng, N, 3)), land)


def write(path: Path, data: Array, names: tuple[str, ...] | None = None, **more: Any) -> Path:
    """Write bands [B, H, W] as a raster, 10 m pixels in UTM 33 where nothing else is said."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scales, offsets, colours = more.pop("scales", None), more.pop("offsets", None), more.pop("colorinterp", None)
    profile = {"driver": "GTiff", "count": len(data), "height": data.shape[1], "width": data.shape[2],
               "dtype": data.dtype, "crs": UTM, "transform": PLACE, **more}  # fmt: skip
    with rasterio.open(path, "w", **profile) as out:
        if colours:
            out.colorinterp = colours
        out.write(data)
        if names:
            out.descriptions = names
        if scales:
            out.scales = scales
        if offsets:
            out.offsets = offsets
    return path


def digital(truth: Array, lift: float = 0, dtype: str = "uint16") -> Array:
    """Reflectance x 10000, plus a lift."""
    return np.clip(np.round(truth * 10000) + lift, 1, None).astype(dtype)


def picture(truth: Array) -> Array:
    """8 bit: red, green, blue, near infrared."""
    return np.clip(truth[[2, 1, 0, 3]] / 0.4 * 255, 1, 255).astype("uint8")


def collar(size: int = N) -> NDArray[np.bool_]:
    """Corners of a picture that was turned."""
    y, x = np.mgrid[:size, :size]
    return np.asarray((x + y < 70) | (x + y > 2 * size - 70))


Files = Path | list[Path]
Make = Callable[[Path, Array], Files]


@dataclass(frozen=True)
class Way:
    """One way to write a scene. `like`: the plain way it is held to; `may_ask`: a question back is right too."""

    group: str
    name: str
    make: Make
    like: str = "six bands"
    may_ask: bool = False
    area: bool = True
    known: dict[str, str] = field(default_factory=dict)

    def layers(self, folder: Path, truth: Array) -> list[LayerRequest]:
        """Write the scene and return the request of its layers."""
        made = self.make(folder, truth)
        paths = made if isinstance(made, list) else [made]
        return [LayerRequest(str(path), **self.known) for path in paths]  # type: ignore[arg-type]


def plain(folder: Path, truth: Array, **more: Any) -> Path:
    """The plain way: whole numbers, named bands."""
    return write(folder / TEN, digital(truth), CODES, **more)


def plain_four(folder: Path, truth: Array, **more: Any) -> Path:
    """Four named bands."""
    return write(folder / TEN, digital(truth[:4]), CODES[:4], **more)


def plain_picture(folder: Path, truth: Array, **more: Any) -> Path:
    """8 bit, four named bands."""
    return write(folder / "ortho_20200705.tif", picture(truth), ("red", "green", "blue", "nir"),
                 photometric="MINISBLACK", **more)  # fmt: skip


def plain_gaps(folder: Path, truth: Array) -> Path:
    """Gaps declared as nodata."""
    data = digital(truth)
    data[:, collar(truth.shape[-1])] = 0
    return write(folder / TEN, data, CODES, nodata=0)


LIKE: dict[str, Make] = {
    "large": lambda folder, truth: overviews("none")(folder, truth),  # type: ignore[dict-item, return-value]
    "six bands": plain, "four bands": plain_four, "8 bit": plain_picture, "gaps": plain_gaps,
}  # fmt: skip


def container(driver: str, ending: str, like: Make = plain, **options: Any) -> Make:
    """The plain way in another container."""

    def make(folder: Path, truth: Array) -> Path:
        target = folder / "out" / f"S2_20200705{ending}"
        target.parent.mkdir()
        source = like(folder, truth)
        copy_raster(source, target, driver=driver, **options)
        return target

    return make


def gaps(value: float, dtype: str = "uint16", mode: str = "") -> Make:
    """A collar of a value: undeclared, declared, by band, as a mask of the file, as alpha."""

    def make(folder: Path, truth: Array) -> Path:
        scale = 1 if "int" in dtype else 1e-4
        data = (digital(truth, dtype="float64") * scale).astype(dtype)
        empty = collar(truth.shape[-1])
        data[:, empty] = value
        nodata = value if mode == "declared" else None
        path = write(folder / TEN, data, CODES, nodata=nodata)
        if mode == "by band":
            for band in range(6):
                data[band, empty] = -(band + 1)
            write(path, data, CODES)
            target = folder / "S2_20200705.vrt"
            copy_raster(path, target, driver="VRT")
            text = target.read_text()
            for band in range(6):
                text = text.replace(
                    f'band="{band + 1}">', f'band="{band + 1}"><NoDataValue>-{band + 1}</NoDataValue>', 1
                )
            target.write_text(text)
            return target
        if mode == "mask":
            with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as out:
                out.write_mask(~empty)
        return path

    return make


def scaled(names: tuple[str, ...], law: Callable[[Array], Array], name: str = TEN, **more: Any) -> Make:
    """Numbers by a law."""
    return lambda folder, truth: write(folder / name, law(truth), names, **more)


def order(indexes: tuple[int, ...], names: tuple[str, ...] | None, name: str = "scene.tif", **more: Any) -> Make:
    """Bands in another order."""
    return lambda folder, truth: write(folder / name, digital(truth)[list(indexes)], names, **more)


def wavelengths(folder: Path, truth: Array) -> Path:
    path = write(folder / "scene.tif", digital(truth))
    with rasterio.open(path, "r+") as out:
        for band, length in enumerate((0.49, 0.56, 0.665, 0.842, 1.61, 2.19), 1):
            out.update_tags(band, wavelength=str(length), wavelength_units="Micrometers")
    return path


def many_files(template: str) -> Make:
    """One file for each band."""

    def make(folder: Path, truth: Array) -> list[Path]:
        return [write(folder / template.format(code), digital(truth)[[i]]) for i, code in enumerate(CODES)]

    return make


def safe(baseline: str, offset: int | None, *, archive: bool = False) -> Make:
    """A Sentinel-2 product."""

    def make(folder: Path, truth: Array) -> Path:
        number = baseline.replace(".", "")
        root = folder / f"S2B_MSIL2A_20230705T100039_N{number}_R122_T33UXP_20230705T120000.SAFE"
        images = root / "GRANULE/L2A_T33UXP_A033000_20230705T100040/IMG_DATA/R10m"
        images.mkdir(parents=True)
        (root / "MTD_MSIL2A.xml").write_text(metadata("L2A", baseline, offset))
        for code, band in zip(CODES, digital(truth, -(offset or 0))):
            write(images / f"T33UXP_20230705T100039_{code}_10m.tif", band[None])
        return packed(root) if archive else root

    return make


def packed(root: Path) -> Path:
    """A folder as a zip beside it."""
    target = root.parent / f"{root.stem}.zip"
    with zipfile.ZipFile(target, "w") as out:
        for file in sorted(root.rglob("*")):
            out.write(file, file.relative_to(root.parent))
    shutil.rmtree(root)
    return target


def landsat(*, archive: bool = False, with_metadata: bool = True) -> Make:
    """Landsat Collection 2 Level 2."""

    def make(folder: Path, truth: Array) -> Path:
        name = "LC08_L2SP_190028_20200705_20200913_02_T1"
        root = folder / name
        bands = dict(zip((2, 3, 4, 5, 6, 7), SIX))
        for number, band in zip(bands, np.round((truth + 0.2) / 2.75e-5).astype("uint16")):
            write(root / f"{name}_SR_B{number}.TIF", band[None], nodata=0)
        clear = np.full((1, *truth.shape[1:]), 21824, "uint16")
        write(root / f"{name}_QA_PIXEL.TIF", clear, nodata=1)
        if with_metadata:
            groups = {
                "IMAGE_ATTRIBUTES": {"DATE_ACQUIRED": "2020-07-05"},
                "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS": coefficients(bands, 2.75e-5, -0.2),
            }
            (root / f"{name}_MTL.txt").write_text(mtl(groups))
        if not archive:
            return root
        with tarfile.open(folder / f"{name}.tar", "w") as out:
            for file in sorted(root.iterdir()):
                out.add(file, file.name)
        shutil.rmtree(root)
        return folder / f"{name}.tar"

    return make


def planet(folder: Path, truth: Array) -> Path:
    root = folder / "order"
    write(root / "20200705_100000_1054_3B_AnalyticMS_SR.tif", digital(truth[:4]))
    udm = np.zeros((8, *truth.shape[1:]), "uint8")
    udm[0] = 1
    write(root / "20200705_100000_1054_3B_udm2.tif", udm)
    return root


def flagged(folder: Path, truth: Array) -> Path:
    data = picture(truth)
    return write(folder / "ortho_20200705.tif", data, photometric="RGB")  # the fourth band is flagged as alpha


def described_nir(folder: Path, truth: Array) -> Path:
    return write(folder / "ortho_20200705.tif", picture(truth), (None, None, None, "nir"))  # type: ignore[arg-type]


def with_alpha(top: int, dtype: str) -> Make:
    def make(folder: Path, truth: Array) -> Path:
        data = digital(truth).astype(dtype)
        empty = collar(truth.shape[-1])
        data[:, empty] = 7
        alpha = np.where(empty, 0, top).astype(dtype)[None]
        colours = [ColorInterp.gray, *[ColorInterp.undefined] * 5, ColorInterp.alpha]
        return write(folder / TEN, np.concatenate([data, alpha]), (*CODES, "alpha"), colorinterp=colours)

    return make


def overviews(kind: str) -> Make:
    """Overviews; of five times the pixels, so that they are used. The ground is five times as wide."""

    def make(folder: Path, truth: Array) -> Path:
        large = np.kron(digital(truth), np.ones((1, 5, 5), "uint16"))
        old = large[:, ::-1, ::-1] // 4 + 3000 if kind.startswith("stale") else large
        path = write(folder / TEN, old, CODES, tiled=True)
        if kind != "none":
            with rasterio.Env(TIFF_USE_OVR="external" in kind), rasterio.open(path, "r+") as out:
                out.build_overviews([2, 4], Resampling.average)
        with rasterio.open(path, "r+") as out:
            out.write(large)
        return path

    return make


def placed(crs: str, *, scale: float = 1.0) -> Make:
    """Warped (nearest neighbour), with nodata around; or the same grid in another unit of length."""

    def make(folder: Path, truth: Array) -> Path:
        data = digital(truth)
        if scale != 1.0:
            return write(folder / TEN, data, CODES, crs=crs, transform=Affine.scale(scale) @ PLACE)
        bounds = rasterio.transform.array_bounds(*data.shape[1:], PLACE)
        transform, w, h = calculate_default_transform(UTM, crs, data.shape[2], data.shape[1], *bounds)
        out = np.zeros((6, h, w), "uint16")
        reproject(data, out, src_transform=PLACE, src_crs=UTM, dst_transform=transform, dst_crs=crs, dst_nodata=0,
                  resampling=Resampling.nearest)  # fmt: skip
        return write(folder / TEN, out, CODES, crs=crs, transform=transform, nodata=0)

    return make


def turned(kind: str) -> Make:
    def make(folder: Path, truth: Array) -> Path:
        data, size = digital(truth), truth.shape[-1]
        if kind == "south up":
            return write(folder / TEN, data[:, ::-1], CODES, transform=PLACE @ Affine(1, 0, 0, 0, -1, size))
        if kind == "east to west":
            return write(folder / TEN, data[:, :, ::-1], CODES, transform=PLACE @ Affine(-1, 0, size, 0, 1, 0))
        if kind == "rotated":
            return write(folder / TEN, data, CODES, transform=PLACE @ Affine.rotation(30))
        points = [GroundControlPoint(r, c, *(PLACE @ (c, r))) for r in (0, size) for c in (0, size)]
        path = write(folder / TEN, data, CODES, crs=None, transform=None)
        with rasterio.open(path, "r+") as out:
            out.gcps = (points, CRS.from_string(UTM))
        return path

    return make


def described(*names: str) -> Make:
    return lambda folder, truth: write(folder / "scene.tif", digital(truth), names)


def _ways() -> Iterator[Way]:
    yield Way("container", "GeoTIFF, in tiles, deflated", lambda f, t: plain(f, t, tiled=True, compress="deflate"))
    yield Way("container", "cloud optimized GeoTIFF", container("COG", ".tif"))
    yield Way("container", "JPEG 2000", container("JP2OpenJPEG", ".jp2", QUALITY=100, REVERSIBLE="YES"))
    yield Way("container", "VRT", container("VRT", ".vrt"))
    yield Way("container", "ENVI", container("ENVI", ".img"))
    yield Way("container", "Erdas Imagine", container("HFA", ".img"))
    yield Way("container", "NetCDF", container("netCDF", ".nc"), may_ask=True)
    yield Way("container", "PNG with a world file, no CRS", container("PNG", ".png", plain_picture, WORLDFILE="YES"),
              "8 bit", area=False)  # fmt: skip
    for dtype in ("int16", "int32"):
        yield Way("numbers", f"{dtype}, x 10000", scaled(CODES, lambda t, d=dtype: digital(t, dtype=d)))  # type: ignore[misc]
    for dtype in ("float32", "float64"):
        yield Way("numbers", f"{dtype}, reflectance", scaled(CODES, lambda t, d=dtype: t.astype(d)))  # type: ignore[misc]
    yield Way("numbers", "float32, x 10000", scaled(CODES, lambda t: digital(t, dtype="float32")))
    yield Way("numbers", "float32, per cent", scaled(SIX, lambda t: (t * 100).astype("float32"), "x.tif"))
    yield Way("numbers", "scale declared", scaled(CODES, digital, scales=(1e-4,) * 6))
    yield Way("numbers", "scale declared, applied already",
              scaled(CODES, lambda t: t.astype("float32"), scales=(1e-4,) * 6))  # fmt: skip
    yield Way("numbers", "scale declared the wrong way round", scaled(CODES, digital, scales=(1e4,) * 6))
    yield Way("numbers", "scale declared for some bands", scaled(SIX, digital, "x.tif", scales=(1e-4, 1.0) * 3))
    c2 = lambda t: np.round((t + 0.2) / 2.75e-5).astype("uint16")  # noqa: E731
    yield Way(
        "numbers", "0.0000275 and -0.2 declared", scaled(SIX, c2, "x.tif", scales=(2.75e-5,) * 6, offsets=(-0.2,) * 6)
    )
    yield Way("numbers", "0.0000275 declared, not -0.2", scaled(SIX, c2, "x.tif", scales=(2.75e-5,) * 6))
    yield Way("numbers", "Landsat 8 of an unknown level", scaled(SIX, c2, "landsat8_x.tif"), may_ask=True)
    lifted = lambda t: digital(t, 1000)  # noqa: E731
    yield Way("numbers", "lifted by 1000, 2023", scaled(CODES, lifted, "S2_20230705.tif"), may_ask=True)
    yield Way("numbers", "lifted by 1000, 2020", scaled(CODES, lifted, TEN), may_ask=True)
    yield Way("numbers", "lifted by 1000, no date", scaled(CODES, lifted, "S2_scene.tif"), may_ask=True)
    yield Way("numbers", "lifted by 1000, no sensor, no date", scaled(SIX, lifted, "scene.tif"), may_ask=True)
    yield Way("numbers", "not lifted, 2023 (harmonised)", scaled(CODES, digital, "S2_20230705.tif"))
    yield Way("layout", "Sentinel-2 SAFE, baseline 05.09", safe("05.09", -1000))
    yield Way("layout", "Sentinel-2 SAFE, baseline 03.01, zip", safe("03.01", None, archive=True))
    yield Way("layout", "Landsat Collection 2, folder", landsat())
    yield Way("layout", "Landsat Collection 2, tar", landsat(archive=True))
    yield Way("layout", "Landsat Collection 2 without metadata", landsat(with_metadata=False))
    yield Way("layout", "PlanetScope with udm2", planet, "four bands")
    yield Way("layout", "a file for each band", many_files("S2A_20200705_{}.tif"))
    yield Way("layout", "a file for each band, of 2023", many_files("T33UXP_20200705T100039_{}_10m.tif"))
    yield Way("bands", "backwards, described", order((5, 4, 3, 2, 1, 0), CODES[::-1]))
    yield Way("bands", "codes without a sensor", order(tuple(range(6)), ("B2", "B3", "B4", "B8", "B11", "B12")))
    yield Way("bands", "codes of Landsat", order(tuple(range(6)), tuple(f"SR_B{n}" for n in range(2, 8))), may_ask=True)
    yield Way("bands", "wavelengths only", wavelengths)
    yield Way("bands", "six, sensor in the name", order(tuple(range(6)), None, TEN))
    yield Way("bands", "six, nothing said", order(tuple(range(6)), None), may_ask=True)
    yield Way("bands", "four, nothing said, blue first", order((0, 1, 2, 3), None), "four bands", may_ask=True)
    yield Way("bands", "four, nothing said, red first", order((2, 1, 0, 3), None), "four bands", may_ask=True)
    for language, names in {
        "German": ("Blau", "Grün", "Rot", "nahes Infrarot", "kurzwelliges Infrarot 1", "kurzwelliges Infrarot 2"),
        "Spanish": ("Azul", "Verde", "Rojo", "Infrarrojo cercano", "Infrarrojo de onda corta 1",
                    "Infrarrojo de onda corta 2"),
        "French": ("Bleu", "Vert", "Rouge", "Proche infrarouge", "Infrarouge moyen 1", "Infrarouge moyen 2"),
        "Portuguese": ("Azul", "Verde", "Vermelho", "Infravermelho próximo", "Infravermelho de ondas curtas 1",
                       "Infravermelho de ondas curtas 2"),
        "Italian": ("Blu", "Verde", "Rosso", "Infrarosso vicino", "Infrarosso a onde corte 1",
                    "Infrarosso a onde corte 2"),
        "Chinese": ("蓝", "绿", "红", "近红外", "短波红外1", "短波红外2"),
        "English": ("Blue", "Green", "Red", "Near Infrared", "Shortwave Infrared 1", "Shortwave Infrared 2"),
    }.items():  # fmt: skip
        yield Way("bands", f"described in {language}", described(*names))
    yield Way("alpha", "near infrared flagged as alpha", flagged, "8 bit")
    yield Way("alpha", "fourth band described nir, flagged as alpha", described_nir, "8 bit")
    yield Way("alpha", "alpha of 0 and 65535", with_alpha(65535, "uint16"), "gaps")
    yield Way("alpha", "alpha of 0 and 255 in 16 bit", with_alpha(255, "uint16"), "gaps")
    yield Way("gaps", "0, undeclared", gaps(0), "gaps")
    yield Way("gaps", "0, undeclared, float", gaps(0, "float32"), "gaps")
    yield Way("gaps", "65535, undeclared", gaps(65535), "gaps")
    yield Way("gaps", "31 in all bands, undeclared", gaps(31), "gaps")
    yield Way("gaps", "-9999, declared", gaps(-9999, "int16", "declared"), "gaps")
    yield Way("gaps", "-9999, undeclared", gaps(-9999, "float32"), "gaps")
    yield Way("gaps", "another value in each band", gaps(0, "int16", "by band"), "gaps")
    yield Way("gaps", "mask of the file", gaps(5, "uint16", "mask"), "gaps")
    yield Way("gaps", "not a number", gaps(np.nan, "float32"), "gaps")
    for kind in ("none", "fresh", "fresh, external", "stale", "stale, external"):
        yield Way("overviews", kind, overviews(kind), "large")
    yield Way("grid", "degrees", placed("EPSG:4326"))
    yield Way("grid", "Web Mercator", placed("EPSG:3857"))
    polar = "+proj=stere +lat_0=90 +lat_ts=70 +lon_0=15 +datum=WGS84"  # north up here: networks are not blind to a turn
    yield Way("grid", "polar stereographic", placed(polar))
    feet = "+proj=utm +zone=33 +datum=WGS84 +units=us-ft"
    yield Way("grid", "UTM in US feet", placed(feet, scale=3937 / 1200))
    for kind in ("south up", "east to west", "rotated", "ground control points"):
        yield Way("grid", kind, turned(kind))


WAYS: tuple[Way, ...] = tuple(_ways())

#: Names of an earlier and a later file.
DATES: dict[str, tuple[str, str]] = {
    "ISO": ("lake_2021-05-12", "lake_2021-11-02"),
    "compact": ("lake_20210512", "lake_20211102"),
    "day first, told by the other name": ("lake_05-12-2020", "lake_25-02-2021"),
    "month first, told by the other name": ("lake_05-12-2021", "lake_11-25-2021"),
    "either order": ("lake_05-12-2021", "lake_11-02-2021"),
    "day of the year": ("lake_doy2021132", "lake_doy2021306"),
    "MODIS": ("MOD.A2021132.lake", "MOD.A2021306.lake"),
    "names of months": ("lake_12May2021", "lake_2 de noviembre de 2021"),
    "hours of one day": ("lake_20210512T060000", "lake_20210512T180000"),
    "years": ("lake_2019", "lake_2021"),
    "month": ("lake_2021-05", "lake_2021-11"),
    "Chinese": ("湖2021年5月12日", "湖2021年11月2日"),
}
