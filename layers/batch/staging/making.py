"""Making a stage: every row of an input goes to the districts that look at it."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from typing import TYPE_CHECKING
from typing import Any

from layers.batch.ledger import code_version
from layers.batch.ledger import edition_text
from layers.batch.staging.filing import Filing
from layers.batch.staging.stage import FORMAT
from layers.batch.staging.stage import MOST_BYTES
from layers.batch.staging.stage import STAGE_FILE
from layers.batch.staging.stage import VERSION
from layers.batch.staging.stage import Stage
from layers.batch.staging.stage import StageError
from layers.edition_files import write_copy
from layers.errors import Text
from layers.jsonfile import to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.batch.inputs.chunk import BatchInput
    from layers.catalogue import Catalogue

    Progress = Callable[[str, int], None]

_MAKING = ".making"
# What a stage consists of; nothing else in its folder is ever touched.
_OWN = ("scope=*", "rejected", "edition", "districts.parquet", "parks.parquet", "guests.parquet")


def stage(
    source: BatchInput,
    folder: Path,
    catalogue: Catalogue,
    *,
    halo_m: float,
    progress: Progress | None = None,
) -> Stage:
    """Put every row of an input where the tasks of its district find it.

    A stage that is complete and was made from the same rows by the same program is taken
    as it is. Anything else in its place is made anew; what is half made is never met,
    because ``stage.json`` is written last.

    Parameters
    ----------
    source
        The input.
    folder
        Where the stage is to be.
    catalogue
        Describes the layers.
    halo_m
        Surroundings (zones, land use, campuses, gates, stations, crossings, barriers,
        walkways) are given to every district of which the outline is not farther away,
        metres, 0 or more.
    progress
        Told the layer that is read, and how many of its rows were.

    Returns
    -------
    Stage
        With ``rows_in == staged + rejected`` for every layer.

    Raises
    ------
    ValueError
        If `halo_m` is not a length.
    AtlasError
        If the input cannot be read or the folder cannot be written.
    """
    if not 0 <= halo_m < float("inf"):
        msg = f"`halo_m` must be a length in metres, 0 or more, not {halo_m!r}."
        raise ValueError(msg)
    identity = _identity(source, catalogue, halo_m)
    known = _known(folder, identity, catalogue)
    if known is not None:
        return known
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
        return _made(source, folder, catalogue, identity, progress)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _identity(source: BatchInput, catalogue: Catalogue, halo_m: float) -> dict[str, Any]:
    """Return everything that a stage depends on."""
    return {
        "fingerprint": source.fingerprint(),
        "catalogue": hashlib.sha256(edition_text(catalogue).encode()).hexdigest(),
        "halo_m": float(halo_m),
        "code_version": code_version(),
    }


def _known(folder: Path, identity: dict[str, Any], catalogue: Catalogue) -> Stage | None:
    if not (folder / STAGE_FILE).is_file():
        return None
    try:
        found = Stage.open(folder, catalogue)
        return found if found.made_from(identity) and found.is_there() else None
    except StageError:
        return None


def _clear(folder: Path) -> None:
    """Take away what there is of a stage, the file that says it is complete first."""
    (folder / STAGE_FILE).unlink(missing_ok=True)
    for pattern in (*_OWN, f"{_MAKING}-*"):
        for path in folder.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def _made(
    source: BatchInput,
    folder: Path,
    catalogue: Catalogue,
    identity: dict[str, Any],
    progress: Progress | None,
) -> Stage:
    made = folder / f"{_MAKING}-{uuid.uuid4().hex}"
    made.mkdir()
    try:
        filing = Filing(source, made, catalogue, identity["halo_m"], progress)
        content = {
            "format": FORMAT,
            "version": VERSION,
            **identity,
            "edition": catalogue.edition,
            "input": source.describe(),
            **filing.run(),
        }
        write_copy(made, catalogue)
        for path in sorted(made.iterdir()):
            path.rename(folder / path.name)
        aside = made / STAGE_FILE
        aside.write_bytes(to_json(content, MOST_BYTES))
        aside.replace(folder / STAGE_FILE)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return Stage(folder, content, catalogue)


def _unwritable(folder: Path, error: OSError) -> StageError:
    return StageError(
        Text(
            f"无法写入 {folder}（{error}）；请检查权限与磁盘空间",
            f"cannot write to {folder} ({error}); check permissions and disk space",
        )
    )
