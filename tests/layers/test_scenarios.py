from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from geo.consolidation.frontier import Step
from geo.consolidation.overrides import Override
from geo.consolidation.parameters import ConsolidationParameters
from geo.consolidation.problem import Problem
from layers.catalogue import load_catalogue
from layers.inventory import readable
from layers.scenarios import FOLDER
from layers.scenarios import SavedStep
from layers.scenarios import Scenario
from layers.scenarios import ScenarioConflictError
from layers.scenarios import ScenarioError
from layers.scenarios import ScenarioUsageError
from layers.scenarios import copy
from layers.scenarios import list_removed
from layers.scenarios import list_scenarios
from layers.scenarios import load
from layers.scenarios import plans_of
from layers.scenarios import remove
from layers.scenarios import rename
from layers.scenarios import restore
from layers.scenarios import restore_removed
from layers.scenarios import revisions
from layers.scenarios import save
from layers.scenarios import save_beside
from layers.scenarios import saved_step
from layers.scenarios.content import as_content
from layers.scenarios.content import from_content
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

CATALOGUE = load_catalogue()
TIME = "2026-11-02T03:04:05+00:00"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
HOSTILE = f"<b>方案</b> {FAMILY} =1+1 ../.. \"'&_x_"

PARAMETERS = ConsolidationParameters(
    as_of=date(2026, 11, 1), horizon=date(2028, 11, 1), budget_wan=1 / 3, nearest_hosts=15
)
STEP = SavedStep(
    presences=4,
    cost_wan=70.1,
    in_zone_area_m2=1e6 / 3,
    moved_area_m2=800.0,
    moves=1,
    status="time_limit",
    gap=0.034,
    moved={"U3": "H1"},
)
TODAY = replace(STEP, presences=5, cost_wan=0, moved_area_m2=0, moves=0, gap=None, moved={})
PIN = Override(
    kind="pin", author="甲", time=TIME, reason="<i>业主</i>同意", unit_id="U3", host_id="H1"
)
SCENARIO = Scenario(
    name="沿江方案",
    author="甲",
    note="第一行\n第二行",
    parks=("P1", "P2"),
    parameters=PARAMETERS,
    overrides=(PIN,),
    versions={"carriers": 3, "units": 0},
    steps=(TODAY, STEP),
    chosen=1,
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, CATALOGUE)


def named(name: str) -> Scenario:
    return replace(SCENARIO, name=name)


def files(workspace: Workspace) -> list[Path]:
    return sorted((workspace.path / FOLDER).rglob("scenario.json"))


def test_a_saved_scenario_comes_back_as_it_was(workspace: Workspace) -> None:
    saved = save(workspace, SCENARIO)
    assert saved == replace(
        SCENARIO, created=saved.created, saved=saved.saved, revision=1, name="沿江方案"
    )
    assert saved.created == saved.saved != ""
    assert load(workspace, "沿江方案") == saved
    assert list_scenarios(workspace) == ((saved,), {})
    assert saved.plan == STEP


@pytest.mark.parametrize("name", [HOSTILE, FAMILY, "a" * 80, "..", "/etc/passwd", "CON", "%2e"])
def test_any_line_is_a_name_and_never_a_path(workspace: Workspace, name: str) -> None:
    reason = replace(PIN, reason=HOSTILE, author=HOSTILE)
    save(workspace, replace(SCENARIO, name=name, overrides=(reason,)))
    again = load(workspace, name)
    assert again.name == name
    assert again.overrides == (reason,)
    (path,) = files(workspace)
    folder, revision, _ = path.relative_to(workspace.path / FOLDER).parts
    assert len(folder) == 32
    assert revision == "1"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        "a" * 81,
        "a\nb",
        "a\rb",
        "a\tb",
        "a\x00b",
        "a\u2028b",
        "\ud800",
        "a\u202eb",
        "\u200b",
    ],
)
def test_a_name_that_no_line_shows_is_refused(workspace: Workspace, name: str) -> None:
    with pytest.raises(ScenarioUsageError, match="one line"):
        named(name)
    with pytest.raises(ScenarioUsageError):
        load(workspace, name)


