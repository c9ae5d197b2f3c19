"""``atlas targets`` and ``atlas calendar``: what the pages show, as files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import icalendar
import pytest
from openpyxl import load_workbook

from geo.monitoring import MONITORING_DEFAULTS
from geo.monitoring import MONITORING_RULE_VERSION
from layers.calendar import STATE_MARKS
from layers.calendar import STATE_TITLES
from layers.calendar import set_entries
from layers.catalogue import load_catalogue
from layers.startup import open_or_create
from layers.targets import BASIS_TITLES
from layers.targets import STATUS_MARKS
from layers.targets import STATUS_TITLES
from layers.targets import Given
from layers.targets import add_value
from layers.targets import give_terms
from layers.targets import plan_targets
from tests.cli_hand import refused
from tests.cli_hand import run
from tests.layers.targets.hand import day

if TYPE_CHECKING:
    from layers.workspace import Workspace

ENTRY = {
    "entry_id": "target-research-share",
    "subject_kind": "target",
    "subject": "research-share",
    "owner": "=1+1",
    "period": "half_year",
    "due_days": 30,
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made, _issues = open_or_create(tmp_path / "w", load_catalogue(), author="t", empty=True)
    revenue, research = plan_targets(load_catalogue().folder)
    terms = {"scope": "在区企业", "base_date": day("2023-12-31"), "owner": "区科经委"}
    give_terms(made, revenue.target_id, {**terms, "base_value": 1000.0}, author="t")
    june = day("2025-06-30")
    add_value(made, revenue, Given(june, "rolling", value=1100.0), author="t")
    add_value(made, revenue, Given(june, "rolling", value=1150.0), author="t")
    given = Given(june, "rolling", numerator=52.0, denominator=1200.0)
    add_value(made, research, given, author="t")
    set_entries(made, [ENTRY], author="t")
    return made


def test_targets_as_a_table(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "t.json"
    done = run("targets", "-w", workspace.path, "--as-of", "2025-09-15", "--out", out, "--json")
    assert done.exit_code == 0
    assert "三大先导产业总规模：偏慢" in done.stderr
    revenue, research = json.loads(done.stdout)
    assert (revenue["progress_index"], revenue["status"]) == (0.75, "slow")
    assert revenue["growth_needed"] == pytest.approx(0.140128, abs=1e-6)
    # Nobody gave terms of the other: its value is told, and no index.
    assert (research["status"], research["progress_index"]) == ("no_terms", None)
    assert research["value"] == pytest.approx(100 * 52 / 1200)
    assert json.loads(out.read_text("utf-8"))


def test_values_keep_what_was_revised(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "values.xlsx"
    done = run("targets", "-w", workspace.path, "--table", "values", "--out", out, "--json")
    assert [(r["state"], r["value"]) for r in json.loads(done.stdout)][:2] == [
        ("past", 1100.0),
        ("current", 1150.0),
    ]
    cells = [str(c.value) for sheet in load_workbook(out) for row in sheet for c in row if c.value]
    assert any("monitoring-" in cell for cell in cells)
    assert any("内部" in cell for cell in cells)


def test_another_limit_gives_another_status(workspace: Workspace) -> None:
    options = ("-w", workspace.path, "--as-of", "2025-09-15", "--set", "slow=0.8", "--json")
    assert json.loads(run("targets", *options).stdout)[0]["status"] == "behind"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--set", "slow=0.99"), "rise"),
        (("--set", "fast=1"), "slow"),
        (("--as-of", "2025-13-01"), "2026-09-30"),
        (("--out", "t.gpkg"), ".xlsx"),
        (("--out", "t.ics"), ".xlsx"),
    ],
)
def test_a_wrong_wish_is_refused(
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, str],
    told: str,
) -> None:
    assert told in refused(monkeypatch, capsys, "targets", "-w", workspace.path, *options)


def test_the_calendar_as_reminders(workspace: Workspace, tmp_path: Path) -> None:
    first, second = tmp_path / "a.ics", tmp_path / "b.ics"
    options = ("-w", workspace.path, "--as-of", "2025-08-20")
    assert run("calendar", *options, "--out", first).exit_code == 0
    assert run("calendar", *options, "--out", second).exit_code == 0
    assert first.read_bytes() == second.read_bytes()
    events = icalendar.Calendar.from_ical(first.read_bytes()).walk("VEVENT")
    # The half-year to June was delivered: the next one is due at the end of January.
    assert [str(event.decoded("dtstart")) for event in events] == [
        "2026-01-30",
        "2026-07-30",
        "2027-01-30",
        "2027-07-30",
    ]
    assert "=1+1" in str(events[0]["summary"])


def test_what_is_overdue_ends_with_1(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "c.csv"
    done = run("calendar", "-w", workspace.path, "--as-of", "2026-02-01", "--out", out, "--json")
    assert done.exit_code == 1
    (row,) = json.loads(done.stdout)
    assert (row["state"], row["next_due"][:10]) == ("overdue", "2026-01-30")
    assert "已逾期：1" in done.stderr
    # A spreadsheet must not run what somebody typed.
    assert ",=1+1" not in out.read_text("utf-8-sig")


def _headed(path: Path, first: str) -> dict[str, str]:
    """Return the first row below the headings of a workbook, by heading."""
    for sheet in load_workbook(path):
        rows = [[str(cell.value) for cell in row] for row in sheet.iter_rows()]
        for number, row in enumerate(rows[:-1]):
            if row[0] == first:
                return dict(zip(row, rows[number + 1], strict=True))
    raise AssertionError(first)


def test_a_workbook_has_titles_and_words_and_other_formats_have_names_and_codes(
    workspace: Workspace, tmp_path: Path
) -> None:
    day_of = ("-w", workspace.path, "--as-of", "2026-02-01")
    for what, ending in (("targets", "xlsx"), ("targets", "csv"), ("calendar", "xlsx")):
        run(what, *day_of, "--out", tmp_path / f"{what}.{ending}")
    run("targets", *day_of, "--table", "values", "--out", tmp_path / "values.xlsx")
    standing = _headed(tmp_path / "targets.xlsx", "目标编码")
    assert (standing["类型"], standing["数据口径"]) == ("总量", "近四个季度合计")
    assert standing["状态"] in {title.zh for title in STATUS_TITLES.values()}
    entry = _headed(tmp_path / "calendar.xlsx", "条目编码")
    assert (entry["对象类别"], entry["更新周期"], entry["状态"]) == ("目标", "每半年", "已逾期")
    value = _headed(tmp_path / "values.xlsx", "目标编码")
    assert (value["现行或旧数"], value["数据口径"]) == ("旧数", "近四个季度合计")
    names = (tmp_path / "targets.csv").read_text("utf-8-sig").splitlines()
    assert any(line.startswith("target_id,title_zh,") for line in names)
    assert any(",total," in line and ",rolling," in line for line in names)


def test_a_workbook_speaks_the_language_that_was_asked_for(
    workspace: Workspace, tmp_path: Path
) -> None:
    out = tmp_path / "c.xlsx"
    options = ("-w", workspace.path, "--as-of", "2026-02-01", "--out", out)
    assert run("--lang", "en", "calendar", *options).exit_code == 1
    entry = _headed(out, "Entry id")
    assert (entry["Kind of subject"], entry["State"]) == ("Target", "Overdue")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_offers_can_be_imported(workspace: Workspace, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"offers.{ending}"
    done = run("calendar", "-w", workspace.path, "--table", "offers", "--out", out, "--json")
    offered = json.loads(done.stdout)
    assert "target-research-share" not in {offer["entry_id"] for offer in offered}
    told = run("import", out, "-l", "data_calendar", "-w", workspace.path, "--json")
    assert told.exit_code == 0, told.stderr
    assert json.loads(told.stdout)["accepted"] == len(offered)
    # Kind by kind, because the page begins with two of them.
    counts = [int(n) for n in re.findall(r"：建议 (\d+) 个条目", done.stderr)]
    assert len(counts) > 2
    assert sum(counts) == len(offered)


def test_reminders_of_offers_are_refused(
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ("--table", "offers", "--out", "x.ics")
    assert "offers" in refused(monkeypatch, capsys, "calendar", "-w", workspace.path, *options)


def test_the_document_tells_the_rule_as_it_is() -> None:
    text = (Path(__file__).resolve().parents[1] / "docs" / "monitoring.md").read_text("utf-8")
    for status, title in STATUS_TITLES.items():
        assert f"{STATUS_MARKS[status]} {title.zh}" in text
    for state, title in STATE_TITLES.items():
        assert f"| {STATE_MARKS[state]} {title.zh} |" in text
    for basis, title in BASIS_TITLES.items():
        assert f"| `{basis}` {title.zh} |" in text
    limits = MONITORING_DEFAULTS
    assert MONITORING_RULE_VERSION in text
    assert f"| ≥ {limits.ahead:.2f} [J] | ▲" in text
    assert f"| {limits.on_track:.2f} – {limits.ahead:.2f} [J] | ●" in text
    assert f"| {limits.slow:.2f} – {limits.on_track:.2f} [J] | ◆" in text
