"""The users' own programs; a test that needs one that is not here says so and is skipped."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_PACKAGES = {
    "ogrinfo": "gdal-bin",
    "soffice": "libreoffice",
    "pdffonts": "poppler-utils",
    "pdftotext": "poppler-utils",
    "pdfimages": "poppler-utils",
    "pdftoppm": "poppler-utils",
}
_QGIS_PYTHON = "/usr/bin/python3"


@pytest.fixture(scope="session")
def needs() -> Callable[[str], str]:
    """Return a function that gives the path of a program, or skips the test and says why."""
    return _program


@pytest.fixture(scope="session")
def qgis_python() -> str:
    """Return the interpreter that has PyQGIS; without one the test is skipped."""
    problem = _qgis_problem()
    if problem:
        pytest.skip(f"NOT CHECKED WITH QGIS: {problem} (Debian: apt-get install python3-qgis)")
    return _QGIS_PYTHON


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        package = _PACKAGES.get(name, name)
        pytest.skip(f"NOT CHECKED WITH {name}: not installed (Debian: apt-get install {package})")
    return found


@cache
def _qgis_problem() -> str:
    if shutil.which(_QGIS_PYTHON) is None:
        return f"there is no {_QGIS_PYTHON}"
    asked = subprocess.run(  # noqa: S603 -- a question of our own
        [_QGIS_PYTHON, "-c", "import qgis.core"], capture_output=True, text=True, check=False
    )
    return "" if asked.returncode == 0 else asked.stderr.strip().rsplit("\n", 1)[-1]
