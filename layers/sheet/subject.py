"""What a sheet is about: its name, its places, and the figures that are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.crs import STORAGE_CRS
from geo.flag import FLAG_TITLES
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.i18n import number
from layers.i18n import percent
from layers.i18n import unknown
from layers.ids import strangers
from layers.marks import is_sample
from layers.proposals.drawing import SITE_SYMBOLS
from layers.proposals.words import WORDS
from layers.results import SCATTER_TITLES
from layers.sheet.featured import any_sample
from layers.sheet.featured import facts_of
from layers.sheet.featured import featured_rows
from layers.sheet.featured import places_of
from layers.sheet.featured import seen_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    from layers.catalogue import Catalogue
    from layers.sheet.records import Extras
    from layers.sheet.records import Featured
    from layers.sheet.records import Overlay
    from layers.sheet.records import SheetRequest

    Tables = Mapping[str, pd.DataFrame]

_FIGURES: tuple[tuple[str, str], ...] = (
    ("spaces", "count"),
    ("sites", "count"),
    ("floor_area_m2", "count"),
    ("mean_distance_m", "count"),
    ("effective_clusters", "real"),
    ("largest_cluster_share", "share"),
    ("zone_share", "share"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a sheet is about.

    Attributes
    ----------
    name
        For the title.
    places
        All that must be on the map, EPSG:4490.
    carriers
        The carriers it is about; None if it is about no particular ones.
    facts
        ``(name, value)`` in the language of the sheet.
    sample
        Whether any of what is told is sample data.
    """

    name: str
    places: gpd.GeoSeries
    carriers: frozenset[str] | None = None
    facts: tuple[tuple[str, str], ...] = ()
    sample: bool = False


def find_subject(
    tables: Tables, request: SheetRequest, catalogue: Catalogue, extras: Extras
) -> Subject:
    """Return what a sheet is about.

    Parameters
    ----------
    tables
        Layers by key, EPSG:4490.
    request
        The sheet.
    catalogue
        Describes the layers.
    extras
        A plan is needed for a scenario, an overlay for linkage, objects for a task; findings
        give the figures of a park.

    Raises
    ------
    ExportUsageError
        If it is not known or lies nowhere.
    """
    if request.kind == "scenario":
        return _scenario(request, extras.plan)
    if request.kind == "task":
        return _task(tables, request, catalogue, extras.featured)
    if request.kind == "linkage":
        return _linkage(tables, request, extras.overlay)
    find: dict[str, Callable[..., Subject]] = {"district": _district, "zone": _zone, "park": _park}
    return find[request.kind](tables, request, extras.findings)


def _task(
    tables: Tables, request: SheetRequest, catalogue: Catalogue, featured: Featured | None
) -> Subject:
    if featured is None:
        raise ExportUsageError(
            Text(
                f"行动方案里没有任务“{request.subject}”",
                f"the action plan has no task '{request.subject}'",
            )
        )
    name = featured.name.get(request.lang)
    rows = featured_rows(seen_by(featured, catalogue, request), tables, catalogue)
    places = places_of(rows.values(), name)
    facts = facts_of(featured, rows, catalogue, _lang(request.lang))
    return Subject(name, places, None, facts, featured.sample or any_sample(rows.values()))


def _linkage(tables: Tables, request: SheetRequest, overlay: Overlay | None) -> Subject:
    if overlay is None or overlay.frame.empty:
        raise ExportUsageError(
            Text(
                "没有已定位且属于园区的载体，不能出三区联动图；请先导入载体、填写所属园区并补充位置",
                "no building space of a park is located, so there is no linkage to draw; import "
                "building space with its parks and places first",
            )
        )
    whole = _district(tables, request, None)
    places = pd.concat([whole.places, overlay.frame.geometry], ignore_index=True)
    told = tuple((name.get(request.lang), value.get(request.lang)) for name, value in overlay.facts)
    return Subject(whole.name, gpd.GeoSeries(places, crs=STORAGE_CRS), None, told, overlay.sample)


def _district(tables: Tables, request: SheetRequest, _: pd.DataFrame | None) -> Subject:
    found = next((tables[k] for k in ("district", "zones", "parks") if _has(tables, k)), None)
    if found is None:
        raise _nowhere()
    row = found.iloc[0]
    name = _called(row, request.lang) if "district" in tables else ""
    return Subject(name, _shapes(found))


def _has(tables: Tables, key: str) -> bool:
    return key in tables and bool(len(_shapes(tables[key])))


def _zone(tables: Tables, request: SheetRequest, _: pd.DataFrame | None) -> Subject:
    row = _row(tables, "zones", "zone_id", request.subject, Text("功能区", "zone"))
    return Subject(_called(row, request.lang), _there(row, request))


def _park(tables: Tables, request: SheetRequest, findings: pd.DataFrame | None) -> Subject:
    park = request.subject
    row = _row(tables, "parks", "park_id", park, Text("园区", "park"))
    own = carriers_of(tables, park)
    carriers = tables.get("carriers", pd.DataFrame({"carrier_id": []}))
    mine = carriers[carriers["carrier_id"].isin(own)]
    parts = [gpd.GeoSeries([row["geometry"]], crs=STORAGE_CRS), _shapes(mine)]
    shapes = _only_there(pd.concat([part for part in parts if len(part)]))
    if shapes.empty:
        raise _nowhere(park)
    facts, sample = _figures(findings, park, request.lang)
    sample = sample or bool(is_sample(mine).any())
    return Subject(_called(row, request.lang), shapes, own, facts, sample)


