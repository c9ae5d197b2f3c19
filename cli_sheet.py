"""The commands ``atlas sheet`` and ``atlas report``: plan sheets and chapters."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from cli_common import Audience
from cli_common import JsonOption
from cli_common import WorkspaceOption
from cli_common import catalogue
from cli_common import context
from cli_common import exporting
from cli_common import needed_tables
from cli_common import open_workspace
from cli_common import print_json
from cli_output import AudienceOption
from cli_output import ThemeOption
from cli_output import progress
from cli_output import stamp_of
from cli_output import themes_of
from layers.clock import local_day

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.report import Kind
    from layers.report import ReportReport
    from layers.sheet import AtlasReport
    from layers.sheet import Extras
    from layers.sheet import SheetReport
    from layers.sheet import SheetRequest
    from layers.sheet.records import Featured
    from layers.sheet.records import Overlay
    from layers.sheet.template import Kind as SheetKind
    from layers.workspace import Workspace

_SHEETS = (".pdf", ".svg", ".png")


class Size(StrEnum):
    """Paper of a sheet."""

    A4 = "A4"
    A3 = "A3"
    A2 = "A2"
    A1 = "A1"
    A0 = "A0"


class Orientation(StrEnum):
    """How the paper lies."""

    auto = "auto"
    portrait = "portrait"
    landscape = "landscape"


ParkOption = Annotated[str | None, typer.Option("--park", help="About this park.")]
ZoneOption = Annotated[str | None, typer.Option("--zone", help="About this zone.")]
DistrictOption = Annotated[bool, typer.Option("--district", help="About the district (default).")]
ScenarioOption = Annotated[
    str | None, typer.Option("--scenario", help="About this saved consolidation plan.")
]
DateOption = Annotated[
    str | None, typer.Option("--date", help="Day that it carries; of the newest data by default.")
]


def sheet(
    out: Annotated[Path, typer.Option("--out", "-o", help="pdf, svg or png.")],
    workspace: WorkspaceOption = None,
    park: Annotated[
        list[str] | None, typer.Option("--park", help="About this park; repeatable with --atlas.")
    ] = None,
    zone: ZoneOption = None,
    district: DistrictOption = False,
    scenario: ScenarioOption = None,
    task: Annotated[
        str | None, typer.Option("--task", help="About the objects of this task, as T07.")
    ] = None,
    linkage: Annotated[
        bool, typer.Option("--linkage", help="About the linkage of campus, park, neighbourhood.")
    ] = False,
    atlas: Annotated[
        bool, typer.Option("--atlas", help="One sheet for every park, with an index; pdf.")
    ] = False,
    size: Annotated[Size, typer.Option("--size", help="Paper.")] = Size.A3,
    scale: Annotated[
        int | None, typer.Option("--scale", min=1, help="1:N; the largest round one by default.")
    ] = None,
    orientation: Annotated[
        Orientation, typer.Option("--orientation", help="How the paper lies.")
    ] = Orientation.auto,
    crs: Annotated[
        str, typer.Option("--crs", help="A CRS in metres, as EPSG:4549; the district's by default.")
    ] = "",
    audience: AudienceOption = Audience.internal,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", help="A field of the title block, as checker=王; repeatable."),
    ] = None,
    theme: ThemeOption = None,
    date: DateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw a plan sheet at a true scale, with frame, legend, notes and title block.

    Example: atlas sheet --park B01 --size A3 --scale 5000 --out B01.pdf

    Example: atlas sheet --task T07 --out T07.pdf

    Example: atlas sheet --atlas --size A4 --field unit=规划资源局 --out parks.pdf
    """
    from layers.sheet import SheetRequest

    parks = park or []
    kind, subject = _sheet_subject(
        task, _subject(parks, zone, scenario, district=district, atlas=atlas), linkage=linkage
    )
    if kind in {"task", "linkage"} and (parks or zone or scenario or district or atlas):
        message = "--task and --linkage stand alone"
        raise typer.BadParameter(message)
    _check_ending(out, _SHEETS[:1] if atlas else _SHEETS)
    day = _day(date)
    request = SheetRequest(
        kind=kind,
        subject=subject,
        size=size.value,
        scale=scale,
        orientation=orientation.value,
        audience=audience.value,
        lang=context.lang,
        crs=crs,
        fields=dict(_title_field(text) for text in field or []),
    )
    opened = open_workspace(workspace)
    tables = needed_tables(opened, opened.keys())
    extras = _extras(opened, tables, request, theme or [])
    draw = _atlas if atlas else _sheet
    stamp = day or _newest(opened, tables)
    wish = {**asdict(request), "atlas": atlas, "parks": parks, "themes": theme or []}
    wish |= {"lang": context.lang, "date": stamp.isoformat()}
    del wish["export_id"]
    with exporting(out, opened.versions(), "sheet", **wish) as export_id:
        request = replace(request, export_id=export_id)
        draw(tables, request, extras, stamp, out, parks, as_json=as_json)


