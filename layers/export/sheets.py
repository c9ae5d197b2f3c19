"""Layers made ready for a file: fields, coordinates and marks of one delivery.

A :class:`Sheet` is what one layer becomes in the file. Writers only write
sheets, and the check compares the file with the same sheets.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import STORAGE_CRS
from layers.catalogue import FieldSpec
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.export.few import without_few
from layers.frames import GEOMETRY
from layers.frames import has_geometry
from layers.frames import to_type
from layers.marks import is_located
from layers.marks import is_sample
from layers.marks import is_sketch
from layers.public_copy import PUBLIC_GRID
from layers.shapes import NORTH
from layers.shapes import SOUTH
from layers.systems import find_system
from layers.values import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyproj
    from numpy.typing import NDArray

    from layers.catalogue import FieldType
    from layers.catalogue import LayerSpec
    from layers.style import LayerStyle

Audience = Literal["internal", "public"]

SAMPLE = Text("示例数据", "示例数据 sample data")
SKETCH = Text("示意", "示意 sketch")
MARK_FIELD = FieldSpec("data_mark", "text", Text("数据标记", "Data mark"))

# 8 decimals of a degree are a millimetre, and so are 3 of a metre.
DECIMALS = {True: 8, False: 3}


DISTORTED = Text(
    "注意：墨卡托坐标系中面积与距离失真，只供显示，不可用于量算",
    "CAUTION: a Mercator projection distorts areas and distances; for display only,"
    " not for measuring",
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One layer as it stands in a file.

    Attributes
    ----------
    key
        Name of the layer in the file.
    title, description
        What it is, for people.
    fields
        The columns, in order.
    frame
        Columns typed as `fields`; a GeoDataFrame if there is geometry.
    style
        How it is drawn, by fields that are among `fields`; ``None`` for no style.
    id_field, name_field
        The fields that identify and name a row; empty for none.
    """

    key: str
    title: Text
    description: Text
    fields: tuple[FieldSpec, ...]
    frame: pd.DataFrame
    style: LayerStyle | None = None
    id_field: str = ""
    name_field: str = ""

    @property
    def crs(self) -> pyproj.CRS | None:
        """CRS of the coordinates, ``None`` without geometry."""
        return self.frame.crs if isinstance(self.frame, gpd.GeoDataFrame) else None

    @property
    def distorted(self) -> bool:
        """Whether the coordinates are in a web or world Mercator projection (EPSG:3857 …)."""
        operation = None if self.crs is None else self.crs.coordinate_operation
        method = "" if operation is None else operation.method_name
        return "Mercator" in method and "Transverse" not in method

    @property
    def latitude(self) -> float:
        """Middle latitude of the places, to a tenth of a degree; of the country if there are none.

        Scales of a web map depend on it, and must not move with every feature.
        """
        frame = self.frame
        if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None or not self.located:
            return (SOUTH + NORTH) / 2
        west, south, east, north = frame.total_bounds
        middle = gpd.GeoSeries.from_xy([(west + east) / 2], [(south + north) / 2], crs=frame.crs)
        return round(float(middle.to_crs(STORAGE_CRS).y.iloc[0]), 1)

    @property
    def located(self) -> int:
        """Number of rows with a place."""
        return int(is_located(self.frame).sum())

    @property
    def sample(self) -> bool:
        """Whether any row is sample data."""
        return bool(is_sample(self.frame).any())

    @property
    def sketch(self) -> bool:
        """Whether any row has a sketched boundary."""
        return bool(is_sketch(self.frame).any())

    @property
    def marks(self) -> tuple[Text, ...]:
        """The marks that the sheet as a whole must carry."""
        return tuple(m for m, there in ((SAMPLE, self.sample), (SKETCH, self.sketch)) if there)


