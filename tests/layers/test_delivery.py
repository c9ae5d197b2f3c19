from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layers import delivery
from layers.catalogue import load_catalogue
from layers.delivery import deliver
from layers.errors import ConflictError
from layers.intake import intake
from layers.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "carrier_id,name,lon,lat\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "w", load_catalogue(), author="t", edition=None)


def _file(tmp_path: Path, *rows: str, name: str = "载体.csv", head: str = HEAD) -> Path:
    path = tmp_path / name
    path.write_text(head + "".join(f"{row}\n" for row in rows), "utf-8")
    return path


def test_good_rows_become_a_version_and_the_counts_close(
    workspace: Workspace, tmp_path: Path
) -> None:
    file = _file(tmp_path, "A,甲,121.5,31.3", "B,乙,12,31.3")
    made = deliver(workspace, file, "carriers", author="李", message="首批")
    summary = made.summary()
    assert (summary["rows_in"], summary["accepted"], summary["rejected"]) == (2, 1, 1)
    assert made.version == workspace.version("carriers")
    entry = workspace.history("carriers").iloc[0]
    assert (entry["author"], entry["message"], entry["source_file"]) == ("李", "首批", "载体.csv")
    assert (entry["rows_in"], entry["rejected"]) == (2, 1)


def test_a_dry_run_and_a_file_without_a_good_row_write_nothing(
    workspace: Workspace, tmp_path: Path
) -> None:
    good = _file(tmp_path, "A,甲,121.5,31.3")
    assert (
        deliver(workspace, good, "carriers", author="t", message="m", dry_run=True).version is None
    )
    bad = _file(tmp_path, "A,甲,12,31.3", name="bad.csv")
    assert deliver(workspace, bad, "carriers", author="t", message="m").version is None
    assert workspace.keys() == ()


def test_somebody_else_writing_meanwhile_is_a_conflict(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _file(tmp_path, "A,甲,121.5,31.3")
    deliver(workspace, file, "carriers", author="t", message="first")
    read = intake

    def slow(*arguments: object, **options: object) -> object:
        rival = workspace.read("carriers").assign(name="别人改的")
        workspace.commit("carriers", rival, author="王", message="rival")
        return read(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(delivery, "intake", slow)
    with pytest.raises(ConflictError):
        deliver(workspace, file, "carriers", author="t", message="second")
    assert workspace.read("carriers")["name"].tolist() == ["别人改的"]


def test_other_layers_that_lose_what_they_refer_to_are_named(
    workspace: Workspace, tmp_path: Path
) -> None:
    deliver(workspace, _file(tmp_path, "A,甲,121.5,31.3"), "carriers", author="t", message="m")
    units = _file(tmp_path, "U1,A,100", name="u.csv", head="unit_id,carrier_id,floor_area_m2\n")
    assert deliver(workspace, units, "units", author="t", message="m").references == ()
    other = _file(tmp_path, "B,乙,121.5,31.3", name="other.csv")
    made = deliver(workspace, other, "carriers", author="t", message="m")
    assert [(i.layer, i.field, i.value) for i in made.references] == [("units", "carrier_id", "A")]
