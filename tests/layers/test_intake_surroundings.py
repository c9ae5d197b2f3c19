"""What a reading process may use: drivers, variables, temporary files, sentences."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from layers.intake.isolation import isolated
from layers.intake.isolation.surroundings import ALLOWED_DRIVERS
from layers.intake.isolation.surroundings import environment
from layers.wording.isolation import PROGRESS
from layers.wording.isolation import REFUSALS

if TYPE_CHECKING:
    from pathlib import Path


def _in_surroundings(folder: Path, code: str) -> str:
    done = subprocess.run(  # noqa: S603 -- our own interpreter, our own code
        [sys.executable, "-P", "-c", code],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def test_gdal_has_only_the_drivers_that_the_readers_use(tmp_path: Path) -> None:
    code = "import layers.intake, pyogrio; print('\\n'.join(pyogrio.list_drivers()))"
    assert set(_in_surroundings(tmp_path, code).split("\n")) - {""} == ALLOWED_DRIVERS


def test_keys_and_proxies_are_not_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = ("HTTPS_PROXY", "AWS_SECRET_ACCESS_KEY", "ATLAS_GEOCODER", "GDAL_HTTP_HEADERS")
    for name in secret:
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("PROJ_NETWORK", "ON")
    given = environment(tmp_path)
    assert "secret" not in given.values()
    assert given["PROJ_NETWORK"] == "OFF"
    assert {given["TMPDIR"], given["TEMP"], given["TMP"]} == {str(tmp_path)}


def test_temporary_files_of_readers_lie_in_the_folder_of_the_process(tmp_path: Path) -> None:
    found = _in_surroundings(tmp_path, "import tempfile; print(tempfile.gettempdir())")
    assert found.strip() == str(tmp_path)


@pytest.mark.parametrize("key", sorted({*REFUSALS, *PROGRESS}))
def test_every_sentence_has_the_same_places_in_both_languages(key: str) -> None:
    text = {**REFUSALS, **PROGRESS}[key]
    in_zh, in_en = (set(re.findall(r"{\w+}", said)) for said in (text.zh, text.en))
    assert in_zh == in_en


def test_the_pool_of_the_app_is_bounded() -> None:
    assert isolated.PARALLEL == 2