def test_reasons_and_authors_are_one_line_and_notes_may_have_more() -> None:
    for wrong in (
        replace(PIN, reason="a\nb"),
        replace(PIN, author="a\nb"),
        replace(PIN, reason="x" * 1001),
    ):
        with pytest.raises(ScenarioUsageError):
            replace(SCENARIO, overrides=(wrong,))
    with pytest.raises(ScenarioUsageError, match="author"):
        replace(SCENARIO, author=" ")
    with pytest.raises(ScenarioUsageError, match="note"):
        replace(SCENARIO, note="a\x07b")
    assert replace(SCENARIO, note="").note == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("Plan A", "plan a"), ("Ａ１", "a1"), (" 甲 ", "甲"), ("Straße", "STRASSE"), ("①", "1")],
)
def test_names_that_read_alike_are_one(workspace: Workspace, one: str, other: str) -> None:
    save(workspace, named(one))
    with pytest.raises(ScenarioConflictError) as error:
        save(workspace, named(other))
    assert "已有" in error.value.text.zh
    assert load(workspace, other).name == one.strip()
    assert len(list_scenarios(workspace)[0]) == 1


def test_every_revision_is_kept_and_can_be_restored(workspace: Workspace) -> None:
    first = save(workspace, SCENARIO)
    second = save(workspace, replace(first, note="", chosen=0, author="乙"))
    assert (second.revision, second.created) == (2, first.created)
    assert revisions(workspace, "沿江方案") == (1, 2)
    assert load(workspace, "沿江方案", 1) == first
    third = restore(workspace, "沿江方案", 1, author="丙")
    assert third == replace(first, author="丙", revision=3, saved=third.saved)
    assert revisions(workspace, "沿江方案") == (1, 2, 3)
    with pytest.raises(ScenarioError, match="1, 2, 3"):
        load(workspace, "沿江方案", 4)
    with pytest.raises(ScenarioError, match="no scenario"):
        restore(workspace, "别的", 1, author="丙")


def test_the_second_of_two_writers_gets_a_conflict(workspace: Workspace) -> None:
    base = save(workspace, SCENARIO)
    mine = save(workspace, replace(base, note="mine"))
    with pytest.raises(ScenarioConflictError) as error:
        save(workspace, replace(base, note="theirs"))
    assert "第 1 稿" in error.value.text.zh
    assert "now it has 2" in error.value.text.en
    assert load(workspace, base.name) == mine


def test_the_second_writer_may_keep_his_beside_the_first(workspace: Workspace) -> None:
    base = save(workspace, SCENARIO)
    first = save(workspace, replace(base, note="first"))
    beside = [save_beside(workspace, replace(base, note=note)) for note in ("second", "third")]
    assert [found.name for found in beside] == ["沿江方案 (2)", "沿江方案 (3)"]
    assert load(workspace, base.name) == first
    assert [load(workspace, found.name).note for found in beside] == ["second", "third"]
    assert [found.revision for found in beside] == [1, 1]
    long = save_beside(workspace, replace(SCENARIO, name="长" * 80))
    assert long.name == "长" * 76 + " (2)"


@pytest.mark.parametrize("revision", [0, 1])
def test_two_writers_at_the_same_moment_do_not_overwrite_each_other(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, revision: int
) -> None:
    base = save(workspace, SCENARIO) if revision else SCENARIO
    real = Path.rename
    winners = []

    def late(self: Path, target: Path) -> Path:
        # Between the look at the number and taking it, somebody else takes it.
        monkeypatch.setattr(Path, "rename", real)
        winners.append(save(workspace, replace(base, note="theirs")))
        return real(self, target)

    monkeypatch.setattr(Path, "rename", late)
    with pytest.raises(ScenarioConflictError):
        save(workspace, replace(base, note="mine"))
    assert [load(workspace, base.name)] == winners
    assert revisions(workspace, base.name) == tuple(range(1, revision + 2))
    assert list((workspace.path / FOLDER).glob("*/.*")) == []


