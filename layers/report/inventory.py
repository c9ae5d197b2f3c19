"""What is where: counts and areas of layers by class."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from geo.crs import geodesic_area_m2
from layers.errors import Text
from layers.export.groups import HIDDEN
from layers.export.groups import hide_small
from layers.export.groups import total_is_safe
from layers.frames import has_geometry
from layers.marks import is_located
from layers.marks import is_sample
from layers.report.basis import known_sum
from layers.report.basis import located_count
from layers.report.basis import named
from layers.report.printing import HIDDEN_NOTE
from layers.report.printing import Column
from layers.report.printing import column_of
from layers.report.printing import make_table

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import LayerSpec
    from layers.report.basis import Basis
    from layers.report.blocks import Table

_KM2 = 1e6
_AREAS = {"parks": "floor_area_m2", "carriers": "gross_area_m2"}
_MIXED_NOTE = Text(
    "园区为公布建筑面积，载体为整栋的总建筑面积，孵化器与平台为登记的建筑面积；口径不同，不可相加。",
    "Parks: floor area as announced; carriers: gross area of whole carriers; incubators and"
    " platforms: as registered. These do not add up.",
)
_UNCLASSED = Text("未分类", "not classified")
_TOTAL = Text("合计", "Total")
COUNT = Column("count", Text("个数", "Number"), "count")
LOCATED = Column("located", Text("已上图", "On the map"), "count")
NAME = Column("name", Text("名称", "Name"))
_AREA_NOTE = Text(
    "面积只合计已知的；“已知面积”为有面积记录的个数。",
    "Areas add up what is known; 'Area known' counts those with an area.",
)


def by_class(
    basis: Basis, key: str, field: str, areas: Sequence[str], *, table: str, title: Text
) -> Table:
    """Return counts and areas of a layer by one of its fields, with a total.

    Parameters
    ----------
    basis
        What the chapter is made from.
    key, field
        The layer and the field with choices that it is grouped by.
    areas
        Fields that are added up, m².
    table, title
        Key and caption.

    Returns
    -------
    Table
        In a public chapter with small groups hidden.
    """
    frame, spec = basis.table(key), basis.catalogue.layer(key)
    shown = [name for name in areas if name in frame.columns]
    groups, there = (
        _grouped(frame, field, shown),
        ["located", *(["known"] if shown else []), *shown],
    )
    words = {c.value: c.title for c in spec.field(field).choices} | {"": _UNCLASSED}
    columns = [Column(field, spec.field(field).title, words=words), COUNT, LOCATED]
    if shown:
        columns.append(Column("known", Text("已知面积", "Area known"), "count"))
    columns += [column_of(spec.field(name)) for name in shown]
    safe = not basis.request.public or total_is_safe(groups, count="count", values=there)
    told, mask, notes = hidden_groups(basis, groups, "count", there)
    if safe:
        told = pd.concat([told, _total(frame, field, shown)], ignore_index=True)
        open_row = pd.DataFrame(data=False, index=[0], columns=mask.columns)
        mask = pd.concat([mask, open_row], ignore_index=True)
    words["*"] = _TOTAL
    notes += [_AREA_NOTE] if shown else []
    made = make_table(
        table,
        title,
        told.assign(sample=bool(is_sample(frame).any())),
        columns,
        basis.lang,
        notes=notes,
        hidden=mask,
    )
    return with_told(made, {key: located_count(frame)})


def of_hidden_class(basis: Basis, key: str, field: str, areas: Sequence[str]) -> pd.Series[bool]:
    """Tell which rows of a layer are of a class that :func:`by_class` hides.

    Parameters
    ----------
    basis, key, field, areas
        As for :func:`by_class`.

    Returns
    -------
    pandas.Series of bool
        Index of the layer; what a list must not tell of these rows, or it gives the
        hidden numbers back.
    """
    frame = basis.table(key)
    shown = [name for name in areas if name in frame.columns]
    groups = _grouped(frame, field, shown)
    there = ["located", *(["known"] if shown else []), *shown]
    _told, mask, _notes = hidden_groups(basis, groups, "count", there)
    hidden = groups.loc[mask["count"].to_numpy(dtype=bool), field]
    return frame[field].astype("str").fillna("").isin(hidden)


def with_told(table: Table, told: Mapping[str, int]) -> Table:
    """Return a table that says how many features are on the map.

    Parameters
    ----------
    table
        The table.
    told
        Features by layer.
    """
    return replace(table, told=dict(told))


def _grouped(frame: pd.DataFrame, field: str, areas: Sequence[str]) -> pd.DataFrame:
    """Return one row a class, the largest class first."""
    rows = []
    for value, group in frame.groupby(frame[field].astype("str").fillna(""), sort=True):
        rows.append({field: value, **_measured(group, areas)})
    columns = [field, *_measured(frame, areas)]
    table = pd.DataFrame(rows, columns=columns)
    ordered = table.assign(_last=table[field].eq(""))
    ordered = ordered.sort_values(["_last", "count", field], ascending=[True, False, True])
    return ordered.drop(columns="_last").reset_index(drop=True)


def _measured(frame: pd.DataFrame, areas: Sequence[str]) -> dict[str, float]:
    found: dict[str, float] = {"count": len(frame), "located": located_count(frame)}
    if areas:
        found["known"] = int(frame[areas[0]].notna().sum())
    return found | {name: known_sum(frame[name]) for name in areas}


def _total(frame: pd.DataFrame, field: str, areas: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame([{field: "*", **_measured(frame, areas)}])


def hidden_groups(
    basis: Basis, groups: pd.DataFrame, count: str, values: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame, list[Text]]:
    """Return groups as the audience may have them, which cells are hidden, and a note.

    Parameters
    ----------
    basis
        What the chapter is made from.
    groups
        One row a group.
    count, values
        Columns with the number in each group, and with what is added up.
    """
    names = [count, *values]
    if not basis.request.public:
        return groups, pd.DataFrame(data=False, index=groups.index, columns=names), []
    open_groups = hide_small(groups, count=count, values=values)
    small = open_groups[HIDDEN].to_numpy(dtype=bool)
    hidden = pd.DataFrame(dict.fromkeys(names, small), index=groups.index)
    return open_groups, hidden, [HIDDEN_NOTE] if bool(hidden.to_numpy().any()) else []


def zones_table(basis: Basis) -> Table:
    """Return the zones with the stated and the measured area."""
    frame, spec = basis.table("zones"), basis.catalogue.layer("zones")
    rows = frame.assign(name=named(frame, spec, basis.lang))
    if has_geometry(frame):
        rows["measured_km2"] = geodesic_area_m2(frame.geometry).where(is_located(frame)) / _KM2
    if "stated_area_m2" in rows:
        rows["stated_km2"] = rows["stated_area_m2"] / _KM2
    columns = [
        column_of(spec.field("zone_id")),
        NAME,
        *(column_of(spec.field(name)) for name in ("belt", "boundary_status") if name in rows),
        Column("stated_km2", Text("公布面积（km²）", "Stated area (km²)"), "number", 2),
        Column("measured_km2", Text("图上量算面积（km²）", "Measured area (km²)"), "number", 2),
    ]
    notes = [
        Text(
            "示意边界的量算面积不作为依据；各功能区可重叠，面积不可相加。",
            "Areas measured on sketched boundaries are no evidence; zones may overlap, so that"
            " areas do not add up.",
        )
    ]
    made = make_table(
        "zones",
        Text("功能区", "Zones"),
        pd.DataFrame(rows),
        columns,
        basis.lang,
        notes=notes,
    )
    return with_told(made, {"zones": located_count(frame)})


def within_table(basis: Basis, within: dict[str, pd.DataFrame], small: Collection[str]) -> Table:
    """Return how many of each kind are in a zone, and their floor area.

    Parameters
    ----------
    basis
        What the chapter is made from.
    within
        Rows inside the zone, by layer.
    small
        Layers with too few for the public; kinds do not add up, so that these alone are
        hidden.
    """
    rows = [
        {
            "layer": basis.catalogue.layer(key).title.get(basis.lang),
            "count": len(frame),
            "area": known_sum(frame[_AREAS.get(key, "floor_area_m2")].astype("float64")),
            "sample": bool(is_sample(frame).any()),
        }
        for key, frame in within.items()
    ]
    columns = [
        Column("layer", Text("类别", "Kind")),
        Column("count", Text("区内个数", "Inside"), "count"),
        Column(
            "area", Text("建筑面积（m²，已知部分）", "Floor area (m², what is known)"), "number"
        ),
    ]
    title = Text("区内园区、载体、孵化器与平台", "Parks, carriers, incubators and platforms inside")
    mask = [key in small for key in within]
    notes = [_MIXED_NOTE, *([HIDDEN_NOTE] if small else [])]
    return make_table(
        "within",
        title,
        pd.DataFrame(rows),
        columns,
        basis.lang,
        notes=notes,
        hidden=pd.DataFrame({"count": mask, "area": mask}),
    )


def list_table(  # noqa: PLR0913 -- as a table has them
    basis: Basis,
    key: str,
    rows: pd.DataFrame,
    fields: Sequence[str],
    *,
    table: str,
    title: Text,
    extra: Sequence[Column] = (),
    notes: Sequence[Text] = (),
    hidden: pd.DataFrame | None = None,
) -> Table:
    """Return rows of a layer, one a line.

    Parameters
    ----------
    basis
        What the chapter is made from.
    key, rows
        The layer, and some of its rows.
    fields
        Fields after id and name; those that the audience may not have are left out.
    table, title
        Key and caption.
    extra
        Columns of `rows` behind them that are not of the layer.
    notes
        Lines beneath it.
    hidden
        Which cells are hidden, index of `rows`, by field; None for no cell.
    """
    spec: LayerSpec = basis.catalogue.layer(key)
    # A name is told once, in the language of the chapter.
    known = {f.name for f in spec.fields}
    told = [name for name in fields if name in known and name in rows.columns]
    shown = rows.assign(_name=named(rows, spec, basis.lang))
    columns = [column_of(spec.field(spec.id_field))]
    if spec.name_field not in ("", spec.id_field):
        columns.append(Column("_name", spec.field(spec.name_field).title))
    columns += [*(column_of(spec.field(name)) for name in told), *extra]
    masked = hidden is not None and bool(hidden.to_numpy().any())
    return make_table(
        table,
        title,
        pd.DataFrame(shown),
        columns,
        basis.lang,
        notes=[*notes, *([HIDDEN_NOTE] if masked else [])],
        hidden=hidden,
    )
