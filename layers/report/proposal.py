"""A saved consolidation scenario, as sections of a chapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from geo.phrases import count
from layers.consolidation import after_of
from layers.consolidation import before_after
from layers.errors import ExportUsageError
from layers.errors import Text
from layers.proposals import COLUMN_TITLES
from layers.proposals import TABLE_TITLES
from layers.proposals import WORDS
from layers.proposals import proposal_tables
from layers.report.basis import located_count
from layers.report.basis import named
from layers.report.blocks import Paragraph
from layers.report.blocks import Ref
from layers.report.blocks import Section
from layers.report.inventory import with_told
from layers.report.printing import Column
from layers.report.printing import make_table
from layers.report.printing import pairs_table
from layers.results import FLAG_WORDS
from layers.scenarios import SETTING_TITLES
from layers.scenarios.answers import chosen_step
from layers.scenarios.answers import consolidation_of
from layers.stock import ChanceChoice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from geo.consolidation import Consolidation
    from geo.consolidation.steps import Step
    from layers.catalogue import Catalogue
    from layers.report.basis import Basis
    from layers.report.blocks import Block
    from layers.report.blocks import Table
    from layers.report.printing import Form
    from layers.scenarios import Scenario

_FORMS: Mapping[str, Form] = {
    "floor_area_m2": "number",
    "distance_m": "number",
    "cost_wan": "number",
    "move_date": "date",
    "earliest_date": "date",
    "lease_end": "date",
    "no_regret": "yesno",
    "room": "yesno",
    "freed_area_m2": "number",
    "area_before_m2": "number",
    "area_after_m2": "number",
    "moves": "count",
    "leases": "count",
    "plans": "count",
    "of_plans": "count",
    "presences": "count",
    "units_before": "count",
    "units_after": "count",
    "in_zone_area_m2": "number",
    "moved_area_m2": "number",
}
_SHOWN: Mapping[str, tuple[str, ...]] = {
    "frontier": ("presences", "cost_wan", "in_zone_area_m2", "moved_area_m2", "moves", "status"),
    "moves": (
        "unit_id",
        "park_id",
        "from_carrier",
        "to_carrier",
        "floor_area_m2",
        "distance_m",
        "cost_wan",
        "quarter",
        "no_regret",
        "confidence",
    ),
    "sites": (
        "park_id",
        "site_id",
        "outcome",
        "units_before",
        "units_after",
        "area_before_m2",
        "area_after_m2",
    ),
    "no_regret": ("unit_id", "park_id", "plans", "of_plans"),
    "blocking_leases": ("site", "park_id", "leases", "freed_area_m2", "earliest_date", "room"),
    "calendar": ("quarter", "moves", "floor_area_m2", "cost_wan"),
}
_COMPARED: tuple[tuple[str, Form], ...] = (
    ("sites", "count"),
    ("largest_cluster_share", "percent"),
    ("zone_share", "percent"),
)
_ADVICE = Text(
    "本方案为引导性建议，供协商使用，不是对企业的要求。",
    "This proposal guides talks with tenants and orders nobody to move.",
)


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A scenario brought to the layers as they are now.

    Attributes
    ----------
    scenario
        As it was saved.
    answer
        Register and frontier.
    step
        The chosen plan.
    tables
        Result of :func:`layers.proposals.proposal_tables`.
    lost
        Moves that were saved and that the layers no longer allow.
    changed
        Layers whose version is another than when it was solved.
    """

    scenario: Scenario
    answer: Consolidation
    step: Step
    tables: Mapping[str, pd.DataFrame]
    lost: int
    changed: tuple[str, ...]


