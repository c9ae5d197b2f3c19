"""A table of carriers and units goes into both layers, or into none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import layers.delivery_split
from layers.catalogue import load_catalogue
from layers.delivery import Options
from layers.delivery import commit_prepared
from layers.delivery_split import deliver_split
from layers.errors import ConflictError
from layers.errors import IntakeError
from layers.intake import Choices
from layers.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from layers.delivery import Committed
    from layers.delivery import Delivery
    from layers.delivery import Prepared

HEAD = "载体编码,楼栋名称,经度,纬度,总建筑面积,竣工年份,单元编码,楼层室号,面积,租户,到期\n"
ROWS = (
    "A,甲楼,121.51,31.30,3000,2001,A-1,101,100,企业一,2027-05-31\n",
    ",,,,,,A-2,102,200,企业二,2027-06-30\n",
    "B,乙楼,121.52,31.31,5000,2010,B-1,201,300,企业三,2028-01-31\n",
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "w", load_catalogue(), author="t", edition=None)


def _file(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "台账.csv"
    path.write_text(head + "".join(rows), "utf-8")
    return path


def _deliver(
    workspace: Workspace,
    file: Path,
    said: dict[str, str] | None = None,
    *,
    replace: bool = False,
    dry_run: bool = False,
) -> tuple[Delivery, Delivery]:
    return deliver_split(
        workspace,
        file,
        author="李",
        message="首批",
        options=Options(Choices(mapping=said or {}), replace, dry_run),
    )


def _ids(workspace: Workspace) -> tuple[list[str], list[str]]:
    return tuple(  # type: ignore[return-value]
        sorted(workspace.read(key)[f"{key[:-1]}_id"]) for key in ("carriers", "units")
    )


def test_both_layers_are_written_and_every_row_is_in_one_of_them(
    workspace: Workspace, tmp_path: Path
) -> None:
    carriers, units = _deliver(workspace, _file(tmp_path, *ROWS))
    assert [d.summary()["rows_in"] for d in (carriers, units)] == [2, 3]
    assert [d.summary()["rejected"] for d in (carriers, units)] == [0, 0]
    assert [d.version for d in (carriers, units)] == [0, 0]
    assert _ids(workspace) == (["A", "B"], ["A-1", "A-2", "B-1"])
    stored = workspace.read("units").set_index("unit_id")
    assert stored["carrier_id"].to_dict() == {"A-1": "A", "A-2": "A", "B-1": "B"}
    assert stored["floor_area_m2"].sum() == 600
    assert workspace.read("carriers")["gross_area_m2"].sum() == 8000
    history = workspace.history()
    assert set(history["message"]) == {"首批"}


def test_the_units_may_refer_to_carriers_of_the_same_file_only_if_those_are_good(
    workspace: Workspace, tmp_path: Path
) -> None:
    bad = ROWS[2].replace("5000", "五千多")
    carriers, units = _deliver(workspace, _file(tmp_path, *ROWS[:2], bad))
    assert [len(d.result.accepted) for d in (carriers, units)] == [1, 2]
    assert [len(d.result.rejected) for d in (carriers, units)] == [1, 1]
    assert {i.code for i in units.issues if i.severity == "error"} == {"unknown_reference"}
    assert _ids(workspace) == (["A"], ["A-1", "A-2"])


def test_a_dry_run_writes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    carriers, units = _deliver(workspace, _file(tmp_path, *ROWS), dry_run=True)
    assert (carriers.version, units.version) == (None, None)
    assert (carriers.changes["added"], units.changes["added"]) == (2, 3)
    assert workspace.keys() == ()


def test_replace_holds_for_both_layers(workspace: Workspace, tmp_path: Path) -> None:
    _deliver(workspace, _file(tmp_path, *ROWS))
    carriers, units = _deliver(workspace, _file(tmp_path, *ROWS[:2]), replace=True)
    assert (carriers.changes["removed"], units.changes["removed"]) == (1, 1)
    assert _ids(workspace) == (["A"], ["A-1", "A-2"])


@pytest.mark.parametrize("target", ["carrier_class", "industry_code", ""])
def test_a_mapped_heading_goes_to_the_layer_that_has_its_field(
    workspace: Workspace, tmp_path: Path, target: str
) -> None:
    said = {"carrier_class": "大学科技园", "industry_code": "65", "": "甲"}[target]
    rows = [f"{row.strip()},{said}\n" for row in ROWS]
    file = _file(tmp_path, *rows, head=HEAD.strip() + ",杂项\n")
    carriers, units = _deliver(workspace, file, {"杂项": target})
    found = [target in d.result.columns.fields for d in (carriers, units)]
    assert (
        found
        == {
            "carrier_class": [True, False],
            "industry_code": [False, True],
            "": [False, False],
        }[target]
    )


@pytest.mark.parametrize("said", [{"没有此列": "name"}, {"租户": "nonsense"}])
def test_a_wrong_mapping_is_refused_and_not_passed_over(
    workspace: Workspace, tmp_path: Path, said: dict[str, str]
) -> None:
    with pytest.raises(IntakeError, match="不存在"):
        _deliver(workspace, _file(tmp_path, *ROWS), said)
    assert workspace.keys() == ()


def test_a_unit_of_numbers_counts_for_the_layer_that_has_the_field(
    workspace: Workspace, tmp_path: Path
) -> None:
    choices = Choices(units={"gross_area_m2": "万㎡", "floor_area_m2": "亩"})
    file = _file(tmp_path, *ROWS)
    carriers, units = deliver_split(
        workspace, file, author="李", message="x", options=Options(choices, dry_run=True)
    )
    assert carriers.result.accepted["gross_area_m2"].tolist() == [30_000_000, 50_000_000]
    areas = units.result.accepted["floor_area_m2"].to_numpy(float)
    assert areas == pytest.approx([n * 10_000 / 15 for n in (100, 200, 300)])


def test_what_is_no_such_table_is_refused_and_nothing_is_written(
    workspace: Workspace, tmp_path: Path
) -> None:
    file = _file(tmp_path, "A,甲楼,121.5,31.3\n", head="载体编码,楼栋名称,经度,纬度\n")
    with pytest.raises(IntakeError, match="不能拆分"):
        _deliver(workspace, file)
    assert workspace.keys() == ()


@pytest.mark.parametrize("before", [False, True])
def test_where_the_units_cannot_be_written_the_carriers_are_put_back(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    if before:
        _deliver(workspace, _file(tmp_path, *ROWS))
    start = len(workspace.history("carriers")) if before else 0
    held = _ids(workspace) if before else ([], [])
    changed = [row.replace("A", "C").replace("甲楼", "丙楼") for row in ROWS]

    def commit(target: Workspace, step: Prepared, *, author: str, message: str) -> Committed:
        if step.layer == "units":
            # Somebody else is quicker.
            other = step.old.assign(note="别人写的")
            target.commit("units", other, author="王", message="抢先")
        return commit_prepared(target, step, author=author, message=message)

    monkeypatch.setattr(layers.delivery_split, "commit_prepared", commit)
    with pytest.raises(ConflictError):
        _deliver(workspace, _file(tmp_path, *changed))
    assert _ids(workspace) == held
    history = workspace.history("carriers").sort_values("version")
    assert len(history) == start + 2
    assert "undo" in history["message"].iloc[-1]
    assert workspace.history("units")["author"].tolist()[-1 if before else 0] in {"王", "李"}
    assert "王" in set(workspace.history("units")["author"])


# --- what is left out, and what both layers know ------------------------------

TENANTS = HEAD.replace("租户", "入驻企业")


def test_names_of_tenants_are_not_taken_for_their_number(
    workspace: Workspace, tmp_path: Path
) -> None:
    carriers, units = _deliver(workspace, _file(tmp_path, *ROWS, head=TENANTS))
    assert [len(d.result.rejected) for d in (carriers, units)] == [0, 0]
    assert workspace.read("carriers")["tenants"].isna().all()
    assert sorted(workspace.read("units")["tenant"]) == ["企业一", "企业三", "企业二"]


@pytest.mark.parametrize("target", ["tenant", "tenants"])
def test_the_planner_may_say_whose_a_heading_is(
    workspace: Workspace, tmp_path: Path, target: str
) -> None:
    """Its cells fit either, so that his word decides."""
    rows = [row.replace("企业一", "7").replace("企业三", "360") for row in (ROWS[0], ROWS[2])]
    halves = _deliver(workspace, _file(tmp_path, *rows, head=TENANTS), {"入驻企业": target})
    assert [len(d.result.rejected) for d in halves] == [0, 0]
    stored = workspace.read("carriers")["tenants"], workspace.read("units")["tenant"]
    known = [sorted(column.dropna().astype(str), key=int) for column in stored]
    assert known == ([[], ["7", "360"]] if target == "tenant" else [["7", "360"], []])


def test_a_column_that_neither_layer_has_is_told_once(workspace: Workspace, tmp_path: Path) -> None:
    rows = [f"{row.strip()},x,y\n" for row in ROWS]
    halves = _deliver(workspace, _file(tmp_path, *rows, head=HEAD.strip() + ",杂项,入驻企业数\n"))
    told = [i.message.zh for d in halves for i in d.issues if i.code == "columns_dropped"]
    assert len([text for text in told if "杂项" in text]) == 1


def test_lines_that_are_no_records_are_counted_and_told_of(
    workspace: Workspace, tmp_path: Path
) -> None:
    more = ("合计,,,,8000,,,,600,,\n", "备注：以上为一季度数据,,,,,,,,,,\n")
    carriers, units = _deliver(workspace, _file(tmp_path, *ROWS, *more))
    assert [d.summary()["dropped"] for d in (carriers, units)] == [2, 0]
    assert [d.summary()["rows_in"] for d in (carriers, units)] == [2, 3]
    told = [(d.layer, i.code, i.row) for d in (carriers, units) for i in d.issues if i.row > 3]
    assert told == [("carriers", "total_row_dropped", 4), ("carriers", "remark_row_dropped", 5)]
