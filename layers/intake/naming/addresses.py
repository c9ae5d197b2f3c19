"""Rows without coordinates: known objects of like name or address, for people to review.

Nothing is placed by guess. A row gets a place only if the planner accepted a candidate,
and then it is a point of that candidate.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

from layers.aside import made_aside
from layers.catalogue import FieldSpec
from layers.errors import Text
from layers.frames import has_geometry
from layers.intake.columns import normalise
from layers.intake.naming.gazetteer import ACCURACY
from layers.intake.naming.gazetteer import read_gazetteer
from layers.intake.naming.names import buildings_disagree
from layers.intake.naming.names import doors_disagree
from layers.intake.naming.names import few
from layers.intake.naming.names import normalise_address
from layers.intake.naming.names import normalise_name
from layers.intake.naming.names import without_building
from layers.intake.naming.twins import ADDRESS
from layers.intake.naming.twins import cell_texts
from layers.intake.naming.twins import is_one_of
from layers.intake.read import read_raw
from layers.intake.source import Request
from layers.values import as_text
from layers.values import formula_safe
from layers.values import parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.intake.naming.gazetteer import Gazetteer
    from layers.intake.naming.gazetteer import Hit
    from layers.intake.source import Raw
    from layers.issues import Issue

GEOCODER = "geocoder"
"""What a review list calls the layer of an answer of the user's geocoder; its id is the
longitude and latitude, joined by a comma."""

REVIEW_COLUMNS: Mapping[str, Text] = {
    "row": Text("数据行号", "Data row"),
    "name": Text("名称", "Name"),
    "address": Text("地址", "Address"),
    "candidate_layer": Text("候选图层", "Candidate layer"),
    "candidate_id": Text("候选编码", "Candidate id"),
    "candidate_name": Text("候选名称", "Candidate name"),
    "candidate_address": Text("候选地址", "Candidate address"),
    "score": Text("匹配分", "Score"),
    "how": Text("匹配方式", "Matched by"),
    "lon": Text("经度", "Longitude"),
    "lat": Text("纬度", "Latitude"),
    "accuracy_m": Text("位置精度", "Location accuracy"),
}
"""Columns of a review list, and what they are called."""

MATCHED_BY: Mapping[str, Text] = {
    "name": Text("名称", "name"),
    "address": Text("地址", "address"),
    "name+address": Text("名称和地址", "name and address"),
    GEOCODER: Text("地理编码插件", "geocoder"),
}
"""What the column ``how`` of a review list says, as people are told."""

ACCEPT = Text("采用", "accept")
"""The column that a planner adds to a review list."""

_MARK = FieldSpec("accept", "boolean", ACCEPT)
_ROW = FieldSpec("row", "integer", REVIEW_COLUMNS["row"])

_CANDIDATES = 3
# A different door or building on the same road is no match, however alike the texts are.
_CONTRADICTED = 60.0

_NUMBERS = frozenset({"row", "score", "lon", "lat", ACCURACY})


def review_places(
    named: pd.DataFrame,
    geometry: NDArray[Any] | None,
    spec: LayerSpec,
    tables: Mapping[str, pd.DataFrame],
    request: Request,
    rows: pd.Series[Any],
    *,
    catalogue: Catalogue,
    least: float = 75,
) -> pd.DataFrame:
    """List the known objects that may say where rows without coordinates lie.

    Names and addresses are compared in their normal forms: the same text scores 100, the
    same door on the same road 90, other texts by the share of letters that need not be
    changed. Where both sides name a door, or a building, and none agrees, the score is
    at most 60. A mere building number such as 3号楼 is no name.

    Parameters
    ----------
    named
        Cells under field names.
    geometry
        Shapes in EPSG:4490, one a row; None if the file has none. Rows of such a file
        whose record is located keep its place and are not listed.
    spec
        The layer that the rows are for.
    tables
        The layers that are there, by key; the gazetteer's are asked, see
        :data:`layers.intake.naming.gazetteer.GAZETTEER`.
    request
        The file; not asked, as nothing is found wrong here.
    rows
        Row numbers as a person counts.
    catalogue
        Says what the objects of a layer are called by.
    least
        Lower scores (0 to 100) are left out.

    Returns
    -------
    DataFrame
        Columns :data:`REVIEW_COLUMNS`, at most three candidates a row, the best first;
        ``how`` is ``name``, ``address`` or ``name+address``, ``lon`` and ``lat`` are
        degrees in EPSG:4490.
    """
    # The list has no findings yet; the file is asked for so that every step is called alike.
    del request
    asked = unplaced(named, geometry, spec, tables)
    if not len(asked):
        return review_frame([])
    known = read_gazetteer(tables, catalogue)
    names, addresses = (cell_texts(named, f)[asked] for f in (_name_field(spec), ADDRESS))
    said = [
        _Said(normalise_name(name), normalise_address(address))
        for name, address in zip(names, addresses, strict=True)
    ]
    hits = known.find({text for texts in said for text in texts.telling}, least)
    options = {texts: _candidates(texts, hits, known, least) for texts in said}
    found = [
        (int(row), name, address, *candidate)
        for row, name, address, texts in zip(
            rows.to_numpy()[asked], names, addresses, said, strict=True
        )
        for candidate in options[texts]
    ]
    return review_frame(found)


def unplaced(
    named: pd.DataFrame,
    geometry: NDArray[Any] | None,
    spec: LayerSpec,
    tables: Mapping[str, pd.DataFrame],
) -> NDArray[np.intp]:
    """Return the positions of rows that have a name or address and no place.

    Parameters
    ----------
    named, geometry, spec, tables
        See :func:`review_places`.
    """
    if geometry is not None and not shapely.is_missing(geometry).all():
        left = np.flatnonzero(shapely.is_missing(geometry) | shapely.is_empty(geometry))
        return left[_says_something(named.iloc[left], spec)]
    said = _says_something(named, spec)
    present = tables.get(spec.key)
    if present is not None and has_geometry(present):
        located = present[spec.id_field][present.geometry.notna().to_numpy()]
        said &= ~is_one_of(cell_texts(named, spec.id_field), located)
    return np.flatnonzero(said)


def _says_something(named: pd.DataFrame, spec: LayerSpec) -> NDArray[np.bool_]:
    """Tell which rows have a name or an address."""
    texts = (cell_texts(named, field) for field in (_name_field(spec), ADDRESS))
    names, addresses = texts
    return np.asarray((names != "") | (addresses != ""), dtype=bool)


def review_frame(records: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Return a review list of records in the order of :data:`REVIEW_COLUMNS`."""
    frame = pd.DataFrame(records, columns=list(REVIEW_COLUMNS))
    kinds = {name: "float64" if name in _NUMBERS else "str" for name in REVIEW_COLUMNS}
    return frame.astype({**kinds, "row": "int64"})


