"""Generate the sample of operation: ``python -m data.make_operation``.

Nobody publishes operators' records or the yearly indicators of parks. So that
evaluation and matching can be tried, this script writes ``operators.csv`` and
``indicators.csv`` from a fixed seed, for sample parks and sample operators only:
a park that exists gets no invented grade. Values are drawn backwards through the
scorecards, from a level that each subject keeps over the years, so that every
grade occurs; some are left open, as in real returns.

Every subject draws from its own stream with ``random()``, as the sample occupancy.
"""

from __future__ import annotations

import argparse
import csv
import json
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from typing import Any

from layers.catalogue import EDITION_DIR
from layers.scorecards import load_scorecards

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from geo.scorecards import Criterion
    from geo.scorecards import Scorecard

SEED = 20241114
SOURCE = "sample-generator"
OPERATORS = tuple(f"示例运营机构 {number:02d}" for number in range(1, 9))
"""Names of the sample operators; the sample carriers are run by some of them."""

MARKET = "MARKET"
"""Subject of the indicators that describe the district as a whole."""

PERIODS = {2024: "2024-12-31", 2025: "2025-12-31", 2026: "2026-09-30"}
FIRST_YEAR = 2023  # a change needs the year before the first period
BASES = {2026: "滚动12个月，截至2026-09-30"}
CALENDAR_YEAR = "自然年"

# Level of a subject in the three periods, share of the score; in turn.
LEVELS = (
    (0.90, 0.91, 0.93),
    (0.74, 0.77, 0.78),
    (0.64, 0.63, 0.65),
    (0.46, 0.44, 0.45),
    (0.45, 0.68, 0.50),
    (0.80, 0.72, 0.62),
)
STATES = (("not_reported", 0.06), ("withheld", 0.02), ("not_applicable", 0.02), ("doubtful", 0.01))

# What the layers measure of a park that holds units in other people's buildings, so that
# it is recorded for past years only; and what follows from the vacancy of two years.
MEASURED = frozenset(("occupancy", "lcc", "zone_share", "chain_share"))
CHANGES = frozenset(("vacancy_change",))

OPERATOR_COLUMNS = (
    "operator_id",
    "name",
    "status",
    "industries",
    "classes",
    "size_min_m2",
    "size_max_m2",
    "services",
    "managed_area_m2",
    "projects",
    "absorbed_m2_year",
    "takeover",
    "data_date",
    "sample",
    "source",
)
INDICATOR_COLUMNS = (
    "record_id",
    "card",
    "subject_id",
    "period",
    "indicator",
    "value",
    "value_state",
    "basis",
    "data_date",
    "sample",
    "source",
)
INDUSTRIES = ("数字经济", "生命健康", "绿色低碳", "其他")
CLASSES = ("university", "characteristic", "incubator", "business")
SERVICES = ("招商代理", "企业服务", "公共技术平台", "投融资", "物业提升")
# Operators whose takeover is not known, and one that took over too lately to be graded.
UNKNOWN_TAKEOVER = frozenset({6})
LATE_TAKEOVER = {8: "2026-03"}

Row = dict[str, Any]


def some(values: Sequence[str], most: int, rng: Random) -> str:
    """Draw 1 to `most` of the values, joined in their order."""
    drawn = sorted(
        sorted(range(len(values)), key=lambda _: rng.random())[: 1 + int(most * rng.random())]
    )
    return ";".join(values[i] for i in drawn)


def operator_row(number: int, seed: int) -> Row:
    """Return a sample operator; a third of the records has gaps."""
    rng = Random(f"{seed}/operator/{number}")
    smallest = int(round(500 + 4_500 * rng.random(), -2))
    row: Row = {
        "operator_id": f"OP{number:02d}",
        "name": OPERATORS[number - 1],
        "industries": some(INDUSTRIES, 3, rng),
        "classes": some(CLASSES, 3, rng),
        "size_min_m2": smallest,
        "size_max_m2": int(round(smallest * (4 + 12 * rng.random()), -2)),
        "services": some(SERVICES, 4, rng),
        "managed_area_m2": int(round(10_000 + 140_000 * rng.random(), -3)),
        "projects": int(9 * rng.random()),
        "absorbed_m2_year": int(round(1_000 + 14_000 * rng.random(), -2)),
        "takeover": f"{2019 + int(5 * rng.random())}-{1 + int(12 * rng.random()):02d}",
        "data_date": PERIODS[2026],
        "sample": "true",
        "source": SOURCE,
    }
    if number in UNKNOWN_TAKEOVER:
        row["takeover"] = ""
    row["takeover"] = LATE_TAKEOVER.get(number, row["takeover"])
    for name in ("size_max_m2", "absorbed_m2_year", "industries"):
        if rng.random() < 0.1:
            row[name] = ""
    return row


