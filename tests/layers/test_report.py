from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest
from docx.oxml.ns import qn
from shapely.geometry import Point

from geo.consolidation import consolidate
from geo.consolidation.solve import Settings
from layers.consolidation import default_parameters
from layers.consolidation import register_of
from layers.errors import ExportError
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.report import ReportRequest
from layers.report.printing import HIDDEN
from layers.scenarios import Scenario
from layers.scenarios import saved_step
from tests.layers import report_hand as hand

if TYPE_CHECKING:
    from pathlib import Path

    from layers.report.figures import Picture

PARKS = ("S21", "S22")


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "district.docx"
    hand.write(path)
    return path


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    tables = hand.edition()
    parameters = default_parameters(tables)
    register = register_of(tables, hand.CATALOGUE, parameters, PARKS)
    steps = consolidate(register, Settings(time_limit_s=5)).frontier.steps
    return Scenario(
        name="两园区整合",
        author="规划组",
        parameters=parameters,
        parks=PARKS,
        versions=hand.VERSIONS,
        steps=tuple(saved_step(register.problem, step) for step in steps),
        chosen=len(steps) - 1,
    )


def test_parks_are_counted_and_added_up_as_the_register_has_them(district: Path) -> None:
    heading, *rows = hand.grid(district, "园区分类汇总")
    parks = hand.edition()["parks"]
    titles = {
        c.value: c.title.zh for c in hand.CATALOGUE.layer("parks").field("park_class").choices
    }
    told = {row[0]: row[1:] for row in rows}
    assert heading[1:4] == ["个数", "已上图", "已知面积"]
    for value, title in titles.items():
        mine = parks[parks["park_class"].eq(value)]
        assert hand.number(told[title][0]) == len(mine)
        assert hand.number(told[title][1]) == mine.geometry.notna().sum()
        known = mine["floor_area_m2"].dropna()
        if known.empty:
            assert told[title][3] == "—"
        else:
            assert hand.number(told[title][3]) == pytest.approx(known.sum(), abs=0.51)
    assert hand.number(told["合计"][0]) == len(parks)
    assert hand.number(told["未分类"][0]) == parks["park_class"].isna().sum()


def test_flags_and_reasons_are_those_of_the_analysis(district: Path) -> None:
    scatter, _ = hand.results()
    flags = scatter.table["flag"]
    told = {row[0]: int(row[1]) for row in hand.grid(district, "园区分散程度汇总")[1:]}
    assert told == {
        zh: int(flags.eq(code).sum())
        for code, zh in {"red": "红", "yellow": "黄", "undecided": "不判定", "green": "绿"}.items()
    }
    rows = hand.grid(district, "未判绿的园区及理由")[1:]
    expected = scatter.table[flags.ne("green")].set_index("park_id")["reason_zh"]
    assert {row[0]: row[-1] for row in rows} == expected.to_dict()


def test_states_are_those_of_the_analysis(district: Path) -> None:
    _, underuse = hand.results()
    told = {row[0]: int(row[1]) for row in hand.grid(district, "载体使用状态汇总")[1:]}
    counts = underuse.table["state"].value_counts()
    assert {state: count for state, count in told.items() if count} == counts.to_dict()
    assert sum(told.values()) == len(hand.edition()["carriers"])


def test_the_text_tells_the_same_numbers_as_the_tables(district: Path) -> None:
    parks = hand.edition()["parks"]
    text = "".join(hand.texts(district))
    assert f"登记科技园区 {len(parks)} 个，其中已定位 {parks.geometry.notna().sum()} 个" in text


def test_fonts_of_both_scripts_are_named_and_no_theme_has_a_say(district: Path) -> None:
    with zipfile.ZipFile(district) as archive:
        styles = archive.read("word/styles.xml").decode()
        body = archive.read("word/document.xml").decode()
    assert not re.search(r'w:(?:ascii|hAnsi|eastAsia|cs)[tT]heme="', styles + body)
    document = hand.opened(district)
    for name, font in (("Normal", "宋体"), ("Heading 1", "黑体"), ("Title", "黑体")):
        fonts = document.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == font
    defaults = document.styles.element.xpath("w:docDefaults//w:rFonts")
    assert [f.get(qn("w:eastAsia")) for f in defaults] == ["宋体"]