def proposal_of(
    scenario: Scenario,
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    versions: Mapping[str, int],
    draws: int,
) -> Proposal:
    """Bring a saved scenario to the layers, without solving it again.

    Parameters
    ----------
    scenario
        With a chosen step.
    tables, catalogue
        As for :func:`layers.consolidation.register_of`.
    versions
        Version of every layer.
    draws
        Random placements of the test against chance.

    Raises
    ------
    ExportUsageError
        If no step was chosen.
    """
    if scenario.plan is None or scenario.chosen is None:
        raise ExportUsageError(
            Text(
                f"方案“{scenario.name}”尚未选定步骤；请在整合页选定后再导出",
                f"no step of the scenario '{scenario.name}' was chosen; choose one first",
            )
        )
    changed = tuple(k for k, v in scenario.versions.items() if versions.get(k, v) != v)
    answer = consolidation_of(scenario, tables, catalogue, versions)
    step = chosen_step(scenario, answer)
    compared = before_after(
        *after_of(tables, catalogue, answer.register, step.host, chance=ChanceChoice(draws=draws))
    )
    return Proposal(
        scenario,
        answer,
        step,
        proposal_tables(answer, step, compared),
        scenario.plan.moves - step.moves,
        changed,
    )


def _frame(name: str, proposal: Proposal, lang: str, *, keep: pd.DataFrame | None = None) -> Table:
    frame = proposal.tables[name] if keep is None else keep
    titles = COLUMN_TITLES[name]
    columns = [
        Column(
            column,
            titles[column],
            _FORMS.get(column, "text"),
            1 if column == "cost_wan" else 0,
            WORDS.get(column),
        )
        for column in _SHOWN[name]
    ]
    return make_table(name, TABLE_TITLES[name], pd.DataFrame(frame), columns, lang)


def _compared_table(basis: Basis, proposal: Proposal) -> Table:
    """Return the numbers of the parks before and after, with names in the language."""
    parks = basis.table("parks")
    called = named(parks, basis.catalogue.layer("parks"), basis.lang)
    names = dict(zip(parks["park_id"], called, strict=True))
    rows = proposal.tables["before_after"]
    told = rows["park_id"].map(names).fillna(rows["park_name"]).astype("str")
    titles = COLUMN_TITLES["before_after"]
    sides = ("before", "after")
    columns = [
        Column("park_id", titles["park_id"]),
        Column("park_name", titles["park_name"]),
        *(Column(f"flag_{s}", titles[f"flag_{s}"], words=FLAG_WORDS) for s in sides),
        *(
            Column(f"{name}_{side}", titles[f"{name}_{side}"], form)
            for name, form in _COMPARED
            for side in sides
        ),
    ]
    return make_table(
        "before_after",
        TABLE_TITLES["before_after"],
        rows.assign(park_name=told),
        columns,
        basis.lang,
    )


def settings_table(proposal: Proposal, lang: str) -> Table:
    """Return the settings of a scenario.

    Parameters
    ----------
    proposal
        The scenario.
    lang
        ``zh`` or ``en``.
    """
    values: dict[str, object] = dict(proposal.scenario.parameters.as_dict())
    values["parks"] = "; ".join(proposal.answer.register.parks)
    values["rule_version"] = proposal.scenario.rule_version
    none = Text("不限", "no limit").get(lang)
    yes, no = Text("是", "yes").get(lang), Text("否", "no").get(lang)
    pairs = []
    for name, title in SETTING_TITLES.items():
        value = values.get(name)
        if isinstance(value, bool):
            shown = yes if value else no
        elif isinstance(value, float):
            shown = f"{value:g}"
        else:
            shown = none if value is None else str(value)
        pairs.append((title, shown))
    return pairs_table("settings", Text("方案设定", "Settings of the scenario"), pairs, lang)


