from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pytest

from layers import delivery
from layers.catalogue import load_catalogue
from layers.delivery import Options
from layers.delivery import deliver
from layers.errors import ConflictError
from layers.errors import WorkspaceError
from layers.intake import intake
from layers.intake.rejects import write_rejects
from layers.inventory import readable
from layers.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "carrier_id,name,lon,lat\n"
UPDATE = Options()
REPLACE = Options(replace=True)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "w", load_catalogue(), author="t", edition=None)


def _file(tmp_path: Path, *rows: str, name: str = "载体.csv", head: str = HEAD) -> Path:
    path = tmp_path / name
    path.write_text(head + "".join(f"{row}\n" for row in rows), "utf-8")
    return path


def _deliver(
    workspace: Workspace, file: Path, key: str = "carriers", options: Options = UPDATE
) -> delivery.Delivery:
    return deliver(workspace, file, key, author="李", message="首批", options=options)


def test_good_rows_become_a_version_and_the_counts_close(
    workspace: Workspace, tmp_path: Path
) -> None:
    file = _file(tmp_path, "A,甲,121.5,31.3", "B,乙,12,31.3")
    made = _deliver(workspace, file)
    summary = made.summary()
    assert (summary["rows_in"], summary["accepted"], summary["rejected"]) == (2, 1, 1)
    assert (summary["added"], summary["changed"], summary["removed"]) == (1, 0, 0)
    assert made.version == workspace.version("carriers")
    entry = workspace.history("carriers").iloc[0]
    assert (entry["author"], entry["message"], entry["source_file"]) == ("李", "首批", "载体.csv")
    assert (entry["rows_in"], entry["rejected"]) == (2, 1)


def test_repaired_rejects_join_the_rows_that_were_accepted(
    workspace: Workspace, tmp_path: Path
) -> None:
    first = _deliver(workspace, _file(tmp_path, "A,甲,121.5,31.3", "B,乙,12,31.3"))
    write_rejects(first.result, tmp_path / "bad.csv")
    repaired = (tmp_path / "bad.csv").read_text("utf-8-sig").replace("12,", "121.51,", 1)
    (tmp_path / "bad.csv").write_text(repaired, "utf-8-sig")
    second = _deliver(workspace, tmp_path / "bad.csv")
    assert second.summary()["rejected"] == 0
    assert set(workspace.read("carriers")["carrier_id"]) == {"A", "B"}


def test_a_file_updates_and_only_replace_removes(workspace: Workspace, tmp_path: Path) -> None:
    _deliver(workspace, _file(tmp_path, "A,甲,121.5,31.3", "B,乙,121.6,31.3"))
    update = _deliver(workspace, _file(tmp_path, "B,新乙,121.6,31.3", "C,丙,121.5,31.2"))
    counts = {k: update.changes[k] for k in ("added", "changed", "removed", "kept")}
    assert counts == {"added": 1, "changed": 1, "removed": 0, "kept": 1}
    frame = workspace.read("carriers").set_index("carrier_id")
    assert frame["name"].to_dict() == {"A": "甲", "B": "新乙", "C": "丙"}
    only = _deliver(workspace, _file(tmp_path, "C,丙,121.5,31.2"), options=REPLACE)
    assert (only.changes["removed"], only.changes["kept"]) == (2, 0)
    assert workspace.read("carriers")["carrier_id"].tolist() == ["C"]


def test_what_a_file_does_not_mention_is_not_erased(workspace: Workspace, tmp_path: Path) -> None:
    head = "carrier_id,name,lon,lat,address,gross_area_m2\n"
    _deliver(workspace, _file(tmp_path, "A,甲,121.5,31.3,国定路1号,900", head=head))
    rents = _file(tmp_path, "A,3.5", head="carrier_id,rent_yuan_m2_day\n")
    _deliver(workspace, rents)
    row = workspace.read("carriers").iloc[0]
    assert (row["name"], row["address"], row["gross_area_m2"]) == ("甲", "国定路1号", 900)
    assert row["rent_yuan_m2_day"] == 3.5
    assert row["geometry"].x == pytest.approx(121.5)


def test_sample_rows_stay_marked_when_they_are_updated(
    workspace: Workspace, tmp_path: Path
) -> None:
    head = "carrier_id,name,lon,lat,sample\n"
    _deliver(workspace, _file(tmp_path, "A,甲,121.5,31.3,true", "B,乙,121.5,31.2,true", head=head))
    made = _deliver(workspace, _file(tmp_path, "A,甲楼,121.5,31.3"))
    assert workspace.read("carriers")["sample"].tolist() == [True, True]
    assert made.changes["kept_sample"] == 1


def test_a_dry_run_and_a_file_without_a_good_row_write_nothing(
    workspace: Workspace, tmp_path: Path
) -> None:
    good = _file(tmp_path, "A,甲,121.5,31.3")
    dry = _deliver(workspace, good, options=Options(dry_run=True))
    assert dry.version is None
    assert dry.changes["added"] == 1
    bad = _file(tmp_path, "A,甲,12,31.3", name="bad.csv")
    assert _deliver(workspace, bad).version is None
    assert workspace.keys() == ()


def test_somebody_else_writing_meanwhile_is_a_conflict(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _file(tmp_path, "A,甲,121.5,31.3")
    _deliver(workspace, file)

    def slow(*arguments: object, **options: object) -> object:
        rival = workspace.read("carriers").assign(name="别人改的")
        workspace.commit("carriers", rival, author="王", message="rival")
        return intake(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(delivery, "intake", slow)
    with pytest.raises(ConflictError):
        _deliver(workspace, file)
    assert workspace.read("carriers")["name"].tolist() == ["别人改的"]


def test_other_layers_that_lose_what_they_refer_to_are_named_once(
    workspace: Workspace, tmp_path: Path
) -> None:
    _deliver(workspace, _file(tmp_path, "A,甲,121.5,31.3"))
    rows = ("U1,A,100", "U2,A,200")
    units = _file(tmp_path, *rows, name="u.csv", head="unit_id,carrier_id,floor_area_m2\n")
    assert _deliver(workspace, units, "units").consequences == ()
    other = _file(tmp_path, "B,乙,121.5,31.3", name="other.csv")
    made = _deliver(workspace, other, options=REPLACE)
    assert [(i.layer, i.field, i.value) for i in made.consequences] == [
        ("units", "carrier_id", "A")
    ]
    assert "2 行" in made.consequences[0].message.zh


def test_a_damaged_layer_leaves_the_others_usable_and_can_be_replaced(
    workspace: Workspace, tmp_path: Path
) -> None:
    _deliver(workspace, _file(tmp_path, "A,甲,121.5,31.3"))
    parks = _file(tmp_path, "P,园,121.5,31.3", name="p.csv", head="park_id,name,lon,lat\n")
    _deliver(workspace, parks, "parks")
    for part in (tmp_path / "w").glob("carriers/**/*.parquet"):
        part.write_bytes(part.read_bytes()[:100])
    tables, problems = readable(workspace)
    assert (set(tables), set(problems)) == ({"parks"}, {"carriers"})
    file = _file(tmp_path, "A,甲,121.5,31.3", name="again.csv")
    with pytest.raises(WorkspaceError, match="carriers"):
        _deliver(workspace, file)
    assert _deliver(workspace, file, options=REPLACE).version is not None
    assert isinstance(workspace.read("carriers"), gpd.GeoDataFrame)
    assert readable(workspace)[1] == {}
