"""Which measures say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from bench import redundancy
from bench.indices import simmons
from bench.indices import split
from bench.redundancy import FORMS
from bench.redundancy import SHIPPED
from bench.redundancy import correlations
from bench.redundancy import measured
from bench.redundancy import pairs_above
from bench.redundancy import strongest
from bench.redundancy import synthetic
from bench.tables import WHY_NOT
from bench.tables import markdown
from bench.tables import replace_block

ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| (-?[\d.]+) \|$", re.MULTILINE)
ORACLES = Path(__file__).parents[1] / "geo" / "oracles.json"


@pytest.fixture(scope="module")
def parks() -> pd.DataFrame:
    return synthetic(parks=600, seed=1)


@pytest.fixture(scope="module")
def matrix(parks: pd.DataFrame) -> pd.DataFrame:
    return correlations(parks)


def block() -> str:
    page = WHY_NOT.read_text("utf-8")
    return page.partition("<!-- redundancy:begin -->")[2].partition("<!-- redundancy:end -->")[0]


def test_what_is_one_thing_by_formula_is_one_number() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        xy, area = rng.uniform(0, 5000, (6, 2)), rng.lognormal(9, 1, 6)
        park = measured(xy, area)
        assert park["DIVISION（1−Simmons）"] == pytest.approx(1 - simmons(area), abs=1e-12)
        assert park["等效点位数 N_eff"] == pytest.approx(split(area))
        share = area / area.sum()
        squares = (2 * np.outer(share, share))[np.triu_indices(6, k=1)] @ pdist(xy) ** 2
        assert 2 * park["标准距离 SD"] ** 2 == pytest.approx(squares)
        assert (park["最长断档 gap"] > redundancy.WALK_M) == (park["连片数 K"] > 1)
        assert (park["连片数 K"] == 1) == (park["最大连片占比 LCC"] == pytest.approx(1))


def test_ranks_are_correlated_as_scipy_does(parks: pd.DataFrame, matrix: pd.DataFrame) -> None:
    assert matrix.to_numpy() == pytest.approx(spearmanr(parks.to_numpy()).statistic)


def test_what_is_known_to_say_the_same_does_so_here(matrix: pd.DataFrame) -> None:
    """The parks of the worked numbers are others, so the correlations differ a little."""
    known = json.loads(ORACLES.read_text("utf-8"))["A9.redundancy"]
    order = [
        "点位数 n",
        "等效点位数 N_eff",
        "DIVISION（1−Simmons）",
        "1−Januszewski",
        "LPI",
        "平均两点距离 MPD",
        "标准距离 SD",
        "椭圆面积 SDE",
        "最小树总长 MST",
        "最长断档 gap",
        "最近邻 ENN",
        "连片数 K",
        "最大连片占比 LCC",
        "等效连片数 K_eff",
        "Schmook",
    ]
    title = dict(zip(known["metrics"], order, strict=True))
    assert set(order) == set(matrix.columns)
    at = matrix.to_dict()
    for one, other, rho in known["pairs_abs_ge_0_9"]:
        found = at[title[one]][title[other]]
        assert abs(found) >= 0.85
        assert found == pytest.approx(rho, abs=0.06)


def test_the_page_lists_pairs_that_other_parks_confirm(matrix: pd.DataFrame) -> None:
    pairs = block().partition("去掉的形态")[0]
    listed = [(one, other, float(rho)) for one, other, rho in ROW.findall(pairs)]
    assert len(listed) >= 12
    at = matrix.to_dict()
    for one, other, rho in listed:
        assert abs(at[one][other]) >= 0.85
        assert at[one][other] == pytest.approx(rho, abs=0.05)


def test_the_page_tells_how_far_the_measures_in_use_go_together(parks: pd.DataFrame) -> None:
    told = re.search(r"largest \|ρ\| among the five that are used: (\d\.\d+)", block())
    assert told is not None
    assert abs(strongest(parks)[2]) == pytest.approx(float(told[1]), abs=0.05)
    left_out = {one: (pair, float(rho)) for one, pair, rho in ROW.findall(block()) if one in FORMS}
    assert list(left_out) == list(FORMS)
    campus = f"{abs(left_out[FORMS[0]][1]):.2f}"
    page = WHY_NOT.read_text("utf-8")
    assert f"去掉校园就降到 {campus}" in page
    assert f"({told[1]} with all, {campus} without campuses)" in page
    for form, (pair, rho) in left_out.items():
        one, other = pair.split(" × ")
        found = correlations(parks.drop(form)).to_dict()[one][other]
        assert found == pytest.approx(rho, abs=0.06)


def test_the_measures_in_use_are_told_apart_best_without_campuses(parks: pd.DataFrame) -> None:
    """In a campus the largest cluster is all of it, a tie that no other measure has."""
    assert set(SHIPPED) <= set(parks.columns)
    assert parks.loc[parks.index == FORMS[0], "最大连片占比 LCC"].min() == pytest.approx(1)
    assert abs(strongest(parks.drop(FORMS[0]))[2]) < abs(strongest(parks)[2]) - 0.05


def test_pairs_are_listed_once_strongest_first() -> None:
    names = ["a", "b", "c"]
    matrix = pd.DataFrame([[1, 0.95, -0.99], [0.95, 1, 0.2], [-0.99, 0.2, 1]], names, names)
    assert pairs_above(matrix) == [("a", "c", -0.99), ("a", "b", 0.95)]


def test_a_block_of_a_page_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("前\n<!-- x:begin -->\nold\n<!-- x:end -->\n后\n", "utf-8")
    replace_block("x", markdown(["a", "b"], [(1, "二")]), page)
    text = page.read_text("utf-8")
    assert text.startswith("前\n<!-- x:begin -->")
    assert text.endswith("<!-- x:end -->\n后\n")
    assert "| 1 | 二 |" in text
    assert "old" not in text
    with pytest.raises(ValueError, match="y:begin"):
        replace_block("y", "", page)