def test_a_scenario_removed_meanwhile_is_not_made_anew(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = save(workspace, SCENARIO)
    real = Path.mkdir

    def late(self: Path, **options: Any) -> None:
        if self.name.startswith(".") and self.parent.name != FOLDER:
            monkeypatch.setattr(Path, "mkdir", real)
            remove(workspace, base.name)
        real(self, **options)

    monkeypatch.setattr(Path, "mkdir", late)
    with pytest.raises(ScenarioConflictError):
        save(workspace, base)
    assert list_scenarios(workspace) == ((), {})


def test_a_writer_killed_at_the_last_moment_leaves_the_former_revision(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = save(workspace, SCENARIO)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            save(workspace, replace(first, note="neu"))
        with pytest.raises(KeyboardInterrupt):
            save(workspace, named("another"))
    assert list_scenarios(workspace) == ((first,), {})
    assert save(workspace, replace(first, note="neu")).revision == 2
    assert save(workspace, named("another")).revision == 1


def test_a_full_disk_is_said_and_nothing_is_left(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = save(workspace, SCENARIO)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(ScenarioError, match="磁盘已满") as error:
            save(workspace, replace(first, note="neu"))
    assert not isinstance(error.value, ScenarioConflictError)
    assert [path.parent.name for path in files(workspace)] == ["1"]
    assert load(workspace, first.name) == first


def test_scenarios_do_not_make_a_workspace_that_is_gone(tmp_path: Path) -> None:
    gone = Workspace(tmp_path / "gone", CATALOGUE)
    with pytest.raises(ScenarioError) as error:
        save(gone, SCENARIO)
    assert not isinstance(error.value, ScenarioConflictError)
    assert not gone.path.exists()
    assert list_scenarios(gone) == ((), {})


def test_a_copy_is_a_scenario_of_its_own(workspace: Workspace) -> None:
    first = save(workspace, SCENARIO)
    made = copy(workspace, "沿江方案", "沿江方案 2", "乙")
    assert (made.name, made.author, made.revision) == ("沿江方案 2", "乙", 1)
    assert made.steps == first.steps
    save(workspace, replace(made, note="x"))
    assert load(workspace, "沿江方案") == first
    assert {s.name for s in list_scenarios(workspace)[0]} == {"沿江方案", "沿江方案 2"}
    with pytest.raises(ScenarioConflictError):
        copy(workspace, "沿江方案", "沿江方案 2", "乙")
    with pytest.raises(ScenarioError, match="no scenario"):
        copy(workspace, "没有", "x", "乙")


def test_a_renamed_scenario_keeps_its_history(workspace: Workspace) -> None:
    first = save(workspace, named("old"))
    save(workspace, replace(first, note="x"))
    renamed = rename(workspace, "old", "新", "乙")
    assert (renamed.name, renamed.revision, renamed.author) == ("新", 3, "乙")
    assert list_scenarios(workspace) == ((renamed,), {})
    assert revisions(workspace, "新") == (1, 2, 3)
    assert revisions(workspace, "old") == ()
    assert load(workspace, "新", 1) == first
    assert restore(workspace, "新", 1, author="丙").name == "新"
    assert save(workspace, named("old")).revision == 1


def test_a_name_may_change_its_case(workspace: Workspace) -> None:
    save(workspace, named("plan"))
    assert rename(workspace, "plan", "PLAN", "乙").revision == 2
    assert load(workspace, "plan").name == "PLAN"


def test_a_taken_name_stops_a_renaming_and_both_stay(workspace: Workspace) -> None:
    one, other = save(workspace, named("a")), save(workspace, named("b"))
    with pytest.raises(ScenarioConflictError):
        rename(workspace, "a", "B", "乙")
    assert (load(workspace, "a"), load(workspace, "b")) == (one, other)
    assert list_removed(workspace) == ()
    assert len(list((workspace.path / FOLDER).iterdir())) == 2


def test_what_is_removed_can_be_taken_back_with_all_revisions(workspace: Workspace) -> None:
    first = save(workspace, SCENARIO)
    last = save(workspace, replace(first, note="x"))
    bin_id = remove(workspace, "沿江方案")
    assert list_scenarios(workspace) == ((), {})
    with pytest.raises(ScenarioError, match="no scenario"):
        remove(workspace, "沿江方案")
    (removed,) = list_removed(workspace)
    assert (removed.bin_id, removed.scenario) == (bin_id, last)
    assert removed.removed.startswith("20")
    assert restore_removed(workspace, bin_id) == last
    assert load(workspace, "沿江方案", 1) == first
    assert list_removed(workspace) == ()


def test_the_bin_gives_nothing_back_over_another_scenario(workspace: Workspace) -> None:
    save(workspace, SCENARIO)
    bin_id = remove(workspace, SCENARIO.name)
    new = save(workspace, replace(SCENARIO, note="new"))
    with pytest.raises(ScenarioConflictError):
        restore_removed(workspace, bin_id)
    assert load(workspace, SCENARIO.name) == new
    assert [removed.bin_id for removed in list_removed(workspace)] == [bin_id]
    for strange in ("", "..", f"../{FOLDER}", bin_id[:-1], f"{bin_id}/1"):
        with pytest.raises(ScenarioError, match="removed scenarios"):
            restore_removed(workspace, strange)


def test_scenarios_lie_in_the_workspace_and_do_not_disturb_it(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w", CATALOGUE, author="甲")
    save(workspace, SCENARIO)
    again = Workspace.open(workspace.path, CATALOGUE)
    assert FOLDER not in CATALOGUE.keys
    assert again.keys() == ()
    assert readable(again)[0] == {}
    assert load(again, SCENARIO.name).steps == SCENARIO.steps


TEXTS = st.text(max_size=20)
AMOUNTS = st.floats(min_value=0, allow_nan=False, allow_infinity=False)


@settings(derandomize=True, max_examples=100)
@given(
    moved=st.dictionaries(TEXTS, TEXTS, max_size=5),
    amounts=st.tuples(AMOUNTS, AMOUNTS, AMOUNTS),
    parks=st.lists(TEXTS, max_size=3),
)
def test_ids_and_amounts_survive_the_file_to_the_last_bit(
    moved: dict[str, str], amounts: tuple[float, float, float], parks: list[str]
) -> None:
    cost, inside, area = amounts
    step = replace(
        STEP,
        cost_wan=cost,
        in_zone_area_m2=inside,
        moved_area_m2=area,
        moves=len(moved),
        moved=moved,
    )
    scenario = replace(SCENARIO, steps=(step,), chosen=0, parks=tuple(parks))
    content = json.loads(json.dumps(as_content(scenario), allow_nan=False).encode("ascii"))
    assert from_content(content, 0) == scenario


@pytest.fixture
def problem_of() -> Callable[[str, str], Problem]:
    def make(units: str, hosts: str) -> Problem:
        return Problem.make(
            pd.DataFrame(
                {
                    "unit_id": list(units),
                    "park_id": "P",
                    "site": "S",
                    "area_m2": 100.0,
                    "zone_share": 0.0,
                    "lock": "",
                    "year": 0,
                }
            ),
            pd.DataFrame(
                {"host_id": list(hosts), "site": "T", "capacity_m2": 500.0, "zone_share": 1.0}
            ),
            pd.DataFrame(
                {
                    "unit_id": list(units),
                    "host_id": hosts[0],
                    "cost_wan": 1.0,
                    "distance_m": 10.0,
                }
            ),
        )

    return make


def test_a_step_is_kept_by_ids_and_is_a_plan_again_after_rows_changed(
    problem_of: Callable[[str, str], Problem],
) -> None:
    step = Step(
        presences=2,
        cost_wan=2.0,
        in_zone_area_m2=200.0,
        moved_area_m2=200.0,
        moves=2,
        status="stopped",
        gap=math.inf,
        bound_wan=1.0,
        seconds=0.1,
        host=np.array([1, -1, 0], dtype=np.intp),
    )
    before = problem_of("abc", "XY")
    kept = saved_step(before, step)
    assert kept.moved == {"a": "Y", "c": "X"}
    assert (kept.moves, kept.gap, kept.status) == (2, None, "stopped")
    (same,) = plans_of(before, (kept,))
    assert same.tolist() == step.host.tolist()
    # Unit a is gone, unit 0 is new, and so is host A.
    (again,) = plans_of(problem_of("0bc", "AX"), (kept,))
    assert again.tolist() == [-1, -1, 1]
    assert again.dtype == np.intp
