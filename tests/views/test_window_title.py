"""What the window of the browser is called: after what is open, not after the product."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from editions.make_linjiang import FOLDER
from layers.edition import open_edition
from layers.workspace import Workspace
from tests.city_hand import make_city

MAIN = Path(__file__).resolve().parents[2] / "views" / "main.py"
SLOW_S = 180
OTHERS = ("杨浦", "Yangpu")


@pytest.fixture
def titles(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every title that the window is given."""
    import streamlit as st

    noted: list[str] = []
    usual = st.set_page_config

    def note(page_title: str | None = None, **options: object) -> None:
        noted.append(str(page_title))
        usual(page_title=page_title, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(st, "set_page_config", note)
    return noted


def _run(monkeypatch: pytest.MonkeyPatch, path: Path, **address: str) -> AppTest:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(path))
    at = AppTest.from_file(MAIN, default_timeout=SLOW_S)
    for name, text in address.items():
        at.query_params[name] = text
    return at.run()


@pytest.mark.parametrize(
    ("language", "title"), [("zh", "临江园空间图谱（示例）"), ("en", "Linjiang Atlas (sample)")]
)
def test_another_edition_has_its_own_name_alone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    titles: list[str],
    language: str,
    title: str,
) -> None:
    edition = open_edition(FOLDER)
    Workspace.create(tmp_path / "w", edition, author="t")
    at = _run(monkeypatch, tmp_path / "w", lang={"zh": "中文", "en": "English"}[language])
    assert titles[-1] == title
    titles.clear()
    at.run()
    # Nor does it take the name of the product in between.
    assert not [one for one in titles if any(other in one for other in OTHERS)]


def test_a_district_of_a_city_leads_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, titles: list[str]
) -> None:
    city = make_city(tmp_path / "city")
    district = city.districts[0]
    _run(monkeypatch, city.path, lang="中文", district=district.path.name)
    assert titles[-1].split(" · ")[0] == district.title.zh
    assert city.title is None or titles[-1].endswith(f" · {city.title.zh}")
