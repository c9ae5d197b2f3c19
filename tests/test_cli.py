"""The batch door: exit codes, streams, and the oracle numbers from file to result."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import Point
from shapely.geometry import box
from typer.testing import CliRunner

import cli
from layers.errors import AtlasError

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

# The metric CRS of the district: central meridian 121.5° E on GRS80.
METRIC = "+proj=tmerc +lon_0=121.5 +k=1 +x_0=500000 +ellps=GRS80 +units=m"
EAST, NORTH = 500_000.0, 3_464_000.0


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.cli, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "workspace"
    assert run("workspace", "init", "--workspace", path).exit_code == 0
    return path


def _carriers(points: list[Any], park: str = "P") -> gpd.GeoDataFrame:
    shapes = [p if hasattr(p, "geom_type") else Point(p) for p in points]
    moved = gpd.GeoSeries(shapes).translate(EAST, NORTH)
    return gpd.GeoDataFrame(
        {
            "carrier_id": [f"{park}{n}" for n in range(len(shapes))],
            "name": [f"楼 {park}{n}" for n in range(len(shapes))],
            "park_id": park,
        },
        geometry=list(moved),
        crs=METRIC,
    )


def _units(areas: list[float], park: str = "P") -> pd.DataFrame:
    """Give each carrier two units whose areas add up to the wanted floor area."""
    rows = [
        {
            "unit_id": f"{park}{n}-{half}",
            "carrier_id": f"{park}{n}",
            "park_id": park,
            "floor_area_m2": area / 2,
            "state": "leased",
        }
        for n, area in enumerate(areas)
        for half in (1, 2)
    ]
    return pd.DataFrame(rows)


def _measured(
    tmp_path: Path,
    carriers: gpd.GeoDataFrame,
    units: pd.DataFrame,
    *options: object,
    zones: gpd.GeoDataFrame | None = None,
) -> pd.Series:
    """Import files into an empty workspace, run `atlas scatter`, return the first row."""
    workspace = tmp_path / "workspace"
    carriers.to_crs("EPSG:4326").to_file(tmp_path / "carriers.geojson")
    units.to_csv(tmp_path / "units.csv", index=False)
    assert run("workspace", "init", "--empty", "-w", workspace).exit_code == 0
    for file, layer in (("carriers.geojson", "carriers"), ("units.csv", "units")):
        result = run("import", tmp_path / file, "--layer", layer, "-w", workspace)
        assert result.exit_code == 0, result.stderr
    if zones is not None:
        zones.to_crs("EPSG:4326").to_file(tmp_path / "zones.gpkg")
        result = run("import", tmp_path / "zones.gpkg", "-l", "zones", "-w", workspace)
        assert result.exit_code == 0, result.stderr
    out = tmp_path / "s.csv"
    assert run("scatter", "-w", workspace, "--out", out, *options).exit_code == 0
    row: pd.Series = pd.read_csv(out).iloc[0]
    return row


SQUARE = [(0, 0), (300, 400), (600, 0), (3000, 0)]


def test_mean_distance_and_tree_of_the_four_point_oracle(tmp_path: Path) -> None:
    """A3 and A4: Q = 775.7681 m, longest edge 2400 m; 600 m gives LCC .9, 1.2195 pieces."""
    row = _measured(
        tmp_path,
        _carriers(SQUARE),
        _units([4000, 3000, 2000, 1000]),
        *("--detour", 1, "--walk-m", 600),
    )
    assert row["mean_distance_m"] == pytest.approx(775.7681, abs=1e-3)
    assert row["longest_gap_m"] == pytest.approx(2400, abs=1e-3)
    assert row["largest_cluster_share"] == pytest.approx(0.9, abs=1e-9)
    assert row["effective_clusters"] == pytest.approx(1.219512, abs=1e-6)
    assert row["clusters"] == 2
    assert row["floor_area_m2"] == 10_000
    assert row["flag"] == "green"


def test_a_shorter_walk_breaks_the_tree_everywhere(tmp_path: Path) -> None:
    """A4 at 400 m: four clusters, the largest .4, 3.3333 effective."""
    row = _measured(
        tmp_path,
        _carriers(SQUARE),
        _units([4000, 3000, 2000, 1000]),
        *("--detour", 1, "--walk-m", 400),
    )
    assert row["largest_cluster_share"] == pytest.approx(0.4, abs=1e-9)
    assert row["effective_clusters"] == pytest.approx(3.333333, abs=1e-6)
    assert row["clusters"] == 4
    assert row["flag"] == "red"


def test_distances_are_walks_by_default(tmp_path: Path) -> None:
    row = _measured(tmp_path, _carriers(SQUARE), _units([4000, 3000, 2000, 1000]))
    assert row["mean_distance_m"] == pytest.approx(1.324 * 775.7681, abs=1e-3)


def test_zone_share_is_by_area_and_not_by_centroid(tmp_path: Path) -> None:
    """A6: A inside (30000 m²), B half inside (20000), C outside (10000) give 2/3."""
    carriers = _carriers(
        [box(100, 100, 200, 200), box(950, 400, 1050, 500), box(3000, 100, 3100, 200)]
    )
    zones = gpd.GeoDataFrame(
        {"zone_id": ["Z"], "name": ["区"], "belt": ["未来谷"], "boundary_status": ["sketch"]},
        geometry=[box(EAST, NORTH, EAST + 1000, NORTH + 1000)],
        crs=METRIC,
    )
    row = _measured(tmp_path, carriers, _units([30_000, 20_000, 10_000]), zones=zones)
    assert row["zone_share"] == pytest.approx(0.666667, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "xy", "weights", "expected"),
    [
        ("contiguous", [(0, 0), (120, 50), (200, 300)], [5, 3, 2], (1.0, 142.61, 262.49, 2.631579)),
        (
            "core_satellites",
            [(0, 0), (200, 0), (0, 300), (3500, 200), (-2800, 1500)],
            [5, 2, 1, 1, 1],
            (0.8, 1278.66, 3306.06, 3.125),
        ),
        (
            "multipolar",
            [(0, 0), (200, 0), (4000, 100), (4200, 0)],
            [3, 2, 3, 2],
            (0.5, 2051.22, 3801.32, 3.846154),
        ),
        (
            "scattered",
            [(0, 0), (2000, 500), (4000, 3000), (500, 6000), (5000, 8000)],
            [1, 1, 1, 1, 1],
            (0.2, 4330.38, 4924.43, 5.0),
        ),
    ],
)
def test_the_typology_oracles(
    tmp_path: Path,
    name: str,
    xy: list[tuple[float, float]],
    weights: list[float],
    expected: tuple[float, float, float, float],
) -> None:
    """A8: straight-line metres, hence divided by the detour that the result contains."""
    row = _measured(tmp_path, _carriers(xy), _units([w * 1000 for w in weights]))
    share, mean_m, gap_m, pieces = expected
    assert row["form"] == name
    assert row["largest_cluster_share"] == pytest.approx(share, abs=1e-9)
    assert row["mean_distance_m"] / 1.324 == pytest.approx(mean_m, abs=0.006)
    assert row["longest_gap_m"] / 1.324 == pytest.approx(gap_m, abs=0.006)
    assert row["effective_sites"] == pytest.approx(pieces, abs=1e-6)


@pytest.mark.parametrize(("gap_m", "sites"), [(30, 3), (50, 3), (60, 2)])
def test_sites_are_joined_by_the_gap_between_walls(tmp_path: Path, gap_m: int, sites: int) -> None:
    """A8: four buildings with gaps of 30, 60 and 200 m from wall to wall."""
    edges = [(0, 40), (70, 110), (170, 210), (410, 450)]
    carriers = _carriers([box(west, 0, east, 40) for west, east in edges])
    row = _measured(tmp_path, carriers, _units([1, 1, 1, 1]), "--site-gap-m", gap_m)
    assert row["sites"] == sites


def test_the_bundled_edition_gives_every_park_numbers_flag_and_reason(
    bundled: Path, tmp_path: Path
) -> None:
    out = tmp_path / "s.csv"
    result = run("scatter", "-w", bundled, "--out", out, "--json")
    table = pd.read_csv(out)
    assert result.exit_code == 0
    assert len(json.loads(result.stdout)) == len(table) == 58
    assert table["flag"].isin(["green", "yellow", "red", "undecided"]).all()
    assert table["reason_zh"].str.len().gt(10).all()
    assert table["reason_en"].str.len().gt(10).all()
    measured = table[table["spaces"] > 0]
    numbers = ["sites", "effective_sites", "mean_distance_m", "longest_gap_m"]
    located = measured[measured["sites"].notna()]
    assert np.isfinite(located[numbers].to_numpy(float)).all()
    assert located.loc[located["unlocated_share"] <= 0.2, "stability"].between(0, 1).all()
    assert located.loc[located["unlocated_share"] > 0.2, "flag"].eq("undecided").all()


@pytest.mark.parametrize("ending", ["xlsx", "json", "gpkg", "geojson", "parquet"])
def test_scatter_writes_the_format_of_the_ending(
    bundled: Path, tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"s.{ending}"
    assert run("scatter", "-w", bundled, "--park", "B01", "--out", out).exit_code == 0
    if ending == "xlsx":
        assert len(pd.read_excel(out, engine="openpyxl")) >= 1
    elif ending == "json":
        assert json.loads(out.read_text("utf-8"))
    else:
        frame = gpd.read_parquet(out) if ending == "parquet" else gpd.read_file(out, layer="s")
        assert len(frame) == 1
        assert frame.geometry.notna().all()


def test_an_export_for_gis_has_the_right_crs_counts_and_text(bundled: Path, tmp_path: Path) -> None:
    out = tmp_path / "y.gpkg"
    result = run(
        *("export", "parks", "carriers", "zones", "--format", "gpkg"),
        *("--crs", "EPSG:4549", "--out", out, "-w", bundled),
    )
    assert result.exit_code == 0
    layers = dict(pyogrio.list_layers(out))
    assert {"parks", "carriers", "zones"} <= set(layers)
    zones = pyogrio.read_dataframe(out, layer="zones")
    assert len(zones) == 10
    assert zones.crs.to_epsg() == 4549
    assert "环同济知识经济圈" in set(zones["name"])
    assert zones.total_bounds[0] > 600_000  # eastings of CM 120E


def test_good_rows_are_kept_and_bad_ones_returned(tmp_path: Path) -> None:
    workspace, rejects = tmp_path / "w", tmp_path / "bad.csv"
    file = tmp_path / "载体.csv"
    file.write_text(
        "carrier_id,name,lon,lat,gross_area_m2\n"
        "A1,好楼,121.51,31.30,1200\n"
        "A2,坏楼,121.51,31.30,12OO\n"
        "A1,重号楼,121.52,31.31,900\n",
        "utf-8",
    )
    result = run(
        *("import", file, "-l", "carriers", "-w", workspace, "--empty"),
        *("--rejects", rejects, "--json"),
    )
    summary = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (summary["rows_in"], summary["accepted"], summary["rejected"]) == (3, 1, 2)
    assert "载体.csv" in result.stderr
    assert "gross_area_m2" in result.stderr
    assert len(pd.read_csv(rejects)) == 2
    assert json.loads(run("layers", "-w", workspace, "--json").stdout)[3]["rows"] == 1


def test_a_unit_of_an_unknown_carrier_is_returned(bundled: Path, tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_text("unit_id,carrier_id,floor_area_m2\nX1,NOPE,100\n", "utf-8")
    result = run("import", file, "-l", "units", "-w", bundled, "--dry-run", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["rejected"] == 1
    assert "NOPE" in result.stderr


def test_history_diff_and_restore(tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    for number, name in enumerate(("旧名", "新名")):
        file = tmp_path / f"{number}.csv"
        file.write_text(f"carrier_id,name,lon,lat\nA1,{name},121.51,31.30\n", "utf-8")
        run("import", file, "-l", "carriers", "-w", workspace, "--empty", "--author", "李工")
    versions = json.loads(run("workspace", "history", "carriers", "-w", workspace, "--json").stdout)
    assert {v["author"] for v in versions} >= {"李工"}
    newest = max(v["version"] for v in versions)
    diff = json.loads(
        run("workspace", "diff", "carriers", newest - 1, "-w", workspace, "--json").stdout
    )
    assert [(d["field"], d["old"], d["new"]) for d in diff] == [("name", "旧名", "新名")]
    assert run("workspace", "restore", "carriers", newest - 1, "-w", workspace).exit_code == 0
    after = json.loads(run("workspace", "history", "carriers", "-w", workspace, "--json").stdout)
    assert max(v["version"] for v in after) == newest + 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("scatter",),
        ("export", "parks", "--format", "dwg", "--out", "x"),
        ("scatter", "--out", "x.csv", "--detour", "0.5"),
        ("--lang", "fr", "layers"),
        ("import", "x.csv", "-l", "carriers", "--map", "nonsense"),
    ],
)
def test_wrong_usage_ends_with_2(bundled: Path, arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli.cli, list(arguments), env={"ATLAS_WORKSPACE": str(bundled)})
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("scatter", "--out", "s.csv", "--park", "B0"), 2),
        (("export", "nothing", "--format", "csv", "--out", "x.csv"), 2),
        (("export", "parks", "--format", "gpkg", "--out", "x.csv"), 2),
        (("export", "parks", "--format", "gpkg", "--crs", "EPSG:99999", "--out", "x.gpkg"), 2),
        (("import", "missing.csv", "--layer", "carriers"), 2),
        (("scatter", "--out", "s.doc"), 2),
        (("import", "broken.gpkg", "--layer", "carriers", "--json"), 1),
        (("layers", "--workspace", "broken.gpkg"), 1),
    ],
)
def test_problems_are_sentences_and_not_tracebacks(
    bundled: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "broken.gpkg").write_bytes(b"this is no database")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATLAS_WORKSPACE", str(bundled))
    with pytest.raises(AtlasError) as caught:
        run(*arguments)
    assert caught.value.text.zh != caught.value.text.en
    monkeypatch.setattr("sys.argv", ["atlas", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == code
    shown = capsys.readouterr()
    assert caught.value.text.zh in shown.err
    if "--json" in arguments:
        assert json.loads(shown.out)["error"]["en"] == caught.value.text.en


def test_an_empty_layer_is_no_success(bundled: Path, tmp_path: Path) -> None:
    out = tmp_path / "landuse.gpkg"
    result = run("export", "landuse", "--format", "gpkg", "--out", out, "-w", bundled)
    assert result.exit_code == 1
    assert "landuse" in result.stderr


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("app", "--port", port, "--no-browser")
    assert result.exit_code == 1
    assert str(port) in result.stderr
    assert "--port" in result.stderr


@pytest.mark.parametrize(
    "command", ["app", "layers", "import", "scatter", "export", "workspace init"]
)
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    assert "Example" in result.stdout
