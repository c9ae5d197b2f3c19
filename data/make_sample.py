"""Generate the sample occupancy: ``python -m data.make_sample``.

Public data has no occupancy by building. So that the atlas can be tried, this
script writes ``units.csv`` and the occupancy columns of ``carriers.geojson``
from a fixed seed. Names and places of the carriers, a gross area marked
``stated`` or ``unverified``, and the list of holdings in ``sample_holdings.csv``
are its input and are kept; everything else it writes is invented and marked
``sample``.

Every carrier draws from its own stream, so that adding a building changes no
other row; and only ``random()`` is used, the one method whose sequence Python
keeps between versions.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from typing import Any

from data.make_operation import OPERATORS
from layers.catalogue import EDITION_DIR
from layers.catalogue import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping
    from collections.abc import Sequence

SEED = 20241114
DATE = "2026-09-30"
STALE_DATE = "2025-03-31"

# Real buildings without sample occupancy: their occupancy stays unknown. Owner-occupied
# headquarters, shopping centres and some ordinary ones, as in any first inventory.
UNKNOWN = frozenset(
    ("D06b", "F05", "F10", "F14", "F15", "F19", "F45", "F46", "F60", "F62", "F64", "F79")
)
SOURCE = "sample-generator"
NOTES = {
    "stated": "总建筑面积为公布数，占用数据为示例",
    "unverified": "总建筑面积为常识数（未核实），占用数据为示例",
    "sample": "面积与占用数据为示例",
}
# Where the gross area is an input; anywhere else it is drawn.
GIVEN = frozenset(("stated", "unverified"))
GENERATED = (
    "rentable_area_m2",
    "own_use_area_m2",
    "leased_area_m2",
    "locked_area_m2",
    "vacant_area_m2",
    "largest_vacant_m2",
    "vacant_since",
    "refitted",
    "rent_yuan_m2_day",
    "tenants",
    "registered_tenants",
    "incubated",
    "tax_wan",
    "allowed_industries",
    "provides",
    "operator",
    "operator_since",
    "operator_contract_end",
    "hold",
    "gaps",
    "data_date",
)
UNIT_COLUMNS = (
    "unit_id",
    "carrier_id",
    "park_id",
    "floor",
    "floor_area_m2",
    "state",
    "tenant",
    "industry",
    "lease_end",
    "available_from",
    "breakable",
    "protected",
    "needs",
    "rent_yuan_m2_day",
    "data_date",
    "sample",
    "source",
)
INDUSTRIES = (("数字经济", 0.45), ("生命健康", 0.15), ("绿色低碳", 0.15), ("其他", 0.20))
NEEDS = ("层高不低于 5 m", "荷载不低于 5 kN/m²", "需环评", "双路供电")
START_UPS = frozenset(("university", "incubator", "characteristic"))
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

Properties = dict[str, Any]


@dataclass(slots=True)
class Unit:
    """One managed block of a carrier while it is being filled."""

    park_id: str
    area: int
    state: str = "leased"
    details: Properties = field(default_factory=dict)


def between(rng: Random, low: float, high: float) -> float:
    """Draw a number evenly from ``[low, high)``."""
    return low + (high - low) * rng.random()


def log_between(rng: Random, low: float, high: float) -> float:
    """Draw a number whose logarithm is even, as sizes of buildings are."""
    return float(low * (high / low) ** rng.random())


def split(total: int, parts: int, rng: Random) -> list[int]:
    """Split `total` square metres into whole, uneven `parts` that add up exactly."""
    weights = [0.4 + rng.random() for _ in range(parts)]
    pieces = [int(total * weight / sum(weights)) for weight in weights]
    pieces[-1] += total - sum(pieces)
    return pieces


def month_text(months: int) -> str:
    """Write a count of months since year 0 as ``YYYY-MM``."""
    return f"{months // 12:04d}-{months % 12 + 1:02d}"


def month_number(date: str) -> int:
    """Count the months since year 0 of a date ``YYYY-MM…``."""
    return int(date[:4]) * 12 + int(date[5:7]) - 1


def last_day(months: int) -> str:
    """Write the last day of a month that is counted since year 0."""
    return f"{month_text(months)}-{MONTH_DAYS[months % 12]:02d}"


def gross_area(carrier: Properties, held: int, rng: Random) -> int:
    """Keep a given gross area; draw one that has room for the holdings otherwise."""
    drawn = max(log_between(rng, 7_000, 55_000), held / 0.45)
    if carrier.get("area_basis") in GIVEN:
        return int(carrier["gross_area_m2"])
    return int(round(drawn, -2))


def draw_units(
    carrier: Properties, rentable: int, held: Mapping[str, int], rng: Random
) -> list[Unit]:
    """Cut a carrier's rentable area into 3 to 30 units.

    What other parks hold there comes first; the rest belongs to the carrier's
    own park, or to none.
    """
    units = []
    for park_id, area in held.items():
        parts = min(5, max(1, round(area / between(rng, 700, 1500))))
        units += [Unit(park_id, piece) for piece in split(area, parts, rng)]
    rest = rentable - sum(held.values())
    parts = round(rest / log_between(rng, 650, 2800))
    parts = min(30 - len(units), max(3, parts))
    own = carrier.get("park_id", "")
    return units + [Unit(own, piece) for piece in split(rest, parts, rng)]


def vacancy_target(rng: Random) -> float:
    """Draw a vacancy rate: a quarter empty on average, few full, few nearly empty."""
    kind = rng.random()
    if kind < 0.15:
        return between(rng, 0.00, 0.06)
    if kind < 0.68:
        return between(rng, 0.10, 0.30)
    if kind < 0.92:
        return between(rng, 0.32, 0.58)
    return between(rng, 0.60, 0.90)


def locked_target(rng: Random) -> float:
    """Draw the share that is signed but not moved in, or being refitted."""
    kind = rng.random()
    if kind < 0.65:
        return 0.0
    return between(rng, 0.04, 0.15) if kind < 0.95 else between(rng, 0.30, 0.50)


def assign_states(units: Sequence[Unit], rentable: int, rng: Random) -> None:
    """Give units a state until the drawn shares are reached; the rest is leased."""
    own_use = between(rng, 0.03, 0.12) if rng.random() < 0.4 else 0.0
    room = {
        "vacant": vacancy_target(rng) * rentable,
        "locked": locked_target(rng) * rentable,
        "own_use": own_use * rentable,
    }
    for unit in sorted(units, key=lambda _: rng.random()):
        for state, left in room.items():
            if unit.area <= left * 1.15:
                unit.state = state
                room[state] = left - unit.area
                break


def lease_end(rng: Random, first: int, last: int) -> str:
    """Draw the last day of a month, `first` to `last` months after December 2026."""
    return last_day(month_number("2026-12") + first + int((last - first) * rng.random() ** 1.3))


def draw_industry(lead: str | None, rng: Random) -> str | None:
    """Draw a tenant's industry, more often the park's lead industry; a few unknown."""
    if lead is not None and rng.random() < 0.6:
        return lead
    at = rng.random()
    for name, share in INDUSTRIES:
        at -= share
        if at < 0:
            return name
    return None


def describe_tenancy(unit: Unit, lead: str | None, base_rent: float, rng: Random) -> None:
    """Fill in what a leased or locked unit is known by, with the gaps of real files."""
    locked = unit.state == "locked"
    must_stay = not locked and rng.random() < 0.06
    breakable = rng.random()
    unit.details = {
        "industry": draw_industry(lead, rng),
        "lease_end": lease_end(rng, 30, 60) if locked else lease_end(rng, 0, 61),
        "breakable": None if breakable < 0.2 else breakable > 0.8,
        "protected": must_stay,
        "needs": NEEDS[int(4 * rng.random())] if must_stay or rng.random() < 0.1 else None,
    }
    rent = round(base_rent * between(rng, 0.9, 1.1), 2)
    if not locked and rng.random() < 0.9:
        unit.details["rent_yuan_m2_day"] = rent


def mean_rent(units: Iterable[Unit]) -> float | None:
    """Average the known rents by area; ``None`` if none is known."""
    known = [
        (u.area, u.details["rent_yuan_m2_day"]) for u in units if "rent_yuan_m2_day" in u.details
    ]
    area = sum(a for a, _ in known)
    return round(sum(a * rent for a, rent in known) / area, 2) if known else None


def draw_tax(leased: int, vacancy: float, *, start_ups: bool, rng: Random) -> float | None:
    """Draw a year's tax in 万元; one building in seven does not report."""
    per_m2 = log_between(rng, 150, 900) if start_ups else log_between(rng, 600, 3200)
    if vacancy > 0.3 and rng.random() < 0.6:
        per_m2 *= 0.35
    return None if rng.random() < 0.15 else round(leased * per_m2 / 10_000, 1)


