"""The command line, and a hand that gives files to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pytest
from pyproj import Transformer
from typer.testing import CliRunner

import cli
from layers.catalogue import load_catalogue
from layers.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

HEAD = "载体编码,楼栋名称,经度,纬度"
PLACES = [(121.5056, 31.2990), (121.5153, 31.2871), (121.5277, 31.2755)]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.cli, [str(a) for a in arguments], catch_exceptions=False)


def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> str:
    """Run the program as a shell would; return what it says of a wish that is wrong."""
    monkeypatch.setattr("sys.argv", ["atlas", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    return capsys.readouterr().err


def read(workspace: Path, key: str) -> Any:
    frame = Workspace.open(workspace, load_catalogue()).read(key)
    return frame.set_index(load_catalogue().layer(key).id_field)


def write(folder: Path, text: str, name: str = "台账.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def take(workspace: Path, file: Path, *options: object, layer: str = "carriers") -> dict[str, Any]:
    """Import a file and return what is told of it."""
    done = run("import", file, "-l", layer, "-w", workspace, "--json", *options)
    told: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == (1 if told["rejected"] else 0), done.stderr
    assert told["rows_in"] == told["accepted"] + told["rejected"]
    return told


def codes(told: dict[str, Any]) -> set[str]:
    return {issue["code"] for issue in told["issues"]}


def metres(epsg: int) -> list[tuple[float, float]]:
    """Return east and north of the places."""
    there = Transformer.from_crs(4490, epsg, always_xy=True)
    return [there.transform(*place) for place in PLACES]


def placed(workspace: Path, prefix: str = "X") -> np.ndarray[Any, Any]:
    frame = read(workspace, "carriers")
    shapes = frame.loc[[f"{prefix}{i}" for i in range(len(PLACES))]].geometry
    return np.column_stack([shapes.x, shapes.y])


def apart_m(found: np.ndarray[Any, Any]) -> float:
    """Return the largest distance from where the places are, in metres."""
    scale = np.array([95_300.0, 110_900.0])  # metres a degree at 31.3° N, near enough
    return float(np.hypot(*((found - np.array(PLACES)) * scale).T).max())
