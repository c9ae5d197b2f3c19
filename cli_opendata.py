"""The commands that make layers of open data: OpenStreetMap and Overture Maps."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from cli_common import PROBLEMS
from cli_common import JsonOption
from cli_common import catalogue
from cli_common import context
from cli_common import print_json
from layers.errors import Text
from layers.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.opendata.elements import Box
    from layers.opendata.loading import Report
    from layers.opendata.loading import Wish
    from layers.opendata.overpass import Overpass

_PROGRESS_S = 2.0

opendata_cli = typer.Typer(
    name="open-data",
    help="Layers from OpenStreetMap and Overture Maps, with licence and attribution.",
    no_args_is_help=True,
)

LayerOption = Annotated[
    str,
    typer.Option(
        "--layer",
        "-l",
        help="buildings, walkways, barriers, crossings, stations, campuses, landuse, district.",
    ),
]
OutOption = Annotated[
    Path, typer.Option("--out", "-o", help="The file to write: .gpkg, .parquet or .geojson.")
]
BoxOption = Annotated[
    str | None, typer.Option("--bbox", help="West,south,east,north in degrees (WGS 84).")
]
OnlineOption = Annotated[
    bool, typer.Option("--online", help="Ask servers; without it nothing is asked.")
]
RejectsOption = Annotated[
    Path | None,
    typer.Option("--rejects", help="Rejected objects with reasons (CSV); beside --out by default."),
]


@opendata_cli.command()
def osm(
    layer: LayerOption,
    out: OutOption,
    pbf: Annotated[
        Path | None, typer.Option("--pbf", help="A file .osm.pbf or .osm on this computer.")
    ] = None,
    place: Annotated[
        str | None, typer.Option("--place", help="Name of a place, as Nominatim knows it.")
    ] = None,
    bbox: BoxOption = None,
    online: OnlineOption = False,
    overpass_url: Annotated[
        str | None,
        typer.Option("--overpass-url", envvar="ATLAS_OVERPASS", help="The Overpass server."),
    ] = None,
    nominatim_url: Annotated[
        str | None,
        typer.Option("--nominatim-url", envvar="ATLAS_NOMINATIM", help="The Nominatim server."),
    ] = None,
    rejects: RejectsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a layer from OpenStreetMap: from a file, or with --online from a server.

    The file has the fields of the layer and is taken by atlas import as it is. Every row
    keeps its object, version and licence; the attribution stands in a file beside it.

    Example: atlas open-data osm --pbf city.osm.pbf --layer buildings --out buildings.gpkg
    """
    from layers.opendata.elements import Box
    from layers.opendata.osm_file import OsmFile
    from layers.opendata.rules import layer_rules
    from layers.opendata.sources import osm_elements

    rules = layer_rules("osm", layer)
    box = None if bbox is None else Box.read(bbox)
    request: dict[str, Any] = {"dataset": "OpenStreetMap", "bbox": box}
    if pbf is not None:
        if place is not None:
            message = "--place asks a server; with --pbf choose a part of the file with --bbox"
            raise typer.BadParameter(message)
        file = OsmFile.open(pbf)
        request |= {"file": pbf.name, "sha256": _sha256(pbf)}
        wish = _wish(rules, out, rejects, pbf.name, request, lambda: file.data_time)
        _load(osm_elements(file, layer, box), wish, as_json=as_json, remarks=lambda: file.remarks)
        return
    server = _server(place, box, overpass_url, nominatim_url, online=online)
    request |= {"overpass": server.url, "place": place}
    wish = _wish(rules, out, rejects, server.url, request, lambda: server.data_time)
    _load(osm_elements(server, layer), wish, as_json=as_json)


