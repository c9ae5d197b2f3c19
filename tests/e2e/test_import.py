"""Planners' files in the browser: from the file to the new version, and back."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
from playwright.sync_api import expect

from geo.gcj import wgs84_to_gcj02
from layers.catalogue import EDITION_DIR
from layers.catalogue import load_catalogue
from layers.startup import open_or_create
from tests.e2e.conftest import running
from tests.e2e.hand import download
from tests.e2e.hand import frames
from tests.e2e.hand import idle
from tests.e2e.hand import open_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence
    from pathlib import Path

    from playwright.sync_api import FilePayload
    from playwright.sync_api import Page

    from layers.workspace import Workspace

pytestmark = pytest.mark.e2e
STEPS = ("文件", "列", "位置", "检查", "差异", "提交")
FILE, COLUMNS, PLACES, CHECK, COMPARE, COMMIT = range(6)
SPOTS = [(121.5056, 31.2990), (121.5153, 31.2871), (121.5277, 31.2755)]
IMG = "<img src=x onerror=alert(1)>"
SUMS = "{{1234*1234}}${1234*1234}"
LINK = "[x](javascript:alert(1)) **fett** :red[x] $x^2$"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Workspace]]:
    """Run the app on a workspace of these tests, each of which brings rows of its own."""
    path = tmp_path_factory.mktemp("import") / "workspace"
    workspace, _issues = open_or_create(path, load_catalogue(), author="test")
    with running(path) as address:
        yield address, workspace


class Hand:
    """The import page, and a hand on it."""

    def __init__(self, page: Page, server: str) -> None:
        self.page = page
        open_app(page, server, "import?lang=zh")
        expect(page.get_by_role("heading", name="导入文件")).to_be_visible()

    def upload(self, *files: Path) -> None:
        self.page.locator("input[type=file]").first.set_input_files([*files])

    def send(self, name: str, content: bytes) -> None:
        """Send a file under a name that a disk may not take."""
        upload: FilePayload = {
            "name": name,
            "mimeType": "application/octet-stream",
            "buffer": content,
        }
        self.page.locator("input[type=file]").first.set_input_files(upload)

    def at(self, step: int) -> None:
        """Wait until the page of a step is there and at rest."""
        here = self.page.get_by_role("radio", name=f"{step + 1} {STEPS[step]}", exact=True)
        expect(here).to_be_checked()
        idle(self.page)

    def on(self, step: int) -> None:
        self.page.get_by_role("button", name="下一步", exact=True).click()
        self.at(step)

    def figures(self, **counts: int) -> None:
        """Wait for the counts above the list of findings or changes."""
        for name, count in counts.items():
            cell = self.page.locator(".atlas-figures > div").filter(has_text=name)
            expect(cell.locator("b")).to_have_text(str(count))

    def cells(self, table: int = 0) -> list[str]:
        """Return the texts of a table; they are painted, but also told to screen readers."""
        found = self.page.locator("[data-testid=stDataFrame]").nth(table).locator("[role=gridcell]")
        expect(found.first).to_be_attached()
        return found.all_text_contents()

    def commit(self, layer: str, version: int) -> None:
        self.at(COMMIT)
        self.page.get_by_label("您的姓名").fill("李工")
        self.page.get_by_role("button", name="提交", exact=True).click()
        expect(self.page.get_by_text(f"{layer} 现为版本 {version}。")).to_be_visible()
        idle(self.page)

    def saved(self, button: str) -> bytes:
        return download(self.page, self.page.get_by_role("link", name=button)).path().read_bytes()


def _rows(workspace: Workspace, key: str = "carriers") -> Any:
    return workspace.read(key).set_index(workspace.catalogue.layer(key).id_field)


def _book(path: Path, *rows: Sequence[object], title: str = "载体", merged: str = "") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append([*row])
    for area in merged.split():
        sheet.merge_cells(area)
    book.save(path)
    return path


def test_the_template_is_filled_committed_and_undone(
    desk: tuple[str, Workspace], page: Page, tmp_path: Path
) -> None:
    server, workspace = desk
    before, version = _rows(workspace), workspace.version("carriers")
    hand = Hand(page, server)
    page.get_by_text("填报模板", exact=True).click()
    path = tmp_path / "载体_模板.xlsx"
    path.write_bytes(hand.saved("下载模板（Excel）"))
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    titles = [str(cell.value).strip("*") for cell in sheet[1]]
    for row, (lon, lat) in enumerate(SPOTS[:2], start=2):
        cells: dict[str, Any] = {
            "载体编码": f"T{row}",
            "楼栋名称": f"模板楼{row}",
            "经度（°）": lon,
            "纬度（°）": lat,
        }
        for title, value in cells.items():
            sheet.cell(row, titles.index(title) + 1, value)
    book.save(path)
    hand.upload(path)
    hand.at(FILE)
    expect(page.get_by_text("2 行")).to_be_visible()
    for step in (COLUMNS, PLACES, CHECK):
        hand.on(step)
    hand.figures(读入行=2, 接收=2, 拒收=0)
    hand.on(COMPARE)
    hand.figures(新增=2, 属性变化=0, 删除=0)
    frames(page)
    hand.on(COMMIT)
    hand.commit("载体", version + 1)
    stored = _rows(workspace)
    assert set(stored.index) - set(before.index) == {"T2", "T3"}
    assert stored.loc["T2"]["name"] == "模板楼2"
    page.get_by_role("button", name="撤销本次导入").click()
    expect(page.get_by_text("已撤销导入")).to_be_visible()
    assert workspace.version("carriers") == version + 2
    assert _rows(workspace).equals(before)


def test_a_shapefile_that_says_neither_encoding_nor_system(
    desk: tuple[str, Workspace], page: Page, tmp_path: Path
) -> None:
    server, workspace = desk
    version = workspace.version("carriers")
    frame = gpd.GeoDataFrame(
        {"载体编码": ["S0", "S1", "S2"], "楼栋名称": ["复旦科技楼", "同济联合楼", "杨树浦路里弄"]},
        geometry=shapely.points(SPOTS),
        crs=4490,
    ).to_crs(4549)
    frame.to_file(tmp_path / "载体.shp", encoding="GBK", engine="pyogrio")
    (tmp_path / "载体.cpg").unlink()
    (tmp_path / "载体.prj").unlink()
    table = tmp_path / "载体.dbf"
    content = bytearray(table.read_bytes())
    content[29] = 0  # where the code page would stand
    table.write_bytes(content)
    hand = Hand(page, server)
    hand.upload(*(tmp_path / f"载体.{part}" for part in ("dbf", "shx", "shp")))
    hand.at(FILE)
    shown = hand.cells()
    assert {"复旦科技楼", "同济联合楼", "杨树浦路里弄"} <= set(shown)
    hand.on(COLUMNS)
    hand.on(PLACES)
    expect(page.get_by_text("EPSG:4549").first).to_be_visible()
    choices = page.get_by_role("radiogroup", name="坐标系")
    choices.get_by_text("EPSG:4549", exact=True).click()
    expect(page.get_by_text("3 行中 3 行已定位。按 EPSG:4549 读取。")).to_be_visible()
    hand.on(CHECK)
    hand.figures(接收=3, 拒收=0)
    hand.on(COMPARE)
    hand.figures(新增=3)
    hand.on(COMMIT)
    hand.commit("载体", version + 1)
    stored = gpd.GeoDataFrame(_rows(workspace).loc[["S0", "S1", "S2"]], crs=4490)
    assert stored["name"].tolist() == frame["楼栋名称"].tolist()
    apart = stored.geometry.to_crs(4549).distance(frame.geometry.set_axis(stored.index))
    assert apart.max() < 0.01


def test_a_workbook_of_two_header_rows_returns_what_it_cannot_take(
    desk: tuple[str, Workspace], page: Page, tmp_path: Path
) -> None:
    server, workspace = desk
    version = workspace.version("carriers")
    path = _book(
        tmp_path / "载体台账.xlsx",
        ["杨浦区载体台账（2026年第三季度）"],
        ["载体编码", "楼栋名称", "坐标", None, "面积", None, "税收总额(元)"],
        [None, None, "经度", "纬度", "占地(亩)", "可租(㎡)", None],
        ["W0", "甲楼", *SPOTS[0], 3, "约1,200", 2_500_000],
        ["W1", "乙楼", *SPOTS[1], 6, "9OO", 100_000],
        ["W2", "丙楼", *SPOTS[2], "-", "８００", "/"],
        ["合计", None, None, None, 9, 2000, 2_600_000],
        merged="A1:G1 A2:A3 B2:B3 C2:D2 E2:F2 G2:G3",
    )
    hand = Hand(page, server)
    hand.upload(path)
    hand.at(FILE)
    expect(page.get_by_text("4 行")).to_be_visible()
    hand.on(COLUMNS)
    hand.on(PLACES)
    hand.on(CHECK)
    hand.figures(读入行=3, 接收=2, 拒收=1, 非记录行=1)
    back = openpyxl.load_workbook(io.BytesIO(hand.saved("下载拒收行"))).worksheets[0]
    cells = [cell for row in back.iter_rows(values_only=True) for cell in row]
    assert {*map(str, cells)} >= {"W1", "乙楼", "9OO"}
    assert not {"W0", "W2", "合计"} & {*map(str, cells)}
    hand.on(COMPARE)
    hand.on(COMMIT)
    hand.commit("载体", version + 1)
    stored = _rows(workspace).loc[["W0", "W2"]]
    assert stored["rentable_area_m2"].tolist() == [1200, 800]
    assert stored["land_area_m2"].iloc[0] == pytest.approx(3 * 10_000 / 15, abs=0.1)
    assert stored["tax_wan"].iloc[0] == 250
    assert stored[["land_area_m2", "tax_wan"]].iloc[1].isna().all()


def test_coordinates_of_amap_are_recognised_and_brought_back(
    desk: tuple[str, Workspace], page: Page, tmp_path: Path
) -> None:
    server, workspace = desk
    versions = workspace.versions()
    held = gpd.read_file(EDITION_DIR / "carriers.geojson")
    held = held[held.geometry.notna()]
    lon, lat = wgs84_to_gcj02(held.geometry.x.to_numpy(), held.geometry.y.to_numpy())
    path = tmp_path / "高德点位.csv"
    held[["carrier_id", "name"]].assign(经度=np.round(lon, 8), 纬度=np.round(lat, 8)).to_csv(
        path, index=False
    )
    hand = Hand(page, server)
    hand.upload(path)
    hand.at(FILE)
    hand.on(COLUMNS)
    hand.on(PLACES)
    choices = page.get_by_role("radiogroup", name="坐标系")
    told = page.locator("[data-testid=stAlert]").filter(has_text="GCJ02")
    expect(told).to_contain_text("偏移")
    expect(told).to_contain_text(f"{len(held)} 处")
    frames(page)
    choices.get_by_text("GCJ02", exact=True).click()
    expect(
        page.get_by_text(f"{len(held)} 行中 {len(held)} 行已定位。按 GCJ02 读取。")
    ).to_be_visible()
    hand.on(CHECK)
    hand.figures(接收=len(held), 拒收=0)
    hand.on(COMPARE)
    hand.figures(新增=0, 属性变化=0, 删除=0)
    expect(page.get_by_text("文件内容与图层现状一致。")).to_be_visible()
    hand.on(COMMIT)
    expect(page.get_by_text("没有需要写入的内容")).to_be_visible()
    assert workspace.versions() == versions


def _nothing_ran(page: Page) -> None:
    for frame in page.frames:
        assert frame.locator("img[src=x]").count() == 0
        assert frame.locator("a[href^=javascript]").count() == 0
    assert "1522756" not in page.locator("[data-testid=stMain]").inner_text()


def test_hostile_texts_of_a_file_are_shown_as_texts(
    desk: tuple[str, Workspace], page: Page, tmp_path: Path
) -> None:
    server, workspace = desk
    name = f"{IMG}{SUMS}.xlsx"
    path = _book(
        tmp_path / "h.xlsx",
        ["载体编码", "楼栋名称", "经度", "纬度", "总建筑面积", "所属园区", IMG, SUMS, LINK],
        [IMG, LINK, *SPOTS[0], IMG, LINK, IMG, SUMS, LINK],
        ["H1", f"{IMG}{SUMS}", *SPOTS[1], 5, None, IMG, SUMS, LINK],
        ["H2", LINK, *SPOTS[2], SUMS, IMG, IMG, SUMS, LINK],
        title=IMG,
    )
    book = openpyxl.load_workbook(path)
    book.create_sheet("{{1234}} `a` $b$ _c_ <b>").append(["a"])
    book.save(path)
    hand = Hand(page, server)
    hand.send(name, path.read_bytes())
    hand.at(FILE)
    expect(page.get_by_text(name).first).to_be_visible()
    _nothing_ran(page)
    for step in range(COLUMNS, COMMIT + 1):
        hand.on(step)
        expect(page.locator("[data-testid=stException]")).to_have_count(0)
        _nothing_ran(page)
    hand.commit("载体", workspace.version("carriers") + 1)
    expect(page.get_by_text(name).first).to_be_visible()
    _nothing_ran(page)


def test_a_drawing_of_autocad_is_asked_for_as_dxf(
    desk: tuple[str, Workspace], page: Page, tmp_path: Path
) -> None:
    server, workspace = desk
    versions = workspace.versions()
    path = tmp_path / "用地.dwg"
    path.write_bytes(b"AC1032" + bytes(200))
    hand = Hand(page, server)
    hand.upload(path)
    expect(page.locator("[data-testid=stAlert]").filter(has_text="DXF")).to_be_visible()
    expect(page.get_by_role("button", name="下一步")).to_have_count(0)
    assert workspace.versions() == versions
