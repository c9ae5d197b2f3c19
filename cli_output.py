"""The command ``atlas export``, and what it shares with the other commands that write files."""

from __future__ import annotations

import datetime as dt
import time
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

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.errors import Text
    from layers.export import ExportReport
    from layers.style import LayerStyle
    from layers.workspace import Workspace

_TOLD_EVERY_S = 2.0


class Format(StrEnum):
    """File formats of ``atlas export``; the package is all of them in one zip."""

    gpkg = "gpkg"
    shp = "shp"
    geojson = "geojson"
    fgb = "fgb"
    parquet = "parquet"
    kml = "kml"
    dxf = "dxf"
    xlsx = "xlsx"
    csv = "csv"
    package = "package"


AudienceOption = Annotated[
    Audience, typer.Option("--audience", help="internal: all; public: nothing sensitive.")
]
ThemeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--theme",
        help="Colour a layer by a field: parks=status~categorical or "
        "carriers=gross_area_m2~quantiles~5~blues; repeatable.",
    ),
]


def export(
    keys: Annotated[list[str], typer.Argument(help="Layer keys.")],
    fmt: Annotated[Format, typer.Option("--format", "-f", help="File format.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.")],
    workspace: WorkspaceOption = None,
    formats: Annotated[
        str | None,
        typer.Option("--formats", help="What the package holds, as gpkg,shp,dxf; most by default."),
    ] = None,
    crs: Annotated[str, typer.Option("--crs", help="EPSG code of the coordinates.")] = "EPSG:4490",
    audience: AudienceOption = Audience.internal,
    theme: ThemeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write layers to a file that is read back and compared before it is kept.

    Example: atlas export parks carriers zones --format gpkg --crs EPSG:4549 --out y.gpkg

    Example: atlas export parks zones --format package --formats gpkg,shp,dxf --out y.zip
    """
    chosen = _formats(fmt, formats)
    described = catalogue(workspace)
    specs = [described.layer(key) for key in dict.fromkeys(keys)]
    opened = open_workspace(workspace)
    tables = {spec.key: opened.read(spec.key) for spec in specs}
    choices: dict[str, Any] = {
        "path": out,
        "crs": crs,
        "audience": audience.value,
        "lang": context.lang,
        "styles": themes_of(theme or [], specs, tables, described, audience),
        "stamp": stamp_of(opened, tables),
    }
    versions = {spec.key: opened.version(spec.key) for spec in specs}
    wish = {
        "format": fmt.value,
        "formats": chosen,
        "crs": crs,
        "audience": audience.value,
        "themes": theme or [],
        "order": list(versions),
    }
    with exporting(out, versions, "export", **wish) as export_id:
        choices["export_id"] = export_id
        if fmt is Format.package:
            report = _package(opened, tables, specs, described, chosen, choices)
        else:
            report = _file(tables, specs, described, fmt, choices)
    raise typer.Exit(_told(report, export_id, as_json=as_json))


def _formats(fmt: Format, text: str | None) -> tuple[str, ...] | None:
    """Return the formats of a package; none chosen leaves the choice to it."""
    if text is None:
        return None
    if fmt is not Format.package:
        message = f"--formats {text}: only --format package holds several formats"
        raise typer.BadParameter(message)
    known = [one.value for one in Format if one is not Format.package]
    chosen = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    wrong = [name for name in chosen if name not in known]
    if wrong:
        message = f"--formats {text}: no format {', '.join(wrong)}; choose of {', '.join(known)}"
        raise typer.BadParameter(message)
    return chosen


def themes_of(
    texts: Sequence[str],
    specs: Sequence[LayerSpec],
    tables: Mapping[str, pd.DataFrame],
    described: Catalogue,
    audience: Audience,
) -> dict[str, LayerStyle]:
    """Return how layers are drawn whose theme is given as ``LAYER=FIELD~…``.

    Raises
    ------
    typer.BadParameter
        If a layer is not among `specs`.
    UsageError
        If a theme does not suit its layer, or shows what a public copy does not have.
    """
    from layers.style import layer_style
    from layers.themes import Theme
    from layers.themes import resolve

    known = {spec.key: spec for spec in specs}
    styles: dict[str, LayerStyle] = {}
    for text in texts:
        key, _equals, words = text.partition("=")
        if key not in known:
            message = f"--theme {text}: write LAYER=THEME; the layers are {', '.join(known)}"
            raise typer.BadParameter(message)
        spec = known[key]
        theme = Theme.from_text(words, spec, internal=audience is Audience.internal)
        base = layer_style(spec, described.folder)
        styles[key] = resolve(theme, spec, tables[key], base)
    return styles


def stamp_of(opened: Workspace, keys: Iterable[str]) -> dt.datetime | None:
    """Return when one of the layers was changed last: equal versions give equal files."""
    from layers.timeline import newest

    return newest(opened.history(), tuple(keys))


def _file(
    tables: Mapping[str, pd.DataFrame],
    specs: Sequence[LayerSpec],
    described: Catalogue,
    fmt: Format,
    choices: Mapping[str, Any],
) -> ExportReport:
    from layers.edition import load_sources
    from layers.export import export_layers

    sources = load_sources(described.folder)
    return export_layers(tables, specs, described, fmt=fmt.value, sources=sources, **choices)


def _package(
    opened: Workspace,
    tables: Mapping[str, pd.DataFrame],
    specs: Sequence[LayerSpec],
    described: Catalogue,
    formats: Sequence[str] | None,
    choices: Mapping[str, Any],
) -> ExportReport:
    from layers.edition import load_sources
    from layers.export.package import PACKAGE_FORMATS
    from layers.export.package import export_package

    versions = opened.versions()
    return export_package(
        tables,
        specs,
        described,
        formats=formats or PACKAGE_FORMATS,
        sources=load_sources(described.folder),
        versions={spec.key: versions[spec.key] for spec in specs if spec.key in versions},
        progress=progress(),
        **choices,
    )


def progress() -> Callable[[Text | str, float], None]:
    """Return what tells people every two seconds what is being done, and how far it is."""
    said = time.monotonic()

    def tell(what: Text | str, share: float) -> None:
        nonlocal said
        if time.monotonic() - said >= _TOLD_EVERY_S:
            said = time.monotonic()
            text = what if isinstance(what, str) else what.get(context.lang)
            typer.echo(f"{share:4.0%} {text}", err=True)

    return tell


def _told(report: ExportReport, export_id: str, *, as_json: bool) -> int:
    """Say what was written, and return the exit code."""
    empty = [key for key, rows, _located in report.layers if not rows]
    for key in empty:
        context.say("The layer {key} has no data.", key=key)
    for key, rows, located in report.layers:
        context.say("{key}: {rows} rows, {located} located", key=key, rows=rows, located=located)
    for note in report.notes:
        typer.echo(note.get(context.lang), err=True)
    if as_json:
        print_json(
            {
                "path": str(report.path),
                "files": [str(file) for file in report.files],
                "crs": report.crs,
                "export_id": export_id,
                "layers": [
                    {"layer": key, "rows": rows, "located": located}
                    for key, rows, located in report.layers
                ],
            }
        )
    return PROBLEMS if empty else 0
