"""Every ugly file of the corpus through the chain: nothing is lost, and what was found is said."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from geo.crs import geodesic_area_m2
from layers.delivery import Options
from layers.delivery import snapshot
from layers.delivery_split import deliver_split
from layers.errors import IntakeError
from layers.intake import read_isolated
from tests.corpus.checks import WIDE
from tests.corpus.desk import Desk
from tests.corpus.desk import desk
from tests.corpus.makers import xlsx
from tests.corpus.table import CASES

if TYPE_CHECKING:
    from pathlib import Path

    from layers.delivery import Delivery
    from tests.corpus.case import Case

# A hundred-millionth of a degree is a millimetre; GCJ-02 is undone to a hundredth of a metre.
CLOSE_DEG = 1e-7
REFUSED = [case for case in CASES if case.refused]
TAKEN = [case for case in CASES if not case.refused]


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return desk(tmp_path_factory.getbasetemp())


def _taken(table: Desk, case: Case) -> Delivery:
    found = table.delivered(case)
    assert not isinstance(found, IntakeError), found.text.zh
    return found


def _record(delivery: Delivery, key: str) -> pd.Series[Any]:
    """Return the accepted row of an id or a name."""
    rows = delivery.result.accepted
    for column in (rows.columns[0], "name"):
        if column in rows and (rows[column] == key).sum() == 1:
            return rows[rows[column] == key].iloc[0]
    raise AssertionError(key)


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value


def test_the_corpus_is_large_and_its_names_are_different() -> None:
    assert len(CASES) >= 70
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", TAKEN, ids=str)
def test_the_counts_are_those_of_the_file(table: Desk, case: Case) -> None:
    delivery = _taken(table, case)
    result = delivery.result
    told = "\n".join(issue.line("zh") for issue in delivery.issues)
    counts = (len(result.accepted), len(result.rejected), result.repaired, result.dropped)
    assert counts == (case.accepted, case.rejected, case.repaired, case.dropped), told
    assert result.rows_in == case.accepted + case.rejected


@pytest.mark.parametrize("case", TAKEN, ids=str)
def test_what_was_found_is_said(table: Desk, case: Case) -> None:
    delivery = _taken(table, case)
    codes = {issue.code for issue in delivery.issues}
    told = "\n".join(issue.line("zh") for issue in delivery.issues)
    assert set(case.has) <= codes, told
    assert not codes & {*case.lacks, "reader_note"} - set(case.has), told


@pytest.mark.parametrize("case", TAKEN, ids=str)
def test_a_row_is_rejected_if_and_only_if_an_error_names_it(table: Desk, case: Case) -> None:
    delivery = _taken(table, case)
    rows = {issue.row for issue in delivery.issues if issue.severity == "error"}
    assert rows == set(delivery.result.rejected["_row"].astype(int))


@pytest.mark.parametrize("case", [c for c in TAKEN if c.cells], ids=str)
def test_cells_become_the_values_that_they_mean(table: Desk, case: Case) -> None:
    delivery = _taken(table, case)
    found = {
        key: {name: _plain(_record(delivery, key)[name]) for name in fields}
        for key, fields in case.cells.items()
    }
    wanted = {
        key: {n: pytest.approx(v) if isinstance(v, float) else v for n, v in fields.items()}
        for key, fields in case.cells.items()
    }
    assert found == wanted


@pytest.mark.parametrize("case", [c for c in TAKEN if c.places or c.areas], ids=str)
def test_shapes_lie_where_they_are(table: Desk, case: Case) -> None:
    delivery = _taken(table, case)
    for key, place in case.places.items():
        middle = shapely.centroid(_record(delivery, key)["geometry"])
        assert (middle.x, middle.y) == pytest.approx(place, abs=CLOSE_DEG, rel=0), key
    for key, area in case.areas.items():
        shape = gpd.GeoSeries([_record(delivery, key)["geometry"]], crs="EPSG:4490")
        assert float(geodesic_area_m2(shape).iloc[0]) == pytest.approx(area, rel=1e-3), key


@pytest.mark.parametrize("case", [c for c in TAKEN if c.review], ids=str)
def test_known_objects_are_listed_for_rows_without_a_place(table: Desk, case: Case) -> None:
    result = _taken(table, case).result
    assert result.review["row"].nunique() == case.review
    assert result.accepted["geometry"].isna().sum() >= case.review


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_cannot_be_read_is_refused_in_a_sentence(table: Desk, case: Case) -> None:
    found = table.delivered(case)
    assert isinstance(found, IntakeError)
    assert case.refused in found.text.zh
    assert str(table.base) not in f"{found.text.zh}{found.text.en}"
    assert found.text.en


def test_a_table_of_units_and_carriers_is_split_into_both(table: Desk, tmp_path: Path) -> None:
    carriers, units = deliver_split(
        table.workspace,
        xlsx(*WIDE)(tmp_path),
        author="corpus",
        message="split",
        options=Options(dry_run=True),
        read=read_isolated,
    )
    found = [
        (d.result.rows_in, len(d.result.accepted), len(d.result.rejected))
        for d in (carriers, units)
    ]
    assert found == [(2, 2, 0), (3, 3, 0)]
    assert {"wide_table_split"} <= {issue.code for issue in carriers.issues}
    assert {"carrier_key_filled"} <= {issue.code for issue in units.issues}
    assert carriers.result.accepted["gross_area_m2"].tolist() == [900.0, 500.0]
    rows = units.result.accepted
    assert rows["unit_id"].tolist() == ["U11", "U12", "U21"]
    assert rows["carrier_id"].tolist() == ["X01", "X01", "X02"]
    assert rows["floor_area_m2"].tolist() == [120.0, 80.0, 60.0]


def test_nothing_was_written(table: Desk) -> None:
    after = snapshot(table.workspace)
    assert after.versions == table.before.versions
    for key, frame in table.before.tables.items():
        assert after.tables[key].equals(frame), key
