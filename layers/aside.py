"""Files are made beside their place and moved there in one step.

Whoever reads the place meets the old file or the new one, never half of one.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from layers.errors import ExportError
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def made_aside(path: Path, name: str) -> Iterator[Path]:
    """Yield the path of a file to write; then move it to `path`.

    Parameters
    ----------
    path
        Where the file is to be; missing folders are made.
    name
        What the file is called until then; its ending may choose the format.

    Raises
    ------
    ExportError
        If it cannot be written; a file that was at `path` is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".atlas-", dir=path.parent) as folder:
            made = Path(folder) / name
            yield made
            made.replace(path)
    except OSError as error:
        raise ExportError(
            Text(
                f"无法写入 {path}（{error}）；请检查文件是否正被打开、权限与磁盘空间",
                f"cannot write {path} ({error}); check whether it is open elsewhere,"
                " permissions and disk space",
            )
        ) from error
