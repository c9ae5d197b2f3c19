"""A public chapter gives no state, vacancy or number of a small group back, in any table."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING
from typing import Any

import pytest
from docx.oxml.ns import qn

from layers.report.printing import HIDDEN
from layers.sheet.subject import carriers_of
from tests.layers import report_hand as hand

if TYPE_CHECKING:
    from pathlib import Path

STATES = ("低效", "疑似低效", "预警", "待核", "观察", "正常")
# Parks with one state hidden beside others, with all hidden, with one carrier and with many.
PARKS = ("S01", "S09", "S10", "S12", "S16", "S18", "S19", "S20", "S21", "S22", "B02", "B01")


def _tables(path: Path) -> dict[str, list[list[str]]]:
    """Return all tables of a document by caption."""
    found = {}
    for table in hand.opened(path).element.body.iter(qn("w:tbl")):
        caption = table.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))
        found[caption] = hand.grid(path, caption)
    return found


def _judged(ids: Any) -> Any:
    table = hand.results()[1].table
    return table[table["carrier_id"].isin(list(ids))].set_index("carrier_id")


def _shown(tables: dict[str, list[list[str]]]) -> dict[str, str]:
    """Return what the table of states says of each; everything is hidden if there is none."""
    rows = tables.get("载体使用状态汇总")
    return dict.fromkeys(STATES, HIDDEN) if rows is None else {row[0]: row[1] for row in rows[1:]}


def _secrets(row: Any, vacant: float) -> set[str]:
    """Return how state, vacancy and areas of a carrier would be printed."""
    told = {str(row["state"]), f"{100 * row['vacancy_rate']:.1f}%", f"{vacant:,.0f}"}
    told |= {f"{row[n]:,.0f}" for n in ("recoverable_low", "recoverable_high")}
    return told - {"nan%", "nan", "0", "0.0%"}


def _solutions(shown: dict[str, str], carriers: int) -> int:
    """Count the numbers that the hidden groups could have, by trying all of them."""
    hidden = sum(count == HIDDEN for count in shown.values())
    rest = carriers - sum(int(count) for count in shown.values() if count != HIDDEN)
    if not hidden:
        return 0
    return sum(sum(t) == rest for t in product(range(1, rest + 1), repeat=hidden))


@pytest.mark.parametrize("park", PARKS)
def test_no_table_of_a_park_tells_of_a_carrier_of_a_hidden_group(tmp_path: Path, park: str) -> None:
    path = tmp_path / "p.docx"
    hand.write(path, "park", park, audience="public")
    tables = _tables(path)
    judged = _judged(carriers_of(hand.edition(), park))
    vacant = hand.edition()["carriers"].set_index("carrier_id")["vacant_area_m2"]
    shown = _shown(tables)
    for state, count in shown.items():
        own = int(judged["state"].eq(state).sum())
        assert count == HIDDEN or int(count) in {0, own}
        assert count == HIDDEN or own == 0 or own >= 3
    masked = judged[judged["state"].map(shown).eq(HIDDEN)]
    for carrier, row in masked.iterrows():
        secrets = _secrets(row, float(vacant[carrier]))
        for title, rows in tables.items():
            for cells in rows[1:]:
                if carrier in cells:
                    assert not secrets & set(cells), (title, cells)
                    assert not any(f"：{row['state']}" in cell for cell in cells), (title, cells)
    if "载体使用状态汇总" in tables and HIDDEN in shown.values():
        assert _solutions(shown, len(judged)) > 1
        # Their areas are hidden with them.
        for cells in tables["载体使用状态汇总"][1:]:
            assert (cells[1] == HIDDEN) == all(cell == HIDDEN for cell in cells[2:])


def test_the_carriers_of_a_park_with_one_of_each_state_are_not_told(tmp_path: Path) -> None:
    judged = _judged(carriers_of(hand.edition(), "S01"))
    assert judged["state"].value_counts().to_dict() == {"低效": 1, "待核": 1, "正常": 1}
    public, internal = tmp_path / "p.docx", tmp_path / "i.docx"
    hand.write(public, "park", "S01", audience="public")
    hand.write(internal, "park", "S01")
    assert "载体使用状态汇总" in _tables(internal)
    told = _tables(public)
    assert not {"载体使用状态汇总", "需关注的载体及理由"} & set(told)
    heading, *rows = told["园区所在载体"]
    column = heading.index("空置面积（m²）")
    assert [row[column] for row in rows] == [HIDDEN] * 3
    assert HIDDEN not in [row[column] for row in _tables(internal)["园区所在载体"][1:]]
    assert any("公开版不列" in text for text in hand.texts(public))
    assert not any("53.6%" in text for text in hand.texts(public))


def test_what_is_not_listed_is_counted_without_a_hint_of_its_state(tmp_path: Path) -> None:
    path, inner = tmp_path / "z.docx", tmp_path / "i.docx"
    hand.write(path, "zone", "Z06", audience="public")
    hand.write(inner, "zone", "Z06")
    judged = _judged(row[0] for row in _tables(inner)["区内载体"][1:])
    tables = _tables(path)
    shown = _shown(tables)
    masked = judged[judged["state"].map(shown).eq(HIDDEN)]
    assert len(masked) >= 3
    assert _solutions(shown, len(judged)) > 1
    assert any(f"隐去的组的载体共 {len(masked)} 处" in text for text in hand.texts(path))
    listed = {row[0] for row in tables["需关注的载体及理由"][1:]}
    attention = judged[judged["state"].isin(STATES[:3])].index
    assert listed == set(attention) - set(masked.index)
    heading, *rows = tables["区内载体"]
    column = heading.index("空置面积（m²）")
    assert {row[0] for row in rows if row[column] == HIDDEN} == set(masked.index)


@pytest.mark.parametrize("zone", ["Z03", "Z06", "Z07", "Z09"])
def test_kinds_with_one_or_two_in_a_zone_are_neither_counted_nor_listed(
    tmp_path: Path, zone: str
) -> None:
    public, internal = tmp_path / "p.docx", tmp_path / "i.docx"
    hand.write(public, "zone", zone, audience="public")
    hand.write(internal, "zone", zone)
    counts = {row[0]: row[1] for row in _tables(internal)["区内园区、载体、孵化器与平台"][1:]}
    told = _tables(public)
    for kind, count, *_ in told["区内园区、载体、孵化器与平台"][1:]:
        small = int(counts[kind]) in {1, 2}
        assert count == (HIDDEN if small else counts[kind])
        assert (f"区内{kind}" in told) == (int(counts[kind]) >= 3)
    if counts["载体"] in {"1", "2"}:
        assert f"评定载体 {counts['载体']} 处" not in "".join(hand.texts(public))


def test_the_list_of_parks_does_not_give_hidden_classes_back(tmp_path: Path) -> None:
    path = tmp_path / "d.docx"
    hand.write(path, audience="public")
    hidden = {r[0] for r in hand.grid(path, "园区分类汇总")[1:] if r[1] == HIDDEN}
    assert hidden
    heading, *rows = hand.grid(path, "园区名录")
    columns = [heading.index(name) for name in ("园区类别", "公布建筑面积（m²）")]
    spec = hand.CATALOGUE.layer("parks").field("park_class")
    words = {choice.value: choice.title.zh for choice in spec.choices}
    classes = hand.edition()["parks"].set_index("park_id")["park_class"].map(words)
    for row in rows:
        own = classes.fillna("未分类")[row[0]]
        cells = [row[column] for column in columns]
        assert (cells == [HIDDEN, HIDDEN]) == (own in hidden), row
        assert own in hidden or cells[0] == own


def test_public_reasons_are_sentences_and_tell_no_size_of_a_class(tmp_path: Path) -> None:
    for lang, wrong in (("zh", "同类填报 "), ("en", "peers report")):
        path = tmp_path / f"{lang}.docx"
        hand.write(path, audience="public", lang=lang)
        assert not [text for text in hand.texts(path) if wrong in text]
    assert any("但同类填报过少，无中位数可比" in t for t in hand.texts(tmp_path / "zh.docx"))