def apply_places(
    geometry: NDArray[Any],
    choices: Mapping[int, tuple[str, str]],
    tables: Mapping[str, pd.DataFrame],
    request: Request,
    rows: pd.Series[Any],
    *,
    catalogue: Catalogue,
) -> tuple[NDArray[Any], tuple[Issue, ...]]:
    """Place rows where the planner said.

    Parameters
    ----------
    geometry
        Shapes in EPSG:4490, one a row; rows that have one keep it.
    choices
        Row number → layer and id of the accepted candidate.
    tables
        The layers that are there, by key.
    request
        Names the file for the findings.
    rows
        Row numbers as a person counts.
    catalogue
        Says which field of a layer is its id.

    Returns
    -------
    ndarray
        A copy of `geometry` with points inside the accepted candidates.
    tuple of Issue
        What was placed, and what could not be: at most one finding each.
    """
    placed = np.array(geometry, dtype=object)
    known = read_gazetteer(tables, catalogue, sorted({key for key, _ in choices.values()}))
    points = {(e.layer, e.id): shapely.Point(e.lon, e.lat) for e in known.entries}
    position = {int(row): i for i, row in enumerate(rows)}
    taken: list[str] = []
    left: list[str] = []
    for row, (key, record) in sorted(choices.items()):
        point = _answer(record) if key == GEOCODER else points.get((key, record))
        i = position.get(row)
        if i is None or point is None or placed[i] is not None:
            left.append(f"{row} → {key} {record}")
        else:
            placed[i] = point
            taken.append(f"{row} → {key} {record}")
    issues = [
        request.issue(code, count=len(texts), examples=few(texts))
        for code, texts in (("placed_by_address", taken), ("place_not_taken", left))
        if texts
    ]
    return placed, tuple(issues)


