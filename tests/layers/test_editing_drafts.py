from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.editing import FOLDER
from layers.editing import Add
from layers.editing import Delete
from layers.editing import DraftError
from layers.editing import DraftStore
from layers.editing import EditSession
from layers.editing import SetValues
from layers.editing import base_of
from layers.editing import commit
from layers.editing import drafts
from layers.inventory import readable
from layers.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = load_catalogue()
HOSTILE = "<script>\u2028=1+1\ud800 \x00 ../.. \"'"
SESSION = EditSession(
    "parks",
    0,
    "0" * 32,
    (
        Add("D1", shapely.Point(121.5000000000001, 31.3), {"name": HOSTILE}),
        SetValues("P1", {"name": "=1+1", "verified": True, "site_area_m2": 1 / 3, "note": None}),
    ),
    (Delete("P2"),),
)
NONE = "0123456789abcdef" * 2


@pytest.fixture
def store(tmp_path: Path) -> DraftStore:
    return DraftStore(tmp_path / FOLDER)


def test_a_draft_outlives_the_store_and_loses_nothing(store: DraftStore) -> None:
    draft_id = store.save(SESSION)
    assert len(draft_id) == 32
    again = DraftStore(store.folder).load(draft_id)
    assert again == SESSION
    assert again.as_dict() == SESSION.as_dict()


def test_saving_again_replaces_the_draft(store: DraftStore) -> None:
    draft_id = store.save(SESSION)
    assert store.save(SESSION.undo(), draft_id) == draft_id
    assert store.load(draft_id) == SESSION.undo()
    assert store.save(SESSION) != draft_id
    listed, problems = store.list()
    assert {draft.draft_id: draft.session for draft in listed}[draft_id] == SESSION.undo()
    assert len(listed) == 2
    assert problems == {}
    assert all(draft.saved.startswith("20") for draft in listed)
    assert len(list(store.folder.iterdir())) == 2


def test_a_draft_that_was_discarded_is_gone(store: DraftStore) -> None:
    assert store.list() == ((), {})
    store.discard(NONE)
    draft_id = store.save(SESSION)
    store.discard(draft_id)
    assert store.list() == ((), {})
    with pytest.raises(DraftError, match=draft_id):
        store.load(draft_id)


@pytest.mark.parametrize(
    "name",
    ["", "..", "../workspace", "a" * 31, "a" * 33, "A" * 32, "/etc/passwd", f"{NONE}\n", "g" * 32],
)
def test_only_a_token_opens_a_draft(store: DraftStore, name: str) -> None:
    store.save(SESSION)
    secret = store.folder.parent / "workspace.json"
    secret.write_text("{}")
    with pytest.raises(DraftError) as error:
        store.load(name)
    with pytest.raises(DraftError):
        store.save(SESSION, name)
    with pytest.raises(DraftError):
        store.discard(name)
    assert secret.read_text() == "{}"
    assert "passwd" not in str(error.value)


GOOD = {"format": "atlas-draft", "version": 1, "saved": "", "session": SESSION.as_dict()}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[" * 100_000,
        b"null",
        b'{"format": "other"}',
        json.dumps(GOOD)[:-20].encode(),
        json.dumps({**GOOD, "version": "1"}).encode(),
        json.dumps({**GOOD, "version": 0}).encode(),
        json.dumps({**GOOD, "session": None}).encode(),
        json.dumps({**GOOD, "session": {**SESSION.as_dict(), "done": [{"kind": "x"}]}}).encode(),
    ],
)
def test_a_damaged_or_foreign_file_is_named_and_left_alone(
    store: DraftStore, content: bytes
) -> None:
    good = store.save(SESSION)
    path = store.folder / f"{NONE}.json"
    path.write_bytes(content)
    with pytest.raises(DraftError) as error:
        store.load(NONE)
    assert NONE in error.value.text.zh
    assert "left as it is" in error.value.text.en
    listed, problems = store.list()
    assert [draft.draft_id for draft in listed] == [good]
    assert set(problems) == {NONE}
    assert path.read_bytes() == content
    store.discard(NONE)
    assert not path.exists()


def test_a_draft_of_a_newer_program_asks_for_an_upgrade(store: DraftStore) -> None:
    store.save(SESSION)
    (store.folder / f"{NONE}.json").write_text(json.dumps({**GOOD, "version": 2}))
    with pytest.raises(DraftError, match="upgrade"):
        store.load(NONE)


