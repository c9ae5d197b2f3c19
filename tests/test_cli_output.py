"""``atlas export``, ``sheet`` and ``report``: what they write, say and refuse."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import geopandas as gpd
import pyogrio
import pytest
from typer.testing import CliRunner

import cli
import cli_output
from cli_common import context
from layers.errors import Text
from layers.errors import UsageError
from layers.export import FORMATS

if TYPE_CHECKING:
    from typer.testing import Result

DOCS = Path(__file__).parents[1] / "docs"
FILES = [fmt for fmt in cli_output.Format if fmt is not cli_output.Format.package]


def run(*arguments: object, lang: str = "zh") -> Result:
    words = ["--lang", lang, *(str(a) for a in arguments)]
    return CliRunner().invoke(cli.cli, words, catch_exceptions=False)


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("output") / "workspace"
    assert run("workspace", "init", "--workspace", path).exit_code == 0
    return path


def test_the_command_offers_every_format_and_the_package() -> None:
    assert {fmt.value for fmt in cli_output.Format} == {*FORMATS, "package"}


@pytest.mark.parametrize("fmt", FILES)
def test_every_format_is_written(bundled: Path, tmp_path: Path, fmt: cli_output.Format) -> None:
    chosen = FORMATS[fmt.value]
    crs = "EPSG:4549" if fmt is cli_output.Format.dxf else "EPSG:4490"
    out = tmp_path / f"parks{chosen.suffix if chosen.alone else '.zip'}"
    result = run(
        *("export", "parks", "-f", fmt.value, "--crs", crs, "--out", out, "-w", bundled, "--json")
    )
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["crs"] == crs
    assert told["layers"][0]["layer"] == "parks"
    assert told["layers"][0]["rows"] > 0
    assert out.stat().st_size > 0
    assert [*tmp_path.iterdir()] == [out]


def test_a_drawing_is_told_without_the_rows_that_it_lacks(bundled: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.dxf"
    command = ("export", "units", "parks", "-f", "dxf", "--crs", "EPSG:4549", "-w", bundled)
    result = run(*command, "--out", out, "--json")
    assert result.exit_code == 0, result.stderr
    (parks,) = json.loads(result.stdout)["layers"]
    assert parks["layer"] == "parks"
    assert parks["rows"] == parks["located"] > 0
    assert "不在此文件中：“单元”（没有图形的表，" in result.stderr
    assert "不在此文件中：“园区”未定位的" in result.stderr
    assert "只在表中" not in result.stderr
    whole = json.loads(run(*command, "-f", "gpkg", "-o", tmp_path / "a.gpkg", "--json").stdout)
    told = {entry["layer"]: entry["rows"] for entry in whole["layers"]}
    missing = told["parks"] - parks["rows"]
    assert f"未定位的 {missing} 条" in result.stderr
    assert f"没有图形的表，{told['units']} 行" in result.stderr


def test_the_same_version_gives_the_same_file(bundled: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        out = tmp_path / name / "zones.gpkg"
        assert run("export", "zones", "-f", "gpkg", "-o", out, "-w", bundled).exit_code == 0
    assert (tmp_path / "a/zones.gpkg").read_bytes() == (tmp_path / "b/zones.gpkg").read_bytes()


def test_a_public_file_lacks_what_is_internal(bundled: Path, tmp_path: Path) -> None:
    columns = {}
    for audience in ("internal", "public"):
        out = tmp_path / f"{audience}.gpkg"
        result = run(
            *("export", "carriers", "-f", "gpkg", "-o", out, "--audience", audience, "-w", bundled)
        )
        assert result.exit_code == 0, result.stderr
        columns[audience] = set(gpd.read_file(out, layer=0).columns)
    assert columns["public"] < columns["internal"]


def test_the_package_holds_the_formats_that_were_asked_for(bundled: Path, tmp_path: Path) -> None:
    out = tmp_path / "package.zip"
    result = run(
        *("export", "parks", "zones", "-f", "package", "--formats", "gpkg, csv", "--out", out),
        *("-w", bundled, "--json"),
    )
    assert result.exit_code == 0, result.stderr
    with zipfile.ZipFile(out) as package:
        assert package.testzip() is None
        names = package.namelist()
    endings = {Path(name).suffix for name in names}
    assert {".gpkg", ".csv"} <= endings
    assert not endings & {".shp", ".dxf", ".kml"}
    assert "README.txt" in names
    told = json.loads(result.stdout)
    assert [layer["layer"] for layer in told["layers"]] == ["parks", "zones"]


def test_a_theme_colours_the_file(bundled: Path, tmp_path: Path) -> None:
    plain, themed = tmp_path / "plain.gpkg", tmp_path / "themed.gpkg"
    command = ("export", "carriers", "-f", "gpkg", "-w", bundled)
    assert run(*command, "-o", plain).exit_code == 0
    theme = "carriers=gross_area_m2~quantiles~4~blues"
    result = run(*command, "-o", themed, "--theme", theme)
    assert result.exit_code == 0, result.stderr
    styles = {
        path: pyogrio.read_dataframe(path, layer="layer_styles")["styleQML"].iloc[0]
        for path in (plain, themed)
    }
    assert "gross_area_m2" in styles[themed]
    assert styles[themed] != styles[plain]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-f", "gpkg", "--formats", "shp", "-o", "x.gpkg"), "--formats"),
        (("-f", "package", "--formats", "shp,dwg", "-o", "x.zip"), "dwg"),
        (("-f", "package", "--formats", "", "-o", "x.zip"), "--formats"),
        (("-f", "gpkg", "--theme", "zones=style", "-o", "x.gpkg"), "parks"),
        (("-f", "gpkg", "--theme", "style", "-o", "x.gpkg"), "LAYER=THEME"),
    ],
)
def test_choices_that_contradict_each_other_end_with_2(
    bundled: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    *words, name = arguments
    result = run("export", "parks", *words, tmp_path / name, "-w", bundled)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not [*tmp_path.iterdir()]


def test_a_theme_of_an_internal_field_is_refused_for_the_public(
    bundled: Path, tmp_path: Path
) -> None:
    from layers.catalogue import load_catalogue

    secret, layer = next(
        (field.name, spec.key)
        for spec in load_catalogue().layers
        if spec.sensitivity != "internal" and spec.geometry
        for field in spec.fields
        if field.sensitivity == "internal"
    )
    with pytest.raises(UsageError):
        run(
            *("export", layer, "-f", "gpkg", "--audience", "public", "-w", bundled),
            *("--theme", f"{layer}={secret}~categorical", "--out", tmp_path / "x.gpkg"),
        )
    assert not [*tmp_path.iterdir()]


def test_an_empty_layer_is_written_but_no_success(bundled: Path, tmp_path: Path) -> None:
    out = tmp_path / "landuse.gpkg"
    result = run("export", "landuse", "-f", "gpkg", "-o", out, "-w", bundled, lang="en")
    assert result.exit_code == 1
    assert "The layer landuse has no data." in result.stderr


def test_progress_is_told_from_the_second_second_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 1.0, 3.0, 3.0, 4.0, 6.0, 6.0])
    monkeypatch.setattr(cli_output, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    monkeypatch.setattr(context, "lang", "zh")
    tell = cli_output.progress()
    tell(Text("甲", "a"), 0.1)  # at 1 s
    tell(Text("乙", "b"), 0.25)  # at 3 s
    tell("丙", 0.5)  # at 4 s
    tell("丁", 1.0)  # at 6 s
    assert [line.split() for line in capsys.readouterr().err.splitlines()] == [
        ["25%", "乙"],
        ["100%", "丁"],
    ]


def test_the_page_on_output_tells_every_format_and_every_option_there_is() -> None:
    page = (DOCS / "output.md").read_text(encoding="utf-8")
    told = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert [name for name in told if not name.startswith("atlas")] == list(cli_output.Format)
    for command in {line.split()[1] for line in page.splitlines() if line.startswith("atlas ")}:
        options = run(command, "--help").stdout
        lines = [line for line in page.splitlines() if line.startswith(f"atlas {command}")]
        for option in {word for line in lines for word in line.split() if word.startswith("--")}:
            assert option in options
