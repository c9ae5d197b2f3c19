"""The command ``atlas publish``: layers into a PostGIS database."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from cli_common import PROBLEMS
from cli_common import Audience
from cli_common import AuthorOption
from cli_common import JsonOption
from cli_common import WorkspaceOption
from cli_common import context
from cli_common import open_workspace
from cli_common import print_json
from cli_common import recorder
from cli_output import AudienceOption
from cli_output import progress
from cli_output import stamp_of
from layers.audit import Action
from layers.audit import make_export_id
from layers.errors import Text
from layers.errors import UsageError
from layers.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from layers.audit import Recorder
    from layers.database.address import Address
    from layers.database.publishing import Publication
    from layers.database.publishing import Wish
    from layers.database.ready import Content
    from layers.workspace import Workspace


def publish(
    address: Annotated[
        str, typer.Argument(help="postgis://user@host:port/database?schema=NAME of the database.")
    ],
    keys: Annotated[
        list[str] | None, typer.Argument(help="Layer keys; all layers by default.")
    ] = None,
    workspace: WorkspaceOption = None,
    crs: Annotated[str, typer.Option("--crs", help="EPSG code of the coordinates.")] = "EPSG:4490",
    audience: AudienceOption = Audience.internal,
    take_over: Annotated[
        bool,
        typer.Option(
            "--take-over",
            help="Also overwrite tables that somebody else made, and later versions.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change; write nothing.")
    ] = False,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write layers with styles and comments into PostGIS; what is there already stays.

    A table a layer, in the schema that the address names. All layers appear at once, or
    none. The password may stand in PGPASSWORD or .pgpass.

    Example: atlas publish "postgis://planner@db.local/gis?schema=atlas" parks carriers

    Example: atlas publish "postgis://planner@db.local/gis?schema=open" --audience public
    """
    from layers.database.address import read_address
    from layers.database.publishing import Wish

    known = read_address(address)
    if known.table:
        raise _one_table()
    opened = open_workspace(workspace, author=author)
    chosen = [opened.catalogue.layer(key).key for key in dict.fromkeys(keys or opened.keys())]
    content = _content(opened, chosen, crs, audience)
    own = recorder(opened, author)
    told = {"address": known.shown, "audience": audience.value, "crs": crs, "lang": context.lang}
    wish = Wish(
        workspace=opened.identity,
        by=own.name,
        # The audit knows no id of what was only tried.
        export_id=""
        if dry_run
        else make_export_id(opened.identity, content.versions, told, own.who),
        take_over=take_over,
        dry_run=dry_run,
    )
    made = _dry(known, content, wish) if dry_run else _publish(known, content, wish, own)
    raise typer.Exit(_told(made, wish, as_json=as_json))


def _content(opened: Workspace, keys: Sequence[str], crs: str, audience: Audience) -> Content:
    """Return the layers of a workspace as they are now."""
    from layers.database.ready import Content
    from layers.edition import load_sources

    versions = {key: opened.version(key) for key in keys}
    tables = {key: opened.read(key, None if at < 0 else at) for key, at in versions.items()}
    return Content(
        tables,
        [opened.catalogue.layer(key) for key in keys],
        opened.catalogue,
        versions,
        crs=crs,
        audience=audience.value,
        lang=context.lang,
        sources=load_sources(opened.catalogue.folder),
        stamp=stamp_of(opened, tables),
        earlier=partial(_earlier, opened),
    )


def _earlier(opened: Workspace, key: str, version: int) -> pd.DataFrame | None:
    """Return the rows of a version; None if it was cleared away or is not there."""
    try:
        return opened.read(key, version)
    except WorkspaceError:
        return None


def _dry(address: Address, content: Content, wish: Wish) -> Publication:
    from layers.database.publishing import publish

    return publish(address, content, wish, progress())


def _publish(address: Address, content: Content, wish: Wish, own: Recorder) -> Publication:
    """Publish, with a record of it before and after in the audit."""
    from layers.database.publishing import publish

    told = {"audience": content.audience, "crs": content.crs, "take_over": wish.take_over}
    with own.doing(
        Action.PUBLISH,
        layers=content.versions,
        subject=address.shown,
        export_id=wish.export_id,
        **told,
    ) as step:
        made = publish(address, content, wish, progress())
        step.done(rows={one.layer: one.rows for one in made.layers if not one.same})
    return made


def _told(made: Publication, wish: Wish, *, as_json: bool) -> int:
    """Say what became of the layers, and return the exit code."""
    for one in made.layers:
        if not one.rows:
            context.say("The layer {key} has no data.", key=one.layer)
        if one.same:
            context.say(
                "{key}: version {version} is up to date.", key=one.layer, version=one.version
            )
            continue
        context.say(
            "{key}: version {version}, {rows} rows: {added} added, {changed} changed, "
            "{removed} removed.",
            key=one.layer,
            version=one.version,
            rows=one.rows,
            added=one.added,
            changed=one.changed,
            removed=one.removed,
        )
        if one.put_back:
            context.say(
                "{key}: {n} rows of the table were not as last published – somebody had changed"
                " them there – and were put back.",
                key=one.layer,
                n=one.put_back,
            )
    for note in made.notes:
        typer.echo(note.get(context.lang), err=True)
    if wish.dry_run:
        context.say("This was a dry run: the database is as it was.")
    elif not all(one.same for one in made.layers):
        context.say("Export id: {export_id}", export_id=wish.export_id)
    if as_json:
        print_json(_plain(made, wish))
    return PROBLEMS if made.problem or not all(one.rows for one in made.layers) else 0


def _plain(made: Publication, wish: Wish) -> dict[str, Any]:
    """Return what was published as JSON has it."""
    return {
        "address": made.address,
        "export_id": wish.export_id,
        "dry_run": wish.dry_run,
        "layers": [asdict(one) for one in made.layers],
        "notes": [{"zh": note.zh, "en": note.en} for note in made.notes],
    }


def _one_table() -> UsageError:
    return UsageError(
        Text(
            "发布时表名就是图层名；请去掉地址中的 layer=，要发布的图层写在地址之后",
            "tables are called as the layers; take layer= out of the address, and write the"
            " layers to publish behind it",
        )
    )
