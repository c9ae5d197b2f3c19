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
from layers.refusals import why_unwritable

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
        raise _unwritable(path, str(error)) from error
    except Exception as error:
        if not isinstance(error, _errors_of_writers()):
            raise
        # GDAL repeats the whole statement; what went wrong stands at its end.
        raise _unwritable(path, str(error).rpartition(" failed: ")[2]) from error


def _errors_of_writers() -> tuple[type[Exception], ...]:
    """Return what libraries raise instead of an error of the system, for instance at a full disk.

    They are imported only when something went wrong.
    """
    from pyogrio.errors import DataLayerError
    from pyogrio.errors import DataSourceError
    from pyogrio.errors import FeatureError
    from xlsxwriter.exceptions import XlsxFileError

    return DataLayerError, DataSourceError, FeatureError, XlsxFileError


def _unwritable(path: Path, error: str) -> ExportError:
    why = why_unwritable(error)
    return ExportError(
        Text(
            f"无法写入 {path}（{why.zh}）；请检查文件是否正被打开、权限与磁盘空间",
            f"cannot write {path} ({why.en}); check whether it is open elsewhere,"
            " permissions and disk space",
        )
    )