def test_what_a_killed_writer_left_beside_is_ignored(store: DraftStore) -> None:
    draft_id = store.save(SESSION)
    (store.folder / f".{draft_id}-0123456789abcdef").write_text('{"format": "atlas-dr')
    (store.folder / f"{draft_id}.json.bak").write_text("{")
    (store.folder / "notes.txt").write_text("x")
    listed, problems = DraftStore(store.folder).list()
    assert [draft.draft_id for draft in listed] == [draft_id]
    assert problems == {}
    assert store.load(draft_id) == SESSION


def test_a_writer_killed_at_the_last_moment_leaves_the_old_draft(
    store: DraftStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft_id = store.save(SESSION)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        patch.setattr("pathlib.Path.replace", killed)
        with pytest.raises(KeyboardInterrupt):
            store.save(SESSION.undo(), draft_id)
    assert store.load(draft_id) == SESSION
    assert [draft.draft_id for draft in store.list()[0]] == [draft_id]


def test_a_disk_that_refuses_is_said_and_the_old_draft_stays(
    store: DraftStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft_id = store.save(SESSION)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", full)
        with pytest.raises(DraftError, match="磁盘已满"):
            store.save(SESSION.undo(), draft_id)
    assert [path.name for path in store.folder.iterdir()] == [f"{draft_id}.json"]
    assert store.load(draft_id) == SESSION


def test_a_store_does_not_make_a_workspace_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(DraftError):
        DraftStore(tmp_path / "gone" / FOLDER).save(SESSION)
    assert not (tmp_path / "gone").exists()


def test_the_size_of_a_draft_is_bounded(store: DraftStore, monkeypatch: pytest.MonkeyPatch) -> None:
    draft_id = store.save(SESSION)
    monkeypatch.setattr(drafts, "MAX_BYTES", 100)
    with pytest.raises(DraftError, match="more than"):
        store.save(SESSION, draft_id)
    with pytest.raises(DraftError, match="more than"):
        store.load(draft_id)
    monkeypatch.undo()
    assert store.load(draft_id) == SESSION


def test_drafts_lie_in_the_workspace_and_do_not_disturb_it(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "w", CATALOGUE, author="甲")
    spec = CATALOGUE.layer("parks")
    rows = [{"park_id": "P1", "name": "园", "geometry": shapely.Point(121.5, 31.3)}]
    first = conform(pd.DataFrame(rows, dtype=object), spec).accepted
    workspace.commit("parks", first, author="甲", message="首次")
    assert FOLDER not in CATALOGUE.keys
    session = EditSession.begin(workspace, "parks")
    session = session.do(SetValues("P1", {"name": HOSTILE}), base_of(session, workspace), spec)
    draft_id = DraftStore(workspace.path / FOLDER).save(session)

    # The server starts again.
    again = Workspace.open(workspace.path, CATALOGUE)
    assert again.keys() == ("parks",)
    assert set(readable(again)[0]) == {"parks"}
    assert [layer["layer"] for layer in again.info()["layers"]] == ["parks"]
    store = DraftStore(again.path / FOLDER)
    commit(store.load(draft_id), again, author="李", message="改名")
    store.discard(draft_id)
    # What no format can carry goes, everything else stays text.
    assert again.read("parks")["name"].tolist() == ["<script>\u2028=1+1  ../.. \"'"]
    assert len(again.history()) == 2


def test_a_draft_is_open_to_its_owner_only(tmp_path: Path) -> None:
    mine, yours = (DraftStore(tmp_path / "drafts", who) for who in ("me", "you"))
    key = mine.save(EditSession("parks", 0, "w"))
    assert mine.load(key).layer == "parks"
    assert [draft.owner for draft in mine.list()[0]] == ["me"]
    assert yours.list() == ((), {})
    for act in (yours.load, yours.discard, lambda k: yours.save(EditSession("zones", 0, "w"), k)):
        with pytest.raises(DraftError, match="not yours") as error:
            act(key)
        assert "me" not in error.value.text.zh
    assert mine.load(key).layer == "parks"
    # Alone on a computer there is nobody else.
    assert DraftStore(tmp_path / "drafts").load(key).layer == "parks"


def test_a_draft_without_an_owner_is_open_to_all(tmp_path: Path) -> None:
    key = DraftStore(tmp_path / "drafts").save(EditSession("parks", 0, "w"))
    path = tmp_path / "drafts" / f"{key}.json"
    older = json.loads(path.read_text("utf-8"))
    del older["owner"], older["session"]["origin"], older["session"]["brought"]
    path.write_text(json.dumps(older), "utf-8")
    assert DraftStore(tmp_path / "drafts", "me").load(key) == EditSession("parks", 0, "w")
    path.write_text(json.dumps(older | {"owner": 1}), "utf-8")
    with pytest.raises(DraftError, match="damaged"):
        DraftStore(tmp_path / "drafts", "me").load(key)
