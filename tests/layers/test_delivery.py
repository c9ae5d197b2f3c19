from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from layers import delivery
from layers.catalogue import load_catalogue
from layers.delivery import Options
from layers.delivery import Prepared
from layers.delivery import commit_prepared
from layers.delivery import deliver
from layers.delivery import prepare
from layers.delivery import snapshot
from layers.delivery import undo
from layers.errors import ConflictError
from layers.errors import UsageError
from layers.errors import WorkspaceError
from layers.intake import intake
from layers.intake.rejecting.rejects import write_rejects
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


# --- step by step: look first, then commit all or a part, and take it back


WHO: dict[str, Any] = {"author": "李", "message": "二批"}


def _prepared(workspace: Workspace, file: Path, key: str = "carriers", **options: Any) -> Prepared:
    base = snapshot(workspace)
    spec = workspace.catalogue.layer(key)
    result = intake(file, spec, workspace.catalogue, tables=base.tables)
    return prepare(workspace, key, result, base=base, **options)


def _names(workspace: Workspace) -> dict[str, str]:
    frame = workspace.read("carriers")
    return dict(zip(frame["carrier_id"], frame["name"], strict=True))


@pytest.fixture
def second(workspace: Workspace, tmp_path: Path) -> Path:
    """Return a file that moves A, renames B, leaves C out, and brings D."""
    rows = ("A,甲,121.5,31.3", "B,乙,121.6,31.3", "C,丙,121.5,31.2", "E,戊,121.4,31.2")
    _deliver(workspace, _file(tmp_path, *rows))
    rows = ("A,甲,121.501,31.3", "B,新乙,121.6,31.3", "D,丁,121.5,31.2", "E,戊,121.4,31.2")
    return _file(tmp_path, *rows, name="second.csv")


def test_looking_writes_nothing_and_says_what_becomes_of_every_row(
    workspace: Workspace, second: Path
) -> None:
    prepared = _prepared(workspace, second, replace=True)
    assert workspace.version("carriers") == 0
    kinds = dict(zip(prepared.diff["id"], prepared.diff["kind"], strict=True))
    assert kinds == {"A": "moved", "B": "changed", "C": "removed", "D": "added", "E": "unchanged"}
    assert prepared.changed_ids == ("A", "B", "C", "D")
    assert dict(prepared.changes) == {
        "added": 1,
        "changed": 2,
        "removed": 1,
        "kept": 0,
        "kept_sample": 0,
    }
    told = prepared.values(["B"])
    assert told.to_dict("records") == [
        {"id": "B", "change": "changed", "field": "name", "old": "乙", "new": "新乙"}
    ]


def test_all_of_it_is_one_version_with_its_source(workspace: Workspace, second: Path) -> None:
    done = commit_prepared(workspace, _prepared(workspace, second), **WHO)
    assert (done.version, done.issues) == (1, ())
    assert _names(workspace) == {"A": "甲", "B": "新乙", "C": "丙", "D": "丁", "E": "戊"}
    entry = workspace.history("carriers").iloc[0]
    assert (entry["source_file"], entry["rows_in"], entry["message"]) == ("second.csv", 4, "二批")


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ({"B"}, {"A": "甲", "B": "新乙", "C": "丙", "E": "戊"}),
        ({"D"}, {"A": "甲", "B": "乙", "C": "丙", "D": "丁", "E": "戊"}),
        ({"C"}, {"A": "甲", "B": "乙", "E": "戊"}),
        ({"A", "B", "C", "D"}, {"A": "甲", "B": "新乙", "D": "丁", "E": "戊"}),
    ],
)
def test_of_a_part_the_rest_stays_as_it_was(
    workspace: Workspace, second: Path, only: set[str], expected: dict[str, str]
) -> None:
    prepared = _prepared(workspace, second, replace=True)
    commit_prepared(workspace, prepared, **WHO, only=only)
    assert _names(workspace) == expected
    moved = workspace.read("carriers").set_index("carrier_id").geometry["A"].x
    assert moved == pytest.approx(121.501 if "A" in only else 121.5)
    assert workspace.history("carriers").iloc[0]["message"] == f"二批 [{len(only)}/4]"
    # What was not taken is still there to be taken from the same file.
    rest = _prepared(workspace, second, replace=True)
    assert set(rest.changed_ids) == {"A", "B", "C", "D"} - only


