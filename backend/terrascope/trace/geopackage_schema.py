"""The tables of the result GeoPackage (OGC 12-128r18, GeoPackage 1.3), and its spatial reference system."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from terrascope.errors import TraceError

APPLICATION_ID = 0x47504B47  # "GPKG"
USER_VERSION = 10300  # 1.3.0
UNDEFINED_CARTESIAN = -1
FIRST_CUSTOM_SRS = 100_000

_CORE = """
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT,
  definition_12_063 TEXT NOT NULL DEFAULT 'undefined');
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
"""

_TABLES = """
CREATE TABLE masks (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom MULTIPOLYGON, step INTEGER NOT NULL, label TEXT NOT NULL,
  view INTEGER, view_name TEXT, date DATE, date_text TEXT, part INTEGER NOT NULL, area_m2 DOUBLE, share DOUBLE,
  pixels INTEGER, mask_area_m2 DOUBLE, mask_share DOUBLE, confidence DOUBLE, colour TEXT, derived BOOLEAN NOT NULL,
  region TEXT);
CREATE INDEX masks_step ON masks (step);
CREATE TABLE steps (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, step INTEGER NOT NULL UNIQUE, text TEXT NOT NULL, label TEXT,
  view INTEGER, view_name TEXT, date DATE, date_text TEXT, area_m2 DOUBLE, share DOUBLE, confidence DOUBLE,
  evidence TEXT, empty BOOLEAN, record TEXT NOT NULL);
CREATE TABLE claims (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, step INTEGER NOT NULL, claim TEXT NOT NULL, verdict TEXT NOT NULL,
  claimed TEXT, measured TEXT, unit TEXT, reason TEXT, record TEXT NOT NULL);
CREATE TABLE inputs (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, view INTEGER NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT,
  date DATE, date_text TEXT, path TEXT NOT NULL, sha256 TEXT, bands TEXT, sensor TEXT, picture BLOB, picture_type TEXT);
CREATE TABLE run (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, id TEXT NOT NULL UNIQUE, created DATETIME, question TEXT NOT NULL,
  options TEXT, understood TEXT, query TEXT, answer TEXT, choice TEXT, confidence DOUBLE, end_reason TEXT,
  network TEXT NOT NULL,
  network_version TEXT, weights_sha256 TEXT, device TEXT, settings TEXT, versions TEXT, warnings TEXT, seconds DOUBLE,
  record TEXT NOT NULL);
CREATE TABLE results (
  fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, row INTEGER NOT NULL, "by" TEXT, "key" TEXT, measure TEXT,
  value DOUBLE, unit TEXT, text TEXT, low DOUBLE, high DOUBLE);
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
  f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
