"""Rows about targets that there are not: refused as they come in, told where they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

from layers.startup import open_or_create
from layers.targets import plan_targets
from layers.targets import standings_of
from layers.targets import target_strangers
from layers.workspace import Workspace
from tests.cli_hand import run
from tests.layers.targets.hand import CATALOGUE
from tests.layers.targets.hand import TODAY
from tests.layers.targets.hand import frame

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = plan_targets(CATALOGUE.folder)
VALUES_HEAD = "数据编码,目标编码,期末日期,数值,数据口径"
SUGGESTED = "新目标,建议目标名称,总量,12,2026-12-31"
TERMS_HEAD = "目标编码,建议目标名称,建议目标类型,建议目标值,建议目标日期"


def taken(
    folder: Path, layer: str, head: str, *lines: str
) -> tuple[dict[str, Any], Workspace, list[str]]:
    """Import lines; return what the command told, the workspace, and the rejected lines."""
    file, rejects = folder / f"{layer}.csv", folder / "rejects.csv"
    rejects.unlink(missing_ok=True)
    file.write_text("\n".join([head, *lines]), encoding="utf-8")
    options = ("--layer", layer, "-w", folder / "w", "--empty", "--rejects", rejects, "--json")
    told = json.loads(run("import", file, *options).stdout)
    bad = rejects.read_text("utf-8-sig").splitlines()[1:] if rejects.exists() else []
    return told, Workspace.open(folder / "w", CATALOGUE), bad


def test_a_value_of_no_target_is_rejected_with_row_field_and_what_is_known(tmp_path: Path) -> None:
    good, bad = f"v1,{KNOWN[0].target_id},2025-06-30,1150,rolling", "v2,gdp,2025-06-30,9,rolling"
    told, workspace, rejects = taken(tmp_path, "target_values", VALUES_HEAD, good, bad)
    assert (told["accepted"], told["rejected"]) == (1, 1)
    assert workspace.read("target_values")["value_id"].tolist() == ["v1"]
    (issue,) = [one for one in told["issues"] if one["code"] == "unknown_target"]
    assert (issue["file"], issue["row"], issue["field"]) == ("target_values.csv", 2, "target_id")
    assert "“gdp”不是已有的目标编码" in rejects[0]
    assert all(one.target_id in rejects[0] and one.title.zh in rejects[0] for one in KNOWN)


def test_terms_may_suggest_a_target_if_they_say_all_of_it(tmp_path: Path) -> None:
    half = "半个目标,只有名称,,,"
    told, workspace, rejects = taken(tmp_path, "target_terms", TERMS_HEAD, SUGGESTED, half)
    assert (told["accepted"], told["rejected"]) == (1, 1)
    assert workspace.read("target_terms")["target_id"].tolist() == ["新目标"]
    assert "建议目标类型、建议目标值、建议目标日期" in rejects[0]
    assert "建议目标名称、" not in rejects[0]
    # Now it is a target: values of it come in.
    line = "v1,新目标,2025-06-30,9,point"
    told, _workspace, _rejects = taken(tmp_path, "target_values", VALUES_HEAD, line)
    assert (told["accepted"], told["rejected"]) == (1, 0)
    # And a later file may leave out what was said of it.
    told, _workspace, _rejects = taken(tmp_path, "target_terms", "目标编码,责任单位", "新目标,甲")
    assert (told["accepted"], told["rejected"]) == (1, 0)


def test_without_a_target_a_row_is_rejected_as_before(tmp_path: Path) -> None:
    told, _workspace, rejects = taken(
        tmp_path, "target_values", VALUES_HEAD, "v1,,2025-06-30,9,point"
    )
    assert (told["accepted"], told["rejected"]) == (0, 1)
    assert "缺少必填字段“目标编码”" in rejects[0]


def test_rows_that_are_there_already_are_told_by_layer(tmp_path: Path) -> None:
    value = {"period_end": "2025-06-30", "value": 1, "basis": "rolling"}
    tables = {
        "target_values": frame(
            "target_values",
            {"value_id": "1", "target_id": "gdp", **value},
            {"value_id": "2", "target_id": "gdp", **value},
            {"value_id": "3", "target_id": KNOWN[0].target_id, **value},
        )
    }
    (told,) = target_strangers(tables)
    assert "有 2 行目标数据的目标编码（gdp）不是已有目标" in told.zh
    assert KNOWN[1].target_id in told.en
    assert len(standings_of(tables, TODAY)) == len(KNOWN), "and they are no target of their own"
    workspace, _issues = open_or_create(tmp_path / "w", CATALOGUE, author="t", empty=True)
    for key, rows in tables.items():
        workspace.commit(key, rows, author="t", message="old")
    assert "不是已有目标" in run("targets", "-w", workspace.path).stderr
    assert target_strangers({}) == []