@opendata_cli.command()
def overture(
    path: Annotated[
        str, typer.Option("--path", help="A folder or file of GeoParquet, or s3://… with --online.")
    ],
    layer: LayerOption,
    out: OutOption,
    theme: Annotated[
        str | None, typer.Option("--theme", help="The theme; that of the layer by default.")
    ] = None,
    bbox: BoxOption = None,
    online: OnlineOption = False,
    rejects: RejectsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a layer from Overture Maps; only what the box can touch is read.

    Every row keeps the datasets that it comes from with their licences. Where the data does
    not say a licence, it is unknown and said so.

    Example: atlas open-data overture --path release/ --bbox 114.10,29.96,114.20,30.03
    --layer buildings --out buildings.parquet
    """
    from layers.opendata.elements import Box
    from layers.opendata.overpass import needs_online
    from layers.opendata.overture import S3
    from layers.opendata.overture import Overture
    from layers.opendata.rules import layer_rules

    rules = layer_rules("overture", layer)
    if theme is not None and theme != rules.theme:
        raise UsageError(
            Text(
                f"图层 {layer} 取自主题 {rules.theme}，不是 {theme}",
                f"the layer {layer} is in the theme {rules.theme}, not {theme}",
            )
        )
    if path.startswith(S3) and not online:
        raise needs_online(path)
    box = None if bbox is None else Box.read(bbox)
    source = Overture.open(path)
    request = {"dataset": "Overture Maps", "path": path, "theme": rules.theme, "bbox": box}
    wish = _wish(rules, out, rejects, path, request)
    _load(source.read(rules, box), wish, as_json=as_json)


def _server(
    place: str | None,
    box: Box | None,
    overpass_url: str | None,
    nominatim_url: str | None,
    *,
    online: bool,
) -> Overpass:
    from layers.opendata.overpass import NOMINATIM
    from layers.opendata.overpass import OVERPASS
    from layers.opendata.overpass import Overpass
    from layers.opendata.overpass import needs_online

    where = box if place is None else place
    if where is None or (place is not None and box is not None):
        message = "say one of --pbf, --place and --bbox"
        raise typer.BadParameter(message)
    if not online:
        raise needs_online("--place" if place is not None else "--bbox")
    return Overpass(where, overpass_url or OVERPASS, nominatim_url or NOMINATIM)


def _sha256(path: Path) -> str:
    from layers.intake.run import file_hash

    return file_hash(path)


def _wish(
    rules: Any,  # noqa: ANN401 -- imported where it is used
    out: Path,
    rejects: Path | None,
    name: str,
    request: dict[str, Any],
    data_time: Callable[[], str] = str,
) -> Wish:
    from layers.opendata.loading import Wish

    kept = rejects or out.with_name(f"{out.stem}.rejected.csv")
    return Wish(rules, out, kept, name, request, data_time)


def _load(
    found: Any,  # noqa: ANN401 -- an iterator over elements
    wish: Wish,
    *,
    as_json: bool,
    remarks: Callable[[], Any] = tuple,
) -> None:
    """Write the layer, tell what became of it, and end with its exit code."""
    from layers.opendata.loading import load

    report = load(found, wish, catalogue(), progress=_progress(), remarks=remarks)
    _tell(report, wish)
    if as_json:
        print_json(_summary(report, wish))
    errors = any(first.severity == "error" for _, first in report.findings.values())
    raise typer.Exit(PROBLEMS if report.rejected or errors or not report.rows_in else 0)


def _progress() -> Callable[[int], None]:
    """Return a listener that says how far it is, every two seconds at most."""
    told = time.monotonic()

    def listen(rows: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= _PROGRESS_S:
            told = now
            context.say("{n} objects …", n=rows)

    return listen


def _tell(report: Report, wish: Wish) -> None:
    from layers.opendata.loading import COORDINATES
    from layers.opendata.loading import sidecar_of

    for count, first in report.findings.values():
        context.issues([first])
        if count > 1:
            context.say("  … the same {n} times in all.", n=count)
    context.say(
        "{n} objects: {accepted} written, {rejected} rejected.",
        n=report.rows_in,
        accepted=report.accepted,
        rejected=report.rejected,
    )
    if not report.rows_in:
        context.say("Nothing of this layer was found.")
    if report.rejected:
        context.say("Rejected objects are in {path}.", path=wish.rejects)
    typer.echo(report.notice.get(context.lang), err=True)
    typer.echo(COORDINATES.get(context.lang), err=True)
    context.say(
        "{out} was written, with its licence in {side}.",
        out=wish.out,
        side=sidecar_of(wish.out).name,
    )


def _summary(report: Report, wish: Wish) -> dict[str, Any]:
    from layers.opendata.loading import sidecar_of

    return {
        "layer": wish.rules.key,
        "out": wish.out,
        "source_file": sidecar_of(wish.out),
        "rejects": wish.rejects if report.rejected else None,
        "rows_in": report.rows_in,
        "accepted": report.accepted,
        "rejected": report.rejected,
        "notice": {"zh": report.notice.zh, "en": report.notice.en},
        "licences": {name or "unknown": count for name, count in report.licences.items()},
        "findings": {code: count for code, (count, _) in report.findings.items()},
    }
