"""Making a city of a stage: every district becomes an ordinary workspace."""

from __future__ import annotations

import shutil
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.batch.scopes import CODE
from geo.crs import STORAGE_CRS
from geo.crs import to_metric
from layers.city.city import GUESTS
from layers.city.city import OUTLINES
from layers.city.city import REJECTED
from layers.city.city import City
from layers.city.city import District
from layers.city.city import district_path
from layers.edition_files import write_copy
from layers.errors import Text
from layers.marks import is_sketch
from layers.paths import is_vacant
from layers.paths import resolve_path
from layers.refusals import not_empty
from layers.refusals import unwritable
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.batch.staging import Stage
    from layers.catalogue import Catalogue

SIMPLIFIED_M = 20.0
"""By how much outlines are simplified for an overview of the city."""

UNASSIGNED = Text("未分区", "Unassigned")
"""Title of what belongs to no district."""

_COLUMNS = (CODE, "name", "name_en", "boundary_status", "source")


def create_city(
    path: Path,
    stage: Stage,
    catalogue: Catalogue,
    *,
    author: str,
    title: Text | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> City:
    """Make a city of which every district holds the layers of its scope.

    It is built aside and moved to its place when it is complete.

    Parameters
    ----------
    path
        A folder that does not exist yet or is empty.
    stage
        The rows.
    catalogue
        The catalogue of the layers.
    author
        Who makes it.
    title
        Name of the city.
    progress
        Told how many districts are done, of how many.

    Returns
    -------
    City
        With its districts by code; what belongs to none is a district of its own, the last.

    Raises
    ------
    WorkspaceError
        If the folder is not empty or cannot be written.
    AtlasError
        If the stage is damaged.
    """
    path = resolve_path(path)
    if not is_vacant(path):
        raise not_empty(path)
    made = path.with_name(f".{path.name}-{uuid.uuid4().hex}")
    try:
        made.mkdir(parents=True)
        write_copy(made, catalogue)
        outlines = overview(stage.districts, catalogue.central_meridian)
        outlines.to_parquet(made / OUTLINES)
        stage.guest_rows.to_parquet(made / GUESTS, index=False)
        if stage.rejects.is_dir():
            # The stage may be gone when somebody wants to mend these rows.
            shutil.copytree(stage.rejects, made / REJECTED)
        districts = []
        scopes = sorted(stage.scopes, key=lambda scope: (not scope, scope))
        for number, scope in enumerate(scopes, start=1):
            _fill(district_path(made, scope), stage, scope, catalogue, author)
            where = district_path(path, scope)
            districts.append(District(scope, _title(scope, outlines), stage.rows(scope), where))
            if progress is not None:
                progress(number, len(scopes))
        city = City(made, uuid.uuid4().hex, catalogue.edition, title, tuple(districts))
        city.save()
        _move(made, path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return City.open(path)


def overview(districts: gpd.GeoDataFrame, central_meridian: float) -> gpd.GeoDataFrame:
    """Return outlines for a map of all districts, one row a district.

    Parameters
    ----------
    districts
        ``district_code`` and the other fields of the layer ``district``, several rows a
        district if it has several.
    central_meridian
        Of the plane in which they are simplified, degrees.

    Returns
    -------
    GeoDataFrame
        ``district_code``, ``name``, ``name_en``, ``boundary_status`` (a sketch if a part
        is), ``source`` and geometry in EPSG:4490, by code. Common borders stay common
        where the outlines neither overlap nor leave gaps.
    """
    placed = districts[districts.geometry.notna()].sort_values([CODE, "name"])
    first = placed.drop_duplicates(CODE)[list(_COLUMNS)].reset_index(drop=True)
    sketched = set(placed.loc[is_sketch(placed), CODE])
    first["boundary_status"] = first["boundary_status"].mask(first[CODE].isin(sketched), "sketch")
    plane = to_metric(placed, central_meridian=central_meridian)
    parts = plane.geometry.groupby(plane[CODE].to_numpy(dtype=object))
    whole = [shapely.union_all(shapely.make_valid(found.to_numpy())) for _code, found in parts]
    shapes = _simplified(np.array(whole, dtype=object))
    series = gpd.GeoSeries(shapes, crs=plane.crs, index=first.index).to_crs(STORAGE_CRS)
    return gpd.GeoDataFrame(first, geometry=series, crs=STORAGE_CRS)


def _simplified(shapes: np.ndarray) -> np.ndarray:
    """Return polygons with fewer vertices."""
    if len(shapes) and shapely.coverage_is_valid(shapes):
        found = shapely.coverage_simplify(shapes, SIMPLIFIED_M)
    else:
        found = shapely.simplify(shapes, SIMPLIFIED_M)
    # A district smaller than that keeps the shape that it has.
    return np.where(shapely.is_empty(found) | ~shapely.is_valid(found), shapes, found)


def _title(scope: str, outlines: gpd.GeoDataFrame) -> Text:
    if not scope:
        return UNASSIGNED
    rows = outlines[outlines[CODE].eq(scope)]
    if rows.empty:
        return Text(scope, scope)
    name, english = rows["name"].iloc[0], rows["name_en"].iloc[0]
    return Text(str(name), str(name if pd.isna(english) else english))


def _fill(path: Path, stage: Stage, scope: str, catalogue: Catalogue, author: str) -> None:
    """Make the workspace of a district, one version of each layer."""
    workspace = Workspace.create(path, catalogue, author=author)
    source = str(stage.source.get("path") or stage.source.get("address") or "")
    name = source.rstrip("/").rpartition("/")[2]
    for key in stage.rows(scope):
        workspace.commit(
            key,
            stage.tables(scope, (key,))[key],
            author=author,
            message=f"{stage.source.get('kind', '')} {name}".strip(),
            source_file=name,
            source_sha256=stage.fingerprint,
            founding=True,
        )


def _move(made: Path, path: Path) -> None:
    # Not every system renames onto a folder that is there, even an empty one.
    with suppress(OSError):
        path.rmdir()
    made.rename(path)
