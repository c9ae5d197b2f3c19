"""Damaged files of every kind, delivered: no crash, no hang, no half of a commit."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING
from typing import Any

import pytest

from layers.delivery import Options
from layers.delivery import deliver
from layers.errors import AtlasError
from layers.errors import IntakeError
from layers.intake import READERS
from layers.intake import Choices
from layers.intake import Request
from layers.intake import read_isolated
from layers.intake import read_raw
from layers.intake.isolation.transport import Limits
from layers.intake.readers.parts import PartError
from layers.workspace import ABSENT
from layers.workspace import Workspace
from tests.layers.fuzz_files import KINDS
from tests.layers.fuzz_files import ROWS
from tests.layers.fuzz_files import damaged
from tests.layers.fuzz_files import frame
from tests.layers.fuzz_files import make_whole

if TYPE_CHECKING:
    from pathlib import Path

    from layers.catalogue import Catalogue
    from layers.delivery import Delivery

FILES_A_KIND = 20
LIMITS = Limits(seconds=20.0, memory_bytes=1024**3)
READ = partial(read_isolated, limits=LIMITS)
# The reader may take all of its time, a new one may have to be started, and the rest
# of the chain has to run on a busy machine.
PATIENCE_SECONDS = LIMITS.seconds + 40
# Parts of a Shapefile without it, which say so and no more.
PARTS = {".dbf", ".shx", ".prj", ".cpg"}
# The same reader under another suffix, with other bytes in it.
ALIASES = {".ovkmz"}


@pytest.fixture(scope="module")
def tally() -> Counter[str]:
    """Count what became of all files."""
    return Counter()


def _options(kind: str) -> Options:
    drawing = kind.startswith("dxf")
    # A drawing has no headings but its own, and names no system.
    mapping = {"文字": "name"} if drawing else {}
    return Options(Choices(crs="EPSG:4549" if drawing else "EPSG:4490", mapping=mapping))


def _deliver(workspace: Workspace, path: Path, kind: str) -> Delivery | None:
    """Deliver a file; None if it was refused."""
    options = _options(kind)
    with suppress(AtlasError):
        return deliver(
            workspace, path, "carriers", author="李", message="x", options=options, read=READ
        )
    return None


def _check(workspace: Workspace, made: Delivery | None, before: int, rows: int) -> int:
    """Check that all or nothing was written; return the rows that the layer has now."""
    after = workspace.version("carriers")
    if made is None or made.version is None:
        assert after == before
        assert made is None or made.result.accepted.empty
        return rows
    assert after == made.version == before + 1
    frame = workspace.read("carriers")
    assert len(frame) == rows + made.changes["added"]
    assert frame["carrier_id"].is_unique
    assert set(made.result.accepted["carrier_id"]) <= set(frame["carrier_id"])
    last = workspace.history("carriers").sort_values("version").iloc[-1]
    assert last["rows"] == len(frame)
    assert last["rows_in"] == made.result.rows_in
    assert last["rejected"] == len(made.result.rejected)
    return len(frame)


def test_every_suffix_that_is_read_is_damaged_here(tmp_path: Path) -> None:
    made = {make_whole(kind, tmp_path / str(n)).suffix for n, kind in enumerate(KINDS)}
    assert made == set(READERS) - PARTS - ALIASES
    assert len(KINDS) * FILES_A_KIND >= 500


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_delivered_or_refused_and_never_half_written(
    shared: Catalogue, tmp_path: Path, tally: Counter[str], kind: str
) -> None:
    workspace = Workspace.create(tmp_path / "w", shared, author="t")
    whole = make_whole(kind, tmp_path / "whole")
    first = _deliver(workspace, whole, kind)
    assert first is not None
    assert len(first.result.accepted) >= len(ROWS)
    assert first.result.rejected.empty
    rows = _check(workspace, first, ABSENT, 0)
    for n in range(FILES_A_KIND):
        chance = random.Random(f"{kind} {n}")  # noqa: S311 -- the same damage in every run
        path, how = damaged(whole, tmp_path / "damaged", chance)
        told = f"{kind} {n}: {how}"
        before, began = workspace.version("carriers"), time.monotonic()
        try:
            made = _deliver(workspace, path, kind)
            assert time.monotonic() - began < PATIENCE_SECONDS
            if made is not None:
                result = made.result
                assert result.rows_in == len(result.accepted) + len(result.rejected)
            rows = _check(workspace, made, before, rows)
        except Exception as error:
            error.add_note(told)
            raise
        tally["refused" if made is None else "written" if made.version else "rejected"] += 1
        shutil.rmtree(tmp_path / "damaged")


def test_enough_damaged_files_were_written_and_enough_refused(tally: Counter[str]) -> None:
    if tally.total() < len(KINDS) * FILES_A_KIND:
        pytest.skip("only with all kinds")
    assert tally["written"] >= 100
    assert tally["refused"] >= 100


# --- what damaged files have shown ----------------------------------------------


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A GeoPackage with two layers."""
    path = tmp_path / "两层.gpkg"
    for layer in ("东", "西"):
        frame().to_file(path, layer=layer, engine="pyogrio")
    return path


