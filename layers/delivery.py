"""A file delivered into a workspace: read, checked, and committed as a new version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from layers.contract import check_references
from layers.intake import intake
from layers.workspace import ABSENT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from layers.intake import IntakeResult
    from layers.issues import Issue
    from layers.workspace import Workspace


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
    references
        Rows of other layers that refer to what the layer no longer holds.
    """

    layer: str
    result: IntakeResult
    version: int | None
    references: tuple[Issue, ...]

    @property
    def issues(self) -> tuple[Issue, ...]:
        """All findings, in the order in which they were made."""
        return (*self.result.issues, *self.references)

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
        }


def deliver(  # noqa: PLR0913 - what the file does not say, each under its own name
    workspace: Workspace,
    file: Path,
    key: str,
    *,
    author: str,
    message: str,
    crs: str | None = None,
    encoding: str | None = None,
    mapping: Mapping[str, str] | None = None,
    dry_run: bool = False,
) -> Delivery:
    """Read a file and make its good rows the next version of a layer.

    The file is the whole layer: rows that it does not contain are no longer
    there, but stay in the older versions.

    Parameters
    ----------
    workspace, file, key
        From where to where.
    author, message
        Who, and why.
    crs, encoding, mapping
        What the file does not say itself; see :func:`layers.intake.intake`.
    dry_run
        Read and check only.

    Raises
    ------
    IntakeError
        If the file cannot be read at all.
    ConflictError
        If somebody else wrote the layer in the meantime.
    """
    before = workspace.versions()
    tables = workspace.tables()
    result = intake(
        file,
        workspace.catalogue.layer(key),
        workspace.catalogue,
        crs=crs,
        encoding=encoding,
        mapping=mapping,
        tables=tables,
    )
    version = None
    if len(result.accepted) and not dry_run:
        version = workspace.commit(
            key,
            result.accepted,
            author=author,
            message=message,
            source_file=result.file,
            source_sha256=result.sha256,
            rows_in=result.rows_in,
            rejected=len(result.rejected),
            expected_version=before.get(key, ABSENT),
        )
    after = {**tables, key: result.accepted} if len(result.accepted) else tables
    broken = check_references(after, workspace.catalogue)
    references = tuple(issue for issue in broken if issue.layer != key)
    return Delivery(key, result, version, references)
