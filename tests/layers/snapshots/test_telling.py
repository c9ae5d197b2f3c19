"""What a week in a park reads like: units, classes, tasks and targets, in words and by park."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest

from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.plan import Hand
from layers.plan import load_plan
from layers.plan import put_milestone
from layers.plan import set_fields
from layers.snapshots import CHANGE_TITLES
from layers.snapshots import Found
from layers.snapshots import area_sentences
from layers.snapshots import changes_between
from layers.snapshots import grouped
from layers.snapshots import in_words
from layers.snapshots import take
from layers.snapshots.records import Part
from layers.targets import Given
from layers.targets import add_value
from layers.targets import plan_targets
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.snapshots import Changes
    from layers.snapshots import Snapshot

DAY = dt.date(2026, 11, 27)
CATALOGUE = load_catalogue()
LI = Hand("李工")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Snapshot]:
    """Return a workspace of the bundled edition, and a snapshot that every test starts from."""
    path = tmp_path_factory.mktemp("telling") / "w"
    made = Workspace.create(path, CATALOGUE, author="张工", edition=load_edition(CATALOGUE))
    return made, take(made, "一", author="张工", day=DAY)


def rewritten(first: tuple[Workspace, Snapshot], how: Callable[[Any], Any]) -> tuple[Changes, Any]:
    """Return what a change of the units alone is told as, and the units as they were."""
    workspace, before = first
    was = pd.DataFrame(workspace.read("units", before.versions["units"]))
    frame = how(was.set_index("unit_id").copy()).reset_index()
    version = workspace.commit("units", frame, author="李工", message="script")
    # Only the units are looked at: what was found from them stays as it was.
    after = replace(before, number=2, versions={**before.versions, "units": version})
    return changes_between(workspace, before, after), was.set_index("unit_id")


def units_of(found: Changes) -> dict[str, list[tuple[str, float]]]:
    """Return unit and area by kind, without the row of the layer."""
    own = found.rows[found.rows["kind"].str.startswith("unit_")]
    told: dict[str, list[tuple[str, float]]] = {}
    for row in own.to_dict("records"):
        told.setdefault(row["kind"], []).append((row["subject"], row["area_m2"]))
    return told


def pick(units: Any, state: str, n: int = 2) -> list[str]:
    own = units[units["state"].eq(state) & units["carrier_id"].eq("B01")]
    assert len(own) >= n
    return list(own.index[:n])


def test_units_that_were_let_and_vacated_are_told_with_their_area(
    first: tuple[Workspace, Snapshot],
) -> None:
    def swap(units: Any) -> Any:
        units.loc[pick(units, "leased"), ["state", "tenant"]] = ["vacant", None]
        units.loc[pick(units, "vacant", 4)[-1:], "state"] = "leased"
        return units

    found, was = rewritten(first, swap)
    gone = pick(was, "leased")
    assert units_of(found)["unit_vacated"] == [
        (unit, float(was.loc[unit, "floor_area_m2"])) for unit in gone
    ]
    assert found.vacated_m2 == was.loc[gone, "floor_area_m2"].sum()
    assert len(units_of(found)["unit_let"]) == 1
    assert found.let_m2 > 0
    # No site was left or come to, so nothing at all is told of sites.
    assert (found.freed_m2, found.taken_m2) == (0.0, 0.0)
    told = [sentence.zh for sentence in area_sentences(found.rows)]
    assert told[0] == f"腾空 2 个单元，共 {found.vacated_m2:,.0f} m²"
    assert len(told) == 2
    assert told[1].startswith("入驻 1 个单元")
    row = found.rows[found.rows["subject"].eq(gone[0])].iloc[0]
    assert (row["before"], row["after"]) == ("leased", "vacant")
    assert row["reason_zh"].startswith("已租 → 空置")
    assert bool(row["sample"])
    home = was.loc[gone[0], "park_id"]
    parks: Any = first[0].read("parks").set_index("park_id")["name"]
    assert row["name"].startswith(parks[home])
    assert gone[0] in row["name"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"tenant": "另一家企业"}, {"unit_tenant"}),
        ({"park_id": "B02"}, {"unit_park"}),
        ({"state": "own_use", "tenant": None}, set()),
        ({"state": "locked"}, {"unit_vacated"}),
        ({"state": None}, set()),
        ({"tenant": None}, set()),
        ({"rent_yuan_m2_day": 9.5}, set()),
        ({"note": "备注"}, set()),
    ],
)
def test_one_unit_changes(
    first: tuple[Workspace, Snapshot], change: dict[str, Any], told: set[str]
) -> None:
    unit: list[str] = []

    def set_one(units: Any) -> Any:
        own = units[units["state"].eq("leased") & units["tenant"].notna()]
        unit.append(own[own["park_id"].ne("B02")].index[0])
        for name, value in change.items():
            units.loc[unit[0], name] = value
        return units

    found, was = rewritten(first, set_one)
    assert set(units_of(found)) == told
    area = float(was.loc[unit[0], "floor_area_m2"])
    assert all(rows == [(unit[0], area)] for rows in units_of(found).values())
    assert "layer" in set(found.rows["kind"])
    assert "另一家企业" not in found.rows.to_string()


def test_a_unit_that_grew_counts_with_what_it_grew_by(first: tuple[Workspace, Snapshot]) -> None:
    def build(units: Any) -> Any:
        one, two = pick(units, "leased")
        units.loc[one, "floor_area_m2"] += 40.0
        units.loc[two, "floor_area_m2"] -= 15.0
        units.loc[pick(units, "vacant", 1), "floor_area_m2"] += 999.0
        return units

    found, _was = rewritten(first, build)
    assert (found.let_m2, found.vacated_m2) == (40.0, 15.0)


def test_an_unknown_area_is_not_told_as_zero(first: tuple[Workspace, Snapshot]) -> None:
    def leave(units: Any) -> Any:
        one, two = pick(units, "vacant")
        units.loc[[one, two], "state"] = "leased"
        units.loc[two, "floor_area_m2"] = None
        return units

    found, was = rewritten(first, leave)
    one = pick(was, "vacant")[0]
    (told,) = area_sentences(found.rows)
    assert (
        told.zh == f"入驻 2 个单元，共 {was.loc[one, 'floor_area_m2']:,.0f} m²（另有 1 个面积未知）"
    )
    unknown = found.rows[found.rows["area_m2"].isna()]
    (alone,) = area_sentences(unknown)
    assert alone.zh == "入驻 1 个单元，面积未知"


def test_the_register_lost_and_won_units(first: tuple[Workspace, Snapshot]) -> None:
    def register(units: Any) -> Any:
        gone = pick(units, "leased", 1)[0]
        new = units.loc[[gone]].rename(index={gone: "B01-NEW"}).assign(park_id=None)
        return pd.concat([units.drop(index=gone), new]).rename_axis("unit_id")

    found, was = rewritten(first, register)
    gone = pick(was, "leased", 1)[0]
    rows: Any = found.rows.set_index("subject")
    assert rows.loc[gone, "reason_zh"].startswith("已租 → 台账无此单元")
    assert rows.loc["B01-NEW", "reason_zh"].startswith("台账无此单元 → 已租")
    # A unit that names no park belongs to the park of its carrier.
    carriers: Any = first[0].read("carriers").set_index("carrier_id")
    assert rows.loc["B01-NEW", "park_id"] == carriers.loc["B01", "park_id"]


def with_part(before: Snapshot, key: str, rows: tuple[dict[str, Any], ...]) -> Snapshot:
    rule = before.parts[key].rule
    return replace(before, number=2, parts={**before.parts, key: Part(rule, rows)})


def test_classes_are_named_and_told_by_park_and_stay_whole_in_the_table(
    first: tuple[Workspace, Snapshot],
) -> None:
    workspace, before = first
    rows = before.parts["linkage"].rows
    mine = [row for row in rows if row["park_id"] == "B01"]
    assert len(mine) > 1
    changed = tuple(
        {**row, "linkage_low": 3, "linkage": 3, "linkage_high": 3}
        if row["park_id"] == "B01"
        else {**row, "linkage_high": 9}
        if row["park_id"] in {"B02", "S10"}
        else row
        for row in rows
    )
    found = changes_between(workspace, before, with_part(before, "linkage", changed))
    of_class = found.rows[found.rows["kind"].eq("linkage")]
    others = [row for row in rows if row["park_id"] in {"B02", "S10"}]
    assert len(of_class) == len(mine) + len(others)
    parks = workspace.read("parks").set_index("park_id")["name"]
    carriers = workspace.read("carriers").set_index("carrier_id")["name"]
    told = of_class[of_class["park_id"].eq("B01")]
    for row in told.to_dict("records"):
        assert row["name"] == f"{parks['B01']} · {carriers[row['carrier_id']]}"
        assert "变为 3 类。" in row["reason_zh"]
        assert row["sample"]
    short = grouped(found.rows)
    assert list(short["name"]) == [parks["B01"], "其余 2 个园区"]
    own, rest = short.to_dict("records")
    counted = sum(int(part.split(" 处")[0]) for part in own["reason_zh"].split("；"))
    assert counted == len(mine)
    assert own["reason_zh"].endswith("变为 3 类")
    assert rest["reason_zh"] == f"{len(others)} 处类别不变，可能的范围有变"
    assert list(short.columns) == list(CHANGE_TITLES)


def test_tasks_are_told_in_the_words_of_the_board(tmp_path: Path) -> None:
    plan = load_plan(CATALOGUE.folder)
    assert plan is not None
    workspace = Workspace.create(tmp_path / "w", CATALOGUE, author="张工")
    before = take(workspace, "一", author="张工", day=DAY)
    set_fields(workspace, plan, "T05", {"state": "under_way"}, hand=LI)
    put_milestone(workspace, plan, "T06", {"title": "揭榜", "done_on": DAY}, hand=LI, today=DAY)
    found = changes_between(workspace, before, take(workspace, "二", author="张工", day=DAY))
    rows: Any = found.rows[found.rows["kind"].eq("task")].set_index("subject")
    assert rows.loc["T05", "reason_zh"] == "状态由“未填报”变为“推进中”"
    assert rows.loc["T06", "reason_zh"] == "已完成里程碑 0/0 → 1/1"
    assert rows.loc["T05", "name"] == f"T05 {plan.task('T05').title.zh}"
    assert rows.loc["T05", "name_en"] == f"T05 {plan.task('T05').title.en}"
    assert not rows["sample"].any()
    words = in_words(found.rows, CATALOGUE, "zh").set_index("subject")
    assert tuple(words.loc["T05", ["kind", "before", "after"]]) == (
        "任务变化",
        "未填报",
        "推进中",
    )
    # In a table that scripts read the codes stay.
    assert (rows.loc["T05", "before"], rows.loc["T05", "after"]) == ("unreported", "under_way")


def test_a_target_of_sample_values_is_marked(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w", CATALOGUE, author="张工")
    (target, *_others) = plan_targets(CATALOGUE.folder)
    before = take(workspace, "一", author="张工", day=DAY)
    add_value(workspace, target, Given(dt.date(2026, 6, 30), "rolling", value=1100.0), author="x")
    real = take(workspace, "二", author="张工", day=DAY)
    marked = workspace.read("target_values").assign(sample=True, value=1200.0)
    workspace.commit("target_values", marked, author="x", message="script")
    sample = take(workspace, "三", author="张工", day=DAY)
    one, two, back = (
        changes_between(workspace, then, now)
        for then, now in ((before, real), (real, sample), (sample, real))
    )
    marks = [
        set(found.rows.loc[found.rows["kind"].isin(("target", "layer")), "sample"])
        for found in (one, two, back)
    ]
    assert marks == [{False}, {True}, {True}]
    (told,) = two.rows.loc[two.rows["kind"].eq("target"), "reason_zh"]
    assert told == f"数值 1,100 → 1,200（{target.unit.zh}）"


def test_a_site_says_where_and_is_marked_as_sample(first: tuple[Workspace, Snapshot]) -> None:
    workspace, before = first
    rows = before.parts["sites"].rows
    gone = next(row for row in rows if row["park_id"] == "B01")
    others = tuple(row for row in rows if row is not gone)
    found = changes_between(workspace, before, with_part(before, "sites", others))
    (row,) = found.rows.to_dict("records")
    names = workspace.read("carriers").set_index("carrier_id")["name"]
    for carrier in gone["carriers"]:
        assert f"{carrier} {names[carrier]}" in row["reason_zh"]
    assert row["sample"]
    assert row["area_m2"] == gone["floor_area_m2"]
    (told,) = area_sentences(found.rows)
    assert told.zh == f"整处退出 1 处点位，腾出 {gone['floor_area_m2']:,.0f} m²"


def test_analyses_of_other_versions_are_not_taken_into_a_snapshot(
    first: tuple[Workspace, Snapshot],
) -> None:
    workspace, _before = first
    broken: Any = object()  # whoever looks into it fails
    stale = {**workspace.versions(), "units": -1}
    taken = take(
        workspace,
        "旧分析",
        author="张工",
        day=DAY,
        found=Found(broken, broken, broken, versions=stale),
    )
    assert taken.parts["scatter"].rows
