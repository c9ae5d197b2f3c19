"""The chapters: of the district, of one park, of one zone, of one scenario."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from geo.crs import geodesic_area_m2
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.export.groups import LEAST
from layers.export.notes import AUDIENCE_MARKS
from layers.export.sheets import SAMPLE
from layers.export.sheets import SKETCH
from layers.frames import has_geometry
from layers.ids import strangers
from layers.marks import is_sample
from layers.marks import is_sketch
from layers.report.basis import inside
from layers.report.basis import known_sum
from layers.report.basis import located_count
from layers.report.basis import named
from layers.report.blocks import Chapter
from layers.report.blocks import Paragraph
from layers.report.blocks import Ref
from layers.report.blocks import Section
from layers.report.figures import map_figure
from layers.report.figures import on_map
from layers.report.inventory import by_class
from layers.report.inventory import list_table
from layers.report.inventory import of_hidden_class
from layers.report.inventory import within_table
from layers.report.inventory import zones_table
from layers.report.methods import methods_section
from layers.report.methods import sources_section
from layers.report.methods import versions_section
from layers.report.printing import HIDDEN
from layers.report.printing import Column
from layers.report.printing import column_of
from layers.report.printing import make_table
from layers.report.printing import pairs_table
from layers.report.printing import printed
from layers.report.proposal import proposal_sections
from layers.report.scattering import all_parks_table
from layers.report.scattering import park_scatter_section
from layers.report.scattering import scatter_section
from layers.report.underused import hidden_carriers
from layers.report.underused import underuse_section
from layers.results import FLAG_WORDS
from layers.results import SCATTER_TITLES
from layers.sheet.subject import carriers_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Sequence
    from typing import Any

    from layers.report.basis import Basis
    from layers.report.blocks import Block
    from layers.report.blocks import Table
    from layers.report.figures import Picture
    from layers.report.proposal import Proposal

_KM2 = 1e6
_LAYERS = ("district", "zones", "parks", "carriers", "units", "incubators", "platforms")
_WITHIN = ("parks", "carriers", "incubators", "platforms")
_PARK_FACTS = (
    "park_id",
    "park_class",
    "second_class",
    "university",
    "industry",
    "operator",
    "operator_contract_end",
    "status",
    "address",
    "site_area_m2",
    "floor_area_m2",
    "established",
    "boundary_status",
    "data_date",
)
_CARRIER_FIELDS = (
    "carrier_class",
    "gross_area_m2",
    "rentable_area_m2",
    "vacant_area_m2",
    "data_date",
)
_TITLES = {
    "district": Text("{name}科技园区空间现状专题", "Park space of {name}"),
    "park": Text("{name}空间专题", "Space of {name}"),
    "zone": Text("{name}空间专题", "Space of {name}"),
    "scenario": Text("空间整合方案“{name}”", "Consolidation scenario '{name}'"),
}
_MAPS = {
    "district": Text("园区与功能区现状图", "Parks and zones"),
    "park": Text("园区空间分布图", "Where the park is"),
    "zone": Text("功能区空间分布图", "What is in the zone"),
    "scenario": Text("整合方案图（规划示意）", "The consolidation plan (proposed)"),
}
_ANNOUNCED_NOTE = Text(
    "公布建筑面积为园区对外公布的数，与园区持有/所用建筑面积（按单元合计）和载体总建筑面积口径不同，"
    "不可互换。",
    "The floor area here is what was announced; it is neither what the park holds or uses, added up"
    " over its units, nor the gross area of its carriers.",
)
_WHOLE_NOTE = Text(
    "面积为载体整栋的登记面积，可含其他园区所用部分，不是园区持有或所用的面积。",
    "Areas are of whole carriers, which other parks may share, not what the park holds or uses.",
)
_FLAG = Column("flag", SCATTER_TITLES["flag"], words=FLAG_WORDS)
_DATA = Text("方法与数据", "Methods and data")
_APPENDIX = Text("附录", "Appendix")


def build_chapter(basis: Basis, picture: Picture, proposal: Proposal | None) -> Chapter:
    """Return the chapter that was asked for.

    Parameters
    ----------
    basis
        What it is made from.
    picture
        Its map.
    proposal
        A scenario; needed for its chapter, a section more in that of the district.

    Raises
    ------
    ExportUsageError
        If there is no such park or zone.
    """
    kind, lang = basis.request.kind, basis.lang
    build = {"district": _district, "park": _park, "zone": _zone, "scenario": _scenario}[kind]
    name, sections = build(basis, picture, proposal)
    told = ("parks", "carriers") if kind == "scenario" else _WITHIN
    used = tuple(key for key in _LAYERS if kind == "district" or key in {*told, "zones", "units"})
    body = (
        *sections[:-1],
        Section("data", _DATA.get(lang), 1),
        methods_section(basis, scatter=True, underuse=kind != "scenario"),
        sources_section(basis, used),
        versions_section(basis, used),
        sections[-1],
    )
    title = _TITLES[kind].get(lang).format(name=name)
    return Chapter(
        lang=lang,
        title=title,
        subject=name,
        day=basis.stamp.isoformat(),
        marks=_marks(basis, used),
        author=basis.catalogue.title.get(lang),
        sections=tuple(s for s in body if s.blocks or s.key == "data"),
        words={"title": title, "subject": name, "date": basis.stamp.isoformat()},
    )


def _marks(basis: Basis, layers: Sequence[str]) -> tuple[str, ...]:
    frames = [basis.tables[key] for key in layers if key in basis.tables]
    marks = [AUDIENCE_MARKS[basis.request.audience]]
    marks += [SAMPLE] if any(bool(is_sample(f).any()) for f in frames) else []
    marks += [SKETCH] if any(bool(is_sketch(f).any()) for f in frames) else []
    return tuple(mark.get(basis.lang) for mark in marks)


_Built = tuple[str, list[Section]]


def _map_blocks(basis: Basis, picture: Picture) -> tuple[Block, ...]:
    return (map_figure(basis, _MAPS[basis.request.kind], picture), on_map(basis, picture))


def _district(basis: Basis, picture: Picture, proposal: Proposal | None) -> _Built:
    lang = basis.lang
    frame = basis.table("district")
    called = named(frame, basis.catalogue.layer("district"), lang)
    name = str(called.iloc[0]) if len(called) else basis.catalogue.title.get(lang)
    tables = (
        by_class(
            basis,
            "parks",
            "park_class",
            ("floor_area_m2",),
            table="parks",
            title=Text("园区分类汇总", "Parks by class"),
        ),
        zones_table(basis),
        by_class(
            basis,
            "carriers",
            "carrier_class",
            ("gross_area_m2", "rentable_area_m2", "vacant_area_m2"),
            table="carriers",
            title=Text("载体分类汇总", "Carriers by class"),
        ),
    )
    heading = Text("空间现状", "What is where").get(lang)
    text = _district_text(basis, name)
    blocks = (text, *tables, *_map_blocks(basis, picture))
    sections = [Section("overview", heading, 1, blocks), scatter_section(basis)]
    sections.append(underuse_section(basis))
    if proposal is not None:
        sections += proposal_sections(basis, proposal)
    unseen = of_hidden_class(basis, "parks", "park_class", ("floor_area_m2",))
    listed: list[Block] = [
        list_table(
            basis,
            "parks",
            basis.table("parks"),
            ("park_class", "status", "address", "floor_area_m2"),
            table="park_list",
            title=Text("园区名录", "List of parks"),
            # The list would give back what the table by class hides.
            hidden=pd.DataFrame(dict.fromkeys(("park_class", "floor_area_m2"), unseen)),
        )
    ]
    if basis.scatter is not None:
        listed.append(all_parks_table(basis))
    sections.append(Section("appendix", _APPENDIX.get(lang), 1, tuple(listed)))
    return name, sections


def _district_text(basis: Basis, name: str) -> Paragraph:
    parks, carriers, zones = (basis.table(key) for key in ("parks", "carriers", "zones"))
    # The sum of one or two is what one of them has.
    told = not basis.request.public or len(carriers) >= LEAST
    total = known_sum(carriers["gross_area_m2"].astype("float64")) if told else math.nan
    gross = basis.area(total)
    known = int(carriers["gross_area_m2"].notna().sum())
    first = basis.say(
        f"{name}登记科技园区 {len(parks)} 个，其中已定位 {located_count(parks)} 个；功能区"
        f" {len(zones)} 个；载体 {len(carriers)} 处，其中 {known} 处有建筑面积记录，合计 {gross}。"
        "分布见",
        f"Registered in {name}: parks {len(parks)}, located {located_count(parks)}; zones"
        f" {len(zones)}; carriers {len(carriers)}, with a recorded gross area {known}, {gross} in"
        " all. The map is ",
    )
    middle, end = basis.say("，分类汇总见", "; counts by class are in "), basis.say("。", ".")
    return Paragraph(
        (
            first,
            Ref("figure", "district"),
            middle,
            Ref("table", "parks"),
            basis.say("至", " to "),
            Ref("table", "carriers"),
            end,
        )
    )


def _one(basis: Basis, key: str, id_field: str, what: Text) -> pd.DataFrame:
    frame = basis.table(key)
    rows = frame[frame[id_field].eq(basis.request.subject)]
    if rows.empty:
        _, others = strangers([basis.request.subject], [str(i) for i in frame[id_field]])
        wanted = basis.request.subject
        raise ExportUsageError(
            Text(
                f"没有编码为 {wanted} 的{what.zh}{others.zh}",
                f"there is no {what.en} {wanted}{others.en}",
            )
        )
    return rows


def _facts(
    basis: Basis,
    key: str,
    rows: pd.DataFrame,
    names: Sequence[str],
    title: Text,
    notes: Sequence[Text] = (),
) -> Table:
    spec = basis.catalogue.layer(key)
    known = {f.name for f in spec.fields}
    columns = [column_of(spec.field(n)) for n in names if n in known and n in rows.columns]
    row = rows.iloc[0]
    pairs = [(c.title, printed(row[c.name], c, basis.lang)) for c in columns]
    sample = bool(is_sample(rows).any())
    return pairs_table("facts", title, pairs, basis.lang, notes=notes, sample=sample)


def _carriers_hidden(basis: Basis, rows: pd.DataFrame) -> pd.DataFrame:
    """Return which cells of a list of carriers tell the state of one of a hidden group."""
    ids = rows["carrier_id"].astype("str")
    return pd.DataFrame({"vacant_area_m2": ids.isin(hidden_carriers(basis, ids.tolist()))})


def _park(basis: Basis, picture: Picture, _: Proposal | None) -> _Built:
    lang = basis.lang
    park = _one(basis, "parks", "park_id", Text("园区", "park"))
    name = str(named(park, basis.catalogue.layer("parks"), lang).iloc[0])
    own = carriers_of(basis.everything, basis.request.subject)
    carriers = basis.table("carriers")
    mine = carriers[carriers["carrier_id"].isin(own)]
    title = Text("园区基本情况", "Facts of the park")
    facts = _facts(basis, "parks", park, _PARK_FACTS, title, (_ANNOUNCED_NOTE,))
    listed = list_table(
        basis,
        "carriers",
        mine,
        _CARRIER_FIELDS,
        table="carriers",
        title=Text("园区所在载体", "Carriers of the park"),
        notes=(_WHOLE_NOTE,),
        hidden=_carriers_hidden(basis, mine),
    )
    text = Paragraph(
        (
            basis.say(
                f"{name}分布于 {len(mine)} 处载体，其中 {located_count(mine)} 处已定位（",
                f"Carriers of {name}: {len(mine)}, located {located_count(mine)} (",
            ),
            Ref("figure", "park"),
            basis.say("）。基本情况见", "). Facts are in "),
            Ref("table", "facts"),
            basis.say("，载体见", ", carriers in "),
            Ref("table", "carriers"),
            basis.say("。", "."),
        )
    )
    overview = (text, facts, listed, *_map_blocks(basis, picture))
    sections = [
        Section("overview", Text("基本情况", "Overview").get(lang), 1, overview),
        park_scatter_section(basis),
        underuse_section(basis, own),
    ]
    return name, [*sections, *_unit_sections(basis)]


def _unit_sections(basis: Basis) -> list[Section]:
    """Return the units of a park and their list; the last section is the appendix."""
    appendix = Section("appendix", _APPENDIX.get(basis.lang), 1)
    units = basis.tables.get("units")
    mine = None if units is None else units[units["park_id"].eq(basis.request.subject)]
    if mine is None or mine.empty or "state" not in mine:
        return [appendix]
    spec = basis.catalogue.layer("units")
    words = {choice.value: choice.title for choice in spec.field("state").choices}
    states = mine["state"].fillna("").astype("str")
    table = pd.DataFrame(
        [
            {
                "state": state,
                "count": len(group),
                "floor_area_m2": known_sum(group["floor_area_m2"]),
            }
            for state, group in mine.groupby(states, sort=True)
        ]
    )
    summed = make_table(
        "units",
        Text("单元使用状态", "Units by state"),
        table.assign(sample=bool(is_sample(mine).any())),
        [
            Column("state", spec.field("state").title, words=words),
            Column("count", Text("单元数", "Units"), "count"),
            column_of(spec.field("floor_area_m2")),
        ],
        basis.lang,
    )
    names = ("carrier_id", "floor", "floor_area_m2", "state", "tenant", "lease_end")
    title = Text("单元清单", "List of units")
    listed = list_table(basis, "units", mine, names, table="unit_list", title=title)
    see = Paragraph(
        (
            basis.say(
                f"园区登记单元 {len(mine)} 个，", f"Registered units of the park: {len(mine)}; "
            ),
            basis.say("按状态汇总见", "by state: "),
            Ref("table", "units"),
            basis.say("，清单见", ", one by one: "),
            Ref("table", "unit_list"),
            basis.say("。", "."),
        )
    )
    heading = Text("单元", "Units").get(basis.lang)
    return [
        Section("units", heading, 1, (see, summed)),
        Section("appendix", appendix.title, 1, (listed,)),
    ]


def _zone(basis: Basis, picture: Picture, _: Proposal | None) -> _Built:
    lang = basis.lang
    zone = _one(basis, "zones", "zone_id", Text("功能区", "zone"))
    name = str(named(zone, basis.catalogue.layer("zones"), lang).iloc[0])
    within = {key: basis.table(key)[inside(basis, key, zone)] for key in _WITHIN}
    small = {k for k, f in within.items() if basis.request.public and 0 < len(f) < LEAST}
    fields = ("zone_id", "belt", "boundary_status", "address", "stated_area_m2", "method")
    facts = _facts(basis, "zones", zone, fields, Text("功能区基本情况", "Facts of the zone"))
    text = Paragraph(
        (
            _zone_text(basis, zone, within, name, small),
            Ref("figure", "zone"),
            basis.say("，分项见", "; by kind: "),
            Ref("table", "within"),
            basis.say("。", "."),
        )
    )
    overview = (text, facts, within_table(basis, within, small), *_map_blocks(basis, picture))
    sections = [Section("overview", Text("基本情况", "Overview").get(lang), 1, overview)]
    # A list has the number that the table hides.
    listed = _lists(basis, {key: frame for key, frame in within.items() if key not in small})
    sections.append(Section("lists", Text("区内资源", "What is inside").get(lang), 1, listed))
    carriers = within["carriers"]["carrier_id"].astype("str").tolist()
    sections.append(underuse_section(basis, carriers))
    return name, [*sections, Section("appendix", _APPENDIX.get(lang), 1)]


def _zone_text(
    basis: Basis, zone: pd.DataFrame, within: dict[str, Any], name: str, small: Collection[str]
) -> str:
    count = {key: HIDDEN if key in small else str(len(frame)) for key, frame in within.items()}
    measured = "—"
    if has_geometry(zone) and located_count(zone):
        measured = basis.number(float(geodesic_area_m2(zone.geometry).sum()) / _KM2, digits=2)
    return basis.say(
        f"{name}图上量算面积 {measured} km²（示意边界的量算不作为依据），区内已定位园区"
        f" {count['parks']} 个、载体 {count['carriers']} 处、孵化器"
        f" {count['incubators']} 个、平台 {count['platforms']} 个，见",
        f"{name} measures {measured} km² on the map (no evidence where the boundary is a sketch)."
        f" Inside: located parks {count['parks']}, carriers {count['carriers']}, incubators"
        f" {count['incubators']}, platforms {count['platforms']}; see ",
    )


def _lists(basis: Basis, within: dict[str, pd.DataFrame]) -> tuple[Block, ...]:
    fields = {
        "parks": ("park_class", "status", "floor_area_m2"),
        "carriers": _CARRIER_FIELDS,
        "incubators": ("kind", "status", "floor_area_m2"),
        "platforms": ("kind", "status", "floor_area_m2"),
    }
    found: list[Block] = []
    for key, frame in within.items():
        if len(frame):
            spec = basis.catalogue.layer(key)
            title = Text(f"区内{spec.title.zh}", f"{spec.title.en} inside")
            flags = (_FLAG,) if key == "parks" else ()
            rows = frame.assign(flag=_flags(basis, frame)) if flags else frame
            found.append(
                list_table(
                    basis,
                    key,
                    rows,
                    fields[key],
                    table=key,
                    title=title,
                    extra=flags,
                    hidden=_carriers_hidden(basis, rows) if key == "carriers" else None,
                )
            )
    return tuple(found)


def _flags(basis: Basis, parks: pd.DataFrame) -> pd.Series[Any]:
    """Return the flag of each park of a list; empty if it was not measured."""
    if basis.scatter is None:
        return pd.Series(None, index=parks.index, dtype="str")
    flags = basis.scatter.table.set_index("park_id")["flag"]
    return parks["park_id"].map(flags)


def _scenario(basis: Basis, picture: Picture, proposal: Proposal | None) -> _Built:
    if proposal is None:
        raise ExportUsageError(Text("请给出已保存的方案", "give a saved scenario"))
    sections = list(proposal_sections(basis, proposal))
    first = sections[0]
    see = Paragraph(
        (
            basis.say("方案布局见", "The plan is drawn in "),
            Ref("figure", "scenario"),
            basis.say("。", "."),
        )
    )
    sections[0] = Section(
        first.key, first.title, first.level, (*first.blocks, see, *_map_blocks(basis, picture))
    )
    return proposal.scenario.name, [*sections, Section("appendix", _APPENDIX.get(basis.lang), 1)]
