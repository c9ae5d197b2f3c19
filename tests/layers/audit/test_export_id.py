"""The id of an export: how it is made, and that every kind of file carries it."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import zipfile
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pyogrio
import pytest

from layers.audit import Door
from layers.audit import Recorder
from layers.audit import make_export_id
from layers.audit import normal_export_id
from layers.errors import ExportUsageError
from layers.errors import WorkspaceError
from layers.team import Person
from layers.team import Role
from tests.cli_hand import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")
WISH: dict[str, Any] = {"format": "gpkg", "audience": "internal", "crs": "EPSG:4490"}


def test_an_id_is_repeatable_and_told_apart() -> None:
    base = make_export_id("w", {"parks": 1, "zones": 2}, WISH, "u1")
    assert ID.fullmatch(base)
    assert make_export_id("w", {"zones": 2, "parks": 1}, dict(reversed(WISH.items())), "u1") == base
    others = {
        make_export_id("v", {"parks": 1, "zones": 2}, WISH, "u1"),
        make_export_id("w", {"parks": 2, "zones": 2}, WISH, "u1"),
        make_export_id("w", {"parks": 1}, WISH, "u1"),
        make_export_id("w", {"parks": 1, "zones": 2}, WISH | {"audience": "public"}, "u1"),
        make_export_id("w", {"parks": 1, "zones": 2}, WISH, "u2"),
    }
    assert len(others | {base}) == 6


def test_ids_do_not_meet() -> None:
    ids = {make_export_id("w", {"parks": n}, WISH, "u") for n in range(20_000)}
    assert len(ids) == 20_000


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("7k2m-oqrs-9tvw", "7K2M-0QRS-9TVW"),
        (" 7K2M 0QRS 9TVW ", "7K2M-0QRS-9TVW"),
        ("7K2M0QRS9TVI", "7K2M-0QRS-9TV1"),
        ("", ""),
    ],
)
def test_an_id_that_was_read_aloud_is_understood(typed: str, meant: str) -> None:
    assert normal_export_id(typed) == meant


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ids") / "w"
    assert run("workspace", "init", "-w", path).exit_code == 0
    return path


def _gpkg(path: Path) -> str:
    with sqlite3.connect(path) as book:
        text = " ".join(str(row) for row in book.execute("SELECT * FROM gpkg_contents"))
        names = [row[0] for row in book.execute("SELECT table_name FROM gpkg_contents")]
        other = [name for name in names if name not in {"parks", "zones"}]
        rows = [str(row) for name in other for row in book.execute(f'SELECT * FROM "{name}"')]  # noqa: S608 - names of our own file
    return text + " ".join(rows)


def _zipped(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read("README.txt").decode("utf-8-sig")


def _xlsx(path: Path) -> str:
    book = openpyxl.load_workbook(path)
    cells = [str(c) for page in book for row in page.iter_rows(values_only=True) for c in row]
    return " ".join([*cells, str(book.properties.description)])


def _fgb(path: Path) -> str:
    info = pyogrio.read_info(path)
    return f"{info['layer_metadata']} {info['dataset_metadata']}" + str(path.read_bytes()[:9000])


READERS: dict[str, tuple[str, Callable[[Path], str]]] = {
    "gpkg": (".gpkg", _gpkg),
    "shp": (".zip", _zipped),
    "geojson": (".geojson", lambda path: str(json.loads(path.read_text("utf-8"))["notice"])),
    "fgb": (".fgb", _fgb),
    "kml": (".kml", lambda path: path.read_text("utf-8")),
    "dxf": (".dxf", lambda path: path.read_text("utf-8")),
    "xlsx": (".xlsx", _xlsx),
    "parquet": (".parquet", lambda path: str(pq.read_schema(path).metadata)),
    "csv": (".zip", _zipped),
}


@pytest.mark.parametrize("fmt", READERS)
def test_every_format_of_layers_carries_the_id(workspace: Path, tmp_path: Path, fmt: str) -> None:
    suffix, reader = READERS[fmt]
    crs = "EPSG:4549" if fmt == "dxf" else "EPSG:4490"
    outs = [tmp_path / f"{n}{suffix}" for n in range(2)]
    told = [
        json.loads(
            run(
                *("export", "zones", "-f", fmt, "--crs", crs, "-o", out, "-w", workspace),
                "--json",
            ).stdout
        )["export_id"]
        for out in outs
    ]
    assert ID.fullmatch(told[0])
    assert told[0] in reader(outs[0])
    # The same person's same wish: the same id and the same bytes.
    assert told[0] == told[1]
    assert outs[0].read_bytes() == outs[1].read_bytes()
    found = json.loads(run("audit", "--export-id", told[0], "-w", workspace, "--json").stdout)
    assert {entry["subject"] for entry in found} == {out.name for out in outs}
    assert {entry["detail"]["format"] for entry in found} == {fmt}
    assert found[0]["layers"] == {"zones": 0}


def test_a_package_carries_it_in_notes_manifest_and_files(workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.zip"
    wish = ("-f", "package", "--formats", "gpkg,xlsx", "-o", out, "-w", workspace, "--json")
    told = json.loads(run("export", "zones", *wish).stdout)["export_id"]
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("manifest.json"))
        readme = next(name for name in names if name.lower().startswith("readme"))
        assert told in archive.read(readme).decode("utf-8-sig")
        archive.extract("gpkg/zones.gpkg", tmp_path)
    assert manifest["export_id"] == told
    assert told in _gpkg(tmp_path / "gpkg" / "zones.gpkg")


def test_another_person_has_another_id(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = set()
    for name in ("wang", "li"):
        monkeypatch.setenv("LOGNAME", name)
        out = tmp_path / f"{name}.gpkg"
        done = run("export", "zones", "-f", "gpkg", "-o", out, "-w", workspace, "--json")
        ids.add(json.loads(done.stdout)["export_id"])
        found = json.loads(run("audit", "--person", name, "-w", workspace, "--json").stdout)
        assert found[0]["name"] == name
    assert len(ids) == 2


def test_result_tables_carry_it(workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "scatter.xlsx"
    done = run("scatter", "--draws", 19, "--park", "B01", "-o", out, "-w", workspace)
    assert done.exit_code == 0, done.stderr
    told = ID.findall(done.stderr)
    assert len(set(told)) == 1
    assert told[0] in _xlsx(out)
    found = json.loads(run("audit", "--export-id", told[0], "-w", workspace, "--json").stdout)
    assert found[0]["detail"]["what"] == "scatter"


@pytest.mark.parametrize("suffix", [".pdf", ".svg", ".png"])
def test_sheets_carry_it(workspace: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"d{suffix}"
    done = run("sheet", "--size", "A4", "-o", out, "-w", workspace)
    assert done.exit_code == 0, done.stderr
    told = ID.findall(done.stderr)[-1]
    if suffix == ".svg":
        assert told in out.read_text("utf-8")
    elif suffix == ".png":
        # Image.text would be ours to write; the chunk stands in the bytes as it is.
        assert told.encode("ascii") in out.read_bytes()
    else:
        assert told in _printed("pdftotext", out, "-")
        assert told in _printed("pdfinfo", out)


def _printed(program: str, *arguments: object) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"NOT CHECKED: {program} is missing (Debian: apt-get install poppler-utils)")
    command = [found, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - of the system
    return done.stdout.decode("utf-8").replace("\n", "")


def test_a_chapter_carries_it_in_its_text_and_properties(workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "c.docx"
    done = run("report", "--park", "B01", "--audience", "public", "-o", out, "-w", workspace)
    assert done.exit_code == 0, done.stderr
    told = ID.findall(done.stderr)[-1]
    with zipfile.ZipFile(out) as archive:
        assert told in archive.read("word/document.xml").decode("utf-8")
        assert told in archive.read("docProps/core.xml").decode("utf-8")


def test_a_pack_carries_it_in_both_files(workspace: Path, tmp_path: Path) -> None:
    first = json.loads(
        run("underused", "-o", tmp_path / "u.json", "-w", workspace, "--json").stdout
    )
    carrier = first[0]["carrier_id"]
    done = run("underused", "--pack", tmp_path / "pack", "--carrier", carrier, "-w", workspace)
    told = ID.findall(done.stderr)
    assert told, done.stderr
    book = next((tmp_path / "pack").glob("*.xlsx"))
    assert told[0] in _xlsx(book)
    with zipfile.ZipFile(book.with_suffix(".docx")) as archive:
        assert told[0] in archive.read("word/document.xml").decode("utf-8")
        assert told[0] in archive.read("docProps/core.xml").decode("utf-8")


def test_without_an_audit_nobody_who_signed_in_takes_anything_out(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("in the way", "ascii")
    own = Recorder.of(tmp_path, Person("u1", "甲", Role.PLANNER), Door.WEB)
    with pytest.raises(WorkspaceError, match="audit"):
        own.exported("0000-0000-0000", {}, "a.gpkg")
    with pytest.raises(WorkspaceError, match="audit"):
        own.fetched("a.gpkg")
    with (
        pytest.raises(WorkspaceError, match="audit"),
        own.exporting("0000-0000-0000", {}, "a.gpkg"),
    ):
        (tmp_path / "out").touch()
    assert not (tmp_path / "out").exists()


def test_alone_a_file_can_be_taken_out_of_a_folder_that_cannot_be_written(
    workspace: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy = tmp_path / "w"
    shutil.copytree(workspace, copy)
    shutil.rmtree(copy / "audit")
    (copy / "audit").write_text("in the way", "ascii")
    out = tmp_path / "a.gpkg"
    assert run("export", "zones", "-f", "gpkg", "-o", out, "-w", copy).exit_code == 0
    assert out.exists()
    assert "not recorded (export)" in caplog.text


def test_an_export_that_fails_is_told_as_failed(workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "bad.pdf"
    with pytest.raises(ExportUsageError):
        run("export", "zones", "-f", "gpkg", "-o", out, "-w", workspace)
    found = json.loads(run("audit", "--action", "export", "-w", workspace, "--json").stdout)
    assert (found[0]["subject"], found[0]["detail"]["state"]) == ("bad.pdf", "failed")
    assert [entry["subject"] for entry in found].count("bad.pdf") == 1
