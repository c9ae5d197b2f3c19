"""The command ``atlas evaluate``: what the page 评价 computes, as a file."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from cli_common import PROBLEMS
from cli_common import Audience
from cli_common import JsonOption
from cli_common import WorkspaceOption
from cli_common import catalogue
from cli_common import context
from cli_common import needed_tables
from cli_common import open_workspace
from cli_common import print_json
from cli_common import records
from cli_common import weight_of
from cli_tables import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from geo.scorecards import Scorecard
    from layers.errors import Text
    from layers.evaluation import Evaluation
    from layers.scorecards import Scorecards
    from layers.underuse import RankChoice

    Tables = Mapping[str, pd.DataFrame]


class CardName(StrEnum):
    """Which class is evaluated."""

    university = "university"
    characteristic = "characteristic"
    incubator = "incubator"
    operator = "operator"


class What(StrEnum):
    """Which table of the result is written."""

    subjects = "subjects"
    contributions = "contributions"
    comparison = "comparison"
    entropy = "entropy"
    unused = "unused"


@dataclass(frozen=True, slots=True)
class _Other:
    """What the evaluation is held against: another file of scorecards, or another year."""

    scorecard: Path | None
    period: int | None

    @property
    def given(self) -> bool:
        return self.scorecard is not None or self.period is not None


def evaluate(
    card: Annotated[CardName, typer.Option("--class", help="Whom to evaluate.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="csv, xlsx, json or parquet.")],
    workspace: WorkspaceOption = None,
    period: Annotated[
        int | None,
        typer.Option("--period", min=2000, max=2100, help="Year; the latest recorded by default."),
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option("--weight", help="Weight of a criterion, as contract_value=12; repeatable."),
    ] = None,
    ahp: Annotated[
        Path | None,
        typer.Option(
            "--ahp",
            exists=True,
            dir_okay=False,
            help="CSV of judgements in pairs: a square matrix; first row and first column the "
            "keys of all headings of the card (or all criteria, or those of one heading), in one "
            "order; a cell says how many times as important its row is as its column, as 3 or "
            "1/3; one cell a pair is enough. --weight has the last word.",
        ),
    ] = None,
    scorecard: Annotated[
        Path | None,
        typer.Option(
            "--scorecard", exists=True, dir_okay=False, help="Scorecards of this TOML file."
        ),
    ] = None,
    against_scorecard: Annotated[
        Path | None,
        typer.Option(
            "--against-scorecard",
            exists=True,
            dir_okay=False,
            help="Compare with the scorecards of this file.",
        ),
    ] = None,
    against_period: Annotated[
        int | None,
        typer.Option("--against-period", min=2000, max=2100, help="Compare with this year."),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", min=1, help="Weights drawn for ranks.")] = 5000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Where the draws start.")] = 2026,
    table: Annotated[
        What | None,
        typer.Option("--table", help="Which table; subjects by default, or the comparison."),
    ] = None,
    audience: Annotated[
        Audience, typer.Option("--audience", help="internal: all; public: no raw values.")
    ] = Audience.internal,
    write_scorecard: Annotated[
        Path | None, typer.Option("--write-scorecard", help="Write the card as used, TOML.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Grade parks, incubators or operators by their scorecard, with what is not known.

    Example: atlas evaluate --class university --period 2025 --out university.xlsx
    """
    from layers.evaluation import COLUMN_TITLES
    from layers.evaluation import EVALUATION_LAYERS
    from layers.evaluation import evaluate as evaluated
    from layers.evaluation import evaluation_words
    from layers.evaluation import periods
    from layers.scorecards import load_scorecards
    from layers.scorecards import read_scorecards

    other = _Other(against_scorecard, against_period)
    chosen = _table(table, other)
    if scorecard is None:
        cards = load_scorecards(catalogue(workspace).folder)
    else:
        cards = read_scorecards(scorecard)
    asked = _card(cards, card, scorecard)
    choice = _choice(asked, ahp, weight or [], draws, seed)
    opened = open_workspace(workspace)
    tables = needed_tables(opened, EVALUATION_LAYERS)
    year = period or _latest(periods(tables, asked), card)
    context.say("Evaluating …")
    found = evaluated(tables, catalogue(), asked, year, choice=choice)
    frame, title = _chosen(chosen, found, tables, other, card)
    versions = opened.versions()
    remarks = _remarks(chosen, found, versions)
    used = {key: versions[key] for key in EVALUATION_LAYERS if key in versions}
    wish = {
        "class": card.value,
        "table": chosen.value,
        "audience": audience.value,
        "period": year,
        "against": [against_period, None if other.scorecard is None else other.scorecard.name],
        "remarks": [remark.en for remark in remarks],
    }
    frame = _for_audience(frame, found, audience)
    write_table(
        frame,
        out,
        title,
        titles=COLUMN_TITLES[chosen.value],
        words=evaluation_words(found.card, cards),
        layers=used,
        what="evaluate",
        internal=audience is Audience.internal,
        remarks=remarks,
        wish=wish,
    )
    if write_scorecard is not None:
        _write_card(found.card, cards, write_scorecard)
    _tell(found)
    if as_json:
        print_json(records(frame))
    if len(found.unused):
        raise typer.Exit(PROBLEMS)


