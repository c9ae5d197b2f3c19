"""Every command on what an office has in its first week: a result, or what is missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from layers.errors import AtlasError
from tests.cli_hand import run
from tests.sparse_hand import KINDS
from tests.sparse_hand import make

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = (
    "scatter --draws 19 --out out.xlsx",
    "scatter --draws 19 --table tree --out out.gpkg",
    "underused --draws 20 --out out.xlsx",
    "underused --draws 20 --table todo --out out.csv",
    "underused --draws 20 --audience public --out out.xlsx",
    "consolidate --time-limit 2 --out out.xlsx",
    "access --out out.gpkg",
    "access --table district --out out.csv",
    "access --gaps --out out.xlsx",
    "evaluate --class university --draws 20 --out out.xlsx",
    "evaluate --class operator --draws 20 --out out.xlsx",
    "plan board",
    "plan show T04",
    "targets --out out.csv",
    "calendar --out out.ics",
    "snapshot take 第一周 --author 甲",
    "sheet --district --size A4 --out out.pdf",
    "sheet --linkage --size A4 --out out.svg",
    "sheet --task T04 --size A4 --out out.svg",
    "report --district --out out.docx",
    "report --district --audience public --out out.docx",
    "export parks carriers zones --format gpkg --out out.gpkg",
    "export parks carriers zones --format kml --audience public --out out.kml",
)


@pytest.fixture(scope="module", params=KINDS)
def sparse(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(request.param, tmp_path_factory.mktemp("sparse"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_is_written_or_it_is_said_what_is_missing(
    sparse: Path, tmp_path: Path, command: str
) -> None:
    words = [str(tmp_path / one) if one.startswith("out.") else one for one in command.split()]
    said = None
    try:
        result = run(*words, "--workspace", sparse)
    except AtlasError as error:
        said = error.text.zh
    written = list(tmp_path.iterdir())
    if said is not None:
        assert re.search("请|没有", said)
        assert written == []
        return
    # 1: there is something to look at, which is said.
    assert result.exit_code in {0, 1}
    assert result.exit_code == 0 or result.output.strip()
    assert len(written) == int("out." in command)
