"""Every ugly file of the corpus through ``atlas import``: the same as through the chain."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import cli
from layers.delivery import snapshot
from layers.errors import IntakeError
from layers.errors import UsageError
from tests.corpus.checks import WIDE
from tests.corpus.desk import Desk
from tests.corpus.desk import desk
from tests.corpus.makers import xlsx
from tests.corpus.table import CASES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.corpus.case import Case

# Building the commands takes longer than some of the files.
COMMAND = typer.main.get_command(cli.cli)
REFUSED = [case for case in CASES if case.refused]
TAKEN = [case for case in CASES if not case.refused]


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return desk(tmp_path_factory.getbasetemp())


def _arguments(table: Desk, case: Case, folder: Path) -> list[str]:
    """Return how a planner says on the command line what the case says."""
    choices = case.choices
    said: list[tuple[str, str]] = [("--layer", case.layer)]
    said += [("--workspace", str(table.workspace.path))]
    said += [("--crs", choices.crs)] if choices.crs else []
    said += [("--encoding", choices.encoding)] if choices.encoding else []
    said += [("--part", choices.part)] if choices.part else []
    said += [("--map", f"{heading}={field}") for heading, field in choices.mapping.items()]
    said += [("--unit", f"{field}={unit}") for field, unit in choices.units.items()]
    if case.proj:
        path = folder / "grid.txt"
        path.write_text(case.proj, encoding="utf-8")
        said.append(("--proj-file", str(path)))
    if choices.places:
        path = folder / "复核.csv"
        lines = [f"{row},{layer},{key},是" for row, (layer, key) in choices.places.items()]
        path.write_text("\n".join(["数据行号,候选图层,候选编码,采用", *lines]), encoding="utf-8")
        said.append(("--places", str(path)))
    options = [word for pair in said for word in pair]
    return ["import", str(table.file(case)), *options, "--dry-run", "--json"]


def _counted(issues: list[dict[str, Any]]) -> Counter[tuple[str, int, str]]:
    return Counter((issue["code"], issue["row"], issue["message_zh"]) for issue in issues)


@pytest.mark.parametrize("case", TAKEN, ids=str)
def test_the_command_line_says_what_the_chain_says(table: Desk, case: Case, tmp_path: Path) -> None:
    with table.read_once():
        done = CliRunner().invoke(
            cli.cli, _arguments(table, case, tmp_path), catch_exceptions=False
        )
    told = json.loads(done.stdout)
    counts = tuple(told[name] for name in ("accepted", "rejected", "repaired", "dropped"))
    assert counts == (case.accepted, case.rejected, case.repaired, case.dropped)
    assert done.exit_code == (1 if case.rejected or not case.accepted else 0), done.stderr
    delivery = table.delivered(case)
    assert not isinstance(delivery, IntakeError)
    summary = delivery.summary()
    assert {name: told[name] for name in summary} == summary
    assert _counted(told["issues"]) == Counter(
        (issue.code, issue.row, issue.message.zh) for issue in delivery.issues
    )


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_the_command_line_refuses_what_the_chain_refuses(
    table: Desk,
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "cli", COMMAND)
    monkeypatch.setattr(sys, "argv", ["atlas", *_arguments(table, case, tmp_path)])
    with table.read_once(), pytest.raises(SystemExit) as ended:
        cli.main()
    error = table.delivered(case)
    assert isinstance(error, IntakeError)
    assert ended.value.code == (2 if isinstance(error, UsageError) else 1)
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"error": {"zh": error.text.zh, "en": error.text.en}}
    assert case.refused in printed.err


def test_the_command_line_splits_a_table_of_units_and_carriers(table: Desk, tmp_path: Path) -> None:
    path = xlsx(*WIDE)(tmp_path)
    workspace = str(table.workspace.path)
    said = ["--layer", "carriers", "--workspace", workspace, "--split", "--dry-run", "--json"]
    done = CliRunner().invoke(cli.cli, ["import", str(path), *said], catch_exceptions=False)
    told = [
        (d["layer"], d["rows_in"], d["accepted"], d["rejected"]) for d in json.loads(done.stdout)
    ]
    assert told == [("carriers", 2, 2, 0), ("units", 3, 3, 0)]
    assert done.exit_code == 0


def test_nothing_was_written(table: Desk) -> None:
    after = snapshot(table.workspace)
    assert after.versions == table.before.versions
    for key, frame in table.before.tables.items():
        assert after.tables[key].equals(frame), key