def _fields(path: Path) -> list[tuple[str, str]]:
    """Return code and shown result of every field that ends in its paragraph."""
    found = []
    for paragraph in hand.opened(path).element.body.iter(qn("w:p")):
        code, shown, inside = "", "", ""
        for run in paragraph.iter(qn("w:r")):
            mark = run.find(qn("w:fldChar"))
            kind = "" if mark is None else mark.get(qn("w:fldCharType"))
            if kind == "begin":
                code, shown, inside = "", "", "code"
            elif kind == "separate":
                inside = "shown"
            elif kind == "end":
                found.append((code.strip(), shown))
                inside = ""
            elif inside == "code":
                code += "".join(t.text or "" for t in run.iter(qn("w:instrText")))
            elif inside == "shown":
                shown += "".join(t.text or "" for t in run.iter(qn("w:t")))
    return found


def test_captions_are_fields_that_count_and_references_find_them(district: Path) -> None:
    fields = _fields(district)
    for label in ("表", "图"):
        numbers = [int(shown) for code, shown in fields if code == rf"SEQ {label} \* ARABIC"]
        assert numbers == list(range(1, len(numbers) + 1))
        assert numbers
    body = hand.opened(district).element.body
    marks = {}
    for start in body.iter(qn("w:bookmarkStart")):
        paragraph = next(start.iterancestors(qn("w:p")))
        text = "".join(node.text or "" for node in paragraph.iter(qn("w:t")))
        marks[start.get(qn("w:name"))] = text
    assert len(marks) == len(list(body.iter(qn("w:bookmarkStart"))))
    references = [(code.split()[1], shown) for code, shown in fields if code.startswith("REF")]
    assert len(references) > 5
    for name, shown in references:
        assert re.match(rf"{shown}(?!\d)", marks[name]), (name, shown)


