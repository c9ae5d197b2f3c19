"""What is asked of a batch beyond its numbers, checked before anything is read or begun."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layers.batch.inputs import is_database
from layers.batch.inputs import open_input
from layers.city import City
from layers.city import is_city
from layers.edition import catalogue_of
from layers.errors import Text
from layers.errors import UsageError
from layers.manifest import MANIFEST
from layers.paths import is_vacant
from layers.paths import resolve_path
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from layers.batch.inputs import BatchInput

AUTO = "auto"
"""The memory limit that Dask finds itself: an equal share of what the computer has."""

LEAST_BYTES = 200_000_000
"""A process with less dies of loading the libraries alone [J]."""

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b\s*", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_SCHEDULER = re.compile(r"(?:tcp|tls)://(?:\[[0-9A-Fa-f:.%]+\]|[^\s:/@\[\]]+):(\d{1,5})")
_MOST_PORT = 65_535


def check_memory(text: str) -> None:
    """Refuse a memory limit that is no size, or too small for any work.

    Parameters
    ----------
    text
        ``auto``, or a number with its unit: ``2GB``, ``500 MB``, ``1.5GiB``.

    Raises
    ------
    UsageError
        Saying what must be written.
    """
    if text == AUTO:
        return
    found = _SIZE.fullmatch(text)
    if found is not None:
        number, prefix, binary = found.groups()
        unit = (1024 if binary else 1000) ** _POWERS[prefix.lower()]
        if float(number) * unit >= LEAST_BYTES:
            return
    raise UsageError(
        Text(
            f"--memory-limit 须为 auto 或不小于 200MB 的容量（如 2GB），现为 {text}",
            f"--memory-limit must be auto or a size of at least 200MB, as 2GB, not {text}",
        )
    )


def check_scheduler(text: str) -> None:
    """Refuse what cannot be the address of a scheduler.

    Parameters
    ----------
    text
        ``tcp://host:port`` or ``tls://host:port``.

    Raises
    ------
    UsageError
        Saying what must be written.
    """
    found = _SCHEDULER.fullmatch(text)
    if found is None or not 0 < int(found.group(1)) <= _MOST_PORT:
        raise UsageError(
            Text(
                f"--scheduler 须为 tcp://主机:端口 或 tls://主机:端口，现为 {text}",
                f"--scheduler must be tcp://host:port or tls://host:port, not {text}",
            )
        )


def check_folders(source: str, folders: Iterable[Path]) -> None:
    """Refuse to write where something is kept that a batch reads.

    Parameters
    ----------
    source
        The input as the user names it.
    folders
        Where the batch would write.

    Raises
    ------
    UsageError
        If one is the folder of the input, in it or around it, or in a workspace or city.
    """
    read = None if is_database(source) else resolve_path(source).resolve()
    for folder in folders:
        place = resolve_path(folder).resolve()
        if read is not None and (place.is_relative_to(read) or read.is_relative_to(place)):
            raise UsageError(
                Text(
                    f"结果文件夹 {place} 与输入 {read} 重叠；请另选输入之外的文件夹",
                    f"the folder {place} of the results overlaps the input {read}; choose one "
                    "apart from it",
                )
            )
        for above in (place, *place.parents):
            if is_city(above) or (above / MANIFEST).is_file():
                raise UsageError(
                    Text(
                        f"结果文件夹 {place} 位于工作区 {above} 之内；请另选文件夹，"
                        "写回工作区请用 --into",
                        f"the folder {place} of the results is in the workspace {above}; choose "
                        "another one, and --into to write results back",
                    )
                )


def check_new_city(path: Path) -> None:
    """Refuse to make a city where something is.

    Raises
    ------
    UsageError
        If the folder is not empty.
    WorkspaceError
        If a file is there, or the folder cannot be looked into.
    """
    folder = resolve_path(path)
    if not is_vacant(folder):
        raise UsageError(
            Text(
                f"--out {folder} 不是空文件夹；请为新的城市工作区另选一个文件夹",
                f"--out {folder} is not an empty folder; choose another one for the new city",
            )
        )


def check_target(path: Path, source: BatchInput) -> None:
    """Refuse to write results into a workspace or city whose rows they are not about.

    They are about its rows if it is the input itself or a copy of it, or was made from the
    input as that is now and has not been changed since.

    Parameters
    ----------
    path
        Where the results are to be written.
    source
        What is computed.

    Raises
    ------
    UsageError
        If the target is neither workspace nor city, or of other rows.
    AtlasError
        If target or input cannot be read.
    """
    folder = resolve_path(path)
    if not (is_city(folder) or (folder / MANIFEST).is_file()):
        raise UsageError(
            Text(
                f"--into {folder} 不是工作区，也不是城市工作区",
                f"--into {folder} is neither a workspace nor a city",
            )
        )
    told = source.describe()
    if told["kind"] in ("workspace", "city") and resolve_path(told["path"]).samefile(folder):
        return
    fingerprint = source.fingerprint()
    if open_input(str(folder), catalogue_of(folder)).fingerprint() == fingerprint:
        return
    if is_city(folder) and _is_made_from(City.open(folder), fingerprint):
        return
    raise UsageError(
        Text(
            f"--into {folder} 的数据与输入不同，结果不能写入；请以 --input {folder} 计算，"
            "或去掉 --into",
            f"--into {folder} holds other data than the input, so results cannot be written "
            f"there; compute with --input {folder}, or leave --into out",
        )
    )


def _is_made_from(city: City, fingerprint: str) -> bool:
    """Tell whether all layers of a city are those that were made from an input."""
    catalogue = catalogue_of(city.path)
    for district in city.districts:
        history = Workspace.open(district.path, catalogue).history()
        latest = history.loc[history.groupby("layer")["version"].idxmax()]
        if not latest["source_sha256"].eq(fingerprint).all():
            return False
    return bool(city.districts)
