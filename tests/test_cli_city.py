"""Commands that work on one district, given a city."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.city_hand import AWAY
from tests.city_hand import HOME
from tests.city_hand import make_city
from tests.cli_hand import refused
from tests.cli_hand import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a city of two districts."""
    return make_city(tmp_path_factory.mktemp("city") / "city").path


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "command", [["layers"], ["scatter", "--out", "x.xlsx"], ["workspace", "history"]]
)
def test_a_command_names_the_districts_and_how_one_is_opened(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    city: Path,
    command: list[str],
    lang: str,
) -> None:
    said = refused(monkeypatch, capsys, "--lang", lang, *command, "--workspace", city)
    assert {HOME, AWAY} <= set(
        said.replace("（", " ").replace("：", " ").replace("、", " ").split()
    )
    assert f"--workspace {city / 'districts'}" in said


def test_a_district_is_opened_by_its_path(city: Path) -> None:
    found = run("layers", "--json", "--workspace", city / "districts" / AWAY)
    assert found.exit_code == 0
    assert "parks" in {row["layer"] for row in json.loads(found.stdout)}
