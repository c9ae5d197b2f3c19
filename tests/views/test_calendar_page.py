"""数据日历 and the targets under AppTest: empty, filled, as a viewer, and in conflict."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING
from typing import Any

import icalendar
import pytest
from streamlit.testing.v1 import AppTest

from layers.calendar import set_entries
from layers.calendar.subjects import plan_layers
from layers.catalogue import load_catalogue
from layers.export import ready_files
from layers.startup import open_or_create
from layers.targets import Given
from layers.targets import add_value
from layers.targets import give_terms
from layers.targets import plan_targets
from layers.team import Role
from tests.views.offers_hand import offered
from tests.views.role_hand import PEOPLE
from tests.views.role_hand import work_as

if TYPE_CHECKING:
    from pathlib import Path

    from layers.workspace import Workspace

SLOW_S = 60
HOSTILE = "<img src=x onerror=alert(1)>**fett**"
ENTRY = {
    "entry_id": "layer-gates",
    "subject_kind": "layer",
    "subject": "gates",
    "owner": HOSTILE,
    "period": "quarter",
    "due_days": 20,
    "remind_days": 7,
}
TERMS = {
    "scope": "在区企业",
    "base_value": 1000.0,
    "base_date": dt.date(2023, 12, 31),
    "owner": "甲",
}


def _calendar() -> None:
    from views import calendar
    from views import store

    store.begin_run()
    calendar.render()


def _targets() -> None:
    from views import store
    from views.plan import targets

    store.begin_run()
    targets.show()


def _strip() -> None:
    from views import store
    from views.plan import targets

    store.begin_run()
    targets.strip()


def _open(page: Any, lang: str = "zh") -> AppTest:
    at = AppTest.from_function(page, default_timeout=SLOW_S)
    at.session_state["lang"] = lang
    at.run()
    assert not at.exception
    return at


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Workspace:
    path = tmp_path / "workspace"
    made, _issues = open_or_create(path, load_catalogue(), author="test", empty=True)
    monkeypatch.setenv("ATLAS_WORKSPACE", str(path))
    return made


def said(at: AppTest) -> str:
    shown = (*at.markdown, *at.caption, *at.info, *at.warning, *at.error, *at.success)
    html = [element.proto.body for element in at.get("html")]
    return "\n".join([*(m.value for m in shown), *html])


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click()
    return at.run()


def test_an_empty_calendar_offers_entries_and_stores_what_is_accepted(
    workspace: Workspace,
) -> None:
    at = _open(_calendar)
    assert "数据日历还没有条目" in said(at)
    assert workspace.keys() == ()  # offered, not stored
    offer = next(button for button in at.button if button.key == "calendar_accept")
    assert "采用" in offer.label
    # The page begins with two kinds, and says how many there are of all.
    (told,) = re.findall(r"共建议 (\d+) 个条目，此处列出所选类别的 (\d+) 个", said(at))
    assert int(told[0]) > int(told[1]) > 0
    assert offer.label == f"采用 {told[1]} 个条目"
    at.text_input(key="calendar_author:offers").set_value("甲")
    offer.click()
    at.run()
    assert not at.exception
    found = workspace.read("data_calendar")
    assert offer.label == f"采用 {len(found)} 个条目"
    assert f"已新增 {len(found)} 个条目" in said(at)
    of_kind = found.groupby("subject_kind")["subject"].agg(set)
    assert of_kind["target"] == {"leading-industries", "research-share"}
    # No layer has rows: those are offered that the tasks of the plan ask for.
    assert {"carriers", "housing"} <= of_kind["layer"] <= plan_layers(load_catalogue().folder)
    assert workspace.history("data_calendar")["author"].tolist() == ["甲"]


def test_an_entry_is_changed_and_removed(workspace: Workspace) -> None:
    set_entries(workspace, [ENTRY], author="test")
    at = _open(_calendar)
    at.selectbox(key="calendar_entry").set_value("layer-gates").run()
    at.text_input(key="calendar_form:layer-gates:owner").set_value("区商务委")
    at.number_input(key="calendar_form:layer-gates:due").set_value(15)
    press(at, "保存")
    assert not at.exception
    row = workspace.read("data_calendar").iloc[0]
    assert (row["owner"], row["due_days"], row["period"]) == ("区商务委", 15, "quarter")
    at.selectbox(key="calendar_entry").set_value("layer-gates").run()
    press(at, "删除条目")
    assert workspace.read("data_calendar").empty
    assert "条目已删除" in said(at)


def test_a_new_entry_about_what_is_there_gets_an_id_of_its_own(workspace: Workspace) -> None:
    set_entries(
        workspace, [{**ENTRY, "entry_id": "layer-district", "subject": "district"}], author="t"
    )
    at = _open(_calendar)
    press(at, "保存")
    assert not at.exception
    assert sorted(workspace.read("data_calendar")["entry_id"]) == [
        "layer-district",
        "layer-district-2",
    ]


def test_the_second_of_two_is_told(workspace: Workspace) -> None:
    set_entries(workspace, [ENTRY], author="甲")
    at = _open(_calendar)
    at.selectbox(key="calendar_entry").set_value("layer-gates").run()
    set_entries(workspace, [{**ENTRY, "owner": "乙"}], author="乙")
    at.text_input(key="calendar_form:layer-gates:owner").set_value("丙")
    press(at, "保存")
    assert at.error
    assert workspace.read("data_calendar")["owner"].tolist() == ["乙"]


def test_the_reminders_are_those_of_the_entries(workspace: Workspace) -> None:
    set_entries(workspace, [{**ENTRY, "owner": "甲\r\nEND:VEVENT"}], author="test")
    at = _open(_calendar)
    token = offered(at)["data-calendar.ics"]
    offer = ready_files().find(token)
    assert offer is not None
    assert offer.make is not None
    events = icalendar.Calendar.from_ical(offer.make()).walk("VEVENT")
    assert len(events) == 4
    assert str(events[0]["summary"]) == "数据报送：校门与出入口（甲 END:VEVENT）"
    assert "导出编号" in str(events[0]["description"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_people_typed_is_escaped(workspace: Workspace, lang: str) -> None:
    set_entries(workspace, [ENTRY], author="test")
    give_terms(
        workspace, "research-share", {**TERMS, "owner": HOSTILE, "scope": HOSTILE}, author="t"
    )
    for page in (_calendar, _targets, _strip):
        told = said(_open(page, lang))
        assert not re.search(r"(?<!\\)<img", told)
        assert not re.search(r"(?<!\\)\*\*fett", told)


def test_targets_without_terms_have_no_index(workspace: Workspace) -> None:
    at = _open(_targets)
    assert "口径未给定" in said(at)
    assert "进度指数" not in said(at)
    assert workspace.keys() == ()


def test_terms_and_values_are_given_on_the_page(workspace: Workspace) -> None:
    at = _open(_targets)
    key = "target_terms:leading-industries"
    at.text_area(key=f"{key}:scope").set_value("在区企业")
    at.number_input(key=f"{key}:base").set_value(1000.0)
    at.date_input(key=f"{key}:base_date").set_value(dt.date(2023, 12, 31))
    at.text_input(key=f"{key}:owner").set_value("区科经委")
    next(b for b in at.button if b.form_id == key).click()
    at.run()
    assert not at.exception
    row = workspace.read("target_terms").iloc[0]
    assert (row["target_id"], row["base_value"], row["owner"]) == (
        "leading-industries",
        1000.0,
        "区科经委",
    )
    key = "target_value:leading-industries"
    for number in (1100.0, 1150.0):
        at.date_input(key=f"{key}:end").set_value(dt.date(2025, 6, 30))
        at.selectbox(key=f"{key}:basis").set_value("rolling")
        at.number_input(key=f"{key}:value").set_value(number)
        next(b for b in at.button if b.form_id == key).click()
        at.run()
        assert not at.exception
    values = workspace.read("target_values")
    assert values.sort_values("revision")["value"].tolist() == [1100.0, 1150.0]
    # Two numbers one behind the other would read as one.
    assert "1,150\u202f×\u202f100 million yuan" in said(_open(_targets, "en"))
    assert "进度指数 **0.75**" in said(at)
    assert "修订" in said(at)


def test_a_viewer_sees_terms_and_no_value(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    target = plan_targets(load_catalogue().folder)[0]
    give_terms(workspace, target.target_id, TERMS, author="t")
    given = Given(dt.date(2025, 6, 30), "rolling", value=1151.0, source="内部来源")
    add_value(workspace, target, given, author="t")
    set_entries(workspace, [{**ENTRY, "note": "电话 123"}], author="t")
    work_as(monkeypatch, PEOPLE[Role.VIEWER], tmp_path)
    told = said(_open(_targets)) + said(_open(_strip)) + said(_open(_calendar))
    assert "在区企业" in told
    assert "内部数据" in told
    for secret in ("1,151", "0.75", "0.76", "内部来源", "电话", "偏慢"):
        assert secret not in told
    for page in (_targets, _calendar):
        at = _open(page)
        assert not at.text_input
        assert not [b for b in at.button if b.form_id]


def test_an_edition_without_a_plan_says_so(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from layers.targets import definitions

    assert workspace.keys() == ()
    monkeypatch.setattr(definitions, "own_file", lambda _folder, _name: None)
    assert "没有列出量化目标" in said(_open(_targets))


def test_a_suggested_target_is_called_so(workspace: Workspace) -> None:
    at = _open(_targets)
    key = "target_suggest"
    at.text_input(key=f"{key}:title").set_value("园区空置率")
    at.number_input(key=f"{key}:number").set_value(12.0)
    at.date_input(key=f"{key}:end").set_value(dt.date(2026, 12, 31))
    at.selectbox(key=f"{key}:direction").set_value("at_most")
    next(b for b in at.button if b.form_id == key).click()
    at.run()
    assert not at.exception
    assert workspace.read("target_terms")["target_id"].tolist() == ["suggested-1"]
    assert "建议目标" in said(at)
    assert any("【建议目标】园区空置率" in e.label for e in at.expander)
