from __future__ import annotations

import re
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.contract import _TOTAL_LABELS
from layers.contract import conform
from layers.errors import ExportError
from layers.errors import ExportUsageError
from layers.export import export_layers
from layers.export import export_table
from layers.export import run
from layers.intake import Choices
from layers.intake import intake
from layers.intake.cell_words import _UNKNOWN
from layers.values import clean_text
from layers.words import squeezed

if TYPE_CHECKING:
    from pathlib import Path

    from layers.catalogue import Catalogue

LON, LAT = 121.505612, 31.299034
TINY = shapely.Point(121.51, 31.31).buffer(0.00001)
Tables = dict[str, Any]


# --- audience, marks, choices ----------------------------------------------


@pytest.mark.parametrize("fmt", ["gpkg", "csv", "xlsx", "geojson"])
def test_a_public_copy_shows_nothing_internal(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path, fmt: str
) -> None:
    path = tmp_path / f"a.{'zip' if fmt in ('csv', 'geojson') else fmt}"
    report = export(
        shared, tables, "carriers secrets parks", path, fmt=fmt, audience="public", lang="zh"
    )
    assert [key for key, _, _ in report.layers] == ["carriers", "parks"]
    notes = "；".join(note.zh for note in report.notes)
    assert "未送审不得公开" in notes
    assert "内部点" in notes
    unpacked = tmp_path / "unpacked"
    if zipfile.is_zipfile(path):
        zipfile.ZipFile(path).extractall(unpacked)
    files = [f for f in (*unpacked.rglob("*"), path) if f.is_file()]
    for secret in ("tax_wan", "税收", "12.3456", "S1", str(LON)):
        for file in files:
            assert secret.encode() not in file.read_bytes(), (secret, file)


