"""Snapshots: a scripted history, and the list of changes against what the script did."""

from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import pytest

from layers.catalogue import load_catalogue
from layers.delivery import undo
from layers.edition import load_edition
from layers.plan import Hand
from layers.plan import attach
from layers.plan import confirm
from layers.plan import load_plan
from layers.plan import put_milestone
from layers.plan import submit
from layers.snapshots import SnapshotError
from layers.snapshots import SnapshotUsageError
from layers.snapshots import changes_between
from layers.snapshots import read
from layers.snapshots import snapshots
from layers.snapshots import take
from layers.snapshots import verify
from layers.snapshots.records import Part
from layers.snapshots.store import FILE
from layers.snapshots.store import SNAPSHOTS
from layers.snapshots.store import keep
from layers.underuse import underuse_of
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from layers.plan import Plan

DAY = dt.date(2026, 11, 27)
CATALOGUE = load_catalogue()
LI, WANG = Hand("李工"), Hand("王工")


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace of the bundled edition that nobody changes."""
    return made(tmp_path_factory.mktemp("origin") / "w")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return made(tmp_path / "w")


def made(path: Path) -> Workspace:
    return Workspace.create(path, CATALOGUE, author="张工", edition=load_edition(CATALOGUE))


def change(workspace: Workspace, key: str, how: Callable[[pd.DataFrame], Any]) -> int:
    frame = how(workspace.read(key).copy())
    return workspace.commit(key, frame, author="李工", message="script")


def snap(workspace: Workspace, name: str) -> Any:
    return take(workspace, name, author="张工", day=DAY)


def rows(changes: Any, kind: str) -> dict[str, dict[str, Any]]:
    found = changes.rows[changes.rows["kind"].eq(kind)].to_dict("records")
    return {row["subject"]: row for row in found}


def test_nothing_changed_is_said_by_an_empty_list(workspace: Workspace) -> None:
    first, second = snap(workspace, "一"), snap(workspace, "二")
    found = changes_between(workspace, first, second)
    assert found.rows.empty
    assert found.by_rule.empty
    assert (found.freed_m2, found.taken_m2, found.rules) == (0.0, 0.0, ())
    assert (first.number, second.number) == (1, 2)
    assert second.previous == first.sha256
    assert verify(workspace.path) == []


def _script(workspace: Workspace, plan: Plan) -> tuple[float, float, int]:
    """Do what happens in a week; return m² freed, m² taken, and units given up."""
    # A park gives up one of its places: B01 leaves E02.
    units = workspace.read("units")
    gone = units[units["park_id"].eq("B01") & units["carrier_id"].eq("E02")]
    freed = float(gone["floor_area_m2"].sum())
    change(workspace, "units", lambda frame: frame[~frame["unit_id"].isin(gone["unit_id"])])
    # Another takes space where it had none: one unit of F61 goes over to B02.
    moved = units[units["carrier_id"].eq("F61") & units["park_id"].eq("B03")].iloc[0]
    taken = float(moved["floor_area_m2"])

    def hand_over(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame["unit_id"].eq(moved["unit_id"]), "park_id"] = "B02"
        return frame

    change(workspace, "units", hand_over)

    # An inefficient carrier is fully let.
    def let(frame: pd.DataFrame) -> pd.DataFrame:
        row = frame["carrier_id"].eq("F18")
        frame.loc[row, ["vacant_area_m2", "largest_vacant_m2"]] = 0.0
        frame.loc[row, "leased_area_m2"] = frame.loc[row, "rentable_area_m2"]
        frame.loc[row, "vacant_since"] = None
        frame.loc[row, "tax_wan"] = 1e5
        return frame

    change(workspace, "carriers", let)
    # Something is imported by mistake and taken back: no row of it may be told.
    version = change(workspace, "stations", lambda frame: frame.iloc[1:])
    undo(workspace, "stations", version, author="李工")
    # A task is finished: a milestone, evidence, two persons.
    put_milestone(workspace, plan, "T04", {"title": "揭榜", "done_on": DAY}, hand=LI, today=DAY)
    attach(workspace, plan, "T04", "纪要.pdf", b"%PDF-1.4", hand=LI, today=DAY)
    submit(workspace, plan, "T04", hand=LI, today=DAY)
    confirm(workspace, plan, "T04", hand=WANG, today=DAY)
    return freed, taken, len(gone)


def test_a_scripted_history_is_told_as_it_happened(workspace: Workspace) -> None:
    plan = load_plan(CATALOGUE.folder)
    assert plan is not None
    before = snap(workspace, "周一")
    freed, taken, gone = _script(workspace, plan)
    after = snap(workspace, "下周一")
    found = changes_between(workspace, before, after)

    closed, added = rows(found, "site_closed"), rows(found, "site_added")
    assert list(closed) == ["E02"]
    assert closed["E02"]["park_id"] == "B01"
    assert found.freed_m2 == pytest.approx(freed)
    assert list(added) == ["F61"]
    assert added["F61"]["park_id"] == "B02"
    assert found.taken_m2 == pytest.approx(taken)

    # Flags by the tables of scatter themselves, not by the list.
    then, now = (
        {row["park_id"]: row["flag"] for row in one.parts["scatter"].rows}
        for one in (before, after)
    )
    moved_flags = {park for park in then if then[park] != now[park]}
    assert set(rows(found, "flag")) == moved_flags
    for park, row in rows(found, "flag").items():
        assert (row["before"], row["after"]) == (then[park], now[park])
        assert len(row["reason_zh"]) > 10

    states = rows(found, "state")
    assert states["F18"]["before"] == "低效"
    tables = {key: workspace.read(key) for key in workspace.versions()}
    judged = underuse_of(tables, CATALOGUE).table.set_index("carrier_id")["state"]
    assert states["F18"]["after"] == judged["F18"] != "低效"

    tasks = rows(found, "task")
    assert set(tasks) == {"T04"}
    assert (tasks["T04"]["before"], tasks["T04"]["after"]) == ("unreported", "done")
    assert "0/0 → 1/1" in tasks["T04"]["reason_zh"]

    layers = rows(found, "layer")
    # Stations have new versions but the same rows.
    assert set(layers) == {
        "units",
        "carriers",
        "stations",
        "tasks",
        "milestones",
        "evidence",
    }
    assert f"新增 0 行，修改 1 行，删除 {gone} 行" in layers["units"]["reason_zh"]
    assert "新增 0 行，修改 1 行，删除 0 行" in layers["carriers"]["reason_zh"]
    assert "新增 0 行，修改 0 行，删除 0 行" in layers["stations"]["reason_zh"]
    assert "新增 1 行" in layers["tasks"]["reason_zh"]

    # Backwards it is the same history mirrored.
    back = changes_between(workspace, after, before)
    assert back.freed_m2 == pytest.approx(taken)
    assert back.taken_m2 == pytest.approx(freed)
    assert set(rows(back, "flag")) == moved_flags


def test_a_snapshot_stays_as_it_was_taken(workspace: Workspace) -> None:
    first = snap(workspace, "一")
    kept = (workspace.path / SNAPSHOTS / "000001" / FILE).read_bytes()
    change(workspace, "units", lambda frame: frame.iloc[5:])
    workspace.restore("units", 0, author="李工", message="back")
    snap(workspace, "二")
    assert (workspace.path / SNAPSHOTS / "000001" / FILE).read_bytes() == kept
    assert read(workspace.path, 1) == first
    # What it found is found again from the versions that it pinned.
    tables = {key: workspace.read(key, v) for key, v in first.versions.items()}
    assert len(tables["units"]) == len(workspace.read("units"))


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: text.replace('"red"', '"green"', 1),
        lambda text: text.replace('"name": "\\u4e00"', '"name": "\\u4e8c"', 1),
        lambda text: text[: len(text) // 2],
        lambda _text: "[]",
        lambda text: text.replace('"number": 1', '"number": 3', 1),
    ],
)
def test_an_altered_snapshot_is_refused(
    origin: Workspace, tmp_path: Path, harm: Callable[[str], str]
) -> None:
    taken = take(origin, "一", author="张工", day=DAY)
    keep(tmp_path, replace(taken, previous="", sha256=""))
    path = tmp_path / SNAPSHOTS / "000001" / FILE
    text = path.read_text("ascii")
    changed = harm(text)
    assert changed != text
    path.write_text(changed, encoding="ascii")
    with pytest.raises(SnapshotError, match="1"):
        read(tmp_path, 1)
    found, problems = snapshots(tmp_path)
    assert (found, len(problems)) == ([], 1)
    assert verify(tmp_path)


def test_a_snapshot_that_was_taken_away_or_exchanged_is_missed(
    origin: Workspace, tmp_path: Path
) -> None:
    base = replace(take(origin, "原", author="张工", day=DAY), previous="", sha256="")
    for name in ("一", "二", "三"):
        keep(tmp_path, replace(base, name=name))
    assert verify(tmp_path) == []
    second = tmp_path / SNAPSHOTS / "000002"
    for file in second.iterdir():
        file.unlink()
    second.rmdir()
    (problem,) = verify(tmp_path)
    assert "第 3 号" in problem.text.zh
    # A well-made forgery in its place does not fit the chain either.
    other = tmp_path / "other"
    other.mkdir()
    keep(other, replace(base, name="一"))
    keep(other, replace(base, name="伪造"))
    (other / SNAPSHOTS / "000002").rename(second)
    assert [problem.text.zh[:5] for problem in verify(tmp_path)]


def test_two_people_take_one_at_the_same_moment(origin: Workspace, tmp_path: Path) -> None:
    base = replace(take(origin, "原", author="张工", day=DAY), previous="", sha256="")

    def kept(number: int) -> int:
        return keep(tmp_path, replace(base, name=f"第{number}人")).number

    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(kept, range(8)))
    assert found == list(range(1, 9))
    assert verify(tmp_path) == []
    names = {one.name for one in snapshots(tmp_path)[0]}
    assert names == {f"第{number}人" for number in range(8)}


def test_a_changed_rule_is_told_apart_from_a_changed_world(workspace: Workspace) -> None:
    first = snap(workspace, "旧规则")
    flags = {row["park_id"]: row["flag"] for row in first.parts["scatter"].rows}
    red = next(park for park, flag in flags.items() if flag == "red")
    # The rule of that time called a park green that the rule of now calls red.
    old = tuple(
        {**row, "flag": "green"} if row["park_id"] == red else row
        for row in first.parts["scatter"].rows
    )
    parts = {**first.parts, "scatter": Part("scatter-1999.1; walk_m=1", old)}
    then = replace(first, parts=parts)
    found = changes_between(workspace, then, snap(workspace, "新规则"))
    assert found.rows.empty
    assert [rule[0] for rule in found.rules] == ["scatter"]
    told = found.by_rule.to_dict("records")
    assert [(row["subject"], row["before"], row["after"]) for row in told] == [
        (red, "green", "red")
    ]


@pytest.mark.parametrize("name", ["", "   ", "长" * 201])
def test_a_snapshot_needs_a_name(origin: Workspace, name: str) -> None:
    before = len(snapshots(origin.path)[0])
    with pytest.raises(SnapshotUsageError, match="1–200"):
        take(origin, name, author="张工", day=DAY)
    assert len(snapshots(origin.path)[0]) == before


def test_the_file_is_plain_data_without_what_json_has_not(origin: Workspace) -> None:
    taken = take(origin, "一", author="张工", note=" 备注 ", day=DAY)
    path = origin.path / SNAPSHOTS / f"{taken.number:06d}" / FILE
    content = json.loads(path.read_text("ascii"), parse_constant=pytest.fail)
    assert content["note"] == "备注"
    assert content["day"] == "2026-11-27"
    assert set(content["parts"]) == {
        "scatter",
        "sites",
        "space",
        "linkage",
        "tasks",
        "targets",
    }
    with pytest.raises(SnapshotUsageError, match="999"):
        read(origin.path, 999)
