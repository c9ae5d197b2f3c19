"""What is tried on a disk that is full or read-only; a program of its own.

``bad_disk.py full|readonly FOLDER DESK``: the folder is a small disk of this process alone,
the desk is on another one. Prints JSON: what was said of each attempt, and what is there.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from layers.delivery import deliver  # noqa: E402 -- the path comes first
from layers.editing import EditSession  # noqa: E402
from layers.editing import SetValues  # noqa: E402
from layers.editing import base_of  # noqa: E402
from layers.editing import commit  # noqa: E402
from layers.editing.drafts import FOLDER  # noqa: E402
from layers.editing.drafts import DraftStore  # noqa: E402
from layers.errors import AtlasError  # noqa: E402
from layers.export import export_layers  # noqa: E402
from layers.intake.profiles import Profile  # noqa: E402
from layers.intake.profiles import Profiles  # noqa: E402
from layers.keeping import backup as backing  # noqa: E402
from layers.keeping.vacuum import plan_vacuum  # noqa: E402
from layers.keeping.vacuum import vacuum  # noqa: E402
from layers.keeping.verifying import verify  # noqa: E402
from layers.startup import open_or_create  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.workspace import Workspace

_PAGE = 4096


def _hand() -> Any:
    """Load the helper beside this file; a library has a package called ``tests`` too."""
    spec = importlib.util.spec_from_file_location(
        "hand", Path(__file__).with_name("keeping_hand.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hand = _hand()


def _import(workspace: Workspace, desk: Path) -> object:
    file = desk / "in.csv"
    rows = [f"A{i},新{i},121.5,31.3" for i in range(200)]
    file.write_text("\n".join(["carrier_id,name,lon,lat", *rows, ""]), "utf-8")
    return deliver(workspace, file, "carriers", author="甲", message="导入").version


def _edited(workspace: Workspace, name: str) -> EditSession:
    session = EditSession.begin(workspace, "parks")
    base = base_of(session, workspace)
    return session.do(SetValues("A0", {"name": name}), base, workspace.catalogue.layer("parks"))


def _edit(workspace: Workspace, _desk: Path) -> object:
    return commit(
        _edited(workspace, os.urandom(4).hex()), workspace, author="甲", message="改"
    ).version


def _draft(workspace: Workspace, _desk: Path) -> object:
    return bool(DraftStore(workspace.path / FOLDER).save(_edited(workspace, "稿")))


def _draft_again(workspace: Workspace, _desk: Path) -> object:
    store = DraftStore(workspace.path / FOLDER)
    (first, *_more) = store.list()[0]
    return store.save(_edited(workspace, "稿" * 500), first.draft_id) == first.draft_id


def _scenario(workspace: Workspace, _desk: Path) -> object:
    return hand.scenario(workspace, os.urandom(4).hex(), carriers=1).revision


def _profile(workspace: Workspace, _desk: Path) -> object:
    wanted = Profile("另一个", "carriers", ("编码",), {"编码": "carrier_id"})
    return Profiles(workspace.path / "profiles", workspace.catalogue).save(wanted).name


def _export(workspace: Workspace, _desk: Path) -> object:
    spec = workspace.catalogue.layer("parks")
    path = workspace.path.parent / "out.gpkg"
    tables = {"parks": workspace.read("parks")}
    return export_layers(tables, [spec], workspace.catalogue, fmt="gpkg", path=path).path.name


def _audit(workspace: Workspace, _desk: Path) -> object:
    # More than the room that may be left at the end of the last file.
    return hand.recorder(workspace).access("令牌", told=["长" * 90] * 90)


def _backup(workspace: Workspace, _desk: Path) -> object:
    out = workspace.path.parent / "b.zip"
    return len(backing.back_up(workspace.path, out, author="甲", replace=True).files) > 0


def _backup_unasked(workspace: Workspace, desk: Path) -> object:
    """Let somebody else fill the disk after the room was asked for."""
    real, backing.free_bytes = backing.free_bytes, lambda place: 10**12  # noqa: ARG005
    try:
        return _backup(workspace, desk)
    finally:
        backing.free_bytes = real


def _clear(workspace: Workspace, _desk: Path) -> object:
    plan = plan_vacuum(workspace, keep_days=0)
    return vacuum(workspace, plan, author="甲").versions


ACTIONS: dict[str, Callable[[Workspace, Path], object]] = {
    "import": _import,
    "edit": _edit,
    "draft": _draft,
    "draft again": _draft_again,
    "scenario": _scenario,
    "profile": _profile,
    "export": _export,
    "audit": _audit,
    "backup": _backup,
    "backup unasked": _backup_unasked,
    "clear": _clear,
}


def tried(workspace: Workspace, desk: Path) -> dict[str, dict[str, Any]]:
    """Try everything; return what came of it."""
    found: dict[str, dict[str, Any]] = {}
    for name, act in ACTIONS.items():
        try:
            found[name] = {"done": act(workspace, desk)}
        except AtlasError as error:
            found[name] = {"error": error.text.zh, "en": error.text.en}
    return found


def there(workspace: Workspace) -> dict[str, Any]:
    """Return what is in the workspace, read anew."""
    read, _issues = open_or_create(workspace.path, workspace.catalogue, author="乙")
    names = {key: sorted(read.read(key)["name"]) for key in read.keys()}  # noqa: SIM118
    drafts, problems = DraftStore(read.path / FOLDER).list()
    hidden = [path.name for path in read.path.rglob(".*") if path.name != ".bin"]
    return {
        "versions": read.versions(),
        "names": names,
        "drafts": [draft.session.as_dict() for draft in drafts],
        "problems": sorted(problems),
        "flaws": [f"{f.where}: {f.text.en}" for f in verify(read.path) if f.grave],
        "hidden": hidden,
        "beside": sorted(path.name for path in read.path.parent.iterdir()),
    }


def fill(disk: Path, leave: int) -> None:
    """Fill the disk but for some bytes."""
    with (disk / "fill").open("ab") as file:
        while (room := _room(disk)) > leave:
            try:
                file.write(b"x" * min(_PAGE, room - leave))
                file.flush()
            except OSError:
                return


def _room(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


def full(workspace: Workspace, disk: Path, desk: Path) -> dict[str, Any]:
    """Try everything on a full disk, then with a page more each time, then with room."""
    before = there(workspace)
    fill(disk, 0)
    told = tried(workspace, desk)
    after = there(workspace)
    swept = []
    for pages in range(1, 16):
        (disk / "fill").unlink()
        fill(disk, pages * _PAGE)
        was = workspace.version("carriers")
        try:
            swept.append({"done": _import(workspace, desk)})
        except AtlasError as error:
            swept.append({"error": error.text.zh})
        now = workspace.version("carriers")
        swept[-1] |= {"was": was, "now": now, "rows": len(workspace.read("carriers"))}
    (disk / "fill").unlink()
    again = tried(workspace, desk)
    return {
        "before": before,
        "told": told,
        "after": after,
        "swept": swept,
        "again": again,
        "end": there(workspace),
    }


def readonly(workspace: Workspace, disk: Path, desk: Path) -> dict[str, Any]:
    """Try everything on a disk that cannot be written, then when it can again."""
    before = there(workspace)
    _remount(disk, "ro")
    told = tried(workspace, desk)
    after = there(workspace)
    page = _page(workspace.path)
    _remount(disk, "rw")
    return {
        "before": before,
        "told": told,
        "after": after,
        "page": page,
        "again": tried(workspace, desk),
        "end": there(workspace),
    }


def _remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)  # noqa: S603, S607


def _page(workspace: Path) -> list[str]:
    """Open the first page of the app; return its errors."""
    from streamlit.testing.v1 import AppTest

    os.environ["ATLAS_WORKSPACE"] = str(workspace)
    page = AppTest.from_file(str(ROOT / "views" / "main.py"), default_timeout=120).run()
    return [*(error.value for error in page.exception), *(error.value for error in page.error)]


def main() -> None:
    """Make a workspace on the disk, try everything and tell of it."""
    how, disk, desk = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    workspace = hand.furnished(disk / "w")
    for mark in ("园二", "园三"):
        hand.put(workspace, mark, 2, "parks")
    act = {"full": full, "readonly": readonly}[how]
    told = act(workspace, disk, desk)
    (desk / "told.json").write_text(json.dumps(told, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
