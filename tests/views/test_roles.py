"""Every page for every role: who is shown it, and what a viewer never gets to know."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from layers.catalogue import load_catalogue
from layers.errors import Text
from layers.errors import UsageError
from layers.team import Right
from layers.team import Role
from layers.workspace import Workspace
from tests.views.role_hand import PEOPLE
from tests.views.role_hand import work_as
from views import gates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.catalogue import FieldSpec

MAIN = Path(__file__).resolve().parents[2] / "views" / "main.py"
SLOW_S = 120
PAGES = (
    "home",
    "map",
    "parks",
    "scatter",
    "consolidate",
    "space",
    "linkage",
    "evaluate",
    "plan",
    "calendar",
    "edit",
    "compare",
    "export",
    "data",
    "import",
    "audit",
    "account",
)
OPEN = frozenset(PAGES) - set(gates.RIGHTS)
SHUT = {role: {p for p, r in gates.RIGHTS.items() if not PEOPLE[role].may(r)} for role in Role}
_CODE = re.compile(r"[a-z_]+")
REFUSED = "不能打开本页"
# Addresses by which a page shows more than at first.
DEEPER = (
    ("parks", {"park": "{park}"}),
    ("scatter", {"park": "{park}"}),
    ("scatter", {"view": "ranking"}),
    ("scatter", {"view": "trend"}),
    ("map", {"selected": "units:{unit}"}),
    ("plan", {"task": "T03"}),
    ("linkage", {"view": "spaces"}),
    ("linkage", {"park": "{park}", "view": "circle"}),
    ("linkage", {"view": "changes"}),
)


def _open(page: str, **address: str) -> AppTest:
    at = AppTest.from_file(MAIN, default_timeout=SLOW_S)
    for name, value in address.items():
        at.query_params[name] = value
    at._page_hash = calc_hash(page)
    return at.run()


def _everything(at: AppTest) -> bytes:
    """Return all that the browser is sent: the messages of all elements, tables and all."""
    parts: list[bytes] = []

    def walk(block: object) -> None:
        proto = getattr(block, "proto", None)
        if proto is not None:
            parts.append(proto.SerializeToString())
        for child in getattr(block, "children", {}).values():
            walk(child)

    walk(at._tree)
    # Escapes that pages and JSON write must not hide what they say.
    whole = b"\n".join(parts)
    return whole + re.sub(rb"\\(.)", rb"\1", whole) + _unescaped(whole)


def _unescaped(sent: bytes) -> bytes:
    return re.sub(rb"\\u([0-9a-fA-F]{4})", lambda m: _letter(m[1]), sent)


def _letter(code: bytes) -> bytes:
    return chr(int(code, 16)).encode("utf-8", "replace")


def _internal(workspace: Workspace) -> Iterator[tuple[str, FieldSpec, pd.Series]]:
    for spec in workspace.catalogue.layers:
        if spec.key not in workspace.versions():
            continue
        frame = workspace.read(spec.key)
        for field in spec.fields:
            if spec.sensitivity == "internal" or field.sensitivity == "internal":
                yield spec.key, field, frame[field.name].dropna()


def _secrets(workspace: Workspace) -> set[str]:
    """Return texts and numbers that stand in internal fields, and nowhere in public ones."""
    told = set()
    for _key, field, values in _internal(workspace):
        if field.type == "text" and not field.choices and field.references is None:
            # Codes of the program stand on pages in their own right.
            told |= {str(v) for v in values if len(str(v)) >= 5 and not _CODE.fullmatch(str(v))}
    public = "\n".join(_public_texts(workspace))
    return {text for text in told if text not in public}


def _public_texts(workspace: Workspace) -> Iterator[str]:
    for spec in workspace.catalogue.layers:
        if spec.sensitivity == "internal" or spec.key not in workspace.versions():
            continue
        frame = workspace.read(spec.key)
        for field in spec.fields:
            if field.sensitivity == "public" and field.type == "text":
                yield from (str(value) for value in frame[field.name].dropna())


def _numbers(workspace: Workspace) -> set[bytes]:
    """Return rents, taxes and revenues as a table holds them: eight bytes of a float."""
    frame = workspace.read("carriers")
    names = ("rent_yuan_m2_day", "tax_wan", "revenue_wan", "rd_wan", "district_tax_wan")
    known = pd.concat([frame[name].dropna() for name in names]).astype("float64")
    odd = known[(known % 1 != 0)]
    assert len(odd) > 10
    return {np.float64(value).tobytes() for value in odd}


@pytest.fixture(scope="module")
def secrets(bundled: Path) -> list[bytes]:
    found = _secrets(Workspace.open(bundled, load_catalogue()))
    assert len(found) > 20
    return sorted(text.encode() for text in found)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", list(Role))
def test_a_page_opens_for_those_who_may_and_says_why_not_to_others(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, tmp_path: Path, role: Role, page: str
) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(bundled))
    work_as(monkeypatch, PEOPLE[role], tmp_path)
    at = _open(page)
    assert not at.exception
    assert not at.error
    told = [warning.value for warning in at.warning if REFUSED in warning.value]
    assert bool(told) is (page in SHUT[role])
    if told:
        assert "系统管理员" in told[0]
        assert not at.dataframe
        assert not at.file_uploader
    assert any(m.value.startswith("###") for m in at.markdown)
    assert f"**{PEOPLE[role].name}**" in "\n".join(c.value for c in at.sidebar.caption)


@pytest.mark.parametrize(("page", "address"), [*((page, {}) for page in PAGES), *DEEPER])
def test_nothing_internal_is_sent_to_a_viewer(
    monkeypatch: pytest.MonkeyPatch,
    bundled: Path,
    tmp_path: Path,
    secrets: list[bytes],
    page: str,
    address: dict[str, str],
) -> None:
    workspace = Workspace.open(bundled, load_catalogue())
    park = workspace.read("units")["park_id"].mode().iloc[0]
    unit = workspace.read("units")["unit_id"].iloc[0]
    monkeypatch.setenv("ATLAS_WORKSPACE", str(bundled))
    work_as(monkeypatch, PEOPLE[Role.VIEWER], tmp_path)
    at = _open(page, **{name: v.format(park=park, unit=unit) for name, v in address.items()})
    assert not at.exception
    sent = _everything(at)
    assert len(sent) > 1000
    assert not [text.decode() for text in secrets if text in sent]
    assert not [number for number in _numbers(workspace) if number in sent]
    assert unit.encode() not in sent.replace(f"units:{unit}".encode(), b"")


def test_what_is_looked_for_would_be_found_with_a_planner(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, tmp_path: Path, secrets: list[bytes]
) -> None:
    workspace = Workspace.open(bundled, load_catalogue())
    park = workspace.read("units")["park_id"].mode().iloc[0]
    monkeypatch.setenv("ATLAS_WORKSPACE", str(bundled))
    work_as(monkeypatch, PEOPLE[Role.PLANNER], tmp_path)
    sent = _everything(_open("parks", park=park)) + _everything(_open("space"))
    assert [text for text in secrets if text in sent]
    assert [number for number in _numbers(workspace) if number in sent]


def test_a_viewer_is_told_the_same_numbers_of_scatter_as_a_planner(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(bundled))
    tables = {}
    for role in (Role.PLANNER, Role.VIEWER):
        work_as(monkeypatch, PEOPLE[role], tmp_path)
        tables[role] = _open("parks").dataframe[0].value
    pd.testing.assert_frame_equal(tables[Role.VIEWER], tables[Role.PLANNER])
    assert tables[Role.VIEWER].iloc[:, 9].notna().any()


def test_the_history_of_a_viewer_names_nobody_and_no_internal_layer(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(bundled))
    work_as(monkeypatch, PEOPLE[Role.VIEWER], tmp_path)
    at = _open("data")
    (history,) = [t.value for t in at.dataframe if "退回" in t.value.columns]
    assert not {"作者", "说明", "来源文件", "SHA-256"} & set(history.columns)
    internal = {s.title.zh for s in load_catalogue().layers if s.sensitivity == "internal"}
    assert internal
    assert not internal & set(history["图层"])
    assert str(bundled).encode() not in _everything(at)


def test_who_has_no_role_any_more_sees_nothing_at_the_next_run(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(bundled))
    team = work_as(monkeypatch, PEOPLE[Role.PLANNER], tmp_path)
    at = _open("data")
    assert at.dataframe
    team.now = None
    at.run()
    assert not at.exception
    assert not at.dataframe
    assert "还没有角色" in at.error[0].value
    assert at.button(key="no_role_sign_out").label == "退出登录"


def test_a_list_of_people_that_cannot_be_read_lets_nobody_in_and_tells_no_path(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(bundled))
    team = work_as(monkeypatch, PEOPLE[Role.ADMIN], tmp_path)

    def broken(_claims: object) -> None:
        raise UsageError(Text("/etc/atlas/members.csv 读不了", "/etc/atlas/members.csv is broken"))

    monkeypatch.setattr(team, "person", broken)
    at = _open("data")
    assert not at.exception
    assert not at.dataframe
    assert b"members.csv" not in _everything(at)


def test_a_role_that_is_lowered_lowers_what_is_shown_at_the_next_run(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, tmp_path: Path, secrets: list[bytes]
) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(bundled))
    team = work_as(monkeypatch, PEOPLE[Role.PLANNER], tmp_path)
    workspace = Workspace.open(bundled, load_catalogue())
    park = workspace.read("units")["park_id"].mode().iloc[0]
    at = _open("parks", park=park)
    assert [text for text in secrets if text in _everything(at)]
    team.now = PEOPLE[Role.VIEWER]
    at.run()
    assert not at.exception
    assert not [text for text in secrets if text in _everything(at)]


def test_a_viewer_has_one_audience_and_brings_no_files(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(bundled))
    work_as(monkeypatch, PEOPLE[Role.VIEWER], tmp_path)
    for what in ("layers", "sheet", "chapter"):
        at = AppTest.from_file(MAIN, default_timeout=SLOW_S)
        at.session_state["output_what"] = what
        at.session_state[f"{what}_audience"] = "internal"
        at._page_hash = calc_hash("export")
        at.run()
        assert not at.exception
        assert not at.file_uploader
        options = [option for radio in at.radio for option in radio.options]
        assert not [option for option in options if "内部" in option]
        assert "一个已保存的方案" not in options


def test_every_page_has_its_right_and_every_right_is_somebodys() -> None:
    assert set(gates.RIGHTS) < set(PAGES)
    assert SHUT[Role.ADMIN] == set()
    assert SHUT[Role.VIEWER] == set(gates.RIGHTS)
    assert {right for role in Role for right in gates.rights_of(role)} == set(Right)
