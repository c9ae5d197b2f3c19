"""The command ``atlas underused``: what the page 低效空间 computes, as a file."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from cli_common import PROBLEMS
from cli_common import Audience
from cli_common import JsonOption
from cli_common import WorkspaceOption
from cli_common import catalogue
from cli_common import context
from cli_common import exporting
from cli_common import open_workspace
from cli_common import print_json
from cli_common import records
from cli_common import setting_of
from cli_common import weight_of
from cli_tables import beside
from cli_tables import write_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from geo.scorecards import Scorecard
    from geo.underuse import UnderuseParameters
    from layers.errors import Text
    from layers.underuse import RankChoice
    from layers.underuse import Underuse
    from layers.workspace import Workspace

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

_SPATIAL = frozenset({".gpkg", ".geojson", ".parquet"})


class What(StrEnum):
    """Which table of the result is written."""

    carriers = "carriers"
    todo = "todo"
    contributions = "contributions"
    leasing = "leasing"
    matches = "matches"


_INTERNAL_TABLES = frozenset({What.todo, What.contributions, What.matches})


def underused(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="csv, xlsx, json, gpkg, geojson, parquet."),
    ] = None,
    workspace: WorkspaceOption = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Day of the question; of the data by default.")
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Another parameter of the rule, as market_vacancy=0.3; repeatable."
        ),
    ] = None,
    park: Annotated[list[str] | None, typer.Option("--park", help="Only this park.")] = None,
    carrier: Annotated[
        list[str] | None, typer.Option("--carrier", help="Only this carrier; repeatable.")
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option("--weight", help="Weight of a criterion of the ranking, as rent=20."),
    ] = None,
    scorecard: Annotated[
        Path | None,
        typer.Option(
            "--scorecard", exists=True, dir_okay=False, help="Rank by the card of this TOML file."
        ),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", min=1, help="Weights drawn for ranks.")] = 5000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Where the draws start.")] = 2026,
    table: Annotated[What, typer.Option("--table", help="Which table to write.")] = What.carriers,
    audience: Annotated[
        Audience, typer.Option("--audience", help="internal: all; public: no tax, no firms.")
    ] = Audience.internal,
    pack: Annotated[
        Path | None,
        typer.Option(
            "--pack", file_okay=False, help="Write a pack with the carriers to this folder."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say which building space is underused, how sure that is, and why.

    Example: atlas underused --park B01 --out underused.xlsx
    """
    _check_wish(out, pack, carrier, table, audience)
    opened = open_workspace(workspace)
    (tables, sound), versions = _tables(opened), opened.versions()
    context.say("Judging the carriers …")
    found = _judged(
        tables, _parameters(tables, as_of, setting or []), scorecard, weight or [], draws, seed
    )
    wanted = _wanted(found, tables, park or [], carrier or [])
    context.say(
        "{n} carriers as of {day}: {states}.",
        n=len(found.table),
        day=found.parameters.as_of,
        states=_states(found),
    )
    if pack is not None:
        _write_pack(pack, tables, found, carrier or [], audience, versions)
    frame, title = _chosen(table, found, tables, wanted, audience, spatial=_is_spatial(out))
    titles = _titles(table)
    if out is not None:
        wish = {"table": table.value, "parks": park or [], "carriers": carrier or []}
        _write(frame, title, titles, found, out, versions, audience, wish)
    if as_json:
        print_json(records(frame))
    if not sound:
        raise typer.Exit(PROBLEMS)


def _is_spatial(out: Path | None) -> bool:
    return out is not None and out.suffix.lower() in _SPATIAL


def _check_wish(
    out: Path | None,
    pack: Path | None,
    carriers: list[str] | None,
    table: What,
    audience: Audience,
) -> None:
    from layers.export import TABLE_FORMATS

    if out is None and pack is None:
        message = "give --out FILE, or --pack FOLDER with --carrier"
        raise typer.BadParameter(message)
    # Before anything is computed, and before a pack is written.
    if out is not None and out.suffix.lower() not in TABLE_FORMATS:
        message = f"--out {out.name}: the ending must be one of {', '.join(TABLE_FORMATS)}"
        raise typer.BadParameter(message)
    if pack is not None and not carriers:
        message = "--pack needs --carrier, once for each carrier to offer"
        raise typer.BadParameter(message)
    if audience is Audience.public and table in _INTERNAL_TABLES:
        message = f"--table {table} names firms or tax and has no public copy"
        raise typer.BadParameter(message)


