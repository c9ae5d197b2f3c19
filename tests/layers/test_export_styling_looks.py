"""Styles for other programs: symbols, labels, and the table of a GeoPackage."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from layers.errors import ExportError
from layers.errors import Text
from layers.export import export_layers
from layers.export.notes import Notes
from layers.export.sheets import Sheet
from layers.export.styling import add_layer_styles
from layers.export.styling import check_layer_styles
from layers.export.styling import qml_text
from layers.export.styling import sld_text
from layers.export.styling.measures import dash_lengths
from layers.export.styling.measures import plain
from layers.export.styling.measures import scale_of_zoom
from layers.intake.readers.geofiles import read_gpkg
from layers.intake.source import Request
from layers.ramps import HATCHES
from layers.ramps import SHAPES
from layers.style import Symbol
from tests.layers.styling_hand import CATALOGUE
from tests.layers.styling_hand import SE
from tests.layers.styling_hand import SHAPE
from tests.layers.styling_hand import STAMP
from tests.layers.styling_hand import catalogue_sheet
from tests.layers.styling_hand import fill_of
from tests.layers.styling_hand import legend_of
from tests.layers.styling_hand import made_sheet
from tests.layers.styling_hand import made_style
from tests.layers.styling_hand import properties
from tests.layers.styling_hand import qml
from tests.layers.styling_hand import sld
from tests.layers.styling_hand import symbol_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.catalogue import Catalogue


# --- symbols ---------------------------------------------------------------


def _layers(symbol: Symbol, kind: str) -> list[tuple[str, dict[str, str]]]:
    sheet = made_sheet(made_style(default=symbol), ["x"], shapes=[SHAPE[kind]])
    return [
        (layer.attrib["class"], properties(layer))
        for layer in symbol_of(qml(sheet), "0").findall("layer")
    ]


def test_sketched_boundaries_are_dashed_rules_of_their_own() -> None:
    values = ["a", "a", "b", None]
    sheet = made_sheet(
        made_style("a", "b"), values, status=["sketch", "official", "official", None]
    )
    root = qml(sheet)
    legend = dict(legend_of(root))
    assert list(legend) == ["类a", "类a（示意）", "类b", "未分类"]
    dashes = {
        label: properties(symbol_of(root, number).findall("layer")[-1])["customdash"]
        for label, number in legend.items()
    }
    # 4 and 9 CSS pixels in millimetres.
    assert dashes == {"类a": "", "类a（示意）": "1.0583;2.3813", "类b": "", "未分类": ""}
    rules = {r.attrib["label"]: r.attrib["filter"] for r in root.iter("rule")}
    assert "\"boundary_status\" = 'sketch'" in rules["类a（示意）"]
    assert "NOT (\"boundary_status\" = 'sketch')" in rules["类a"]
    assert "boundary_status" not in rules["类b"]
    arrays = [e.text for e in sld(sheet).iter(f"{SE}SvgParameter") if "dash" in e.attrib["name"]]
    assert arrays == ["4 9"]


def test_points_are_never_sketched() -> None:
    sheet = made_sheet(made_style(), ["x"], shapes=[SHAPE["point"]], status=["sketch"])
    renderer = qml(sheet).find("renderer-v2")
    assert renderer is not None
    assert renderer.attrib["type"] == "singleSymbol"


def test_sizes_are_millimetres_of_css_pixels() -> None:
    symbol = Symbol(size=96, width=9.6, fill_opacity=0.5, opacity=0.2, dash="96 48 24")
    ((kind, marker),) = _layers(symbol, "point")
    assert kind == "SimpleMarker"
    assert (marker["size"], marker["outline_width"]) == ("25.4", "2.54")
    assert marker["color"].endswith(",128")
    assert marker["outline_color"].endswith(",51")
    ((kind, line),) = _layers(symbol, "line")
    assert kind == "SimpleLine"
    assert line["line_width"] == "2.54"
    # An odd pattern is repeated, as SVG does.
    assert line["customdash"] == "25.4;12.7;6.35;25.4;12.7;6.35"


@pytest.mark.parametrize("shape", [*SHAPES, "cross", "lock"])
def test_every_shape_is_drawn_unlike_the_others(shape: str) -> None:
    drawn = {s: _layers(Symbol(shape=s), "point") for s in (*SHAPES, "cross", "lock")}
    own = drawn.pop(shape)
    assert own not in drawn.values()
    root = sld(made_sheet(made_style(default=Symbol(shape=shape)), ["x"], shapes=[SHAPE["point"]]))
    assert len(list(root.iter(f"{SE}Mark"))) == 1


@pytest.mark.parametrize("hatch", [*HATCHES, "back"])
def test_every_hatch_is_a_pattern_over_a_paler_ground(hatch: str) -> None:
    layers = _layers(Symbol(hatch=hatch, fill_opacity=1.0), "polygon")
    patterns = [kind for kind, _ in layers if "Pattern" in kind]
    lines = {"": 0, "dots": 1, "cross": 2}.get(hatch, 1)
    assert len(patterns) == lines
    assert layers[0][1]["color"].endswith(",115" if hatch else ",255")
    assert layers[-1][0] == "SimpleLine"
    root = sld(made_sheet(made_style(default=Symbol(hatch=hatch)), ["x"]))
    assert len(list(root.iter(f"{SE}GraphicFill"))) == bool(hatch)


def test_what_is_invisible_is_not_drawn() -> None:
    symbol = Symbol(fill="none", stroke="none", hatch="cross")
    assert [kind for kind, _ in _layers(symbol, "polygon")] == ["SimpleFill"]
    assert _layers(symbol, "polygon")[0][1]["color"] == "0,0,0,0"
    root = sld(made_sheet(made_style(default=symbol), ["x"]))
    assert not list(root.iter(f"{SE}SvgParameter"))


def test_areas_among_points_are_pale_and_each_kind_has_its_rules() -> None:
    sheet = made_sheet(made_style("a"), ["a", "a"], shapes=[SHAPE["point"], SHAPE["polygon"]])
    root = qml(sheet)
    symbols = [symbol_of(root, number) for _, number in legend_of(root)]
    assert [s.attrib["type"] for s in symbols] == ["fill", "fill", "marker", "marker"]
    assert fill_of(symbols[0]) == "0,0,1,76"
    assert fill_of(symbols[2]) == "0,0,1,217"
    # QGIS would refuse the style of one kind for the other.
    assert root.find("layerGeometryType") is None
    assert qml(made_sheet(made_style(), ["a"])).findtext("layerGeometryType") == "2"


def test_a_layer_without_any_place_has_a_style_for_every_kind() -> None:
    sheet = made_sheet(made_style(), ["x"], shapes=[None])
    root = qml(sheet)
    types = [symbol_of(root, number).attrib["type"] for _, number in legend_of(root)]
    assert types == ["fill", "line", "marker"]


# --- labels and headings ---------------------------------------------------


def test_labels_name_their_field_font_and_scale() -> None:
    sheet = made_sheet(made_style(label_field="v", label_min_zoom=11), ["x"])
    root = qml(sheet)
    assert root.attrib["labelsEnabled"] == "1"
    text = root.find("labeling/settings/text-style")
    shown = root.find("labeling/settings/rendering")
    assert text is not None
    assert shown is not None
    assert text.attrib["fieldName"] == "v"
    assert {"Noto Sans CJK SC", "SimHei"} <= {e.attrib["name"] for e in text.iter("family")}
    # 559,082,264 / 2¹¹: the places of the sheet are at the equator.
    assert int(shown.attrib["scaleMax"]) == pytest.approx(272_989, abs=1)
    assert sld(sheet).findtext(f".//{SE}MaxScaleDenominator") == shown.attrib["scaleMax"]
    assert qml(made_sheet(made_style(), ["x"])).attrib["labelsEnabled"] == "0"


@pytest.mark.parametrize(("lang", "heading"), [("zh", "值（m）"), ("en", "Value (m)")])
def test_fields_have_headings_with_units(lang: str, heading: str) -> None:
    aliases = qml(made_sheet(made_style(), ["x"]), lang).findall("aliases/alias")
    assert [(a.attrib["field"], a.attrib["name"]) for a in aliases] == [("v", heading)]


def test_numbers_are_written_short() -> None:
    assert [plain(n) for n in (1.0, 0.25, 1 / 3, -1e-9, 100.0)] == [
        "1",
        "0.25",
        "0.3333",
        "0",
        "100",
    ]
    assert dash_lengths("") == ()
    assert dash_lengths("4 9") == (4, 9)
    assert scale_of_zoom(0, 31.3) == pytest.approx(477_710_000, rel=1e-4)
    assert scale_of_zoom(3, 60.0) == pytest.approx(559_082_264 / 16, rel=1e-6)


@pytest.mark.parametrize("crs", [4490, 4326, 4547])
def test_scales_are_of_the_latitude_of_the_places(crs: int) -> None:
    places = gpd.GeoSeries.from_xy([114.1, 114.2, None], [29.9, 30.14, None], crs=4490).to_crs(crs)
    sheet = Sheet("x", Text("x", "x"), Text("x", "x"), (), gpd.GeoDataFrame(geometry=places))
    assert sheet.latitude == 30.0
    assert replace(sheet, frame=sheet.frame.iloc[:0]).latitude == 28.5
    assert replace(sheet, frame=pd.DataFrame({"a": [1]})).latitude == 28.5


@pytest.mark.parametrize("text", [qml_text, sld_text])
def test_equal_sheets_give_equal_texts_and_none_without_style(
    text: Callable[[Sheet, str], str],
) -> None:
    spec = CATALOGUE.layer("parks")
    assert text(catalogue_sheet(spec), "zh") == text(catalogue_sheet(spec), "zh")
    with pytest.raises(ValueError, match="`sheet` must have a style"):
        text(made_sheet(None, ["x"]), "zh")


# --- the table of a GeoPackage ---------------------------------------------


def _notes() -> Notes:
    return Notes("zh", (), pd.DataFrame(), pd.DataFrame(), STAMP)


def _package(path: Path, *names: str) -> list[Sheet]:
    """Write a GeoPackage with plain layers of these names, and return their sheets."""
    sheets = []
    for name in names:
        sheet = replace(made_sheet(made_style("a"), ["a"]), key=name)
        pyogrio.write_dataframe(sheet.frame, path, layer=name, driver="GPKG", append=path.exists())
        sheets.append(sheet)
    return sheets


def test_the_table_of_styles_is_that_of_qgis(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    sheets = _package(path, "one", "two")
    add_layer_styles(path, sheets, _notes())
    check_layer_styles(path, sheets)
    with closing(sqlite3.connect(path)) as database:
        names = [row[1] for row in database.execute("PRAGMA table_info(layer_styles)")]
        rows = database.execute(
            "SELECT f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
            " useAsDefault, owner, update_time FROM layer_styles"
        ).fetchall()
        kind, changed = database.execute(
            "SELECT data_type, last_change FROM gpkg_contents WHERE table_name = 'layer_styles'"
        ).fetchone()
        (mode,) = database.execute("PRAGMA journal_mode").fetchone()
    assert names == [
        *("id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column"),
        *("styleName", "styleQML", "styleSLD", "useAsDefault", "description", "owner", "ui"),
        "update_time",
    ]
    time = "2026-11-26T09:30:00.000Z"
    # Two layers of one title have two names of styles.
    assert rows == [
        ("", "", "one", "geom", "图层 one", 1, "", time),
        ("", "", "two", "geom", "图层 two", 1, "", time),
    ]
    assert (kind, changed, mode) == ("attributes", time, "delete")
    assert [p.name for p in tmp_path.iterdir()] == ["a.gpkg"]


def test_layers_without_style_or_place_have_no_style(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    (sheet,) = _package(path, "one")
    before = path.read_bytes()
    table = replace(sheet, frame=pd.DataFrame(sheet.frame.drop(columns="geometry")))
    add_layer_styles(path, [replace(sheet, style=None), table], _notes())
    check_layer_styles(path, [replace(sheet, style=None), table])
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE layer_styles",
        "DELETE FROM layer_styles WHERE f_table_name = 'two'",
        "UPDATE layer_styles SET useAsDefault = 0",
        "UPDATE layer_styles SET styleQML = '<qgis>'",
        "UPDATE layer_styles SET styleSLD = NULL",
        "UPDATE layer_styles SET f_geometry_column = 'shape'",
        "UPDATE layer_styles SET styleName = 'one'",
    ],
)
def test_a_file_without_its_styles_is_not_handed_out(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.gpkg"
    sheets = _package(path, "one", "two")
    add_layer_styles(path, sheets, _notes())
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(damage)
    with pytest.raises(ExportError, match="styles"):
        check_layer_styles(path, sheets)


def test_an_export_carries_its_styles_and_is_imported_without_them(
    shared: Catalogue, tables: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "a.gpkg"
    export_layers(tables, [shared.layer("carriers")], shared, fmt="gpkg", path=path)
    listed = {name for name, _ in pyogrio.list_layers(path)}
    assert "layer_styles" in listed
    # The only layer that is offered is the layer itself.
    assert read_gpkg(Request(path)).part == "carriers"


def test_a_public_export_has_no_style_by_an_internal_field(
    shared: Catalogue, tables: dict[str, Any], tmp_path: Path
) -> None:
    spec = shared.layer("carriers")
    internal = next(f.name for f in spec.fields if f.sensitivity == "internal")
    style = replace(made_style("机密类"), field=internal, label_field=internal, breaks=(0.0, 99.0))
    for audience, told in (("internal", True), ("public", False)):
        path = tmp_path / f"{audience}.gpkg"
        export_layers(
            *(tables, [spec], shared),
            fmt="gpkg",
            path=path,
            audience=audience,  # type: ignore[arg-type]
            styles={"carriers": style},
        )
        assert ("机密类".encode() in path.read_bytes()) == told


def test_equal_styles_of_one_time_give_equal_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a.gpkg", tmp_path / "b.gpkg"
    sheets = _package(first, "one", "two")
    second.write_bytes(first.read_bytes())
    for path in (first, second):
        add_layer_styles(path, sheets, _notes())
    assert first.read_bytes() == second.read_bytes()