def test_the_parts_that_a_file_offers_come_back_from_the_reading_process(package: Path) -> None:
    with pytest.raises(PartError, match="东, 西") as caught:
        READ(Request(package, "carriers"))
    assert caught.value.parts == ("东", "西")


def test_a_file_without_any_layer_is_not_asked_which_one(tmp_path: Path) -> None:
    whole = make_whole("fgb", tmp_path / "whole")
    whole.write_bytes(whole.read_bytes()[:20])
    with pytest.raises(IntakeError, match=r"没有图层|损坏") as caught:
        READ(Request(whole, "carriers"))
    assert not isinstance(caught.value, PartError)


def test_a_damaged_schema_that_is_no_text_is_a_damaged_file(package: Path) -> None:
    data = package.read_bytes()
    assert b"CREATE TABLE gpkg_extensions" in data
    broken = data.replace(b"CREATE TABLE gpkg_extensions", b"CREATE TABLX gpkg_extensions")
    package.write_bytes(broken.replace(b"gpkg_extensions", b"gpkg_extensi\xd8ns"))
    with pytest.raises(IntakeError, match="已损坏") as caught:
        read_raw(Request(package, "carriers"))
    assert isinstance(caught.value.__cause__, UnicodeDecodeError)


@pytest.mark.parametrize(
    ("columns", "cells"),
    [
        ("wkt", '"POLYGON((1e308 1e308,-1e308 1e308,-1e308 -1e308,1e308 1e308))"'),
        ("lon,lat,gross_area_m2,tax_wan", "121.5,31.3,1e-300,1e15"),
    ],
)
def test_numbers_beyond_all_bounds_raise_nothing(desk: Any, columns: str, cells: str) -> None:
    row = "POINT(121.5 31.3)" if columns == "wkt" else "121.5,31.3,900,3"
    path = desk.csv(f"carrier_id,{columns}\nC1,{cells}\nC2,{row}\nC3,{row}\n")
    result = desk.take(path, crs="EPSG:4490")
    assert result.rows_in == 3


@pytest.mark.parametrize("name", ["-", "/", "—", "N/A"])
def test_a_stroke_in_a_text_of_our_own_export_is_the_text(
    shared: Catalogue, desk: Any, name: str
) -> None:
    spec = shared.layer("carriers")
    cells = dict.fromkeys(spec.field_names, "") | {"carrier_id": "C1", "name": name}
    own = ",".join(cells) + "\n" + ",".join(cells.values()) + "\n"
    assert desk.take(desk.csv(own)).accepted["name"].tolist() == [name]
    other = desk.take(desk.csv(f"carrier_id,name\nC1,{name}\n"))
    assert other.accepted["name"].isna().all()
    assert "placeholder_emptied" in desk.codes(other)
