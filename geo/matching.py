"""Which operator suits which underused carrier, with what is not known left open.

Four parts, each from 0 to 1, are added with weights that a planner may move [J]:

========  ==================================================================
industry  share of the industries admitted in the carrier that the operator serves
class     1 if the operator serves carriers of this class
size      1 if the area to be let lies between the operator's limits, falling to 0
          at `near_size_factor` times outside of them
record    half comparable projects over `enough_projects`, half the area that the
          operator lets in `let_years` over the area to be let
========  ==================================================================

No shared industry, a class that is not served and an area far outside the limits
are misfits, whatever the other parts say. A part that cannot be computed is
anything from 0 to 1: it never makes a misfit, but widens the score.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import fields
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import pandas as pd

from geo.lists import items_of
from geo.match_reasons import Pair
from geo.match_reasons import reason
from geo.parameters import in_one_line
from geo.parameters import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

RULE_VERSION = "matching-2026.1"
"""Name of the rule; it changes when a result could change."""

COLUMNS = (
    "carrier_id",
    "operator_id",
    "score",
    "score_low",
    "score_high",
    "rank",
    "carrier_rank",
    "fits",
    "present",
    "unknown",
    "reasons_zh",
    "reasons_en",
)
"""Columns of the result, in order."""

PARTS = ("industry", "class", "size", "record")

_DECIMALS = 9
_CARRIER_COLUMNS = ("carrier_class", "allowed_industries", "operator", "hold")
_AREA_COLUMNS = ("recoverable_area_m2", "recoverable_low", "recoverable_high", "vacant_area_m2")
_OPERATOR_NUMBERS = ("size_min_m2", "size_max_m2", "projects", "absorbed_m2_year")
_OPERATOR_TEXTS = ("name", "industries", "classes")


@dataclass(frozen=True, slots=True)
class MatchParameters:
    """Weights and limits of the matching. Every one is a judgement [J].

    Attributes
    ----------
    weight_industry, weight_class, weight_size, weight_record
        What each part counts; only their proportions matter.
    near_size_factor
        An area so many times below the smallest or above the largest that an
        operator takes is a misfit.
    enough_projects
        So many comparable projects are a full record.
    let_years
        An operator who lets the area in so many years has a full record.
    """

    weight_industry: float = 0.35
    weight_class: float = 0.20
    weight_size: float = 0.20
    weight_record: float = 0.25
    near_size_factor: float = 1.5
    enough_projects: float = 5.0
    let_years: float = 2.0

    def __post_init__(self) -> None:
        """Refuse values that mean nothing.

        Raises
        ------
        ValueError
            Naming the parameter, its value and what it must be.
        """
        for part in PARTS:
            require(f"weight_{part}", (getattr(self, f"weight_{part}"),), least=0.0)
        require("near_size_factor", (self.near_size_factor,), least=1.0, open_end=True)
        for name in ("enough_projects", "let_years"):
            require(name, (getattr(self, name),), least=0.0, open_end=True)
        if not any(getattr(self, f"weight_{part}") for part in PARTS):
            msg = "`weight_industry` to `weight_record` are all 0; at least one must be greater."
            raise ValueError(msg)

    @property
    def weights(self) -> Floats:
        """Weights of :data:`PARTS`, shape (4,), adding up to 1."""
        raw = np.array([getattr(self, f"weight_{part}") for part in PARTS], dtype=np.float64)
        return np.asarray(raw / raw.sum())

    def as_dict(self) -> dict[str, float]:
        """Return all parameters by name, ready for JSON."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def as_text(self) -> str:
        """Return all parameters as one line, ``name=value; …``, to travel with a number."""
        return in_one_line(self.as_dict())


class _Part(NamedTuple):
    """A part of the score, shape (carriers, operators) each: bounds, and sure misfits."""

    low: Floats
    high: Floats
    misfit: Bools


