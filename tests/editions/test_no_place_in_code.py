"""Nothing in the code says for which place it is: that stands in the edition."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for pattern in (
        "*.py",
        *(f"{room}/**/*.{end}" for room in ("geo", "layers", "views")
          for end in ("py", "js", "css", "po", "toml")),
    )
    for path in ROOT.glob(pattern)
    if not path.name.startswith(".")
)  # fmt: skip

# Names of the place, of its parts, and coordinates of it.
PLACE = re.compile(
    r"杨浦|yangpu|未来谷|杨数浦|杨树浦|复旦|同济|五角场|创智天地|长阳|上海|shanghai"
    r"|310110|(?<![\d.])121\.[3-7]\d*|(?<![\d.])31\.[23]\d*(?![\d.])",
    re.IGNORECASE,
)
# The product is called after the place where it was made.
PRODUCT = re.compile(r"yangpu[ _-]atlas|杨浦园空间图谱", re.IGNORECASE)
# Sources of a default, and where an error was measured: the place is the fact that is told.
CITED = {
    "geo/gcj.py": 2,
    "geo/underuse/parameters.py": 1,
}


def found(text: str) -> list[str]:
    """Return what is said of the place, line by line."""
    lines = (PRODUCT.sub("", line) for line in text.splitlines())
    return [line.strip() for line in lines if PLACE.search(line)]


def test_the_sources_are_looked_through() -> None:
    rooms = {path.relative_to(ROOT).parts[0] for path in SOURCES}
    assert {"geo", "layers", "views", "cli.py", "app.py", "start.py"} <= rooms
    assert len(SOURCES) > 300


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('name = "杨浦区"', True),
        ("Shanghai 2000", True),
        ("(121.4, 31.2)", True),
        ("lon = 121.5", True),
        ('help="Yangpu Atlas 杨浦园空间图谱: parks"', False),
        ('user_data_path("yangpu-atlas")', False),
        ("a factor of 1.324, 0.121.5, 231.2, 31.25.1", False),
    ],
)
def test_the_words_are_found(line: str, says: bool) -> None:
    assert bool(found(line)) == says


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_source_names_the_place(path: Path) -> None:
    lines = found(path.read_text("utf-8"))
    allowed = CITED.get(path.relative_to(ROOT).as_posix(), 0)
    assert len(lines) <= allowed, lines
