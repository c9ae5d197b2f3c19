"""QGIS and GDAL read the live layers: counts, Chinese text, places; with and without sign-in."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import httpx
import pytest

from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.team import Person
from layers.team import Role
from layers.team.tokens import Tokens
from tests.e2e.conftest import running
from tests.team_hand import PEOPLE
from tests.team_hand import running_team

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping

    import pandas as pd

    from tests.team_hand import TeamServer

READ = Path(__file__).with_name("qgis_live.py")
CATALOGUE = load_catalogue()
# One kind of places, several kinds by part, and a table.
KEYS = ("zones", "stations", "parks-point", "parks-polygon", "units")
PATIENCE_S = 240


@pytest.fixture(scope="module")
def tables() -> Mapping[str, pd.DataFrame]:
    """Return the bundled layers as read from their files: nothing of the server is in it."""
    return load_edition(CATALOGUE).tables


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("live") / "workspace") as address:
        yield f"{address}/ogc"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamServer]:
    with running_team(tmp_path_factory.mktemp("live-team") / "workspace") as server:
        yield server


def token(server: TeamServer, name: str) -> str:
    """Sign somebody in, who is known from then on, and make a token as his page does."""
    server.signed_in(name).close()
    person = Person(*PEOPLE[name], Role(name))
    return Tokens(server.workspace / "team").make(person)[0]


def seen(python: str, folder: Path, address: str, *password: str) -> dict[str, dict[str, Any]]:
    """Return what QGIS sees of :data:`KEYS`."""
    own = {"QT_QPA_PLATFORM": "offscreen", "QGIS_AUTH_DB_DIR_PATH": str(folder)}
    home = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "no_proxy": "127.0.0.1"}
    done = subprocess.run(  # noqa: S603 - our own script
        [python, str(READ), address, *password],
        input="\n".join(KEYS),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | own | home,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return answer


def wanted(tables: Mapping[str, pd.DataFrame], key: str) -> pd.DataFrame:
    """Return the rows of a collection."""
    layer, _, kind = key.partition("-")
    frame = tables[layer]
    if kind:
        assert isinstance(frame, gpd.GeoDataFrame)
        placed: pd.DataFrame = frame[frame.geometry.geom_type.str.lower().str.endswith(kind)]
        return placed
    return frame


def test_qgis_shows_counts_chinese_text_and_places(
    qgis_python: str, alone: str, tables: Mapping[str, pd.DataFrame], tmp_path: Path
) -> None:
    answer = seen(qgis_python, tmp_path, alone)
    for key in KEYS:
        told, rows = answer[key], wanted(tables, key)
        assert told.get("error") is None, key
        assert told["count"] == told["rows"] == len(rows) > 0, key
        if "name" in rows:
            assert told["names"] == sorted(rows["name"]), key
            assert told["found"] == sorted(n for n in rows["name"] if "大学" in n), key
        if isinstance(rows, gpd.GeoDataFrame):
            assert told["extent"] == pytest.approx(rows.total_bounds.tolist(), abs=1e-7), key
            assert told["in_box"] == rows.geometry.notna().sum(), key
            assert told["kinds"] == [told["kind"]], key
    assert answer["units"]["kind"] == "NoGeometry"
    assert answer["zones"]["crs"] == "EPSG:4326"


def test_qgis_signs_in_with_a_token_and_sees_what_the_role_may(
    qgis_python: str, team: TeamServer, tables: Mapping[str, pd.DataFrame], tmp_path: Path
) -> None:
    address = f"{team.address}/ogc"
    for folder in ("planner", "viewer", "stranger"):
        (tmp_path / folder).mkdir()
    planner = seen(qgis_python, tmp_path / "planner", address, token(team, "planner"))
    viewer = seen(qgis_python, tmp_path / "viewer", address, token(team, "viewer"))
    stranger = seen(qgis_python, tmp_path / "stranger", address, "wrong")
    assert planner["units"]["count"] == len(tables["units"])
    assert "operator" in planner["parks-point"]["fields"]
    assert "error" in viewer["units"]
    assert "operator" not in viewer["parks-point"]["fields"]
    assert viewer["zones"]["names"] == sorted(tables["zones"]["name"])
    assert all("error" in told for told in stranger.values())


def test_without_a_token_the_answer_asks_for_one(team: TeamServer) -> None:
    with httpx.Client(base_url=team.address, trust_env=False) as client:
        for path in ("/ogc", "/ogc/collections/zones/items", "/ogc/nothing"):
            answer = client.get(path)
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"].startswith("Basic")
        bearer = {"Authorization": f"Bearer {token(team, 'planner')}"}
        found = client.get("/ogc/collections/units/items", headers=bearer)
        assert found.status_code == 200
        assert found.json()["links"][0]["href"].startswith(team.address)
        team.set_role("planner", None)
        try:
            gone = client.get("/ogc/collections/units/items", headers=bearer)
            assert gone.status_code in {401, 403}
        finally:
            team.set_role("planner", "planner")


def test_gdal_reads_the_same_rows(
    needs: Callable[[str], str], alone: str, tables: Mapping[str, pd.DataFrame], tmp_path: Path
) -> None:
    program = needs("ogr2ogr")
    for key in KEYS:
        made = tmp_path / f"{key}.gpkg"
        command = [program, "-q", str(made), f"OAPIF:{alone}", key, "-oo", "PAGE_SIZE=500"]
        done = subprocess.run(  # noqa: S603 - a program of the user's
            command, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
        assert done.returncode == 0, done.stderr
        found, rows = gpd.read_file(made, layer=key), wanted(tables, key)
        spec = CATALOGUE.layer(key.partition("-")[0])
        field = spec.id_field
        assert sorted(found[field]) == sorted(rows[field]), key
        both = found.set_index(field).loc[rows[field]]
        if "name" in rows:
            assert both["name"].tolist() == rows["name"].tolist(), key
        if isinstance(rows, gpd.GeoDataFrame):
            shapes = gpd.GeoSeries(both["geometry"]).to_numpy()
            same = rows.geometry.to_numpy()
            placed = rows.geometry.notna().to_numpy()
            apart = gpd.GeoSeries(shapes[placed]).symmetric_difference(gpd.GeoSeries(same[placed]))
            assert apart.area.max() < 1e-9, key
