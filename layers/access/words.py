"""What the codes in the tables of the linkage are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.access.areas import AREA_TITLES
from layers.access.gaps import GAP_TITLES
from layers.access.gaps import SET_TITLES
from layers.access.titles import ACCESS_TITLES
from layers.access.titles import CHANGE_NAMES
from layers.access.titles import CHANGE_TITLES
from layers.access.titles import CIRCLE_TITLES
from layers.access.titles import DISTANCE_TITLES
from layers.access.titles import DWELLING_TITLES
from layers.access.titles import FLAG_CHANGE_TITLES
from layers.access.titles import GROUP_TITLES
from layers.access.titles import KEY_NAMES
from layers.access.titles import NEAREST_TITLES
from layers.access.titles import OBJECT_NAMES
from layers.access.titles import OBJECT_TITLES
from layers.access.titles import SHARE_CHANGE_TITLES
from layers.access.titles import SHARE_TITLES
from layers.access.titles import STATE_NAMES
from layers.access.titles import WAY_NAMES
from layers.errors import Text
from layers.results import FLAG_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

COLUMN_TITLES: Mapping[str, Mapping[str, Text]] = {
    "spaces": ACCESS_TITLES,
    "parks": SHARE_TITLES,
    "district": SHARE_TITLES,
    "nearest": NEAREST_TITLES,
    "gaps": {
        **GAP_TITLES,
        "campus_id": OBJECT_TITLES["campus_id"],
        "university": Text("校区所属高校", "University of the campus"),
        "at": Text("所在对象编码", "Id of what it stands at"),
        "gain_fact_m2": Text("按事实计增加（m²）", "Facts gained (m²)"),
    },
    "sets": SET_TITLES,
    "areas": AREA_TITLES,
    "circle": CIRCLE_TITLES,
    "groups": GROUP_TITLES,
    "dwellings": DWELLING_TITLES,
    "changes": CHANGE_TITLES,
    "distances": DISTANCE_TITLES,
    "shares": SHARE_CHANGE_TITLES,
    "objects": OBJECT_TITLES,
    "flags": FLAG_CHANGE_TITLES,
}
"""Titles of the columns of the tables, by key of :data:`layers.access.TABLE_TITLES`."""

BASIS_NAMES: Mapping[str, Text] = {
    "gate": Text("校门或出入口", "gate or entrance"),
    "outline": Text("校区轮廓（未登记校门）", "outline of the area, no gate known"),
    "point": Text("点位（未登记校门）", "a point, no gate known"),
    "place": Text("位置粗略", "known roughly"),
}
"""What the place of a destination stands on."""

_BY_NAME: Mapping[str, Mapping[str, Text]] = {
    "state": STATE_NAMES,
    "key": KEY_NAMES,
    "group": KEY_NAMES,
    "kind": OBJECT_NAMES,
    "basis": BASIS_NAMES,
    "change": {**CHANGE_NAMES, "changed": Text("变化", "changed")},
    "flag": FLAG_WORDS,
    "direction": {"better": Text("变好", "better"), "worse": Text("变差", "worse")},
}


def codes_in(columns: Iterable[str]) -> dict[str, Mapping[str, Text]]:
    """Return what the codes in columns are called, by column and code.

    Parameters
    ----------
    columns
        Names of columns of a table of the linkage; those without codes are left out.
    """
    found = {name: _codes(name) for name in columns}
    return {name: codes for name, codes in found.items() if codes}


def _codes(column: str) -> Mapping[str, Text]:
    name = column.removesuffix("_before").removesuffix("_after")
    if name.startswith("met_"):
        return STATE_NAMES
    return WAY_NAMES if name.endswith("way") else _BY_NAME.get(name, {})
