"""The files that open data is written to, some rows at a time."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from dataclasses import field
from typing import IO
from typing import TYPE_CHECKING
from typing import Any
from typing import Protocol

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely

from geo.crs import STORAGE_CRS
from layers.arrow import arrow_schema
from layers.arrow import to_arrow
from layers.errors import Text
from layers.errors import UsageError
from layers.frames import GEOMETRY
from layers.intake.readers.geofiles import README_TABLE
from layers.values import cell_text
from layers.values import formula_safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd
    import pyarrow as pa
    from numpy.typing import NDArray

    from layers.catalogue import LayerSpec

# 8 decimals of a degree are a millimetre.
_DECIMALS = 8
_MULTI: Mapping[str, tuple[int, str, Callable[..., Any]]] = {
    "line": (1, "MultiLineString", shapely.multilinestrings),
    "polygon": (3, "MultiPolygon", shapely.multipolygons),
}


class Target(Protocol):
    """A file that takes rows as long as it is open."""

    def add(self, frame: gpd.GeoDataFrame) -> None:
        """Write some rows; they have the columns of the layer, in EPSG:4490."""

    def finish(self, notice: Text) -> None:
        """Write the end; `notice` is what must be said wherever the data goes."""

    def close(self) -> None:
        """Let the file go, finished or not."""


def open_target(path: Path, spec: LayerSpec) -> Target:
    """Return the file to write, by the suffix of its name.

    Raises
    ------
    UsageError
        If the suffix names none of the formats.
    """
    made = _TARGETS.get(path.suffix.lower())
    if made is None:
        raise UsageError(
            Text(
                f"不能写成 {path.suffix or path.name}；可用：{', '.join(_TARGETS)}",
                f"{path.suffix or path.name} is not written; use {', '.join(_TARGETS)}",
            )
        )
    return made(path, spec)


def one_shape(frame: gpd.GeoDataFrame, spec: LayerSpec) -> tuple[NDArray[Any], str]:
    """Return the shapes of a layer as one type, and its name.

    Lines and areas become several wherever they come as one: what follows may be several,
    and a file says its type before.
    """
    shapes = frame.geometry.to_numpy().copy()
    if len(spec.geometry) != 1 or spec.geometry[0] not in _MULTI:
        return shapes, "Unknown"
    single, name, wrap = _MULTI[spec.geometry[0]]
    for at in np.flatnonzero(shapely.get_type_id(shapes) == single):
        shapes[at] = wrap([shapes[at]])
    return shapes, name


@dataclass(slots=True)
class _GeoPackage:
    path: Path
    spec: LayerSpec
    begun: bool = False

    def add(self, frame: gpd.GeoDataFrame) -> None:
        shapes, kind = one_shape(frame, self.spec)
        pyogrio.write_arrow(
            to_arrow(frame.set_geometry(shapes, crs=frame.crs), self.spec.fields),
            self.path,
            layer=self.spec.key,
            driver="GPKG",
            append=self.begun,
            geometry_name=GEOMETRY,
            geometry_type=kind,
            crs=pyproj.CRS.from_user_input(STORAGE_CRS).to_wkt(),
            **({} if self.begun else {"dataset_options": {"VERSION": "1.3"}}),
        )
        self.begun = True

    def finish(self, notice: Text) -> None:
        pyogrio.write_dataframe(
            pd.DataFrame({"notice_zh": [notice.zh], "notice_en": [notice.en]}),
            self.path,
            layer=README_TABLE,
            driver="GPKG",
        )

    def close(self) -> None:
        """Nothing is open between two writes."""


@dataclass(slots=True)
class _GeoParquet:
    path: Path
    spec: LayerSpec
    writer: Any = None

    def add(self, frame: gpd.GeoDataFrame) -> None:
        table = to_arrow(frame, self.spec.fields)
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.path, _geo_schema(self.spec))
        self.writer.write_table(table.cast(self.writer.schema))

    def finish(self, notice: Text) -> None:
        self.writer.add_key_value_metadata({"notice_zh": notice.zh, "notice_en": notice.en})

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()


def _geo_schema(spec: LayerSpec) -> pa.Schema:
    """Return the schema with the metadata of GeoParquet 1.1."""
    crs = pyproj.CRS.from_user_input(STORAGE_CRS).to_json_dict()
    column = {"encoding": "WKB", "geometry_types": [], "crs": crs}
    about = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
    schema = arrow_schema(spec.fields, geometry_crs=STORAGE_CRS)
    return schema.with_metadata({"geo": json.dumps(about)})


@dataclass(slots=True)
class _GeoJson:
    path: Path
    spec: LayerSpec
    file: IO[str] | None = None
    begun: bool = False

    def add(self, frame: gpd.GeoDataFrame) -> None:
        if self.file is None:
            self.file = self.path.open("w", encoding="utf-8")
            self.file.write('{"type":"FeatureCollection","features":[\n')
        shapes = shapely.transform(frame.geometry.to_numpy(), lambda xy: xy.round(_DECIMALS))
        records = frame.drop(columns=GEOMETRY).astype(object).to_dict("records")
        for record, shape in zip(records, shapely.to_geojson(shapes), strict=True):
            cells = {name: _json_value(cell) for name, cell in record.items()}
            text = json.dumps(cells, ensure_ascii=False, allow_nan=False)
            self.file.write(",\n" if self.begun else "")
            self.file.write(
                f'{{"type":"Feature","properties":{text},"geometry":{shape or "null"}}}'
            )
            self.begun = True

    def finish(self, notice: Text) -> None:
        assert self.file is not None
        told = json.dumps([notice.zh, notice.en], ensure_ascii=False)
        self.file.write(f'\n],"notice":{told}}}\n')

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


def _json_value(cell: Any) -> Any:  # noqa: ANN401 -- a cell is of any type
    if pd.isna(cell):
        return None
    return cell if isinstance(cell, bool | int | float | str) else cell_text(cell)


_TARGETS: Mapping[str, Callable[[Path, LayerSpec], Target]] = {
    ".gpkg": _GeoPackage,
    ".parquet": _GeoParquet,
    ".geojson": _GeoJson,
}


@dataclass(slots=True)
class RejectFile:
    """Rejected rows as CSV, safe for spreadsheets; there is no file as long as there is no row.

    Attributes
    ----------
    path
        Where it is written.
    count
        How many rows it has.
    """

    path: Path
    count: int = 0
    _columns: list[str] = field(default_factory=list)

    def add(self, rejected: pd.DataFrame) -> None:
        """Write some rows; the first decide the columns."""
        if rejected.empty:
            return
        begun = bool(self._columns)
        if not begun:
            self._columns = [str(name) for name in rejected.columns]
        table = rejected.reindex(columns=self._columns).astype(object)
        mode = "a" if begun else "w"
        # Spreadsheets take a file for UTF-8 only if it begins with the mark.
        code = "utf-8" if begun else "utf-8-sig"
        with self.path.open(mode, encoding=code, newline="") as file:
            writer = csv.writer(file)
            if not begun:
                writer.writerow(self._columns)
            for row in table.itertuples(index=False):
                writer.writerow("" if pd.isna(c) else formula_safe(cell_text(c)) for c in row)
        self.count += len(table)