def draw_vacant_since(date: str, vacancy: float, rng: Random) -> str:
    """Draw since when the largest vacant unit stands empty; high vacancy is older."""
    first, last = (9, 48) if vacancy > 0.3 else (1, 20)
    return month_text(month_number(date) - first - int((last - first) * rng.random()))


def draw_some(values: Sequence[str], rng: Random, *, most: int, empty: float) -> str | None:
    """Draw 1 to `most` of the values, joined in their order; none for a share `empty`."""
    if rng.random() < empty:
        return None
    count = 1 + int(most * rng.random())
    drawn = sorted(sorted(range(len(values)), key=lambda _: rng.random())[:count])
    return ";".join(values[i] for i in drawn)


def draw_floors(units: Sequence[Unit], gross: int, rng: Random) -> None:
    """Draw on which floor each unit lies, in a building of 2 to 24 by its size."""
    storeys = min(24, max(2, round(gross / 2500)))
    for unit in units:
        unit.details["floor"] = f"{1 + int(storeys * rng.random())}F"


def fit(units: Sequence[Unit], rng: Random) -> Properties:
    """Draw whom a carrier may take, and from when some of its vacant units are free."""
    for unit in units:
        if unit.state == "vacant" and rng.random() < 0.1:
            months = month_number("2026-11") + int(14 * rng.random())
            unit.details["available_from"] = last_day(months)
    return {
        "allowed_industries": draw_some([n for n, _ in INDUSTRIES], rng, most=3, empty=0.6),
        "provides": draw_some(NEEDS, rng, most=len(NEEDS), empty=0.5),
    }


