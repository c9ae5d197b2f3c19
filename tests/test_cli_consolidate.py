"""The command ``atlas consolidate``."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pyogrio
import pytest

import cli_consolidate
from geo.consolidation.parameters import RULE_VERSION
from layers.catalogue import load_catalogue
from layers.proposals import COLUMN_TITLES
from layers.proposals import TABLE_TITLES
from layers.scenarios import Scenario
from layers.scenarios import save
from layers.startup import open_or_create
from layers.workspace import Workspace
from tests.cli_hand import refused
from tests.cli_hand import run
from tests.consolidation_hand import settled
from tests.consolidation_hand import two_buildings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geo.consolidation.solve import Progress

# Without rents the cost of a move is its area times two numbers.
PLAIN = ("--set", "double_rent_months=0", "--set", "yearly_share=1")


def workspace_of(folder: Path, tables: Mapping[str, Any]) -> Path:
    workspace, _issues = open_or_create(folder, load_catalogue(), author="test", empty=True)
    for key, frame in tables.items():
        workspace.commit(key, frame, author="test", message="test")
    return folder


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace_of(tmp_path_factory.mktemp("consolidate") / "w", two_buildings())


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundled") / "w"
    open_or_create(path, load_catalogue(), author="test")
    return path


def solved(workspace: Path, tmp_path: Path, *options: str, code: int = 0) -> dict[str, Any]:
    out = tmp_path / "plan.json"
    done = run("consolidate", "-w", workspace, "--out", out, *PLAIN, *options)
    assert done.exit_code == code, done.stderr
    told: dict[str, Any] = json.loads(out.read_text("utf-8"))
    return told


def moved(document: Mapping[str, Any]) -> dict[str, str]:
    return {move["unit_id"]: move["host_id"] for move in document["plan"]["moves"]}


def test_the_fewest_sites_are_proven_and_written(two: Path, tmp_path: Path) -> None:
    told = solved(two, tmp_path)
    assert (told["status"], told["gap"], told["lower_bound"]) == ("optimal", 0, 1)
    assert told["presences_before"] == 2
    assert [row["presences"] for row in told["frontier"]] == [2, 1]
    assert [row["cost_wan"] for row in told["frontier"]] == pytest.approx([0, 27.6])
    assert moved(told) == {"U1": "V1"}
    assert told["rule_version"] == RULE_VERSION
    assert told["versions"]["units"] == 0


def test_json_on_stdout_is_the_json_of_the_file(two: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    done = run("consolidate", "-w", two, "--out", out, "--json")
    assert json.loads(done.stdout) == json.loads(out.read_text("utf-8"))
    assert "乙公司" not in done.stderr


def test_a_step_is_chosen_by_its_sites(two: Path, tmp_path: Path) -> None:
    assert moved(solved(two, tmp_path, "--step", "2")) == {}
    assert moved(solved(two, tmp_path, "--step", "1")) == {"U1": "V1"}
    told = solved(two, tmp_path, "--step", "0")
    assert told["plan"]["presences"] == 1


@pytest.mark.parametrize(
    ("options", "overrides"),
    [
        (("--lock", "U1"), [("stay", "U1")]),
        (("--lock", "C1"), [("protect", "C1")]),
        (("--forbid", "U1:V1"), [("forbid", "U1", "V1")]),
        (("--forbid", "U1:C2"), [("forbid", "U1", "C2")]),
        (("--forbid", "V1"), [("exclude", "V1")]),
        (("--forbid", "C2"), [("exclude", "C2")]),
    ],
)
def test_what_is_settled_keeps_the_unit(
    two: Path, tmp_path: Path, options: tuple[str, ...], overrides: list[tuple[str, ...]]
) -> None:
    told = solved(two, tmp_path, *options, "--author", "王", "--reason", "市级重点")
    assert moved(told) == {}
    named = [
        tuple(filter(None, (o["kind"], o["unit_id"], o["host_id"], o["carrier_id"])))
        for o in told["overrides"]
    ]
    assert named == overrides
    assert {(o["author"], o["reason"]) for o in told["overrides"]} == {("王", "市级重点")}


def test_a_pinned_move_and_an_anchor_are_kept(two: Path, tmp_path: Path) -> None:
    told = solved(two, tmp_path, "--pin", "U1:V1", "--anchor", "P1:C2")
    assert moved(told) == {"U1": "V1"}
    assert [row["presences"] for row in told["frontier"]] == [1]
    assert told["plan"]["status"] == "optimal"
    assert told["plan"]["gap"] == 0


def test_budget_and_days_are_limits(two: Path, tmp_path: Path) -> None:
    assert moved(solved(two, tmp_path, "--budget-wan", "27.5")) == {}
    assert moved(solved(two, tmp_path, "--budget-wan", "27.7")) == {"U1": "V1"}
    told = solved(two, tmp_path, "--as-of", "2026-10-01", "--horizon", "2027-01-31")
    assert moved(told) == {}
    assert [row["why"] for row in told["not_moved"] if row["unit_id"] == "U1"] == ["lease"]
    assert told["parameters"]["as_of"] == "2026-10-01"
    assert told["parameters"]["horizon"] == "2027-01-31"


def test_parameters_are_set_by_name(two: Path, tmp_path: Path) -> None:
    told = solved(
        two,
        tmp_path,
        *("--set", "fit_out_yuan_m2=0", "--set", "max_move_m=none"),
        *("--set", "own_use_movable=true", "--set", "anchors=2"),
    )
    assert told["plan"]["cost_wan"] == pytest.approx(3.6)
    assert told["parameters"]["anchors"] == 2
    assert told["parameters"]["own_use_movable"] is True
    assert told["parameters"]["max_move_m"] is None


def test_contradictions_are_a_problem_and_still_written(two: Path, tmp_path: Path) -> None:
    told = solved(two, tmp_path, "--lock", "U1", "--pin", "U1:V1", code=1)
    assert len(told["conflicts"]) >= 1
    assert told["presences_before"] == 2


def test_rows_with_gaps_are_a_problem_and_listed(tmp_path: Path) -> None:
    tables = two_buildings()
    tables["units"].loc[1, "lease_end"] = None
    told = solved(workspace_of(tmp_path / "w", tables), tmp_path, code=1)
    assert [(row["table"], row["id"]) for row in told["unused"]] == [("units", "U2")]
    assert moved(told) == {"U1": "V1"}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--lock", "U11"), "U11；相近的有：U1"),
        (("--forbid", "U1:V2"), "V2"),
        (("--forbid", "V2"), "V1"),
        (("--pin", "U1"), "colon"),
        (("--pin", "U1:U2"), "U2"),
        (("--anchor", "P2:C1"), "P1"),
        (("--park", "P2"), "P1"),
        (("--budget-wan", "-1"), "budget_wan"),
        (("--horizon", "2026-02-30"), "2028-09-30"),
        (("--horizon", "2020-01-01"), "horizon"),
        (("--set", "colour=1"), "rent_tolerance"),
        (("--set", "anchors=1.5"), "int"),
        (("--set", "own_use_movable=2"), "bool"),
        (("--set", "rent_tolerance=none"), "float"),
        (("--scenario", "无"), "无"),
        (("--gap", "-1"), "--gap"),
    ],
)
def test_a_wrong_wish_is_told(
    two: Path,
    tmp_path: Path,
    options: tuple[str, ...],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "plan.json"
    told = refused(monkeypatch, capsys, "consolidate", "-w", two, "--out", out, *options)
    assert problem in told
    assert not out.exists()


def test_an_unknown_ending_is_told_before_solving(two: Path, tmp_path: Path) -> None:
    done = run("consolidate", "-w", two, "--out", tmp_path / "plan.csv")
    assert done.exit_code == 2
    assert ".gpkg" in done.stderr


def test_a_workbook_holds_every_table_and_its_origin(two: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.xlsx"
    assert run("consolidate", "-w", two, "--out", out, *PLAIN).exit_code == 0
    book = openpyxl.load_workbook(out)
    assert len(book.sheetnames) == len(TABLE_TITLES) + 2
    page = book[TABLE_TITLES["moves"].zh]
    titles = {COLUMN_TITLES["moves"][name].zh: name for name in COLUMN_TITLES["moves"]}
    names = [titles.get(str(cell.value)) for cell in page[1]]
    row = dict(zip(names, page[2], strict=True))
    assert row["unit_id"].value == "U1"
    assert row["tenant"].value == "=甲公司"
    assert row["tenant"].data_type == "s"
    assert row["floor_area_m2"].value == 300
    assert row["lease_end"].value == dt.datetime(2027, 6, 30)  # noqa: DTZ001 - a cell has no zone
    text = " ".join(str(c.value) for r in book.worksheets[-1].iter_rows() for c in r)
    for part in (RULE_VERSION, "rent_tolerance=0.2", "units v0", "内部资料", "建议"):
        assert part in text


def test_a_geopackage_holds_lines_points_and_tables(two: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.gpkg"
    assert run("consolidate", "-w", two, "--out", out, *PLAIN).exit_code == 0
    kinds = {str(name): kind for name, kind in pyogrio.list_layers(out)}
    assert kinds["moves"] == "LineString"
    assert kinds["sites"] == "Point"
    assert kinds["frontier"] is None
    assert set(TABLE_TITLES) < set(kinds)
    info = pyogrio.read_info(out, layer="moves")
    assert info["crs"] == "EPSG:4490"
    west, _south, east, _north = pyogrio.read_bounds(out, layer="moves")[1][:, 0]
    assert (west, east) == pytest.approx((121.50, 121.53))


def test_a_saved_scenario_is_the_start(two: Path, tmp_path: Path) -> None:
    from layers.consolidation import default_parameters

    workspace = Workspace.open(two, load_catalogue())
    scenario = Scenario(
        name="方案一",
        author="王",
        parameters=default_parameters(two_buildings(), fit_out_yuan_m2=0.0),
        parks=("P1",),
        overrides=(settled("stay", unit_id="U2"),),
    )
    save(workspace, scenario)
    told = solved(two, tmp_path, "--scenario", "方案一")
    assert told["parameters"]["fit_out_yuan_m2"] == 0
    assert told["parameters"]["double_rent_months"] == 0
    assert [o["unit_id"] for o in told["overrides"]] == ["U2"]
    assert told["parks"] == ["P1"]
    told = solved(two, tmp_path, "--scenario", "方案一", "--lock", "U1")
    assert [o["unit_id"] for o in told["overrides"]] == ["U2", "U1"]
    assert moved(told) == {}


def test_ctrl_c_stops_the_solver_and_keeps_what_was_found(
    two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed = iter([KeyboardInterrupt])

    def wait(*_given: object, **_named: object) -> None:
        for key in pressed:
            raise key

    monkeypatch.setattr(cli_consolidate, "wait", wait)
    told = solved(two, tmp_path, code=1)
    assert told["presences_before"] == 2


def test_progress_is_told_and_a_stop_is_passed_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from threading import Event

    from geo.consolidation.solve import Progress

    clock = iter([0.0, 2.0, 2.5, 4.0, 6.0])
    monkeypatch.setattr("cli_consolidate.time.monotonic", lambda: next(clock))
    stop = Event()
    watch = cli_consolidate._watch(stop)
    progress: Progress = Progress("fewest", 0, 1, None, 87.0, 86.0, 1 / 87, 2.0)
    assert watch(progress)
    assert watch(progress._replace(seconds=2.5))  # told a moment ago
    assert watch(progress._replace(stage="cost", presences=90, gap=None))
    stop.set()
    assert not watch(progress._replace(stage="zones", presences=90))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert "87" in lines[0]
    assert "1.15%" in lines[0]
    assert "90" in lines[1]


def test_the_bundled_edition_has_a_frontier_and_lists(bundled: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    quick = ("--time-limit", "12", "--set", "zone_levels=0")
    done = run("consolidate", "-w", bundled, "--out", out, *quick)
    assert done.exit_code in {0, 1}, done.stderr
    told = json.loads(out.read_text("utf-8"))
    assert len(told["frontier"]) >= 3
    presences = [row["presences"] for row in told["frontier"]]
    assert presences == sorted(presences, reverse=True)
    assert min(presences) >= told["lower_bound"]
    for name in ("no_regret", "blocking_leases", "not_moved"):
        assert told[name], name
    assert told["plan"]["moves"]
    assert told["sample"] is True
    assert all(move["sample"] for move in told["plan"]["moves"])
