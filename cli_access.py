"""The command ``atlas access``: what the page 三区联动 computes, as a file."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from cli_common import JsonOption
from cli_common import WorkspaceOption
from cli_common import catalogue
from cli_common import context
from cli_common import needed_tables
from cli_common import open_workspace
from cli_common import print_json
from cli_common import records
from cli_common import setting_of
from cli_tables import write_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from geo.access import AccessParameters
    from layers.access import Access
    from layers.access import Trial
    from layers.access import TrialObject
    from layers.errors import Text
    from layers.workspace import Workspace

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

_SPATIAL = frozenset({".gpkg", ".geojson", ".parquet"})
_PLACE_PARTS = 2
_SHARED = ("detour", "crossing_reach_m", "snap_m")
"""What scatter and linkage must agree on: how one walks."""


class What(StrEnum):
    """Which table of the result is written."""

    spaces = "spaces"
    parks = "parks"
    district = "district"
    nearest = "nearest"
    circle = "circle"
    groups = "groups"
    dwellings = "dwellings"
    changes = "changes"
    distances = "distances"
    shares = "shares"
    objects = "objects"
    flags = "flags"
    gaps = "gaps"
    sets = "sets"
    areas = "areas"


_TWO_STATES = frozenset({What.changes, What.distances, What.shares, What.objects, What.flags})
_CIRCLES = frozenset({What.circle, What.groups, What.dwellings})
_GAPS = frozenset({What.gaps, What.sets})


@dataclass(frozen=True)
class _Wish:
    """What is asked for."""

    parks: list[str] | None
    parameters: AccessParameters
    trial: Trial
    before: str | None
    tried: list[str]


def access(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="csv, xlsx, json, gpkg, geojson, parquet.")
    ],
    workspace: WorkspaceOption = None,
    park: Annotated[list[str] | None, typer.Option("--park", help="Only this park.")] = None,
    gate_m: Annotated[
        float, typer.Option("--gate-m", help="Longest walk to a campus gate, m.")
    ] = 1000,
    rail_m: Annotated[float, typer.Option("--rail-m", help="Longest walk to a station, m.")] = 600,
    community_m: Annotated[
        float, typer.Option("--community-m", help="Longest walk to a daily facility, m.")
    ] = 800,
    detour: Annotated[float, typer.Option("--detour", help="Walk over straight line.")] = 1.324,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another parameter, as campus_link=linked; repeatable."),
    ] = None,
    table: Annotated[
        What | None,
        typer.Option("--table", help="Which table; spaces, or changes with --before or --try."),
    ] = None,
    gaps: Annotated[
        bool, typer.Option("--gaps", help="What is missing most; the same as --table gaps.")
    ] = False,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The layers as they stood then: 2026-11-25.")
    ] = None,
    before: Annotated[
        str | None, typer.Option("--before", help="The earlier time that changes start from.")
    ] = None,
    tried: Annotated[
        list[str] | None,
        typer.Option(
            "--try",
            help="What if: gate:LON,LAT:CAMPUS, crossing:LON,LAT or facility:LON,LAT:GROUP, "
            "with :NAME behind if you like; nothing is stored; repeatable.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say how the space of parks is linked to campus, rail and neighbourhood, and why.

    Example: atlas access --park B01 --out linkage.xlsx

    Example: atlas access --before 2026-06-30 --out changed.xlsx

    Example: atlas access --try crossing:LON,LAT:Footbridge --out what-if.xlsx

    Example: atlas access --gaps --out missing.gpkg
    """
    from layers.access import Trial
    from layers.export import TABLE_FORMATS

    if out.suffix.lower() not in TABLE_FORMATS:
        message = f"--out {out.name}: the ending must be one of {', '.join(TABLE_FORMATS)}"
        raise typer.BadParameter(message)
    parameters = access_parameters(
        setting or [], gate_m=gate_m, rail_m=rail_m, community_m=community_m, detour=detour
    )
    trial = Trial(tuple(map(trial_object, tried or ())))
    if gaps and table not in {None, What.gaps}:
        message = "--gaps and --table: give one of them"
        raise typer.BadParameter(message)
    what = _what(What.gaps if gaps else table, before, trial)
    opened = open_workspace(workspace)
    wish = _Wish(park, parameters, trial, before, tried or [])
    tables, versions = _tables(opened, as_of)
    context.say("Measuring walks …")
    frame, found = _answer(what, opened, tables, wish, spatial=out.suffix.lower() in _SPATIAL)
    _tell(found, trial, tables)
    _write(frame, what, found, out, versions, wish, as_of)
    if as_json:
        print_json(records(frame))


