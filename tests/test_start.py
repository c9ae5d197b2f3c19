"""The launcher: it starts the commands from wherever the user is."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import start

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_folders_of_the_user_cannot_stand_in_for_our_modules(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("cli", "data", "geo", "layers", "views"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit(77)", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(start, "python", lambda: sys.executable)
    assert start.run(["cli", "--help"]) == 0


def test_relative_paths_count_from_the_folder_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    called: list[object] = []

    def record(_command: object, *, cwd: object, **_options: object) -> object:
        called.append(cwd)
        return subprocess.CompletedProcess([], 0)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "run", record)
    start.run(["cli", "layers"])
    start.run(["pytest"], folder=start.ROOT)
    assert called == [None, start.ROOT]


def test_a_broken_environment_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(start, "VENV", tmp_path / "nothing")
    assert start.has_pip() is False
    monkeypatch.setattr(start, "python", lambda: tmp_path)
    tmp_path.joinpath("x").touch()
    monkeypatch.setattr(subprocess, "run", lambda *_a, **_k: subprocess.CompletedProcess([], 1))
    assert start.has_pip() is False


def test_the_fingerprint_follows_the_locks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    for name in (*start.LOCKS.values(), "../pyproject.toml"):
        (tmp_path / "requirements" / name).write_text("a", "utf-8")
    monkeypatch.setattr(start, "ROOT", tmp_path)
    before = start.fingerprint("app")
    assert before == start.fingerprint("app")
    (tmp_path / "requirements" / start.LOCKS["app"]).write_text("b", "utf-8")
    assert before != start.fingerprint("app")
