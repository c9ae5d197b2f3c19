"""The house rules that a machine can check: imports run one way, files stay small."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Each room may import the rooms to its right and itself.
ROOMS = (
    "app",
    "app_gate",
    "app_identity",
    "app_health",
    "app_limits",
    "app_live",
    "app_live_standard",
    "app_live_visit",
    "app_log",
    "app_routes",
    "app_signin",
    "app_team_gate",
    "app_watch",
    "cli",
    "cli_access",
    "cli_audit",
    "cli_batch",
    "cli_batch_run",
    "cli_common",
    "cli_consolidate",
    "cli_database",
    "cli_evaluate",
    "cli_import",
    "cli_keeping",
    "cli_monitoring",
    "cli_plan",
    "cli_plan_records",
    "cli_snapshot",
    "cli_tables",
    "cli_opendata",
    "cli_output",
    "cli_overrides",
    "cli_scatter",
    "cli_sheet",
    "cli_source",
    "cli_team",
    "cli_underuse",
    "cli_workspace",
    "views",
    "layers",
    "geo",
)
ALLOWED = {
    "app": {
        "app_gate",
        "app_team_gate",
        "app_health",
        "app_limits",
        "app_log",
        "app_routes",
        "views",
        "layers",
        "geo",
    },
    "app_gate": {"layers", "geo"},
    "app_identity": {"layers", "geo"},
    "app_signin": {"layers", "geo"},
    "app_watch": {"layers", "geo"},
    "app_team_gate": {
        "app_gate",
        "app_health",
        "app_identity",
        "app_signin",
        "app_watch",
        "layers",
        "geo",
    },
    "app_health": {"layers", "geo"},
    "app_limits": {"layers", "geo"},
    "app_live": {"app_live_standard", "app_live_visit", "layers", "geo"},
    "app_live_standard": {"layers", "geo"},
    "app_live_visit": {"app_live_standard", "layers", "geo"},
    "app_log": {"layers", "geo"},
    "app_routes": {"app_health", "app_live", "layers", "geo"},
    "cli": {
        "app",
        "cli_access",
        "cli_audit",
        "cli_batch",
        "cli_common",
        "cli_consolidate",
        "cli_database",
        "cli_evaluate",
        "cli_import",
        "cli_monitoring",
        "cli_plan_records",
        "cli_snapshot",
        "cli_opendata",
        "cli_output",
        "cli_scatter",
        "cli_sheet",
        "cli_team",
        "cli_underuse",
        "cli_workspace",
        "layers",
        "geo",
    },
    "cli_access": {"cli_common", "cli_tables", "layers", "geo"},
    "cli_audit": {"cli_common", "layers", "geo"},
    "cli_batch": {
        "cli_batch_run",
        "cli_common",
        "cli_consolidate",
        "cli_scatter",
        "cli_underuse",
        "layers",
        "geo",
    },
    "cli_batch_run": {"cli_common", "layers", "geo"},
    "cli_common": {"layers", "geo"},
    "cli_consolidate": {"cli_common", "cli_overrides", "layers", "geo"},
    "cli_database": {"cli_common", "cli_output", "layers", "geo"},
    "cli_evaluate": {"cli_common", "cli_tables", "layers", "geo"},
    "cli_import": {"cli_common", "cli_source", "layers", "geo"},
    "cli_monitoring": {"cli_common", "cli_tables", "layers", "geo"},
    "cli_plan": {"cli_common", "cli_tables", "layers"},
    "cli_plan_records": {"cli_common", "cli_plan", "cli_tables", "layers"},
    "cli_snapshot": {"cli_common", "cli_tables", "layers"},
    "cli_tables": {"cli_common", "layers"},
    "cli_opendata": {"cli_common", "layers", "geo"},
    "cli_output": {"cli_common", "layers", "geo"},
    "cli_overrides": {"layers", "geo"},
    "cli_scatter": {"cli_common", "cli_tables", "layers", "geo"},
    "cli_sheet": {"cli_common", "cli_output", "layers", "geo"},
    "cli_team": {"app", "cli_common", "layers", "geo"},
    "cli_source": {"cli_common", "layers", "geo"},
    "cli_underuse": {"cli_common", "cli_tables", "layers", "geo"},
    "cli_keeping": {"cli_common", "layers", "geo"},
    "cli_workspace": {"cli_common", "cli_keeping", "layers", "geo"},
    "views": {"views", "layers", "geo"},
    "layers": {"layers", "geo"},
    "geo": {"geo"},
}
ONLY_IN_VIEWS_AND_APP = {"streamlit", "streamlit_folium"}
NEVER_IN_GEO = {
    "folium",
    "branca",
    "pyogrio",
    "deltalake",
    "fiona",
    "requests",
    "os",
    "pathlib",
    "dask",
    "distributed",
}
LONGEST_FILE = 500


def _files(room: str) -> list[Path]:
    single = ROOT / f"{room}.py"
    return [single] if single.exists() else sorted((ROOT / room).rglob("*.py"))


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


PYTHON = [(room, path) for room in ROOMS for path in _files(room)]


@pytest.mark.parametrize(("room", "path"), PYTHON, ids=lambda v: str(v).removeprefix(str(ROOT)))
def test_imports_run_one_way(room: str, path: Path) -> None:
    ours = _imports(path) & (set(ROOMS) | {"data", "tests", "bench"})
    assert ours <= ALLOWED[room]


@pytest.mark.parametrize(("room", "path"), PYTHON, ids=lambda v: str(v).removeprefix(str(ROOT)))
def test_rooms_keep_to_their_libraries(room: str, path: Path) -> None:
    used = _imports(path)
    if room not in {"views", "app", "app_identity", "app_signin", "app_watch"}:
        assert not used & ONLY_IN_VIEWS_AND_APP
    if room == "geo":
        assert not used & NEVER_IN_GEO


def test_every_room_was_found() -> None:
    assert {room for room, _path in PYTHON} == set(ROOMS)


@pytest.mark.parametrize(
    "path",
    [path for room in (*ROOMS, "data", "bench", "tests") for path in _files(room)],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_no_file_outgrows_its_reader(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE


def test_the_project_names_no_foreign_place() -> None:
    """Nothing in the project may depend on the machine it was written on."""
    forbidden = ("/work" + "/shared", "../" + "shared", "pypi" + ".org", "files.python" + "hosted")
    kinds = {".py", ".toml", ".txt", ".md", ".csv", ".js", ".css", ".cfg", ".po", ""}
    skipped = {".venv", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
    for path in ROOT.rglob("*"):
        inside = set(path.relative_to(ROOT).parts)
        if path.is_file() and path.suffix in kinds and not inside & skipped:
            text = path.read_text("utf-8", errors="ignore")
            assert not [word for word in forbidden if word in text], path
