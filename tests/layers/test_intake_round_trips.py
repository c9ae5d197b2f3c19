"""What is exported comes back the same; mended rejects complete a delivery."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.contract import conform
from layers.delivery import Options
from layers.delivery import deliver
from layers.export import FORMATS
from layers.export import export_layers
from layers.frames import GEOMETRY
from layers.intake import Choices
from layers.intake import intake
from layers.intake import write_rejects
from layers.workspace import Workspace
from tests.layers.table_files import MAKERS
from tests.layers.table_files import Row
from tests.layers.table_files import by_id
from tests.layers.table_files import clean_row
from tests.layers.table_files import examples

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator

    from layers.catalogue import Catalogue
    from layers.intake import IntakeResult


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as made:
        yield Path(made)


# --- rejected rows that come back ---------------------------------------------------

# What is wrong in every reading, by heading.
BROKEN: dict[str, tuple[str, ...]] = {
    "载体编码": ("",),
    "总建筑面积": ("12OO", "-5", "9e9"),
    "企业数": ("1.5", "若干"),
    "历史保护": ("也许",),
    "数据日期": ("去年", "2026-02-30"),
    "空置起始": ("13月",),
    "税收": ("不少",),
}
breaks = st.dictionaries(
    st.tuples(st.integers(0, 7), st.sampled_from(list(BROKEN))),
    st.integers(0, 2),
    min_size=1,
    max_size=6,
)


def _mend(path: Path, mends: dict[tuple[int, str], str]) -> None:
    """Put cells right in a file of rejected rows; `mends` by row number and heading."""
    _MENDERS[path.suffix](path, mends)


def _mend_csv(path: Path, mends: dict[tuple[int, str], str]) -> None:
    table = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    _put(table, mends).to_csv(path, index=False, encoding="utf-8-sig")


def _mend_gpkg(path: Path, mends: dict[tuple[int, str], str]) -> None:
    (layer, _), *_ = pyogrio.list_layers(path)
    table = _put(pyogrio.read_dataframe(path, layer=layer), mends)
    path.unlink()
    table.to_file(path, layer=layer, engine="pyogrio")


def _put(table: Any, mends: dict[tuple[int, str], str]) -> Any:
    table = table.astype({name: object for _, name in mends})
    lines = {int(row): line for line, row in enumerate(table["_row"])}
    for (row, name), value in mends.items():
        table.loc[lines[row], name] = value
    return table.astype({name: "str" for _, name in mends})


def _mend_xlsx(path: Path, mends: dict[tuple[int, str], str]) -> None:
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    at = {str(cell.value): n for n, cell in enumerate(page[1], start=1)}
    lines = {page.cell(n, at["_row"]).value: n for n in range(2, page.max_row + 1)}
    for (row, name), value in mends.items():
        page.cell(lines[row], at[name], value)
    book.save(path)


def _mend_geojson(path: Path, mends: dict[tuple[int, str], str]) -> None:
    document = json.loads(path.read_text("utf-8"))
    features = {feature["properties"]["_row"]: feature for feature in document["features"]}
    for (row, name), value in mends.items():
        features[row]["properties"][name] = value
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")


_MENDERS: dict[str, Callable[[Path, dict[tuple[int, str], str]], None]] = {
    ".csv": _mend_csv,
    ".xlsx": _mend_xlsx,
    ".gpkg": _mend_gpkg,
    ".geojson": _mend_geojson,
}


def _deliver(workspace: Workspace, path: Path) -> IntakeResult:
    options = Options(Choices(crs="EPSG:4490"))
    return deliver(workspace, path, "carriers", author="李", message="x", options=options).result


@pytest.mark.parametrize("suffix", list(MAKERS))
@examples(3)
@given(broken=breaks)
def test_mended_rejects_complete_the_delivery(
    shared: Catalogue, folder: Path, suffix: str, broken: dict[tuple[int, str], int]
) -> None:
    clean = [clean_row(n) for n in range(8)]
    rows = [dict(row) for row in clean]
    for (n, name), which in broken.items():
        rows[n][name] = BROKEN[name][which % len(BROKEN[name])]
    with TemporaryDirectory() as made:
        here, there = (Workspace.create(Path(made) / w, shared, author="t") for w in "ab")
        _deliver(there, MAKERS[suffix](clean, folder / f"好{suffix}"))
        first = _deliver(here, MAKERS[suffix](rows, folder / f"坏{suffix}"))
        hurt = sorted({n + 1 for n, _ in broken})
        assert first.rejected["_row"].tolist() == hurt
        back = write_rejects(first, folder / f"退回{'.gpkg' if suffix == '.zip' else suffix}")
        _mend(back, {(n + 1, name): clean[n][name] for n, name in broken})
        second = _deliver(here, back)
        assert (second.rows_in, len(second.rejected)) == (len(hurt), 0)
        mended, wanted = (by_id(w.read("carriers")) for w in (here, there))
    pd.testing.assert_frame_equal(mended, wanted)


# --- what is exported is what comes back ---------------------------------------------

texts = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(
        (
            *("=1+1", "'=x", "''-1", '"引号",逗号', "两\n行", "+86 21", "-", "/", "—", "无", "N/A"),
            *("007", "1e5", "2026-03", "TRUE", "是", "😀", " 边 ", "nan", "1,234", "@x", "＝甲"),
        )
    ),
)
numbers = st.one_of(
    st.none(), st.just(-0.0), st.floats(-1e15, 1e15, allow_nan=False), st.just(1 / 3)
)


# A workbook has no days before; its export says so and writes nothing.
days = st.dates(dt.date(1900, 3, 1))


@st.composite
def shapes(draw: st.DrawFn) -> Any:
    """Draw a point, an area with or without a hole, two areas, or no place."""
    x, y = draw(st.floats(121.45, 121.55)), draw(st.floats(31.25, 31.35))
    kind = draw(st.sampled_from(("none", "point", "point", "area", "hole", "two")))
    area = shapely.box(x, y, x + draw(st.floats(0.001, 0.01)), y + 0.001)
    made = {
        "none": None,
        "point": shapely.Point(x, y),
        "area": area,
        "hole": area.difference(shapely.box(x + 0.0002, y + 0.0002, x + 0.0004, y + 0.0004)),
        "two": shapely.MultiPolygon([area, shapely.box(x, y + 0.002, x + 0.001, y + 0.003)]),
    }
    return made[kind]


rows_to_export = st.lists(
    st.fixed_dictionaries(
        {
            "name": texts,
            "park_id": st.one_of(st.none(), st.just("P1")),
            "gross_area_m2": st.one_of(st.none(), st.floats(0, 1e6)),
            "tenants": st.one_of(st.none(), st.integers(0, 2**53)),
            "protected": st.sampled_from((None, True, False)),
            "data_date": st.one_of(st.none(), days.map(str)),
            "vacant_since": st.one_of(st.none(), days.map(lambda day: str(day)[:7])),
            "tax_wan": numbers,
            "geometry": shapes(),
        }
    ),
    min_size=1,
    max_size=6,
)
# Those that the export page offers.
SYSTEMS = ("EPSG:4490", "EPSG:4549", "EPSG:4550", "EPSG:4326")
# A Shapefile is a set of files, a drawing is no table, Parquet is for programs.
NO_ROUTE = {"shp", "dxf", "parquet"}
# Columns go by their titles there, as in a list that somebody typed.
TITLED = {"xlsx", "kml"}
ROUTES = [
    (fmt, crs)
    for fmt in FORMATS
    for crs in SYSTEMS
    if fmt not in NO_ROUTE and (fmt != "geojson" or crs in ("EPSG:4490", "EPSG:4326"))
]


def _exported(rows: list[Row], shared: Catalogue, path: Path, crs: str) -> Any:
    """Write rows that the contract accepts, and return them as they are in the layer."""
    spec = shared.layer("carriers")
    named = [{"carrier_id": f"C{n}", **row} for n, row in enumerate(rows)]
    checked = conform(pd.DataFrame(named, dtype=object), spec)
    tables = {"carriers": checked.accepted}
    export_layers(tables, [spec], shared, fmt=path.suffix[1:], path=path, crs=crs)
    return checked.accepted


def _same_cells(back: Any, frame: Any) -> None:
    fields = [name for name in frame.columns if name != GEOMETRY]
    # A workbook keeps 16 digits.
    pd.testing.assert_frame_equal(
        pd.DataFrame(back)[fields], pd.DataFrame(frame)[fields], rtol=1e-15, atol=0
    )


def _same_places(back: Any, frame: Any, *, inner_points: bool) -> None:
    for got, wanted in zip(back[GEOMETRY], frame[GEOMETRY], strict=True):
        if wanted is None:
            assert got is None
        elif inner_points and wanted.geom_type != "Point":
            # A workbook holds a point inside an area.
            assert wanted.buffer(3e-8).covers(got)
        else:
            assert got.geom_type.removeprefix("Multi") == wanted.geom_type.removeprefix("Multi")
            assert shapely.get_num_coordinates(got) == shapely.get_num_coordinates(wanted)
            assert shapely.hausdorff_distance(got, wanted) < 3e-8


@pytest.mark.parametrize(("fmt", "crs"), ROUTES)
@examples(4)
@given(rows=rows_to_export)
def test_what_is_exported_comes_back(
    shared: Catalogue, folder: Path, fmt: str, crs: str, rows: list[Row]
) -> None:
    path = folder / f"a.{fmt}"
    frame = _exported(rows, shared, path, crs)
    back = intake(path, shared.layer("carriers"), shared, Choices(crs=crs))
    assert back.rows_in == len(frame)
    assert back.rejected.empty
    # An index of places has an order of its own.
    accepted = back.accepted.sort_values("carrier_id", ignore_index=True)
    _same_places(accepted, frame, inner_points=fmt == "xlsx")
    said = {issue.field for issue in back.issues if issue.code == "placeholder_emptied"}
    if fmt in TITLED and said:
        # Only there our own file is not told from a list in which a stroke means nothing.
        assert said == {"name"}
        strokes = frame["name"].notna() & accepted["name"].isna()
        assert set(frame.loc[strokes, "name"]) <= {"-", "/", "—", "N/A", "nan"}
        frame = frame.assign(name=frame["name"].mask(strokes))
    _same_cells(accepted, frame)
