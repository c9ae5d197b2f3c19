"""``atlas sheet`` and ``atlas report``: what they write, say and refuse."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import docx
import pytest
from PIL import Image

from geo.consolidation import consolidate
from layers.catalogue import load_catalogue
from layers.consolidation import default_parameters
from layers.consolidation import register_of
from layers.errors import UsageError
from layers.scenarios import Scenario
from layers.scenarios import save
from layers.scenarios import saved_step
from layers.sheet import load_template
from layers.sheet.words import OWN_FIELDS
from layers.startup import open_or_create
from tests.cli_hand import run
from tests.consolidation_hand import two_buildings

CATALOGUE = load_catalogue()


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sheets") / "w"
    open_or_create(path, CATALOGUE, author="test")
    return path


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace of two buildings with a solved scenario that moves one unit."""
    path = tmp_path_factory.mktemp("planned") / "w"
    workspace, _issues = open_or_create(path, CATALOGUE, author="test", empty=True)
    tables = two_buildings()
    for key, frame in tables.items():
        workspace.commit(key, frame, author="test", message="test")
    parameters = default_parameters(tables, double_rent_months=0, yearly_share=1)
    answer = consolidate(register_of(tables, CATALOGUE, parameters))
    steps = answer.frontier.steps
    scenario = Scenario(
        name="方案一",
        author="王",
        parameters=parameters,
        versions={key: workspace.version(key) for key in ("carriers", "units")},
        steps=tuple(saved_step(answer.register.problem, step) for step in steps),
        chosen=max(range(len(steps)), key=lambda n: steps[n].moves),
    )
    save(workspace, scenario)
    return path


def _text(pdf: Path) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("poppler-utils is not installed")
    done = subprocess.run(  # noqa: S603 - poppler's own program
        ["pdftotext", "-enc", "UTF-8", pdf, "-"],  # noqa: S607 - wherever it is installed
        capture_output=True,
        check=True,
    )
    return done.stdout.decode("utf-8")


def _told(result: Any) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_park_sheet_has_the_scale_and_the_title_block_that_were_asked_for(
    bundled: Path, tmp_path: Path
) -> None:
    out = tmp_path / "B01.pdf"
    told = _told(
        run(
            *("sheet", "--park", "B01", "--scale", 20000, "--size", "A3", "--out", out),
            *("--field", "unit=某某规划院", "--field", "version=a=b", "--date", "2026-11-20"),
            *("-w", bundled, "--json"),
        )
    )
    assert told["scale"] == 20000
    assert sorted((told["width_mm"], told["height_mm"])) == [297, 420]
    assert told["missing"] == []
    assert told["totals"]["carriers"] > 0
    text = re.sub(r"\s+", "", _text(out))
    for words in ("某某规划院", "a=b", "2026-11-20", "1:20", "示例数据", "内部资料注意保管"):
        assert words in text
    assert [*tmp_path.iterdir()] == [out]


def test_the_district_is_meant_if_nothing_is_said(bundled: Path, tmp_path: Path) -> None:
    out = tmp_path / "d.png"
    result = run("sheet", "--size", "A4", "--orientation", "landscape", "-o", out, "-w", bundled)
    assert result.exit_code == 0, result.stderr
    with Image.open(out) as picture:
        assert picture.width / 300 * 25.4 == pytest.approx(297, abs=0.1)
        assert picture.height / 300 * 25.4 == pytest.approx(210, abs=0.1)
    assert re.search(r"1:\d+", result.stderr)
    assert str(out) in result.stderr


