"""How numbers were made and from what: rules, parameters, sources, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geo.parameters import RULE_VERSION as SCATTER_RULE
from geo.underuse import RULE_VERSION as UNDERUSE_RULE
from geo.underuse import UnderuseParameters
from layers.audit.export_id import export_id_text
from layers.errors import Text
from layers.i18n import UNKNOWN
from layers.marks import is_sample
from layers.marks import is_sketch
from layers.report.basis import left_out
from layers.report.basis import located_count
from layers.report.blocks import Paragraph
from layers.report.blocks import Ref
from layers.report.blocks import Section
from layers.report.printing import Column
from layers.report.printing import make_table
from layers.results import SCATTER_TITLES
from layers.results import scatter_remarks
from layers.stock import STOCK_TITLES
from layers.underuse import underuse_remarks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.report.basis import Basis
    from layers.report.blocks import Block
    from layers.report.blocks import Table
    from layers.specs import Place

_JUDGED = Text("建议值", "suggested")
_TRIED = Text("建议值：稳健性试算", "suggested: tried for stability")
_SHARE_OF_EVIDENCE = Text("建议值：按各项之和折算", "suggested: used as a share of their sum")
_SCATTER: Mapping[str, tuple[Text, Text]] = {
    "walk_m": (
        Text("步行阈值（m）", "Longest walk (m)"),
        Text("建议值：步行 10 分钟，80 m/min", "suggested: 10 minutes at 80 m a minute"),
    ),
    "detour": (
        Text("绕行系数", "Detour factor"),
        Text("25 个中国城市绕行系数均值", "published mean over 25 Chinese cities"),
    ),
    "site_gap_m": (
        Text("点位间距（m）", "Site gap (m)"),
        Text("建议值：宽于支路", "suggested: wider than a local street"),
    ),
    "green_share": (Text("判绿的最大连片占比", "Largest share for green"), _JUDGED),
    "red_share": (Text("可能判红的最大连片占比", "Largest share below which red"), _JUDGED),
    "red_effective_clusters": (Text("判红的等效连片数", "Effective clusters for red"), _JUDGED),
    "red_zone_share": (Text("判红的功能区内占比", "Share in zones for red"), _JUDGED),
    "p_threshold": (
        Text("随机对照显著性", "Threshold of the chance test"),
        Text("惯例", "convention"),
    ),
    "unlocated_limit": (Text("未定位占比上限", "Most that may be unlocated"), _JUDGED),
    "stable_share": (Text("判为稳健的比例", "Share of runs for stable"), _JUDGED),
    "satellite_share": (Text("判为主体加卫星的最大连片占比", "Largest share for a core"), _JUDGED),
    "pole_limit": (Text("判为多极的等效连片数上限", "Most effective clusters for poles"), _JUDGED),
    "walk_range": (Text("试算的步行阈值（m）", "Longest walks tried (m)"), _TRIED),
    "detour_range": (Text("试算的绕行系数", "Detour factors tried"), _TRIED),
    "gap_range": (Text("试算的点位间距（m）", "Site gaps tried (m)"), _TRIED),
    "crossing_reach_m": (
        Text("过街设施的作用距离（m）", "Reach of a crossing along a barrier (m)"),
        _JUDGED,
    ),
    "snap_m": (Text("点位接入步行网的最远距离（m）", "Farthest site from a walkway (m)"), _JUDGED),
}
_UNDERUSE: Mapping[str, tuple[Text, Text]] = {
    "as_of": (Text("评定日", "Day of the question"), Text("载体最近数据时点", "latest data date")),
    "vacancy_floor": (Text("空置率下限", "Vacancy floor"), _JUDGED),
    "market_vacancy": (
        Text("市场空置率", "Vacancy of the market"),
        Text("程序默认值，不是本地市场数据", "a default of the program, not of this market"),
    ),
    "market_date": (
        Text("市场空置率时点", "Month of the vacancy of the market"),
        Text("同市场空置率", "as the vacancy of the market"),
    ),
    "vacant_months": (Text("结构性空置月数", "Months for structural vacancy"), _JUDGED),
    "low_output_share": (Text("低产出与中位数之比", "Low output over the median"), _JUDGED),
    "warning_vacancy": (Text("低产出预警的空置率", "Vacancy for a warning by output"), _JUDGED),
    "ramp_up_months": (Text("培育期（月）", "Ramp-up (months)"), _JUDGED),
    "stale_months": (Text("数据失效月数", "Months until data are stale"), _JUDGED),
    "evidence_share": (Text("证据占比下限", "Least share of evidence"), _JUDGED),
    "kept_vacancy": (Text("正常周转空置率", "Vacancy kept for turnover"), _JUDGED),
    "least_peers": (Text("同类最少填报数", "Fewest peers that report"), _JUDGED),
    **{
        f"weight_{name}": (Text(f"证据权重·{zh}", f"Weight of evidence, {en}"), _SHARE_OF_EVIDENCE)
        for name, zh, en in (
            ("vacancy", "空置率", "vacancy"),
            ("duration", "空置时长", "its duration"),
            ("output", "产出", "output"),
            ("completion", "竣工时间", "completion"),
            ("date", "数据时点", "date of the data"),
        )
    },
}
_CHOSEN = Text("自定", "chosen by the user")
_NO_MARKET = Text(
    "本图谱未给出市场空置率；只按空置率下限判定",
    "not known in this edition; the vacancy floor alone decides",
)
_CHANCE: Mapping[str, tuple[Text, Text]] = {
    name: (SCATTER_TITLES[name], Text("随机对照", "chance test"))
    for name in ("draws", "seed", "stock")
}
_RANKED = Text("排序，不改变状态", "the ranking, which changes no state")
_RANKING: Mapping[str, tuple[Text, Text]] = {
    "draws": (SCATTER_TITLES["draws"], _RANKED),
    "seed": (SCATTER_TITLES["seed"], _RANKED),
    "concentration": (Text("权重的集中度", "Concentration of the weights"), _RANKED),
}
_COLUMNS = (
    Column("rule", Text("规则", "Rule")),
    Column("title", Text("参数", "Parameter")),
    Column("value", Text("取值", "Value")),
    Column("from", Text("依据", "Source")),
)
_METHODS = (
    (
        Text("分散程度", "Scatter"),
        Text(
            "相距不超过点位间距的空间并为一个点位；点位之间按步行距离连成最小生成树，不超过步行阈值"
            "的边把点位连成步行连片。以最大连片占建筑面积的份额、等效连片数、功能区内占比及随机对照"
            "判定颜色，并以 27 组参数复算检验稳健性。随机对照样本：{stock}。",
            "Spaces within the site gap are one site; a minimum spanning tree of walks joins the"
            " sites, and edges up to the longest walk make walking clusters. The largest cluster's"
            " share of floor area, the effective number of clusters, the share in zones and a test"
            " against chance decide the flag, which is run again with 27 sets of parameters."
            " Spaces were placed at random on: {stock}.",
        ),
    ),
    (
        Text("低效空间", "Underused space"),
        Text(
            "空置率为空置面积与可租面积（扣除锁定）之比；以空置率、持续月数、单位面积产出与同类"
            "中位数之比判定状态。未知值按可能取值的区间计算，区间内结论一致且证据充分才下结论，"
            "否则列为待核。",
            "Vacancy is vacant over rentable area without what is locked. Vacancy, its duration and"
            " output against the median of the class decide the state. Unknown values are taken as"
            " intervals; a state is given only if all of an interval gives it and enough is known,"
            " else the carrier is left open.",
        ),
    ),
)


def methods_section(basis: Basis, *, scatter: bool, underuse: bool) -> Section:
    """Return how the numbers were made.

    Parameters
    ----------
    basis
        What the chapter is made from.
    scatter, underuse
        Which analyses the chapter tells of.
    """
    heading = Text("方法与参数", "Methods and parameters").get(basis.lang)
    told: list[Block] = []
    rows: list[dict[str, str]] = []
    if scatter and basis.scatter is not None:
        told.append(_method(basis, 0))
        told.append(_remarks(scatter_remarks(basis.scatter, basis.versions), basis))
        values = basis.scatter.parameters.as_dict()
        rows += _parameter_rows(SCATTER_RULE, values, _SCATTER, basis)
        rows += _chance_rows(basis)
    if underuse and basis.underuse is not None:
        told.append(_method(basis, 1))
        rule, place = basis.underuse.parameters, basis.catalogue.place
        without = ("市场空置率",) if _is_idle(rule, place) else ()
        told.append(_remarks(underuse_remarks(basis.underuse, basis.versions), basis, without))
        rows += _parameter_rows(UNDERUSE_RULE, *_underuse_rule(rule, place), basis)
        rows += _ranking_rows(basis)
    if not rows:
        nothing = basis.say(
            "本章只汇总登记数据，没有套用判定规则。",
            "This chapter sums up registers; no rule is applied.",
        )
        return Section("methods", heading, 2, (Paragraph((nothing,)),))
    see = Paragraph(
        (
            basis.say("参数取值及依据见", "Values and where they come from: "),
            Ref("table", "parameters"),
            basis.say("。", "."),
        )
    )
    table = make_table(
        "parameters",
        Text("规则参数及依据", "Parameters of the rules and their sources"),
        pd.DataFrame(rows),
        _COLUMNS,
        basis.lang,
    )
    return Section("methods", heading, 2, (*told, see, table))


def _method(basis: Basis, number: int) -> Paragraph:
    title, text = _METHODS[number]
    separator, stock = basis.say("。", ". "), _stock(basis)
    return Paragraph(
        (title.get(basis.lang) + separator + text.get(basis.lang).format(stock=stock),)
    )


def _stock(basis: Basis) -> str:
    """Return what spaces were placed on at random."""
    if basis.scatter is None or basis.scatter.chance is None:
        return UNKNOWN
    label = basis.scatter.chance.label
    return STOCK_TITLES[label].get(basis.lang) if label in STOCK_TITLES else label


def _is_usual(rule: UnderuseParameters) -> bool:
    """Tell whether the vacancy of the market is the usual one, which is of some place."""
    usual = UnderuseParameters(as_of=rule.as_of)
    told = (rule.market_vacancy, rule.market_date)
    return told == (usual.market_vacancy, usual.market_date)


def _is_idle(rule: UnderuseParameters, place: Place) -> bool:
    """Tell whether the vacancy of the market is another place's and decides nothing."""
    return place.market is None and _is_usual(rule) and rule.market_vacancy <= rule.vacancy_floor


