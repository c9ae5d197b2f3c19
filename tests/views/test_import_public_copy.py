"""The import page asks before a public copy overwrites finer data."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.export import export_layers
from tests.views.import_hand import CHECK
from tests.views.import_hand import FILE
from tests.views.import_hand import HEAD
from tests.views.import_hand import ROWS
from tests.views.import_hand import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SAID = "公开版"


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, bundled: Path, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(monkeypatch, shutil.copytree(bundled, tmp_path / "own"))
    yield made
    made.leave()


def _public_copy(path: Path) -> bytes:
    """Return the public copy of a layer of the edition."""
    catalogue = load_catalogue()
    tables, spec = load_edition(catalogue).tables, catalogue.layer("parks")
    export_layers(tables, [spec], catalogue, fmt="geojson", path=path, audience="public")
    return path.read_bytes()


def test_it_is_refused_until_the_planner_ticks_that_she_wants_it(
    desk: Desk, tmp_path: Path
) -> None:
    desk.upload(_public_copy(tmp_path / "a.geojson"), "parks.geojson")
    (box,) = [one for one in desk.at.checkbox if str(one.key).startswith("import_public")]
    assert not box.value
    assert any(SAID in one.value for one in desk.at.warning)
    desk.step(CHECK)
    assert any(SAID in one.value for one in desk.at.error)
    desk.step(FILE)
    (box,) = [one for one in desk.at.checkbox if str(one.key).startswith("import_public")]
    box.check()
    desk.run()
    desk.step(CHECK)
    assert not desk.at.error


def test_an_ordinary_file_is_not_asked_about(desk: Desk) -> None:
    desk.upload(HEAD + "\n" + ROWS)
    assert not [one for one in desk.at.checkbox if str(one.key).startswith("import_public")]