def proposal_sections(basis: Basis, proposal: Proposal) -> tuple[Section, ...]:
    """Return a scenario as sections: result, moves, sites and what blocks them.

    Parameters
    ----------
    basis
        What the chapter is made from.
    proposal
        The scenario.
    """
    lang = basis.lang
    sites = _frame("sites", proposal, lang)
    sites = with_told(sites, {"sites": located_count(proposal.tables["sites"])})
    regret = proposal.tables["no_regret"]
    tables = {
        "before_after": _compared_table(basis, proposal),
        "moves": _frame("moves", proposal, lang),
        "sites": sites,
        "no_regret": _frame("no_regret", proposal, lang, keep=regret[regret["no_regret"]]),
        "settings": settings_table(proposal, lang),
        **{
            name: _frame(name, proposal, lang)
            for name in ("frontier", "blocking_leases", "calendar")
        },
    }
    parts: Sequence[tuple[str, Text, tuple[str, ...]]] = (
        ("settings", Text("方案设定", "Settings"), ("settings",)),
        ("moves", Text("移位与季度安排", "Moves and their calendar"), ("moves", "calendar")),
        ("outcome", Text("方案前后对比", "Before and after"), ("before_after", "sites")),
        ("no_regret", Text("无悔动作", "No-regret moves"), ("no_regret", "frontier")),
        ("blocking", Text("制约租约", "Blocking leases"), ("blocking_leases",)),
    )
    texts = _texts(basis, proposal)
    heading = basis.say(
        f"整合方案“{proposal.scenario.name}”", f"Consolidation scenario '{proposal.scenario.name}'"
    )
    found = [Section("scenario", heading, 1, (texts["scenario"],))]
    for key, title, names in parts:
        blocks: list[Block] = [texts[key]] if key in texts else []
        found.append(Section(key, title.get(lang), 2, (*blocks, *(tables[name] for name in names))))
    return tuple(found)


def _texts(basis: Basis, proposal: Proposal) -> dict[str, Paragraph]:
    step, before = proposal.step, proposal.answer.frontier.presences_before
    cost, area = basis.number(step.cost_wan, digits=1), basis.area(step.moved_area_m2)
    lang = basis.lang
    status = WORDS["status"][step.status].get(lang)
    told = basis.say(
        f"方案建议引导 {step.moves} 个单元移位，面积 {area}，费用 {cost} 万元；"
        f"点位由 {before} 处减至 {step.presences} 处，求解状态：{status}。",
        f"The plan proposes {count(step.moves, 'move')} with {area} of floor area at a"
        f" cost of {cost} × 10,000 yuan; sites go from {before} to {step.presences}."
        f" Solver status: {status}. ",
    )
    told += _ADVICE.get(lang)
    if proposal.lost or proposal.changed:
        changed = ", ".join(proposal.changed) or "—"
        told += basis.say(
            f"方案保存后图层已变（{changed}），其中 {proposal.lost} 项移位已不可行，未计入。",
            f" Layers have changed since it was saved ({changed}); moves no longer possible and"
            f" not counted: {proposal.lost}.",
        )
    regret = int(proposal.tables["no_regret"]["no_regret"].sum())
    closed = int(proposal.tables["sites"]["outcome"].eq("surrender").sum())
    leases = len(proposal.tables["blocking_leases"])
    see, end = basis.say("见", "see "), basis.say("。", ".")
    return {
        "scenario": Paragraph((told,)),
        "outcome": Paragraph(
            (
                basis.say(
                    f"方案实施后可腾退点位 {closed} 处，各园区指标的前后对比",
                    f"Sites that the plan could give up: {closed}; for the numbers of each park ",
                ),
                see,
                Ref("table", "before_after"),
                end,
            )
        ),
        "no_regret": Paragraph(
            (
                basis.say(
                    f"在权衡曲线的全部方案中均出现的移位有 {regret} 项，",
                    f"Moves in every plan of the frontier: {regret}, ",
                ),
                see,
                Ref("table", "no_regret"),
                end,
            )
        ),
        "blocking": Paragraph(
            (
                basis.say(
                    f"由少数租约维系、近期可商谈的点位有 {leases} 处，",
                    f"Sites kept open by a few leases only: {leases}, ",
                ),
                see,
                Ref("table", "blocking_leases"),
                end,
            )
        ),
    }
