"""Hostile text in the tables of results, in every format that they are written in.

A result, a table of it or a format that is not in the tables here fails the first test.
CSV cells that a spreadsheet would calculate have an apostrophe before them; everywhere
else the text is equal.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pyogrio
import pytest

import cli_consolidate
import cli_evaluate
import cli_scatter
import cli_underuse
from layers.evaluation import EVALUATION_TITLES
from layers.export import TABLE_FORMATS
from layers.results import SCATTER_TITLES
from layers.underuse import UNDERUSE_TITLES
from layers.values import formula_plain
from tests.hostile_hand import MIXED
from tests.hostile_hand import PLANNED
from tests.hostile_hand import RECORDED
from tests.hostile_hand import SUBJECTS
from tests.layers.hostile_files import RUNS
from tests.layers.hostile_files import poisoned
from tests.layers.hostile_files import xlsx_cells

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.layers.hostile_files import Poisoned

__all__ = ["poisoned"]

Rows = list[dict[str, Any]]

SCATTER = ["scatter", "--draws", "9"]
UNDERUSED = ["underused", "--draws", "9"]
EVALUATE = ["evaluate", "--draws", "9", "--period", str(RECORDED), "--class"]
TABLES: dict[str, tuple[list[object], int]] = {
    **{f"scatter {one}": ([*SCATTER, "--table", one], 0) for one in
       ("parks", "sites", "tree", "runs", "ranking", "belts", "together")},
    "scatter trend": ([*SCATTER, "--table", "trend", "--against", "2100-01-01"], 0),
    **{f"underused {one}": ([*UNDERUSED, "--table", one], 0) for one in
       ("carriers", "todo", "contributions", "leasing", "matches")},
    # An indicator of a subject that nobody knows is a problem that is told.
    **{f"evaluate {one}": ([*EVALUATE, "university", "--table", one], 1) for one in
       ("subjects", "contributions", "entropy", "unused")},
    "evaluate comparison": ([*EVALUATE, "university", "--against-period", "2024"], 1),
    **{f"evaluate {one}": ([*EVALUATE, one], 0) for one in
       ("characteristic", "incubator", "operator")},
}  # fmt: skip
"""Words of the command, and the code that it ends with."""

MAIN = ("scatter parks", "underused carriers", "evaluate subjects")
"""Tables that are written in every format; the others as a spreadsheet only."""

NAMES = {
    title.zh: name
    for titles in (SCATTER_TITLES, EVALUATION_TITLES, UNDERUSE_TITLES)
    for name, title in titles.items()
}
"""What the columns of a workbook are called in the other formats."""

NO_PLACES = {"evaluate subjects": {".gpkg", ".geojson"}}


def _csv(path: Path) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows: Rows = list(csv.DictReader(file))
    for row in rows:
        assert not any(_is_formula(cell) for cell in row.values())
    return [{name: formula_plain(cell) for name, cell in row.items()} for row in rows]


def _is_formula(cell: str) -> bool:
    if not cell.startswith(RUNS):
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


def _xlsx(path: Path) -> Rows:
    xlsx_cells(path)
    first, *rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    head = [NAMES.get(str(title), str(title)) for title in first]
    return [dict(zip(head, row, strict=True)) for row in rows]


def _json(path: Path) -> Rows:
    found = json.loads(path.read_text("utf-8"))
    rows: Rows = found["rows"] if isinstance(found, dict) else found
    return rows


def _geojson(path: Path) -> Rows:
    return [f["properties"] for f in json.loads(path.read_text("utf-8"))["features"]]


def _gpkg(path: Path) -> Rows:
    layer = pyogrio.list_layers(path)[0, 0]
    found = pyogrio.read_dataframe(path, layer=layer, read_geometry=False)
    rows: Rows = found.astype(object).where(found.notna(), None).to_dict("records")
    return rows


def _parquet(path: Path) -> Rows:
    rows: Rows = pq.read_table(path).to_pylist()
    return rows


READERS: dict[str, Callable[[Path], Rows]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".json": _json,
    ".gpkg": _gpkg,
    ".geojson": _geojson,
    ".parquet": _parquet,
}


def _known(poisoned: Poisoned) -> dict[str, set[str]]:
    """Return what may stand in columns that tell ids and names."""
    parks, carriers = poisoned.read("parks"), poisoned.read("carriers")
    units = poisoned.read("units")
    subjects = ["", MIXED]
    subjects += [one for key, name in SUBJECTS.items() for one in poisoned.read(key)[name]]
    return {
        "park_id": {
            "*",
            *parks["park_id"],
            *carriers["park_id"].dropna(),
            *units["park_id"].dropna(),
        },
        "park_name": set(parks["name"]),
        "carrier_id": set(carriers["carrier_id"]),
        "subject_id": set(subjects),
    }


def test_the_tables_have_every_result_and_every_format() -> None:
    named = {
        "scatter": {*cli_scatter.What},
        "underused": {*cli_underuse.What},
        "evaluate": {*cli_evaluate.What, *cli_evaluate.CardName} - {"university"},
    }
    assert {f"{what} {one}" for what, ones in named.items() for one in ones} == set(TABLES)
    # The rest is for layers, see test_export_hostile.py.
    assert {*READERS, ".fgb", ".kml", ".dxf"} == set(TABLE_FORMATS)
    assert set(cli_consolidate._ENDINGS) == set(PLANS)


def _cases() -> list[tuple[str, str]]:
    whole = [(name, fmt) for name in MAIN for fmt in READERS if fmt not in NO_PLACES.get(name, ())]
    return whole + [(name, ".csv") for name in TABLES if name not in MAIN]


@pytest.mark.parametrize(("name", "fmt"), _cases())
def test_a_table_has_the_text_and_runs_none_of_it(
    tmp_path: Path, poisoned: Poisoned, name: str, fmt: str
) -> None:
    words, code = TABLES[name]
    out = tmp_path / f"out{fmt}"
    poisoned.run(*words, "-o", out, code=code)
    rows = READERS[fmt](out)
    assert rows
    for column, known in _known(poisoned).items():
        found = {str(row[column]) for row in rows if row.get(column) not in (None, "")}
        assert found <= known, column
    if name == "scatter parks":
        assert {row["park_name"] for row in rows} <= _known(poisoned)["park_name"]
        assert len([row for row in rows if "<" in row["park_id"]]) > 10
    if name == "underused carriers":
        names = dict(poisoned.read("carriers").set_index("carrier_id")["name"])
        assert all(row["name"] == names[row["carrier_id"]] for row in rows)


def _plan_json(path: Path) -> str:
    return json.dumps(json.loads(path.read_text("utf-8"))["plan"]["moves"], ensure_ascii=False)


def _plan_xlsx(path: Path) -> str:
    return json.dumps([str(cell) for cell in xlsx_cells(path)], ensure_ascii=False)


def _plan_gpkg(path: Path) -> str:
    found = [
        pyogrio.read_dataframe(path, layer=layer, read_geometry=False).to_dict("records")
        for layer in pyogrio.list_layers(path)[:, 0]
    ]
    return json.dumps(found, ensure_ascii=False, default=str)


PLANS: dict[str, Callable[[Path], str]] = {
    ".json": _plan_json,
    ".xlsx": _plan_xlsx,
    ".gpkg": _plan_gpkg,
}


@pytest.mark.parametrize("fmt", PLANS)
def test_a_plan_has_the_text_and_runs_none_of_it(
    tmp_path: Path, poisoned: Poisoned, fmt: str
) -> None:
    out = tmp_path / f"out{fmt}"
    # That carriers without a place receive nobody is a problem that is told.
    poisoned.run("consolidate", "--scenario", PLANNED, "-o", out, "--time-limit", "20", code=1)
    units = poisoned.read("units")
    text = PLANS[fmt](out)
    moved = [key for key in units["unit_id"] if json.dumps(key, ensure_ascii=False) in text]
    assert any("<" in key for key in moved)