def _tables(opened: Workspace) -> tuple[Tables, bool]:
    """Return the layers that can be read, and whether all that are used could be.

    Without carriers there is nothing to judge; without another layer less is told.
    """
    from layers.inventory import readable
    from layers.underuse import UNDERUSE_LAYERS

    tables, problems = readable(opened)
    damaged = [key for key in UNDERUSE_LAYERS if key in problems]
    if "carriers" in damaged:
        raise problems["carriers"]
    for key in damaged:
        typer.echo(problems[key].text.get(context.lang), err=True)
    return tables, not damaged


def _parameters(tables: Tables, as_of: str | None, settings: list[str]) -> UnderuseParameters:
    from layers.underuse import default_underuse

    changes = underuse_settings(settings)
    if as_of is not None:
        changes["as_of"] = day_of(as_of)
    try:
        return default_underuse(tables, **changes)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def underuse_settings(settings: list[str]) -> dict[str, Any]:
    """Return the parameters that ``--set`` names."""
    from geo.underuse import UnderuseParameters

    kinds = {"float": float, "int": int, "str": str}
    readers = {f.name: kinds[f.type] for f in fields(UnderuseParameters) if f.type in kinds}
    return dict(setting_of(text, readers) for text in settings)


def day_of(text: str) -> date:
    """Return the day of ``--as-of``."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        message = f"--as-of {text}: write a day as 2026-09-30"
        raise typer.BadParameter(message) from error


def _judged(
    tables: Tables,
    parameters: UnderuseParameters,
    scorecard: Path | None,
    weights: list[str],
    draws: int,
    seed: int,
) -> Underuse:
    from layers.underuse import RankChoice
    from layers.underuse import underuse_of

    card = None if scorecard is None else card_of(scorecard)
    # Of a criterion that is named twice the last weight counts, as for any option.
    own = dict(map(weight_of, weights))
    choice: RankChoice = RankChoice(draws, seed, weights=tuple(own.items()))
    return underuse_of(tables, catalogue(), parameters, choice=choice, card=card)


def card_of(path: Path) -> Scorecard:
    """Return the card of carriers of a TOML file."""
    from layers.scorecards import CARRIER_CARD
    from layers.scorecards import read_scorecards

    cards = read_scorecards(path).cards
    if CARRIER_CARD not in cards:
        message = f"{path} has no card '{CARRIER_CARD}'; it has {', '.join(cards) or '-'}"
        raise typer.BadParameter(message)
    return cards[CARRIER_CARD]


def _wanted(
    found: Underuse, tables: Tables, parks: list[str], carriers: list[str]
) -> pd.Series[bool]:
    """Tell which rows are asked for; all are judged, because peers are the whole district."""
    from layers.consolidation import refuse_unknown
    from layers.errors import Text

    table = found.table
    known = {name: set(table[name].dropna()) for name in ("park_id", "carrier_id")}
    # A park that has no carriers is no mistake of whoever asks for it.
    known["park_id"] |= set(tables["parks"]["park_id"]) if "parks" in tables else set()
    asked = (
        ("park_id", parks, Text("园区", "park")),
        ("carrier_id", carriers, Text("载体", "carrier")),
    )
    keep = table["carrier_id"].notna()
    for name, ids, what in asked:
        refuse_unknown(what, ids, sorted(known[name]))
        if ids:
            keep &= table[name].isin(ids)
    return keep


def _states(found: Underuse) -> str:
    from geo.underuse import STATE_NAMES_EN
    from geo.underuse import STATES

    counts = found.table["state"].value_counts()
    names = {s: s if context.lang == "zh" else STATE_NAMES_EN[s] for s in STATES[::-1]}
    return ", ".join(f"{names[s]} {counts[s]}" for s in names if s in counts)


def _chosen(
    table: What,
    found: Underuse,
    tables: Tables,
    wanted: pd.Series[bool],
    audience: Audience,
    *,
    spatial: bool,
) -> tuple[pd.DataFrame, Text]:
    """Return the table that was asked for, as the audience may have it, and its title."""
    from layers import underuse
    from layers.matching import MATCH_TITLE
    from layers.matching import matches_of

    rows = found.table[wanted]
    coarse = catalogue().layer("carriers") if audience is Audience.public else None
    makers: dict[What, tuple[Text, Callable[[], pd.DataFrame]]] = {
        What.carriers: (
            underuse.UNDERUSE_TITLE,
            lambda: underuse.underuse_layer(found, tables, coarse=coarse) if spatial else rows,
        ),
        What.todo: (
            underuse.TODO_TITLE,
            lambda: underuse.missing_data(found, tables, catalogue()),
        ),
        What.contributions: (
            underuse.UNDERUSE_CONTRIBUTION_TITLE,
            lambda: found.contributions.rename(columns={"subject_id": "carrier_id"}),
        ),
        What.leasing: (
            underuse.LEASING_TITLE,
            lambda: underuse.leasing_facts(tables, catalogue()).reset_index(),
        ),
        What.matches: (MATCH_TITLE, lambda: matches_of(tables, catalogue(), rows)),
    }
    title, make = makers[table]
    frame = _with_origin(make(), found)
    frame = frame[frame["carrier_id"].isin(rows["carrier_id"])]
    return underuse.audience_copy(frame.reset_index(drop=True), audience.value), title


def _titles(table: What) -> dict[str, Text]:
    """Return the titles of the columns of a table."""
    from layers import underuse
    from layers.matching import MATCH_TITLES

    told = {
        What.carriers: underuse.UNDERUSE_TITLES,
        What.todo: underuse.TODO_TITLES,
        What.contributions: underuse.UNDERUSE_CONTRIBUTION_TITLES,
        What.leasing: underuse.LEASING_TITLES,
        What.matches: MATCH_TITLES,
    }
    everywhere = ("carrier_id", "rule_version", "parameters", "sample")
    return {name: underuse.UNDERUSE_TITLES[name] for name in everywhere} | told[table]


def _with_origin(frame: pd.DataFrame, found: Underuse) -> pd.DataFrame:
    """Return a table with sample mark, rule and parameters: not every format has notes."""
    judged = found.table.set_index("carrier_id")
    names = ("sample", "rule_version", "parameters")
    added = {n: frame["carrier_id"].map(judged[n]) for n in names if n not in frame}
    told = frame.assign(**added)
    return told if "carrier_name" in told else beside(told, "carrier_id", "name", judged["name"])


def _write(
    frame: pd.DataFrame,
    title: Text,
    titles: Mapping[str, Text],
    found: Underuse,
    out: Path,
    versions: Mapping[str, int],
    audience: Audience,
    wish: Mapping[str, object],
) -> None:
    from layers.export.notes import AUDIENCE_MARKS
    from layers.underuse import underuse_remarks
    from layers.underuse import underuse_words

    public = [AUDIENCE_MARKS["public"]] if audience is Audience.public else []
    remarks = [*public, *underuse_remarks(found, versions)]
    whole = {**wish, "audience": audience.value, "remarks": [remark.en for remark in remarks]}
    write_table(
        frame,
        out,
        title,
        titles=titles,
        words=underuse_words(catalogue(), found.card),
        layers=_used(versions),
        what="underused",
        internal=audience is Audience.internal,
        remarks=remarks,
        wish=whole,
    )


def _used(versions: Mapping[str, int]) -> dict[str, int]:
    """Return the versions of the layers that the judgement is made from."""
    from layers.underuse import UNDERUSE_LAYERS

    return {key: versions[key] for key in UNDERUSE_LAYERS if key in versions}


def _write_pack(
    folder: Path,
    tables: Tables,
    found: Underuse,
    carriers: Sequence[str],
    audience: Audience,
    versions: Mapping[str, int],
) -> None:
    from layers.packs import new_number
    from layers.packs import write_pack

    number = new_number()
    wish = {
        "number": number,
        "audience": audience.value,
        "carriers": list(carriers),
        "parameters": found.parameters.as_text(),
    }
    with exporting(folder, _used(versions), "pack", **wish) as export_id:
        report = write_pack(
            folder,
            tables,
            catalogue(),
            found,
            carriers,
            audience=audience.value,
            lang=context.lang,
            number=number,
            versions=versions,
            export_id=export_id,
        )
    for note in report.notes:
        typer.echo(note.get(context.lang), err=True)
    context.say(
        "Pack {number}: {book}, {brief}.",
        number=report.number,
        book=report.xlsx,
        brief=report.docx,
    )
