"""Tasks, layers, measures and documentation say the same."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest

from layers.catalogue import EDITION_DIR
from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.edition import load_sources
from layers.errors import CatalogueError
from layers.plan import MEASURES
from layers.plan import PLAN_LAYERS
from layers.plan import Results
from layers.plan import board
from layers.plan import load_plan
from layers.plan import measured

ROOT = Path(__file__).resolve().parents[3]
CATALOGUE = load_catalogue()
TODAY = dt.date(2026, 11, 27)
NUMBERS = [f"T{number:02d}" for number in range(1, 19)]
KINDS = {
    "milestone": "里程碑",
    "spatial": "空间",
    "count": "数量",
    "score": "评价卡",
    "economic": "经济指标",
}


@pytest.fixture(scope="module")
def plan() -> Any:
    found = load_plan(CATALOGUE.folder)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def rows() -> dict[str, list[str]]:
    """Return the rows of the table of tasks in the documentation, by task."""
    text = (ROOT / "docs" / "plan.zh-CN.md").read_text("utf-8")
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith(("| T", "| S"))
    ]
    return {row[0]: row[1:] for row in cells}


def test_there_are_eighteen_tasks_and_safeguards(plan: Any) -> None:
    assert [task.task_id for task in plan.tasks if task.kind == "task"] == NUMBERS
    assert [task.number for task in plan.tasks if task.kind == "task"] == list(range(1, 19))
    assert any(task.kind == "safeguard" for task in plan.tasks)
    assert {task.measure_type for task in plan.tasks} == set(KINDS)


def test_the_documentation_has_a_row_for_every_task(plan: Any, rows: dict[str, list[str]]) -> None:
    assert list(rows) == [task.task_id for task in plan.tasks]
    for task in plan.tasks:
        title, unit, kind, objects, how = rows[task.task_id]
        assert title == task.title.zh
        assert unit == task.unit.zh
        assert kind == KINDS[task.measure_type]
        for rule in task.objects:
            assert CATALOGUE.layer(rule.layer).title.zh in objects
        if not task.objects:
            assert task.without_objects.zh in objects
        told = [MEASURES[key][0].zh for key in task.measures] or ["由责任单位填报"]
        assert how == "、".join(told)


def test_what_the_plan_names_exists(plan: Any) -> None:
    sources = set(load_sources(CATALOGUE.folder)["source_id"])
    for task in plan.tasks:
        assert task.source in sources
        assert set(task.measures) <= set(MEASURES)
        for rule in task.objects:
            spec = CATALOGUE.layer(rule.layer)
            assert spec.geometry, f"{task.task_id}: {rule.layer} has no places"
            if rule.field:
                known = {choice.value for choice in spec.field(rule.field).choices}
                assert set(rule.values) <= known
        if task.belt:
            belts = {choice.value for choice in CATALOGUE.layer("zones").field("belt").choices}
            assert task.belt in belts
    used = {key for task in plan.tasks for key in task.measures}
    assert used == set(MEASURES)
    for _title, layers, _make in MEASURES.values():
        assert set(layers) <= set(CATALOGUE.keys)
    assert set(PLAN_LAYERS) <= set(CATALOGUE.keys)


def test_every_task_has_a_row_on_the_board_of_the_bundled_edition(plan: Any) -> None:
    tables = load_edition(CATALOGUE).tables
    found = board(plan, tables, CATALOGUE, TODAY, lambda _sha256: False)
    assert [row.task.task_id for row in found.rows] == [task.task_id for task in plan.tasks]
    assert {row.state for row in found.rows} == {"unreported"}
    assert found.strangers == ()
    results = Results(tables, CATALOGUE, found)
    for row in found.rows:
        # A layer that is there gives objects, one that is not gives none.
        there = {rule.layer for rule in row.task.objects if len(tables.get(rule.layer, ()))}
        assert set(row.objects) == there
        values = measured(row.task, results)
        assert bool(values) is bool(row.task.measures)
        for value in values:
            assert value.text.zh
            assert value.text.en
            # Nothing that was not supplied is told as 0.
            missing = [key for key in value.layers if not len(tables.get(key, ()))]
            if missing and value.key != "recorded":
                assert value.value is None


def test_another_edition_has_no_plan_of_this_place() -> None:
    for folder in (ROOT / "editions").iterdir():
        if (folder / "catalogue.toml").exists():
            assert folder != EDITION_DIR
            found = load_plan(folder)
            assert found is None or found.document != "杨府发〔2024〕12号"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.replace('task_id = "T02"', 'task_id = "T01"', 1), "twice"),
        (lambda raw: raw.replace('measure_type = "milestone"', 'measure_type = "hope"', 1), "hope"),
        (lambda raw: raw.replace("start = 2024-11-01", 'start = "soon"', 1), "no day"),
        (lambda raw: raw.replace('unit_zh = "', 'unit_xx = "', 1), "unit_zh"),
        (
            lambda raw: raw.replace('layer = "parks" }', 'layer = "parks", field = "name" }', 1),
            "belong together",
        ),
        (
            lambda raw: raw.replace('without_objects_zh = "组织', 'without_objekte_zh = "组织', 1),
            "objects",
        ),
        (lambda raw: raw + "\n[[tasks", "plan.toml"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(tmp_path: Path, change: Any, said: str) -> None:
    text = (EDITION_DIR / "plan.toml").read_text("utf-8")
    changed = change(text)
    assert changed != text
    (tmp_path / "plan.toml").write_text(changed, "utf-8")
    with pytest.raises(CatalogueError, match=said):
        load_plan(tmp_path)


def test_the_file_is_toml_and_the_targets_stand_beside_the_tasks() -> None:
    raw = tomllib.loads((EDITION_DIR / "plan.toml").read_text("utf-8"))
    assert len(raw["targets"]) == 2
    assert len(raw["tasks"]) == 21
