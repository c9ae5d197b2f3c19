"""The measures of tasks, one function each; see :mod:`layers.plan.measures`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geo.access.shares import shares
from geo.zones import belt_shares
from layers.access import ACCESS_LAYERS
from layers.access import fifteen_minutes
from layers.analysis import metric_layer
from layers.errors import Text
from layers.i18n import number
from layers.i18n import percent
from layers.i18n import unknown
from layers.proof import proven

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from layers.plan.definition import Task

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

from layers.plan.results import AREA
from layers.plan.results import COUNT
from layers.plan.results import HOMES
from layers.plan.results import NOT_SUPPLIED
from layers.plan.results import PLACES
from layers.plan.results import SHARE
from layers.plan.results import Measured
from layers.plan.results import told

if TYPE_CHECKING:
    from layers.plan.results import Measure
    from layers.plan.results import Results

_INEFFICIENT = ("低效", "疑似低效")
_UNJUDGED = "待核"
_CARRIERS, _UNITS = Text("处载体", "carriers"), Text("个单元", "units")


def flags(results: Results, _: Task) -> list[Measured]:
    """Return how many parks carry which flag of scatter."""
    table = results.scatter.table
    used = _space(results)
    counts = table["flag"].value_counts()
    names = (
        ("green", Text("绿标园区", "Green parks")),
        ("yellow", Text("黄标园区", "Yellow parks")),
        ("red", Text("红标园区", "Red parks")),
        ("undecided", Text("不判定园区", "Undecided parks")),
    )
    return [
        told(f"flags_{flag}", title, float(counts.get(flag, 0)), COUNT, used)
        for flag, title in names
    ]


def sites(results: Results, _: Task) -> list[Measured]:
    """Return the sites of all parks, and what they count for."""
    table = results.scatter.table
    titles = (
        ("sites", Text("园区点位", "Sites of parks"), 0),
        ("effective_sites", Text("等效点位（各园区合计）", "Effective sites, all parks"), 1),
    )
    found = []
    for key, title, digits in titles:
        value, known = _sum(table[key])
        text = Text(
            f"{number(value, 'zh', digits=digits)} 处（{known}/{len(table)} 个园区可定位）",
            f"{number(value, 'en', digits=digits)} ({known} of {len(table)} parks located)",
        )
        shown = text if known else NOT_SUPPLIED
        found.append(told(key, title, value, PLACES, _space(results), text=shown))
    return found


def _space(results: Results) -> dict[str, pd.DataFrame]:
    """Return the layers that say what space parks hold."""
    keys = ("carriers", "units")
    return {key: results.frame(key) for key in keys if results.has(key)}


def _sum(values: pd.Series[float]) -> tuple[float | None, int]:
    """Return the sum of what is known, None if nothing is, and how many are known."""
    known = values.dropna()
    return (float(known.sum()) if len(known) else None), len(known)


def _area_text(value: float | None, known: int, rows: int, what: Text) -> Text:
    """Return an area with how many rows are not in it, because theirs is not known."""
    if not known:
        return NOT_SUPPLIED
    lacking = rows - known
    return Text(
        f"{number(value, 'zh')} m²" + (f"（另有 {lacking} {what.zh}面积不明）" if lacking else ""),
        f"{number(value, 'en')} m²"
        + (f" ({what.en} of unknown area, not counted: {lacking})" if lacking else ""),
    )


def operated(results: Results, _: Task) -> list[Measured]:
    """Return how much inefficient building space has an operator."""
    table = results.underuse.table
    weak = table[table["state"].isin(_INEFFICIENT)]
    held = weak[weak["operator"].notna()]
    carriers = results.frame("carriers").set_index("carrier_id")
    area, known = _sum(carriers["gross_area_m2"].reindex(held["carrier_id"]))
    unjudged = int(table["state"].eq(_UNJUDGED).sum())
    used = _space(results)
    text = Text(
        f"{len(held)}/{len(weak)} 处已有专业运营机构（另有 {unjudged} 处待核）",
        f"{len(held)} of {len(weak)} have an operator ({unjudged} more are undecided)",
    )
    return [
        told(
            "operated",
            Text("有运营机构的低效载体", "Inefficient carriers with an operator"),
            float(len(held)),
            PLACES,
            used,
            text=text,
            internal=True,
        ),
        told(
            "operated_area",
            Text("其建筑面积", "Their floor area"),
            area if len(held) else 0.0,
            AREA,
            used,
            text=_area_text(area, known, len(held), _CARRIERS) if len(held) else None,
            internal=True,
        ),
    ]


def _kind(results: Results, kinds: tuple[str, ...]) -> pd.DataFrame:
    platforms = results.frame("platforms")
    return platforms[platforms["kind"].isin(kinds)] if kinds else platforms


def platforms_of(key: str, title: Text, kinds: tuple[str, ...]) -> Measure:
    """Return the measure that counts platforms of some kinds by their status."""

    def make(results: Results, _: Task) -> list[Measured]:
        rows = _kind(results, kinds)
        field = results.catalogue.layer("platforms").field("status")
        counts = rows["status"].fillna("").astype("str").value_counts()
        texts = []
        for lang in ("zh", "en"):
            titles = [
                field.choice_title(state, lang) or NOT_SUPPLIED.get(lang) for state in counts.index
            ]
            named = [f"{title} {n}" for title, n in zip(titles, counts, strict=True)]
            texts.append(
                f"{len(rows)}（{'、'.join(named)}）"
                if lang == "zh"
                else f"{len(rows)} ({', '.join(named)})"
            )
        text = Text(*texts) if len(rows) else None
        return [told(key, title, float(len(rows)), COUNT, {"platforms": rows}, text=text)]

    return make


def incubators(results: Results, _: Task) -> list[Measured]:
    """Return incubators, their floor area, and how many firms they hold."""
    rows = results.frame("incubators")
    value, known = _sum(rows["floor_area_m2"])
    used = {"incubators": rows}
    text = NOT_SUPPLIED
    if known:
        text = Text(
            f"{number(value, 'zh')} m²（{len(rows)} 家中 {known} 家有数据）",
            f"{number(value, 'en')} m² ({known} of {len(rows)} known)",
        )
    title = Text("公布建筑面积", "Published floor area")
    return [
        told("incubators", Text("孵化器", "Incubators"), float(len(rows)), COUNT, used),
        told("incubators_area", title, value, AREA, used, text=text),
        *_density(results),
    ]


def _density(results: Results) -> list[Measured]:
    """Return firms in incubation per 1,000 m² where both are known."""
    if not results.has("carriers"):
        return []
    carriers = results.frame("carriers")
    rows = carriers[carriers["carrier_class"].eq("incubator") & carriers["incubated"].notna()]
    rows = rows[rows["gross_area_m2"].gt(0)]
    value = None
    if len(rows):
        value = float(rows["incubated"].sum() / rows["gross_area_m2"].sum() * 1000)
    title = Text("在孵企业密度", "Firms in incubation")
    unit = Text("家/千m²", "per 1,000 m²")
    text = None if value is not None else NOT_SUPPLIED
    return [
        told(
            "incubated", title, value, unit, {"carriers": rows}, digits=2, internal=True, text=text
        )
    ]


def housing(results: Results, _: Task) -> list[Measured]:
    """Return the dwellings within fifteen minutes of the parks."""
    homes = fifteen_minutes(results.tables, results.catalogue).dwellings
    total = homes["units_total"]
    value = None if unknown(total) else float(total)
    title = Text("园区 15 分钟内的住房", "Dwellings within 15 minutes of parks")
    used = {"housing": results.frame("housing")}
    lacking = None if value is not None else NOT_SUPPLIED
    return [told("housing", title, value, HOMES, used, text=lacking)]


def low_altitude(results: Results, _: Task) -> list[Measured]:
    """Return what is approved and still valid, by kind; what proves no approval is said."""
    rows = results.frame("low_altitude")
    spec, today = results.catalogue.layer("low_altitude"), pd.Timestamp(results.board.today)
    proved = rows[proven(rows, spec, results.board.today)]
    valid = proved[proved["valid_until"].isna() | proved["valid_until"].ge(today)]
    found = []
    for kind in spec.field("kind").choices:
        count = int(valid["kind"].eq(kind.value).sum())
        left = int(rows["kind"].eq(kind.value).sum() - proved["kind"].eq(kind.value).sum())
        text = Text(
            f"{count} {COUNT.zh}；另有 {left} {COUNT.zh}批准文号、单位或日期不能证明已批准，不计",
            f"{count}; {left} more without a proof of approval: not counted",
        )
        title = Text(f"经批准的{kind.title.zh}", f"Approved: {kind.title.en.lower()}")
        key, used = f"low_altitude_{kind.value}", {"low_altitude": valid}
        found.append(told(key, title, float(count), COUNT, used, text=text if left else None))
    return found


def industry_space(results: Results, _: Task) -> list[Measured]:
    """Return the floor area let to firms of the two industries."""
    units = results.frame("units")
    leased = units[units["state"].eq("leased")]
    unnamed = int(leased["industry"].isna().sum())
    found = []
    for industry in ("生命健康", "绿色低碳"):
        own = leased[leased["industry"].eq(industry).fillna(value=False)]
        choice = results.catalogue.layer("units").field("industry")
        title = Text(
            f"{industry}企业租用面积",
            f"Floor area let to {choice.choice_title(industry, 'en').lower()} firms",
        )
        area, known = _sum(own["floor_area_m2"])
        text = _area_text(area, known, len(own), _UNITS)
        if own.empty and unnamed < len(leased):
            area, text = 0.0, Text("0 m²", "0 m²")
        if unnamed:
            text = Text(
                f"{text.zh}；{unnamed} 个已租单元未填产业",
                f"{text.en}; {unnamed} leased units name no industry",
            )
        used = {"units": results.frame("units")}
        found.append(
            told(f"industry_{industry}", title, area, AREA, used, text=text, internal=True)
        )
    return found


def university_scores(results: Results, _: Task) -> list[Measured]:
    """Return how many university parks have a grade."""
    found = results.university
    title = Text("大学科技园评价", "University parks evaluated")
    if found is None:
        return [Measured("university_scores", title, None, COUNT, NOT_SUPPLIED, ("indicators",))]
    graded = found.table[found.table["grade"].fillna("").ne("")]
    text = Text(
        f"{found.period} 年 {len(graded)}/{len(found.table)} 家有等级",
        f"{found.period}: {len(graded)} of {len(found.table)} have a grade",
    )
    used = {"indicators": results.frame("indicators")}
    return [
        told("university_scores", title, float(len(graded)), COUNT, used, text=text, internal=True)
    ]


def open_facilities(results: Results, _: Task) -> list[Measured]:
    """Return the campus facilities that tenants may use."""
    rows = results.frame("facilities")
    own = rows[rows["campus_id"].notna()]
    opened, known = _sum(own["open_to_tenants"].astype("Float64"))
    text = NOT_SUPPLIED
    if known:
        text = Text(
            f"{number(opened, 'zh')} 处（共 {len(own)} 处，{len(own) - known} 处不明）",
            f"{number(opened, 'en')} (of {len(own)} on campuses, {len(own) - known} unknown)",
        )
    title = Text("向企业开放的校园设施", "Campus facilities open to tenants")
    return [told("open_facilities", title, opened, PLACES, {"facilities": rows}, text=text)]


def _in_belt(results: Results, belt: str, key: str = "carriers") -> pd.Series[float]:
    """Return the share of every carrier that lies in a belt; NaN if it has no place."""
    carriers = metric_layer(results.tables, key, results.meridian())
    assert carriers is not None  # asked for only where the layer has rows
    found = belt_shares(carriers, metric_layer(results.tables, "zones", results.meridian()))
    none = pd.Series(float("nan"), index=carriers.index)
    return found.get(belt, none).set_axis(carriers["carrier_id"])


def belt_space(results: Results, task: Task) -> list[Measured]:
    """Return share of floor area and vacancy in a zone."""
    carriers = results.frame("carriers").set_index("carrier_id")
    inside = _in_belt(results, task.belt).reindex(carriers.index)
    area = carriers["gross_area_m2"]
    known = area.notna() & inside.notna()
    total = float(area[known].sum())
    part, lacking = float((area * inside)[known].sum()), int((~known).sum())
    used = {"carriers": results.frame("carriers"), "zones": results.frame("zones")}
    # Of carriers of which both are known: the others would pull the rate either way.
    both = carriers[["rentable_area_m2", "vacant_area_m2"]].dropna()
    weights = inside.reindex(both.index)
    base = float((both["rentable_area_m2"] * weights).sum())
    vacancy = float((both["vacant_area_m2"] * weights).sum()) / base if base else None
    share = part / total if total else None
    text = NOT_SUPPLIED
    if share is not None:
        text = Text(
            f"{percent(share, 'zh')}（{number(part, 'zh')} m²，占全部载体 {number(total, 'zh')} m²"
            f"；另有 {lacking} 处载体位置或面积不明，不计）",
            f"{percent(share, 'en')} ({number(part, 'en')} m² of the {number(total, 'en')} m² of "
            f"all carriers; of unknown place or area, not counted: {lacking})",
        )
    found = [
        told(
            "belt_share",
            Text(f"{task.belt}内建筑面积占比", "Share of floor area in the zone"),
            None if share is None else share * 100,
            SHARE,
            used,
            text=text,
        )
    ]
    words = NOT_SUPPLIED
    if vacancy is not None:
        words = Text(percent(vacancy, "zh"), percent(vacancy, "en"))
    title = Text(f"{task.belt}内空置率", "Vacancy in the zone")
    value = None if vacancy is None else vacancy * 100
    found.append(told("belt_vacancy", title, value, SHARE, used, text=words, internal=True))
    return found


def belt_linkage(results: Results, task: Task) -> list[Measured]:
    """Return the linkage of all three conditions in a zone."""
    spaces = results.access.spaces
    inside = _in_belt(results, task.belt)
    # A space counts where most of its carrier lies.
    own = spaces[spaces["carrier_id"].map(inside).gt(0.5)]
    title = Text(f"{task.belt}内三区叠合率", "Linkage of all three in the zone")
    used = {key: results.frame(key) for key in (*ACCESS_LAYERS, "zones") if results.has(key)}
    if own.empty:
        return [told("belt_linkage", title, None, SHARE, used, text=NOT_SUPPLIED)]
    row = shares(own, pd.Series(task.belt, index=own.index), results.access.parameters).iloc[0]
    low, high = row["overlap_share_low"], row["overlap_share_high"]
    decided = not unknown(low) and low == high
    text = Text(
        percent(low, "zh") if decided else f"{percent(low, 'zh')}–{percent(high, 'zh')}（待核）",
        percent(low, "en") if decided else f"{percent(low, 'en')}–{percent(high, 'en')} (open)",
    )
    value = float(low) * 100 if decided else None
    return [told("belt_linkage", title, value, SHARE, used, text=text)]


def calendar(results: Results, _: Task) -> list[Measured]:
    """Return how much of the data is up to date."""
    entries = results.calendar
    title = Text("按期更新的数据项", "Data that is up to date")
    if entries is None or entries.empty:
        return [Measured("calendar", title, None, SHARE, NOT_SUPPLIED, ("data_calendar",))]
    good = int(entries["state"].isin(["current", "due_soon"]).sum())
    text = Text(f"{good}/{len(entries)} 项", f"{good} of {len(entries)}")
    return [
        Measured("calendar", title, 100.0 * good / len(entries), SHARE, text, ("data_calendar",))
    ]


def calendar_owners(results: Results, _: Task) -> list[Measured]:
    """Return how much of the data has an owner."""
    entries = results.frame("data_calendar")
    owned = int(entries["owner"].fillna("").str.strip().ne("").sum())
    title = Text("有责任单位的数据项", "Data with an owner")
    text = Text(f"{owned}/{len(entries)} 项", f"{owned} of {len(entries)}")
    value = 100.0 * owned / len(entries)
    return [Measured("calendar_owners", title, value, SHARE, text, ("data_calendar",))]


def recorded(results: Results, _: Task) -> list[Measured]:
    """Return how many tasks have an owner and a date of their data."""
    rows = [row for row in results.board.rows if row.task.kind == "task"]
    good = sum(bool(row.owner) and row.data_date is not None for row in rows)
    title = Text("有责任单位和数据时点的任务", "Tasks with owner and date")
    text = Text(f"{good}/{len(rows)} 项", f"{good} of {len(rows)}")
    return [Measured("recorded", title, float(good), COUNT, text, ("tasks",))]