def test_public_coordinates_are_coarse_and_whole(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    tables["zones"].loc[0, "geometry"] = TINY
    for crs in ("EPSG:4490", "EPSG:4549"):
        path = tmp_path / f"{crs[5:]}.gpkg"
        export(shared, tables, "zones parks", path, crs=crs, audience="public")
        for key, kinds in (("zones", ["Point", "Polygon"]), ("parks", ["Polygon", "Point", None])):
            back = pyogrio.read_dataframe(path, layer=key)
            # In metres too they are places of the one grid in degrees.
            xy = shapely.get_coordinates(back.geometry.to_crs(4490).to_numpy()) / 1e-4
            assert np.abs(xy - xy.round()).max() < 1e-4
            assert shapely.is_valid(back.geometry.dropna().to_numpy()).all()
            assert [g and g.geom_type.removeprefix("Multi") for g in back.geometry] == kinds


def test_only_internal_layers_cannot_be_published(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    with pytest.raises(ExportError, match="secrets"):
        export(shared, tables, "secrets", tmp_path / "a.gpkg", audience="public")
    with pytest.raises(ExportError, match="没有选择"):
        export_layers(tables, [], shared, fmt="gpkg", path=tmp_path / "a.gpkg")


def test_layers_without_marks_say_none(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    clean = tables["zones"].assign(boundary_status="official")
    report = export(shared, {"zones": clean}, "zones", tmp_path / "z.geojson")
    assert "示意" not in (tmp_path / "z.geojson").read_text(encoding="utf-8")
    assert [n.zh for n in report.notes] == ["内部资料 注意保管"]


def test_sources_are_spelled_out(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    sources = pd.DataFrame(
        {
            "source_id": ["plan"],
            "title_zh": ["行动方案"],
            "title_en": ["Action plan"],
            "publisher": ["区政府"],
            "licence": [None],
        },
        dtype="str",
    )
    export(shared, tables, "parks", tmp_path / "a.gpkg", sources=sources)
    readme = pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="_readme")
    assert readme["来源"][0] == "osm\nplan: 行动方案, 区政府"


@pytest.mark.parametrize("crs", ["GCJ02", "EPSG:0", "/etc/passwd", "EPSG:5773"])
def test_systems_that_cannot_be_exported(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path, crs: str
) -> None:
    with pytest.raises(ExportError, match="EPSG:4549"):
        export(shared, tables, "parks", tmp_path / "a.gpkg", crs=crs)


@pytest.mark.parametrize("crs", ["EPSG:4214", "EPSG:2436", "EPSG:4610", "EPSG:2366", "EPSG:4267"])
def test_datums_without_a_known_way_are_refused(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path, crs: str
) -> None:
    """Beijing 1954, Xian 1980 and others: PROJ would write them without any shift."""
    for fmt in ("gpkg", "csv"):
        with pytest.raises(ExportUsageError, match="转换参数"):
            export(shared, tables, "parks", tmp_path / f"a.{fmt}", crs=crs)
    assert list(tmp_path.glob("a*")) == []


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:3395"])
def test_mercator_warns_wherever_it_can(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path, crs: str
) -> None:
    warning = "面积与距离失真"
    report = export(shared, tables, "parks", tmp_path / "m.gpkg", crs=crs)
    assert warning in report.notes[1].zh
    assert "not for measuring" in report.notes[1].en
    with closing(sqlite3.connect(tmp_path / "m.gpkg")) as database:
        (told,) = database.execute(
            "select description from gpkg_contents where table_name = 'parks'"
        )
        (readme,) = database.execute('select "坐标系" from _readme')
    assert warning in told[0]
    assert warning in readme[0]
    for crs_without in ("EPSG:4549", "EPSG:32651", "EPSG:4490"):
        report = export(shared, tables, "parks", tmp_path / "t.gpkg", crs=crs_without)
        assert not any("失真" in note.zh for note in report.notes)


def test_unknown_formats(export: Any, shared: Catalogue, tables: Tables, tmp_path: Path) -> None:
    with pytest.raises(ExportUsageError, match="gpkg"):
        export(shared, tables, "parks", tmp_path / "a.dwg")
    with pytest.raises(ExportUsageError, match="parquet"):
        export_table(pd.DataFrame({"a": [1]}), tmp_path / "a.doc")


@pytest.mark.parametrize(
    ("fmt", "name"),
    [
        ("gpkg", "y.csv"),
        ("csv", "y.xlsx"),
        ("geojson", "y.json"),
        ("xlsx", "y"),
        ("csv", "y.zip.csv2"),
    ],
)
def test_the_ending_fits_the_format(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path, fmt: str, name: str
) -> None:
    with pytest.raises(ExportUsageError, match=rf"{re.escape(name)}.*\.{fmt}"):
        export(shared, tables, "parks", tmp_path / name, fmt=fmt)
    assert list(tmp_path.glob("y*")) == []
    for ending in (fmt.upper(), "zip"):
        report = export(shared, tables, "parks", tmp_path / f"y.{ending}", fmt=fmt)
        assert report.path.is_file()


# --- reading back ----------------------------------------------------------


def _lose_row(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:-1]


def _change_text(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(name=frame["name"].str.replace("园", "圆"))


def _move(frame: Any) -> Any:
    return frame.set_geometry(frame.geometry.translate(1e-6, 0))


def _forget_place(frame: Any) -> Any:
    return frame.assign(geometry=None).set_geometry("geometry", crs="EPSG:4490")


@pytest.mark.parametrize("fmt", ["gpkg", "geojson", "csv", "xlsx"])
@pytest.mark.parametrize("damage", [_lose_row, _change_text, _move, _forget_place])
def test_a_file_that_reads_back_differently_is_not_handed_out(
    export: Any,
    shared: Catalogue,
    tables: Tables,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fmt: str,
    damage: Any,
) -> None:
    """A writer that writes something else than it was given."""
    path = tmp_path / f"a.{fmt}"
    path.write_bytes(b"old")
    honest = run.FORMATS[fmt]

    def wrong(sheets: Any, target: Path, notes: Any) -> None:
        honest.write([replace(s, frame=damage(s.frame)) for s in sheets], target, notes)

    monkeypatch.setitem(run.FORMATS, fmt, replace(honest, write=wrong))
    points = {"parks": tables["parks"].iloc[1:2].reset_index(drop=True)}
    with pytest.raises(ExportError, match="回读校验"):
        export(shared, points, "parks", path, fmt=fmt)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.glob("*") if p.is_file()] == [path.name]


def test_a_layer_stamped_with_another_system_is_caught(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = run.FORMATS["gpkg"]

    def wrong(sheets: Any, target: Path, notes: Any) -> None:
        stamped = [
            replace(s, frame=s.frame.set_crs("EPSG:4326", allow_override=True)) for s in sheets
        ]
        honest.write(stamped, target, notes)

    monkeypatch.setitem(run.FORMATS, "gpkg", replace(honest, write=wrong))
    with pytest.raises(ExportError, match="坐标系"):
        export(shared, tables, "parks", tmp_path / "a.gpkg")
    assert not (tmp_path / "a.gpkg").exists()


def test_text_that_a_cell_cannot_hold_is_no_silent_loss(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    tables["carriers"].loc[0, "name"] = "长" * 40_000
    with pytest.raises(ExportError, match="name"):
        export(shared, tables, "carriers", tmp_path / "a.xlsx")
    assert list(tmp_path.glob("*.xlsx")) == []
    export(shared, tables, "carriers", tmp_path / "a.csv")


def test_a_folder_that_cannot_be_written(
    export: Any, shared: Catalogue, tables: Tables, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ExportError, match="无法写入"):
        export(shared, tables, "parks", tmp_path / "file" / "a.gpkg")


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    texts=st.lists(
        # To our reader a row that is called a total is one, and a stroke means unknown.
        st.text(max_size=30).filter(
            lambda t: (
                clean_text(t).strip().lower() not in _TOTAL_LABELS
                and squeezed(clean_text(t)) not in _UNKNOWN
            )
        ),
        min_size=20,
        max_size=40,
    )
)
def test_any_text_survives_every_format(
    export: Any, shared: Catalogue, tmp_path: Path, texts: list[str]
) -> None:
    rows = [{"carrier_id": f"C{i}", "name": text} for i, text in enumerate(texts)]
    frame = conform(pd.DataFrame(rows, dtype=object), shared.layer("carriers")).accepted
    expected = [clean_text(text).strip() for text in texts]
    for suffix in (".csv", ".gpkg", ".xlsx", ".geojson"):
        path = tmp_path / f"a{suffix}"
        export(shared, {"carriers": frame}, "carriers", path)
        back = intake(path, shared.layer("carriers"), shared, Choices(crs="EPSG:4490")).accepted
        assert back["name"].fillna("").tolist() == expected
