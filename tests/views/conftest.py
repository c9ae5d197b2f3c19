"""Pages under AppTest, each on a workspace of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import streamlit as st

from layers.catalogue import load_catalogue
from layers.startup import open_or_create

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with the bundled edition, made once."""
    path = tmp_path_factory.mktemp("bundled") / "workspace"
    open_or_create(path, load_catalogue(), author="test")
    return path


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace without any layer."""
    path = tmp_path_factory.mktemp("empty") / "workspace"
    open_or_create(path, load_catalogue(), author="test", empty=True)
    return path


@pytest.fixture(autouse=True)
def _fresh_caches() -> None:
    st.cache_resource.clear()
