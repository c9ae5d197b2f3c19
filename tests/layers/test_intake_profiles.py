"""Profiles are names only, are checked when they are read, and never lead out of their folder."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import pytest

from layers.catalogue import load_catalogue
from layers.errors import UsageError
from layers.intake.columns import find_columns
from layers.intake.profiles import Profile
from layers.intake.profiles import Profiles

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = load_catalogue()
BUREAU = Profile(
    name="区商务委 载体台账",
    layer="carriers",
    headings=("楼号", "面积（亩）", "税收", "联系人"),
    mapping={"楼号": "carrier_id", "面积（亩）": "land_area_m2", "联系人": "-"},
    units={"land_area_m2": "亩"},
    meanings={"park_id": {"复旦园": "S01"}},
    crs="GCJ02",
    encoding="gb18030",
    part="台账",
    author="王",
    time="2026-03-31T10:00:00+08:00",
)


@pytest.fixture
def profiles(tmp_path: Path) -> Profiles:
    return Profiles(tmp_path / "profiles", CATALOGUE)


def test_what_is_saved_is_loaded(profiles: Profiles, tmp_path: Path) -> None:
    path = profiles.save(BUREAU)
    assert path.parent == tmp_path / "profiles"
    assert profiles.load(BUREAU.name) == BUREAU
    assert profiles.list().profiles == (BUREAU,)
    newer = replace(BUREAU, crs="EPSG:4549")
    assert profiles.save(newer) == path
    assert profiles.list().profiles == (newer,)
    assert profiles.delete(BUREAU.name)
    assert not profiles.delete(BUREAU.name)
    assert profiles.list().profiles == ()
    with pytest.raises(UsageError, match="没有名为"):
        profiles.load(BUREAU.name)


def test_an_empty_workspace_has_none(profiles: Profiles) -> None:
    assert profiles.list().profiles == ()
    assert profiles.matching(["楼号"], "carriers") is None


@pytest.mark.parametrize(
    "name",
    [
        *("../../evil", "/etc/passwd", "..", "CON", "a\\b", "C:\\x", "名称", "a" * 80, "A", "a"),
        *("🏢", ".hidden", "x.json", "%2e%2e", "甲/乙", "~"),
    ],
)
def test_no_name_leads_out_of_the_folder(profiles: Profiles, tmp_path: Path, name: str) -> None:
    path = profiles.save(replace(BUREAU, name=name))
    assert path.parent == tmp_path / "profiles"
    assert len(os.fsencode(path.name)) < 255
    assert [*tmp_path.iterdir()] == [tmp_path / "profiles"]
    assert profiles.load(name).name == name


def test_names_that_differ_in_case_are_two(profiles: Profiles) -> None:
    first, second = (profiles.save(replace(BUREAU, name=name)) for name in ("a/b", "A-B"))
    assert first.name.casefold() != second.name.casefold()
    assert [p.name for p in profiles.list().profiles] == ["A-B", "a/b"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": ""}, "名称"),
        ({"name": " "}, "名称"),
        ({"name": "a" * 81}, "名称"),
        ({"name": "a\nb"}, "控制字符"),
        ({"name": "a\ud800"}, "控制字符"),
        ({"crs": "+proj=tmerc +lon_0=121.4667 +x_0=0"}, "参数"),
        ({"crs": "EPSG:4549+towgs84"}, "参数"),
        ({"crs": 'PROJCS["x"]'}, "参数"),
        ({"crs": "LOCAL"}, "参数"),
        ({"layer": "nothing"}, "图层"),
        ({"mapping": {"楼号": "nothing"}}, "字段"),
        ({"units": {"land_area_m2": "万元"}}, "单位"),
        ({"units": {"nothing": "亩"}}, "单位"),
        ({"headings": ("x" * 501,)}, "过长"),
        ({"headings": ("x",) * 2001}, "过多"),
    ],
)
def test_what_is_not_kept(
    profiles: Profiles, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        profiles.save(replace(BUREAU, **change))
    assert not (tmp_path / "profiles").exists()


def test_a_refused_coordinate_system_is_not_repeated(profiles: Profiles) -> None:
    with pytest.raises(UsageError) as caught:
        profiles.save(replace(BUREAU, crs="+proj=tmerc +lon_0=121.4667"))
    assert "121.4667" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"text"',
        b'{"format": 2}',
        b'{"format": 1, "name": "x"}',
        b"[" * 100_000,
        b'{"format": 1}' + b" " * 1_000_001,
    ],
)
def test_damaged_files_are_left_out_and_reported(profiles: Profiles, content: bytes) -> None:
    path = profiles.save(BUREAU)
    broken = path.with_name("broken-0.json")
    broken.write_bytes(content)
    found = profiles.list()
    assert found.profiles == (BUREAU,)
    (issue,) = found.issues
    assert (issue.code, issue.severity, issue.file) == (
        "profile_damaged",
        "warning",
        "broken-0.json",
    )
    assert profiles.matching(BUREAU.headings, "carriers") == BUREAU


@pytest.mark.parametrize(
    "change",
    [
        {"mapping": {"楼号": "no_such_field"}},
        {"mapping": {"楼号": 5}},
        {"mapping": ["楼号"]},
        {"headings": "楼号"},
        {"headings": [1]},
        {"crs": "+proj=longlat"},
        {"layer": "no_such_layer"},
        {"units": {"land_area_m2": "元"}},
        {"name": "other"},
        {"time": None},
    ],
)
def test_files_edited_by_hand_are_checked_when_read(
    profiles: Profiles, change: dict[str, Any]
) -> None:
    path = profiles.save(BUREAU)
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, **change}), encoding="utf-8")
    with pytest.raises(UsageError, match="无法使用"):
        profiles.load(BUREAU.name)
    assert [i.code for i in profiles.list().issues] == ["profile_damaged"]
    assert profiles.delete(BUREAU.name)


def test_a_link_to_another_file_is_not_followed(profiles: Profiles, tmp_path: Path) -> None:
    path = profiles.save(BUREAU)
    secret = tmp_path / "secret.json"
    path.replace(secret)
    path.symlink_to(secret)
    assert profiles.list().profiles == ()
    assert not profiles.delete(BUREAU.name)
    assert secret.exists()


def test_the_profile_of_a_source_is_found_by_its_headings(profiles: Profiles) -> None:
    headings = tuple(f"列{i}" for i in range(20))
    wide = replace(BUREAU, name="wide", headings=headings, mapping={}, units={})
    profiles.save(wide)
    assert profiles.matching(headings, "carriers") == wide
    # Order, width, blanks and units do not matter; 18 of 20 headings are enough, 17 are not.
    assert profiles.matching([f" 列{i}（㎡）" for i in reversed(range(20))], "carriers") == wide
    assert profiles.matching([*headings[:18], "新列"], "carriers") == wide
    assert profiles.matching(headings[:17], "carriers") is None
    assert profiles.matching(headings, "units") is None


def test_a_profile_that_knows_little_of_a_file_is_not_offered(profiles: Profiles) -> None:
    headings = tuple(f"列{i}" for i in range(8))
    small = replace(BUREAU, name="small", headings=headings, mapping={}, units={})
    profiles.save(small)
    # 8 of 10 headings of the file are known, 8 of 11 are not enough.
    assert profiles.matching([*headings, "甲", "乙"], "carriers") == small
    assert profiles.matching([*headings, "甲", "乙", "丙"], "carriers") is None
    assert profiles.matching([], "carriers") is None


def test_a_free_name_never_takes_the_place_of_another_profile(profiles: Profiles) -> None:
    name, headings = BUREAU.name, BUREAU.headings
    assert profiles.find(name) is None
    assert profiles.free_name(name, headings, "carriers") == name
    profiles.save(BUREAU)
    assert profiles.find(name) == BUREAU
    assert profiles.free_name(name, [f" {h}" for h in headings], "carriers") == name
    assert profiles.free_name(name, headings, "units") == f"{name} 2"
    other = replace(BUREAU, name=f"{name} 2", headings=("甲",), mapping={})
    profiles.save(other)
    assert profiles.free_name(name, ["甲"], "carriers") == f"{name} 2"
    assert profiles.free_name(name, ["乙"], "carriers") == f"{name} 3"
    assert profiles.find(name) == BUREAU


def test_a_free_name_is_never_too_long(profiles: Profiles) -> None:
    profiles.save(replace(BUREAU, name="名" * 80))
    free = profiles.free_name("名" * 80, ["甲"], "carriers")
    assert free == "名" * 78 + " 2"
    assert profiles.save(replace(BUREAU, name=free)).exists()


@pytest.mark.parametrize("swap", [None, True, False])
def test_the_order_of_axes_is_remembered(profiles: Profiles, swap: bool | None) -> None:
    path = profiles.save(replace(BUREAU, swap=swap))
    assert profiles.load(BUREAU.name).swap is swap
    written = json.loads(path.read_text(encoding="utf-8"))
    del written["swap"]
    path.write_text(json.dumps(written), encoding="utf-8")
    assert profiles.load(BUREAU.name).swap is None
    path.write_text(json.dumps({**written, "swap": "yes"}), encoding="utf-8")
    assert profiles.find(BUREAU.name) is None


def test_of_several_profiles_the_nearest_and_then_the_newest_is_taken(profiles: Profiles) -> None:
    old = replace(BUREAU, name="old", time="2025-01-01")
    new = replace(BUREAU, name="new", time="2026-01-01")
    less = replace(BUREAU, name="less", headings=BUREAU.headings[:2], time="2026-06-01")
    for profile in (new, old, less):
        profiles.save(profile)
    assert profiles.matching(BUREAU.headings, "carriers") == new
    assert profiles.matching(BUREAU.headings[:2], "carriers") == less


def test_a_mapping_serves_headings_that_are_spelled_a_little_differently() -> None:
    headings = ["楼 号", "面积(亩)", "税收", "联系人*"]
    mapping = BUREAU.mapping_for(headings)
    assert mapping == {"楼 号": "carrier_id", "面积(亩)": "land_area_m2", "联系人*": "-"}
    columns = find_columns(headings, CATALOGUE.layer("carriers"), mapping)
    assert columns.fields["carrier_id"] == "楼 号"
