"""Which column of a file is which field.

One resolver, driven by tables: the user's own mapping, then field names, then
titles and aliases of the catalogue, then short names, and headings joined from
two rows last. Columns that say where a row lies are looked up the same way in
:data:`PLACES`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import NoReturn

from layers.contract import OWN_COLUMNS
from layers.dbase import cut_name
from layers.errors import IntakeError
from layers.errors import Text
from layers.frames import GEOMETRY
from layers.intake.units import parse_unit

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import LayerSpec

    # How a heading is spelled, and what every spelling is.
    _Step = tuple[Callable[[str], str], Mapping[str, str]]

# A Chinese survey calls the northing X and the easting Y. Where a heading says
# which is which, it is believed; a bare X or Y is taken by its name, and whether
# the axes are swapped is found out from the numbers.
_EAST = ("x", "x坐标", "x轴", "坐标x", "东坐标", "东向坐标", "横坐标", "easting", "east", "东")
_NORTH = ("y", "y坐标", "y轴", "坐标y", "北坐标", "北向坐标", "纵坐标", "northing", "north", "北")

PLACES: Mapping[str, tuple[str, ...]] = {
    "lon": ("lon", "lng", "long", "longitude", "经度", "东经", "经度坐标", *_EAST),
    "lat": ("lat", "latitude", "纬度", "北纬", "纬度坐标", *_NORTH),
    "lonlat": (
        "lonlat",
        "经纬度",
        "经纬度坐标",
        "坐标",
        "位置坐标",
        "坐标点",
        "坐标位置",
        "coordinates",
    ),
    "wkt": ("wkt", "geometry", "geom", "the_geom", "几何"),
    "coord_system": ("coord_system", "crs", "坐标系", "坐标系统"),
}
"""Headings of the columns that say where a row lies; ``lonlat`` holds both numbers in one cell."""

# What the table of a Shapefile is written in.
_TABLE_ENCODINGS = ("gbk", "utf-8")

PLACE_TITLES: Mapping[str, Text] = {
    "lon": Text("经度或东坐标", "longitude or easting"),
    "lat": Text("纬度或北坐标", "latitude or northing"),
    "lonlat": Text("经纬度（一格）", "longitude and latitude in one cell"),
    "wkt": Text("几何（WKT）", "geometry (WKT)"),
    "coord_system": Text("坐标系", "coordinate system"),
}
"""What people call the keys of :data:`PLACES`."""

# With what stands in brackets a heading may say the opposite of its first word.
_IN_FULL: Mapping[str, tuple[str, ...]] = {
    "lon": (
        "y(东)",
        "y坐标(东)",
        "y(横)",
        "y坐标(横)",
        "y(e)",
        "横坐标(y)",
        "东坐标(y)",
        "经度(y)",
    ),
    "lat": (
        "x(北)",
        "x坐标(北)",
        "x(纵)",
        "x坐标(纵)",
        "x(n)",
        "纵坐标(x)",
        "北坐标(x)",
        "纬度(x)",
    ),
}

LEFT_OUT = ("", "-")
"""What a mapping says of a column that is not to be used."""

# First rows of headings that only say what a group of columns is about.
_GROUPS = frozenset(
    (
        *("基本信息", "基本情况", "基础信息", "概况", "基本概况", "载体信息", "载体情况"),
        *("楼宇信息", "楼宇情况", "园区信息", "园区情况", "单元信息", "房源信息", "地块信息"),
        *("项目信息", "项目概况", "坐标", "位置", "坐标信息", "位置信息", "经纬度", "中心坐标"),
    )
)
# Last rows of headings that add nothing to the first.
_NEUTRAL = frozenset(
    ("数量", "个数", "金额", "数值", "合计", "小计", "总计", "总数", "情况", "名称")
)
_YEAR = re.compile(r"(?:19|20)[0-9]{2}年?度?")
# Shorter words (编码, 名称, 面积) mean something else under every first row.
_TELLING = 3

_OPENING = {")": "(", "]": "[", "】": "【", "〕": "〔"}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what.

    Attributes
    ----------
    fields
        Column by field name.
    places
        Column by key of :data:`PLACES`.
    doubled
        ``(column, field)`` of columns that name a field which another
        column already fills.
    """

    fields: Mapping[str, str]
    places: Mapping[str, str]
    doubled: tuple[tuple[str, str], ...]