def with_accuracy(
    named: pd.DataFrame,
    choices: Mapping[int, tuple[str, str]],
    tables: Mapping[str, pd.DataFrame],
    rows: pd.Series[Any],
    *,
    catalogue: Catalogue,
) -> pd.DataFrame:
    """Return the rows with the accuracy of the objects at whose places they were put.

    A row lies no better than what it was placed by; an accuracy that the file gives
    itself stays.

    Parameters
    ----------
    named
        Cells under field names.
    choices, tables, rows, catalogue
        As for :func:`apply_places`.
    """
    known = read_gazetteer(tables, catalogue, sorted({key for key, _ in choices.values()}))
    metres = {(e.layer, e.id): e.accuracy_m for e in known.entries}
    found = pd.Series([metres.get(choices.get(int(row), ("", ""))) for row in rows], dtype=object)
    if ACCURACY not in named:
        return named.assign(**{ACCURACY: found})
    return named.assign(**{ACCURACY: named[ACCURACY].where(named[ACCURACY].notna(), found)})


def read_choices(
    path: Path, *, read: Callable[[Request], Raw] = read_raw
) -> dict[int, tuple[str, str]]:
    """Read a review list in which the planner marked what is accepted.

    Parameters
    ----------
    path
        A CSV or workbook with the columns of :data:`REVIEW_COLUMNS` under their names or
        titles, and a column ``accept`` (采用) with 是, 1, true or √ where a candidate is
        accepted.
    read
        The reader of files.

    Returns
    -------
    dict
        Row number → layer and id of the candidate, as :func:`apply_places` takes it.

    Raises
    ------
    IntakeError
        If the file cannot be read, a column is missing, a mark or row number cannot be
        understood, or two candidates of one row are accepted.
    """
    request = Request(path)
    raw = read(request)
    cells = _choice_columns(raw.frame, request)
    accepted = parse(cells[ACCEPT.en], _MARK)
    numbers = parse(cells["row"], _ROW)
    choices: dict[int, tuple[str, str]] = {}
    for i in np.flatnonzero(accepted.bad | accepted.column.fillna(value=False)):
        line, row = int(raw.rows.iloc[i]), numbers.column.iloc[i]
        chosen = (str(cells["candidate_layer"].iloc[i]), str(cells["candidate_id"].iloc[i]))
        if accepted.bad.iloc[i]:
            request.refuse(
                f"第 {line} 行“{ACCEPT.zh}”只填是或否",
                f"line {line}: write yes or no under '{ACCEPT.en}'",
            )
        if pd.isna(row) or not all(chosen):
            request.refuse(
                f"第 {line} 行缺少数据行号、候选图层或候选编码；请勿改动这些列",
                f"line {line} lacks its data row, layer or id; leave these columns as they are",
            )
        if choices.setdefault(int(row), chosen) != chosen:
            request.refuse(
                f"数据第 {row} 行采用了两个候选；请只留一个",
                f"two candidates are accepted for data row {row}; accept only one",
            )
    return choices