def _underuse_rule(
    rule: UnderuseParameters, place: Place
) -> tuple[dict[str, object], Mapping[str, tuple[Text, Text]]]:
    """Return the parameters, and where they come from: the market's from whom the place says."""
    values: dict[str, object] = dict(rule.as_dict())
    title, why = _UNDERUSE["market_vacancy"]
    if _is_idle(rule, place):
        values |= {"market_vacancy": None, "market_date": None}
        why = _NO_MARKET
    elif not _is_usual(rule):
        why = _CHOSEN
    elif place.market is not None:
        why = place.market
    return values, {**_UNDERUSE, "market_vacancy": (title, why)}


def _remarks(remarks: Sequence[Text], basis: Basis, without: tuple[str, ...] = ()) -> Paragraph:
    """Return what is said of versions; what is said of parameters is in their table."""
    separator, end = basis.say("；", "; "), basis.say("。", ".")
    kept = [remark for remark in remarks if not remark.zh.startswith(("参数", "排序", *without))]
    return Paragraph((separator.join(remark.get(basis.lang) for remark in kept) + end,))


def _chance_rows(basis: Basis) -> list[dict[str, str]]:
    if basis.scatter is None or basis.scatter.chance is None:
        return []
    chance = basis.scatter.chance
    values = {"draws": chance.draws, "seed": chance.seed, "stock": _stock(basis)}
    return _parameter_rows(SCATTER_RULE, values, _CHANCE, basis)


