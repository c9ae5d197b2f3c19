"""What holds for any table: nothing lost, nothing changed unsaid, order of no meaning."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.frames import GEOMETRY
from layers.intake import Choices
from layers.intake import intake
from layers.values import formula_plain
from layers.values import parse
from tests.layers.table_files import COLUMNS
from tests.layers.table_files import MAKERS
from tests.layers.table_files import PLACES
from tests.layers.table_files import Row
from tests.layers.table_files import by_id
from tests.layers.table_files import clean_row
from tests.layers.table_files import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.catalogue import Catalogue
    from layers.intake import IntakeResult


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as made:
        yield Path(made)


TABLES = (".csv", ".xlsx", ".geojson")


def _take(shared: Catalogue, path: Path, **choices: Any) -> IntakeResult:
    spec = shared.layer("carriers")
    result = intake(path, spec, shared, Choices(**{"crs": "EPSG:4490", **choices}))
    assert result.rows_in == len(result.accepted) + len(result.rejected)
    return result


# --- any damage ---------------------------------------------------------------

GARBAGE: tuple[Any, ...] = (
    *("", " ", "-", "/", "—", "无", "约1200", "1,234.5", "１２３", "12OO", "1.5", "-7", "1e400"),
    *("nan", "inf", "NULL", "#N/A", "是", "maybe", "TRUE", "2026年3月", "2024.3", "20260315"),
    *("2026-02-30", "46112", "3.5万", "12%", "=1+1", "'=x", '"甲"', "a\nb", "\t", "合计", "备注："),
    *("C000", "C001", "121.5", "31.3", "0", "x" * 90, "😀", "１２１°３０′", "保密", "不适用"),
)
TOTALS: tuple[Row, ...] = (
    {"载体编码": "合计", "总建筑面积": "9999"},
    {"楼栋名称": "小计", "总建筑面积": "100"},
    {"载体编码": "注：以上为示例数据。"},
    {"总建筑面积": ""},
    {name: name for name in COLUMNS},
)
cells = st.tuples(st.integers(0, 7), st.sampled_from((*COLUMNS, *PLACES)), st.sampled_from(GARBAGE))
swaps = st.tuples(st.integers(0, 7), st.permutations((*COLUMNS, *PLACES)).map(lambda p: p[:2]))
damages = st.fixed_dictionaries(
    {
        "cells": st.lists(cells, max_size=6),
        "swaps": st.lists(swaps, max_size=1),
        # Where a column of areas is called latitude, the file as a whole is refused.
        "columns": st.one_of(
            st.none(), st.just(PLACES), st.permutations(tuple(COLUMNS)).map(lambda p: p[:2])
        ),
        "twins": st.lists(st.integers(0, 7), max_size=2),
        "lines": st.lists(st.tuples(st.integers(0, 8), st.sampled_from(TOTALS)), max_size=2),
    }
)


def _damaged(damage: dict[str, Any]) -> list[Row]:
    rows = [clean_row(n) for n in range(8)]
    for n, name, garbage in damage["cells"]:
        rows[n][name] = garbage
    for n, (a, b) in damage["swaps"]:
        rows[n][a], rows[n][b] = rows[n][b], rows[n][a]
    if damage["columns"] is not None:
        a, b = damage["columns"]
        for row in rows:
            row[a], row[b] = row[b], row[a]
    rows += [dict(rows[n]) for n in damage["twins"]]
    for at, line in damage["lines"]:
        rows.insert(at, {name: line.get(name, "") for name in (*COLUMNS, *PLACES)})
    return rows


@pytest.mark.parametrize("suffix", TABLES)
@examples(12)
@given(damage=damages)
def test_no_row_is_lost_and_no_cell_changes_unsaid(
    shared: Catalogue, folder: Path, suffix: str, damage: dict[str, Any]
) -> None:
    rows = _damaged(damage)
    result = _take(shared, MAKERS[suffix](rows, folder / f"a{suffix}"))
    spec = shared.layer("carriers")
    filled = sum(any(str(cell).strip() for cell in row.values()) for row in rows)
    # A feature is a record, even if it is empty; an empty line of a table is not.
    there = len(rows) if suffix == ".geojson" else filled
    assert result.rows_in + result.dropped == there
    said = {(issue.row, issue.field) for issue in result.issues}
    table = pd.DataFrame(rows, dtype=object)
    if suffix == ".csv":
        table = table.map(formula_plain)
    accepted = result.accepted.set_index("carrier_id", drop=False)
    for heading, name in COLUMNS.items():
        strict = parse(table[heading], spec.field(name))
        for key, row in result.row_of.items():
            if {(0, name), (row, name)} & said:
                continue
            assert not strict.bad.iloc[row - 1], (key, name)
            wanted: Any = strict.column.iloc[row - 1]
            got: Any = accepted.loc[key, name]
            assert got == wanted if pd.notna(wanted) else pd.isna(got), (key, name)
    _check_places(result, table, said)


def _check_places(result: IntakeResult, table: pd.DataFrame, said: set[tuple[int, str]]) -> None:
    """Check that every accepted row lies where the file says, unless it is said otherwise."""
    if said & {(0, "geometry"), (0, "lon"), (0, "lat")} or _told_of_places(result):
        return
    shapes = result.accepted.set_index("carrier_id")[GEOMETRY]
    for key, row in result.row_of.items():
        if {(row, name) for name in (GEOMETRY, "", *PLACES)} & said:
            continue
        xy = [_number(table[name].iloc[row - 1]) for name in PLACES]
        place = shapes.loc[key]
        if place is None:
            assert any(math.isnan(v) for v in xy), key
        else:
            assert [place.x, place.y] == pytest.approx(xy, abs=1e-9), key


def _told_of_places(result: IntakeResult) -> bool:
    """Tell whether the whole file was said to be elsewhere."""
    return bool({"axes_swapped", "no_geometry"} & {issue.code for issue in result.issues})


def _number(cell: Any) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return math.nan


# --- the order of rows and of columns --------------------------------------------


def _log(result: IntakeResult) -> Counter[tuple[str, str, str]]:
    return Counter((issue.code, issue.field, issue.value) for issue in result.issues)


def _same(one: IntakeResult, other: IntakeResult) -> None:
    assert one.rows_in == other.rows_in
    assert one.dropped == other.dropped
    pd.testing.assert_frame_equal(by_id(one.accepted), by_id(other.accepted))
    assert _log(one) == _log(other)


@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize("ids", [True, False])
@examples(6)
@given(
    broken=st.lists(cells, max_size=5),
    twins=st.lists(st.integers(0, 7), max_size=2),
    data=st.data(),
)
def test_the_order_of_rows_means_nothing(
    shared: Catalogue,
    folder: Path,
    suffix: str,
    ids: bool,
    broken: list[Any],
    twins: list[int],
    data: st.DataObject,
) -> None:
    rows = [clean_row(n) for n in range(8)]
    for n, name, garbage in broken:
        # Of two rows with one id and different cells, the first is kept: see below.
        if name != "载体编码":
            rows[n][name] = garbage
    rows += [dict(rows[n]) for n in twins]
    if not ids:
        rows = [{k: v for k, v in row.items() if k != "载体编码"} for row in rows]
    turned = data.draw(st.permutations(rows))
    one, other = (
        _take(shared, MAKERS[suffix](order, folder / f"a{suffix}")) for order in (rows, turned)
    )
    _same(one, other)


def test_of_two_rows_with_one_id_the_first_is_kept_in_any_order(
    shared: Catalogue, folder: Path
) -> None:
    """Which one is right nobody can know; the other comes back with its reason."""
    rows = [clean_row(1), {**clean_row(2), "载体编码": "C001"}, clean_row(3)]
    names = set()
    for order in (rows, rows[::-1]):
        result = _take(shared, MAKERS[".csv"](order, folder / "a.csv"))
        assert sorted(result.accepted["carrier_id"]) == ["C001", "C003"]
        assert result.rejected["_code"].tolist() == ["duplicate"]
        names |= {*result.accepted["name"]}
    assert names == {"乙楼1", "丙楼2", "丁楼3"}


@pytest.mark.parametrize("suffix", TABLES)
@pytest.mark.parametrize("ids", [True, False])
@examples(6)
@given(broken=st.lists(cells, max_size=5), data=st.data())
def test_the_order_of_columns_means_nothing(
    shared: Catalogue,
    folder: Path,
    suffix: str,
    ids: bool,
    broken: list[Any],
    data: st.DataObject,
) -> None:
    rows = [clean_row(n) for n in range(8)]
    for n, name, garbage in broken:
        # What a line says of itself stands in its first cells, so there the order counts.
        rows[n][name] = "" if garbage in ("合计", "备注：") else garbage
    names = [name for name in rows[0] if ids or name != "载体编码"]
    order = data.draw(st.permutations(names))
    one, other = (
        _take(
            shared,
            MAKERS[suffix]([{k: row[k] for k in keys} for row in rows], folder / f"a{suffix}"),
        )
        for keys in (names, order)
    )
    _same(one, other)
