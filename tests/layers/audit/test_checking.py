"""Tampering with an audit, in the ways that somebody with an editor has, is found out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from layers.audit import Action
from layers.audit import Door
from layers.audit import Event
from layers.audit import Journal
from layers.audit import Kind
from layers.audit import check
from layers.audit.files import digest_of
from layers.audit.files import files_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three processes after each other: files of 4, 3 and 1 records."""
    for count in (4, 3, 1):
        journal = Journal(tmp_path)
        for number in range(count):
            journal.record(Event(Action.EXPORT, Door.WEB, "u", subject=f"{count}-{number}"))
    assert check(tmp_path) == []
    return tmp_path


def _by_length(folder: Path) -> dict[int, Path]:
    return {len(path.read_bytes().splitlines()): path for path in files_of(folder / "audit")}


def _kinds(folder: Path) -> set[Kind]:
    found = check(folder)
    assert all(one.text.zh and one.text.en and one.file for one in found)
    return {one.kind for one in found if one.grave}


@pytest.mark.parametrize("at", [1, 2])
def test_a_changed_byte_is_found_with_its_file_and_line(folder: Path, at: int) -> None:
    path = _by_length(folder)[4]
    lines = path.read_bytes().splitlines(keepends=True)
    lines[at] = lines[at].replace(b'"4-', b'"5-')
    path.write_bytes(b"".join(lines))
    found = check(folder)
    assert (found[0].kind, found[0].file, found[0].line) == (Kind.CHANGED, path.name, at + 2)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_removed_line_is_found(folder: Path, at: int) -> None:
    path = _by_length(folder)[4]
    lines = path.read_bytes().splitlines(keepends=True)
    del lines[at]
    path.write_bytes(b"".join(lines))
    assert Kind.CHANGED in _kinds(folder)


def test_a_removed_end_is_found(folder: Path) -> None:
    path = _by_length(folder)[4]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert _kinds(folder) == {Kind.MISSING_END}


def test_a_whole_end_written_anew_is_found(folder: Path) -> None:
    """Who knows how the chain is made can make it right, but not what other files say."""
    path = _by_length(folder)[4]
    lines = path.read_bytes().splitlines()
    forged = json.loads(lines[3]) | {"person_id": "somebody else"}
    lines[3] = json.dumps(forged).encode("ascii")
    path.write_bytes(b"\n".join(lines) + b"\n")
    assert _kinds(folder) == {Kind.MISSING_END}


def test_a_forged_line_at_the_end_is_found(folder: Path) -> None:
    path = _by_length(folder)[4]
    with path.open("ab") as file:
        file.write(b'{"number": 4, "time": "2026-01-01T00:00:00+00:00", "before": "00"}\n')
    assert _kinds(folder) == {Kind.CHANGED}


def test_a_line_that_is_no_record_is_found(folder: Path) -> None:
    path = _by_length(folder)[3]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"hello\n" + b"".join(lines[1:]))
    found = check(folder)
    assert [(one.kind, one.line) for one in found] == [(Kind.CHANGED, 2)]


def test_half_a_line_counts_as_a_crash_at_the_end_only(folder: Path) -> None:
    path = _by_length(folder)[3]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1] + b'{"number": 2, "ti' + b"me\n" + lines[2])
    assert _kinds(folder) == {Kind.CHANGED}
    path.write_bytes(b"".join(lines) + b"something else")
    assert _kinds(folder) == {Kind.CHANGED}


@pytest.mark.parametrize("length", [4, 3])
def test_a_removed_file_is_found(folder: Path, length: int) -> None:
    path = _by_length(folder)[length]
    path.unlink()
    assert [(one.kind, one.file) for one in check(folder)] == [(Kind.MISSING_FILE, path.name)]


def test_swapped_files_are_found(folder: Path) -> None:
    first, second = (_by_length(folder)[length] for length in (4, 3))
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)
    assert Kind.CHANGED in _kinds(folder)


def test_a_renamed_file_is_found(folder: Path) -> None:
    path = _by_length(folder)[1]  # the newest, of which no file tells
    path.rename(path.with_name(f"{path.name[:17]}{'0' * 16}.jsonl"))
    assert _kinds(folder) == {Kind.CHANGED}


def test_a_file_that_is_none_of_ours_is_found(folder: Path) -> None:
    (folder / "audit" / "copy of today.jsonl").write_bytes(b"{}\n")
    assert _kinds(folder) == {Kind.FOREIGN}


def test_an_emptied_file_is_found(folder: Path) -> None:
    _by_length(folder)[4].write_bytes(b"")
    assert _kinds(folder) == {Kind.MISSING_END}


def test_the_hash_is_sha256_of_the_line() -> None:
    # As `printf abc | sha256sum` has it.
    wanted = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest_of(b"abc") == wanted