def normalise(heading: str) -> str:
    """Return a heading without width, case, blanks, a required mark and a unit in brackets."""
    return _without_unit(_plain(heading)).strip("*")


def _plain(heading: str) -> str:
    """Return a heading without width, case, blanks and a required mark."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", heading)).casefold().strip("*")


def _without_unit(plain: str) -> str:
    """Return a heading without the brackets at its end, whatever stands between them.

    A unit may have brackets of its own, as in 元/(m²·天); brackets that do not
    match, or hold the whole heading, stay.
    """
    closing = plain[-1:]
    if closing not in _OPENING:
        return plain
    depth = 0
    for position in range(len(plain) - 1, 0, -1):
        depth += (plain[position] == closing) - (plain[position] == _OPENING[closing])
        if depth == 0:
            return plain[:position]
    return plain


def find_columns(
    headings: Sequence[str], spec: LayerSpec, mapping: Mapping[str, str] | None = None
) -> Columns:
    """Say for every heading which field or place it is.

    Parameters
    ----------
    headings
        Headings of the file.
    spec
        The layer with its names, titles, aliases and short names.
    mapping
        The user's own choice, heading → field or key of :data:`PLACES`; it
        goes before everything else. A word of :data:`LEFT_OUT` leaves the
        column out.

    Raises
    ------
    IntakeError
        If `mapping` names a heading or a field that is not there, or if no
        heading is known at all.
    """
    found: dict[str, str] = {}
    doubled: list[tuple[str, str]] = []
    chosen = _chosen(headings, spec, mapping or {})
    used = {heading for heading, target in chosen.items() if target in LEFT_OUT}
    steps: list[_Step] = [(str, chosen), *_tables(spec)]
    for spell, names in steps:
        for heading in headings:
            target = names.get(spell(heading))
            if target is None or heading in used:
                continue
            used.add(heading)
            if target in found:
                doubled.append((heading, target))
            else:
                found[target] = heading
    fields = {name: column for name, column in found.items() if spec.has_field(name)}
    if not fields and headings:
        raise _nothing_known(headings, spec)
    places = {name: column for name, column in found.items() if not spec.has_field(name)}
    return Columns(fields, places, tuple(doubled))


def known_columns(
    headings: Sequence[str], spec: LayerSpec, mapping: Mapping[str, str] | None = None
) -> Columns:
    """Return what :func:`find_columns` finds, and no columns where it would refuse the file."""
    try:
        return find_columns(headings, spec, mapping)
    except IntakeError:
        return Columns({}, {}, ())


def find_places(headings: Iterable[str]) -> dict[str, str]:
    """Return the columns that say where a row lies, by key of :data:`PLACES`."""
    known = [*headings]
    found: dict[str, str] = {}
    used: set[str] = set()
    for spell, names in _place_steps():
        for heading in known:
            target = names.get(spell(heading))
            if target is not None and heading not in used:
                used.add(heading)
                found.setdefault(target, heading)
    return found


def _place_steps() -> tuple[_Step, ...]:
    full = {alias: key for key, aliases in _IN_FULL.items() for alias in aliases}
    return (_plain, full), (normalise, _place_names())


def _place_names() -> dict[str, str]:
    return {alias: key for key, aliases in PLACES.items() for alias in aliases}


def _tables(spec: LayerSpec) -> tuple[_Step, ...]:
    """Return how a heading is spelled and spelling → target, a pair a step, the surest first."""
    full: dict[str, str] = {}
    titles: dict[str, str] = {}
    short: dict[str, str] = {}
    for field in spec.fields:
        for label in (field.title.zh, field.title.en, *field.aliases):
            full.setdefault(_plain(label), field.name)
            titles.setdefault(normalise(label), field.name)
        short.setdefault(normalise(field.short), field.name)
    exact = {name: name for name in spec.field_names}
    return (
        (_plain, exact),
        # Brackets may be part of a title: "Completed (year)", "Completed (month)".
        (_plain, full),
        # With a unit behind it, a title may still have brackets of its own.
        (normalise, full),
        (normalise, exact),
        (normalise, titles),
        (normalise, short),
        *_place_steps(),
        # A Shapefile keeps ten bytes of a name.
        (_plain, _cut_labels(spec)),
        # Two rows of headings, joined as 面积/可租: the surest way first.
        *((way, {**_place_names(), **exact, **titles}) for way in _joined_ways(spec)),
    )


def _cut_labels(spec: LayerSpec) -> dict[str, str]:
    """Return the beginnings that a Shapefile leaves of long labels, where one field has them."""
    meant: dict[str, set[str]] = {}
    for field in spec.fields:
        for label in (field.title.zh, *field.aliases):
            for encoding in _TABLE_ENCODINGS:
                cut = _plain(cut_name(_plain(label), encoding))
                if cut and cut != _plain(label):
                    meant.setdefault(cut, set()).add(field.name)
    return {cut: next(iter(names)) for cut, names in meant.items() if len(names) == 1}


def _joined_ways(spec: LayerSpec) -> tuple[Callable[[str], str], ...]:
    """Return how a heading that was joined from several rows is spelled, the surest first.

    Each returns an empty text where it does not apply.
    """
    groups = _GROUPS | {normalise(spec.title.zh), normalise(spec.title.en)}

    def both(heading: str) -> str:
        parts = _parts(heading)
        return "".join(parts[-2:]) if len(parts) > 1 else ""

    def turned(heading: str) -> str:
        parts = _parts(heading)
        return parts[-1] + parts[-2] if len(parts) > 1 else ""

    def last(heading: str) -> str:
        parts = _parts(heading)
        if len(parts) < 2:  # noqa: PLR2004 -- a first row and a last one
            return ""
        grouped = parts[-2] in groups or _YEAR.fullmatch(parts[-2])
        return parts[-1] if grouped or len(parts[-1]) >= _TELLING else ""

    def first(heading: str) -> str:
        head, _, rest = _plain(heading).partition("/")
        adds_nothing = rest in _NEUTRAL or _YEAR.fullmatch(rest) or parse_unit(rest)
        return normalise(head) if adds_nothing else ""

    return both, turned, last, first


def _parts(heading: str) -> list[str]:
    parts = [part for part in map(normalise, normalise(heading).split("/")) if part]
    while len(parts) > 1 and parse_unit(parts[-1]):
        parts.pop()
    return parts


def _chosen(headings: Sequence[str], spec: LayerSpec, mapping: Mapping[str, str]) -> dict[str, str]:
    targets = (*spec.field_names, *PLACES, *LEFT_OUT)
    for source, target in mapping.items():
        if source not in headings:
            _refuse_unknown("列", "column", source, headings)
        if target not in targets:
            _refuse_unknown("字段", "field", target, (*spec.field_names, *PLACES))
    return dict(mapping)


def _refuse_unknown(zh: str, en: str, name: str, known: Sequence[str]) -> NoReturn:
    listed = ", ".join(difflib.get_close_matches(name, known, n=3) or known)
    raise IntakeError(
        Text(
            f"对应关系中的{zh}“{name}”不存在；请改用：{listed}",
            f"the mapping names the {en} '{name}', which is not there; use one of: {listed}",
        )
    )


def _nothing_known(headings: Sequence[str], spec: LayerSpec) -> IntakeError:
    have = ", ".join(headings)
    zh = "、".join(f"{f.title.zh} ({f.name})" for f in spec.fields)
    en = ", ".join(f"{f.title.en} ({f.name})" for f in spec.fields)
    example = f'--map "{headings[0]}={spec.name_field}"'
    return IntakeError(
        Text(
            f"表头中没有图层“{spec.title.zh}”的任何字段。请在导入页第 2 步“列”为至少一列指定字段，"
            f"或用 {example} 这样指明；如文件属于别的图层，请改选图层。"
            f"文件的表头：{have}。可用字段：{zh}",
            f"no heading is a field of the layer '{spec.title.en}'. Choose the field of at least"
            f" one column in step 2 of the import page, or name it like {example}; if the file is"
            f" for another layer, choose that. Headings: {have}. Fields: {en}",
        )
    )


def unused(headings: Iterable[str], columns: Columns) -> list[str]:
    """Return the headings that are neither field nor place nor a mark of our own exports."""
    doubled = {heading for heading, _ in columns.doubled}
    taken = {*columns.fields.values(), *columns.places.values(), *doubled}
    return [h for h in headings if h not in taken and h not in OWN_COLUMNS and h != GEOMETRY]
