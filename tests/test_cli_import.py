"""The commands that take files in, with all that a planner may say to them."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlwt  # type: ignore[import-untyped]

from layers.catalogue import load_catalogue
from layers.errors import AtlasError
from layers.errors import ConflictError
from layers.errors import IntakeError
from layers.errors import UsageError
from layers.workspace import Workspace
from tests.cli_hand import HEAD
from tests.cli_hand import PLACES
from tests.cli_hand import apart_m
from tests.cli_hand import codes
from tests.cli_hand import metres
from tests.cli_hand import placed
from tests.cli_hand import read
from tests.cli_hand import run
from tests.cli_hand import take
from tests.cli_hand import write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundled") / "workspace"
    assert run("workspace", "init", "--workspace", path).exit_code == 0
    return path


@pytest.fixture
def workspace(bundled: Path, tmp_path: Path) -> Path:
    """Return a workspace of the bundled edition, which the test may change."""
    return shutil.copytree(bundled, tmp_path / "workspace")


def _sheet(path: Path) -> pd.DataFrame:
    return pd.read_excel(path, dtype=str, engine="openpyxl")


def _old_workbook(frame: pd.DataFrame, path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("台账")
    for number, cells in enumerate([list(frame.columns), *frame.to_numpy().tolist()]):
        for column, cell in enumerate(cells):
            sheet.write(number, column, cell)
    book.save(str(path))


# --- inspect ---------------------------------------------------------------


def test_inspect_tells_parts_columns_and_systems_and_writes_nothing(
    bundled: Path, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "载体"
    sheet.append(["载体编码", "楼名", "X坐标", "Y坐标", "某列"])
    for number, (x, y) in enumerate(metres(4549)):
        sheet.append([f"X{number}", f"楼{number}", x, y, "?"])
    book.create_sheet("说明").append(["本表由科委填报"])
    book.save(tmp_path / "台账.xlsx")
    before = sorted(p for p in bundled.rglob("*"))
    done = run("inspect", tmp_path / "台账.xlsx", "-w", bundled, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (told["rows"], told["part"], told["layer"]) == (3, "载体", "carriers")
    assert told["parts"] == ["载体", "说明"]
    assert {c["heading"]: c["target"] for c in told["columns"] if c["how"] == "name"} == {
        "载体编码": "carrier_id",
        "楼名": "name",
        "X坐标": "lon",
        "Y坐标": "lat",
    }
    assert told["systems"][0]["system"] == "EPSG:4549"
    assert told["systems"][0]["share_inside"] == 1
    assert told["systems"][0]["reason"]["zh"] != told["systems"][0]["reason"]["en"]
    assert sorted(p for p in bundled.rglob("*")) == before


def test_inspect_speaks_to_people_too(bundled: Path, tmp_path: Path) -> None:
    file = write(tmp_path, f"{HEAD}\nX1,楼,121.5,31.3\n", encoding="gb18030")
    zh = run("inspect", file, "-w", bundled)
    assert "GB18030" in zh.stderr
    assert "数据行: 1" in zh.stderr
    assert "carrier_id" in zh.stderr
    en = run("--lang", "en", "inspect", file, "-w", bundled, "--layer", "carriers")
    assert "rows: 1" in en.stderr
    assert "heading" in en.stderr


def test_inspect_names_the_layers_there_are(bundled: Path, tmp_path: Path) -> None:
    file = write(tmp_path, f"{HEAD}\nX1,楼,121.5,31.3\n")
    with pytest.raises(UsageError, match="carriers"):
        run("inspect", file, "-w", bundled, "--layer", "nothing")
    with pytest.raises(UsageError, match="没有此文件"):
        run("inspect", tmp_path / "没有此文件.csv", "-w", bundled)


# --- template --------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_filled_template_is_taken_without_another_word(
    workspace: Path, tmp_path: Path, lang: str
) -> None:
    path = tmp_path / "template.xlsx"
    done = run("--lang", lang, "template", "carriers", "--out", path)
    assert done.exit_code == 0
    assert str(path) in done.stderr
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    spec = load_catalogue().layer("carriers")
    columns = {str(cell.value): number for number, cell in enumerate(sheet[1], start=1)}

    def at(name: str) -> int:
        title = spec.field(name).title.get(lang)
        return next(n for h, n in columns.items() if re.split("[*(（]", h)[0].strip() == title)

    lon, lat = (
        next(n for h, n in columns.items() if h.startswith(word))
        for word in {"zh": ("经度", "纬度"), "en": ("Longitude", "Latitude")}[lang]
    )
    system = columns[{"zh": "坐标系", "en": "coord_system"}[lang]]
    for row, (x, y) in enumerate(PLACES[:2], start=2):
        sheet.cell(row, at("carrier_id"), f"T{row}")
        sheet.cell(row, at("name"), f"模板楼{row}")
        sheet.cell(row, lon, x)
        sheet.cell(row, lat, y)
        sheet.cell(row, system, "CGCS2000")
        sheet.cell(row, at("gross_area_m2"), 1000 * row)
    book.save(path)
    told = take(workspace, path)
    assert (told["accepted"], told["rejected"], told["dropped"]) == (2, 0, 0)
    assert {i["severity"] for i in told["issues"]} <= {"info"}
    stored = read(workspace, "carriers").loc[["T2", "T3"]]
    assert stored["gross_area_m2"].tolist() == [2000, 3000]
    assert stored["vacant_area_m2"].isna().all()


def test_a_template_is_a_workbook_of_a_layer_there_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="xlsx"):
        run("template", "carriers", "--out", tmp_path / "x.csv")
    with pytest.raises(AtlasError, match="nothing"):
        run("template", "nothing", "--out", tmp_path / "x.xlsx")
    assert not list(tmp_path.iterdir())


# --- what cells and numbers are --------------------------------------------

MESSY = f"{HEAD},所属园区,税收,杂项\nX0,楼零,121.51,31.30,复旦园,250000,7\n"
SAID = (
    *("--value", "park_id:复旦园=B01"),
    *("--unit", "tax_wan=元"),
    *("--map", "杂项=floors"),
)


def test_values_units_and_columns_are_what_the_planner_says(
    workspace: Path, tmp_path: Path
) -> None:
    file = write(tmp_path, MESSY)
    before = take(workspace, file, "--dry-run")
    assert (before["accepted"], before["rejected"]) == (0, 1)
    assert "unknown_reference" in codes(before)
    after = take(workspace, file, *SAID)
    assert (after["accepted"], after["rejected"]) == (1, 0)
    assert "values_replaced" in codes(after)
    row = read(workspace, "carriers").loc["X0"]
    assert (row["park_id"], row["tax_wan"], row["floors"]) == ("B01", 25, 7)


def test_a_value_may_stand_for_unknown(workspace: Path, tmp_path: Path) -> None:
    take(workspace, write(tmp_path, MESSY), "--value", "park_id:复旦园=")
    assert pd.isna(read(workspace, "carriers").loc["X0"]["park_id"])


@pytest.mark.parametrize(
    "option",
    [
        ("--value", "复旦园=B01"),
        ("--value", "park_id:=B01"),
        ("--unit", "tax_wan"),
        ("--unit", "tax_wan="),
        ("--map", "杂项"),
    ],
)
def test_half_a_wish_is_wrong_usage(bundled: Path, tmp_path: Path, option: tuple[str, str]) -> None:
    file = write(tmp_path, MESSY)
    done = run("import", file, "-l", "carriers", "-w", bundled, *option)
    assert done.exit_code == 2
    assert option[0] in done.stderr


@pytest.mark.parametrize(
    "option", [("--unit", "tax_wan=亩"), ("--unit", "no_such=元"), ("--map", "杂项=no_such")]
)
def test_a_wish_that_cannot_be_is_refused(
    workspace: Path, tmp_path: Path, option: tuple[str, str]
) -> None:
    with pytest.raises(IntakeError):
        run("import", write(tmp_path, MESSY), "-l", "carriers", "-w", workspace, *option)
    assert "X0" not in read(workspace, "carriers").index


# --- profiles --------------------------------------------------------------


def test_a_profile_does_what_the_options_did(workspace: Path, tmp_path: Path) -> None:
    rows = [f"X{i},楼{i},{x},{y}" for i, (x, y) in enumerate(metres(4549))]
    text = "\n".join(f"{row},复旦园,250000,7" for row in rows)
    file = write(tmp_path, f"编码,楼,东,北,所属园区,税收,杂项\n{text}\n", encoding="gb18030")
    said = (*SAID, "--map", "楼=name", "--crs", "EPSG:4549", "--encoding", "gb18030")
    first = take(workspace, file, *said, "--save-profile", "科委季报", "--dry-run")
    assert "X0" not in read(workspace, "carriers").index
    second = take(workspace, file, "--profile", "科委季报")
    assert {**first, "version": None} == {**second, "version": None}
    assert second["crs"] == "EPSG:4549"
    assert apart_m(placed(workspace)) < 0.01
    assert read(workspace, "carriers").loc["X2"]["tax_wan"] == 25


def test_an_option_goes_before_the_profile(workspace: Path, tmp_path: Path) -> None:
    file = write(tmp_path, MESSY)
    take(workspace, file, *SAID, "--save-profile", "p", "--dry-run")
    take(
        workspace, file, "--profile", "p", "--value", "park_id:复旦园=B02", "--unit", "tax_wan=万元"
    )
    row = read(workspace, "carriers").loc["X0"]
    assert (row["park_id"], row["tax_wan"], row["floors"]) == ("B02", 250_000, 7)


def test_a_profile_of_another_layer_or_of_no_name_is_refused(
    workspace: Path, tmp_path: Path
) -> None:
    file = write(tmp_path, MESSY)
    take(workspace, file, *SAID, "--save-profile", "p", "--dry-run")
    with pytest.raises(UsageError, match="carriers"):
        run("import", file, "-l", "parks", "-w", workspace, "--profile", "p")
    with pytest.raises(UsageError, match="现有：p"):
        run("import", file, "-l", "carriers", "-w", workspace, "--profile", "别的")
    assert "X0" not in read(workspace, "carriers").index


# --- carriers and units in one table ---------------------------------------

WIDE = (
    f"{HEAD},总建筑面积,竣工年份,单元编码,楼层室号,面积,租户,到期\n"
    "XA,甲楼,121.51,31.30,3000,2001,XA-1,101,100,企业一,2027-05-31\n"
    ",,,,,,XA-2,102,约200,企业二,2027-06-30\n"
    "XB,乙楼,121.52,31.29,5000,2010,XB-1,201,三百多,企业三,2028-01-31\n"
)


def test_split_writes_both_layers_at_once(workspace: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "退回"
    file = write(tmp_path, WIDE)
    done = run(
        *("import", file, "-l", "carriers", "-w", workspace, "--split", "--json"),
        *("--rejects", rejects),
    )
    carriers, units = json.loads(done.stdout)
    assert done.exit_code == 1
    assert (carriers["layer"], carriers["accepted"], carriers["rejected"]) == ("carriers", 2, 0)
    assert (units["layer"], units["accepted"], units["rejected"]) == ("units", 2, 1)
    assert (carriers["version"], units["version"]) == (1, 1)
    stored = read(workspace, "units")
    assert stored.loc["XA-2"]["carrier_id"] == "XA"
    assert stored.loc["XA-2"]["floor_area_m2"] == 200
    assert not (tmp_path / "退回_carriers.csv").exists()
    back = pd.read_csv(tmp_path / "退回_units.csv", encoding="utf-8-sig", dtype=str)
    assert back["单元编码"].tolist() == ["XB-1"]


def test_a_repaired_half_completes_the_delivery(workspace: Path, tmp_path: Path) -> None:
    run(
        *("import", write(tmp_path, WIDE), "-l", "carriers", "-w", workspace, "--split"),
        *("--rejects", tmp_path / "退回.csv"),
    )
    path = tmp_path / "退回_units.csv"
    path.write_text(path.read_text("utf-8-sig").replace("三百多", "300", 1), "utf-8-sig")
    take(workspace, path, layer="units")
    stored = read(workspace, "units")
    assert stored.loc[["XA-1", "XA-2", "XB-1"], "floor_area_m2"].tolist() == [100, 200, 300]


def test_a_table_of_one_layer_cannot_be_split(workspace: Path, tmp_path: Path) -> None:
    file = write(tmp_path, f"{HEAD}\nX1,楼,121.5,31.3\n")
    with pytest.raises(IntakeError, match="不能拆分"):
        run("import", file, "-l", "carriers", "-w", workspace, "--split")
    assert "X1" not in read(workspace, "carriers").index


def test_where_the_second_layer_was_written_by_another_the_first_is_put_back(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Workspace.commit

    def raced(self: Workspace, key: str, frame: Any, **more: Any) -> int:
        if key == "units" and more["author"] != "王":
            commit(self, key, self.read(key), author="王", message="抢先", expected_version=0)
        return commit(self, key, frame, **more)

    monkeypatch.setattr(Workspace, "commit", raced)
    before = read(workspace, "carriers")
    file = write(tmp_path, WIDE)
    with pytest.raises(ConflictError, match="units"):
        run("import", file, "-l", "carriers", "-w", workspace, "--split", "--author", "李")
    after = read(workspace, "carriers")
    assert after.index.tolist() == before.index.tolist()
    assert after.equals(before)
    assert "XA-1" not in read(workspace, "units").index


# --- what goes back, and what takes too long -------------------------------


@pytest.mark.parametrize(
    ("name", "suffix"), [("来件.csv", ".csv"), ("来件.xlsx", ".xlsx"), ("来件.xls", ".xlsx")]
)
def test_rejects_without_a_suffix_have_the_form_that_came(
    workspace: Path, tmp_path: Path, name: str, suffix: str
) -> None:
    rows = [["X1", "好楼", 121.51, 31.30, "1200"], ["X2", "坏楼", 121.51, 31.30, "12OO"]]
    frame = pd.DataFrame(rows, columns=["载体编码", "我们的叫法", "经度", "纬度", "总建筑面积"])
    file = tmp_path / name
    if file.suffix == ".csv":
        frame.to_csv(file, index=False)
    elif file.suffix == ".xlsx":
        frame.to_excel(file, index=False)
    else:
        _old_workbook(frame, file)
    out = tmp_path / "拒收"
    done = run(
        *("import", file, "-l", "carriers", "-w", workspace, "--rejects", out),
        *("--map", "我们的叫法=name"),
    )
    assert done.exit_code == 1
    path = out.with_suffix(suffix)
    assert str(path) in done.stderr
    back = pd.read_csv(path, dtype=str) if suffix == ".csv" else _sheet(path)
    assert back.columns[:5].tolist() == frame.columns.tolist()
    assert back["载体编码"].tolist() == ["X2"]
    assert "12OO" in back.iloc[0].astype(str).tolist()


def test_no_file_of_rejects_where_nothing_is_rejected(workspace: Path, tmp_path: Path) -> None:
    file = write(tmp_path, f"{HEAD}\nX1,楼,121.51,31.3\n")
    take(workspace, file, "--rejects", tmp_path / "拒收")
    assert not list(tmp_path.glob("拒收*"))


def test_reading_that_takes_too_long_is_given_up_with_a_sentence(
    workspace: Path, tmp_path: Path
) -> None:
    rows = "".join(f"X{i},楼{i},121.51,31.3,{i},{i},{i},{i}\n" for i in range(600_000))
    file = write(tmp_path, f"{HEAD},甲,乙,丙,丁\n{rows}", "很大.csv")
    with pytest.raises(IntakeError) as caught:
        run("import", file, "-l", "carriers", "-w", workspace, "--time-limit", 1)
    assert "1 秒的时限" in caught.value.text.zh
    assert "limit of 1 s" in caught.value.text.en
    assert "很大.csv" in caught.value.text.zh
    small = write(tmp_path, f"{HEAD}\nX1,楼,121.51,31.3\n", "小.csv")
    assert take(workspace, small)["accepted"] == 1
