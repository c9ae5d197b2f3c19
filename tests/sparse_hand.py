"""What an office has in its first week: little, or nothing that is located."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.catalogue import load_catalogue
from layers.frames import has_geometry
from layers.startup import open_or_create
from layers.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd


def _unlocated(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(geometry=None) if has_geometry(frame) else frame


def _first(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.head(1)


def _bare(frame: pd.DataFrame) -> pd.DataFrame:
    """Forget whose a space is and how large: only ids, names and places are left."""
    lost = {"park_id", "gross_area_m2", "floor_area_m2", "rentable_area_m2", "vacant_area_m2"}
    there = {name: frame[name].mask(frame[name].notna()) for name in lost & {*frame}}
    return frame if "park_class" in frame else frame.assign(**there)


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


KINDS: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], tuple[str, ...]]] = {
    "nothing is located": (_unlocated, ()),
    "one row a layer": (_first, ()),
    "names and places": (_bare, ("parks", "carriers")),
    "parks": (_whole, ("parks",)),
    "no zones and no units": (_whole, ("parks", "carriers")),
}
"""How the bundled rows are changed, and which layers there are; all if none is named."""


def make(kind: str, folder: Path) -> Path:
    """Return a workspace with a part of the bundled edition."""
    change, keys = KINDS[kind]
    catalogue = load_catalogue()
    open_or_create(folder / "bundled", catalogue, author="甲")
    source = Workspace.open(folder / "bundled", catalogue)
    made = Workspace.create(folder / "w", catalogue, author="甲")
    for key in keys or source.keys():
        made.commit(key, change(source.read(key)), author="甲", message="首次导入")
    return made.path