"""

#: Tables without geometry, with what a GIS shows of them.
ATTRIBUTE_TABLES: dict[str, str] = {
    "steps": "TerraScope: the reasoning, one row a step",
    "claims": "TerraScope: every number of the text beside the measured one",
    "results": "TerraScope: values of the question by zone, date or class",
    "inputs": "TerraScope: what the question was asked about",
    "run": "TerraScope: question, answer, network and settings",
    "layer_styles": "",
}


#: Tables with these names or beginnings belong to a result, or are made by any GIS that opens or edits one.
_OWN_TABLES = frozenset({"masks", *ATTRIBUTE_TABLES})
_GIS_TABLES = ("gpkg_", "rtree_masks_", "sqlite_")
STYLE_NAME, STYLE_NOTE = "TerraScope masks", "Written by TerraScope"


def foreign_contents(connection: sqlite3.Connection) -> list[str]:
    """Name what a result holds that TerraScope did not write: layers and tables, columns, saved styles."""
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
    found = [f"the layer {name!r}" for name in names if name not in _OWN_TABLES and not name.startswith(_GIS_TABLES)]
    fresh = sqlite3.connect(":memory:")
    try:
        fresh.executescript(_TABLES)
        for table in sorted(_OWN_TABLES & set(names)):
            query = f"PRAGMA table_info({table})"  # names out of this file
            known = {row[1] for row in fresh.execute(query)}
            found += [f"the column {row[1]!r} of {table}" for row in connection.execute(query) if row[1] not in known]
    finally:
        fresh.close()
    if "layer_styles" in names:
        styles = connection.execute("SELECT styleName, description FROM layer_styles").fetchall()
        found += [f"the saved style {name!r}" for name, note in styles if (name, note) != (STYLE_NAME, STYLE_NOTE)]
    return found


class Srs(NamedTuple):
    """One row of gpkg_spatial_ref_sys."""

    name: str
    srs_id: int
    organization: str
    code: int
    definition: str
    wkt2: str


_DEFAULT_SRS = (
    Srs("Undefined cartesian SRS", -1, "NONE", -1, "undefined", "undefined"),
    Srs("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined"),
)


def srs_of(crs: str | None) -> Srs:
    """Return the row for a CRS given as WKT or authority code; the undefined cartesian one for None.

    Raises
    ------
    TraceError
        If the text is no CRS that PROJ knows.
    """
    if crs is None:
        return _DEFAULT_SRS[0]
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        known = CRS.from_user_input(crs)
        code = known.to_epsg()
        if code is not None and known.equals(CRS.from_epsg(code), ignore_axis_order=True):
            known = CRS.from_epsg(code)
        else:
            code = None
        wkt2 = known.to_wkt("WKT2_2019")
    except CRSError as error:
        raise TraceError(f"The CRS {crs[:80]!r} cannot be understood: {error}.", "Set the layer's CRS.") from error
    try:
        wkt1 = known.to_wkt("WKT1_GDAL")
    except CRSError:  # some projections have no WKT 1 form; the extension column then holds the definition
        wkt1 = "undefined"
    if code is not None:
        return Srs(known.name, code, "EPSG", code, wkt1, wkt2)
    return Srs(known.name or "custom", FIRST_CUSTOM_SRS, "NONE", FIRST_CUSTOM_SRS, wkt1, wkt2)


def create_tables(connection: sqlite3.Connection, srs: Srs, styles: dict[str, str]) -> None:
    """Create every table of an empty file. `styles` maps table names to QML text."""
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {USER_VERSION}")
    connection.executescript("BEGIN;" + _CORE + _TABLES + "COMMIT;")
    rows = {each.srs_id: each for each in (*_DEFAULT_SRS, srs_of("EPSG:4326"), srs)}
    connection.executemany(
        "INSERT INTO gpkg_spatial_ref_sys (srs_name, srs_id, organization, organization_coordsys_id, definition,"
        " definition_12_063) VALUES (?, ?, ?, ?, ?, ?)",
        rows.values(),
    )
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) VALUES (?, ?, ?, ?, ?)",
        ("masks", "features", "masks", "TerraScope: the mask of every step, one row a part", srs.srs_id),
    )
    connection.execute(
        "INSERT INTO gpkg_geometry_columns VALUES ('masks', 'geom', 'MULTIPOLYGON', ?, 0, 0)", (srs.srs_id,)
    )
    connection.executemany(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)"
        " VALUES (?, 'attributes', ?, ?, 0)",
        [(name, name, text) for name, text in ATTRIBUTE_TABLES.items()],
    )
    connection.execute(
        "INSERT INTO gpkg_extensions VALUES ('gpkg_spatial_ref_sys', 'definition_12_063', 'gpkg_crs_wkt',"
        " 'http://www.geopackage.org/spec121/#extension_crs_wkt', 'read-write')"
    )
    connection.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
        " styleQML, styleSLD, useAsDefault, description, owner) VALUES ('', '', ?, ?, ?, ?, '', 1, ?, '')",
        [
            (table, "geom" if table == "masks" else "", f"TerraScope {table}", qml, STYLE_NOTE)
            for table, qml in styles.items()
        ],
    )