def _ranking_rows(basis: Basis) -> list[dict[str, str]]:
    if basis.underuse is None:
        return []
    choice, card = basis.underuse.choice, basis.underuse.card.version
    values = {"draws": choice.draws, "seed": choice.seed, "concentration": choice.concentration}
    weights = {key: (Text(f"权重·{key}", f"Weight, {key}"), _RANKED) for key, _ in choice.weights}
    own = _parameter_rows(card, dict(choice.weights), weights, basis)
    return [*_parameter_rows(card, values, _RANKING, basis), *own]


def _parameter_rows(
    rule: str,
    values: Mapping[str, object],
    known: Mapping[str, tuple[Text, Text]],
    basis: Basis,
) -> list[dict[str, str]]:
    return [
        {
            "rule": rule,
            "title": title.get(basis.lang),
            "value": _value(values[name], basis),
            "from": why.get(basis.lang),
        }
        for name, (title, why) in known.items()
    ]


def _value(value: object, basis: Basis) -> str:
    if value is None:
        return basis.say("无", "none")
    if isinstance(value, list):
        return basis.say("、", ", ").join(f"{one:g}" for one in value)
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def sources_section(basis: Basis, layers: tuple[str, ...]) -> Section:
    """Return the sources of the layers that a chapter tells of.

    Parameters
    ----------
    basis
        What the chapter is made from.
    layers
        Keys of the layers.
    """
    heading = Text("数据来源", "Sources").get(basis.lang)
    return Section("sources", heading, 2, (_sources_text(basis), sources_table(basis, layers)))


