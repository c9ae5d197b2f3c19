"""Lasting ids: those that are given, those of records that are there already, or new ones.

What a row is does not depend on where in the file it stands: every step looks only at
what rows say, and rows that say the same are one row here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import shapely

from layers.frames import GEOMETRY
from layers.intake.naming.names import buildings_in
from layers.intake.naming.names import few
from layers.intake.naming.twins import cell_texts
from layers.intake.naming.twins import find_twins
from layers.intake.naming.twins import is_one_of
from layers.intake.naming.twins import who_is

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from layers.catalogue import LayerSpec
    from layers.intake.naming.twins import Who
    from layers.intake.source import Request
    from layers.issues import Issue

NEW_ID = "N-"
"""How the id of a row begins that had none."""

# Hexadecimal digits of a new id: of a name, of all cells, and what they grow to if the
# id is taken. Many rows without names would share forty bits by chance.
_OF_NAME, _OF_CELLS, _STEP, _ALL = 10, 16, 6, 64
# Ten millionths of a degree are a centimetre.
_DECIMALS = 7


def fill_ids(
    named: pd.DataFrame,
    geometry: NDArray[Any] | None,
    spec: LayerSpec,
    tables: Mapping[str, pd.DataFrame],
    request: Request,
    rows: pd.Series[Any],
) -> tuple[pd.DataFrame, tuple[Issue, ...]]:
    """Give rows without an id the id of the record that they are, or a lasting new one.

    Ids that are given stay. A row without one is a record of the present layer if it
    has its name (with building number) and nothing speaks against it, or lies where the
    record lies (points within 1 m, polygons that share nine tenths of their joint area)
    under a name that may be the same; and if no other row is that record. A mere
    building number such as 3号楼 needs the same address, parent or place besides.

    A row also makes an id of itself: a hash of name, address and building number, else
    of the place, else of all cells, which is the same in every import and wherever the
    row stands in the file. Rows that share a hash but differ are told apart by all
    their cells, and the id of another record is never taken. If the layer has that very
    row, it is known by this id; if the file gives no id at all, rows that are no record
    get it as a new one. In a file that gives some ids, the rest stay empty.

    Parameters
    ----------
    named
        Cells under field names, references already resolved.
    geometry
        Shapes in EPSG:4490, one a row; None if the file has none.
    spec
        The layer that the rows are for.
    tables
        The layers that are there, by key.
    request
        Names the file for the findings.
    rows
        Row numbers as a person counts, for the examples.

    Returns
    -------
    DataFrame
        `named` with its id column filled as far as is certain.
    tuple of Issue
        At most one finding a kind.
    """
    given = cell_texts(named, spec.id_field)
    blank = given == ""
    if not blank.any():
        return named, ()
    shapes = np.full(len(named), None, dtype=object) if geometry is None else geometry
    contents = _contents(named[blank], shapes[blank], spec)
    # Rows that say the same are asked once; the check of the layer rejects the later ones.
    _, first, group = np.unique(contents, return_index=True, return_inverse=True)
    chosen = np.flatnonzero(blank)[first]
    who = who_is(named.iloc[chosen], shapes[chosen], spec)
    known, known_ids = _known(tables.get(spec.key), spec)
    own, again = _own_ids(who, contents[first], known, known_ids, frozenset(given[~blank]))
    free = ~is_one_of(known_ids, [*given[~blank], *own[again]])
    others = np.flatnonzero(~again)
    twins = find_twins(who.take(others), known, free)
    ids = np.where(again | blank.all(), own, "")
    found = twins.record >= 0
    ids[others[found]] = known_ids[twins.record[found]]
    filled = given.copy()
    filled[blank] = ids[group]
    by_place, unsure = np.zeros((2, len(ids)), dtype=bool)
    by_place[others], unsure[others] = twins.by_place, twins.unsure
    matched = is_one_of(ids, known_ids)
    report = _Report(request, spec.id_field, ids, rows.to_numpy()[chosen], np.bincount(group))
    issues = (
        *report.about(
            "id_matched",
            matched,
            by_name=report.count(matched & ~by_place),
            by_place=report.count(by_place),
        ),
        *report.about("id_generated", (ids != "") & ~matched),
        *report.about("id_ambiguous", unsure),
    )
    return _with_ids(named, spec.id_field, blank, filled), issues


@dataclass(frozen=True, slots=True)
class _Report:
    """Makes findings about rows that say different things, some of them more than once."""

    request: Request
    id_field: str
    ids: NDArray[Any]
    rows: NDArray[Any]
    counts: NDArray[np.intp]

    def count(self, which: NDArray[np.bool_]) -> int:
        """Return how many rows of the file these are."""
        return int(self.counts[which].sum())

    def about(self, code: str, which: NDArray[np.bool_], **details: int) -> list[Issue]:
        """Return the finding about some rows, none if there are none."""
        if not which.any():
            return []
        pairs = sorted(zip(self.rows[which], self.ids[which], strict=True))
        shown = few(f"{row} → {key or '?'}" for row, key in pairs)
        count = self.count(which)
        return [
            self.request.issue(code, field=self.id_field, count=count, examples=shown, **details)
        ]


def _with_ids(
    named: pd.DataFrame, id_field: str, blank: NDArray[np.bool_], filled: NDArray[Any]
) -> pd.DataFrame:
    """Return `named` with what was blank filled; other cells stay as they stand."""
    column = pd.Series([key or None for key in filled], index=named.index, dtype="object")
    if id_field in named.columns:
        column = named[id_field].astype(object).where(~blank, column)
    return named.assign(**{id_field: column})


def _known(frame: pd.DataFrame | None, spec: LayerSpec) -> tuple[Who, NDArray[Any]]:
    """Return who the records of the layer are, and their ids."""
    if frame is None:
        frame = pd.DataFrame(columns=[spec.id_field])
    shapes = np.full(len(frame), None, dtype=object)
    if GEOMETRY in frame.columns:
        shapes = np.asarray(frame[GEOMETRY].to_numpy(), dtype=object)
    return who_is(frame, shapes, spec), cell_texts(frame, spec.id_field)


def _contents(named: pd.DataFrame, shapes: NDArray[Any], spec: LayerSpec) -> NDArray[Any]:
    """Return a key a row of all that it says, whatever the order of the columns."""
    keys = _places(shapes)
    for name in sorted(spec.field_names):
        if name != spec.id_field and name in named.columns:
            texts = cell_texts(named, name)
            keys = np.where(texts == "", keys, keys + f"\x1e{name}\x1f" + texts)
    return keys


def _places(shapes: NDArray[Any]) -> NDArray[Any]:
    """Return a key a shape, the same wherever a ring begins; empty where there is none."""
    keys = np.full(len(shapes), "", dtype=object)
    there = np.flatnonzero(~shapely.is_missing(shapes))
    flat = shapely.transform(shapes[there], _rounded)
    keys[there] = shapely.to_wkb(shapely.normalize(flat), hex=True, byte_order=1)
    return keys


def _rounded(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    # Adding zero makes one zero of the two that there are.
    return np.round(xy, _DECIMALS) + 0.0


def _own_ids(
    who: Who,
    contents: NDArray[Any],
    known: Who,
    known_ids: NDArray[Any],
    given: frozenset[str],
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return the ids that rows make of themselves, and whether the layer has that row already."""
    position = {str(key): i for i, key in enumerate(known_ids)}
    keys = np.array(list(_keys(who, contents)), dtype=object)
    shared = np.array(pd.Series(keys, dtype="object").duplicated(keep=False), dtype=bool)
    length = np.where(shared | (keys == contents), _OF_CELLS, _OF_NAME)
    keys = np.where(shared, contents, keys)
    hashes = [hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest() for key in keys]
    while True:
        ids = [NEW_ID + text[:n] for text, n in zip(hashes, length, strict=True)]
        records = [position.get(key, -1) for key in ids]
        clash = np.array(pd.Series(ids, dtype="object").duplicated(keep=False), dtype=bool)
        clash |= [
            key in given or (j >= 0 and not _made(who, i, known, j))
            for i, (key, j) in enumerate(zip(ids, records, strict=True))
        ]
        clash &= length < _ALL
        if not clash.any():
            return np.array(ids, dtype=object), np.array(records) >= 0
        length = np.where(clash, np.minimum(length + _STEP, _ALL), length)


def _made(who: Who, i: int, known: Who, j: int) -> bool:
    """Tell whether record `j`, which has the id that row `i` makes, was made of such a row."""
    if who.name[i] != known.name[j] or (not who.name[i] and who.address[i] != known.address[j]):
        return False
    return not (who.parents[i] and known.parents[j] and who.parents[i] != known.parents[j])


def _keys(who: Who, contents: NDArray[Any]) -> Iterator[str]:
    """Return what the ids of rows are made of: name, else place, else all cells."""
    distinct = who.is_distinct
    # Shapes are dear to describe, and few rows have nothing better to be known by.
    known_by_words = distinct | (who.address != "") | ((who.name != "") & (who.parents != ""))
    shapes = who.shapes.copy()
    shapes[known_by_words] = None
    places = _places(shapes)
    for i, (name, address, parents) in enumerate(
        zip(who.name, who.address, who.parents, strict=True)
    ):
        building = buildings_in(name) or buildings_in(address)
        if distinct[i] or address:
            yield f"{name}|{address}|{building}"
        elif name and parents:
            yield f"{name}|{address}|{building}|{parents}"
        elif places[i]:
            yield f"{name}|{places[i]}"
        else:
            yield contents[i]
