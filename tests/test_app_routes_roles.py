"""The routes of tiles and prepared files, for everybody who works on a team server."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import pytest

import app_routes
from layers.errors import Text
from layers.errors import WorkspaceError
from layers.export.ready import MOST_HOURS
from layers.export.ready import ReadyFiles
from layers.team import ALONE
from layers.team import Person
from layers.team import Role
from layers.tiles import TileService
from layers.tiles.service import Edition
from tests.test_app_routes import DETAIL
from tests.test_app_routes import STATE
from tests.test_app_routes import _source
from tests.test_app_routes import ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.team import Audience

PEOPLE = {role: Person(f"id-{role.value}", role.value, role) for role in Role}
EVERYBODY = [ALONE, *PEOPLE.values()]


@pytest.fixture(autouse=True)
def tiles(monkeypatch: pytest.MonkeyPatch) -> TileService:
    fresh = TileService()
    monkeypatch.setattr(app_routes, "service", lambda: fresh)
    return fresh


@contextmanager
def shelf(**bounds: Any) -> Iterator[ReadyFiles]:
    files = ReadyFiles(**bounds)
    yield files
    files.close()


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadyFiles]:
    with shelf() as fresh:
        monkeypatch.setattr(app_routes, "ready_files", lambda: fresh)
        yield fresh


@pytest.mark.parametrize("person", EVERYBODY, ids=lambda p: f"{p.person_id or 'alone'}")
@pytest.mark.parametrize("audience", ["public", "internal"])
@pytest.mark.parametrize("restricted", [False, True])
def test_tiles_of_an_internal_copy_are_for_those_who_may_see_it(
    tiles: TileService, person: Person, audience: Audience, restricted: bool
) -> None:
    edition = Edition("w", "blocks", 3, "name", restricted=restricted, audience=audience)
    ticket = tiles.publish(edition, _source)
    tiles.show(ticket, STATE)
    home = f"/tiles/blocks/{ticket.token}"
    allowed = audience == "public" or person.role != Role.VIEWER
    for path in (f"{home}/{DETAIL.z}/{DETAIL.x}/{DETAIL.y}.mvt", f"{home}/state/{STATE.token}"):
        answer = ask(path, person=person)
        assert answer.status == (200 if allowed else 403)
        keeping = answer.headers["cache-control"]
        assert keeping == ("no-store" if restricted or not allowed else keeping)
        assert "public" not in keeping
        assert "甲".encode() not in answer.body or allowed


def test_a_public_and_an_internal_copy_have_different_addresses(tiles: TileService) -> None:
    tokens = {
        tiles.publish(Edition("w", "b", 3, "name", restricted=False, audience=a), _source).token
        for a in ("public", "internal")
    }
    assert len(tokens) == 2


def _file(folder: Path, content: bytes = b"content", name: str = "x.xlsx") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("person", EVERYBODY, ids=lambda p: f"{p.person_id or 'alone'}")
@pytest.mark.parametrize("owner", EVERYBODY, ids=lambda p: f"of {p.person_id or 'alone'}")
def test_a_file_is_handed_to_whoever_prepared_it_and_to_nobody_else(
    files: ReadyFiles, tmp_path: Path, person: Person, owner: Person
) -> None:
    kept = files.keep(_file(tmp_path), owner=owner.person_id, audience=owner.audience)
    promised = files.promise(
        lambda: b"made", "y.xlsx", "s:key", owner=owner.person_id, audience=owner.audience
    )
    for token, content in ((kept, b"content"), (promised, b"made")):
        answer = ask(f"/exports/{token}/x.xlsx", person=person)
        assert answer.status == (200 if person is owner else 403)
        assert (content in answer.body) is (person is owner)
        assert answer.headers["cache-control"] == "no-store"


def test_who_lost_his_role_does_not_fetch_what_he_prepared_with_it(
    files: ReadyFiles, tmp_path: Path
) -> None:
    secret = files.keep(_file(tmp_path), owner="anna", audience="internal")
    public = files.keep(_file(tmp_path), owner="anna", audience="public")
    now = Person("anna", "Anna", Role.VIEWER)
    assert ask(f"/exports/{secret}/x", person=now).status == 403
    assert ask(f"/exports/{public}/x", person=now).status == 200


def test_what_the_audit_cannot_record_is_not_handed_out(files: ReadyFiles, tmp_path: Path) -> None:
    def full() -> None:
        raise WorkspaceError(Text("磁盘已满", "the disk is full"))

    kept = files.keep(_file(tmp_path), record=full)
    promised = files.promise(lambda: b"content", "x", "s:key", record=full)
    for token in (kept, promised):
        answer = ask(f"/exports/{token}/x", person=ALONE)
        assert answer.status == 409
        assert "磁盘已满" in answer.body.decode()
        assert "content" not in answer.body.decode()


def test_each_fetch_is_recorded_once(files: ReadyFiles, tmp_path: Path) -> None:
    told: list[str] = []
    token = files.keep(_file(tmp_path), record=lambda: told.append("fetched"))
    for number in (1, 2):
        assert ask(f"/exports/{token}/x", person=ALONE).status == 200
        assert len(told) == number


def test_a_promise_is_kept_with_what_was_promised_last(files: ReadyFiles) -> None:
    first = files.promise(lambda: b"old", "a.csv", "session:table", owner="anna")
    second = files.promise(lambda: b"new", "b.csv", "session:table", owner="anna")
    assert first == second
    assert files.promise(lambda: b"", "a.csv", "session:table", owner="bert") != first
    assert files.promise(lambda: b"", "a.csv", "session2:table", owner="anna") != first
    answer = ask(f"/exports/{first}/a.csv", person=Person("anna", "", Role.PLANNER))
    assert answer.body == b"new"
    assert answer.headers["content-disposition"].endswith("b.csv")


def _kept(files: ReadyFiles, tokens: list[str]) -> list[bool]:
    return [files.path(token) is not None for token in tokens]


def test_one_who_prepares_much_pushes_out_his_own_files_only(tmp_path: Path) -> None:
    with shelf(most=3) as files:
        other = files.keep(_file(tmp_path), owner="bert")
        tokens = [files.keep(_file(tmp_path), owner="anna") for _number in range(5)]
        assert _kept(files, tokens) == [False, False, True, True, True]
        assert _kept(files, [other]) == [True]
        for number in range(200):
            files.promise(lambda: b"", "x", str(number), owner="anna")
        assert _kept(files, [*tokens[2:], other]) == [True] * 4


def test_bytes_are_bounded_for_each_and_for_all(tmp_path: Path) -> None:
    with shelf(most_own_bytes=100, most_bytes=150) as files:
        big = [files.keep(_file(tmp_path, b"x" * 60), owner="anna") for _number in range(2)]
        assert _kept(files, big) == [False, True]
        berts = [files.keep(_file(tmp_path, b"x" * 30), owner="bert") for _number in range(3)]
        # All three fit beside Anna's sixty bytes; then Bert, who has most, gives way himself.
        assert _kept(files, [big[1], *berts]) == [True, True, True, True]
        newest = files.keep(_file(tmp_path, b"x" * 10), owner="bert")
        assert _kept(files, [big[1], *berts, newest]) == [True, False, True, True, True]
        # What was prepared just now is handed out, however large.
        assert _kept(files, [files.keep(_file(tmp_path, b"x" * 500), owner="carl")]) == [True]
        lying = [path for path in Path(files._folder.name).iterdir() if path.is_file()]
        assert len(lying) == sum(offer.path is not None for offer in files._offers.values())


def test_files_are_forgotten_after_hours_of_a_clock_that_nobody_sets(tmp_path: Path) -> None:
    now = [0.0]
    with shelf(clock=lambda: now[0]) as files:
        token = files.keep(_file(tmp_path))
        path: Any = files.path(token)
        now[0] = MOST_HOURS * 3600 - 1
        assert files.path(token) == path
        now[0] += 2
        assert files.path(token) is None
        assert not path.exists()
