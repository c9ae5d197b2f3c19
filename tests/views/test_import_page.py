"""The import page in its states; what is typed into tables of cells is typed by the test."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pyproj import Transformer

from layers.catalogue import load_catalogue
from tests.views.import_hand import CHECK
from tests.views.import_hand import COLUMNS
from tests.views.import_hand import COMMIT
from tests.views.import_hand import COMPARE
from tests.views.import_hand import FILE
from tests.views.import_hand import HEAD
from tests.views.import_hand import PLACES
from tests.views.import_hand import ROWS
from tests.views.import_hand import WIDE
from tests.views.import_hand import Desk
from tests.views.import_hand import typed
from tests.views.offers_hand import offered

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator

    import pandas as pd

CHINESE = re.compile(r"[\u4e00-\u9fff]")
GRID = (
    "+proj=tmerc +lat_0=31.2345678 +lon_0=121.4654321 +x_0=-3456.789 +y_0=-1234.567"
    " +k=1 +ellps=GRS80 +units=m"
)
SECRETS = ("31.2345678", "121.4654321", "3456.789", "1234.567", "tmerc")


@pytest.fixture
def own(bundled: Path, tmp_path: Path) -> Path:
    """Return a workspace of the bundled edition, which the test may change."""
    return shutil.copytree(bundled, tmp_path / "workspace")


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Desk]]:
    """Return a function that opens the page on a workspace."""
    desks: list[Desk] = []

    def open_page(path: Path, lang: str = "zh") -> Desk:
        desks.append(Desk(monkeypatch, path, lang))
        return desks[-1]

    yield open_page
    for made in desks:
        made.leave()


@pytest.fixture
def desk(opened: Callable[..., Desk], own: Path) -> Desk:
    return opened(own)


# --- with nothing and with the wrong thing ---------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("edition", ["bundled", "empty"])
def test_without_a_file_the_page_asks_for_one_and_offers_templates(
    opened: Callable[..., Desk], request: pytest.FixtureRequest, lang: str, edition: str
) -> None:
    desk = opened(request.getfixturevalue(edition), lang)
    uploader = desk.at.file_uploader[0]
    assert uploader.accept_multiple_files
    assert ".shp .shx .dbf .prj .cpg" in uploader.label
    assert not desk.offers("import_step")
    assert not desk.has_button("import_next")
    assert any(name.endswith(".xlsx") for name in offered(desk.at))
    for text in (uploader.label, desk.text("markdown"), desk.text("caption")):
        assert bool(CHINESE.search(text)) is (lang == "zh")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("总图.dwg", b"AC1032" + b"\0" * 100, "DXF"),
        ("说明.docx", b"PK\x03\x04 no table", "docx"),
        ("空.csv", b"", "空"),
        ("坏.xlsx", b"this is no workbook", "坏.xlsx"),
        ("无后缀", b"a,b\n1,2\n", "无后缀"),
        ("<img src=x onerror=alert(1)>.exe", b"MZ", "<img src=x onerror=alert(1)>.exe"),
    ],
)
def test_what_cannot_be_read_is_explained_and_the_next_file_is_taken(
    desk: Desk, name: str, content: bytes, said: str
) -> None:
    desk.upload(content, name)
    assert said in desk.text("error")
    assert not desk.offers("import_step")
    desk.at.file_uploader[0].clear()
    desk.upload(f"{HEAD}\n{ROWS}")
    assert not desk.at.error
    assert desk.offers("import_step")


def test_the_sentence_about_a_drawing_is_in_the_language_of_the_page(
    opened: Callable[..., Desk], bundled: Path
) -> None:
    desk = opened(bundled, "en")
    desk.upload(b"AC1032" + b"\0" * 100, "plan.dwg")
    assert "DXF" in desk.text("error")
    assert not CHINESE.search(desk.text("error"))


# --- all the way, and back -------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_step_runs_and_speaks_one_language(
    opened: Callable[..., Desk], bundled: Path, lang: str
) -> None:
    desk = opened(bundled, lang)
    desk.upload(
        "carrier_id,name,lon,lat,gross_area_m2,remark2\n"
        "X1,New One,121.5056,31.2990,about 1200,\nX2,New Two,121.5153,31.2871,12OO,x\n",
        "delivery.csv",
    )
    for step in range(6):
        if step:
            desk.press("import_next")
        assert desk.at.session_state["import_step"] == step
        told = desk.text("markdown", "caption", "info", "success", "warning", "html")
        assert not desk.at.error
        assert bool(CHINESE.search(told)) is (lang == "zh"), told
        buttons = " ".join(button.label for button in desk.at.button)
        assert bool(CHINESE.search(buttons)) is (lang == "zh"), buttons


def test_a_file_becomes_a_version_and_one_click_takes_it_back(desk: Desk) -> None:
    before, versions = desk.rows(), desk.workspace.versions()
    desk.upload(
        f"{HEAD},总建筑面积\nX1,新楼一,121.5056,31.2990,约1200\nX2,新楼二,121.52,31.28,12OO\n"
    )
    assert "台账.csv" in desk.text("markdown")
    desk.step(CHECK)
    assert desk.figures() == [2, 1, 1, 0, 0]
    desk.step(COMPARE)
    assert desk.figures()[0] == 1
    desk.commit()
    assert desk.workspace.version("carriers") == versions["carriers"] + 1
    assert desk.rows().loc["X1"]["gross_area_m2"] == 1200
    assert "X2" not in desk.rows().index
    entry = desk.workspace.history("carriers").sort_values("version").iloc[-1]
    assert (entry["author"], entry["source_file"]) == ("李工", "台账.csv")
    assert (entry["rows_in"], entry["rejected"]) == (2, 1)
    assert not desk.offers("import_step")
    desk.press("import_undo")
    assert desk.rows().equals(before)
    assert desk.workspace.version("carriers") == versions["carriers"] + 2
    assert not desk.has_button("import_undo")
    assert {k: v for k, v in desk.workspace.versions().items() if k != "carriers"} == {
        k: v for k, v in versions.items() if k != "carriers"
    }


def test_what_somebody_wrote_since_is_not_undone(desk: Desk) -> None:
    desk.upload(f"{HEAD}\n{ROWS}")
    desk.commit()
    frame = desk.workspace.read("carriers")
    desk.workspace.commit("carriers", frame, author="王工", message="之后")
    desk.press("import_undo")
    assert "王工" in desk.text("error")
    assert "X1" in desk.rows().index


def test_a_file_that_was_given_up_leaves_nothing(desk: Desk) -> None:
    versions = desk.workspace.versions()
    desk.upload(f"{HEAD}\n{ROWS}")
    folder = Path(desk.at.session_state["import_work"].folder.name)
    assert [p.name for p in folder.iterdir()] == ["台账.csv"]
    desk.step(COMPARE)
    desk.press("import_away")
    assert not folder.exists()
    assert not desk.offers("import_step")
    assert "import_work" not in desk.at.session_state
    assert desk.workspace.versions() == versions
    desk.upload("载体编码,楼栋名称\nX9,别的楼\n", "别的.csv")
    assert "别的.csv" in desk.text("markdown")
    assert desk.at.session_state["import_step"] == FILE


def test_a_layer_that_is_a_table_has_nothing_to_locate(desk: Desk) -> None:
    desk.upload("单元编码,载体编码,面积,租户,经度,纬度\nX-1,B01,120,企业甲,121.5,31.3\n")
    desk.step(COLUMNS)
    (columns,) = desk.shown.values()
    assert columns["字段"].tolist()[-2:] == ["（不导入）", "（不导入）"]
    desk.step(PLACES)
    assert desk.at.info
    desk.commit()
    assert desk.rows("units").loc["X-1"]["floor_area_m2"] == 120


# --- columns and profiles --------------------------------------------------


OWN = "编码,楼,东,北,所占,杂项\nX1,新楼一,{0[0]},{0[1]},900,7\nX2,新楼二,{1[0]},{1[1]},800,8\n"


def _plane(own: bool = False) -> str:
    there = Transformer.from_crs(4490, 4549, always_xy=True)
    spots = [there.transform(*spot) for spot in ((121.5056, 31.2990), (121.5153, 31.2871))]
    return OWN.format(*spots).replace("X", "Y" if own else "X")


def _first_import(desk: Desk) -> None:
    """Import a file whose columns and system the planner has to say."""
    desk.upload(_plane())
    desk.layer("carriers")
    desk.step(COLUMNS)
    titles = {f.name: f"{f.title.zh} · {f.name}" for f in load_catalogue().layer("carriers").fields}

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        for heading, name in (("楼", "name"), ("所占", "gross_area_m2"), ("杂项", "floors")):
            frame = typed(heading, "字段", titles[name])(frame)
        return frame

    desk.typed["import_columns"] = change
    desk.run()
    desk.typed.clear()
    desk.step(PLACES)
    desk.field("import_epsg").set_value("EPSG:4549")
    desk.run()
    desk.step(COMMIT)
    desk.field("import_profile_name").set_value("科委季报")
    desk.commit()


def test_what_was_decided_is_offered_for_the_next_file_of_the_same_source(desk: Desk) -> None:
    _first_import(desk)
    first = desk.rows().loc[["X1", "X2"]]
    assert first["name"].tolist() == ["新楼一", "新楼二"]
    assert first["gross_area_m2"].tolist() == [900, 800]
    desk.upload(_plane(own=True), "下一季.csv")
    desk.layer("carriers")
    desk.step(COLUMNS)
    offer = desk.text("info")
    assert "科委季报" in offer
    assert "李工" in offer
    desk.press("import_profile")
    assert "科委季报" in desk.text("success")
    assert not desk.has_button("import_profile")
    desk.commit()
    second = desk.rows().loc[["Y1", "Y2"]]
    columns = ["name", "gross_area_m2", "floors", "geometry"]
    for name in columns:
        assert second[name].tolist() == first[name].tolist(), name


def test_a_profile_counts_only_when_it_is_taken(desk: Desk) -> None:
    _first_import(desk)
    desk.upload(_plane(own=True), "下一季.csv")
    desk.layer("carriers")
    desk.step(CHECK)
    assert "EPSG:4549" in desk.text("error")
    assert not offered(desk.at)


def test_no_profile_is_kept_where_the_planner_says_so(desk: Desk) -> None:
    desk.upload(f"{HEAD}\n{ROWS}")
    desk.step(COMMIT)
    desk.at.checkbox(key="import_remember").uncheck()
    desk.run()
    desk.commit()
    assert "X1" in desk.rows().index
    assert not (desk.path / "profiles").exists()


# --- meanings --------------------------------------------------------------


def test_texts_that_no_list_knows_are_given_a_meaning_and_the_rows_are_accepted(
    desk: Desk,
) -> None:
    desk.upload(
        f"{HEAD},所属园区,载体类别\nX1,一,121.51,31.30,老园,\nX2,二,121.52,31.29,老园,\n"
        "X3,三,121.52,31.28,,没有的类\n"
    )
    desk.step(CHECK)
    assert desk.figures()[:3] == [3, 0, 3]
    (key,) = (k for k in desk.shown if ":park_id:" in k)
    assert desk.shown[key].iloc[:, :2].to_numpy().tolist() == [["老园", 2]]
    park = desk.rows("parks").loc["C09"]
    desk.typed = {key: typed("老园", "代表", f"{park['name']} (C09)")}
    desk.run()
    desk.press("import_values_use:park_id")
    assert desk.figures()[:3] == [3, 2, 1]
    (key,) = (k for k in desk.shown if ":carrier_class:" in k)
    desk.typed = {key: typed("没有的类", "代表", "（未知，留空）")}
    desk.run()
    desk.press("import_values_use:carrier_class")
    assert desk.figures()[:3] == [3, 3, 0]
    desk.commit()
    stored = desk.rows().loc[["X1", "X2", "X3"]]
    assert stored["park_id"].tolist()[:2] == ["C09", "C09"]
    assert stored["carrier_class"].isna().all()


def test_meanings_can_be_taken_back(desk: Desk) -> None:
    desk.upload(f"{HEAD},所属园区\nX1,一,121.51,31.30,老园\n")
    desk.step(CHECK)
    desk.typed = {"import_values": typed("老园", "代表", "（未知，留空）")}
    desk.run()
    desk.press("import_values_use:park_id")
    assert desk.figures()[1] == 1
    desk.press("import_values_back")
    assert desk.figures()[1] == 0


# --- a table of carriers and units -----------------------------------------


def test_a_table_of_both_goes_in_one_half_after_the_other(desk: Desk) -> None:
    desk.upload(WIDE)
    assert desk.offers("import_half")
    assert "载体" in desk.text("info")
    desk.choose("import_half", "carriers")
    assert not any(str(s.key).startswith("import_layer") for s in desk.at.selectbox)
    desk.commit()
    assert {"XA", "XB"} <= set(desk.rows().index)
    assert "XA-1" not in desk.rows("units").index
    # The other half lies on the desk already.
    assert desk.at.session_state["import_step"] == FILE
    assert desk.has_button("import_undo")
    assert not desk.has_button("import_catch_up")
    desk.commit()
    units = desk.rows("units").loc[["XA-1", "XA-2", "XB-1"]]
    assert units["carrier_id"].tolist() == ["XA", "XA", "XB"]
    assert units["floor_area_m2"].sum() == 600
    assert not desk.offers("import_step")


def test_a_table_of_both_may_also_go_in_as_it_is(desk: Desk) -> None:
    desk.upload(WIDE)
    desk.choose("import_half", "units")
    desk.choose("import_half", "")
    desk.step(CHECK)
    assert desk.figures()[0] == 3


# --- a city's own grid -----------------------------------------------------


def _local_file() -> str:
    there = Transformer.from_crs(4490, GRID, always_xy=True)
    spots = [there.transform(*spot) for spot in ((121.5056, 31.2990), (121.5153, 31.2871))]
    rows = [f"X{n},新楼{n},{x},{y}" for n, (x, y) in enumerate(spots, start=1)]
    return "载体编码,楼栋名称,X,Y\n" + "\n".join(rows)


def test_the_parameters_of_a_grid_are_used_and_shown_nowhere(desk: Desk) -> None:
    desk.upload(_local_file())
    desk.step(PLACES)
    desk.field("import_proj").set_value(GRID)
    desk.run()
    told = desk.text()
    desk.press("import_grid")
    told += desk.text()
    assert "2 行" in desk.text("success")
    desk.step(CHECK)
    assert desk.figures()[:3] == [2, 2, 0]
    told += desk.text()
    desk.step(COMMIT)
    assert desk.at.checkbox(key="import_remember").disabled
    told += desk.text()
    desk.commit()
    told += desk.text()
    assert not [secret for secret in SECRETS if secret in told]
    shapes = desk.rows().loc[["X1", "X2"]].geometry
    found = np.column_stack([shapes.x, shapes.y])
    assert found == pytest.approx(np.array([(121.5056, 31.2990), (121.5153, 31.2871)]), abs=1e-7)
    for path in desk.path.rglob("*"):
        if path.is_file():
            assert not [s for s in SECRETS if s.encode() in path.read_bytes()], path
    assert not (desk.path / "profiles").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        GRID.replace("+k=1", "+nadgrids=/etc/passwd"),
        GRID.replace("tmerc", "no_such_projection"),
        "31.2345678 121.4654321",
        GRID.replace("31.2345678", "31.2345678e"),
    ],
)
def test_a_wrong_grid_is_refused_without_repeating_it(desk: Desk, wrong: str) -> None:
    desk.upload(_local_file())
    desk.step(PLACES)
    desk.field("import_proj").set_value(wrong)
    desk.run()
    desk.press("import_grid")
    assert desk.at.error
    numbers = [*SECRETS[:4], "passwd", "no_such"]
    assert not [part for part in numbers if part in desk.text()]
    assert desk.at.session_state["import_work"].choices.local is None


# --- a part of the changes -------------------------------------------------


def test_only_what_is_ticked_is_written(desk: Desk) -> None:
    before = desk.rows()
    desk.upload(f"{HEAD}\n{ROWS}B01,改了名的楼,121.50339,31.28996\nB02,也改名,121.497,31.2826\n")
    desk.step(COMPARE)
    desk.choose("import_part_only", value=True)
    (key,) = (k for k in desk.shown if k.startswith("import_take:"))
    assert set(desk.shown[key]["编码"]) == {"X1", "X2", "B01", "B02"}

    def tick(frame: pd.DataFrame) -> pd.DataFrame:
        frame["采用"] = frame["编码"].isin(["X2", "B01"])
        return frame

    desk.typed = {"import_take": tick}
    desk.run()
    assert "2" in desk.text("caption")
    desk.step(COMMIT)
    assert "**2**" in desk.text("markdown")
    desk.commit()
    after = desk.rows()
    assert set(after.index) - set(before.index) == {"X2"}
    assert after.loc["B01"]["name"] == "改了名的楼"
    assert after.loc["B02"]["name"] == before.loc["B02"]["name"]
    entry = desk.workspace.history("carriers").sort_values("version").iloc[-1]
    assert "[2/4]" in entry["message"]
    desk.press("import_undo")
    assert desk.rows().equals(before)


def test_nothing_ticked_is_nothing_to_write(desk: Desk) -> None:
    versions = desk.workspace.versions()
    desk.upload(f"{HEAD}\n{ROWS}")
    desk.step(COMPARE)

    def untick(frame: pd.DataFrame) -> pd.DataFrame:
        frame["采用"] = False
        return frame

    desk.typed = {"import_take": untick}
    desk.choose("import_part_only", value=True)
    desk.step(COMMIT)
    assert not desk.has_button("import_commit")
    assert desk.workspace.versions() == versions


def test_a_file_that_is_the_whole_layer_removes_what_it_does_not_have(desk: Desk) -> None:
    desk.upload(f"{HEAD}\n{ROWS}")
    desk.step(COMPARE)
    held = len(desk.rows())
    (whole,) = (c for c in desk.at.checkbox if str(c.key).startswith("import_replace"))
    whole.check()
    desk.run()
    assert desk.figures()[:2] == [2, held]
    desk.step(COMMIT)
    assert not desk.has_button("import_commit")
    (agreed,) = (c for c in desk.at.checkbox if str(c.key).startswith("import_agreed"))
    assert str(held) in agreed.label
    agreed.check()
    desk.run()
    desk.commit()
    assert sorted(desk.rows().index) == ["X1", "X2"]
    desk.press("import_undo")
    assert len(desk.rows()) == held
