"""A file delivered into a workspace: read, checked, and committed as a new version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.contract import check_references
from layers.differences import differences
from layers.errors import Text
from layers.frames import GEOMETRY
from layers.intake import intake
from layers.inventory import readable
from layers.issues import Issue
from layers.marks import is_sample
from layers.workspace import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from pathlib import Path

    from layers.catalogue import LayerSpec
    from layers.intake import IntakeResult
    from layers.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Options:
    """What a delivered file does not say itself.

    Attributes
    ----------
    crs, encoding, mapping
        See :func:`layers.intake.intake`.
    replace
        The file is the whole layer; rows that it does not contain are removed.
        Otherwise the file updates the layer, and nothing is removed.
    dry_run
        Read, check and compare only.
    """

    crs: str | None = None
    encoding: str | None = None
    mapping: Mapping[str, str] | None = None
    replace: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a delivered file.

    Attributes
    ----------
    layer
        The layer it was delivered to.
    result
        Accepted and rejected rows.
    version
        The new version, None if nothing was written.
    changes
        Rows added, changed and removed by id, rows kept that the file does not
        contain, and how many of those are sample data.
    consequences
        What the delivery means for other layers, and layers that could not be read.
    """

    layer: str
    result: IntakeResult
    version: int | None
    changes: Mapping[str, int]
    consequences: tuple[Issue, ...]

    @property
    def issues(self) -> tuple[Issue, ...]:
        """All findings, in the order in which they were made."""
        return (*self.result.issues, *self.consequences)

    def summary(self) -> dict[str, Any]:
        """Return the counts that a person or a script asks for."""
        return {
            "file": self.result.file,
            "layer": self.layer,
            "rows_in": self.result.rows_in,
            "accepted": len(self.result.accepted),
            "rejected": len(self.result.rejected),
            "repaired": self.result.repaired,
            "crs": self.result.crs,
            "version": self.version,
            **self.changes,
        }


def deliver(
    workspace: Workspace,
    file: Path,
    key: str,
    *,
    author: str,
    message: str,
    options: Options = Options(),
) -> Delivery:
    """Read a file and commit its good rows to a layer.

    Parameters
    ----------
    workspace, file, key
        From where to where.
    author, message
        Who, and why.
    options
        What the file does not say itself.

    Raises
    ------
    IntakeError
        If the file cannot be read at all.
    ConflictError
        If somebody else wrote the layer in the meantime.
    """
    spec = workspace.catalogue.layer(key)
    before = workspace.versions()
    tables, problems = readable(workspace)
    read = intake(
        file,
        spec,
        workspace.catalogue,
        crs=options.crs,
        encoding=options.encoding,
        mapping=options.mapping,
        tables=tables,
    )
    if key in before and key not in tables and not options.replace:
        raise problems[key]
    old = tables.get(key, read.accepted.iloc[0:0])
    new = read.accepted if options.replace else merge(old, read.accepted, spec)
    version = None
    if len(read.accepted) and not options.dry_run:
        version = workspace.commit(
            key,
            new,
            author=author,
            message=message,
            source_file=read.file,
            source_sha256=read.sha256,
            rows_in=read.rows_in,
            rejected=len(read.rejected),
            expected_version=before.get(key, ABSENT),
        )
    if not len(read.accepted):
        new = old
    broken = check_references({**tables, key: new}, workspace.catalogue)
    others = _grouped(issue for issue in broken if issue.layer != key)
    damaged = tuple(_unreadable(layer, error.text) for layer, error in problems.items())
    return Delivery(key, read, version, _changes(old, new, read, spec), (*damaged, *others))


def merge(old: pd.DataFrame, new: pd.DataFrame, spec: LayerSpec) -> pd.DataFrame:
    """Return a layer updated by the rows of a file.

    Rows are matched by id. A field that the file leaves empty in every row is not
    part of the delivery: known rows keep their value, so that a list of rents
    cannot erase addresses. A known row that was sample data stays marked, because
    such values may remain in it.

    Parameters
    ----------
    old, new
        Frames of the layer; ids are unique.
    spec
        The layer.
    """
    if old.empty or new.empty:
        return new if old.empty else old
    ids = new[spec.id_field]
    known = old.set_index(spec.id_field).reindex(ids)
    updated = new.copy()
    for name in (*spec.field_names, *((GEOMETRY,) if spec.geometry else ())):
        if name != spec.id_field and new[name].isna().all():
            updated[name] = known[name].array
    kept = old[~old[spec.id_field].isin(ids)]
    return pd.concat([kept, updated], ignore_index=True)


def _changes(
    old: pd.DataFrame, new: pd.DataFrame, read: IntakeResult, spec: LayerSpec
) -> dict[str, int]:
    found = differences(old, new, spec).drop_duplicates(["id", "change"])["change"].value_counts()
    kept = new[~new[spec.id_field].isin(read.accepted[spec.id_field])]
    return {
        "added": int(found.get("added", 0)),
        "changed": int(found.get("changed", 0)),
        "removed": int(found.get("removed", 0)),
        "kept": len(kept),
        "kept_sample": int(is_sample(kept).sum()),
    }


def _grouped(issues: Iterable[Issue]) -> list[Issue]:
    """Say once a layer and field how many rows refer to what is not there."""
    groups: dict[tuple[str, str], list[Issue]] = {}
    for issue in issues:
        groups.setdefault((issue.layer, issue.field), []).append(issue)
    return [_broken(layer, field, rows) for (layer, field), rows in groups.items()]


def _broken(layer: str, field: str, rows: list[Issue]) -> Issue:
    values = sorted({row.value for row in rows})
    shown = ", ".join(values[:5]) + (" …" if len(values) > 5 else "")  # noqa: PLR2004 - examples
    return Issue(
        file="",
        layer=layer,
        row=0,
        field=field,
        value=shown,
        code="dangling_reference",
        severity="warning",
        message=Text(
            f"{len(rows)} 行引用了 {len(values)} 个不存在的编码（{shown}）",
            f"{len(rows)} rows refer to {len(values)} ids that are not there ({shown})",
        ),
        remedy=Text("请补充被引用的记录，或更正编码", "add the records, or correct the ids"),
    )


def _unreadable(layer: str, text: Text) -> Issue:
    return Issue(
        file="",
        layer=layer,
        row=0,
        field="",
        value="",
        code="unreadable_layer",
        severity="warning",
        message=text,
        remedy=Text(
            "其余图层照常可用；可用 import --replace 重新导入该图层",
            "the other layers can be used; import --replace brings this one back",
        ),
    )