def carriers_of(tables: Tables, park: str) -> frozenset[str]:
    """Return the carriers that a park is in: by its units, and by the register of carriers."""
    found: set[str] = set()
    for key in ("units", "carriers"):
        frame = tables.get(key)
        if frame is not None and {"park_id", "carrier_id"} <= set(frame.columns):
            found |= set(frame.loc[frame["park_id"].eq(park), "carrier_id"].dropna())
    return frozenset(found)


def _scenario(request: SheetRequest, plan: Tables | None) -> Subject:
    if plan is None:
        raise ExportUsageError(
            Text("整合方案图需要一个方案", "a sheet of a plan needs a consolidation plan")
        )
    shapes = _only_there(pd.concat([_shapes(plan["sites"]), _shapes(plan["moves"])]))
    if shapes.empty:
        raise _nowhere(request.subject)
    moves, sites = plan["moves"], plan["sites"]
    lang = request.lang
    facts = [(_WORDS["moves"].get(lang), number(len(moves), _lang(lang)))]
    if len(moves):
        area = number(moves["floor_area_m2"].sum(), _lang(lang), unit="m²")
        facts.append((_WORDS["area"].get(lang), area))
    counts = sites["outcome"].value_counts()
    facts += [
        (WORDS["outcome"][kind].get(lang), number(counts[kind], _lang(lang)))
        for kind in SITE_SYMBOLS
        if kind in counts
    ]
    facts += _rule(sites, lang)
    sample = any(bool(is_sample(frame).any()) for frame in (moves, sites))
    return Subject(request.subject, shapes, None, tuple(facts), sample)


_WORDS = {
    "moves": Text("移位单元", "Units moved"),
    "area": Text("移位面积", "Floor area moved"),
}


def _lang(lang: str) -> Any:  # noqa: ANN401 - the two literals of layers.i18n
    return lang


def _figures(
    findings: pd.DataFrame | None, park: str, lang: str
) -> tuple[tuple[tuple[str, str], ...], bool]:
    if findings is None:
        return (), False
    rows = findings[findings["park_id"].eq(park)]
    if rows.empty:
        return (), False
    row = rows.iloc[0]
    told = [(SCATTER_TITLES["flag"].get(lang), FLAG_TITLES[row["flag"]][lang == "en"])]
    for name, kind in _FIGURES:
        if name in row and not unknown(row[name]):
            value = {
                "count": lambda v: number(v, _lang(lang)),
                "real": lambda v: number(v, _lang(lang), digits=2),
                "share": lambda v: percent(v, _lang(lang)),
            }[kind](row[name])
            told.append((SCATTER_TITLES[name].get(lang), value))
    reason = row.get(f"reason_{lang}")
    if not unknown(reason):
        told.append((SCATTER_TITLES["reason_zh"].zh if lang == "zh" else "Reason", str(reason)))
    return (*told, *_rule(rows, lang)), bool(row.get("sample", False))


def _rule(frame: pd.DataFrame, lang: str) -> list[tuple[str, str]]:
    """Return the version of the rule that gave the figures, where it is told."""
    told = frame["rule_version"].dropna().unique() if "rule_version" in frame else ()
    return [(SCATTER_TITLES["rule_version"].get(lang), str(version)) for version in told]


def _row(tables: Tables, key: str, id_field: str, wanted: str, what: Text) -> pd.Series[Any]:
    frame = tables.get(key, pd.DataFrame({id_field: []}))
    rows = frame[frame[id_field].eq(wanted)]
    if rows.empty:
        _, others = strangers([wanted], [str(known) for known in frame[id_field]])
        raise ExportUsageError(
            Text(
                f"没有编码为 {wanted} 的{what.zh}{others.zh}",
                f"there is no {what.en} {wanted}{others.en}",
            )
        )
    return rows.iloc[0]


def _there(row: pd.Series[Any], request: SheetRequest) -> gpd.GeoSeries:
    shapes = _only_there(gpd.GeoSeries([row["geometry"]], crs=STORAGE_CRS))
    if shapes.empty:
        raise _nowhere(request.subject)
    return shapes


def _shapes(frame: pd.DataFrame) -> gpd.GeoSeries:
    if "geometry" not in frame:
        return gpd.GeoSeries([], crs=STORAGE_CRS)
    return _only_there(gpd.GeoSeries(list(frame["geometry"]), crs=STORAGE_CRS))


def _only_there(shapes: pd.Series[Any]) -> gpd.GeoSeries:
    found = gpd.GeoSeries(list(shapes), crs=STORAGE_CRS)
    return found[~(found.isna() | found.is_empty)]


def _called(row: pd.Series[Any], lang: str) -> str:
    name = row.get("name_en") if lang == "en" else None
    return str(row["name"] if unknown(name) else name)


def _nowhere(subject: str = "") -> ExportUsageError:
    return ExportUsageError(
        Text(
            f"“{subject or '本区'}”没有已定位的空间，不能出图；请先补充位置",
            f"'{subject or 'the district'}' has no located space, so there is nothing to draw;"
            " locate it first",
        )
    )
