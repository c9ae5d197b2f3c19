"""Why an operator suits a carrier or not, in words."""

from __future__ import annotations

import math
from typing import NamedTuple

from geo.phrases import Sentence
from geo.phrases import count
from geo.phrases import joined

_INDUSTRY, _CLASS, _SIZE, _RECORD = range(4)


class Pair(NamedTuple):
    """A carrier and an operator, as the reasons need them.

    Attributes
    ----------
    admitted, served
        Industries admitted in the carrier, and served by the operator; empty is unknown.
    class_known, classes_known
        Whether the class of the carrier is known, and those that the operator serves.
    area
        Bounds of the area to be let, m²; unknown is (0, inf).
    numbers
        Of the operator: smallest and largest area (m²), comparable projects, area let
        per year (m²); NaN is unknown.
    low, high, misfit
        Of the parts industry, class, size and record.
    present
        Whether the operator runs the carrier already.
    held
        Whether the carrier is kept for something else.
    """

    admitted: tuple[str, ...]
    served: tuple[str, ...]
    class_known: bool
    classes_known: bool
    area: tuple[float, float]
    numbers: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    misfit: tuple[bool, ...]
    present: bool
    held: bool

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of the fields that leave a part of the score open."""
        least, most, projects, absorbed = (math.isnan(number) for number in self.numbers)
        size, record = (self.low[part] < self.high[part] for part in (_SIZE, _RECORD))
        area = self.area[0] < self.area[1]
        missing = {
            "allowed_industries": not self.admitted,
            "industries": not self.served,
            "carrier_class": not self.class_known,
            "classes": not self.classes_known,
            "recoverable_area_m2": area and (size or record),
            "size_min_m2": least and size,
            "size_max_m2": most and size,
            "projects": projects and record,
            "absorbed_m2_year": absorbed and record,
        }
        return tuple(name for name, there in missing.items() if there)


def reason(pair: Pair, let_years: float) -> Sentence:
    """Tell what speaks for an operator at a carrier, what against, and what is not known.

    Parameters
    ----------
    pair
        The two.
    let_years
        What counts as soon, years.

    Returns
    -------
    Sentence
        One clause a part; misfits first.
    """
    clauses = [_industry(pair), _class(pair), _size(pair), _record(pair, let_years)]
    order = sorted(range(len(clauses)), key=lambda part: not pair.misfit[part])
    told = [clauses[part] for part in order]
    if pair.area[1] <= 0:
        told.insert(0, Sentence("没有可盘活面积", "there is no area to be let"))
    if pair.held:
        told.insert(0, Sentence("已登记保留用途，暂不移交", "kept for something else for now"))
    if pair.present:
        told.insert(
            0,
            Sentence("现为该载体的运营单位，不作为候选", "runs it already and is no candidate"),
        )
    return joined(told, "；", "; ")


def _industry(pair: Pair) -> Sentence:
    if not pair.admitted:
        return Sentence("载体准入产业未知", "industries admitted are not known")
    if not pair.served:
        return Sentence("机构服务产业未知", "industries served are not known")
    shared = [name for name in pair.admitted if name in pair.served]
    zh, en = "、".join(pair.admitted), ", ".join(pair.admitted)
    if not shared:
        return Sentence(
            f"服务产业与准入产业（{zh}）不重合", f"serves none of the industries admitted ({en})"
        )
    share = f"{len(shared)}/{len(pair.admitted)}"
    return Sentence(
        f"服务准入产业 {share}（{'、'.join(shared)}）",
        f"serves {share} of the industries admitted ({', '.join(shared)})",
    )


def _class(pair: Pair) -> Sentence:
    if not pair.class_known:
        return Sentence("载体类别未知", "class of the carrier is not known")
    if not pair.classes_known:
        return Sentence("机构服务类别未知", "classes served are not known")
    if pair.misfit[_CLASS]:
        return Sentence("不服务该类载体", "does not serve carriers of this class")
    return Sentence("服务该类载体", "serves carriers of this class")


def _size(pair: Pair) -> Sentence:
    area = _span(pair.area)
    least, most = pair.numbers[:2]
    limits = Sentence(
        f"承接范围 {_limit(least, '？')}–{_limit(most, '？')} m²",
        f"{_limit(least, '?')}–{_limit(most, '?')} m² that it takes",
    )
    if area is None:
        return Sentence("可盘活面积未知", "area to be let is not known")
    if math.isnan(least) and math.isnan(most):
        return Sentence(
            f"可盘活面积 {area} m²，承接范围未知", f"{area} m² to be let, sizes taken not known"
        )
    low, high = pair.low[_SIZE], pair.high[_SIZE]
    if pair.misfit[_SIZE]:
        how = Sentence("远超出", "is far outside the")
    elif low == 1.0:
        how = Sentence("符合", "is within the")
    elif low == high:
        how = Sentence("略超出", "is a little outside the")
    else:
        how = Sentence("是否符合待核，", "may or may not be within the")
    return Sentence(
        f"可盘活面积 {area} m² {how.zh}{limits.zh}", f"{area} m² to be let {how.en} {limits.en}"
    )


def _record(pair: Pair, let_years: float) -> Sentence:
    projects, absorbed = pair.numbers[2:]
    done = (
        Sentence("同类项目数未知", "comparable projects not known")
        if math.isnan(projects)
        else Sentence(f"同类项目 {projects:g} 个", count(int(projects), "comparable project"))
    )
    return joined([done, _let(pair.area, absorbed, let_years)], "，", ", ")


def _let(area: tuple[float, float], absorbed: float, let_years: float) -> Sentence:
    if math.isnan(absorbed):
        return Sentence("年去化面积未知", "area let per year not known")
    rate = f"{absorbed:,.0f}"
    told = Sentence(f"年去化 {rate} m²", f"lets {rate} m² a year")
    if area[1] == math.inf or absorbed <= 0:
        return told
    years = area[1] / absorbed
    zh, en = ("不超过", "not more") if years <= let_years else ("超过", "more")
    about = Sentence(
        f"约需 {years:.1f} 年（{zh} {let_years:g} 年）",
        f"about {years:.1f} years ({en} than {let_years:g})",
    )
    return joined([told, about], "，", ", ")


def _span(area: tuple[float, float]) -> str | None:
    low, high = area
    if high == math.inf:
        return None if low <= 0 else f"≥{low:,.0f}"
    return f"{low:,.0f}" if low == high else f"{low:,.0f}–{high:,.0f}"


def _limit(value: float, unknown: str) -> str:
    return unknown if math.isnan(value) else f"{value:,.0f}"