def report(
    out: Annotated[Path, typer.Option("--out", "-o", help="The .docx to write.")],
    workspace: WorkspaceOption = None,
    park: ParkOption = None,
    zone: ZoneOption = None,
    district: DistrictOption = False,
    scenario: ScenarioOption = None,
    template: Annotated[
        Path | None,
        typer.Option("--template", help="Your own .docx with placeholders; built in by default."),
    ] = None,
    audience: AudienceOption = Audience.internal,
    date: DateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a chapter for a plan document, with numbered figures and tables.

    Example: atlas report --district --audience public --out 空间现状.docx

    Example: atlas report --district --scenario 方案一 --out 空间整合.docx
    """
    from layers.report import ReportRequest
    from layers.report import write_report
    from layers.scenarios import load

    own = None if district else scenario
    kind, subject = _subject([] if park is None else [park], zone, own, district=district)
    _check_ending(out, (".docx",))
    day = _day(date)
    request = ReportRequest(
        kind=kind,
        subject=subject,
        audience=audience.value,
        lang=context.lang,
        template=template,
    )
    opened = open_workspace(workspace)
    tables, versions = needed_tables(opened, opened.keys()), opened.versions()
    stamp = day or _newest(opened, tables)
    kept = None if scenario is None else load(opened, scenario)
    wish = {
        "kind": kind,
        "subject": subject,
        "audience": audience.value,
        "template": "" if template is None else template.name,
        "scenario": None if kept is None else [kept.name, kept.revision],
        "date": stamp.isoformat(),
    }
    with exporting(out, versions, "report", **wish) as export_id:
        made = write_report(
            tables,
            catalogue(),
            replace(request, export_id=export_id),
            out,
            versions=versions,
            stamp=stamp,
            scenario=kept,
            progress=progress(),
        )
    context.say(
        "{title}: {sections} sections, {tables} tables, {figures} figures. Written to {path}.",
        title=made.title,
        sections=made.sections,
        tables=made.tables,
        figures=made.figures,
        path=out,
    )
    _notes(made.notes)
    if as_json:
        print_json(_plain(made))


def _subject(
    parks: Sequence[str],
    zone: str | None,
    scenario: str | None,
    *,
    district: bool,
    atlas: bool = False,
) -> tuple[Kind, str]:
    """Return what a sheet or chapter is about; two subjects at once are wrong usage."""
    wishes: list[tuple[str, Kind, str | None]] = [
        ("--zone", "zone", zone),
        ("--scenario", "scenario", scenario),
        ("--district", "district", "" if district else None),
    ]
    if atlas:
        wishes.append(("--atlas", "park", ""))
    else:
        wishes += [("--park", "park", park) for park in parks]
    given = [wish for wish in wishes if wish[2] is not None]
    if len(given) > 1:
        names = ", ".join(name for name, _kind, _of in given)
        message = f"{names}: give one of them"
        raise typer.BadParameter(message)
    for _name, kind, subject in given:
        return kind, subject or ""
    return "district", ""


def _sheet_subject(
    task: str | None, other: tuple[SheetKind, str], *, linkage: bool
) -> tuple[SheetKind, str]:
    """Return what a sheet is about, which can be more than a chapter."""
    if task is not None and linkage:
        message = "--task, --linkage: give one of them"
        raise typer.BadParameter(message)
    if task is not None:
        return "task", task
    return ("linkage", "") if linkage else other


def _check_ending(out: Path, endings: Sequence[str]) -> None:
    if out.suffix.lower() not in endings:
        message = f"--out {out.name}: end the name in {', '.join(endings)}"
        raise typer.BadParameter(message)


def _title_field(text: str) -> tuple[str, str]:
    """Return name and value of ``--field name=value``; the sheet knows the names."""
    name, equals, value = text.partition("=")
    if not (equals and name):
        message = f"--field {text}: write NAME=VALUE"
        raise typer.BadParameter(message)
    return name, value


def _day(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        message = f"--date {text}: write a day as 2026-11-26"
        raise typer.BadParameter(message) from error


def _newest(opened: Workspace, tables: Mapping[str, pd.DataFrame]) -> dt.date:
    """Return the day of the newest data, or today if there are none."""
    stamp = stamp_of(opened, tables)
    return local_day() if stamp is None else stamp.date()


def _extras(
    opened: Workspace,
    tables: Mapping[str, pd.DataFrame],
    request: SheetRequest,
    themes: Sequence[str],
) -> Extras:
    """Return what a sheet shows beside the layers: a plan, the figures of parks, themes."""
    from layers.edition import load_sources
    from layers.scenarios import load
    from layers.scenarios.answers import plan_tables
    from layers.sheet import Extras

    described, versions = catalogue(), opened.versions()
    specs = [spec for spec in described.layers if spec.key in tables]
    styles = themes_of(themes, specs, tables, described, Audience(request.audience))
    plan = findings = featured = overlay = None
    if request.kind == "task":
        featured = _featured(opened, tables, request)
    elif request.kind == "linkage":
        overlay = _overlay(tables, versions)
    elif request.kind == "scenario":
        plan = plan_tables(load(opened, request.subject), tables, described, versions)
    elif request.kind == "park":
        findings = _findings(tables, described)
    return Extras(
        plan=plan,
        findings=findings,
        styles=styles,
        sources=load_sources(described.folder),
        versions=versions,
        featured=featured,
        overlay=overlay,
    )


def _featured(
    opened: Workspace, tables: Mapping[str, pd.DataFrame], request: SheetRequest
) -> Featured | None:
    """Return the objects of a task and what is measured of it; None if the plan has none."""
    from layers.calendar import calendar_of
    from layers.plan import EvidenceStore
    from layers.plan import Results
    from layers.plan import board
    from layers.plan import load_plan
    from layers.plan import measured
    from layers.plan.featured import featured_of

    described, today = catalogue(), local_day()
    plan = load_plan(described.folder)
    if plan is None or not plan.has(request.subject):
        return None
    found = board(plan, tables, described, today, EvidenceStore(opened.path).is_sound)
    calendar = calendar_of(tables, opened.history(), today, described)
    row = found.row(request.subject)
    context.say("Measuring …")
    values = measured(row.task, Results(tables, described, found, calendar))
    return featured_of(row, values, described, request.audience)


def _overlay(tables: Mapping[str, pd.DataFrame], versions: Mapping[str, int]) -> Overlay | None:
    """Return the linkage of the parks; None without building space."""
    from layers.access import access_of
    from layers.access.drawing import linkage_overlay

    if not len(tables.get("carriers", ())):
        return None
    context.say("Measuring walks …")
    return linkage_overlay(access_of(tables, catalogue()), versions)


def _findings(tables: Mapping[str, pd.DataFrame], described: Catalogue) -> pd.DataFrame | None:
    """Return the scatter of all parks; None without building space, which it is computed from."""
    from layers.analysis import scatter_of

    if not len(tables.get("carriers", ())):
        return None
    context.say("Computing scatter …")
    return scatter_of(tables, described).table


def _sheet(
    tables: Mapping[str, pd.DataFrame],
    request: SheetRequest,
    extras: Extras,
    day: dt.date,
    out: Path,
    _parks: Sequence[str],
    *,
    as_json: bool,
) -> None:
    from layers.sheet import sheet_content
    from layers.sheet import write_sheet

    context.say("Drawing …")
    made = write_sheet(sheet_content(tables, catalogue(), request, stamp=day, extras=extras), out)
    context.say(
        "1:{scale} on {width} × {height} mm. Written to {path}.",
        scale=made.scale,
        width=f"{made.width_mm:g}",
        height=f"{made.height_mm:g}",
        path=out,
    )
    # What is drawn of the subject itself is no layer of the workspace.
    for key in (key for key in made.totals if key in tables):
        context.say("{key}: {n} on the map", key=key, n=made.totals[key])
    if made.labels_left_out:
        context.say("{n} names had no room on the map.", n=made.labels_left_out)
    _tell_missing(made.missing)
    _notes(made.notes)
    if as_json:
        print_json(_plain(made))


def _atlas(
    tables: Mapping[str, pd.DataFrame],
    request: SheetRequest,
    extras: Extras,
    day: dt.date,
    out: Path,
    parks: Sequence[str],
    *,
    as_json: bool,
) -> None:
    from layers.sheet import write_atlas

    tell = progress()
    made = write_atlas(
        tables,
        catalogue(),
        request,
        out,
        stamp=day,
        parks=parks,
        extras=extras,
        progress=lambda done, total, name: tell(f"{done}/{total} {name}", done / total),
    )
    context.say(
        "{sheets} sheets on {pages} pages. Written to {path}.",
        sheets=len(made.sheets),
        pages=made.pages,
        path=out,
    )
    if made.without:
        context.say("Without place and sheet: {parks}", parks=", ".join(made.without))
    _tell_missing(made.missing)
    if as_json:
        print_json(_plain(made))


def _tell_missing(characters: Iterable[str]) -> None:
    if listed := " ".join(f"U+{ord(char):04X}" for char in sorted(characters)):
        context.say("No font here has these characters, printed as 〓: {codes}", codes=listed)


def _notes(notes: Iterable[str]) -> None:
    for note in notes:
        typer.echo(note, err=True)


def _plain(made: SheetReport | AtlasReport | ReportReport) -> dict[str, Any]:
    """Return what was handed out as JSON has it."""
    told = asdict(made)
    if "missing" in told:
        told["missing"] = sorted(told["missing"])
    return told
