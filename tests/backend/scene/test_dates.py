"""Acquisition dates are read from what files say of themselves."""

from __future__ import annotations

import datetime as dt

import pytest

from terrascope.scene.dates import DateFound, date_of, date_text, find_date, parse_date, settle_order
from terrascope.scene.request import LayerRequest


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("S2A_MSIL2A_20230715T103031_N0509_R108_T32TQM_20230715T164602.tif", dt.date(2023, 7, 15)),
        ("T32TQM_20220130T103031_B04_10m.jp2", dt.date(2022, 1, 30)),
        ("S1A_IW_GRDH_1SDV_20200229T053100_20200229T053125_031.tif", dt.date(2020, 2, 29)),
        ("LC08_L2SP_224063_20190806_20200827_02_T1_SR_B4.TIF", dt.date(2019, 8, 6)),
        ("LT50050662008213CUB00.tif", dt.date(2008, 7, 31)),
        ("HLS.S30.T15RYN.2021245T165849.v2.0.B04.tif", dt.date(2021, 9, 2)),
        ("naip_20090818.tif", dt.date(2009, 8, 18)),
        ("m_4110023_ne_14_060_20200831.tif", dt.date(2020, 8, 31)),
        ("flood 2021-07-04.tif", dt.date(2021, 7, 4)),
        ("before_3_4_2021.tif", dt.date(2021, 4, 3)),
        ("shot 12.25.2021.tif", dt.date(2021, 12, 25)),
        ("field_4Mar2020.tif", dt.date(2020, 3, 4)),
        ("20200307_142355_1054_3B_AnalyticMS_SR.tif", dt.date(2020, 3, 7)),
        ("MOD09A1.A2020185.h18v04.tif", dt.date(2020, 7, 3)),
        ("ndvi_doy2020185_aid0001.tif", dt.date(2020, 7, 3)),
        ("lago 12 de agosto de 2021.tif", dt.date(2021, 8, 12)),
        ("See 3. März 2020.tif", dt.date(2020, 3, 3)),
        ("July 4, 2021.tif", dt.date(2021, 7, 4)),
        ("水库2021年7月4日.tif", dt.date(2021, 7, 4)),
        ("pucallpa_landsat_1985.tif", dt.date(1985, 7, 1)),
        ("mosaic_2019-06.tif", dt.date(2019, 6, 1)),
        ("scene_99999999.tif", None),
        ("tile_20201345.tif", None),
        ("dem.tif", None),
    ],
)
def test_names(name: str, day: dt.date | None) -> None:
    assert date_of(f"/data/{name}").date == day


def test_metadata_comes_before_the_name() -> None:
    found = date_of("x_20010101.tif", {"DATE_ACQUIRED": "2019-08-06"})
    assert found.date == dt.date(2019, 8, 6)
    assert "date_acquired" in found.reason


@pytest.mark.parametrize(
    ("name", "precision", "text"),
    [
        ("city_1999.tif", "year", "1999"),
        ("city_1999-08.tif", "month", "1999-08"),
        ("city_19990831.tif", "day", "1999-08-31"),
    ],
)
def test_no_more_of_a_date_is_said_than_is_known(name: str, precision: str, text: str) -> None:
    found = date_of(name)
    assert (found.precision, date_text(found.date, found.precision)) == (precision, text)


@pytest.mark.parametrize(("text", "precision"), [("2019", "year"), ("2019-05", "month"), ("2019-05-03", "day")])
def test_a_person_may_know_the_year_only(text: str, precision: str) -> None:
    found = LayerRequest("x.tif", date=text).known_date()
    assert found is not None
    assert (date_text(found.date, found.precision), found.precision) == (text, precision)


def test_the_folder_above_is_read_where_the_name_says_nothing() -> None:
    assert date_of("/data/20190102/visual.tif").date == dt.date(2019, 1, 2)


def test_processing_date_of_the_tiff_is_the_last_resort() -> None:
    assert date_of("visual.tif", {"TIFFTAG_DATETIME": "2020:05:06 10:11:12"}).date == dt.date(2020, 5, 6)


@pytest.mark.parametrize("text", ["", "31/31/2020", "2020-13-01", "1234-01-01", "20230230"])
def test_impossible_dates_are_none(text: str) -> None:
    assert parse_date(text) is None


TODAY = dt.date(2026, 1, 1)


def settled(*names: str, wanted: str | None = None, today: dt.date = TODAY) -> tuple[list[DateFound], list[str]]:
    found, doubts = settle_order([date_of(each) for each in names], names, [wanted] * len(names), today)
    return found, [each.layer for each in doubts if each.open]


def test_a_day_above_twelve_in_one_name_tells_how_all_are_written() -> None:
    found, asked = settled("lake_05-12-2021.tif", "lake_11-25-2021.tif")
    assert [each.date for each in found] == [dt.date(2021, 5, 12), dt.date(2021, 11, 25)]
    assert not asked


def test_two_readings_that_put_the_layers_into_another_order_are_asked() -> None:
    _, asked = settled("lake_05-12-2021.tif", "lake_11-02-2021.tif")
    assert asked == ["lake_05-12-2021.tif", "lake_11-02-2021.tif"]
    found, asked = settled("lake_05-12-2021.tif", "lake_11-02-2021.tif", wanted="mdy")
    assert [each.date for each in found] == [dt.date(2021, 5, 12), dt.date(2021, 11, 2)]
    assert not asked


def test_an_ambiguous_date_that_decides_nothing_is_read_day_first_and_said() -> None:
    found, doubts = settle_order([date_of("lake_05-12-2021.tif")], ["lake"], [None], TODAY)
    assert found[0].date == dt.date(2021, 12, 5)
    assert [(each.choice, each.by) for each in doubts] == [("dmy", "assumed")]
    assert "month before day" in doubts[0].text


def test_a_reading_in_the_future_is_none() -> None:
    found, asked = settled("lake_05-12-2021.tif", "lake_11-02-2021.tif", today=dt.date(2021, 11, 20))
    assert [each.date for each in found] == [dt.date(2021, 5, 12), dt.date(2021, 11, 2)]
    assert not asked


def test_names_of_months_and_the_time_of_day_are_read() -> None:
    assert find_date("S2A_MSIL1C_20230715T103031_N0509").time == dt.time(10, 30, 31)
    assert find_date("2021-07-04T05:06:07Z").time == dt.time(5, 6, 7)
    assert find_date("20200307_142355_1054_3B").time == dt.time(14, 23, 55)
