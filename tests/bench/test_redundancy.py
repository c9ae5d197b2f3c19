"""Which measures say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.redundancy import SHIPPED
from bench.redundancy import correlations
from bench.redundancy import pairs_above
from bench.tables import WHY_NOT
from bench.tables import markdown
from bench.tables import replace_block

ORACLES = Path(__file__).parents[1] / "geo" / "oracles.json"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| (-?[\d.]+) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def matrix() -> pd.DataFrame:
    return correlations(parks=600, seed=1)


def test_what_is_one_thing_by_formula_ranks_alike(matrix: pd.DataFrame) -> None:
    at = matrix.to_dict()
    assert at["等效点位数 N_eff"]["DIVISION（1−Simmons）"] == pytest.approx(1)
    assert at["平均两点距离 MPD"]["标准距离 SD"] > 0.95
    assert at["最大连片占比 LCC"]["等效连片数 K_eff"] < -0.95


def test_the_page_lists_pairs_that_other_parks_confirm(matrix: pd.DataFrame) -> None:
    page = WHY_NOT.read_text("utf-8")
    block = page.partition("<!-- redundancy:begin -->")[2].partition("<!-- redundancy:end -->")[0]
    listed = [(one, other, float(rho)) for one, other, rho in ROW.findall(block)]
    assert len(listed) >= 12
    at = matrix.to_dict()
    for one, other, rho in listed:
        assert at[one][other] == pytest.approx(rho, abs=0.05)
    told = re.search(r"largest \|ρ\| among the five that are used: (\d\.\d+)", block)
    assert told is not None
    shipped = matrix.loc[list(SHIPPED), list(SHIPPED)].abs().to_numpy().copy()
    np.fill_diagonal(shipped, 0)
    assert shipped.max() == pytest.approx(float(told[1]), abs=0.05)


# Columns of the known matrix, in its order.
KNOWN = (
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
)


def test_what_is_known_to_be_redundant_is_so_here(matrix: pd.DataFrame) -> None:
    known = json.loads(ORACLES.read_text("utf-8"))["A9.redundancy"]
    assert len(known["metrics"]) == len(KNOWN)
    rho, ours = np.array(known["spearman"]), matrix.loc[list(KNOWN), list(KNOWN)].to_numpy()
    redundant = np.abs(rho) >= 0.9
    assert redundant.sum() > len(KNOWN)
    assert (np.abs(ours)[redundant] > 0.85).all()
    assert (np.sign(ours) == np.sign(rho))[redundant].all()


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
