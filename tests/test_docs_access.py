"""The methods of the linkage say the parameters that the code has."""

from __future__ import annotations

import re
from pathlib import Path

from geo.access import ACCESS_RULE_VERSION
from geo.access import AccessParameters
from layers.access import ACCESS_LAYERS
from layers.access import SHARE_TITLES

TEXT = (Path(__file__).parents[1] / "docs" / "access.md").read_text("utf-8")


def test_every_parameter_is_listed_with_its_default() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", TEXT, re.MULTILINE))
    assert told == dict(re.findall(r"(\w+)=([^;]+)", AccessParameters().as_text()))


def test_rule_version_layers_and_columns_are_those_of_the_code() -> None:
    assert f"`{ACCESS_RULE_VERSION}`" in TEXT
    table = TEXT.split("## 4 指标")[1].split("## 5")[0]
    columns = set(re.findall(r"`([a-z_0-9]+)`", table)) - {"supply"}
    assert columns <= set(SHARE_TITLES)
    unnamed = {key for key in ACCESS_LAYERS if f"`{key}`" not in TEXT}
    assert unnamed <= {"parks", "carriers", "units", "district"}