def test_what_the_delivery_does_not_have_cannot_be_chosen(
    workspace: Workspace, second: Path, tmp_path: Path
) -> None:
    prepared = _prepared(workspace, second)
    with pytest.raises(UsageError, match="ZZ"):
        commit_prepared(workspace, prepared, **WHO, only={"A", "ZZ"})
    with pytest.raises(UsageError):
        commit_prepared(workspace, prepared, **WHO, only=set())
    bad = _prepared(workspace, _file(tmp_path, "A,甲,12,31.3", name="bad.csv"), replace=True)
    assert bad.changed_ids == ()
    with pytest.raises(UsageError):
        commit_prepared(workspace, bad, **WHO)
    assert workspace.version("carriers") == 0


def test_a_layer_that_moved_on_since_it_was_looked_at_is_a_conflict(
    workspace: Workspace, second: Path
) -> None:
    prepared = _prepared(workspace, second)
    rival = workspace.read("carriers").assign(name="别人改的")
    workspace.commit("carriers", rival, author="王", message="rival")
    for only in (None, {"B"}):
        with pytest.raises(ConflictError):
            commit_prepared(workspace, prepared, **WHO, only=only)
    assert set(_names(workspace).values()) == {"别人改的"}


def test_undo_brings_back_the_version_before(workspace: Workspace, second: Path) -> None:
    before = workspace.read("carriers")
    done = commit_prepared(workspace, _prepared(workspace, second, replace=True), **WHO)
    assert undo(workspace, "carriers", done.version, author="李") == 2
    pd.testing.assert_frame_equal(workspace.read("carriers"), before)
    assert workspace.history("carriers").iloc[0]["source_file"] == "carriers@0"


def test_undo_of_the_first_version_empties_the_layer(workspace: Workspace, tmp_path: Path) -> None:
    made = _deliver(workspace, _file(tmp_path, "A,甲,121.5,31.3"))
    assert made.version == 0
    undo(workspace, "carriers", 0, author="李")
    assert workspace.read("carriers").empty


def test_undo_is_refused_when_somebody_wrote_since_and_names_who(
    workspace: Workspace, second: Path
) -> None:
    done = commit_prepared(workspace, _prepared(workspace, second), **WHO)
    workspace.commit("carriers", workspace.read("carriers"), author="王五", message="改租金")
    with pytest.raises(ConflictError, match=r"王五.*改租金"):
        undo(workspace, "carriers", done.version, author="李")
    with pytest.raises(WorkspaceError):
        undo(workspace, "carriers", 9, author="李")
    assert workspace.version("carriers") == 2


def _with_originals(prepared: Prepared, *systems: str) -> Prepared:
    ids = ["A", "B", "D"][: len(systems)]
    columns = {"id": ids, "x": 121.5, "y": 31.3, "system": list(systems)}
    return replace(prepared, result=replace(prepared.result, originals=pd.DataFrame(columns)))


@pytest.mark.parametrize(
    ("systems", "only", "kept"),
    [
        (("GCJ02", "GCJ02", "BD09"), None, ["A", "B", "D"]),
        (("GCJ02", "GCJ02", "BD09"), {"A", "D"}, ["A", "D"]),
        (("GCJ02", "LOCAL", "LOCAL"), None, ["A"]),
        (("LOCAL", "LOCAL", "LOCAL"), None, None),
        (("GCJ02",), {"B"}, None),
    ],
)
def test_coordinates_before_a_correction_are_kept_but_never_those_of_a_local_grid(
    workspace: Workspace,
    second: Path,
    systems: tuple[str, ...],
    only: set[str] | None,
    kept: list[str] | None,
) -> None:
    prepared = _with_originals(_prepared(workspace, second), *systems)
    done = commit_prepared(workspace, prepared, **WHO, only=only)
    file = workspace.path / "originals" / f"carriers-{done.version}.parquet"
    assert file.exists() is (kept is not None)
    if kept is not None:
        frame = pd.read_parquet(file)
        assert frame["id"].tolist() == kept
        assert "LOCAL" not in set(frame["system"])
        assert set(frame["sha256"]) == {prepared.result.sha256}
        assert [p.name for p in file.parent.iterdir()] == [file.name]


def test_a_version_stands_when_the_originals_cannot_be_kept(
    workspace: Workspace, second: Path
) -> None:
    (workspace.path / "originals").write_text("in the way", "utf-8")
    prepared = _with_originals(_prepared(workspace, second), "GCJ02")
    done = commit_prepared(workspace, prepared, **WHO)
    assert workspace.version("carriers") == done.version == 1
    assert [issue.code for issue in done.issues] == ["originals_not_kept"]
