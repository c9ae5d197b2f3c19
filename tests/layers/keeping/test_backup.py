from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from layers.audit.checking import check
from layers.editing.drafts import FOLDER
from layers.editing.drafts import DraftStore
from layers.errors import ExportError
from layers.errors import WorkspaceError
from layers.keeping import backup as backup_module
from layers.keeping.backup import back_up
from layers.keeping.contents import contents_of
from layers.keeping.record import NAME
from layers.keeping.refusals import BackupError
from layers.keeping.restoring import read_record
from layers.keeping.restoring import restore_backup
from layers.keeping.restoring import spoiled_files
from layers.keeping.verifying import verify
from layers.scenarios.store import list_scenarios
from layers.workspace import Workspace
from tests.layers.keeping.keeping_hand import CATALOGUE
from tests.layers.keeping.keeping_hand import exported
from tests.layers.keeping.keeping_hand import furnished
from tests.layers.keeping.keeping_hand import mark_of
from tests.layers.keeping.keeping_hand import put

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return furnished(tmp_path / "工作区")


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def rewritten(path: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """Return a copy of a backup in which something was changed."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    change(content)
    changed = path.with_name("变.zip")
    with zipfile.ZipFile(changed, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return changed


def test_what_was_backed_up_comes_back_byte_by_byte(workspace: Workspace, tmp_path: Path) -> None:
    before = files_of(workspace.path)
    made = back_up(workspace.path, tmp_path / "b.zip", author="乙")
    restore_backup(tmp_path / "b.zip", tmp_path / "back")
    assert files_of(tmp_path / "back") == before == files_of(workspace.path)
    assert {f.name: (f.size, f.sha256) for f in made.files} == {
        name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in before.items()
    }
    back = Workspace.open(tmp_path / "back", CATALOGUE)
    assert back.identity == workspace.identity
    assert [mark_of(back, v) for v in range(3)] == ["一", "二", "三"]
    pd.testing.assert_frame_equal(back.history(), workspace.history())
    assert len(DraftStore(back.path / FOLDER).list()[0]) == 1
    assert [s.name for s in list_scenarios(back)[0]] == ["方案一"]
    assert put(back, "四") == 3
    assert verify(back.path) == ()


def test_the_record_says_what_it_is_of(workspace: Workspace, tmp_path: Path) -> None:
    back_up(workspace.path, tmp_path / "b.zip", author="乙")
    told = read_record(tmp_path / "b.zip")
    assert (told.kind, told.identity, told.author) == ("workspace", workspace.identity, "乙")
    assert told.versions == {"": {"carriers": 2, "parks": 0}}
    assert told.catalogue_version == CATALOGUE.version_text
    assert (told.missing, told.left_out) == ((), ())


def test_the_same_contents_are_the_same_bytes_but_for_the_record(
    workspace: Workspace, tmp_path: Path
) -> None:
    for name in ("a.zip", "b.zip"):
        back_up(workspace.path, tmp_path / name, author="乙")
    read = []
    for name in ("a.zip", "b.zip"):
        with zipfile.ZipFile(tmp_path / name) as archive:
            infos = [i for i in archive.infolist() if i.filename != NAME]
            read.append([(i.filename, i.CRC, i.header_offset, i.date_time) for i in infos])
    assert read[0] == read[1]
    assert [name for name, *_rest in read[0]] == sorted(name for name, *_rest in read[0])


def test_a_new_identity_is_another_workspace(workspace: Workspace, tmp_path: Path) -> None:
    back_up(workspace.path, tmp_path / "b.zip", author="乙")
    restore_backup(tmp_path / "b.zip", tmp_path / "back", new_identity=True)
    back = Workspace.open(tmp_path / "back", CATALOGUE)
    assert back.identity != workspace.identity
    assert mark_of(back) == "三"


def test_what_is_committed_meanwhile_is_not_in_it_and_does_no_harm(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commit, save a draft and write the audit after the versions were pinned."""
    real = backup_module._copy
    busy: list[int] = []

    def copy(archive: zipfile.ZipFile, entry: object) -> object:
        if len(busy) < 5:
            busy.append(put(workspace, f"新{len(busy)}"))
            put(workspace, "新园", 4, "parks")
            exported(workspace, carriers=busy[-1])
        return real(archive, entry)  # type: ignore[arg-type]

    monkeypatch.setattr(backup_module, "_copy", copy)
    told = back_up(workspace.path, tmp_path / "b.zip", author="乙")
    assert told.versions == {"": {"carriers": 2, "parks": 0}}
    restore_backup(tmp_path / "b.zip", tmp_path / "back")
    back = Workspace.open(tmp_path / "back", CATALOGUE)
    assert workspace.version("carriers") == 7
    assert back.version("carriers") == 2
    assert mark_of(back) == "三"
    assert [flaw for flaw in verify(back.path) if flaw.grave] == []


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import pandas as pd
from layers.audit import Action, Door, Event, journal_of
from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.workspace import Workspace
catalogue = load_catalogue()
workspace = Workspace.open(Path(sys.argv[1]), catalogue)
for number in range(400):
    for layer, key in (("carriers", "carrier_id"), ("parks", "park_id")):
        frame = pd.DataFrame({key: [f"A{i}" for i in range(50)], "name": str(number)}, dtype=object)
        rows = conform(frame, catalogue.layer(layer)).accepted
        print(workspace.commit(layer, rows, author="k", message=str(number)), flush=True)
        event = Event(Action.EXPORT, Door.BATCH, layers={layer: number}, subject="x" * 300)
        journal_of(workspace.path).record(event)
"""


def test_backups_beside_a_busy_writer_are_whole(workspace: Workspace, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(workspace.path), str(ROOT)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:  # noqa: S603 -- our own code
        try:
            assert writer.stdout is not None
            versions = []
            for number in range(4):
                for _line in range(6):
                    assert writer.stdout.readline()
                path = tmp_path / f"{number}.zip"
                told = back_up(workspace.path, path, author="乙")
                versions.append(told.versions[""]["carriers"])
                assert (told.missing, spoiled_files(path)[1]) == ((), [])
        finally:
            writer.kill()
    assert versions == sorted(set(versions))
    for number, version in enumerate(versions):
        into = tmp_path / f"back{number}"
        restore_backup(tmp_path / f"{number}.zip", into)
        assert Workspace.open(into, CATALOGUE).version("carriers") == version
        assert [flaw for flaw in verify(into) if flaw.grave] == []
        assert [found for found in check(into) if found.grave] == []


def test_half_made_files_hidden_ones_and_links_stay_behind(
    workspace: Workspace, tmp_path: Path
) -> None:
    (workspace.path / "carriers" / "part-9.snappy.parquet").write_bytes(b"half")
    (workspace.path / ".atlas-abcd1234").mkdir()
    (workspace.path / ".atlas-abcd1234" / "x").write_bytes(b"half")
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    (workspace.path / "basemaps" / "link.mbtiles").symlink_to(tmp_path / "secret")
    (workspace.path / "linked").symlink_to(tmp_path)
    told = back_up(workspace.path, tmp_path / "b.zip", author="乙")
    assert told.left_out == ("basemaps/link.mbtiles", "linked")
    names = {file.name for file in told.files}
    assert not [name for name in names if "part-9" in name or "atlas-" in name]


def test_the_audit_is_copied_up_to_its_last_whole_line(
    workspace: Workspace, tmp_path: Path
) -> None:
    (journal,) = (workspace.path / "audit").iterdir()
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"number": 9, "half')
    back_up(workspace.path, tmp_path / "b.zip", author="乙")
    restore_backup(tmp_path / "b.zip", tmp_path / "back")
    assert (tmp_path / "back" / "audit" / journal.name).read_bytes() == whole


def test_a_damaged_workspace_is_backed_up_and_says_so(workspace: Workspace, tmp_path: Path) -> None:
    lost = min((workspace.path / "carriers").glob("*.parquet"))
    lost.unlink()
    told = back_up(workspace.path, tmp_path / "b.zip", author="乙")
    assert told.missing == (f"carriers/{lost.name}",)


def test_a_file_that_is_replaced_all_the_time_is_said_to_be(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = contents_of

    def gone(root: Path) -> object:
        found = real(root)
        next(e for e in found.entries if e.name.startswith("scenarios/")).path.unlink()
        (workspace.path / "scenarios" / "x").mkdir(exist_ok=True)
        (workspace.path / "scenarios" / "x" / f"{os.urandom(4).hex()}.json").touch()
        return found

    monkeypatch.setattr(backup_module, "contents_of", gone)
    with pytest.raises(BackupError, match="稍后再试"):
        back_up(workspace.path, tmp_path / "b.zip", author="乙")
    assert list(tmp_path.glob("*.zip")) == []


def test_where_a_backup_may_not_go(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="之内"):
        back_up(workspace.path, workspace.path / "b.zip", author="乙")
    (tmp_path / "b.zip").write_bytes(b"old")
    with pytest.raises(BackupError, match="--replace"):
        back_up(workspace.path, tmp_path / "b.zip", author="乙")
    assert (tmp_path / "b.zip").read_bytes() == b"old"
    back_up(workspace.path, tmp_path / "b.zip", author="乙", replace=True)
    assert spoiled_files(tmp_path / "b.zip")[1] == []
    with pytest.raises(BackupError, match="--workspace"):
        back_up(workspace.path / "scenarios", tmp_path / "c.zip", author="乙")
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="file"):
        back_up(workspace.path, tmp_path / "file" / "b.zip", author="乙")


def test_room_is_asked_for_first(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(workspace.path, tmp_path / "b.zip", author="乙")
    monkeypatch.setattr("layers.keeping.backup.free_bytes", lambda _place: 1000)
    monkeypatch.setattr("layers.keeping.restoring.free_bytes", lambda _place: 1000)
    with pytest.raises(BackupError, match="磁盘空间不足"):
        back_up(workspace.path, tmp_path / "c.zip", author="乙")
    with pytest.raises(BackupError, match="磁盘空间不足"):
        restore_backup(tmp_path / "b.zip", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def _last(content: dict[str, bytes], ending: str) -> str:
    return max(name for name in content if name.endswith(ending))


def _flip(content: dict[str, bytes]) -> None:
    name = _last(content, ".parquet")
    content[name] = content[name][:-1] + bytes([content[name][-1] ^ 1])


def _longer(content: dict[str, bytes]) -> None:
    content[_last(content, ".mbtiles")] += b"x"


def _shorter(content: dict[str, bytes]) -> None:
    content[_last(content, ".mbtiles")] = b""


@pytest.mark.parametrize("change", [_flip, _longer, _shorter])
def test_a_changed_file_is_named_and_nothing_is_restored(
    workspace: Workspace, tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    back_up(workspace.path, tmp_path / "b.zip", author="乙")
    changed = rewritten(tmp_path / "b.zip", change)
    (name,) = spoiled_files(changed)[1]
    assert name.endswith(".parquet" if change is _flip else ".mbtiles")
    with pytest.raises(BackupError, match=name):
        restore_backup(changed, tmp_path / "back")
    assert not (tmp_path / "back").exists()
    assert list(tmp_path.glob(".back-*")) == []


def _renamed(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(content: dict[str, bytes]) -> None:
        told = json.loads(content[NAME])
        old = told["files"][0]["name"]
        told["files"][0]["name"] = name
        content[name] = content.pop(old)
        content[NAME] = json.dumps(told).encode()

    return change


def _added(content: dict[str, bytes]) -> None:
    content["../x"] = b"x"


def _taken(content: dict[str, bytes]) -> None:
    content.pop(_last(content, ".parquet"))


def _newer(content: dict[str, bytes]) -> None:
    content[NAME] = content[NAME].replace(b'"version": 1,', b'"version": 2,', 1)


@pytest.mark.parametrize(
    "change",
    [
        *map(_renamed, ["../x", "/x", "a/../../x", "C:x", "a\\..\\x", "a//x", "./x", "a/ /x"]),
        _added,
        _taken,
        _newer,
        lambda content: content.pop(NAME),
        lambda content: content.update({NAME: b"{"}),
        lambda content: content.update({NAME: b"[" * 100_000}),
        lambda content: content.update({"a": b"1", "A": b"1"}),
    ],
)
def test_a_foreign_archive_leads_nowhere(
    workspace: Workspace, tmp_path: Path, change: Callable[[dict[str, bytes]], object]
) -> None:
    back_up(workspace.path, tmp_path / "b.zip", author="乙")
    there = sorted(tmp_path.iterdir())
    changed = rewritten(tmp_path / "b.zip", change)
    for act in (lambda: spoiled_files(changed), lambda: restore_backup(changed, tmp_path / "back")):
        with pytest.raises(BackupError):
            act()
    assert sorted(tmp_path.iterdir()) == sorted([*there, changed])


def test_what_is_no_archive_or_was_cut_off(workspace: Workspace, tmp_path: Path) -> None:
    back_up(workspace.path, tmp_path / "b.zip", author="乙")
    whole = (tmp_path / "b.zip").read_bytes()
    for name, data in (("empty", b""), ("text", b"x" * 999), ("cut", whole[: len(whole) // 2])):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BackupError, match="另一份备份"):
            restore_backup(tmp_path / name, tmp_path / "back")
    with pytest.raises(BackupError):
        read_record(tmp_path / "none.zip")


def test_a_backup_is_restored_into_a_vacant_folder_only(
    workspace: Workspace, tmp_path: Path
) -> None:
    back_up(workspace.path, tmp_path / "b.zip", author="乙")
    with pytest.raises(WorkspaceError, match="空文件夹"):
        restore_backup(tmp_path / "b.zip", workspace.path)
    (tmp_path / "empty").mkdir()
    restore_backup(tmp_path / "b.zip", tmp_path / "empty")
    assert mark_of(Workspace.open(tmp_path / "empty", CATALOGUE)) == "三"
