"""The commands that take planners' files in: import, inspect and template."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated

import typer

from cli_common import PROBLEMS
from cli_common import AuthorOption
from cli_common import EmptyOption
from cli_common import JsonOption
from cli_common import WorkspaceOption
from cli_common import author_name
from cli_common import catalogue
from cli_common import context
from cli_common import importing
from cli_common import open_workspace
from cli_common import print_json
from cli_common import recorder
from cli_common import records
from cli_common import show
from cli_source import SourceArgument
from cli_source import read_source
from cli_source import source_of
from cli_source import told_progress
from layers.errors import Text
from layers.errors import UsageError
from layers.issues import issue_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.delivery import Delivery
    from layers.intake import Choices
    from layers.intake.placing.local_grid import LocalGrid
    from layers.intake.profiles import Profile
    from layers.intake.profiles import Profiles
    from layers.workspace import Workspace

LayerOption = Annotated[str, typer.Option("--layer", "-l", help="The layer it belongs to.")]
PartOption = Annotated[
    str, typer.Option("--part", help="Sheet, layer or member of the file, if it has several.")
]
CrsOption = Annotated[
    str | None,
    typer.Option(
        "--crs",
        help="EPSG:…, GCJ02, BD09, CGCS2000 or WGS84, if the file does not say; "
        "auto takes the only system that fits.",
    ),
]
EncodingOption = Annotated[str | None, typer.Option("--encoding", help="Text encoding.")]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", help="SOURCE=FIELD, once for each column; SOURCE= leaves it out."),
]
UnitOption = Annotated[
    list[str] | None,
    typer.Option("--unit", help="FIELD=UNIT of the file's numbers, for instance tax_wan=元."),
]
ValueOption = Annotated[
    list[str] | None,
    typer.Option(
        "--value",
        help="FIELD:TEXT=VALUE, what a text of the file stands for, e.g. park_id:东园=S01.",
    ),
]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="Use the decisions saved under this name.")
]
SaveProfileOption = Annotated[
    str | None, typer.Option("--save-profile", help="Save the decisions under this name.")
]
PointsOption = Annotated[
    Path | None,
    typer.Option(
        "--control-points",
        exists=True,
        dir_okay=False,
        help="Points of a local grid and where they lie (x, y, lon, lat); nothing is stored.",
    ),
]
ProjOption = Annotated[
    Path | None,
    typer.Option(
        "--proj-file",
        exists=True,
        dir_okay=False,
        help="A text file with the PROJ string of a local grid; nothing is stored.",
    ),
]
RmseOption = Annotated[
    float, typer.Option("--accept-rmse", min=0, help="Largest error of the control points, m.")
]
PlacesOption = Annotated[
    Path | None,
    typer.Option(
        "--places",
        exists=True,
        dir_okay=False,
        help="A list of --places-review with 是 in a column 采用: place these rows.",
    ),
]
ReviewOption = Annotated[
    Path | None,
    typer.Option(
        "--places-review",
        help="Write rows without a place, and known objects of like name or address (CSV).",
    ),
]
GeocodeOption = Annotated[
    bool, typer.Option("--geocode", help="Also ask the geocoder named by ATLAS_GEOCODER.")
]
PublicOption = Annotated[
    bool,
    typer.Option(
        "--public-copy",
        help="Import a public copy all the same, whose coarse places overwrite finer ones.",
    ),
]
SplitOption = Annotated[
    bool,
    typer.Option("--split", help="Carriers and units stand in one table: write both layers."),
]
RejectsOption = Annotated[
    Path | None,
    typer.Option(
        "--rejects",
        help="Write rejected rows with reasons here; without a suffix in the sender's own form.",
    ),
]
ReplaceOption = Annotated[
    bool, typer.Option("--replace", help="The file is the whole layer; other rows go.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Read and check only.")]
TimeOption = Annotated[
    float, typer.Option("--time-limit", min=1, help="Seconds after which reading is given up.")
]
MessageOption = Annotated[str | None, typer.Option("--message", "-m", help="Why.")]


def import_file(
    file: SourceArgument,
    layer: LayerOption,
    workspace: WorkspaceOption = None,
    empty: EmptyOption = False,
    part: PartOption = "",
    crs: CrsOption = None,
    encoding: EncodingOption = None,
    mapping: MapOption = None,
    unit: UnitOption = None,
    value: ValueOption = None,
    profile: ProfileOption = None,
    save_profile: SaveProfileOption = None,
    control_points: PointsOption = None,
    proj_file: ProjOption = None,
    accept_rmse: RmseOption = 0.5,
    places: PlacesOption = None,
    places_review: ReviewOption = None,
    geocode: GeocodeOption = False,
    public_copy: PublicOption = False,
    split: SplitOption = False,
    rejects: RejectsOption = None,
    replace: ReplaceOption = False,
    dry_run: DryRunOption = False,
    time_limit: TimeOption = 300,
    author: AuthorOption = None,
    message: MessageOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read a planner's file or table into a layer; good rows are kept, bad ones returned.

    Rows are matched by id: known ones are updated, new ones added, and rows that the
    file does not contain stay as they are, unless --replace is given. What the file
    does not say and cannot be told from it is refused with the choices there are.

    Example: atlas import 载体台账.xlsx --layer carriers --rejects bad.xlsx

    Example: atlas import "postgis://reader@db.local/gis?schema=atlas" --layer carriers
    """
    from layers.delivery import Options
    from layers.delivery import deliver
    from layers.delivery_split import deliver_split
    from layers.intake import Choices
    from layers.intake import Request

    key = catalogue(workspace).layer(layer).key
    pairs, units = _pairs("--map", mapping, empty=True), _pairs("--unit", unit)
    meanings = _meanings(value)
    path, address = source_of(file, layer)
    opened = open_workspace(workspace, empty=empty, author=author)
    saved = _saved(opened, profile, key)
    wished = Request(
        path,
        key,
        encoding or saved.encoding or None,
        part or saved.part,
        opened.catalogue.folder,
    )
    raw = read_source(wished, time_limit, address)
    choices = Choices(
        crs=crs or saved.crs or None,
        encoding=wished.encoding,
        part=wished.part,
        mapping={**saved.mapping_for(raw.headings), **pairs},
        units={**saved.units, **units},
        meanings={**saved.meanings, **meanings},
        local=_local(control_points, proj_file, accept_rmse),
        swap=saved.swap,
        places=_places(places),
        geocode=geocode,
        public_copy=public_copy,
    )
    with importing(opened, raw.origin or path.name, key, author=author, dry_run=dry_run) as step:
        found = (deliver_split if split else deliver)(
            opened,
            path,
            key,
            author=author_name(author),
            message=message or f"import {path.name}",
            options=Options(choices, replace, dry_run),
            read=lambda _request: raw,
            progress=told_progress(),
        )
        deliveries = found if isinstance(found, tuple) else (found,)
        step.done({one.layer: one.version for one in deliveries if one.version is not None})
    for delivery in deliveries:
        _tell(delivery)
    _write_lists(deliveries, rejects, places_review)
    if save_profile:
        _save_profile(
            opened, save_profile, deliveries[0], choices, raw.headings, author_name(author)
        )
    if as_json:
        told = [_summary(delivery) for delivery in deliveries]
        print_json(told if split else told[0])
    raise typer.Exit(PROBLEMS if any(_has_problems(d) for d in deliveries) else 0)


