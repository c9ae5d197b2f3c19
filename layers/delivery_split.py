"""One table of carriers and their units, delivered into both layers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from layers.delivery import Delivery
from layers.delivery import Options
from layers.delivery import commit_prepared
from layers.delivery import prepare
from layers.delivery import snapshot
from layers.delivery import undo
from layers.errors import AtlasError
from layers.intake import PLACES
from layers.intake import find_columns
from layers.intake import read_raw
from layers.intake import run_chain
from layers.intake.columns import LEFT_OUT
from layers.intake.lines import drop_lines
from layers.intake.source import Request
from layers.intake.wide import CARRIERS
from layers.intake.wide import UNITS
from layers.intake.wide import mapping_of
from layers.intake.wide import split_wide

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    from layers.catalogue import LayerSpec
    from layers.delivery import Committed
    from layers.delivery import Prepared
    from layers.errors import Text
    from layers.intake import Choices
    from layers.intake import Raw
    from layers.workspace import Workspace

_USUAL = Options()


def deliver_split(
    workspace: Workspace,
    file: Path,
    key: str = CARRIERS,
    *,
    author: str,
    message: str,
    options: Options = _USUAL,
    read: Callable[[Request], Raw] = read_raw,
    progress: Callable[[Text, float], None] | None = None,
) -> tuple[Delivery, Delivery]:
    """Read a table of carriers and units and commit each part to its layer.

    Both parts are read and checked before anything is written. Where the second layer
    cannot be written, the first is put back as it was.

    Parameters
    ----------
    workspace, file
        From where to where.
    key
        The layer that findings about the file as a whole name.
    author, message
        Who, and why; both versions carry the same words.
    options
        What the file does not say itself; columns and units may be of either layer.
    read
        The reader.
    progress
        See :func:`layers.intake.intake`.

    Returns
    -------
    tuple of Delivery
        Of the carriers and of the units.

    Raises
    ------
    IntakeError
        If the file cannot be read, or is no such table.
    ConflictError
        If somebody else wrote one of the layers in the meantime.
    """
    request = Request(file, key, options.choices.encoding, options.choices.part)
    request = replace(request, edition=workspace.catalogue.folder)
    specs = [workspace.catalogue.layer(name) for name in (CARRIERS, UNITS)]
    whole = read(request)
    _check_mapping(whole, options.choices, specs)
    parts = split_parts(workspace, whole, request, options.choices.mapping)
    base = snapshot(workspace)
    tables = dict(base.tables)
    prepared: list[Prepared] = []
    for spec, raw in zip(specs, parts, strict=True):
        own = replace(request, layer=spec.key)
        choices = _choices_of(options.choices, raw, spec, specs)
        result = run_chain(
            raw, own, spec, workspace.catalogue, choices, tables=tables, progress=progress
        )
        step = prepare(workspace, spec.key, result, replace=options.replace, base=base)
        # The units may refer to carriers of the same file.
        tables[spec.key] = step.new
        prepared.append(step)
    nothing: list[Committed | None] = [None, None]
    written = nothing if options.dry_run else _commit(workspace, prepared, author, message)
    carriers, units = (step.delivery(done) for step, done in zip(prepared, written, strict=True))
    return carriers, units


def split_parts(
    workspace: Workspace, raw: Raw, request: Request, mapping: Mapping[str, str] | None = None
) -> tuple[Raw, Raw]:
    """Return the carriers and the units of a table that holds both.

    Parameters
    ----------
    workspace, raw, request
        The table, and the layers it is for.
    mapping
        Heading → field of either layer, as the planner says.

    Raises
    ------
    IntakeError
        If it does not.
    """
    carriers, units = (workspace.catalogue.layer(name) for name in (CARRIERS, UNITS))
    said = mapping or {}
    columns = find_columns(raw.headings, carriers, mapping_of(said, carriers))
    records = drop_lines(raw, columns, carriers, request)
    parts = split_wide(records, carriers, units, request, said)
    if parts is None:
        request.refuse(
            "表中不同时含载体与单元的列，不能拆分；请直接导入其中一层",
            "the table has not both carriers and units, so it cannot be split; import it as one",
        )
    return parts


def _check_mapping(raw: Raw, choices: Choices, specs: Sequence[LayerSpec]) -> None:
    """Refuse headings and fields that are neither in the file nor in one of the layers."""
    known = {*PLACES, *LEFT_OUT, *(name for spec in specs for name in spec.field_names)}
    wrong = {
        heading: target
        for heading, target in choices.mapping.items()
        if heading not in raw.headings or target not in known
    }
    if wrong:
        find_columns(raw.headings, specs[0], wrong)


def _choices_of(choices: Choices, raw: Raw, spec: LayerSpec, specs: Sequence[LayerSpec]) -> Choices:
    """Return what was decided about the part that is of one layer."""
    mapping = mapping_of(choices.mapping, spec)
    strange = {name for other in specs for name in other.field_names} - {*spec.field_names}
    return replace(
        choices,
        mapping={heading: t for heading, t in mapping.items() if heading in raw.headings},
        units={name: unit for name, unit in choices.units.items() if name not in strange},
    )


def _commit(
    workspace: Workspace, prepared: list[Prepared], author: str, message: str
) -> list[Committed | None]:
    """Write both layers, or none."""
    written: list[Committed | None] = []
    for step in prepared:
        if step.result.accepted.empty:
            written.append(None)
            continue
        try:
            done = commit_prepared(workspace, step, author=author, message=message)
        except AtlasError:
            _put_back(workspace, prepared, written, author)
            raise
        written.append(done)
    return written


def _put_back(
    workspace: Workspace, prepared: list[Prepared], written: list[Committed | None], author: str
) -> None:
    for step, done in zip(prepared, written, strict=False):
        if done is not None:
            undo(workspace, step.layer, done.version, author=author)
