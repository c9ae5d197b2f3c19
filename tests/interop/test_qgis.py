"""QGIS opens our GeoPackage and draws it as the web map does."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.errors import Text
from layers.export import export_layers
from layers.frames import empty_column
from layers.frames import layer_frame
from layers.picture import MapLayer
from layers.picture import Picture
from layers.style import StyleClass
from layers.style import layer_style
from layers.themes import Theme
from layers.themes import resolve

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.style import LayerStyle
    from layers.style import Symbol

DRAW = Path(__file__).with_name("qgis_draw.py")
SIZE = 900
SYSTEM = "EPSG:4549"
STEP, HALF = 0.003, 0.0009
HATCHED_GROUND = 0.45  # of the web map
PARTS = np.linspace(0, 1, 400, endpoint=False)  # of the way around a square
HOSTILE = ("O'Brien \\ n", '"quoted" & <tag>', "a\nb", "100%_*?")
CATALOGUE = load_catalogue()
PLACED = [spec for spec in CATALOGUE.layers if spec.geometry]


@dataclass(frozen=True)
class Drawn:
    """What QGIS said of a layer, and the picture that it drew."""

    answer: dict[str, Any]
    picture: NDArray[np.float64]
    folder: Path

    def at(self, x: float, y: float, half: int) -> NDArray[np.float64]:
        """Return the colours (0 to 255) around a place of the map, shape (n, n, 3)."""
        west, south, east, north = self.answer["extent"]
        column = int((x - west) / (east - west) * SIZE)
        row = int((north - y) / (north - south) * SIZE)
        return self.picture[row - half : row + half + 1, column - half : column + half + 1]

    def other(self, name: str) -> NDArray[np.float64]:
        key, kind = self.answer["name"], self.answer["kind"]
        return _picture(self.folder / f"{key}-{kind}-{name}.png")


def _picture(path: Path) -> NDArray[np.float64]:
    return np.round(matplotlib.image.imread(path)[:, :, :3].astype(float) * 255)


def _made(spec: LayerSpec, values: list[Any], field: str, kinds: tuple[str, ...]) -> Any:
    """Return a layer with a feature of every kind for every value, official and sketched."""
    statuses = ["official", "sketch"] if spec.has_field("boundary_status") else [None]
    rows = [
        (value, status, kind)
        for kind in kinds
        for value in values
        for status in (statuses if kind == "polygon" else statuses[:1])
    ]
    side = int(np.ceil(np.sqrt(len(rows))))
    shapes = [_shape(row[2], n % side, n // side) for n, row in enumerate(rows)]
    columns = {f.name: empty_column(f, len(rows)) for f in spec.fields}

    def put(name: str, cells: list[Any]) -> None:
        columns[name] = pd.Series(cells, dtype=columns[name].dtype)

    put(spec.id_field, [f"ID{n}" for n in range(len(rows))])
    if spec.name_field:
        put(spec.name_field, [f"名称{n}" for n in range(len(rows))])
    if spec.has_field("boundary_status"):
        put("boundary_status", [row[1] for row in rows])
    if field:
        put(field, [row[0] for row in rows])
    return layer_frame(columns, spec, shapes)


def _shape(kind: str, column: int, row: int) -> Any:
    x, y = 121.45 + STEP * column, 31.35 - STEP * row
    if kind == "point":
        return shapely.Point(x, y)
    if kind == "line":
        return shapely.LineString([(x - HALF, y), (x + HALF, y)])
    return shapely.box(x - HALF, y - HALF, x + HALF, y + HALF)


def _usual(spec: LayerSpec) -> tuple[Any, LayerStyle]:
    style = layer_style(spec, CATALOGUE.folder)
    values = [*(entry.value for entry in style.classes), None]
    if style.by_prefix:
        values += ["990000", "08010101"]
    return _made(spec, values, style.field, spec.geometry), style


def _draw(
    catalogue: Catalogue,
    tables: dict[str, Any],
    styles: dict[str, LayerStyle],
    folder: Path,
    python: str,
) -> dict[tuple[str, str], Drawn]:
    path = folder / "图集.gpkg"
    specs = [catalogue.layer(key) for key in tables]
    export_layers(tables, specs, catalogue, fmt="gpkg", path=path, crs=SYSTEM, styles=styles)
    with closing(sqlite3.connect(path)) as database:
        stored = database.execute("SELECT f_table_name, styleQML, styleSLD FROM layer_styles")
        for key, qml, sld in stored:
            (folder / f"{key}.qml").write_text(qml, encoding="utf-8")
            (folder / f"{key}.sld").write_text(sld, encoding="utf-8")
    kinds = {spec.key: _kinds(tables[spec.key]) for spec in specs}
    wishes = [
        {"name": key, "kind": kind, "mixed": len(found) > 1}
        for key, found in kinds.items()
        for kind in found
    ]
    job = {"path": str(path), "folder": str(folder), "size": SIZE, "layers": wishes}
    answer = folder / "answer.json"
    (folder / "job.json").write_text(json.dumps({**job, "answer": str(answer)}), encoding="utf-8")
    ran = subprocess.run(  # noqa: S603 -- our own script
        [python, str(DRAW), str(folder / "job.json")],
        env={
            "PATH": os.environ["PATH"],
            "QT_QPA_PLATFORM": "offscreen",
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "LC_ALL": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    answers = json.loads(answer.read_text(encoding="utf-8"))
    return {
        (a["name"], a["kind"]): Drawn(a, _picture(folder / f"{a['name']}-{a['kind']}.png"), folder)
        for a in answers
    }


def _kinds(frame: gpd.GeoDataFrame) -> list[str]:
    names = {0: "point", 1: "line", 2: "polygon"}
    return [names[d] for d in sorted(set(shapely.get_dimensions(frame.geometry.to_numpy())))]


@pytest.fixture(scope="module")
def drawn(
    qgis_python: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Drawn]:
    """Every layer of the catalogue that has a place, in its usual style, drawn once."""
    made = {spec.key: _usual(spec) for spec in PLACED}
    tables = {key: frame for key, (frame, _) in made.items()}
    styles = {key: style for key, (_, style) in made.items()}
    return _draw(CATALOGUE, tables, styles, tmp_path_factory.mktemp("qgis"), qgis_python)


def _each_feature(frame: Any, spec: LayerSpec, style: LayerStyle) -> list[tuple[Any, Symbol]]:
    """Return the shape in the CRS of the file, and the symbol of the web map, of every row."""
    layer = MapLayer(spec.key, "", frame, style, spec.id_field, spec.name_field)
    (payload,) = Picture([layer]).payload()["layers"]
    shapes = frame.geometry.to_crs(SYSTEM)
    ids = {f["id"].split(":", 1)[1]: f["properties"]["symbol"] for f in payload["data"]["features"]}
    symbol = style.default
    return [
        (shape, replace(symbol, **payload["symbols"][ids[key]]))
        for key, shape in zip(frame[spec.id_field], shapes, strict=True)
    ]


def _on_white(colour: str, opacity: float) -> NDArray[np.float64]:
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=float)
    return 255 - opacity * (255 - rgb)


def _share(window: NDArray[np.float64], colour: NDArray[np.float64]) -> float:
    """Return the share of a window that has a colour, up to rounding."""
    return float((np.abs(window - colour).max(axis=2) <= 2.5).mean())


def _check_colours(drawn: Drawn, frame: Any, spec: LayerSpec, style: LayerStyle) -> int:
    checked = 0
    for shape, symbol in _each_feature(frame, spec, style):
        kind = {0: "point", 1: "line", 2: "polygon"}[int(shapely.get_dimensions(shape))]
        if kind != drawn.answer["kind"]:
            continue
        _check_feature(drawn, shape, symbol, kind)
        checked += 1
    return checked


def _check_feature(drawn: Drawn, shape: Any, symbol: Symbol, kind: str) -> None:
    x, y = shape.centroid.x, shape.centroid.y
    none = symbol.fill == "none"
    fill = _on_white("#ffffff" if none else symbol.fill, symbol.fill_opacity)
    if kind == "point":
        # The outline of a small symbol reaches almost to its middle.
        assert np.abs(drawn.at(x, y, 1) - fill).max(axis=2).min() <= 5, symbol
    elif kind == "line":
        stroke = _on_white(symbol.stroke, symbol.opacity)
        # Across the line: it may lie between two rows of pixels, in which it is paler.
        ink = (255 - drawn.at(x, y, 8)).sum(axis=0)
        strongest = ink[ink.sum(axis=1).argmax()] / symbol.width
        assert strongest == pytest.approx(255 - stroke, rel=0.25), symbol
    elif symbol.hatch:
        window = drawn.at(x, y, 9)
        ground = _on_white(symbol.fill, symbol.fill_opacity * HATCHED_GROUND)
        assert _share(window, ground) > 0.3, symbol
        # Lines are smoothed; the darkest of them comes close to the full colour.
        assert np.abs(window - ground).max() > 0.4 * np.abs(fill - ground).max(), symbol
    else:
        assert _share(drawn.at(x, y, 6), fill) == 1, symbol


@pytest.mark.parametrize("spec", PLACED, ids=lambda spec: spec.key)
def test_layers_open_with_the_colours_of_the_web_map(
    drawn: dict[tuple[str, str], Drawn], spec: LayerSpec
) -> None:
    frame, style = _usual(spec)
    checked = [_check_colours(drawn[spec.key, k], frame, spec, style) for k in spec.geometry]
    assert sum(checked) == len(frame)


@pytest.mark.parametrize("spec", PLACED, ids=lambda spec: spec.key)
def test_style_files_load_without_error(
    drawn: dict[tuple[str, str], Drawn], spec: LayerSpec
) -> None:
    style = layer_style(spec, CATALOGUE.folder)
    for kind in spec.geometry:
        answer = drawn[spec.key, kind].answer
        assert answer["valid"]
        assert answer["opacity"] == 1
        message, done, renderer, entries = answer["qml"]
        assert (message, done) == ("", True)
        assert renderer == answer["renderer"]
        assert entries >= len(style.classes) + bool(style.classes)
        message, done, _, entries = answer["sld"]
        assert (message, done) == ("", True)
        assert entries >= len(style.classes)


@pytest.mark.parametrize("spec", PLACED, ids=lambda spec: spec.key)
def test_labels_are_drawn_from_their_scale_on(
    drawn: dict[tuple[str, str], Drawn], spec: LayerSpec
) -> None:
    style = layer_style(spec, CATALOGUE.folder)
    for kind in spec.geometry:
        found = drawn[spec.key, kind]
        assert found.answer["label_field"] == style.label_field
        assert found.answer["labels_enabled"] == bool(style.label_field)
        if style.label_field:
            without, labelled = (found.other(f"labels-{n}") for n in (0, 1))
            assert (np.abs(labelled - without).max(axis=2) > 60).sum() > 50
            assert np.array_equal(found.other("far-0"), found.other("far-1"))


@pytest.mark.parametrize("spec", PLACED, ids=lambda spec: spec.key)
def test_headings_are_chinese(drawn: dict[tuple[str, str], Drawn], spec: LayerSpec) -> None:
    answer = drawn[spec.key, spec.geometry[0]].answer
    for field in spec.fields:
        unit = f"（{field.unit}）" if field.unit else ""
        assert answer["aliases"][field.name] == field.title.zh + unit
        assert (answer["widgets"][field.name] == "ValueMap") == bool(field.choices)


def test_sketched_boundaries_are_dashed_and_official_ones_are_not(
    drawn: dict[tuple[str, str], Drawn],
) -> None:
    spec = CATALOGUE.layer("district")
    frame, style = _usual(spec)
    shares = {}
    for status, (shape, symbol) in zip(
        frame["boundary_status"], _each_feature(frame, spec, style), strict=True
    ):
        colour = _on_white(symbol.stroke, symbol.opacity)
        places = [shape.exterior.interpolate(part, normalized=True) for part in PARTS]
        near = [
            np.abs(drawn[spec.key, "polygon"].at(p.x, p.y, 1) - colour).max(axis=2).min()
            for p in places
        ]
        shares[status] = float(np.mean(np.array(near) < 30))
    assert shares["official"] > 0.95
    # Dashes of 4 and gaps of 9 pixels, looked at through a window of 3.
    assert 0.2 < shares["sketch"] < 0.65


def test_classes_of_numbers_and_unknown_values(qgis_python: str, tmp_path: Path) -> None:
    spec = CATALOGUE.layer("buildings")
    field = next(f for f in spec.fields if f.type == "number")
    values = [3.0, 6.0, 9.5, 12.0, 24.0, 60.0, 99.0, None]
    frame = _made(spec, values, field.name, ("polygon",))
    theme = Theme("buildings", field.name, "graduated", "quantiles", 4, "blues")
    style = resolve(theme, spec, frame, layer_style(spec, CATALOGUE.folder))
    drawn = _draw(CATALOGUE, {spec.key: frame}, {spec.key: style}, tmp_path, qgis_python)
    found = drawn[spec.key, "polygon"]
    assert found.answer["legend"] == [*(c.title.zh for c in style.classes), "未知"]
    assert _check_colours(found, frame, spec, style) == len(values)


def test_values_with_quotes_and_signs_find_their_class(qgis_python: str, tmp_path: Path) -> None:
    spec = CATALOGUE.layer("parks")
    base = layer_style(spec, CATALOGUE.folder)
    colours = ("#112233", "#cc3311", "#009988", "#ee7733")
    classes = tuple(
        StyleClass(value, Text(value, value), replace(base.default, fill=colour))
        for value, colour in zip(HOSTILE, colours, strict=True)
    )
    # Points alone are classes by value, points and areas are rules.
    for number, kinds in enumerate([("point",), ("point", "polygon")]):
        frame = _made(spec, [*HOSTILE, "other"], "name", kinds)
        style = replace(base, field="name", classes=classes, label_field="")
        folder = tmp_path / str(number)
        folder.mkdir()
        frame["name"] = pd.Series(_cycled([*HOSTILE, "other"], len(frame)), dtype="str")
        drawn = _draw(CATALOGUE, {spec.key: frame}, {spec.key: style}, folder, qgis_python)
        checked = [_check_colours(found, frame, spec, style) for found in drawn.values()]
        assert sum(checked) == len(frame)


def _cycled(values: list[str], length: int) -> list[str]:
    return [values[n % len(values)] for n in range(length)]


def test_labels_start_where_the_web_map_starts_them(
    drawn: dict[tuple[str, str], Drawn],
) -> None:
    zooms = set()
    for (key, _), d in drawn.items():
        if not d.answer["label_field"]:
            continue
        frame, style = _usual(CATALOGUE.layer(key))
        _, south, _, north = frame.total_bounds
        # The scale of a zoom of 256-pixel tiles of 0.28 mm at the equator, OGC 17-083r4 annex D.
        equator = 559_082_264.029 / 2**style.label_min_zoom
        expected = equator * np.cos(np.radians((south + north) / 2))
        assert d.answer["label_scale"] == pytest.approx(expected, rel=1e-3), key
        zooms.add(style.label_min_zoom)
    assert len(zooms) > 2