def access_parameters(settings: list[str], **named: float) -> AccessParameters:
    """Return the thresholds of the options; what means nothing is wrong usage."""
    from geo.access import AccessParameters

    kinds: dict[str, Callable[[str], Any]] = {
        "float": float,
        "int": int,
        "str": str,
        "bool": _yes_or_no,
        "tuple[float, ...]": lambda text: tuple(float(part) for part in text.split(",")),
    }
    readers = {field.name: kinds[str(field.type)] for field in fields(AccessParameters)}
    changes: dict[str, Any] = {**named, **dict(setting_of(text, readers) for text in settings)}
    try:
        return AccessParameters(**changes)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _yes_or_no(text: str) -> bool:
    if text not in {"yes", "no"}:
        raise ValueError(text)
    return text == "yes"


def trial_object(text: str) -> TrialObject:
    """Return the object of ``--try kind:lon,lat[:of[:name]]``."""
    from layers.access import TrialObject

    kind, _colon, rest = text.partition(":")
    place, _colon, more = rest.partition(":")
    of, _colon, name = more.partition(":") if kind != "crossing" else ("", "", more)
    parts = place.split(",")
    try:
        lon, lat = (float(part) for part in parts)
    except ValueError as error:
        message = f"--try {text}: write {_PLACE_PARTS} numbers, longitude and latitude, as "
        message += "gate:LON,LAT:CAMPUS, crossing:LON,LAT or facility:LON,LAT:GROUP"
        raise typer.BadParameter(message) from error
    campus, group = (of, "") if kind == "gate" else ("", of)
    return TrialObject(kind, lon, lat, campus_id=campus, group=group, name=name)


def _what(table: What | None, before: str | None, trial: Trial) -> What:
    two = before is not None or bool(trial)
    if table is None:
        return What.changes if two else What.spaces
    if table in _TWO_STATES and not two:
        message = f"--table {table} needs --before, an earlier time, or --try"
        raise typer.BadParameter(message)
    return table


def _tables(opened: Workspace, as_of: str | None) -> tuple[Tables, dict[str, int]]:
    """Return the layers that the linkage is computed from, and their versions."""
    from layers.access import ACCESS_LAYERS
    from layers.timeline import versions_at

    if as_of is not None:
        versions = versions_at(opened.history(), as_of)
        return {key: opened.read(key, versions[key]) for key in versions}, versions
    return needed_tables(opened, ACCESS_LAYERS), opened.versions()


def _answer(
    what: What, opened: Workspace, tables: Tables, wish: _Wish, *, spatial: bool
) -> tuple[pd.DataFrame, Access]:
    """Return the table that was asked for, and the result behind it."""
    from layers import access as room

    found = room.access_of(
        tables, catalogue(), wish.parameters, wish.parks, trial=wish.trial or None
    )
    after = room.with_trial(tables, catalogue(), wish.trial)
    if what in _TWO_STATES:
        return _changes(what, opened, tables, after, found, wish), found
    if what in _CIRCLES:
        circles = room.circles(after, catalogue(), wish.parks, wish.parameters)
        return _flat(room.circle_tables(circles)[what.value], spatial=spatial), found
    if what in _GAPS:
        return _flat(_missing(what, after, wish), spatial=spatial), found
    makers: dict[What, Callable[[], pd.DataFrame]] = {
        What.areas: lambda: room.walk_areas_of(after, catalogue(), wish.parks, wish.parameters),
        What.spaces: lambda: room.access_layer(found),
        What.parks: lambda: room.access_parks(found),
        What.district: lambda: room.access_district(found),
        What.nearest: lambda: room.access_nearest(found),
    }
    return _flat(makers[what](), spatial=spatial), found


