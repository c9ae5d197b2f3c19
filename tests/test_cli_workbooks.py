"""The workbooks of the command line: titles and words for people, in both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pandas as pd
import pytest

from layers.catalogue import load_catalogue
from layers.startup import open_or_create
from layers.workspace import Workspace
from tests.cli_hand import run

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = (
    *(
        f"scatter --draws 19 --table {table}"
        for table in ("parks", "sites", "tree", "runs", "ranking", "belts", "together")
    ),
    *(
        f"underused --draws 20 --table {table}"
        for table in ("carriers", "todo", "contributions", "leasing", "matches")
    ),
    "underused --draws 20 --audience public",
    *(
        f"evaluate --class university --draws 20 --table {table}"
        for table in ("subjects", "contributions", "entropy", "unused")
    ),
    "evaluate --class university --draws 20 --period 2026 --against-period 2025",
    "consolidate --time-limit 2",
)
ABOUT = {"zh": ("数据字典", "说明"), "en": ("Dictionary", "Read me")}
CODES = ("指标编码", "字段", "来源", "单位（英文）", "编码")
"""Columns of codes: what scripts, other tables or people of another language go by."""


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workbooks") / "w"
    open_or_create(path, load_catalogue(), author="test")
    return path


def _pages(path: Path, lang: str) -> dict[str, list[tuple[Any, ...]]]:
    book = openpyxl.load_workbook(path, read_only=True)
    return {
        page.title: list(page.iter_rows(values_only=True))
        for page in book.worksheets
        if page.title not in ABOUT[lang]
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_a_chinese_workbook_has_chinese_titles_and_words(
    bundled: Path, tmp_path: Path, command: str
) -> None:
    out = tmp_path / "a.xlsx"
    run("--lang", "zh", *command.split(), "--out", out, "--workspace", bundled)
    for title, (head, *rows) in _pages(out, "zh").items():
        named = [name for name in head if name is not None]
        assert len(set(named)) == len(named), title
        assert [name for name in named if not re.search("[\u4e00-\u9fff]", name)] == [], title
        for number, name in enumerate(named):
            if name in CODES:
                continue
            cells = {str(row[number]) for row in rows if row[number] is not None}
            assert [c for c in cells if re.fullmatch(r"[a-z_]+(;[a-z_]+)*", c)] == [], name


@pytest.mark.parametrize(
    "command", [COMMANDS[0], COMMANDS[7], COMMANDS[13], COMMANDS[14], COMMANDS[-1]]
)
def test_an_english_workbook_has_english_titles(
    bundled: Path, tmp_path: Path, command: str
) -> None:
    out = tmp_path / "a.xlsx"
    run("--lang", "en", *command.split(), "--out", out, "--workspace", bundled)
    (title, (head, *_rows)), *_others = _pages(out, "en").items()
    named = [name for name in head if name is not None]
    assert [name for name in named if "_" in name] == [], title
    assert len(set(named)) == len(named), title
    assert [name for name in named if re.search("[\u4e00-\u9fff]", name)] == [], title


@pytest.mark.parametrize("command", COMMANDS[:12])
def test_a_name_stands_beside_every_id(bundled: Path, tmp_path: Path, command: str) -> None:
    out = tmp_path / "a.xlsx"
    run("--lang", "zh", *command.split(), "--out", out, "--workspace", bundled)
    (rows,) = _pages(out, "zh").values()
    of_parks = command.startswith("scatter")
    number, name = ("园区编码", "园区") if of_parks else ("载体编码", "载体")
    layer, key = ("parks", "park_id") if of_parks else ("carriers", "carrier_id")
    read = Workspace.open(bundled, load_catalogue()).read(layer)
    known = dict(zip(read[key], read["name"], strict=True))
    head = list(rows[0])
    told = {(row[head.index(number)], row[head.index(name)]) for row in rows[1:]}
    assert told
    if "together" not in command:
        assert {(one, known[str(one)]) for one, _name in told} == told


def test_scripts_read_names_and_codes(bundled: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    run("--lang", "zh", *COMMANDS[0].split(), "--out", out, "--workspace", bundled)
    read = pd.read_csv(out)
    assert {"park_id", "flag", "largest_cluster_share"} <= set(read.columns)
    assert set(read["flag"]) == {"green", "yellow", "red", "undecided"}
