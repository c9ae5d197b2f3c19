"""Two results of the linkage held against each other, with the object behind each change."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from geo.access import CONDITIONS
from geo.phrases import count
from layers.access.causes import LEAST_M
from layers.access.causes import Cause
from layers.access.causes import Finder
from layers.access.causes import space_causes
from layers.access.objects import object_changes
from layers.access.objects import same_cell
from layers.access.sentences import area_changed
from layers.access.sentences import class_changed
from layers.access.sentences import counted
from layers.access.sentences import distance_changed
from layers.access.sentences import ended
from layers.access.sentences import notes_of
from layers.access.titles import SHARE_CHANGES
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Hashable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.access.judged import Access

    Row = Mapping[Hashable, Any]

_SPACE = ["park_id", "carrier_id"]
_NAMED = ["park_id", "park_name", "carrier_id", "carrier_name"]
_COMPARED = (
    "linkage",
    "linkage_low",
    "linkage_high",
    *(f"met_{name}" for name in CONDITIONS),
    "floor_area_m2",
    "open_facilities",
)
_TOLD = ("id", "name", "walk_m", "way", "state", "basis", "nearer_name", "nearer_m")
_ONLY_IN_WORDS = ("space", "basis", "nearer_name", "nearer_m")
_SIDES = ("before", "after")
_PAIR = ("id", "name", "walk_m")
_NEW = {
    "added": Cause(Text("新增空间", "the space is new")),
    "removed": Cause(Text("空间已不在登记中", "the space is no longer registered")),
}


@dataclass(frozen=True, slots=True, eq=False)
class AccessChange:
    """What changed between two results.

    Attributes
    ----------
    objects
        Objects that came, went or changed: see
        :func:`layers.access.objects.object_changes`.
    spaces
        One row a space that changed: ``park_id``, ``park_name``, ``carrier_id``,
        ``carrier_name``, ``change`` (``added``, ``removed``, ``changed``), class,
        conditions and floor area ``…_before`` and ``…_after``, ``causes`` (``kind:id`` of
        the objects, separated by ``; ``), ``reason_zh``, ``reason_en``.
    distances
        One row a space and kind of destination whose deciding walk changed by
        :data:`layers.access.causes.LEAST_M` or more, or leads elsewhere, or goes another
        way: ``key``, ``id``, ``name``, ``walk_m``, ``way``, ``state`` before and after,
        ``change_m``, ``causes`` and reasons. Spaces that are in one result only are not
        in it.
    parks, district
        Shares before and after, and their change (missing if not ``comparable``: other rule
        or parameters), with the causes.
    comparable
        Whether both were made by the same rule with the same parameters.
    """

    objects: pd.DataFrame
    spaces: pd.DataFrame
    distances: pd.DataFrame
    parks: pd.DataFrame
    district: pd.DataFrame
    comparable: bool


def compare_access(before: Access, after: Access) -> AccessChange:
    """Hold two results against each other and name what made the difference.

    Parameters
    ----------
    before, after
        Results of :func:`layers.access.access_of`: of two times, or without and with
        objects on trial.

    Returns
    -------
    AccessChange
        Empty tables where nothing changed.
    """
    objects = object_changes(before.given, after.given)
    finder = Finder(before, after, objects)
    distances = _distances(before, after)
    found = finder.causes(distances)
    spaces, causes = _spaces(finder, distances, found)
    comparable = before.parameters == after.parameters and before.rule_version == after.rule_version
    told = distances.drop(columns=[f"{name}_{side}" for name in _ONLY_IN_WORDS for side in _SIDES])
    return AccessChange(
        objects=objects,
        spaces=_marked(spaces, after),
        distances=_marked(_with_reasons(told, distances, found), after),
        parks=_marked(_shares(before, after, spaces, causes, comparable=comparable), after),
        district=_marked(_whole(before, after, causes, comparable=comparable), after),
        comparable=comparable,
    )


def _distances(before: Access, after: Access) -> pd.DataFrame:
    """Return the deciding walks that changed, of spaces that are in both results."""
    places = [_positions(result) for result in (before, after)]
    both = places[0].add_suffix("_before").join(places[1].add_suffix("_after"), how="inner")
    key = [*_SPACE, "key"]
    sides = [r.nearest.set_index(key)[list(_TOLD)] for r in (before, after)]
    pairs = sides[0].add_suffix("_before").join(sides[1].add_suffix("_after"), how="outer")
    pairs = pairs.reset_index().merge(both.reset_index(), on=_SPACE)
    was, now = pairs["walk_m_before"], pairs["walk_m_after"]
    same_walk = (now - was).abs().lt(LEAST_M) | (now.isna() & was.isna())
    same = same_walk & _agree(pairs, "id") & _agree(pairs, "way") & _agree(pairs, "state")
    changed = pairs[~same].sort_values(key, ignore_index=True)
    names = _names(before, after)
    for place, name in ((1, "park_name"), (3, "carrier_name")):
        changed.insert(place, name, _looked_up(changed, names, name))
    changed.insert(
        list(changed.columns).index("walk_m_after") + 1,
        "change_m",
        changed["walk_m_after"] - changed["walk_m_before"],
    )
    return changed


def _positions(result: Access) -> pd.DataFrame:
    keys = result.spaces[_SPACE].reset_index(drop=True)
    return pd.DataFrame(keys).assign(space=range(len(keys))).set_index(_SPACE)


def _names(before: Access, after: Access) -> pd.DataFrame:
    both = pd.concat([after.given.spaces[_NAMED], before.given.spaces[_NAMED]])
    return pd.DataFrame(both).drop_duplicates(_SPACE).set_index(_SPACE)


def _looked_up(table: pd.DataFrame, names: pd.DataFrame, column: str) -> pd.Series[str]:
    rows = pd.MultiIndex.from_frame(table[_SPACE])
    return names[column].reindex(rows).set_axis(table.index)


def _agree(table: pd.DataFrame, name: str) -> pd.Series[bool]:
    """Tell where a column is the same on both sides, unknown on both included."""
    was, now = table[f"{name}_before"], table[f"{name}_after"]
    return was.eq(now).fillna(value=False).astype(bool) | (was.isna() & now.isna())


def _with_reasons(
    told: pd.DataFrame, rows: pd.DataFrame, found: Sequence[tuple[Cause, ...]]
) -> pd.DataFrame:
    sentences = [
        ended((), [counted(causes, [distance_changed(row)]), *notes_of(causes)])
        for row, causes in zip(rows.to_dict("records"), found, strict=True)
    ]
    return told.assign(**_columns(found, sentences))


def _columns(found: Sequence[tuple[Cause, ...]], sentences: Sequence[Text]) -> dict[str, list[str]]:
    return {
        "causes": ["; ".join(_objects(causes)) for causes in found],
        "reason_zh": [sentence.zh for sentence in sentences],
        "reason_en": [sentence.en for sentence in sentences],
    }


def _objects(causes: Sequence[Cause]) -> list[str]:
    return list(dict.fromkeys(one for cause in causes for one in cause.objects))


def _spaces(
    finder: Finder, distances: pd.DataFrame, found: Sequence[tuple[Cause, ...]]
) -> tuple[pd.DataFrame, list[tuple[Cause, ...]]]:
    """Return the spaces that changed, and the causes of each."""
    before, after = finder.before, finder.after
    sides = [r.spaces.set_index(_SPACE)[list(_COMPARED)] for r in (before, after)]
    pairs = sides[0].add_suffix("_before").join(sides[1].add_suffix("_after"), how="outer")
    was, now = (pairs.index.isin(side.index) for side in sides)
    pairs.insert(0, "change", "changed")
    pairs["change"] = pairs["change"].mask(~was, "added").mask(~now, "removed")
    walked = pairs.index.isin(pd.MultiIndex.from_frame(distances[_SPACE]))
    same = pd.concat([_agree(pairs, name) for name in _COMPARED], axis=1).all(axis=1)
    table = pairs[~(same & was & now) | walked].sort_index().reset_index()
    names = _names(before, after)
    for place, name in ((1, "park_name"), (3, "carrier_name")):
        table.insert(place, name, _looked_up(table, names, name))
    by_space = _grouped(distances, found)
    causes, sentences = [], []
    for row in table.to_dict("records"):
        own = by_space.get((row["park_id"], row["carrier_id"]), [])
        why, sentence = _told(row, own, finder)
        causes.append(why)
        sentences.append(sentence)
    return table.assign(**_columns(causes, sentences)), causes


def _grouped(
    distances: pd.DataFrame, found: Sequence[tuple[Cause, ...]]
) -> dict[tuple[str, str], list[tuple[Row, tuple[Cause, ...]]]]:
    """Return the changed walks of every space; a gate that is told as linked is told once."""
    grouped: dict[tuple[str, str], list[tuple[Row, tuple[Cause, ...]]]] = {}
    for row, causes in zip(distances.to_dict("records"), found, strict=True):
        grouped.setdefault((row["park_id"], row["carrier_id"]), []).append((row, causes))
    for rows in grouped.values():
        linked = [_ends(row) for row, _causes in rows if row["key"] == "linked_gate"]
        rows[:] = [
            (row, causes)
            for row, causes in rows
            if row["key"] != "any_gate" or _ends(row) not in linked
        ]
    return grouped


def _ends(row: Row) -> tuple[str, ...]:
    return tuple(str(row[f"{name}_{side}"]) for name in _PAIR for side in _SIDES)


def _told(
    row: Row, own: list[tuple[Row, tuple[Cause, ...]]], finder: Finder
) -> tuple[tuple[Cause, ...], Text]:
    """Return the causes of a changed space, and the sentence about it."""
    if row["change"] != "changed":
        cause = _NEW[row["change"]]
        return (cause,), ended((cause,), class_changed(row))
    parts: dict[tuple[Cause, ...], list[Text]] = {}
    for walk, causes in own:
        parts.setdefault(causes, []).append(distance_changed(walk))
    causes = tuple(dict.fromkeys(cause for group in parts for cause in group))
    sentences = [counted(group, told) for group, told in parts.items()]
    sentences += notes_of(causes)
    if not causes:
        causes = _of_itself(row, finder)
        sentences = [counted(causes, [])] if causes else []
    area = area_changed(row)
    if area is not None:
        causes = (*causes, Cause(area))
        sentences.append(area)
    return causes, ended((), [*sentences, *class_changed(row)])


def _of_itself(row: Row, finder: Finder) -> tuple[Cause, ...]:
    """Return what changed of a space whose walks are the same."""
    rule = finder.rule_causes()
    if rule:
        return rule
    found = []
    for result in (finder.before, finder.after):
        spaces = result.given.spaces
        own = spaces["park_id"].eq(row["park_id"]) & spaces["carrier_id"].eq(row["carrier_id"])
        found.append(spaces[own].iloc[0])
    own = space_causes(found[0], found[1])
    if own or same_cell(row["open_facilities_before"], row["open_facilities_after"]):
        return own
    return finder.campus_causes()


def _shares(
    before: Access,
    after: Access,
    spaces: pd.DataFrame,
    causes: Sequence[tuple[Cause, ...]],
    *,
    comparable: bool,
) -> pd.DataFrame:
    """Return the parks of which a space changed, with their shares before and after."""
    parks = sorted(spaces["park_id"].unique())
    told = _sided(before.parks.reindex(parks), after.parks.reindex(parks), comparable=comparable)
    names = pd.concat([after.given.parks, before.given.parks])
    told.insert(0, "park_name", names[~names.index.duplicated()].reindex(parks))
    of_park = [
        [why for park, why in zip(spaces["park_id"], causes, strict=True) if park == one]
        for one in parks
    ]
    found = [tuple(dict.fromkeys(cause for why in own for cause in why)) for own in of_park]
    told = told.assign(**_columns(found, [_summed(own) for own in of_park]))
    return told.rename_axis("park_id").reset_index()


def _whole(
    before: Access, after: Access, causes: Sequence[tuple[Cause, ...]], *, comparable: bool
) -> pd.DataFrame:
    told = _sided(before.district, after.district, comparable=comparable)
    found = [tuple(dict.fromkeys(cause for why in causes for cause in why))] * len(told)
    return told.assign(**_columns(found, [_summed(list(causes))] * len(told)))


def _sided(was: pd.DataFrame, now: pd.DataFrame, *, comparable: bool) -> pd.DataFrame:
    columns: dict[str, Any] = {"comparable": pd.Series(comparable, index=now.index)}
    for name in SHARE_CHANGES:
        old, new = was[name].astype("float64"), now[name].astype("float64")
        columns |= {f"{name}_before": old, f"{name}_after": new}
        columns[f"{name}_change"] = new - old if comparable else new.mask(new.notna())
    return pd.DataFrame(columns)


def _summed(causes: list[tuple[Cause, ...]]) -> Text:
    """Say what is behind the changes of several spaces, the most frequent first."""
    counts = Counter(cause for why in causes for cause in dict.fromkeys(why))
    parts = [
        Text(f"{cause.text.zh}（{number} 处空间）", f"{cause.text.en} ({count(number, 'space')})")
        for cause, number in counts.most_common()
    ]
    return ended((), [*parts, *notes_of(list(counts))])


def _marked(frame: pd.DataFrame, after: Access) -> pd.DataFrame:
    """Return a table with sample mark, rule and parameters of the later state."""
    sample = bool(after.spaces["sample"].any())
    if "park_id" in frame.columns:
        by_park = after.parks["sample"].astype("boolean")
        marks = frame["park_id"].map(by_park).astype("boolean").fillna(value=sample)
    else:
        marks = pd.Series(sample, index=frame.index, dtype="boolean")
    return frame.assign(
        sample=marks, rule_version=after.rule_version, parameters=after.parameters.as_text()
    )
