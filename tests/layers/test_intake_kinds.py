"""Which of several uploaded files is read."""

from __future__ import annotations

import pytest

from layers.errors import IntakeError
from layers.intake.kinds import main_file


@pytest.mark.parametrize(
    ("names", "main"),
    [
        (["台账.xlsx"], "台账.xlsx"),
        (["a.dbf", "a.shp", "a.SHX", "A.cpg"], "a.shp"),
        (["a.dbf", "a.shp", "a.shp.xml"], "a.shp"),
        (["b.DAT", "b.TAB", "b.map", "b.id"], "b.TAB"),
        (["c.mid", "c.mif"], "c.mif"),
    ],
)
def test_the_main_part_is_found(names: list[str], main: str) -> None:
    assert main_file(names) == main


@pytest.mark.parametrize(
    "names",
    [
        ["a.xlsx", "b.xlsx"],
        ["a.shp", "b.shp", "a.dbf"],
        ["a.dbf", "a.shx"],
        ["a.shp", "a.shp"],
        ["a.shp", "a.xlsx"],
    ],
)
def test_several_files_are_refused(names: list[str]) -> None:
    with pytest.raises(IntakeError, match="一次导入一个文件"):
        main_file(names)
