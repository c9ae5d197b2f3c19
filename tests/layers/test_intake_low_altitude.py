"""Low-altitude routes and scenes: nothing is taken in without its approval."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from layers.contract import conform
from layers.workspace import Workspace
from tests.access_hand import CATALOGUE
from tests.cli_hand import run

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "编码,名称,类别,批准文号,批准单位,批准日期,来源,经度,纬度"
GOOD = [
    "L1",
    "巡检航线",
    "航线",
    "空管〔2025〕8号",
    "某管理局",
    "2025-05-06",
    "批复",
    "121.5",
    "31.3",
]


def taken(folder: Path, *rows: list[str]) -> tuple[dict[str, object], Path, str]:
    file, workspace, rejects = (folder / name for name in ("l.csv", "w", "rejects.csv"))
    lines = [HEAD, *(",".join(row) for row in rows)]
    file.write_text("\n".join(lines), encoding="utf-8")
    options = ("--layer", "low_altitude", "-w", workspace, "--empty", "--rejects", rejects)
    done = run("import", file, *options, "--json")
    told = json.loads(done.stdout)
    return told, workspace, rejects.read_text("utf-8-sig") if rejects.exists() else ""


def test_an_approved_route_is_taken_in(tmp_path: Path) -> None:
    told, workspace, _rejects = taken(tmp_path, GOOD)
    assert (told["accepted"], told["rejected"]) == (1, 0)
    row = Workspace.open(workspace, CATALOGUE).read("low_altitude").iloc[0]
    assert (row["approval_no"], row["kind"]) == ("空管〔2025〕8号", "route")


@pytest.mark.parametrize(
    ("place", "title"), [(3, "批准文号"), (4, "批准单位"), (5, "批准日期"), (6, "来源")]
)
def test_without_its_approval_a_row_is_refused_and_the_reason_names_what_is_missing(
    tmp_path: Path, place: int, title: str
) -> None:
    bad = ["L2", *GOOD[1:]]
    bad[place] = ""
    told, workspace, rejects = taken(tmp_path, GOOD, bad)
    assert (told["accepted"], told["rejected"]) == (1, 1)
    assert title in rejects.splitlines()[1]
    assert Workspace.open(workspace, CATALOGUE).read("low_altitude")["id"].tolist() == ["L1"]


def test_nothing_approved_leaves_no_layer(tmp_path: Path) -> None:
    bad = [*GOOD[:3], "", "", "", *GOOD[6:]]
    told, workspace, rejects = taken(tmp_path, bad)
    assert told["accepted"] == 0
    assert all(title in rejects for title in ("批准文号", "批准单位", "批准日期"))
    assert "low_altitude" not in Workspace.open(workspace, CATALOGUE).versions()


@pytest.mark.parametrize(
    "word", ["无", " 暂无 ", "没有", "（无）", "—", "N/A", "none", "待批", "审批中", "0", "……"]
)
def test_a_word_for_none_is_no_approval(tmp_path: Path, word: str) -> None:
    told, workspace, rejects = taken(tmp_path, GOOD, ["L2", *GOOD[1:3], word, *GOOD[4:]])
    assert (told["accepted"], told["rejected"]) == (1, 1)
    assert "批准文号" in rejects.splitlines()[1]
    assert Workspace.open(workspace, CATALOGUE).read("low_altitude")["id"].tolist() == ["L1"]


def test_nobody_approved_is_no_approval_either(tmp_path: Path) -> None:
    told, _workspace, rejects = taken(tmp_path, GOOD, ["L2", *GOOD[1:4], "无", *GOOD[5:]])
    assert (told["accepted"], told["rejected"]) == (1, 1)
    assert "“批准单位”填的是“无”，不是凭据" in rejects


@pytest.mark.parametrize("number", ["无锡空管〔2026〕1号", "NO. 8", "暂字第 3 号", "100", "A-0"])
def test_a_number_that_only_begins_like_none_is_an_approval(tmp_path: Path, number: str) -> None:
    told, _workspace, _rejects = taken(tmp_path, [*GOOD[:3], number, *GOOD[4:]])
    assert (told["accepted"], told["rejected"]) == (1, 0)


def test_an_approval_of_tomorrow_is_refused_and_one_of_today_is_not(tmp_path: Path) -> None:
    today = dt.datetime.now().astimezone().date()
    tomorrow = today + dt.timedelta(days=1)
    rows = [
        [key, *GOOD[1:5], f"{day}", *GOOD[6:]] for key, day in (("L1", today), ("L2", tomorrow))
    ]
    told, workspace, rejects = taken(tmp_path, *rows)
    assert (told["accepted"], told["rejected"]) == (1, 1)
    assert f"“批准日期” {tomorrow} 晚于今天" in rejects
    assert Workspace.open(workspace, CATALOGUE).read("low_altitude")["id"].tolist() == ["L1"]


def test_an_edit_by_hand_must_prove_the_approval_too() -> None:
    row = {"id": "L1", "name": "航线", "kind": "route", "approval_no": "无", "approved_by": "局"}
    row |= {"approved_on": "2026-05-06", "source": "批复"}
    checked = conform(
        pd.DataFrame([row]), CATALOGUE.layer("low_altitude"), today=dt.date(2026, 5, 5)
    )
    assert checked.rejected["_code"].tolist() == ["no_proof, proof_in_future"]
