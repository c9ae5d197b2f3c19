"""Everything that is computed and written of another edition is of that edition."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import cli
from editions.make_linjiang import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result

OTHER = re.compile(
    r"杨浦|yangpu|未来谷|杨数浦|复旦|同济|上海|shanghai|EPSG:4549|EPSG:4550", re.IGNORECASE
)
# The product; a long text of a drawing is cut anywhere.
ALLOWED = re.compile(r"yangpu[ _-](?:\r\n +\d\r\n)?atlas", re.IGNORECASE)
LAYERS = ("district", "zones", "parks", "carriers", "units", "stations", "barriers", "operators")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.cli, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("linjiang") / "workspace"
    done = run("workspace", "init", "--edition", FOLDER, "--workspace", path)
    assert done.exit_code == 0, done.stderr
    return path


def texts(name: str, data: bytes) -> Iterator[tuple[str, str]]:
    """Yield all that can be read in a file, and in the files within it."""
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for part in packed.namelist():
                yield from texts(f"{name}!{part}", packed.read(part))
    else:
        for encoding in ("utf-8", "gbk", "utf-16-le"):
            yield f"{name} ({encoding})", data.decode(encoding, "ignore")


def named(name: str, data: bytes) -> list[str]:
    """Return where a file names the other place."""
    found = []
    for where, text in texts(name, data):
        plain = ALLOWED.sub("", text)
        found += [
            f"{where}: {plain[max(0, hit.start() - 40) : hit.end() + 40]}"
            for hit in OTHER.finditer(plain)
        ]
    return found


def test_the_names_are_found_in_packed_files() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as book:
        book.writestr("a/b.xml", "<t>杨浦区</t>")
    assert len(named("x.docx", packed.getvalue())) == 1
    assert len(named("x.dbf", "上海".encode("gbk"))) == 1
    assert named("x.svg", b"Yangpu Atlas") == []


COMMANDS = {
    "scatter.xlsx": ("scatter",),
    "underused.xlsx": ("underused",),
    "todo.csv": ("underused", "--table", "todo"),
    "consolidate.xlsx": ("consolidate", "--park", "L02", "--time-limit", "5", "--gap", "0.1"),
    "evaluate.xlsx": ("evaluate", "--class", "university"),
    "contributions.csv": ("evaluate", "--class", "incubator", "--table", "contributions"),
    "layers.zip": ("export", *LAYERS, "--format", "package"),
    "parks.gpkg": ("export", "parks", "--format", "gpkg"),
    "district.svg": ("sheet", "--district", "--size", "A4"),
    "park.png": ("sheet", "--park", "L01", "--size", "A4"),
    "district.docx": ("report", "--district"),
    "template.xlsx": ("template", "carriers"),
}


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_output_names_the_bundled_place(
    workspace: Path, tmp_path: Path, name: str, lang: str
) -> None:
    out = tmp_path / name
    done = run("--lang", lang, *COMMANDS[name], "-w", workspace, "--out", out)
    # Units of no park are told as a problem, and take no part in a plan.
    assert done.exit_code == (1 if name == "consolidate.xlsx" else 0), done.stderr
    assert named(name, out.read_bytes()) == []
    assert named("stderr", done.stderr.encode()) == []


def test_the_files_name_the_edition(workspace: Path, tmp_path: Path) -> None:
    package, chapter = tmp_path / "layers.zip", tmp_path / "chapter.docx"
    run("export", *LAYERS, "--format", "package", "-w", workspace, "--out", package)
    run("report", "--district", "-w", workspace, "--out", chapter)
    for path in (package, chapter):
        whole = "".join(text for _, text in texts(path.name, path.read_bytes()))
        assert "临江" in whole
        assert "示例" in whole
        assert "linjiang-synthetic" in whole or "临江区示例数据" in whole
    told = "".join(text for _, text in texts("x", package.read_bytes()))
    # Drawings are in the zone of 114° E.
    assert "EPSG:4547" in told


def test_a_chapter_says_that_the_vacancy_of_the_market_is_not_known(
    workspace: Path, tmp_path: Path
) -> None:
    run("report", "--district", "-w", workspace, "--out", tmp_path / "x.docx")
    told = "".join(text for _, text in texts("x", (tmp_path / "x.docx").read_bytes()))
    assert "本图谱未给出市场空置率" in told
    assert "0.246" not in told
    assert "24.6" not in told


def test_a_sheet_is_in_the_grid_of_the_place(workspace: Path, tmp_path: Path) -> None:
    done = run("sheet", "--district", "-w", workspace, "--out", tmp_path / "x.svg", "--json")
    told = json.dumps(json.loads(done.stdout), ensure_ascii=False)
    assert "4547" in told or "114" in (tmp_path / "x.svg").read_text("utf-8")
    assert "临江园空间分布图" in told + (tmp_path / "x.svg").read_text("utf-8")


def test_results_are_of_the_parks_of_the_edition(workspace: Path, tmp_path: Path) -> None:
    done = run("scatter", "-w", workspace, "--out", tmp_path / "x.csv", "--json")
    flags = {row["park_id"]: row["flag"] for row in json.loads(done.stdout)}
    assert set(flags) == {f"L{number:02d}" for number in range(1, 13)}
    # One park was laid out all over the district, one in one block.
    assert flags["L03"] == "red"
    assert flags["L07"] == "green"


def test_layers_and_history_are_of_the_edition(workspace: Path) -> None:
    done = run("layers", "-w", workspace, "--json")
    listed = {row["layer"]: row for row in json.loads(done.stdout)}
    assert listed["district"]["title_zh"] == "临江区界"
    assert listed["carriers"]["rows"] == 63
    done = run("workspace", "history", "parks", "-w", workspace, "--json")
    assert json.loads(done.stdout)[0]["message"] == "linjiang 2026.11.1"
