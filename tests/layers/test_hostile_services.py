"""Hostile text by other ways than files for planners: live layers, intake, names, backups.

A form in which rejected rows go back that is not in the table fails the first test.
"""

from __future__ import annotations

import csv
import json
import unicodedata
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from layers.audit import Action
from layers.audit import Door
from layers.audit import Event
from layers.audit import Journal
from layers.errors import AtlasError
from layers.intake.profiles import FOLDER
from layers.intake.profiles import Profiles
from layers.intake.rejecting.rejects import _WRITERS
from layers.keeping.restoring import read_record
from layers.keeping.restoring import restore_backup
from layers.team.tokens import Tokens
from layers.values import formula_plain
from layers.workspace import Workspace
from tests import cli_hand
from tests import live_hand
from tests.hostile_hand import MIXED
from tests.hostile_hand import STRINGS
from tests.hostile_hand import free_fields
from tests.layers.hostile_files import RUNS
from tests.layers.hostile_files import poisoned
from tests.layers.hostile_files import xlsx_cells

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.layers.hostile_files import Poisoned

__all__ = ["poisoned"]

LAYERS = ("parks", "zones", "carriers", "units", "stations", "campuses")
LONGEST_NAME, LONGEST_NOTE = 80, 60
UNSAID = ("Cc", "Zl", "Zp")
"""Kinds of signs that no name of a profile has: controls and ends of lines."""


@pytest.mark.parametrize("key", LAYERS)
def test_live_layers_have_the_text_in_json(
    poisoned: Poisoned, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(poisoned.path))
    monkeypatch.delenv("ATLAS_TEAM", raising=False)
    spec = poisoned.workspace.catalogue.layer(key)
    frame = poisoned.read(key).set_index(spec.id_field)
    answer = live_hand.ask(f"/ogc/collections/{key}/items?limit=1000&lang=zh")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    assert features
    for feature in features:
        told = feature["properties"]
        row = frame.loc[feature["id"]]
        for name in free_fields(spec):
            if name in told:
                assert told[name] == (None if pd.isna(row[name]) else row[name])
    hostile = next((f["id"] for f in features if "<" in f["id"]), None)
    if hostile is not None:
        links = [one for one in features[0].get("links", ()) if "javascript:" in one["href"]]
        assert links == []


def _rows() -> list[dict[str, str]]:
    """Return a row a text, each with a number that is none; the intake strips blanks."""
    return [
        {"载体编码": f"C{number}", "楼名": text, "备注": text, "总建筑面积": "12OO"}
        for number, text in enumerate(STRINGS)
    ]


def _shapes() -> Any:
    points = [shapely.Point(121.5 + n / 1e4, 31.3) for n in range(len(STRINGS))]
    return gpd.GeoDataFrame(_rows(), geometry=points, crs=4490)


def _give_csv(path: Path) -> None:
    pd.DataFrame(_rows()).to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")


def _give_xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(list(_rows()[0]))
    for row in _rows():
        page.append(list(row.values()))
        for cell in page[page.max_row]:
            # A text that somebody typed, as "=1+1" is.
            cell.data_type = "s"
    book.save(path)


def _give_shapes(path: Path) -> None:
    driver = "GPKG" if path.suffix == ".gpkg" else "GeoJSON"
    _shapes().to_file(path, driver=driver)


def _take_csv(path: Path) -> set[str]:
    mark = "\t" if path.suffix == ".tsv" else ","
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=mark))
    assert not any(cell.startswith(RUNS) for row in rows for cell in row.values())
    return {formula_plain(row["楼名"]) for row in rows}


def _take_xlsx(path: Path) -> set[str]:
    return {cell for cell in xlsx_cells(path) if isinstance(cell, str)}


def _take_gpkg(path: Path) -> set[str]:
    return set(pyogrio.read_dataframe(path, read_geometry=False)["楼名"])


def _take_geojson(path: Path) -> set[str]:
    return {f["properties"]["楼名"] for f in json.loads(path.read_text("utf-8"))["features"]}