def _tell(delivery: Delivery) -> None:
    """Print what became of a file: findings first, then the counts."""
    context.issues(delivery.issues)
    summary = delivery.summary()
    context.say(
        "{rows_in} rows read: {accepted} accepted, {rejected} rejected, {repaired} repaired.",
        **summary,
    )
    if summary["dropped"]:
        context.say("{dropped} lines are no records and were left out.", **summary)
    context.say(
        "{added} added, {changed} changed, {removed} removed, {kept} kept that the file "
        "does not contain.",
        **summary,
    )
    if summary["kept_sample"]:
        context.say(
            "{kept_sample} of the kept rows are sample data; --replace makes the file the "
            "whole layer.",
            **summary,
        )


def _summary(delivery: Delivery) -> dict[str, object]:
    """Return what a script asks for: counts, columns and findings."""
    result = delivery.result
    return {
        **delivery.summary(),
        "columns": {heading: name for name, heading in result.columns.fields.items()},
        "places": {heading: name for name, heading in result.columns.places.items()},
        "issues": records(issue_frame(delivery.issues)),
    }


def _has_problems(delivery: Delivery) -> bool:
    summary = delivery.summary()
    errors = any(issue.severity == "error" for issue in delivery.issues)
    return bool(errors or delivery.consequences or summary["rejected"] or not summary["rows_in"])


def _write_lists(
    deliveries: Sequence[Delivery], rejects: Path | None, places_review: Path | None
) -> None:
    """Write rejected rows and the list of places, a file for each layer that has any."""
    from layers.intake import rejects_suffix
    from layers.intake import write_rejects
    from layers.intake.naming.addresses import write_review

    several = len(deliveries) > 1
    for delivery in deliveries:
        result = delivery.result
        if rejects is not None and len(result.rejected):
            path = rejects if rejects.suffix else rejects.with_suffix(rejects_suffix(result))
            if several:
                path = path.with_stem(f"{path.stem}_{delivery.layer}")
            write_rejects(result, path, part=result.part)
            context.say("Rejected rows are in {path}.", path=path)
        if places_review is not None and len(result.review):
            write_review(result.review, places_review, lang=context.lang)
            context.say(
                "{n} rows have no place but are like known objects: see {path}.",
                n=result.review["row"].nunique(),
                path=places_review,
            )


def _pairs(option: str, entries: Sequence[str] | None, *, empty: bool = False) -> dict[str, str]:
    pairs = {}
    for entry in entries or ():
        # Headings may hold an equals sign; fields and units do not.
        source, separator, target = entry.rpartition("=")
        if not (source and separator and (target or empty)):
            message = f"{option} takes two words joined by =, not {entry!r}"
            raise typer.BadParameter(message)
        pairs[source] = target
    return pairs


