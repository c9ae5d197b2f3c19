"""The command ``atlas scatter``: what the page 分散 computes, as a file."""

from __future__ import annotations

from dataclasses import fields
from dataclasses import replace
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
from cli_tables import beside
from cli_tables import write_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from geo.scatter import ScatterParameters
    from geo.scatter import ScatterResult
    from layers.errors import Text
    from layers.workspace import Workspace

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

_SPATIAL = frozenset({".gpkg", ".geojson", ".parquet"})


class What(StrEnum):
    """Which table of the result is written."""

    parks = "parks"
    sites = "sites"
    tree = "tree"
    runs = "runs"
    ranking = "ranking"
    belts = "belts"
    together = "together"
    trend = "trend"


class StockName(StrEnum):
    """What the draws are from."""

    auto = "auto"
    buildings = "buildings"
    carriers = "carriers"
    land = "land"
    none = "none"


def scatter(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="csv, xlsx, json, gpkg, geojson, parquet.")
    ],
    workspace: WorkspaceOption = None,
    walk_m: Annotated[float, typer.Option("--walk-m", help="Longest walk of one place, m.")] = 800,
    detour: Annotated[float, typer.Option("--detour", help="Walk over straight line.")] = 1.324,
    site_gap_m: Annotated[
        float, typer.Option("--site-gap-m", help="Buildings this close are one site, m.")
    ] = 50,
    threshold: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another parameter of the rule, as red_share=0.6; repeatable."),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", help="Random placements.")] = 999,
    seed: Annotated[int, typer.Option("--seed", help="Where the random placements start.")] = 2024,
    stock: Annotated[
        StockName, typer.Option("--stock", help="What spaces are placed on at random.")
    ] = StockName.auto,
    use: Annotated[
        list[str] | None,
        typer.Option("--use", help="Only buildings of this use, or carriers of this class."),
    ] = None,
    park: Annotated[list[str] | None, typer.Option("--park", help="Only this park.")] = None,
    table: Annotated[What, typer.Option("--table", help="Which table to write.")] = What.parks,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The layers as they stood then: 2026-11-25.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="The earlier time that a trend starts from.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say of every park how scattered its spaces are, and why.

    Example: atlas scatter --park B01 --park B02 --draws 999 --seed 7 --out scatter.xlsx
    """
    from layers.analysis import SCATTER_LAYERS
    from layers.analysis import scatter_of
    from layers.results import COLUMN_TITLES
    from layers.results import SCATTER_WORDS
    from layers.results import scatter_remarks
    from layers.stock import ChanceChoice

    parameters = scatter_parameters(walk_m, detour, site_gap_m, threshold or [])
    chance = ChanceChoice(stock.value, tuple(use or ()), draws, seed)
    opened = open_workspace(workspace)
    tables, versions = _tables(opened, as_of)
    earlier = _earlier(opened, against) if table is What.trend else None
    context.say("Computing scatter …")
    result = scatter_of(tables, catalogue(), parameters, park, chance=chance)
    frame, title = _chosen(table, result, tables, parameters, out)
    if earlier is not None:
        before = scatter_of(earlier, catalogue(), parameters, None, chance=chance)
        frame = _trend(before, result, park)
    remarks = scatter_remarks(result, versions)
    wish = {
        "table": table.value,
        "remarks": [remark.en for remark in remarks],
        "parks": park or [],
        "as_of": as_of,
        "against": against,
    }
    used = {key: versions[key] for key in SCATTER_LAYERS if key in versions}
    write_table(
        frame,
        out,
        title,
        titles=COLUMN_TITLES[table.value],
        words=SCATTER_WORDS,
        layers=used,
        what="scatter",
        internal=False,
        remarks=remarks,
        wish=wish,
    )
    counts = result.table["flag"].value_counts()
    context.say(
        "{n} parks: {flags}.",
        n=len(result.table),
        flags=", ".join(
            f"{title.get(context.lang)} {counts[flag]}"
            for flag, title in SCATTER_WORDS["flag"].items()
            if flag in counts
        ),
    )
    if as_json:
        print_json(records(frame))


def scatter_parameters(
    walk_m: float, detour: float, site_gap_m: float, settings: list[str]
) -> ScatterParameters:
    """Return the rule of the options; what means nothing is wrong usage."""
    from geo.scatter import ScatterParameters

    readers = {field.name: float for field in fields(ScatterParameters) if field.type == "float"}
    changes: dict[str, Any] = dict(setting_of(text, readers) for text in settings)
    try:
        return replace(
            ScatterParameters(walk_m=walk_m, detour=detour, site_gap_m=site_gap_m), **changes
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _tables(opened: Workspace, as_of: str | None) -> tuple[Tables, dict[str, int]]:
    """Return the layers that scatter is computed from, and their versions."""
    from layers.analysis import SCATTER_LAYERS
    from layers.timeline import versions_at

    if as_of is not None:
        versions = versions_at(opened.history(), as_of)
        return {key: opened.read(key, versions[key]) for key in versions}, versions
    return needed_tables(opened, SCATTER_LAYERS), opened.versions()


def _earlier(opened: Workspace, against: str | None) -> Tables:
    from layers.timeline import tables_at

    if against is None:
        message = "--table trend needs --against, the time that the trend starts from"
        raise typer.BadParameter(message)
    return tables_at(opened, against)


def _chosen(
    table: What,
    result: ScatterResult,
    tables: Tables,
    parameters: ScatterParameters,
    out: Path,
) -> tuple[pd.DataFrame, Text]:
    """Return the table that was asked for, and its title."""
    from geo.crs import STORAGE_CRS
    from geo.district import ranking
    from layers import results
    from layers.analysis import together_of

    spatial = out.suffix.lower() in _SPATIAL
    makers: dict[What, Callable[[], pd.DataFrame]] = {
        What.parks: lambda: results.scatter_layer(result) if spatial else result.table,
        What.trend: lambda: result.table,
        What.sites: lambda: result.sites.to_crs(STORAGE_CRS),
        What.tree: lambda: result.tree.to_crs(STORAGE_CRS),
        What.runs: lambda: result.runs,
        What.ranking: lambda: ranking(result.table, result.runs),
        What.belts: lambda: result.belts,
        What.together: lambda: together_of(tables, catalogue(), parameters).table,
    }
    names = result.table.set_index("park_id")["park_name"]
    frame = beside(results.with_origin(makers[table](), result), "park_id", "park_name", names)
    return frame, results.TABLE_TITLES[table.value]


def _trend(before: ScatterResult, after: ScatterResult, parks: list[str] | None) -> pd.DataFrame:
    from geo.district import trend

    earlier = before.table
    if parks is not None:
        earlier = earlier[earlier["park_id"].isin(parks)]
    return trend(earlier, after.table)