FORMS: dict[str, tuple[Callable[[Path], None], Callable[[Path], set[str]]]] = {
    ".csv": (_give_csv, _take_csv),
    ".tsv": (_give_csv, _take_csv),
    ".txt": (_give_csv, _take_csv),
    ".xlsx": (_give_xlsx, _take_xlsx),
    ".gpkg": (_give_shapes, _take_gpkg),
    ".geojson": (_give_shapes, _take_geojson),
    ".json": (_give_shapes, _take_geojson),
}


def test_the_table_has_every_form_of_rejected_rows() -> None:
    assert set(FORMS) == set(_WRITERS)


@pytest.mark.parametrize("form", FORMS)
def test_rejected_rows_go_back_as_they_came_and_run_nothing(tmp_path: Path, form: str) -> None:
    give, take = FORMS[form]
    file, bad = tmp_path / f"台账{form}", tmp_path / f"bad{form}"
    give(file)
    done = cli_hand.run(
        "import", file, "-l", "carriers", "-w", tmp_path / "workspace", "--rejects", bad
    )
    assert done.exit_code == 1, done.stderr
    # A guard against formulas is taken off on the way in, whoever put it there.
    plain = formula_plain if take is _take_csv else str
    missing = {plain(text.strip()) for text in STRINGS} - {plain(t.strip()) for t in take(bad)}
    assert missing == set()


@pytest.mark.parametrize("text", STRINGS, ids=ascii)
def test_a_profile_is_kept_by_its_name_or_refused(
    poisoned: Poisoned, tmp_path: Path, text: str
) -> None:
    file = cli_hand.write(tmp_path, "载体编码,楼栋名称\nX1,甲\n")
    before = set(poisoned.path.iterdir())
    wish = ["import", file, "-l", "carriers", "--dry-run", "--save-profile", text]
    if len(text) > LONGEST_NAME or any(unicodedata.category(char) in UNSAID for char in text):
        with pytest.raises(AtlasError):
            cli_hand.run(*wish, "-w", poisoned.path)
        return
    cli_hand.run(*wish, "-w", poisoned.path)
    kept = Profiles(poisoned.path / FOLDER, poisoned.workspace.catalogue)
    assert kept.load(text.strip()).name == text.strip()
    # A name is never a path.
    assert set(poisoned.path.iterdir()) - before <= {poisoned.path / FOLDER}


def test_notes_of_tokens_are_one_short_line(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    for number, text in enumerate(STRINGS):
        person = live_hand.PLANNER if number % 2 else live_hand.VIEWER
        _secret, made = tokens.make(person, text, 1)
        assert made.note == " ".join(text.split())[:LONGEST_NOTE]
        assert [one.note for one in tokens.of(person.person_id)] == [made.note]
        tokens.revoke(made.token_id, person)


def test_the_audit_tells_hostile_names_as_they_are_and_steers_no_terminal(tmp_path: Path) -> None:
    workspace = live_hand.make_workspace(tmp_path / "workspace")
    journal = Journal(workspace.path)
    for text in STRINGS:
        journal.record(Event(Action.SEE, Door.WEB, text, text, text, subject=text))
    told = json.loads(cli_hand.run("audit", "-w", workspace.path, "--json").stdout)
    assert {row["subject"] for row in told} >= set(STRINGS)
    shown = cli_hand.run("audit", "-w", workspace.path).stdout
    assert not {char for char in shown if not char.isprintable()} - {"\n"}


def test_a_backup_keeps_hostile_names_and_text(poisoned: Poisoned, tmp_path: Path) -> None:
    """Messages of commits have every kind of line end in them."""
    out = tmp_path / "=cmd ${1} '-1+1.zip"
    poisoned.run("workspace", "backup", out, "--author", MIXED)
    for place in (out, poisoned.path):
        poisoned.run("workspace", "verify", place)
    assert read_record(out).author == MIXED
    restore_backup(out, tmp_path / "again")
    again = Workspace.open(tmp_path / "again", poisoned.workspace.catalogue)
    for key in LAYERS:
        pd.testing.assert_frame_equal(
            pd.DataFrame(again.read(key)), pd.DataFrame(poisoned.read(key))
        )
    assert MIXED in set(again.history()["message"])
