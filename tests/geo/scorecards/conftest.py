"""Worked numbers of the scorecards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def oracle() -> dict[str, Any]:
    numbers: dict[str, Any] = json.loads(
        Path(__file__).with_name("oracles.json").read_text(encoding="utf-8")
    )
    return numbers