def _table(table: What | None, other: _Other) -> What:
    """Return which table is wanted; a comparison needs something to compare with."""
    if other.scorecard is not None and other.period is not None:
        message = "give --against-scorecard or --against-period, not both"
        raise typer.BadParameter(message)
    if table is What.comparison and not other.given:
        message = "--table comparison needs --against-scorecard or --against-period"
        raise typer.BadParameter(message)
    if other.given and table not in {None, What.comparison}:
        message = f"--table {table} compares nothing; leave --against-… out, or --table"
        raise typer.BadParameter(message)
    return table or (What.comparison if other.given else What.subjects)


def _card(cards: Scorecards, name: CardName, path: Path | None) -> Scorecard:
    """Return the card of a class; a file may hold fewer than all."""
    if name.value not in cards.cards:
        there = ", ".join(cards.cards) or "-"
        message = f"{path} has no card '{name}'; it has {there}"
        raise typer.BadParameter(message)
    return cards.cards[name.value]


def _choice(
    card: Scorecard, ahp: Path | None, settings: list[str], draws: int, seed: int
) -> RankChoice:
    """Return how ranks are drawn, with the weights that the options name."""
    from layers.scorecards import weighted
    from layers.underuse import RankChoice
    from layers.weighting import read_judgements

    weights: dict[str, float] = {}
    if ahp is not None:
        judged = read_judgements(ahp, card)
        context.say("Consistency ratio of the judgements: {cr}", cr=f"{judged.ahp.cr:.3f}")
        weights = judged.weights
    weights |= dict(map(weight_of, settings))
    # Weights that mean nothing are refused before the layers are read.
    weighted(card, weights)
    return RankChoice(draws=draws, seed=seed, weights=tuple(weights.items()))


def _latest(recorded: tuple[int, ...], card: CardName) -> int:
    if not recorded:
        from layers.errors import Text
        from layers.errors import UsageError

        raise UsageError(
            Text(
                f"没有“{card}”类的指标记录；请先导入“indicators”图层，或用 --period 指定年度，"
                "只按图层测算",
                f"no indicator of the class '{card}' is recorded; import the layer 'indicators', "
                "or give --period to go by the layers alone",
            )
        )
    return recorded[-1]


def _chosen(
    table: What, found: Evaluation, tables: Tables, other: _Other, card: CardName
) -> tuple[pd.DataFrame, Text]:
    """Return the table that was asked for, and its title."""
    from layers.evaluation import TABLE_TITLES
    from layers.weighting import entropy_advice

    makers: dict[What, Any] = {
        What.subjects: lambda: found.table,
        What.contributions: lambda: found.contributions,
        What.comparison: lambda: _comparison(found, tables, other, card),
        What.entropy: lambda: entropy_advice(found),
        What.unused: lambda: found.unused,
    }
    return makers[table](), TABLE_TITLES[table.value]


def _comparison(found: Evaluation, tables: Tables, other: _Other, card: CardName) -> pd.DataFrame:
    """Return what changed from the other year, or the other card, to this evaluation."""
    from layers.evaluation import compare_cards
    from layers.evaluation import compare_periods
    from layers.scorecards import read_scorecards

    if other.scorecard is not None:
        before = _card(read_scorecards(other.scorecard), card, other.scorecard)
        return compare_cards(tables, catalogue(), before, found.card, found.period)
    assert other.period is not None
    years = (other.period, found.period)
    return compare_periods(tables, catalogue(), found.card, years, facts=found.facts)


def _for_audience(frame: pd.DataFrame, found: Evaluation, audience: Audience) -> pd.DataFrame:
    """Return a table as the audience may have it.

    Parameters stand in a column, because not every format has room for notes.
    """
    from layers.evaluation import audience_copy
    from layers.evaluation import parameters_of

    frame = frame.assign(parameters=parameters_of(found.card, found.choice))
    return audience_copy(frame, found.card.key, audience.value)


def _remarks(table: What, found: Evaluation, versions: Mapping[str, int]) -> list[Text]:
    from layers.evaluation import COMPARISON_NOTE
    from layers.evaluation import evaluation_remarks

    remarks = evaluation_remarks(found, versions)
    return [*remarks, COMPARISON_NOTE] if table is What.comparison else remarks


def _write_card(card: Scorecard, cards: Scorecards, path: Path) -> None:
    from layers.scorecards import write_scorecards

    write_scorecards(replace(cards, cards={card.key: card}), path)
    context.say("The scorecard as used is written to {path}.", path=path)


def _tell(found: Evaluation) -> None:
    """Say in a few lines what was found, and what the user must see."""
    table = found.table
    grades = [grade.key for grade in found.card.grades]
    counts = table["grade"].value_counts()
    told = [f"{grade} {counts[grade]}" for grade in grades if grade in counts]
    context.say(
        "{card}, {period}: {n} subjects; {grades}; no grade {open}; without data {nothing}; on "
        "the list for talks or exit {exit}.",
        card=found.card.title_zh if context.lang == "zh" else found.card.title_en,
        period=found.period,
        n=len(table),
        grades=", ".join(told) or "–",
        open=int(table["undecided"].isin(["evidence", "interval", "new"]).sum()),
        nothing=int(table["undecided"].eq("nothing").sum()),
        exit=int(table["exit"].sum()),
    )
    if not found.facts[found.period].rows_in:
        context.say(
            "Nobody has recorded an indicator of this class and year; what is found comes from the "
            "layers alone."
        )
    if found.card.approved_by:
        context.say("Weights approved by {who}", who=found.card.approved_by)
    else:
        context.say("The weights are suggestions; nobody has approved them.")
    if len(found.unused):
        context.say(
            "{n} records of this class and year were not used; see --table unused.",
            n=len(found.unused),
        )