def export_crs(text: str) -> pyproj.CRS:
    """Return the CRS of an export.

    Raises
    ------
    ExportUsageError
        If it is not ``EPSG:n``, a system that shifts coordinates, or on a datum
        to which the way from CGCS2000 is not public (Beijing 1954, Xian 1980):
        PROJ would write coordinates that are tens of metres off.
    """
    system = find_system(text)
    if system is None or system.correct is not None:
        raise ExportUsageError(
            Text(
                f"不能导出到坐标系“{text}”；请用 EPSG 编码，如 EPSG:4549",
                f"cannot export in '{text}'; use an EPSG code such as EPSG:4549",
            )
        )
    if not system.datum_known:
        raise ExportUsageError(
            Text(
                f"不能导出到 {system.name}（{system.crs.name}）：CGCS2000 到该大地基准没有公开的"
                "转换参数，位置会偏差几十米；请导出 EPSG:4549，由测绘单位转换",
                f"cannot export in {system.name} ({system.crs.name}): there are no public"
                " parameters from CGCS2000 to its datum, and places would be off by tens of"
                " metres; export in EPSG:4549 and have surveyors convert it",
            )
        )
    return system.crs


def layer_sheet(
    frame: pd.DataFrame,
    spec: LayerSpec,
    *,
    crs: pyproj.CRS,
    audience: Audience,
    lang: str,
    style: LayerStyle | None = None,
) -> Sheet:
    """Make a layer ready.

    Parameters
    ----------
    frame
        The layer, EPSG:4490, column types of the catalogue.
    spec
        Its description.
    crs
        CRS of the delivery.
    audience
        ``public`` leaves out internal fields, leaves empty what tells of one or two
        firms, and rounds coordinates to 0.0001 degrees,
        about 10 m, in every system; a polygon too small for that becomes a point.
    lang
        Language of the marks, ``zh`` or ``en``.
    style
        How it is drawn; what a public copy may not tell by colours or labels is
        taken out of it.
    """
    public = audience == "public"
    fields = tuple(f for f in spec.fields if not (public and f.sensitivity == "internal"))
    told = without_few(frame, spec) if public else frame
    shown = told[[f.name for f in fields]]
    if has_geometry(frame):
        places = frame.geometry
        if public:
            # On one grid, whatever the system: two roundings of a place would narrow it down.
            places = gpd.GeoSeries(coarse(places.to_crs(STORAGE_CRS).to_numpy()), crs=STORAGE_CRS)
        shapes = shapely.orient_polygons(places.to_crs(crs).to_numpy())
        shown = gpd.GeoDataFrame(shown, geometry=shapes, crs=crs)
    names = {f.name for f in fields}
    made = Sheet(
        spec.key,
        spec.title,
        spec.description,
        fields,
        shown,
        style=None if style is None else _told_by(style, names - _of_firms(spec, audience)),
        id_field=spec.id_field if spec.id_field in names else "",
        name_field=spec.name_field if spec.name_field in names else "",
    )
    return _marked(made, lang)


def _of_firms(spec: LayerSpec, audience: Audience) -> set[str]:
    """Return the fields whose classes would tell of single firms, which a public copy has not."""
    return {f.name for f in spec.fields if f.firms} if audience == "public" else set()


def _told_by(style: LayerStyle, names: set[str]) -> LayerStyle:
    """Return a style without what fields that are not delivered would tell."""
    if style.field and style.field not in names:
        style = replace(style, field="", classes=(), breaks=(), by_prefix=False, note=None)
    return style if style.label_field in names else replace(style, label_field="")


def table_sheet(
    frame: pd.DataFrame, key: str, *, title: Text, titles: Mapping[str, Text], lang: str
) -> Sheet:
    """Make a result table ready; its columns are described by their types and `titles`."""
    names = [str(name) for name in frame.columns if name != GEOMETRY]
    fields = tuple(
        FieldSpec(name, _field_type(frame[name]), titles.get(name, Text(name, name)))
        for name in names
    )
    typed = pd.DataFrame({f.name: to_type(frame[f.name], f.type) for f in fields})
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = shapely.orient_polygons(frame.geometry.to_numpy())
        typed = gpd.GeoDataFrame(typed, geometry=shapes, crs=frame.crs)
    return _marked(Sheet(key, title, title, fields, typed), lang)