def _meanings(entries: Sequence[str] | None) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for place, target in _pairs("--value", entries, empty=True).items():
        field, colon, text = place.partition(":")
        if not (field and colon and text):
            message = f"--value takes FIELD:TEXT=VALUE, not {place!r}"
            raise typer.BadParameter(message)
        found.setdefault(field, {})[text] = target
    return found


def _saved(opened: Workspace, name: str | None, key: str) -> Profile:
    """Return the profile of that name; without a name one in which nothing is decided."""
    from layers.intake.profiles import Profile

    if not name:
        return Profile("", key, ())
    found = _profiles(opened).load(name)
    if found.layer != key:
        raise UsageError(
            Text(
                f"方案“{name}”用于图层 {found.layer}，不是 {key}",
                f"the profile '{name}' is for the layer {found.layer}, not {key}",
            )
        )
    return found


def _profiles(opened: Workspace) -> Profiles:
    from layers.intake.profiles import FOLDER
    from layers.intake.profiles import Profiles

    return Profiles(opened.path / FOLDER, opened.catalogue)


def _save_profile(
    opened: Workspace,
    name: str,
    delivery: Delivery,
    choices: Choices,
    headings: Sequence[str],
    author: str,
) -> None:
    from layers.intake.profiles import profile_of

    if choices.local is not None:
        context.say("A local coordinate system is never stored, so no profile was saved.")
        return
    spec = catalogue().layer(delivery.layer)
    own = replace(
        choices,
        units={f: unit for f, unit in choices.units.items() if spec.has_field(f)},
        meanings={f: known for f, known in choices.meanings.items() if spec.has_field(f)},
    )
    profile = profile_of(
        name,
        delivery.result,
        own,
        headings,
        layer=delivery.layer,
        author=author,
        time=datetime.now(tz=UTC).isoformat(timespec="seconds"),
    )
    recorder(opened, author).saved("profile", name)
    _profiles(opened).save(profile)
    context.say("The decisions were saved as profile {name}.", name=name)


def _local(points: Path | None, proj_file: Path | None, accept_rmse_m: float) -> LocalGrid | None:
    """Return the local grid; its parameters come from files, not from the history of a shell."""
    if points is not None and proj_file is not None:
        message = "--control-points and --proj-file exclude each other"
        raise typer.BadParameter(message)
    if points is not None:
        from layers.intake import read_isolated
        from layers.intake.placing.control_points import read_control_points
        from layers.intake.placing.local_grid import fit_grid
        from layers.intake.setting import reading_for

        with reading_for(catalogue()):
            known = read_control_points(points, read=read_isolated)
        grid = fit_grid(
            known,
            central_meridian=catalogue().central_meridian,
            accept_rmse_m=accept_rmse_m,
        )
        typer.echo(grid.label.get(context.lang), err=True)
        show(grid.residuals, as_json=False)
        return grid
    if proj_file is not None:
        from layers.intake.placing.local_grid import grid_from_proj

        return grid_from_proj(proj_file.read_text(encoding="utf-8-sig").strip())
    return None


def _places(path: Path | None) -> dict[int, tuple[str, str]]:
    if path is None:
        return {}
    from layers.intake import read_isolated
    from layers.intake.naming.addresses import read_choices

    return read_choices(path, read=read_isolated)


def inspect(
    file: SourceArgument,
    layer: Annotated[
        str | None, typer.Option("--layer", "-l", help="The layer; guessed by default.")
    ] = None,
    workspace: WorkspaceOption = None,
    part: PartOption = "",
    encoding: EncodingOption = None,
    time_limit: TimeOption = 300,
    as_json: JsonOption = False,
) -> None:
    """Say what a file holds: its parts, columns, fields and coordinate systems that fit.

    Example: atlas inspect 用地.zip
    """
    from layers.intake import Request
    from layers.intake.inspection import inspect_raw

    path, address = source_of(file, layer or "")
    opened = open_workspace(workspace)
    request = Request(path, layer or "", encoding, part, opened.catalogue.folder)
    found = inspect_raw(read_source(request, time_limit, address), request, opened, layer)
    if as_json:
        print_json(found.as_dict())
        return
    for line in found.lines(context.lang):
        typer.echo(line, err=True)
    show(found.columns(context.lang), as_json=False)
    if len(found.systems):
        show(found.readings(context.lang), as_json=False)


def template(
    layer: Annotated[str, typer.Argument(help="The layer, for instance carriers or units.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The workbook to write (.xlsx).")],
    workspace: WorkspaceOption = None,
) -> None:
    """Write a workbook for planners to fill in, with lists of values and instructions.

    Example: atlas template carriers --out 载体模板.xlsx
    """
    from layers.intake.templates import write_template

    if out.suffix.lower() != ".xlsx":
        raise UsageError(Text("模板是 .xlsx 工作簿", "a template is an .xlsx workbook"))
    described = catalogue(workspace)
    write_template(described.layer(layer), described, out, lang=context.lang)
    context.say("Written to {path}.", path=out)