def _missing(what: What, tables: Tables, wish: _Wish) -> pd.DataFrame:
    """Return what is missing most, and say what could not be tried."""
    from layers.access import gaps_of

    context.say("Trying gates, crossings and facilities …")
    found = gaps_of(tables, catalogue(), wish.parameters, wish.parks)
    for remark in found.remarks:
        typer.echo(f"! {remark.get(context.lang)}", err=True)
    return found.ranking if what is What.gaps else found.sets


def _changes(
    what: What,
    opened: Workspace,
    tables: Tables,
    after: Tables,
    found: Access,
    wish: _Wish,
) -> pd.DataFrame:
    """Return what changed since an earlier time, or by the objects on trial."""
    from geo.scatter import ScatterParameters
    from layers import access as room
    from layers.timeline import tables_at

    earlier = tables if wish.before is None else tables_at(opened, wish.before)
    if what is What.flags:
        same = {name: getattr(wish.parameters, name) for name in _SHARED}
        rule = ScatterParameters(**same)
        return room.flags_changed(earlier, after, catalogue(), rule, parks=wish.parks)
    # A park that was not there yet is no mistake of whoever asks for it.
    was = room.access_of(earlier, catalogue(), wish.parameters)
    if wish.parks is not None:
        known = [park for park in wish.parks if park in was.given.parks.index]
        was = room.access_of(earlier, catalogue(), wish.parameters, known)
    changed = room.compare_access(was, found)
    return {
        What.changes: changed.spaces,
        What.distances: changed.distances,
        What.shares: changed.parks,
        What.objects: changed.objects,
    }[what]


def _flat(frame: pd.DataFrame, *, spatial: bool) -> pd.DataFrame:
    """Return a table without its places if the file has no room for them."""
    return frame if spatial else frame.drop(columns="geometry", errors="ignore")


def _tell(found: Access, trial: Trial, tables: Tables) -> None:
    """Say the classes, and what of the objects on trial can have no effect."""
    from layers.access import trial_remarks

    for remark in trial_remarks(tables, catalogue(), trial, found.parameters):
        typer.echo(f"! {remark.get(context.lang)}", err=True)
    classes = found.spaces["linkage"].astype("str").fillna("?").value_counts()
    listed = ", ".join(f"{name}: {number}" for name, number in sorted(classes.items()))
    context.say(
        "{n} spaces; by class of linkage, {classes}.", n=len(found.spaces), classes=listed or "–"
    )


def _write(
    frame: pd.DataFrame,
    what: What,
    found: Access,
    out: Path,
    versions: Mapping[str, int],
    wish: _Wish,
    as_of: str | None,
) -> None:
    from layers.access import ACCESS_LAYERS
    from layers.access import COLUMN_TITLES
    from layers.access import TABLE_TITLES
    from layers.access import access_remarks
    from layers.access import codes_in

    remarks = [*_since(wish), *access_remarks(found, versions)]
    told = {
        "table": what.value,
        "parks": wish.parks or [],
        "as_of": as_of,
        "before": wish.before,
        "try": wish.tried,
        "remarks": [remark.en for remark in remarks],
    }
    used = {key: versions[key] for key in ACCESS_LAYERS if key in versions}
    write_table(
        frame,
        out,
        TABLE_TITLES[what.value],
        titles=COLUMN_TITLES[what.value],
        words=codes_in(frame.columns),
        layers=used,
        what="access",
        internal=what is What.dwellings,
        remarks=remarks,
        wish=told,
    )


def _since(wish: _Wish) -> list[Text]:
    from layers.errors import Text

    if wish.before is None:
        return []
    return [Text(f"与 {wish.before} 相比", f"Compared with {wish.before}")]
