"""三区联动: which building space is linked to campus, rail and neighbourhood.

Three conditions are judged for every space, and the class is how many of them are met:

1. *campus*: a gate of a university within ``gate_m``;
2. *rail*: a station within ``rail_m``;
3. *community*: facilities of ``least_groups`` of the six groups within ``community_m``.

A condition is met (``yes``), not met (``no``), met by an estimate alone (``estimated``: a
campus without registered gates) or ``unknown``: nobody supplied the layer, the space is not
located, or what is near lies behind a barrier without a known crossing. There is no index:
a class is a count, and how far it could still move is told with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.access.nearest import LINKED
from geo.access.nearest import NEAREST_KEYS
from geo.access.nearest import decide
from geo.access.nearest import reach
from geo.access.nearest import thresholds
from geo.access.nearest import universities
from geo.access.nearest import within
from geo.access.parameters import ACCESS_RULE_VERSION
from geo.access.parameters import GROUPS
from geo.access.reasons import reason
from geo.access.shares import shares
from geo.access.states import ESTIMATED
from geo.access.states import NO
from geo.access.states import UNKNOWN
from geo.access.states import YES
from geo.crs import require_same_crs
from geo.sites import check_spaces
from geo.sites import located
from geo.spaces import refuse_repeated
from geo.spaces import require_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.access.nearest import Reached
    from geo.access.parameters import AccessParameters
    from geo.layout import Surroundings

CONDITIONS = ("campus", "rail", "community")
"""The three conditions; their columns are ``met_campus``, ``met_rail``, ``met_community``."""

KINDS = ("gate", "campus", "station", "incubator", "platform", "facility")
"""Kinds of destinations."""

BASES = ("gate", "outline", "point", "place")
"""What a destination's place is: a gate or entrance, the outline of an area, a point for
something larger, or the place of a name (known roughly)."""


@dataclass(frozen=True, slots=True, eq=False)
class Destinations:
    """Where people walk to, and what is known of it at all.

    Attributes
    ----------
    table
        ``id``, ``name``, ``kind`` (one of :data:`KINDS`), ``group`` (one of
        :data:`~geo.access.parameters.GROUPS`; facilities only), ``university`` (several
        separated by ``、`` ``,`` ``;`` or ``/``), ``campus_id`` (of a gate: whose it is; of
        a facility: on which campus), ``open_to_tenants`` (facilities), ``basis`` (one of
        :data:`BASES`), ``sample`` (sample data) and geometry in a metric CRS. Only ``id``,
        ``kind`` and the geometry must be there; ``id`` once a kind. All gates that are not
        closed and *all* campuses: a campus with a gate is reached by its gates and not by
        its outline.
    known
        What somebody supplied a layer of, even an empty one: kinds, and for facilities
        ``facility:<group>``. What is not in here is unknown, not absent.
    closed
        Universities of which something is registered although none of it can be entered
        and `table` has none of it: that their gate is in reach is false and not unknown.
    """

    table: gpd.GeoDataFrame
    known: frozenset[str]
    closed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class AccessResult:
    """The linkage of every space, of every park and of all of them.

    Attributes
    ----------
    spaces
        One row a space, in the order of the spaces given: ``park_id``, ``carrier_id``,
        ``floor_area_m2``, ``university``, ``located``; for every key of
        :data:`geo.access.nearest.NEAREST_KEYS` (``linked_gate``, ``any_gate``, ``station``,
        ``incubator``, ``platform`` and the six groups) ``<key>_id``, ``<key>_name``,
        ``<key>_m`` (walk, NaN if blocked or nothing is there) and ``<key>_way``;
        ``groups_within`` (count that is certain, NA if no facility was supplied),
        ``groups_unknown``; ``open_facilities`` (of campuses, open to tenants, within
        ``community_m``; NA if unknown); ``met_linked_gate``, ``met_any_gate``,
        ``met_rail_far`` and the three conditions ``met_campus``, ``met_rail``,
        ``met_community``; ``linkage_low`` (conditions met for certain), ``linkage`` (with
        estimates if they count; NA if none of the three is known), ``linkage_high`` (if
        all that is open were met), ``decided`` (low is high); ``sample``; ``reason_zh``,
        ``reason_en``, ``rule_version``; geometry as given.
    nearest
        Long form of the destinations that decide: ``park_id``, ``carrier_id``, ``key``,
        ``id``, ``name``, ``straight_m``, ``walk_m``, ``way``, ``basis``, ``state`` (against
        the key's threshold; "" for a key without one), ``nearer_name`` and ``nearer_m``
        (the nearest destination and its walk, if it is not the one that decides) and
        ``sample``.
    parks, district
        Per park and over all: see :func:`geo.access.shares.shares`.
    parameters
        The thresholds.
    rule_version
        Name of the rule.
    """

    spaces: gpd.GeoDataFrame
    nearest: pd.DataFrame
    parks: pd.DataFrame
    district: pd.DataFrame
    parameters: AccessParameters
    rule_version: str


def linkage(
    spaces: gpd.GeoDataFrame,
    destinations: Destinations,
    surroundings: Surroundings,
    parameters: AccessParameters,
) -> AccessResult:
    """Judge how every space is linked to campus, rail and neighbourhood.

    Parameters
    ----------
    spaces
        ``park_id``, ``carrier_id`` (each pair once), ``floor_area_m2`` (m², NaN unknown)
        and geometry (missing: not located) in a metric CRS; optional ``university`` (of the
        park; several separated as in :class:`Destinations`) and ``sample``.
    destinations
        Where people walk to.
    surroundings
        What lies between.
    parameters
        The thresholds.

    Returns
    -------
    AccessResult
        Nothing in it depends on an order of rows but the order of its own.

    Raises
    ------
    ValueError
        If a column or the metric CRS is missing, a key stands twice, a kind, group or
        basis is not one of those listed, or a floor area is negative.
    """
    _check(spaces, destinations)
    given = _spaces(spaces)
    table = with_every_column(destinations.table)
    known = destinations.known | _kinds_of(table)
    reached = reach(given, table, surroundings, parameters)
    closed = frozenset().union(*map(universities, destinations.closed))
    judge = _Judge(given, reached, known, closed, parameters)
    told = {key: judge.deciding(key) for key in NEAREST_KEYS}
    judged = _judged(given, judge, told)
    judged = judged.assign(**_reasons(judged, told, parameters))
    result = gpd.GeoDataFrame(
        judged.assign(rule_version=ACCESS_RULE_VERSION, geometry=given.geometry),
        geometry="geometry",
        crs=spaces.crs,
    ).set_axis(spaces.index, axis="index")
    every = pd.Series("all", index=result.index)
    return AccessResult(
        spaces=result,
        nearest=_long(given, told),
        parks=shares(result, result["park_id"], parameters),
        district=shares(result, every, parameters).reset_index(drop=True),
        parameters=parameters,
        rule_version=ACCESS_RULE_VERSION,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Judge:
    """What is needed to judge the conditions of all spaces."""

    spaces: gpd.GeoDataFrame
    reached: Reached
    known: frozenset[str]
    closed: frozenset[str]
    parameters: AccessParameters

    def deciding(self, key: str, limit_m: float | None = None) -> pd.DataFrame:
        """Return the destination that decides, one row a space; its fields and the state."""
        limit = thresholds(self.parameters).get(key) if limit_m is None else limit_m
        found = decide(self.reached, key, np.inf if limit is None else limit, self.parameters)
        found = found.reindex(range(len(self.spaces)))
        rows = found["target"].astype("float64").fillna(-1).astype(np.intp)
        fields = self.reached.targets[["id", "name", "basis", "sample"]]
        fields = fields.reindex(rows).set_axis(found.index, axis="index")
        nearer = found["nearer"].astype("float64").fillna(-1).astype(np.intp)
        nearer_name = self.reached.targets["name"].reindex(nearer).set_axis(found.index)
        state = found["state"].astype("object").where(found["state"].notna(), self._absent(key))
        state = state.where(self.spaces["located"].to_numpy(), UNKNOWN)
        told: pd.DataFrame = fields.assign(
            straight_m=found["straight_m"].astype("float64"),
            walk_m=found["walk_m"].astype("float64"),
            way=found["way"].astype("object"),
            state="" if limit is None else state,
            nearer_name=nearer_name,
            nearer_m=found["nearer_m"].astype("float64"),
        )
        texts = dict.fromkeys(["id", "name", "basis", "way", "state", "nearer_name"], "str")
        return told.astype({"sample": "boolean", **texts})

    def _absent(self, key: str) -> NDArray[Any]:
        """Return the state of spaces that no destination of a kind is there for."""
        state = np.full(len(self.spaces), NO if self._is_known(key) else UNKNOWN, dtype=object)
        if key == LINKED:
            state[~self.reached.has_university(self.closed)] = UNKNOWN
        return state

    def _is_known(self, key: str) -> bool:
        if key in GROUPS:
            return f"facility:{key}" in self.known
        if key in {LINKED, "any_gate"}:
            return bool(self.known & {"gate", "campus"})
        return key in self.known

    def open_facilities(self) -> pd.Series[int]:
        """Return how many facilities of campuses are in reach and open; NA if unknown."""
        targets, pairs = self.reached.targets, self.reached.pairs
        on_campus = (targets["kind"] == "facility") & targets["campus_id"].notna()
        is_open = targets["open_to_tenants"].astype("boolean")
        chosen = pairs[on_campus.to_numpy()[pairs["target"].to_numpy(dtype=np.intp)]]
        near = within(chosen, self.parameters.community_m, self.parameters)
        open_there = is_open.take(chosen["target"].to_numpy(dtype=np.intp)).set_axis(chosen.index)
        sure = near["sure"] & open_there.fillna(value=False)
        perhaps = (near["sure"] & open_there.isna()) | (
            near["perhaps"] & open_there.fillna(value=True)
        )
        index = range(len(self.spaces))
        count = sure.groupby(chosen["space"]).sum().reindex(index, fill_value=0)
        unsure = perhaps.groupby(chosen["space"]).any().reindex(index, fill_value=False)
        nothing_known = not any(f"facility:{group}" in self.known for group in GROUPS)
        unknown = ~self.spaces["located"] | nothing_known | ((count == 0) & unsure.astype(bool))
        counted: pd.Series[int] = count.astype("Int64").mask(unknown)
        return counted


def _judged(spaces: gpd.GeoDataFrame, judge: _Judge, told: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the columns of the result but its reasons."""
    rule = judge.parameters
    groups = pd.DataFrame({group: told[group]["state"] for group in GROUPS})
    sure, open_end = _count(groups, YES), _count(groups, UNKNOWN)
    some_known = open_end < len(GROUPS)
    complete = np.select(
        [sure >= rule.least_groups, sure + open_end < rule.least_groups], [YES, NO], UNKNOWN
    )
    campus = LINKED if rule.campus_link == "linked" else "any_gate"
    table = pd.DataFrame(spaces.drop(columns="geometry")).assign(
        groups_within=sure.astype("Int64").where(some_known),
        groups_unknown=open_end.astype("Int64"),
        open_facilities=judge.open_facilities(),
        met_linked_gate=told[LINKED]["state"],
        met_any_gate=told["any_gate"]["state"],
        met_rail_far=judge.deciding("station", rule.rail_far_m)["state"],
        met_campus=told[campus]["state"],
        met_rail=told["station"]["state"],
        met_community=complete,
    )
    nearest = {
        f"{key}_{short}": found[name]
        for key, found in told.items()
        for short, name in (("id", "id"), ("name", "name"), ("m", "walk_m"), ("way", "way"))
    }
    deciding = (campus, "station", *GROUPS)
    sample = pd.concat([told[key]["sample"] for key in deciding], axis=1).eq(other=True)
    table["sample"] = table["sample"] | sample.any(axis=1).astype("boolean")
    return table.assign(**nearest, **_classes(table, count_estimates=rule.count_estimates))


def _classes(table: pd.DataFrame, *, count_estimates: bool) -> dict[str, pd.Series[Any]]:
    """Return the class of every space and how far it may move."""
    met = table[[f"met_{name}" for name in CONDITIONS]]
    sure, estimated, unknown = (_count(met, state) for state in (YES, ESTIMATED, UNKNOWN))
    high = sure + estimated + unknown
    judged = sure + estimated if count_estimates else sure
    return {
        "linkage_low": sure.astype("Int64"),
        "linkage": judged.astype("Int64").where(unknown < len(CONDITIONS)),
        "linkage_high": high.astype("Int64"),
        "decided": sure.eq(high),
    }


def _count(states: pd.DataFrame, state: str) -> pd.Series[int]:
    """Return how many of the columns are in a state, row by row."""
    return pd.Series((states == state).sum(axis=1), dtype="int64")


def _reasons(
    judged: pd.DataFrame, told: dict[str, pd.DataFrame], parameters: AccessParameters
) -> dict[str, pd.Series[str]]:
    """Return the sentence of every space in both languages."""
    records = {key: found.to_dict("records") for key, found in told.items()}
    sentences = [
        reason(space, {key: rows[row] for key, rows in records.items()}, parameters)
        for row, space in enumerate(judged.to_dict("records"))
    ]
    return {
        f"reason_{language}": pd.Series(
            [getattr(sentence, language) for sentence in sentences], index=judged.index, dtype="str"
        )
        for language in ("zh", "en")
    }


def _long(spaces: gpd.GeoDataFrame, told: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the deciding destinations one below the other, by space and key."""
    keys = pd.DataFrame(spaces[["park_id", "carrier_id"]])
    parts = [keys.assign(key=key).join(found) for key, found in told.items()]
    order = ["id", "name", "straight_m", "walk_m", "way", "basis", "state"]
    order += ["nearer_name", "nearer_m", "sample"]
    table = pd.concat(parts).sort_index(kind="stable")
    found = table["id"].notna()
    return table.loc[found, ["park_id", "carrier_id", "key", *order]].reset_index(drop=True)


def _check(spaces: gpd.GeoDataFrame, destinations: Destinations) -> None:
    check_spaces(spaces)
    table = destinations.table
    require_columns(table, ["id", "kind"], "destinations")
    require_same_crs(spaces.crs, table.crs, "destinations")
    refuse_repeated(table[["kind", "id"]], "destinations")
    for name, allowed in (("kind", KINDS), ("group", GROUPS), ("basis", BASES)):
        if name in table.columns:
            strange = sorted(set(table[name].dropna().astype("str")) - set(allowed))
            if strange:
                msg = f"`{name}` must be one of {', '.join(allowed)}, not {', '.join(strange)}."
                raise ValueError(msg)
    if table["kind"].isna().any():
        msg = "`destinations` has rows without `kind`."
        raise ValueError(msg)


def _spaces(spaces: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return what is used of the spaces, numbered from 0."""
    table = spaces.reset_index(drop=True)
    used = pd.DataFrame(
        {
            "park_id": table["park_id"],
            "carrier_id": table["carrier_id"],
            "floor_area_m2": table["floor_area_m2"].astype("float64"),
            "university": _column(table, "university", None).astype("str"),
            "located": located(table.geometry),
            "sample": _column(table, "sample", other=False).astype("boolean"),
        }
    )
    return gpd.GeoDataFrame(used, geometry=table.geometry.to_numpy(), crs=spaces.crs)


def with_every_column(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return destinations with every optional column, numbered from 0.

    Without a name it is the id, without a basis what the shape suggests.
    """
    table = table.reset_index(drop=True)
    full = pd.DataFrame({"id": table["id"], "kind": table["kind"]}, dtype="object")
    for name in ("name", "group", "university", "campus_id", "open_to_tenants", "basis"):
        full[name] = _column(table, name, None)
    usual = table.geometry.geom_type.str.endswith("Polygon").map({True: "outline"})
    usual = usual.astype("object").fillna("point").mask(full["kind"] == "gate", "gate")
    full = full.assign(
        name=full["name"].fillna(full["id"]),
        basis=full["basis"].fillna(usual),
        sample=_column(table, "sample", other=False).astype("boolean"),
    )
    return gpd.GeoDataFrame(full, geometry=table.geometry.to_numpy(), crs=table.crs)


def _column(table: pd.DataFrame, name: str, other: object) -> pd.Series[Any]:
    """Return an optional column as objects, with another value for what is missing."""
    if name not in table.columns:
        return pd.Series([other] * len(table), index=table.index, dtype="object")
    values = table[name].astype("object")
    return values.where(values.notna(), other)


def _kinds_of(table: gpd.GeoDataFrame) -> frozenset[str]:
    """Return what there are destinations of; nobody needs to say that it is known."""
    facility = table["kind"] == "facility"
    groups = table.loc[facility, "group"].dropna()
    return frozenset(table.loc[~facility, "kind"]) | {f"facility:{group}" for group in groups}