def test_the_same_version_gives_the_same_sheet(bundled: Path, tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        result = run("sheet", "--zone", "Z01", "--size", "A4", "-o", tmp_path / name, "-w", bundled)
        assert result.exit_code == 0, result.stderr
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_an_atlas_has_an_index_and_a_sheet_for_every_park(bundled: Path, tmp_path: Path) -> None:
    out = tmp_path / "parks.pdf"
    parks = ("--park", "B01", "--park", "B02")
    told = _told(
        run("sheet", "--atlas", *parks, "--size", "A4", "-o", out, "-w", bundled, "--json")
    )
    assert [park for park, _page, _scale in told["sheets"]] == ["B01", "B02"]
    assert told["pages"] == 3
    assert _text(out).count("\f") == 3


def test_a_scenario_is_drawn_and_told(planned: Path, tmp_path: Path) -> None:
    drawn = _told(
        run("sheet", "--scenario", "方案一", "-o", tmp_path / "s.pdf", "-w", planned, "--json")
    )
    assert drawn["scale"] in load_template(CATALOGUE.folder).scales
    assert "方案一" in re.sub(r"\s+", "", _text(tmp_path / "s.pdf"))
    told = _told(
        run("report", "--scenario", "方案一", "-o", tmp_path / "s.docx", "-w", planned, "--json")
    )
    assert told["figures"] >= 1
    cells = {
        cell.text
        for table in docx.Document(str(tmp_path / "s.docx")).tables
        for row in table.rows
        for cell in row.cells
    }
    assert "U1" in cells


def test_a_chapter_about_the_district_for_the_public(bundled: Path, tmp_path: Path) -> None:
    out = tmp_path / "d.docx"
    told = _told(run("report", "--audience", "public", "-o", out, "-w", bundled, "--json"))
    assert told["checked"]
    assert "未送审不得公开" in told["notes"]
    document = docx.Document(str(out))
    assert any(told["title"] in paragraph.text for paragraph in document.paragraphs)
    assert len(document.inline_shapes) == told["figures"]


def test_a_chapter_in_the_planner_s_own_template(planned: Path, tmp_path: Path) -> None:
    own = docx.Document()
    own.add_paragraph("前文 {{title}} 后文")
    own.save(str(tmp_path / "own.docx"))
    out = tmp_path / "P1.docx"
    told = _told(
        run(
            *("report", "--park", "P1", "--template", tmp_path / "own.docx", "-o", out),
            *("-w", planned, "--json"),
        )
    )
    assert f"前文 {told['title']} 后文" in [p.text for p in docx.Document(str(out)).paragraphs]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sheet", "--park", "B01", "--district", "-o", "x.pdf"), "--park"),
        (("sheet", "--park", "B01", "--park", "B02", "-o", "x.pdf"), "--park"),
        (("sheet", "--atlas", "--zone", "Z01", "-o", "x.pdf"), "--atlas"),
        (("sheet", "--atlas", "-o", "x.svg"), ".pdf"),
        (("sheet", "-o", "x.doc"), ".svg"),
        (("sheet", "-o", "x.pdf", "--field", "unit"), "NAME=VALUE"),
        (("sheet", "-o", "x.pdf", "--date", "26.11."), "2026-11-26"),
        (("sheet", "-o", "x.pdf", "--size", "A5"), "A5"),
        (("sheet", "-o", "x.pdf", "--scale", "0"), "--scale"),
        (("sheet", "-o", "x.pdf", "--theme", "roads=style"), "parks"),
        (("report", "-o", "x.pdf"), ".docx"),
        (("report", "--park", "B01", "--zone", "Z01", "-o", "x.docx"), "--zone"),
    ],
)
def test_choices_that_contradict_each_other_end_with_2(
    bundled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments, "-w", bundled)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "arguments",
    [
        ("sheet", "--park", "B999", "-o", "x.pdf"),
        ("sheet", "--zone", "", "-o", "x.pdf"),
        ("sheet", "--scenario", "无", "-o", "x.pdf"),
        ("sheet", "--field", "colour=red", "-o", "x.pdf"),
        ("sheet", "--crs", "EPSG:4490", "-o", "x.pdf"),
        ("report", "--park", "B999", "-o", "x.docx"),
        ("report", "--park", "", "-o", "x.docx"),
        ("report", "--scenario", "无", "-o", "x.docx"),
        ("report", "--template", "none.docx", "-o", "x.docx"),
    ],
)
def test_what_there_is_not_is_wrong_usage_in_both_languages(
    bundled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        run(*arguments, "-w", bundled)
    assert caught.value.text.zh != caught.value.text.en
    assert not [*tmp_path.iterdir()]


def test_the_day_is_that_of_the_newest_data(planned: Path, tmp_path: Path) -> None:
    from layers.workspace import Workspace

    newest = max(
        map(dt.datetime.fromisoformat, Workspace.open(planned, CATALOGUE).history()["time"])
    )
    result = run("sheet", "--park", "P1", "-o", tmp_path / "p.pdf", "-w", planned)
    assert result.exit_code == 0, result.stderr
    assert newest.date().isoformat() in _text(tmp_path / "p.pdf")


def test_the_page_on_output_tells_every_field_of_the_title_block() -> None:
    page = (Path(__file__).parents[1] / "docs" / "output.md").read_text(encoding="utf-8")
    line = next(row for row in page.splitlines() if row.startswith("- `--field`"))
    assert re.findall(r"`(\w+)`", line) == list(OWN_FIELDS)


@pytest.mark.parametrize("command", ["sheet", "report", "export"])
def test_a_command_has_help_with_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"Example: atlas {command}" in result.stdout
