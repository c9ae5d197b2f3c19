"""How a chapter tells its numbers: known bounds, areas, parameters, sentences, page flow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn

from tests.layers import report_hand as hand

if TYPE_CHECKING:
    from pathlib import Path

CHAPTERS = (("district", ""), ("park", "S01"), ("park", "S21"), ("zone", "Z01"), ("zone", "Z07"))


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wording") / "district.docx"
    hand.write(path)
    return path


def test_recoverable_areas_say_of_how_many_carriers_they_are(district: Path) -> None:
    table = hand.results()[1].table
    bounded = table[["recoverable_low", "recoverable_high"]].notna().all(axis=1)
    for state, count, known, low, high in hand.grid(district, "载体使用状态汇总")[1:]:
        mine = table[table["state"].eq(state) & bounded]
        assert int(count) == int(table["state"].eq(state).sum())
        assert int(known) == len(mine)
        for told, name in ((low, "recoverable_low"), (high, "recoverable_high")):
            assert hand.number(told) == pytest.approx(mine[name].sum(), abs=0.51)
    open_ones = int((~bounded).sum())
    assert open_ones  # or the note shows nothing
    assert any(f"{len(table)} 处载体中有 {open_ones} 处" in text for text in hand.texts(district))


def test_the_sum_in_the_text_names_the_states_that_it_covers(district: Path) -> None:
    counts = hand.results()[1].table["state"].value_counts()
    told = "、".join(f"{state} {counts[state]} 处" for state in ("低效", "疑似低效", "预警"))
    text = "".join(hand.texts(district))
    assert f"（{told}）" in text
    assert "不含其他状态的载体" in text


def test_a_zone_without_carriers_has_a_sentence_and_no_empty_tables(tmp_path: Path) -> None:
    path, template, filled = (tmp_path / name for name in ("z.docx", "t.docx", "f.docx"))
    hand.write(path, "zone", "Z01")
    sentence = "区内没有已定位的载体，未作使用状态评定。"
    assert sentence in hand.texts(path)
    assert not any("载体使用状态汇总" in text or "按规则  " in text for text in hand.texts(path))
    # One template serves all zones.
    document: Any = docx.Document()
    document.add_paragraph("{{table:states}}")
    document.save(str(template))
    assert hand.write(filled, "zone", "Z01", template=template).tables == 0
    assert sentence in hand.texts(filled)


def test_floor_areas_of_a_park_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "p.docx"
    hand.write(path, "park", "S21")
    facts = {row[0] for row in hand.grid(path, "园区基本情况")}
    numbers = {row[0]: row[1] for row in hand.grid(path, "园区空间分散程度")}
    assert "公布建筑面积（m²）" in facts
    assert "总建筑面积（m²）" in hand.grid(path, "园区所在载体")[0]
    units = hand.edition()["units"]
    held = units.loc[units["park_id"].eq("S21"), "floor_area_m2"].sum()
    assert hand.number(numbers["持有/所用建筑面积（m²）"]) == pytest.approx(held, abs=0.51)


def test_a_template_counts_what_it_has_and_sends_nobody_to_what_it_has_not(tmp_path: Path) -> None:
    for lang, said in (("zh", "（本文未附）"), ("en", " (not in this document)")):
        template, path = tmp_path / "t.docx", tmp_path / f"{lang}.docx"
        document: Any = docx.Document()
        for name in ("text:overview", "text:scatter", "table:flags"):
            document.add_paragraph(f"{{{{{name}}}}}")
        document.save(str(template))
        report = hand.write(path, template=template, lang=lang)
        assert (report.sections, report.tables, report.figures) == (2, 1, 0)
        text = "".join(hand.texts(path))
        # Map, three tables of the overview's two ends, reasons and parameters.
        assert text.count(said) == 5
        assert re.search(r"(表|Table) 1\b", text)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("kind", "subject"), CHAPTERS)
def test_sentences_end_once_and_count_in_plain_words(
    tmp_path: Path, kind: str, subject: str, lang: str
) -> None:
    path = tmp_path / "a.docx"
    hand.write(path, kind, subject, lang=lang)
    for text in hand.texts(path):
        wrong = re.search(r"。。|\.\)\.|\. \.|\.\. |\b1 (are|carriers|units|parks|zones)\b", text)
        assert wrong is None, text
        assert not re.search(r"1:\d{4}|\b[a-z]+_[a-z_]+=|\b(draws|seed|stock)=", text), text
    text = "".join(hand.texts(path))
    assert "判为“" not in text
    assert lang == "en" or "1:50,000" in text


def test_every_parameter_is_in_the_table_with_a_title(district: Path) -> None:
    scatter, underuse = hand.results()
    rows = hand.grid(district, "规则参数及依据")[1:]
    rules = scatter.parameters.as_dict(), underuse.parameters.as_dict()
    assert scatter.chance is not None
    # With draws, seed and stock of chance, and draws, seed and concentration of the ranking.
    assert len(rows) == len(rules[0]) + len(rules[1]) + 6
    told = {(row[0], row[1]): row[2] for row in rows}
    assert len(told) == len(rows)
    assert told["scatter-2026.2", "试算的步行阈值（m）"] == "500、800、1000"
    assert told["scatter-2026.2", "抽样次数"] == str(scatter.chance.draws)
    assert not any(re.search(r"[a-z]+_", row[1]) for row in rows)


def test_notes_stay_with_their_table_and_tables_may_break(district: Path) -> None:
    long = 0
    for table in hand.opened(district).element.body.iter(qn("w:tbl")):
        rows = table.findall(qn("w:tr"))
        kept = [next(row.iter(qn("w:keepNext")), None) is not None for row in rows]
        follows = "".join(t.text or "" for t in table.getnext().iter(qn("w:t")))
        assert kept[0]
        assert kept[-1] == bool(follows)
        assert all(kept[:-1]) or not any(kept[1:-1])
        assert len(rows) <= 9 or not any(kept[1:-1])
        long += len(rows) > 9
        before = table.getprevious().find(f"{qn('w:pPr')}/{qn('w:keepNext')}")
        assert before is not None
    assert long
