"""One carrier through the versions of a workspace."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest

from layers.catalogue import load_catalogue
from layers.underuse import HISTORY_TITLES
from layers.underuse import carrier_history
from layers.underuse import default_underuse
from layers.workspace import Workspace
from tests.underuse_hand import tables

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = load_catalogue()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "w", CATALOGUE, author="test", edition=None)


def commit(workspace: Workspace, message: str, **changes: dict[str, Any]) -> Any:
    carriers = tables(**changes)["carriers"]
    workspace.commit("carriers", carriers, author="张三", message=message)
    return carriers


def without(workspace: Workspace, carrier_id: str) -> None:
    kept = workspace.read("carriers")
    kept = kept[kept["carrier_id"].ne(carrier_id)].reset_index(drop=True)
    workspace.commit("carriers", kept, author="李四", message="拆除")


def test_versions_that_say_the_same_of_a_carrier_are_not_listed(workspace: Workspace) -> None:
    carriers = commit(workspace, "首次", C3={"tax_wan": None})
    commit(workspace, "别处", C3={"tax_wan": None}, C7={"name": "新名"})
    commit(workspace, "补税收")
    found = carrier_history(workspace, "C3", default_underuse({"carriers": carriers}))
    assert list(found.columns) == list(HISTORY_TITLES)
    assert found["message"].tolist() == ["补税收", "首次"]
    assert found["event"].tolist() == ["changed", "added"]
    assert found["state"].tolist() == ["预警", "疑似低效"]
    assert found["version"].tolist() == sorted(found["version"], reverse=True)
    assert found["output_low"].tolist()[0] == pytest.approx(1000.0)
    assert math.isnan(found["output_low"].tolist()[1])
    assert found["author"].eq("张三").all()
    assert found["problem_zh"].isna().all()


def test_the_day_of_the_question_is_one_for_all_versions_or_each_its_own(
    workspace: Workspace,
) -> None:
    old = {"vacant_since": "2024-03", "data_date": "2025-01-31"}
    older = {f"C{n}": {"data_date": "2025-01-31"} for n in range(1, 11)}
    commit(workspace, "去年", **{**older, "C3": old})
    carriers = commit(workspace, "今年")
    own = carrier_history(workspace, "C3")
    assert own["months_low"].tolist() == [30.0, 10.0]
    assert own["state"].tolist() == ["预警", "正常"]
    assert "as_of=2025-01-31" in own["parameters"].iloc[1]
    fixed = carrier_history(workspace, "C3", default_underuse({"carriers": carriers}))
    assert fixed["months_low"].tolist() == [30.0, 30.0]
    # Asked today, last year's data decide nothing firm but a warning needs no date.
    assert "as_of=2026-09-30" in fixed["parameters"].iloc[1]


def test_coming_and_going_are_told(workspace: Workspace) -> None:
    commit(workspace, "首次")
    without(workspace, "C3")
    commit(workspace, "恢复")
    found = carrier_history(workspace, "C3")
    assert found["event"].tolist() == ["added", "removed", "added"]
    assert found["message"].tolist() == ["恢复", "拆除", "首次"]
    assert pd.isna(found["state"].iloc[1])
    assert found["vacancy_low"].isna().tolist() == [False, True, False]


def test_a_version_that_cannot_be_read_is_told(workspace: Workspace) -> None:
    commit(workspace, "首次", C3={"tax_wan": None})
    first = set(workspace.path.glob("carriers/*.parquet"))
    commit(workspace, "第二次", C3={"tax_wan": 500.0})
    second = set(workspace.path.glob("carriers/*.parquet")) - first
    commit(workspace, "第三次")
    for path in second:
        path.unlink()
    found = carrier_history(workspace, "C3")
    assert found["event"].tolist() == ["changed", "unreadable", "added"]
    assert found["message"].tolist()[1] == "第二次"
    assert found["problem_zh"].iloc[1]
    assert found["problem_en"].iloc[1]
    assert found["state"].isna().tolist() == [False, True, False]


def test_a_state_that_peers_changed_is_told(workspace: Workspace) -> None:
    commit(workspace, "首次")
    # All others pay ten times as much: the median rises from 1,000 to 10,000.
    more = {f"C{n}": {"tax_wan": 11_000.0} for n in (4, 5, 6, 7)}
    commit(workspace, "同类提高", **more)
    found = carrier_history(workspace, "C3")
    assert found["event"].tolist() == ["changed", "added"]
    assert found["state"].tolist() == ["低效", "预警"]
    assert found["output_low"].tolist() == pytest.approx([1000.0, 1000.0])
    assert found["ratio_low"].tolist() == pytest.approx([0.1, 1.0])


def test_a_carrier_that_never_was_has_no_history(workspace: Workspace) -> None:
    commit(workspace, "首次")
    found = carrier_history(workspace, "C99")
    assert found.empty
    assert list(found.columns) == list(HISTORY_TITLES)


def test_what_is_not_limited_above_is_empty(workspace: Workspace) -> None:
    commit(workspace, "首次", C3={"vacant_since": None, "completed": None})
    found = carrier_history(workspace, "C3")
    assert found["months_low"].tolist() == [0.0]
    assert found["months_high"].isna().all()
    assert found["sample"].all()
