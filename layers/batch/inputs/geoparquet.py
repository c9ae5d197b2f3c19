"""What a Parquet file says of its geometry: which column, and in which system.

GeoParquet 1.1 (https://geoparquet.org/releases/v1.1.0/): WKB; a column without ``crs`` is
in OGC:CRS84, one whose ``crs`` is null is in no system that anybody knows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import pyarrow as pa
import pyproj
from pyproj.exceptions import CRSError

from layers.errors import IntakeError
from layers.errors import Text
from layers.frames import GEOMETRY
from layers.systems import LONLAT

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXTENSION = b"ARROW:extension:name"
_EXTENSION_NOTES = b"ARROW:extension:metadata"
_WKB = "geoarrow.wkb"


class GeometryColumn(NamedTuple):
    """A column of WKB and the system of its coordinates."""

    name: str
    crs: pyproj.CRS


def geometry_column(schema: pa.Schema, source: str) -> GeometryColumn | None:
    """Return the geometry column of a Parquet file.

    Parameters
    ----------
    schema
        Columns and metadata of the file.
    source
        Name of the file, for messages.

    Returns
    -------
    GeometryColumn or None
        None if the file has no geometry.

    Raises
    ------
    IntakeError
        If its geometry cannot be read: the encoding is not WKB, the metadata contradict
        themselves, or the system is not told or has no EPSG code.
    """
    told = (schema.metadata or {}).get(b"geo")
    if told is not None:
        return _by_metadata(told, schema, source)
    if GEOMETRY not in schema.names:
        return None
    return _by_column(schema.field(GEOMETRY), source)


def epsg(code: int, source: str) -> pyproj.CRS:
    """Return a system by its EPSG code.

    Raises
    ------
    IntakeError
        If there is none.
    """
    try:
        return pyproj.CRS.from_epsg(code)
    except CRSError as error:
        raise _no_code(source, f"EPSG:{code}") from error


def _by_metadata(told: bytes, schema: pa.Schema, source: str) -> GeometryColumn:
    try:
        about = json.loads(told)
        name = about["primary_column"]
        column = about["columns"][name]
        encoding = column["encoding"]
        kind = schema.field(name).type
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _contradiction(source, str(error)) from error
    if encoding != "WKB":
        raise _other_encoding(source, str(encoding))
    if not _is_binary(kind):
        raise _contradiction(source, f"{name}: {kind}")
    if column.get("edges", "planar") != "planar":
        raise _contradiction(source, f"edges: {column['edges']}")
    return GeometryColumn(name, _crs(column, source))


def _crs(column: Mapping[str, Any], source: str) -> pyproj.CRS:
    if "crs" not in column:
        return pyproj.CRS.from_user_input(LONLAT)
    return _described(column["crs"], source)


def _by_column(field: pa.Field, source: str) -> GeometryColumn:
    """Return what the column itself says, as Arrow and our own tables do."""
    kind, notes = field.type, dict(field.metadata or {})
    if isinstance(kind, pa.BaseExtensionType):
        notes[_EXTENSION] = kind.extension_name.encode()
        notes[_EXTENSION_NOTES] = kind.__arrow_ext_serialize__()
        kind = kind.storage_type
    name = notes.get(_EXTENSION, b"").decode(errors="replace")
    if name not in {"", _WKB} or not _is_binary(kind):
        raise _other_encoding(source, name or str(kind))
    if name:
        try:
            return GeometryColumn(field.name, _crs(json.loads(notes[_EXTENSION_NOTES]), source))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise _no_system(source) from error
    if notes.get(b"encoding") == b"WKB" and b"crs" in notes:
        return GeometryColumn(field.name, _described(notes[b"crs"].decode(), source))
    raise _no_system(source)


def _described(crs: object, source: str) -> pyproj.CRS:
    """Return the system of a description by its code alone.

    A description may name files with the parameters of a shift, and they would be opened.
    """
    if crs is None:
        raise _no_system(source)
    if isinstance(crs, str):
        authority, _, code = crs.rpartition(":")
        return _coded(authority, code, source, crs)
    if not isinstance(crs, dict):
        raise _contradiction(source, "crs")
    own = crs.get("id")
    if isinstance(own, dict):
        return _coded(own.get("authority"), own.get("code"), source, str(crs.get("name")))
    try:
        known = pyproj.CRS.from_json_dict(crs).to_epsg()
    except (CRSError, TypeError, ValueError) as error:
        raise _contradiction(source, "crs") from error
    return _coded("EPSG", known, source, str(crs.get("name")))


def _coded(authority: object, code: object, source: str, name: str) -> pyproj.CRS:
    if authority == "OGC" and code == "CRS84":
        return pyproj.CRS.from_user_input(LONLAT)
    try:
        number = int(str(code))
    except ValueError as error:
        raise _no_code(source, name) from error
    if authority != "EPSG":
        raise _no_code(source, name)
    return epsg(number, source)


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind)
    )


def _other_encoding(source: str, encoding: str) -> IntakeError:
    return IntakeError(
        Text(
            f"{source} 的几何编码为“{encoding}”，本程序只读 WKB；"
            "请改存为 WKB 编码的 GeoParquet（geopandas 的 to_parquet 默认即是）",
            f"the geometry in {source} is encoded as '{encoding}', and only WKB is read; save it"
            " as GeoParquet with WKB (the default of geopandas' to_parquet)",
        )
    )


def _contradiction(source: str, what: str) -> IntakeError:
    return IntakeError(
        Text(
            f"{source} 的 GeoParquet 元数据有误（{what}）；请重新导出",
            f"the GeoParquet metadata of {source} are wrong ({what}); export it again",
        )
    )


def _no_system(source: str) -> IntakeError:
    return IntakeError(
        Text(
            f"{source} 有几何列，但没有说明坐标系；请导出为注明坐标系的 GeoParquet",
            f"{source} has geometry, but its coordinate system is not told; export it as"
            " GeoParquet with its coordinate system",
        )
    )


def _no_code(source: str, name: str) -> IntakeError:
    return IntakeError(
        Text(
            f"{source} 的坐标系“{name}”没有 EPSG 代码，无法确认；请换为有代码的坐标系后再导出",
            f"the coordinate system '{name}' of {source} has no EPSG code to know it by; export"
            " it in one that has",
        )
    )
