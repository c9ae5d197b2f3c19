"""Generate the edition of Linjiang: ``python -m editions.make_linjiang``.

A district that does not exist, from a fixed seed: it shows that an edition is a folder, and
that nothing in the program knows the place of the bundled one. Every row is marked as sample
or sketch. The layers are in the public domain (CC0).

Places are laid out in metres around a corner of the district and written in degrees. Every
carrier draws from its own stream with ``random()``, whose numbers are the same everywhere.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import pyproj

from data.make_operation import OPERATORS
from data.make_operation import generate as generate_operation
from geo.crs import STORAGE_CRS
from geo.crs import district_crs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence

SEED = 900101
FOLDER = Path(__file__).resolve().parent / "linjiang"
MERIDIAN, CORNER = 114.0, (114.10, 29.96)
SOURCE = "linjiang-synthetic"
DATA_DATE = "2026-09-30"
CODE = "900101"  # no province begins with 90
MARKS = {"accuracy_m": 100, "verified": False, "source": SOURCE}

Row = dict[str, Any]
Point = tuple[float, float]

# The river comes in from the west and leaves to the south-east, metres from the corner.
RIVER: tuple[Point, ...] = ((-200, 2600), (2300, 2900), (4600, 2400), (6900, 2700), (9300, 2000))
OUTLINE: tuple[Point, ...] = (
    (0, 400), (1800, 0), (5200, 200), (8300, 0), (9000, 2300), (8700, 5600), (6100, 7000),
    (2500, 6700), (300, 5400), (0, 400),
)  # fmt: skip
BRIDGES = (("一桥", 1500, 2804, "bridge", True), ("南湖隧道", 5600, 2530, "tunnel", False),
           ("三桥", 7600, 2496, "footbridge", True))  # fmt: skip
STATIONS = (
    ("望江路", 1600, 3900),
    ("书院门", 4300, 4600),
    ("南湖", 4800, 1200),
    ("东堤", 7400, 3700),
)
ZONES = (
    ("望江城", "Wangjiang Quarter", "滨江带", (700, 3100), (3200, 4700)),
    ("东堤港", "Dongdi Port", "滨江带", (6200, 2900), (8500, 4500)),
    ("书院里", "Academy Quarter", "书院带", (3500, 4200), (5600, 6200)),
    ("南湖湾", "Nanhu Bay", "书院带", (3900, 500), (6300, 2100)),
)


class Park(NamedTuple):
    """A park of the edition: what it is, and where its spaces lie (metres)."""

    name: str
    name_en: str
    park_class: str
    industry: str
    cores: tuple[Point, ...]
    spread: float
    carriers: int


# Compact ones, ones of two cores, and ones that are all over the district.
PARKS = (
    Park("书院大学科技园", "Academy University Science Park", "university", "数字经济",
         ((4400, 5200),), 180, 7),
    Park("望江大学科技园", "Wangjiang University Science Park", "university", "生命健康",
         ((1500, 3700), (4900, 1100)), 150, 8),
    Park("南湖大学科技园", "Nanhu University Science Park", "university", "绿色低碳",
         ((4500, 3500),), 2600, 9),
    Park("望江数字园", "Wangjiang Digital Park", "characteristic", "数字经济",
         ((1900, 4100),), 200, 5),
    Park("东堤海工园", "Dongdi Marine Park", "characteristic", "其他",
         ((7300, 3800), (1700, 1300)), 250, 6),
    Park("南湖医药园", "Nanhu Medicine Park", "characteristic", "生命健康",
         ((5100, 1400),), 220, 4),
    Park("书院孵化园", "Academy Incubator", "incubator", "数字经济", ((4000, 5600),), 90, 3),
    Park("东堤孵化园", "Dongdi Incubator", "incubator", "其他", ((7000, 3300),), 1500, 4),
    Park("新桥孵化园", "Xinqiao Incubator", "incubator", "绿色低碳", ((1500, 2450),), 420, 3),
    Park("望江商务园", "Wangjiang Business Park", "business", "其他", ((2600, 3500),), 130, 3),
    Park("东堤商务园", "Dongdi Business Park", "business", "其他", ((7900, 4200),), 160, 3),
    Park("北岗商务园", "Beigang Business Park", "business", "数字经济", ((5900, 5900),), 240, 4),
)  # fmt: skip
LOOSE = 4  # carriers of no park


class Plane:
    """Metres from the corner of the district, written as longitude and latitude."""

    def __init__(self) -> None:
        crs = district_crs(MERIDIAN)
        self._back = pyproj.Transformer.from_crs(crs, STORAGE_CRS, always_xy=True)
        there = pyproj.Transformer.from_crs(STORAGE_CRS, crs, always_xy=True)
        self._x, self._y = there.transform(*CORNER)

    def degrees(self, place: Point) -> list[float]:
        """Return longitude and latitude of a place, to a decimetre."""
        lon, lat = self._back.transform(self._x + place[0], self._y + place[1])
        return [round(lon, 6), round(lat, 6)]

    def line(self, places: Iterable[Point]) -> list[list[float]]:
        """Return the longitudes and latitudes of several places."""
        return [self.degrees(place) for place in places]


def feature(kind: str, coordinates: object, properties: Row) -> Row:
    """Return a feature of GeoJSON; what is not known is left out."""
    known = {key: value for key, value in properties.items() if value is not None}
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": known, "geometry": geometry}


def district(plane: Plane) -> list[Row]:
    """Return the outline of the district."""
    row = {"name": "临江区", "name_en": "Linjiang District", "district_code": CODE,
           "boundary_status": "sketch", **MARKS, "note": "虚构的区，示例"}  # fmt: skip
    return [feature("Polygon", [plane.line(OUTLINE)], row)]


def zones(plane: Plane) -> list[Row]:
    """Return the parts of the belts."""
    found = []
    for number, (name, name_en, belt, (west, south), (east, north)) in enumerate(ZONES, start=1):
        corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        row = {"zone_id": f"LZ{number}", "name": name, "name_en": name_en, "belt": belt,
               "boundary_status": "sketch", "method": "虚构", **MARKS, "note": "示例"}  # fmt: skip
        found.append(feature("Polygon", [plane.line(corners)], row))
    return found


def stations(plane: Plane) -> list[Row]:
    """Return the stations of the only line."""
    return [
        feature("Point", plane.degrees((x, y)), {"id": f"LG{number}", "name": name, "lines": "1",
                "status": "built", **MARKS, "note": "虚构，示例"})
        for number, (name, x, y) in enumerate(STATIONS, start=1)
    ]  # fmt: skip


def river(plane: Plane) -> tuple[list[Row], list[Row]]:
    """Return the river as a barrier, and where it is crossed."""
    barrier = {"id": "LB1", "name": "楚云江", "name_en": "Chuyun River", "kind": "river", **MARKS,
               "note": "虚构，示例"}  # fmt: skip
    crossings = [
        feature("Point", plane.degrees((x, y)), {"id": f"LC{number}", "name": name, "kind": kind,
                "walkable": walkable, **MARKS, "note": "虚构，示例"})
        for number, (name, x, y, kind, walkable) in enumerate(BRIDGES, start=1)
    ]  # fmt: skip
    return [feature("LineString", plane.line(RIVER), barrier)], crossings


def parks(plane: Plane) -> list[Row]:
    """Return the parks as points at their first core."""
    found = []
    for number, park in enumerate(PARKS, start=1):
        row = {"park_id": f"L{number:02d}", "name": park.name, "name_en": park.name_en,
               "park_class": park.park_class, "industry": park.industry, "status": "built",
               "district_code": CODE, "established": 2008 + number, "data_date": DATA_DATE,
               "sample": True, **MARKS, "note": "虚构的园区，示例"}  # fmt: skip
        found.append(feature("Point", plane.degrees(park.cores[0]), row))
    return found


def carriers_and_units(plane: Plane, seed: int) -> tuple[list[Row], list[Row]]:
    """Return the carriers of all parks and of none, and their units."""
    carriers: list[Row] = []
    units: list[Row] = []
    for number, park in enumerate((*PARKS, None), start=1):
        for count in range(1, (LOOSE if park is None else park.carriers) + 1):
            key = f"L{number:02d}-{count}"
            rng = Random(f"{seed}/{key}")
            own = unit_rows(key, number if park else 0, park, rng)
            row = carrier_row(key, number if park else 0, park, own, rng)
            cores = ((1000, 1000), (8000, 5000)) if park is None else park.cores
            spread = 900 if park is None else park.spread
            carriers.append(feature("Point", plane.degrees(_near(cores, count, spread, rng)), row))
            units += own
    return carriers, units


def _near(cores: Sequence[Point], count: int, spread: float, rng: Random) -> Point:
    """Return a place around one of the cores, which take turns; inside the district."""
    x, y = cores[count % len(cores)]
    east = x + spread * (2 * rng.random() - 1)
    north = y + spread * (2 * rng.random() - 1)
    return min(max(east, 500), 8200), min(max(north, 500), 6000)


def unit_rows(carrier: str, number: int, park: Park | None, rng: Random) -> list[Row]:
    """Return two to five units of a carrier; every carrier has its own luck with tenants."""
    luck = 0.35 + 0.6 * rng.random()
    found = []
    for unit in range(1, 3 + int(4 * rng.random())):
        let = rng.random() < luck
        row = {"unit_id": f"{carrier}-{unit:02d}", "carrier_id": carrier,
               "park_id": f"L{number:02d}" if number else "", "floor": f"{unit}F",
               "floor_area_m2": 200 + int(1800 * rng.random()),
               "state": "leased" if let else "vacant", "data_date": DATA_DATE, "sample": "true",
               "source": SOURCE}  # fmt: skip
        if let:
            row |= {
                "tenant": f"示例企业-{carrier}{unit:02d}",
                "industry": park.industry if park and rng.random() < 0.6 else "其他",
                "lease_end": f"{2027 + int(4 * rng.random())}-06-30",
                "breakable": "true" if rng.random() < 0.7 else "false",
                "protected": "false",
                "rent_yuan_m2_day": round(1.5 + 2.5 * rng.random(), 2),
            }
        found.append(row)
    return found


def carrier_row(
    carrier: str, number: int, park: Park | None, units: Sequence[Row], rng: Random
) -> Row:
    """Return a carrier whose areas are the sums of its units; every ninth was not reported."""
    leased = sum(unit["floor_area_m2"] for unit in units if unit["state"] == "leased")
    vacant = [unit["floor_area_m2"] for unit in units if unit["state"] == "vacant"]
    rentable = leased + sum(vacant)
    silent = rng.random() < 0.11
    name = f"{park.name}{carrier.rpartition('-')[2]}号楼" if park else f"临江独栋 {carrier}"
    return {
        "carrier_id": carrier,
        "name": name,
        "park_id": f"L{number:02d}" if number else None,
        "carrier_class": park.park_class if park else "other",
        "tenure": ("state", "collective", "private")[int(3 * rng.random())],
        "operator": OPERATORS[int(len(OPERATORS) * rng.random())],
        "operator_since": "2022-04",
        "gross_area_m2": int(rentable * 1.25),
        "area_basis": "sample",
        "floors": 3 + int(12 * rng.random()),
        "completed_year": 1995 + int(28 * rng.random()),
        "rentable_area_m2": rentable,
        "own_use_area_m2": None if silent else 0,
        "leased_area_m2": None if silent else leased,
        "locked_area_m2": None if silent else 0,
        "vacant_area_m2": None if silent else sum(vacant),
        "largest_vacant_m2": None if silent else max(vacant, default=0),
        "vacant_since": f"202{3 + int(3 * rng.random())}-05" if vacant and not silent else None,
        "rent_yuan_m2_day": round(1.8 + 2 * rng.random(), 2),
        "tenants": len(units) - len(vacant),
        "tax_wan": round(leased * (0.01 + 0.04 * rng.random()), 1),
        "provides": "荷载不低于 5 kN/m²" if rng.random() < 0.5 else None,
        "data_date": DATA_DATE,
        "sample": True,
        **MARKS,
        "note": "虚构，示例",
    }


def generate(out: Path, *, seed: int = SEED) -> None:
    """Write the layers of the edition.

    Parameters
    ----------
    out
        The edition folder.
    seed
        Another seed gives other spaces of the same parks.
    """
    plane = Plane()
    barriers, crossings = river(plane)
    carriers, units = carriers_and_units(plane, seed)
    layers = {
        "district": district(plane),
        "zones": zones(plane),
        "parks": parks(plane),
        "carriers": carriers,
        "stations": stations(plane),
        "barriers": barriers,
        "crossings": crossings,
    }
    for name, features in layers.items():
        write_features(out / f"{name}.geojson", features)
    columns = tuple(dict.fromkeys(key for unit in units for key in unit))
    with (out / "units.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(units)
    generate_operation(out, out, seed=seed)


def write_features(path: Path, features: Sequence[Row]) -> None:
    """Write GeoJSON, a feature a line."""
    lines = ",\n".join(
        json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features
    )
    text = f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'
    path.write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write to")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    generate(arguments.out, seed=arguments.seed)


if __name__ == "__main__":
    main()