def write_review(review: pd.DataFrame, path: Path, *, lang: str) -> Path:
    """Write a review list as CSV with an empty column to mark what is accepted.

    UTF-8 with a byte order mark, which spreadsheets need for Chinese text; no cell is
    run as a formula. :func:`read_choices` reads it back.

    Parameters
    ----------
    review
        From :func:`review_places`.
    path
        Where to.
    lang
        Language of the headings, ``zh`` or ``en``.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    titles = {name: text.get(lang) for name, text in REVIEW_COLUMNS.items()}
    how = {key: text.get(lang) for key, text in MATCHED_BY.items()}
    shown = review.assign(how=review["how"].map(lambda key: how.get(key, key), na_action="ignore"))
    shown = shown.rename(columns=titles)
    for name in shown.columns:
        if not pd.api.types.is_numeric_dtype(shown[name]):
            shown[name] = shown[name].map(formula_safe, na_action="ignore")
    shown.insert(0, ACCEPT.get(lang), "")
    with made_aside(path, "review.csv") as made:
        shown.to_csv(made, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return path


def _choice_columns(frame: pd.DataFrame, request: Request) -> dict[str, pd.Series[Any]]:
    """Return the columns of a review list that say what is accepted, as text."""
    titles = {ACCEPT.en: ACCEPT, **REVIEW_COLUMNS}
    found: dict[str, pd.Series[Any]] = {}
    for key in (ACCEPT.en, "row", "candidate_layer", "candidate_id"):
        labels = {normalise(label) for label in (key, titles[key].zh, titles[key].en)}
        column = next((c for c in frame.columns if normalise(str(c)) in labels), None)
        if column is None:
            request.refuse(
                f"没有“{titles[key].zh}”（{key}）一列；请用导出的复核表",
                f"there is no column '{key}'; use the review list that was written",
            )
        found[key] = as_text(frame[column]).fillna("")
    return found


def _name_field(spec: LayerSpec) -> str:
    return "" if spec.name_field == spec.id_field else spec.name_field


def _answer(record: str) -> shapely.Point | None:
    """Return the place that the id of a geocoder's answer is, None if it is none."""
    try:
        lon, lat = (float(part) for part in record.split(","))
    except ValueError:
        return None
    return shapely.Point(lon, lat) if is_place(lon, lat) else None


def is_place(lon: float, lat: float) -> bool:
    """Tell whether two numbers are longitude and latitude in degrees."""
    return math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90  # noqa: PLR2004 -- half and quarter turn


class _Said(NamedTuple):
    """What a row says of where it lies, in normal form."""

    name: str
    address: str

    @property
    def telling(self) -> list[str]:
        """The texts to look for; a mere building number is no name."""
        name = self.name if without_building(self.name) else ""
        return [text for text in (name, self.address) if text]


def _candidates(
    texts: _Said, hits: Mapping[str, Sequence[Hit]], known: Gazetteer, least: float
) -> list[tuple[Any, ...]]:
    """Return the best candidates of a row, without its own columns."""
    best: dict[int, dict[str, float]] = {}
    for text in texts.telling:
        for hit in hits.get(text, ()):
            kinds = best.setdefault(hit.entry, {})
            kinds[hit.by] = max(hit.score, kinds.get(hit.by, 0.0))
    said = "|".join(texts)
    found = []
    for entry, kinds in best.items():
        score = max(kinds.values())
        there = known.said[entry]
        if doors_disagree(said, there) or buildings_disagree(said, there):
            score = min(score, _CONTRADICTED)
        if score >= least:
            how = "+".join(kind for kind in ("name", "address") if kind in kinds)
            found.append((-score, -len(kinds), entry, how))
    return [
        (*known.entries[entry][:4], -score, how, *known.entries[entry][4:])
        for score, _, entry, how in sorted(found)[:_CANDIDATES]
    ]