def test_contents_list_every_heading_with_its_number(district: Path) -> None:
    document = hand.opened(district)
    entries = [p.text.strip() for p in document.paragraphs if p.style.name.startswith("toc ")]
    entries = entries or [
        p.text.strip() for p in document.paragraphs if p.style.name.startswith("TOC ")
    ]
    headings = [p.text for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert [re.sub(r"^[\d.]+ ", "", entry) for entry in entries] == headings
    assert entries[0].startswith("1 ")


def test_marks_stand_in_the_header_and_beneath_sample_tables(district: Path) -> None:
    header = hand.opened(district).sections[0].header.paragraphs[0].text
    assert "内部资料 注意保管" in header
    assert "示例数据" in header
    assert "本表含示例数据。" in hand.texts(district)


def test_rows_are_not_torn_and_headings_come_again(district: Path) -> None:
    for table in hand.opened(district).element.body.iter(qn("w:tbl")):
        rows = table.findall(qn("w:tr"))
        assert rows[0].find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
        assert all(row.find(f"{qn('w:trPr')}/{qn('w:cantSplit')}") is not None for row in rows)


def test_the_map_is_embedded_at_its_size_with_scale_and_crs_in_words(district: Path) -> None:
    document = hand.opened(district)
    (shape,) = document.inline_shapes
    assert shape.width.mm == pytest.approx(150.0, abs=0.01)
    blip = next(document.element.body.iter(qn("a:blip")))
    assert document.part.related_parts[blip.get(qn("r:embed"))].blob == hand.png()
    line = next(t for t in hand.texts(district) if t.startswith("比例尺 1:50,000"))
    assert "EPSG:4549" in line
    assert "2026-11-26" in line
    assert "示意" in line


def test_equal_inputs_give_equal_bytes(tmp_path: Path, district: Path) -> None:
    again = tmp_path / "again.docx"
    hand.write(again)
    assert again.read_bytes() == district.read_bytes()


def test_a_map_that_shows_another_number_refuses_the_file(tmp_path: Path) -> None:
    def wrong(basis: Any, **more: Any) -> Picture:
        made = hand.quick_map(basis, **more)
        return replace(made, totals={**made.totals, "parks": made.totals["parks"] + 1})

    path = tmp_path / "a.docx"
    path.write_bytes(b"old")
    with pytest.raises(ExportError, match="表图不一致") as caught:
        hand.write(path, draw=wrong)
    located = int(hand.edition()["parks"].geometry.notna().sum())
    told = caught.value.text.en
    assert f"says that {located} of the layer 'parks'" in told
    assert f"which has {located + 1};" in told
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def _bytes_of(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        parts = [archive.read(name) for name in archive.namelist() if name.endswith("xml")]
    return re.sub(r"<[^>]+>", "", "\n".join(part.decode() for part in parts))


@pytest.mark.parametrize(("kind", "subject"), [("district", ""), ("park", "S21"), ("zone", "Z06")])
def test_a_public_chapter_has_nothing_internal(tmp_path: Path, kind: str, subject: str) -> None:
    marker = "ZQXW7731企业"
    tables = dict(hand.edition())
    for key in ("parks", "carriers", "units"):
        frame = tables[key].copy()
        for field in hand.CATALOGUE.layer(key).fields:
            hidden = field.sensitivity == "internal" or key == "units"
            if (
                hidden
                and field.type == "text"
                and field.name in ("operator", "owner", "tenant", "note")
            ):
                frame[field.name] = pd.Series(marker, index=frame.index, dtype="str")
        tables[key] = frame
    internal, public = tmp_path / "i.docx", tmp_path / "p.docx"
    hand.write(internal, kind, subject, tables=tables)
    hand.write(public, kind, subject, tables=tables, audience="public")
    assert (marker in _bytes_of(internal)) == (kind == "park")
    told = _bytes_of(public)
    assert marker not in told
    assert "未送审不得公开" in told
    assert "内部资料" not in told
    assert "内部图层未列入" in told
    assert "元/㎡" not in told  # tax and medians


def test_small_groups_of_a_public_chapter_cannot_be_worked_out(tmp_path: Path) -> None:
    path = tmp_path / "p.docx"
    hand.write(path, audience="public")
    _, *rows = hand.grid(path, "载体分类汇总")
    shown = {row[0]: row[1] for row in rows}
    counts = hand.edition()["carriers"]["carrier_class"].value_counts()
    assert counts.min() < 3  # or this test shows nothing
    hidden = [name for name, count in shown.items() if count == HIDDEN]
    assert len(hidden) >= 2
    for name, count in shown.items():
        assert count == HIDDEN or int(count) >= 3, name


def test_a_scenario_is_never_public() -> None:
    with pytest.raises(ExportUsageError, match="不能公开导出"):
        ReportRequest("scenario", "甲", audience="public")


@pytest.mark.parametrize(
    "options",
    [{"kind": "city"}, {"audience": "all"}, {"lang": "fr"}, {"kind": "park"}, {"kind": "zone"}],
)
def test_wishes_that_mean_nothing_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ExportUsageError):
        ReportRequest(**{"kind": "district", **options})


def test_a_park_that_is_not_there_is_named_with_those_that_are_close(tmp_path: Path) -> None:
    with pytest.raises(ExportUsageError, match="S2O"):
        hand.write(tmp_path / "a.docx", "park", "S2O")


def test_a_park_tells_its_carriers_units_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "park.docx"
    hand.write(path, "park", "S21")
    units = hand.edition()["units"]
    mine = units[units["park_id"].eq("S21")]
    rows = hand.grid(path, "单元清单")[1:]
    assert [row[0] for row in rows] == mine["unit_id"].tolist()
    by_state = {
        row[0]: (int(row[1]), hand.number(row[2])) for row in hand.grid(path, "单元使用状态")[1:]
    }
    leased = mine[mine["state"].eq("leased")]
    count, area = by_state["已租"]
    assert count == len(leased)
    assert area == pytest.approx(leased["floor_area_m2"].sum(), abs=0.51)
    carriers = {row[0] for row in hand.grid(path, "园区所在载体")[1:]}
    listed = hand.edition()["carriers"]
    assert carriers == set(mine["carrier_id"]) | set(
        listed.loc[listed["park_id"].eq("S21"), "carrier_id"]
    )
    scatter, _ = hand.results()
    reason = scatter.table.set_index("park_id").loc["S21", "reason_zh"]
    # One sentence: the remark on sample data stands before its full stop.
    told = str(reason).replace("。（据示例数据，非真实情况）", "（据示例数据，非真实情况）。")
    assert f"判定：{told}各项指标见" in "".join(hand.texts(path))


def test_a_zone_counts_what_stands_in_it(tmp_path: Path) -> None:
    path = tmp_path / "zone.docx"
    hand.write(path, "zone", "Z06", lang="en")
    tables = hand.edition()
    zone: Any = tables["zones"].set_index("zone_id").loc["Z06", "geometry"]
    told = {
        row[0]: int(row[1])
        for row in hand.grid(path, "Parks, carriers, incubators and platforms inside")[1:]
    }
    for key in ("parks", "carriers"):
        places = tables[key].geometry.dropna()
        # A plane of degrees decides as well as metres whether a point is inside.
        inside = [zone.contains(g if isinstance(g, Point) else g.centroid) for g in places]
        assert told[hand.CATALOGUE.layer(key).title.en] == sum(inside)


def test_an_english_chapter_has_english_headings(tmp_path: Path) -> None:
    path = tmp_path / "en.docx"
    hand.write(path, lang="en")
    document = hand.opened(path)
    headings = [p.text for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert headings[0] == "What is where"
    assert not any(re.search(r"[\u4e00-\u9fff]", text) for text in headings)
    assert any(code.startswith("SEQ Table") for code, _ in _fields(path))


def test_a_scenario_tells_its_moves_and_what_they_change(
    tmp_path: Path, scenario: Scenario
) -> None:
    path = tmp_path / "s.docx"
    report = hand.write(path, "scenario", scenario.name, scenario=scenario, draws=49)
    assert scenario.plan is not None
    moves = {row[0] for row in hand.grid(path, "建议引导清单")[1:]}
    assert moves == set(scenario.plan.moved)
    text = "".join(hand.texts(path))
    assert f"引导 {scenario.plan.moves} 个单元" in text
    assert f"减至 {scenario.plan.presences} 处" in text
    compared = hand.grid(path, "方案前后对比")[1:]
    assert [row[0] for row in compared] == sorted(PARKS)
    assert report.checked


def test_a_scenario_of_other_data_says_so_and_claims_no_proof(
    tmp_path: Path, scenario: Scenario
) -> None:
    older = replace(scenario, versions={**scenario.versions, "units": 3})
    path = tmp_path / "s.docx"
    hand.write(path, "scenario", older.name, scenario=older, draws=49)
    text = "".join(hand.texts(path))
    assert "图层已变（units）" in text
    assert "求解状态：已证最优" not in text


def test_a_district_has_the_scenario_too_but_never_in_public(
    tmp_path: Path, scenario: Scenario
) -> None:
    internal, public = tmp_path / "i.docx", tmp_path / "p.docx"
    hand.write(internal, scenario=scenario, draws=49)
    hand.write(public, scenario=scenario, draws=49, audience="public")
    assert "整合方案“两园区整合”" in "".join(hand.texts(internal))
    assert "整合方案“两园区整合”" not in "".join(hand.texts(public))


def test_a_scenario_without_a_chosen_step_is_refused(tmp_path: Path, scenario: Scenario) -> None:
    with pytest.raises(ExportUsageError, match="尚未选定步骤"):
        hand.write(tmp_path / "s.docx", "scenario", "x", scenario=replace(scenario, chosen=None))


def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[Text, float]] = []
    hand.write(tmp_path / "a.docx", progress=lambda text, share: told.append((text, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_register_without_carriers_is_told_without_analyses(tmp_path: Path) -> None:
    tables = {k: v for k, v in hand.edition().items() if k not in ("carriers", "units")}
    path = tmp_path / "a.docx"
    hand.write(path, tables=tables, scatter=None, underuse=None)
    assert "没有载体数据，本节未计算。" in hand.texts(path)


@pytest.mark.parametrize("there", [("parks",), ("district",), ("parks", "carriers")])
def test_a_district_without_zones_has_its_chapter(tmp_path: Path, there: tuple[str, ...]) -> None:
    tables = {key: hand.edition()[key] for key in there}
    path = tmp_path / "a.docx"
    hand.write(path, tables=tables, scatter=None, underuse=None)
    assert "（无）" in hand.texts(path)
    (last, *others) = reversed(hand.grid(path, "园区分类汇总"))
    counted = [hand.number(row[1]) for row in others[:-1]]
    assert hand.number(last[1]) == sum(counted) == len(tables.get("parks", ()))


def test_names_with_control_characters_and_marks_do_no_harm(tmp_path: Path) -> None:
    parks = hand.edition()["parks"].copy()
    parks.loc[0, "name"] = "甲\x0b<b>&{{title}}\n乙"
    path = tmp_path / "a.docx"
    hand.write(path, tables={**hand.edition(), "parks": parks})
    rows = hand.grid(path, "园区名录")[1:]
    assert rows[0][1].startswith("甲")
    assert "<b>&{{title}} 乙" in rows[0][1]


def test_wide_tables_keep_their_columns_within_the_page(tmp_path: Path) -> None:
    parks = hand.edition()["parks"].copy()
    for name in ("name", "address"):
        parks.loc[0, name] = "W" * 400
    path = tmp_path / "a.docx"
    hand.write(path, tables={**hand.edition(), "parks": parks}, lang="en")
    for table in hand.opened(path).element.body.iter(qn("w:tbl")):
        widths = [int(column.get(qn("w:w"))) for column in table.iter(qn("w:gridCol"))]
        # Sixteen centimetres in twentieths of a point.
        assert sum(widths) == pytest.approx(16.0 / 2.54 * 1440, abs=len(widths))
        assert min(widths) > 0