def match(
    carriers: pd.DataFrame, operators: pd.DataFrame, parameters: MatchParameters
) -> pd.DataFrame:
    """Compare every carrier with every operator.

    Parameters
    ----------
    carriers
        ``carrier_id`` and, where known, ``carrier_class``, ``allowed_industries``
        (``;``-joined), ``operator`` (name or id of the present one), ``hold`` (what it is
        kept for, so that it is no offer) and the area to be let, m²:
        ``recoverable_area_m2``, else between ``recoverable_low`` and ``recoverable_high``,
        else ``vacant_area_m2``. Columns may be missing.
    operators
        ``operator_id`` and, where known, ``name``, ``industries``, ``classes`` (codes of
        ``carrier_class``; both ``;``-joined), ``size_min_m2``, ``size_max_m2``,
        ``projects`` and ``absorbed_m2_year``.
    parameters
        Weights and limits.

    Returns
    -------
    pandas.DataFrame
        One row a pair with :data:`COLUMNS`. Scores are points of 100; ``score`` is NaN
        where something is open. ``rank`` is that of the operator at the carrier,
        ``carrier_rank`` that of the carrier for the operator, by ``score_low``, then
        ``score_high``; ties share the best rank. Misfits and the present operator are
        no candidates and have no rank. ``unknown`` names the fields that are open, joined
        by ``;``. Carriers keep their order, operators go by rank, then id.

    Raises
    ------
    ValueError
        If an id is missing or there twice.
    """
    for name, frame in (("carrier_id", carriers), ("operator_id", operators)):
        _require_ids(frame, name)
    carriers = carriers.reindex(columns=["carrier_id", *_CARRIER_COLUMNS, *_AREA_COLUMNS])
    operators = operators.reindex(columns=["operator_id", *_OPERATOR_TEXTS, *_OPERATOR_NUMBERS])
    numbers = {name: _numbers(operators[name]) for name in _OPERATOR_NUMBERS}
    area_low, area_high = _areas(carriers)
    parts = (
        _industry(carriers, operators),
        _class(carriers, operators),
        _size(area_low, area_high, numbers, parameters),
        _record(area_low, area_high, numbers, parameters),
    )
    present = _present(carriers, operators)
    # Nothing to let, or space kept for something else, is nothing to take over.
    off = (area_high <= 0) | _held(carriers)
    fits = ~(np.logical_or.reduce([p.misfit for p in parts]) | off[:, np.newaxis])
    frame = _table(carriers, operators, parts, fits, present, parameters)
    pairs = _pairs(carriers, operators, (area_low, area_high), numbers, parts, present)
    told = [reason(pair, parameters.let_years) for pair in pairs]
    frame["unknown"] = [";".join(pair.unknown) for pair in pairs]
    frame["reasons_zh"] = [sentence.zh for sentence in told]
    frame["reasons_en"] = [sentence.en for sentence in told]
    return _ranked(_typed(frame))


def _require_ids(frame: pd.DataFrame, name: str) -> None:
    if name not in frame or frame[name].isna().any() or frame[name].duplicated().any():
        msg = f"`{name}` must be there in every row, and once only."
        raise ValueError(msg)


def _numbers(column: pd.Series) -> Floats:
    return np.asarray(column.astype("float64").to_numpy(dtype=np.float64, na_value=np.nan))


