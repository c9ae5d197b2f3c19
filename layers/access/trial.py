"""Objects placed on trial: what a gate, a crossing or a facility would change if it were here.

They are added to copies of the layers and go the way that drawn ones go. Nothing is stored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geo.access import GROUPS
from geo.crs import STORAGE_CRS
from geo.crs import to_metric
from geo.sites import located
from layers.access.estimates import estimate_at_stake
from layers.errors import Text
from layers.errors import UsageError
from layers.frames import GEOMETRY
from layers.frames import layer_frame
from layers.frames import to_type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.access import AccessParameters
    from layers.catalogue import Catalogue

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

TRIAL_LAYERS = {"gate": "gates", "crossing": "crossings", "facility": "facilities"}
"""Layer of each kind of object that can be placed on trial."""

TRIAL_ID = "trial-"
"""How the ids of objects on trial begin; a number follows, from 1."""

_LON, _LAT = 180.0, 90.0


@dataclass(frozen=True, slots=True)
class TrialObject:
    """An object placed on trial.

    Attributes
    ----------
    kind
        A key of :data:`TRIAL_LAYERS`.
    lon, lat
        Where, degrees in EPSG:4490.
    campus_id
        Whose gate it is; needed for a gate, of use for a facility on a campus.
    group
        One of :data:`geo.access.GROUPS`; needed for a facility.
    name
        What it is called in results.
    """

    kind: str
    lon: float
    lat: float
    campus_id: str = ""
    group: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        """Refuse what could not be an object.

        Raises
        ------
        UsageError
            Saying what is missing or wrong.
        """
        if self.kind not in TRIAL_LAYERS:
            raise UsageError(
                Text(
                    f"不能试放“{self.kind}”；可以试放 {'、'.join(TRIAL_LAYERS)}",
                    f"'{self.kind}' cannot be placed on trial; place {', '.join(TRIAL_LAYERS)}",
                )
            )
        if not (math.isfinite(self.lon) and math.isfinite(self.lat)) or (
            abs(self.lon) > _LON or abs(self.lat) > _LAT
        ):
            raise UsageError(
                Text(
                    f"试放位置 {self.lon}, {self.lat} 不是经纬度；请先写经度，再写纬度",
                    f"{self.lon}, {self.lat} is no longitude and latitude; longitude comes first",
                )
            )
        if self.kind == "gate" and not self.campus_id:
            raise UsageError(
                Text(
                    "试放校门须指明所属校区，否则不知道它是哪所高校的门",
                    "a gate on trial needs its campus, or nobody knows whose gate it is",
                )
            )
        if self.kind == "facility" and self.group not in GROUPS:
            raise UsageError(
                Text(
                    f"试放设施须指明类别：{'、'.join(GROUPS)}",
                    f"a facility on trial needs its group: {', '.join(GROUPS)}",
                )
            )

    @property
    def title(self) -> str:
        """Its name, or its place if it has none."""
        return self.name.strip() or f"{self.lon:.5f}, {self.lat:.5f}"


@dataclass(frozen=True, slots=True)
class Trial:
    """The objects placed on trial, in the order they were placed."""

    objects: tuple[TrialObject, ...] = ()

    @property
    def campuses(self) -> tuple[str, ...]:
        """Campuses of the gates among them, each once."""
        return tuple(dict.fromkeys(one.campus_id for one in self.objects if one.kind == "gate"))

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.objects)


def with_trial(tables: Tables, catalogue: Catalogue, trial: Trial) -> dict[str, Any]:
    """Return the layers with the objects on trial; the given ones stay as they are.

    Parameters
    ----------
    tables
        Layers by key.
    catalogue
        Describes the layers that objects are added to.
    trial
        The objects.

    Raises
    ------
    UsageError
        If a gate names a campus that is not registered.
    """
    added = dict(tables)
    for layer in TRIAL_LAYERS.values():
        rows = [
            (f"{TRIAL_ID}{number}", one)
            for number, one in enumerate(trial.objects, start=1)
            if TRIAL_LAYERS[one.kind] == layer
        ]
        if rows:
            added[layer] = _with_rows(tables, catalogue, layer, rows)
    return added


def trial_remarks(
    tables: Tables, catalogue: Catalogue, trial: Trial, parameters: AccessParameters
) -> list[Text]:
    """Say of objects on trial that can have no effect, or another than it seems, why that is so.

    Parameters
    ----------
    tables, catalogue, trial
        As in :func:`with_trial`.
    parameters
        ``crossing_reach_m`` is used.
    """
    at_stake = [estimate_at_stake(tables, campus) for campus in trial.campuses]
    remarks = [told for told in at_stake if told is not None]
    barriers = tables.get("barriers")
    for one in trial.objects:
        if one.kind != "crossing":
            continue
        if barriers is None or not located(barriers.geometry).any():
            remarks.append(
                Text(
                    f"没有登记任何阻隔，通道“{one.title}”不改变任何距离；请先导入或绘制阻隔",
                    f"no barrier is registered, so the crossing “{one.title}” changes no "
                    "distance; import or draw barriers first",
                )
            )
            continue
        away = _away_m(one, barriers, catalogue)
        if away > parameters.crossing_reach_m:
            reach = f"{parameters.crossing_reach_m:,.0f} m"
            remarks.append(
                Text(
                    f"通道“{one.title}”距最近的阻隔 {away:,.0f} m，超过 {reach}，不起作用",
                    f"the crossing “{one.title}” is {away:,.0f} m from the nearest barrier, "
                    f"beyond {reach}: it opens nothing",
                )
            )
    return remarks


def _away_m(one: TrialObject, barriers: gpd.GeoDataFrame, catalogue: Catalogue) -> float:
    place = gpd.GeoDataFrame(geometry=[shapely.Point(one.lon, one.lat)], crs=STORAGE_CRS)
    meridian = catalogue.central_meridian
    point = to_metric(place, central_meridian=meridian).geometry.iloc[0]
    lines = to_metric(barriers, central_meridian=meridian).geometry
    return float(lines[located(lines)].distance(point).min())


def _with_rows(
    tables: Tables, catalogue: Catalogue, layer: str, rows: list[tuple[str, TrialObject]]
) -> gpd.GeoDataFrame:
    spec = catalogue.layer(layer)
    values = [_values(key, one, tables) for key, one in rows]
    columns = {
        field.name: to_type(pd.Series([row.get(field.name) for row in values]), field.type)
        for field in spec.fields
    }
    places = [shapely.Point(one.lon, one.lat) for _key, one in rows]
    new = layer_frame(columns, spec, places)
    old = tables.get(layer)
    if old is None or old.empty:
        return gpd.GeoDataFrame(new, geometry=GEOMETRY, crs=STORAGE_CRS)
    both = pd.concat([pd.DataFrame(old), pd.DataFrame(new)], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry=GEOMETRY, crs=STORAGE_CRS)


def _values(key: str, one: TrialObject, tables: Tables) -> dict[str, Any]:
    values: dict[str, Any] = {"id": key, "name": one.title, "campus_id": one.campus_id or None}
    if one.kind == "facility":
        return {**values, "kind": one.group}
    if one.kind == "gate":
        campuses = tables.get("campuses")
        known = set() if campuses is None else set(campuses["id"])
        if one.campus_id not in known:
            raise UsageError(
                Text(
                    f"试放校门“{one.title}”所属校区 {one.campus_id} 未登记",
                    f"the campus {one.campus_id} of the gate “{one.title}” on trial is not "
                    "registered",
                )
            )
    return values