def run(rng: Random) -> Properties:
    """Draw who runs a carrier, and whether it is held for something."""
    row: Properties = {}
    if rng.random() < 0.55:
        since = month_number("2026-09") - 4 - int(60 * rng.random())
        row["operator"] = OPERATORS[int(len(OPERATORS) * rng.random())]
        row["operator_since"] = month_text(since)
        row["operator_contract_end"] = last_day(since + 60 + int(36 * rng.random()))
    kind = rng.random()
    if kind < 0.05:
        row["hold"] = "renewal" if kind < 0.03 else "contracted"
    return row


def totals(units: Sequence[Unit]) -> Properties:
    """Add up a carrier's units: areas by state, largest vacant unit, tenants, rent."""
    area: dict[str, int] = defaultdict(int)
    for unit in units:
        area[unit.state] += unit.area
    vacant = [unit.area for unit in units if unit.state == "vacant"]
    return {
        "rentable_area_m2": sum(area.values()),
        "own_use_area_m2": area["own_use"],
        "leased_area_m2": area["leased"],
        "locked_area_m2": area["locked"],
        "vacant_area_m2": area["vacant"],
        "largest_vacant_m2": max(vacant, default=0),
        "tenants": sum(unit.state == "leased" for unit in units),
        "rent_yuan_m2_day": mean_rent(units),
    }


def occupancy(carrier: Properties, units: Sequence[Unit], date: str, rng: Random) -> Properties:
    """Derive the occupancy columns of a carrier from its units."""
    row = totals(units)
    vacancy = row["vacant_area_m2"] / row["rentable_area_m2"]
    start_ups = carrier["carrier_class"] in START_UPS
    tenants = row["tenants"]
    row["tax_wan"] = draw_tax(row["leased_area_m2"], vacancy, start_ups=start_ups, rng=rng)
    registered, incubated = between(rng, 0.5, 1.0), between(rng, 0.3, 0.8)
    row["registered_tenants"] = int(tenants * registered) if rng.random() < 0.9 else None
    row["incubated"] = int(tenants * incubated) if start_ups else None
    if vacancy > 0:
        row["vacant_since"] = draw_vacant_since(date, vacancy, rng)
    if rng.random() < 0.1:
        row["refitted"] = month_text(month_number(date) - 3 - int(30 * rng.random()))
    row["data_date"] = date
    return row


def with_tail(text: str | None, tail: str, mark: str) -> str:
    """Append `tail` behind `mark`, once however often it is called."""
    parts = [part for part in (text or "").split(mark) if part and part != tail]
    return mark.join([*parts, tail])


def fill_carrier(
    carrier: Properties, held: Mapping[str, int], leads: Mapping[str, str], seed: int
) -> tuple[Properties, list[Unit]]:
    """Return a carrier's properties with sample occupancy, and its units."""
    rng = Random(f"{seed}/{carrier['carrier_id']}")
    basis = carrier["area_basis"] if carrier.get("area_basis") in GIVEN else "sample"
    gross = gross_area(carrier, sum(held.values()), rng)
    rentable = int(gross * between(rng, 0.70, 0.88))
    date = STALE_DATE if rng.random() < 0.08 else DATE
    units = draw_units(carrier, rentable, held, rng)
    assign_states(units, rentable, rng)
    base_rent = between(rng, 2.8, 5.6)
    for unit in units:
        if unit.state in {"leased", "locked"}:
            describe_tenancy(unit, leads.get(unit.park_id), base_rent, rng)
        unit.details["data_date"] = date
    draw_floors(units, gross, Random(f"{seed}/{carrier['carrier_id']}/floor"))
    # A stream of its own, so that what was drawn before there were these columns stays.
    filled = carrier | fit(units, Random(f"{seed}/{carrier['carrier_id']}/fit"))
    filled |= occupancy(carrier, units, date, rng)
    drawn = Random(f"{seed}/{carrier['carrier_id']}/run")
    filled |= run(drawn)
    if filled["tax_wan"] is None and drawn.random() < 0.5:
        filled["gaps"] = "tax_wan=保密不提供"
    filled |= {"gross_area_m2": gross, "area_basis": basis, "sample": True}
    filled["source"] = with_tail(carrier["source"], SOURCE, ";")
    filled["note"] = with_tail(carrier.get("note"), NOTES[basis], "；")
    return filled, units