def _areas(carriers: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return the bounds of the area to be let, shape (carriers,); unknown is [0, inf]."""
    exact, low, high, vacant = (_numbers(carriers[name]) for name in _AREA_COLUMNS)
    told = np.isfinite(low) & np.isfinite(high)
    known = np.where(np.isnan(exact) & ~told, vacant, exact)
    low = np.where(np.isnan(known), np.where(told, low, 0.0), known)
    high = np.where(np.isnan(known), np.where(told, high, np.inf), known)
    return low, high


def _held(carriers: pd.DataFrame) -> Bools:
    """Tell which carriers are kept for renewal, for a signed tenant, or out of the assessment."""
    return np.array([isinstance(hold, str) and hold != "" for hold in carriers["hold"]], dtype=bool)


def _industry(carriers: pd.DataFrame, operators: pd.DataFrame) -> _Part:
    admitted = [items_of(value) for value in carriers["allowed_industries"]]
    served = [items_of(value) for value in operators["industries"]]
    return _shared(admitted, served)


def _class(carriers: pd.DataFrame, operators: pd.DataFrame) -> _Part:
    own = [items_of(value) for value in carriers["carrier_class"]]
    return _shared(own, [items_of(value) for value in operators["classes"]])


def _shared(wanted: Sequence[tuple[str, ...]], offered: Sequence[tuple[str, ...]]) -> _Part:
    """Return which share of what is wanted is offered; none of it is a misfit."""
    words = {word: at for at, word in enumerate(dict.fromkeys(w for row in wanted for w in row))}
    left, right = _marked(wanted, words), _marked(offered, words)
    counts = left.sum(axis=1)[:, np.newaxis]
    share = (left @ right.T) / np.maximum(counts, 1)
    given = np.array([bool(row) for row in offered], dtype=bool)
    known = (counts > 0) & given[np.newaxis, :]
    return _Part(np.where(known, share, 0.0), np.where(known, share, 1.0), known & (share == 0))


def _marked(rows: Sequence[tuple[str, ...]], words: dict[str, int]) -> Floats:
    marks = np.zeros((len(rows), len(words)))
    for number, row in enumerate(rows):
        marks[number, [words[word] for word in row if word in words]] = 1.0
    return marks


def _size(
    area_low: Floats, area_high: Floats, numbers: dict[str, Floats], parameters: MatchParameters
) -> _Part:
    """Return how well the area fits, over all areas and limits that are possible.

    A limit that is not known may be anywhere on its side of the other one, so that
    the worst case is a window of no width, and the best one without a limit.
    """
    least, most = numbers["size_min_m2"], numbers["size_max_m2"]
    factor = parameters.near_size_factor
    wide = (np.where(np.isnan(least), 0.0, least), np.where(np.isnan(most), np.inf, most))
    narrow = (np.where(np.isnan(least), most, least), np.where(np.isnan(most), least, most))
    # The area inside the bounds that is nearest to the window is the best one.
    best = np.clip(
        np.clip(wide[0][np.newaxis, :], area_low[:, np.newaxis], None),
        None,
        area_high[:, np.newaxis],
    )
    high = _window(best, *wide, factor)
    ends = [_window(area[:, np.newaxis], *narrow, factor) for area in (area_low, area_high)]
    low = np.minimum(*ends)
    low = np.where(np.isnan(least) & np.isnan(most), 0.0, low)
    return _Part(low, high, high <= 0)


def _window(area: Floats, least: Floats, most: Floats, factor: float) -> Floats:
    """Return 1 inside the window, falling in a line to 0 at `factor` times outside."""
    with np.errstate(invalid="ignore", divide="ignore"):
        below = (area * factor - least) / (least * (factor - 1.0))
        above = (most * factor - area) / (most * (factor - 1.0))
    below = np.where(area >= least, 1.0, below)
    above = np.where(area <= most, 1.0, above)
    return np.asarray(np.clip(np.minimum(below, above), 0.0, 1.0))


def _record(
    area_low: Floats, area_high: Floats, numbers: dict[str, Floats], parameters: MatchParameters
) -> _Part:
    projects = np.clip(numbers["projects"] / parameters.enough_projects, 0.0, 1.0)
    able = (numbers["absorbed_m2_year"] * parameters.let_years)[np.newaxis, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        worst, best = (
            np.where(area <= able, 1.0, np.clip(able / area, 0.0, 1.0))
            for area in (area_high[:, np.newaxis], area_low[:, np.newaxis])
        )
    open_ = np.isnan(able)
    halves = (
        (np.nan_to_num(projects, nan=0.0), np.where(open_, 0.0, worst)),
        (np.nan_to_num(projects, nan=1.0), np.where(open_, 1.0, best)),
    )
    low, high = ((record + let) / 2.0 for record, let in halves)
    return _Part(low, high, np.zeros(low.shape, dtype=bool))


def _present(carriers: pd.DataFrame, operators: pd.DataFrame) -> Bools:
    """Return where the operator runs the carrier already, named by name or by id."""
    running = carriers["operator"].astype("str").str.strip().to_numpy(object)[:, np.newaxis]
    known = carriers["operator"].notna().to_numpy()[:, np.newaxis]
    names, ids = (operators[n].astype("str").str.strip() for n in ("name", "operator_id"))
    named = (running == names.to_numpy(object)) & operators["name"].notna().to_numpy()
    return np.asarray(known & (named | (running == ids.to_numpy(object))), dtype=bool)


def _table(
    carriers: pd.DataFrame,
    operators: pd.DataFrame,
    parts: Sequence[_Part],
    fits: Bools,
    present: Bools,
    parameters: MatchParameters,
) -> pd.DataFrame:
    """Return one row a pair, carrier by carrier, without what is told in words."""
    weights = parameters.weights[:, np.newaxis, np.newaxis]
    low, high = (
        (100.0 * (np.stack([getattr(part, end) for part in parts]) * weights).sum(axis=0)).ravel()
        for end in ("low", "high")
    )
    low, high = low.round(_DECIMALS), high.round(_DECIMALS)
    many, ids = len(operators), operators["operator_id"].astype("str").to_numpy(object)
    return pd.DataFrame(
        {
            "carrier_id": carriers["carrier_id"].astype("str").repeat(many).to_numpy(),
            "operator_id": np.tile(ids, len(carriers)),
            "score": np.where(low == high, low, np.nan),
            "score_low": low,
            "score_high": high,
            "fits": fits.ravel(),
            "present": present.ravel(),
        }
    )


def _pairs(
    carriers: pd.DataFrame,
    operators: pd.DataFrame,
    areas: tuple[Floats, Floats],
    numbers: dict[str, Floats],
    parts: Sequence[_Part],
    present: Bools,
) -> list[Pair]:
    """Return what the reasons are told from, carrier by carrier."""
    admitted = [items_of(value) for value in carriers["allowed_industries"]]
    served = [items_of(value) for value in operators["industries"]]
    own, held = carriers["carrier_class"].notna().tolist(), _held(carriers).tolist()
    classes = [bool(items_of(value)) for value in operators["classes"]]
    operator_numbers = list(zip(*(numbers[n].tolist() for n in _OPERATOR_NUMBERS), strict=True))
    bounds = list(zip(*(bound.tolist() for bound in areas), strict=True))
    low, high, misfit = (
        np.stack([getattr(part, name) for part in parts], axis=-1).tolist()
        for name in ("low", "high", "misfit")
    )
    return [
        Pair(
            admitted=admitted[i],
            served=served[j],
            class_known=own[i],
            classes_known=classes[j],
            area=bounds[i],
            numbers=operator_numbers[j],
            low=tuple(low[i][j]),
            high=tuple(high[i][j]),
            misfit=tuple(misfit[i][j]),
            present=bool(present[i, j]),
            held=held[i],
        )
        for i in range(len(carriers))
        for j in range(len(operators))
    ]


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    texts = ("carrier_id", "operator_id", "unknown", "reasons_zh", "reasons_en")
    return frame.astype(dict.fromkeys(texts, "str"))


def _ranked(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs with both ranks, in order."""
    keys = -frame[["score_low", "score_high"]].to_numpy()
    place = np.unique(keys, axis=0, return_inverse=True)[1].ravel() if len(frame) else keys[:, 0]
    candidate = frame["fits"] & ~frame["present"]
    standing = pd.Series(place, index=frame.index, dtype="float64").where(candidate)
    for name, by in (("rank", "carrier_id"), ("carrier_rank", "operator_id")):
        frame[name] = standing.groupby(frame[by]).rank(method="min").astype("Int64")
    order = frame.assign(
        _at=pd.factorize(frame["carrier_id"])[0], _rank=frame["rank"].astype("float64")
    ).sort_values(["_at", "_rank", "operator_id"], na_position="last", kind="stable")
    return frame.loc[order.index, list(COLUMNS)].reset_index(drop=True)