def inverse(points: Sequence[tuple[float, float]], score: float) -> float:
    """Return the value that a piecewise-linear function gives `score` for."""
    pairs = sorted((s, x) for x, s in points)
    for (low, x_low), (high, x_high) in pairwise(pairs):
        if score <= high:
            share = (score - low) / (high - low)
            return x_low + share * (x_high - x_low)
    return pairs[-1][1]


def cell(criterion: Criterion, level: float, rng: Random) -> tuple[str, str]:
    """Draw value and state of one indicator at a level (share of the full score)."""
    score = 100 * min(max(level + 0.16 * (rng.random() - 0.5), 0.02), 1.0)
    value = f"{inverse(criterion.points, score):.3g}"
    at = rng.random()
    for state, share in STATES:
        at -= share
        if at < 0:
            return (value if state == "doubtful" else ""), state
    return str(float(value)).removesuffix(".0"), "reported"


def record(card: str, subject: str, period: int, indicator: str, cell: tuple[str, str]) -> Row:
    """Return one row of the indicators."""
    return {
        "record_id": f"{card}-{subject}-{period}-{indicator}",
        "card": card,
        "subject_id": subject,
        "period": period,
        "indicator": indicator,
        "value": cell[0],
        "value_state": cell[1],
        "basis": BASES.get(period, CALENDAR_YEAR),
        "data_date": PERIODS.get(period, f"{period}-12-31"),
        "sample": "true",
        "source": SOURCE,
    }


def subject_rows(
    card: Scorecard, subject: str, levels: Sequence[float], seed: int
) -> Iterator[Row]:
    """Yield the indicators of one subject over the periods.

    What the layers can measure of a park is recorded for past years only.
    """
    for period, level in zip(PERIODS, levels, strict=True):
        for criterion in card.criteria:
            if criterion.key in CHANGES or (criterion.key in MEASURED and period == max(PERIODS)):
                continue
            rng = Random(f"{seed}/{card.key}/{subject}/{period}/{criterion.key}")
            yield record(card.key, subject, period, criterion.key, cell(criterion, level, rng))


def vacancy_rows(subject: str, levels: Sequence[float], seed: int) -> Iterator[Row]:
    """Yield the vacancy (%) of a subject from the year before the first period."""
    rng = Random(f"{seed}/vacancy/{subject}")
    vacancy = 24 + 14 * rng.random()
    for period, level in zip((FIRST_YEAR, *PERIODS), (0.6, *levels), strict=True):
        vacancy = max(vacancy + 8 * (0.6 - level) + 2 * (rng.random() - 0.5), 2)
        yield record("operator", subject, period, "vacancy", (f"{vacancy:.1f}", "reported"))


def indicator_rows(
    cards: Mapping[str, Scorecard], parks: Iterable[Row], seed: int
) -> Iterator[Row]:
    """Yield all indicators: of the sample parks by class, of the operators, of the market."""
    classes: dict[str, list[str]] = {key: [] for key in CLASSES}
    for park in parks:
        if park["sample"]:
            classes[park["park_class"]].append(park["park_id"])
    classes["operator"] = [f"OP{number:02d}" for number in range(1, len(OPERATORS) + 1)]
    for key in ("university", "characteristic", "incubator", "operator"):
        for number, subject in enumerate(classes[key]):
            levels = LEVELS[number % len(LEVELS)]
            yield from subject_rows(cards[key], subject, levels, seed)
            if key == "operator":
                yield from vacancy_rows(subject, levels, seed)
    yield from vacancy_rows(MARKET, (0.6, 0.6, 0.6), seed)


def write(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write a table; unknown is an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)


def generate(source: Path, out: Path, *, seed: int = SEED) -> None:
    """Write ``operators.csv`` and ``indicators.csv``.

    Parameters
    ----------
    source
        Edition folder with the parks and the scorecards.
    out
        Folder to write to; may be the same.
    seed
        Another seed gives another sample.
    """
    features = json.loads((source / "parks.geojson").read_text(encoding="utf-8"))["features"]
    parks = [feature["properties"] for feature in features]
    numbers = range(1, len(OPERATORS) + 1)
    write(out / "operators.csv", OPERATOR_COLUMNS, (operator_row(n, seed) for n in numbers))
    rows = indicator_rows(load_scorecards(source).cards, parks, seed)
    write(out / "indicators.csv", INDICATOR_COLUMNS, rows)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=EDITION_DIR, help="folder to write to")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    generate(EDITION_DIR, arguments.out, seed=arguments.seed)


if __name__ == "__main__":
    main()
