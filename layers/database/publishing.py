"""Layers published in PostGIS: all layers of one call in one transaction, or none."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING

from layers.audit import export_id_text
from layers.database.mending import put_back
from layers.database.merging import LayerTable
from layers.database.ready import earlier_rows
from layers.database.ready import make_ready
from layers.database.refusals import foreign
from layers.database.refusals import newer
from layers.database.refusals import other_columns
from layers.database.refusals import other_copy
from layers.database.refusals import other_workspace
from layers.database.register import Register
from layers.database.styles import Styles
from layers.database.writing import WAIT_S
from layers.database.writing import Target
from layers.errors import Text
from layers.export.sheets import export_crs

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence

    from layers.database.address import Address
    from layers.database.merging import Changes
    from layers.database.ready import Content
    from layers.database.ready import Ready
    from layers.database.register import Entry

    Progress = Callable[[Text, float], None]

_MARK = "[atlas]"
_OLD_COLUMN = {"zh": "已不再发布", "en": "not published any more"}
_HEADING = (
    "SELECT pg_catalog.col_description(attrelid, attnum) FROM pg_catalog.pg_attribute"
    " WHERE attrelid = $1::regclass AND attname = $2"
)
_ABOUT = "SELECT pg_catalog.obj_description($1::regclass, 'pg_class')"


@dataclass(frozen=True, slots=True)
class Wish:
    """How layers are published.

    Attributes
    ----------
    workspace
        Identity of the workspace from which they come.
    by
        Who publishes them.
    export_id
        The id that the audit knows.
    take_over
        Whether tables of others, and later versions, may be overwritten.
    dry_run
        Find out what would change, and change nothing.
    wait_s
        How long to wait for somebody else, seconds.
    """

    workspace: str
    by: str
    export_id: str = ""
    take_over: bool = False
    dry_run: bool = False
    wait_s: int = WAIT_S


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a layer.

    Attributes
    ----------
    layer, version, rows
        The layer, its version, and how many rows its table has now.
    added, changed, removed
        Rows that were written.
    same
        Whether the table held all of it already, and nothing was written.
    put_back
        Rows that were not as last published, since somebody changed the table by hand, and
        that are now as the layer has them; None if that cannot be told.
    """

    layer: str
    version: int
    rows: int
    added: int
    changed: int
    removed: int
    same: bool
    put_back: int | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published.

    Attributes
    ----------
    address
        Where, for people.
    layers
        What became of every layer.
    notes
        Marks, what was left out, and what could not be written.
    problem
        Whether something could not be written, though the layers were.
    """

    address: str
    layers: tuple[Published, ...]
    notes: tuple[Text, ...]
    problem: bool


def publish(
    address: Address, content: Content, wish: Wish, progress: Progress | None = None
) -> Publication:
    """Write layers into the schema of a database.

    A layer that stands there as it is to be is not touched. Whoever reads sees all layers
    as they were, and after the end all as they are now; if anything fails, or the
    connection or this process ends, nothing has changed.

    Parameters
    ----------
    address
        The database; its schema is made if it is not there.
    content
        What of which workspace.
    wish
        Who publishes it, and what may be overwritten.
    progress
        Told what is being done and which share is behind.

    Raises
    ------
    ExportError
        If the database cannot be reached or written, has no PostGIS or not the coordinate
        system, or a table there is not to be overwritten; ExportUsageError if it holds the
        copy for another audience, or nothing is left to be published.
    """
    tell = progress or _silent
    content = replace(content, crs=export_crs(content.crs).to_string())
    tell(Text("准备图层", "making layers ready"), 0.0)
    ready, notes = make_ready(content)
    tell(Text("连接数据库", "connecting to the database"), 0.0)
    with closing(Target(address, wait_s=wish.wait_s)) as target:
        target.lock(lambda: tell(_WAITING, 0.0))
        made = _notes_of(target.make_schema(), address)
        publisher = _Publisher(target, content, wish)
        done = []
        for number, layer in enumerate(ready):
            tell(layer.sheet.title, number / len(ready))
            done.append(publisher.put(layer))
        tell(Text("提交", "committing"), 1.0)
        if wish.dry_run:
            target.rollback()
        else:
            target.commit()
    problem = publisher.styles.problem
    told = (*notes, *made, *(() if problem is None else (problem,)))
    return Publication(address.shown, tuple(done), told, problem is not None)


class _Publisher:
    """One transaction."""

    def __init__(self, target: Target, content: Content, wish: Wish) -> None:
        self._target, self._content, self._wish = target, content, wish
        self._register, self.styles = Register(target), Styles(target)

    def put(self, ready: Ready) -> Published:
        code = None if ready.sheet.crs is None else ready.sheet.crs.to_epsg()
        srid = 0 if code is None else self._target.srid(code)
        table, last = LayerTable(self._target, ready, srid), self._register.last(ready.key)
        ours = self._check(table, last, ready)
        before = () if last is None or not ours else last.columns
        changes = table.put(before, afresh=table.exists and not ours)
        styled = self.styles.put(ready)
        mended = self._put_back(table, last, ready, changes) if ours and last else None
        same = ours and last is not None and last.sha256 == ready.sha256
        same = same and not (changes.any or styled)
        if not same:
            self._comment(ready, changes.emptied)
            self._note_down(ready)
        rows = ready.rows.num_rows
        counts = (changes.added, changes.changed, changes.removed)
        return Published(ready.key, ready.version, rows, *counts, same=same, put_back=mended)

    def _put_back(
        self, table: LayerTable, last: Entry, ready: Ready, changes: Changes
    ) -> int | None:
        key, touched = ready.sheet.id_field, changes.touched
        if last.workspace != self._wish.workspace or not key:
            return None
        if not (touched.added or touched.changed or touched.removed):
            return 0
        if last.sha256 == ready.sha256:
            return put_back(touched, ready.rows, ready.rows, key)
        # In another language the marks of all rows are others; the headings tell it.
        heading = self._target.rows(_HEADING, (table.name, key))
        if last.version == ready.version or heading != [(ready.comments[key],)]:
            return None
        before = earlier_rows(self._content, ready.key, last.version)
        return None if before is None else put_back(touched, before, ready.rows, key)

    def _check(self, table: LayerTable, last: Entry | None, ready: Ready) -> bool:
        """Tell whether the table is one that was published; refuse what is not to be done."""
        if not table.exists:
            return False
        about = str(self._target.rows(_ABOUT, (table.name,))[0][0] or "")
        if last is None or not about.endswith(_MARK):
            if not self._wish.take_over:
                raise foreign(table.title)
            return False
        if last.audience != self._content.audience:
            raise other_copy(table.title, last.audience, self._content.audience)
        if last.crs != self._content.crs and ready.shape:
            raise other_columns(table.title, [("geometry", last.crs, self._content.crs)])
        if not self._wish.take_over:
            if last.workspace != self._wish.workspace:
                raise other_workspace(table.title, last.by, last.time)
            if last.version > ready.version:
                raise newer(table.title, last.version, ready.version)
        return True

    def _comment(self, ready: Ready, old: Sequence[str]) -> None:
        lang, target = self._content.lang, self._target
        names = (target.address.schema, ready.key)
        lines = [ready.about]
        if self._wish.export_id:
            lines.append(export_id_text(self._wish.export_id).get(lang))
        target.run_filled("COMMENT ON TABLE %I.%I IS %L", *names, "\n".join([*lines, _MARK]))
        comments = {**ready.comments, **dict.fromkeys(old, _OLD_COLUMN[lang])}
        for name, text in comments.items():
            target.run_filled("COMMENT ON COLUMN %I.%I.%I IS %L", *names, name, text)

    def _note_down(self, ready: Ready) -> None:
        self._register.add(
            {
                "layer": ready.key,
                "version": ready.version,
                "workspace": self._wish.workspace,
                "audience": self._content.audience,
                "crs": self._content.crs,
                "rows": ready.rows.num_rows,
                "columns": " ".join(ready.columns),
                "sha256": ready.sha256,
                "published_by": self._wish.by,
                "export_id": self._wish.export_id,
            }
        )


_WAITING = Text(
    "另有人正在向该数据库发布，等待其完成",
    "somebody else is publishing there; waiting for the end",
)


def _notes_of(made: bool, address: Address) -> tuple[Text, ...]:
    if not made:
        return ()
    schema = address.schema
    return (Text(f"已新建模式 {schema}", f"the schema {schema} was made"),)


def _silent(_what: Text, _share: float) -> None:
    """Tell nobody."""
