"""A file on the desk while somebody else saves a layer: who, what, and what both changed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from layers.i18n import moment
from tests.views.import_hand import COMMIT
from tests.views.import_hand import HEAD
from tests.views.import_hand import ROWS
from tests.views.import_hand import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, bundled: Path, tmp_path: Path) -> Iterator[Desk]:
    """Open the page on a workspace of the bundled edition, which the test may change."""
    made = Desk(monkeypatch, shutil.copytree(bundled, tmp_path / "workspace"), "zh")
    yield made
    made.leave()


def _newest(desk: Desk) -> pd.Series:
    return desk.workspace.history("carriers").iloc[0]


def test_rows_that_others_changed_too_are_named(desk: Desk) -> None:
    desk.upload(f"{HEAD}\n{ROWS}B01,改了名的楼,121.50339,31.28996\n")
    desk.step(COMMIT)
    frame = desk.workspace.read("carriers")
    named = frame["name"].where(frame["carrier_id"].ne("B01"), "王工改的名")
    desk.workspace.commit("carriers", frame.assign(name=named), author="王工", message="同时")
    desk.run()
    assert "有 1 行他人也改过：** B01" in desk.text("warning")


def test_what_was_compared_with_an_older_version_is_compared_again_before_it_is_written(
    desk: Desk,
) -> None:
    desk.upload(f"{HEAD}\n{ROWS}B01,改了名的楼,121.50339,31.28996\n")
    desk.step(COMMIT)
    frame = desk.workspace.read("carriers")
    named = frame["name"].where(frame["carrier_id"].ne("B02"), "王工改的名")
    version = desk.workspace.commit(
        "carriers", frame.assign(name=named), author="王工", message="同时"
    )
    desk.run()
    assert desk.at.button(key="import_commit").disabled
    told = desk.text("warning")
    assert f"王工 于 {moment(_newest(desk)['time'])}" in told
    assert "新增 0、修改 1、删除 0" in told
    assert "其中没有您的文件要改的行" in told
    desk.press("import_catch_up")
    desk.commit()
    assert desk.workspace.version("carriers") == version + 1
    stored = desk.rows()
    assert stored.loc["B02"]["name"] == "王工改的名"
    assert stored.loc["B01"]["name"] == "改了名的楼"