def _sources_text(basis: Basis) -> Paragraph:
    return Paragraph(
        (
            basis.say(
                "本章所用资料的名称、发布者、日期与许可见", "Title, publisher, date and licence: "
            ),
            Ref("table", "sources"),
            basis.say("。", "."),
        )
    )


def sources_table(basis: Basis, layers: tuple[str, ...]) -> Table:
    """Return the listed sources of layers.

    Parameters
    ----------
    basis
        What the chapter is made from.
    layers
        Keys of the layers.

    Returns
    -------
    Table
        What was typed as a source and is not listed may be the name of a firm: a public
        chapter has only listed ones.
    """
    ids: set[str] = set()
    for key in layers:
        if key in basis.tables and "source" in basis.tables[key]:
            cited = basis.tables[key]["source"].dropna().astype("str").str.split(";").explode()
            ids |= set(cited.str.strip()) - {""}
    listed = basis.sources[basis.sources["source_id"].isin(sorted(ids))]
    rows = listed.drop_duplicates("source_id").sort_values("source_id").reset_index(drop=True)
    if not basis.request.public:
        others = sorted(ids - set(rows["source_id"]))
        more = pd.DataFrame({"source_id": others}, dtype="str")
        rows = pd.concat([rows, more], ignore_index=True)
    columns = [
        Column("source_id", Text("编号", "Id")),
        Column(f"title_{basis.lang}", Text("名称", "Title")),
        Column("publisher", Text("发布者", "Publisher")),
        Column("date", Text("日期", "Date")),
        Column("licence", Text("许可", "Licence")),
    ]
    return make_table("sources", Text("数据来源", "Sources"), rows, columns, basis.lang)


def versions_section(basis: Basis, layers: tuple[str, ...]) -> Section:
    """Return versions, dates, counts and marks of the layers, and what was left out.

    Parameters
    ----------
    basis
        What the chapter is made from.
    layers
        Keys of the layers that it tells of.
    """
    rows = [_version_row(basis, key) for key in layers if len(basis.tables.get(key, ()))]
    columns = [
        Column("layer", Text("图层", "Layer")),
        Column("version", Text("版本", "Version")),
        Column("rows", Text("条数", "Rows"), "count"),
        Column("located", Text("已定位", "Located"), "count"),
        Column("dates", Text("数据时点", "Data date")),
        Column("marks", Text("标记", "Marks")),
    ]
    names = [column.name for column in columns]
    table = make_table(
        "versions",
        Text("数据版本", "Data versions"),
        pd.DataFrame(rows, columns=names),
        columns,
        basis.lang,
    )
    told = basis.say(
        f"目录版本 {basis.catalogue.version_text}；各图层的版本、时点与标记见",
        f"Catalogue version {basis.catalogue.version_text}; versions, dates and marks of the"
        " layers: ",
    )
    blocks: list[Block] = [Paragraph((told, Ref("table", "versions"), basis.say("。", "."))), table]
    if hidden := left_out(basis):
        titles = basis.say("、", ", ").join(spec.title.get(basis.lang) for spec in hidden)
        text = basis.say(f"内部图层未列入：{titles}。", f"Internal layers are left out: {titles}.")
        blocks.append(Paragraph((text,)))
    if basis.request.export_id:
        blocks.append(Paragraph((export_id_text(basis.request.export_id).get(basis.lang),)))
    heading = Text("数据版本与标记", "Data versions and marks").get(basis.lang)
    return Section("versions", heading, 2, tuple(blocks))


def _version_row(basis: Basis, key: str) -> dict[str, object]:
    frame = basis.tables[key]
    marks = [
        mark
        for mark, told in (
            (basis.say("示例数据", "sample data"), is_sample(frame)),
            (basis.say("示意", "sketch"), is_sketch(frame)),
        )
        if bool(told.any())
    ]
    version = basis.versions.get(key)
    return {
        "layer": basis.catalogue.layer(key).title.get(basis.lang),
        "version": None if version is None else f"v{version}",
        "rows": len(frame),
        "located": located_count(frame) if "geometry" in frame else None,
        "dates": _span(frame),
        "marks": basis.say("、", ", ").join(marks) or None,
    }


def _span(frame: pd.DataFrame) -> str | None:
    known = frame["data_date"].dropna() if "data_date" in frame else pd.Series(dtype="object")
    if known.empty:
        return None
    ends = sorted({moment.date().isoformat() for moment in (known.min(), known.max())})
    return " – ".join(ends)