def fixed_part(carrier: Properties) -> Properties:
    """Return what is not generated: the input of the generator."""
    fixed = {k: v for k, v in carrier.items() if k not in GENERATED}
    if fixed.get("area_basis") not in GIVEN:
        fixed.pop("gross_area_m2", None)
    return fixed


def unit_rows(carrier_id: str, units: Iterable[Unit], first_tenant: int) -> list[Properties]:
    """Write units as rows; tenants are numbered on from `first_tenant`."""
    rows, tenant = [], first_tenant
    for number, unit in enumerate(units, start=1):
        row: Properties = {
            "unit_id": f"{carrier_id}-{number:02d}",
            "carrier_id": carrier_id,
            "park_id": unit.park_id,
            "floor_area_m2": unit.area,
            "state": unit.state,
            "sample": True,
            "source": SOURCE,
        }
        if unit.state in {"leased", "locked"}:
            row["tenant"] = f"示例企业-{tenant:04d}"
            tenant += 1
        rows.append(row | unit.details)
    return rows


def read_features(path: Path) -> list[dict[str, Any]]:
    """Read the features of a GeoJSON file."""
    features: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
    return features


def write_features(path: Path, features: Iterable[Mapping[str, Any]]) -> None:
    """Write GeoJSON with one feature a line, so that a diff shows one place a line."""
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    text = f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'
    path.write_text(text, encoding="utf-8", newline="\n")


def write_units(path: Path, rows: Iterable[Properties]) -> None:
    """Write the units table; unknown is an empty cell."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(UNIT_COLUMNS)
        for row in rows:
            cells = (row.get(column) for column in UNIT_COLUMNS)
            writer.writerow(str(c).lower() if isinstance(c, bool) else c for c in cells)


def read_holdings(path: Path) -> dict[str, dict[str, int]]:
    """Read which sample area (m²) a park holds in a carrier, by carrier and park."""
    holdings: dict[str, dict[str, int]] = defaultdict(dict)
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            holdings[row["carrier_id"]][row["park_id"]] = int(row["floor_area_m2"])
    return dict(holdings)


def read_leads(path: Path) -> dict[str, str]:
    """Read the lead industry of the parks that declare one."""
    parks = (feature["properties"] for feature in read_features(path))
    return {park["park_id"]: park["industry"] for park in parks if park.get("industry")}


def generate(source: Path, out: Path, *, seed: int = SEED) -> None:
    """Write ``units.csv`` and ``carriers.geojson`` with sample occupancy.

    Parameters
    ----------
    source
        Edition folder with carriers, parks and ``sample_holdings.csv``.
    out
        Folder to write to; may be the same.
    seed
        Another seed gives another sample over the same buildings and holdings.

    Raises
    ------
    ValueError
        If a holding names a carrier that does not exist or stays unknown.
    """
    features = read_features(source / "carriers.geojson")
    holdings = read_holdings(source / "sample_holdings.csv")
    filled = {f["properties"]["carrier_id"] for f in features} - UNKNOWN
    if strange := sorted(holdings.keys() - filled):
        msg = f"sample_holdings.csv names carriers without sample occupancy: {', '.join(strange)}"
        raise ValueError(msg)
    leads = read_leads(source / "parks.geojson")
    order = load_catalogue(source).layer("carriers").field_names
    rows: list[Properties] = []
    tenant = 1
    for feature in features:
        carrier = fixed_part(feature["properties"])
        if carrier["carrier_id"] in filled:
            held = holdings.get(carrier["carrier_id"], {})
            carrier, units = fill_carrier(carrier, held, leads, seed)
            added = unit_rows(carrier["carrier_id"], units, tenant)
            tenant += sum("tenant" in row for row in added)
            rows += added
        feature["properties"] = {n: carrier[n] for n in order if carrier.get(n) is not None}
    write_features(out / "carriers.geojson", features)
    write_units(out / "units.csv", rows)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=EDITION_DIR, help="folder to write to")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    generate(EDITION_DIR, arguments.out, seed=arguments.seed)


if __name__ == "__main__":
    main()