def flatten(sheet: Sheet, *, wkt: bool) -> Sheet:
    """Return a sheet whose places are columns.

    Points become ``lon`` and ``lat`` (``x`` east and ``y`` north in a projected
    CRS). Other geometries become a ``wkt`` column, or, without `wkt`, the
    coordinates of a point inside them.
    """
    if sheet.crs is None:
        return sheet
    shapes = sheet.frame.geometry.to_numpy()
    degrees = bool(sheet.crs.is_geographic)
    plain = pd.DataFrame(sheet.frame.drop(columns=GEOMETRY))
    if wkt and not set(shapely.get_type_id(shapes)) <= {-1, 0}:
        text = shapely.to_wkt(shapes, rounding_precision=DECIMALS[degrees])
        added = {"wkt": (_WKT, pd.Series(text, index=plain.index, dtype="str"))}
    else:
        xy = _inner_points(shapes).round(DECIMALS[degrees])
        names = zip(_AXES[degrees], xy.T, strict=True)
        added = {f.name: (f, pd.Series(v, index=plain.index)) for f, v in names}
    fields = (*sheet.fields, *(field for field, _ in added.values()))
    values = {name: column for name, (_, column) in added.items()}
    return replace(sheet, fields=fields, frame=plain.assign(**values))


_WKT = FieldSpec("wkt", "text", Text("几何（WKT）", "Geometry (WKT)"))
_AXES: Mapping[bool, tuple[FieldSpec, FieldSpec]] = {
    True: (
        FieldSpec("lon", "number", Text("经度", "Longitude"), unit="°"),
        FieldSpec("lat", "number", Text("纬度", "Latitude"), unit="°"),
    ),
    False: (
        FieldSpec("x", "number", Text("东坐标", "Easting"), unit="m"),
        FieldSpec("y", "number", Text("北坐标", "Northing"), unit="m"),
    ),
}


def _inner_points(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Return x and y of a point inside every geometry, shape (n, 2), NaN for none."""
    # A point inside needs no rounding when the geometry is itself a point.
    points = np.where(shapely.get_type_id(shapes) == 0, shapes, shapely.point_on_surface(shapes))
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def coarse(shapes: NDArray[Any]) -> NDArray[Any]:
    """Return places as a public copy has them: on a grid of :data:`layers.public_copy.PUBLIC_GRID`.

    Parameters
    ----------
    shapes
        Geometries in degrees, None for a row without a place, shape (n,). What is too
        small for the grid becomes a point.
    """
    grid = PUBLIC_GRID
    rounded = shapely.set_precision(shapes, grid)
    vanished = shapely.is_empty(rounded) & ~shapely.is_missing(shapes)
    rounded[vanished] = shapely.set_precision(shapely.centroid(shapes[vanished]), grid)
    # Multiples of 0.0001 are not exact in binary; cut the digits behind them.
    return np.asarray(
        shapely.transform(rounded, lambda xy: np.round(xy, DECIMALS[True])), dtype=object
    )


def _marked(sheet: Sheet, lang: str) -> Sheet:
    """Clean the text columns, and add the mark of every row if any row has one."""
    frame = sheet.frame.reset_index(drop=True)
    for field in sheet.fields:
        if field.type == "text":
            text = frame[field.name].map(lambda t: clean_text(t) or None, na_action="ignore")
            frame[field.name] = to_type(text.where(text.notna(), None), "text")
    if not sheet.marks:
        return replace(sheet, frame=frame)
    sample = is_sample(frame).map({True: SAMPLE.get(lang), False: ""})
    sketch = is_sketch(frame).map({True: SKETCH.get(lang), False: ""})
    mark = (sample + " " + sketch).str.strip()
    frame[MARK_FIELD.name] = to_type(mark.where(mark != "", None), "text")
    if isinstance(frame, gpd.GeoDataFrame):
        # Geometry stands last, as in every frame of a layer.
        frame = frame[[*(f.name for f in sheet.fields), MARK_FIELD.name, GEOMETRY]]
    return replace(sheet, frame=frame, fields=(*sheet.fields, MARK_FIELD))


def _field_type(column: pd.Series[Any]) -> FieldType:
    kinds = pd.api.types
    if kinds.is_bool_dtype(column):
        return "boolean"
    if kinds.is_integer_dtype(column):
        return "integer"
    if kinds.is_numeric_dtype(column):
        return "number"
    return "date" if kinds.is_datetime64_any_dtype(column) else "text"
