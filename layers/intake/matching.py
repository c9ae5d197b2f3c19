"""What every heading of a file was taken for, and proposals for those nobody knows.

A proposal rests on how alike the heading is to the labels of a field, and on
what stands in the column: a table of kinds of evidence. It is made only if it
is strong and clearly better than the next one, and it is never applied by
itself: people say yes to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal

import numpy as np

from layers.contract import OWN_COLUMNS
from layers.errors import Text
from layers.frames import GEOMETRY
from layers.intake.cells import read_cells
from layers.intake.columns import LEFT_OUT
from layers.intake.columns import PLACES
from layers.intake.columns import normalise
from layers.intake.evidence import EVIDENCE
from layers.intake.evidence import LIKE_PLACE
from layers.intake.evidence import PLACE_TESTS
from layers.intake.evidence import Cells
from layers.intake.evidence import Known
from layers.values import as_text
from layers.values import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.intake.columns import Columns
    from layers.intake.source import Raw

    # Target, score and why.
    _Proposal = tuple[str, float, Text]

How = Literal["user", "profile", "name", "content", "none"]

LEAST_SCORE = 0.8
"""A proposal has at least this score [J]."""

_LEAD = 0.1
_SAMPLES = 3
_ROWS = 500
_LABEL_WEIGHT = 0.9
_LEAST_LIKE = 0.6
_LEAST_READABLE = 0.8
_SAMPLE_LENGTH = 40
_CELL_LENGTH = 200

# Words that change what is measured; a heading and a label have one both or neither.
_DERIVED = (
    *("占比", "比例", "比重", "率", "均", "单位面积", "每", "增速", "增幅", "同比", "环比", "排名"),
    *("单价", "地上", "地下", "新增", "其中", "计容", "计划", "预计", "目标"),
)
# Pairs of which a heading and a label may not have one each.
_OPPOSED = (
    *(("已租", "空置"), ("已租", "可租"), ("可租", "空置"), ("自用", "出租")),
    *(
        ("现状", "规划"),
        ("区级", "市级"),
        ("起", "止"),
        ("起", "到"),
        ("开始", "结束"),
        ("开工", "竣工"),
    ),
    *(("编码", "名称"), ("土地", "建筑"), ("营业", "税"), ("挂牌", "实收"), ("最大", "最小")),
)


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """What became of one heading.

    Attributes
    ----------
    heading
        As it stands in the file.
    target
        Field, or key of :data:`layers.intake.columns.PLACES`; ``None`` if the
        column is not used. With `how` ``content`` it is a proposal only.
    how
        Who said so: the ``user``, a ``profile``, the ``name`` of the column, its
        ``content``; ``none`` if nobody did.
    score
        0 to 1; 1 unless `how` is ``content`` or ``none``.
    sample
        Up to three different cells, as text.
    filled
        Share of rows with something in the cell, 0 to 1.
    note
        In a sentence, why.
    """

    heading: str
    target: str | None
    how: How
    score: float
    sample: tuple[str, ...]
    filled: float
    note: Text


def propose(
    raw: Raw,
    columns: Columns,
    spec: LayerSpec,
    *,
    mapping: Mapping[str, str] | None = None,
    profile: Mapping[str, str] | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> tuple[ColumnMatch, ...]:
    """Say for every heading what it was taken for, and propose something for the others.

    Parameters
    ----------
    raw
        The file as it is.
    columns
        Which column is which field, see :func:`layers.intake.columns.find_columns`.
    spec
        The layer.
    mapping, profile
        What the user chose, and what a profile says, heading → target; they
        only tell where a match comes from.
    tables
        Layers that we hold by key, whose ids and names a column may repeat.

    Returns
    -------
    tuple of ColumnMatch
        One a heading, in the order of the file; no two propose the same.
    """
    headings = [
        str(name)
        for name in raw.frame.columns
        if name not in OWN_COLUMNS and not (raw.shapes and name == GEOMETRY)
    ]
    targets = {h: t for t, h in (*columns.places.items(), *columns.fields.items())}
    proposals = _proposals(raw, headings, columns, spec, mapping or {}, tables or {})

    def found(heading: str) -> tuple[str | None, How, float, Text]:
        if heading in targets:
            how = _origin(heading, mapping or {}, profile or {})
            return targets[heading], how, 1.0, _NOTES[how]
        if heading in proposals:
            target, score, note = proposals[heading]
            return target, "content", score, note
        return None, "none", 0.0, _why_not(heading, columns)

    matches = []
    for heading in headings:
        sample, filled = _look(raw.frame[heading])
        target, how, score, note = found(heading)
        matches.append(ColumnMatch(heading, target, how, score, sample, filled, note))
    return tuple(matches)


_NOTES: Mapping[How, Text] = {
    "user": Text("由用户指定", "chosen by the user"),
    "profile": Text("按导入方案", "from the profile"),
    "name": Text("表头是已知的名称", "the heading is a known name"),
    "none": Text("没有对应的字段，不采用", "no field was found, so it is not used"),
}


def _origin(heading: str, mapping: Mapping[str, str], profile: Mapping[str, str]) -> How:
    if profile.get(heading) and mapping.get(heading, profile[heading]) == profile[heading]:
        return "profile"
    return "user" if heading in mapping else "name"


def _why_not(heading: str, columns: Columns) -> Text:
    for doubled, target in columns.doubled:
        if doubled == heading:
            used = columns.fields.get(target) or columns.places.get(target, "")
            return Text(f"与列“{used}”是同一字段，不采用", f"'{used}' is the same field already")
    return _NOTES["none"]


def _look(cells: pd.Series[Any]) -> tuple[tuple[str, ...], float]:
    """Return a few different cells, and the share of cells that are filled."""
    text = as_text(cells)
    filled = text.dropna()
    sample = tuple(t[:_SAMPLE_LENGTH] for t in filled.head(_ROWS).unique()[:_SAMPLES])
    return sample, float(len(filled) / len(text)) if len(text) else 0.0


def _proposals(
    raw: Raw,
    headings: list[str],
    columns: Columns,
    spec: LayerSpec,
    mapping: Mapping[str, str],
    tables: Mapping[str, pd.DataFrame],
) -> dict[str, _Proposal]:
    """Return the proposals by heading: best of the column and best of the field, with a lead."""
    doubled = {heading for heading, _ in columns.doubled}
    left_out = {heading for heading, target in mapping.items() if target in LEFT_OUT}
    taken = {*columns.fields.values(), *columns.places.values(), *doubled, *left_out}
    free = [f for f in spec.fields if f.name not in columns.fields]
    open_headings = [h for h in headings if h not in taken]
    if not open_headings:
        return {}
    known = _known_values(spec, tables)
    scores: dict[tuple[str, str], tuple[float, Text]] = {}
    for heading in open_headings:
        cells = _sampled(raw.frame[heading])
        if cells.text.empty:
            continue
        for field in free:
            scores[heading, field.name] = _field_score(heading, cells, field, spec, known)
        for place in PLACES.keys() - columns.places.keys():
            if place in PLACE_TESTS and spec.geometry:
                scores[heading, place] = (0.95 * PLACE_TESTS[place](cells), LIKE_PLACE)
    return _clear_winners(scores)


def _clear_winners(
    scores: Mapping[tuple[str, str], tuple[float, Text]],
) -> dict[str, _Proposal]:
    """Keep what is strong enough and clearly the best both for its column and for its target."""
    winners: dict[str, _Proposal] = {}
    for (heading, target), (score, note) in scores.items():
        if score < LEAST_SCORE:
            continue
        rivals = [other for (h, t), (other, _) in scores.items() if (h == heading) != (t == target)]
        if score - max(rivals, default=0.0) >= _LEAD:
            winners[heading] = (target, round(score, 2), note)
    return winners


def _sampled(cells: pd.Series[Any]) -> Cells:
    text = as_text(cells).str.slice(stop=_CELL_LENGTH).reset_index(drop=True)
    there = np.flatnonzero(text.notna())
    # Spread over the file, because the first rows of a table are often alike.
    if len(there) > _ROWS:
        there = there[np.linspace(0, len(there) - 1, _ROWS).astype(int)]
    return Cells(cells.reset_index(drop=True).iloc[there], text.iloc[there])


def _known_values(spec: LayerSpec, tables: Mapping[str, pd.DataFrame]) -> Known:
    """Return the ids and names that we hold, of this layer and of those it refers to."""
    wanted = {(spec.key, spec.id_field), (spec.key, spec.name_field)}
    for field in spec.fields:
        if field.references is not None:
            layer = field.references[0]
            wanted |= {field.references, (layer, "name")}
    values = {
        (layer, name): frozenset(as_text(tables[layer][name]).dropna())
        for layer, name in wanted
        if layer in tables and name in tables[layer].columns
    }
    return Known(spec.key, values)


def _field_score(
    heading: str, cells: Cells, field: FieldSpec, spec: LayerSpec, known: Known
) -> tuple[float, Text]:
    """Return how much speaks for a field, 0 to 1, and what."""
    likeness, label = _likeness(heading, field)
    best, note = 0.0, _NOTES["none"]
    for evidence in EVIDENCE:
        if evidence.applies(field, spec):
            strength = evidence.weight * evidence.share(cells, field, known)
            if strength > best:
                best, note = strength, evidence.note
    # Two independent reasons: wrong only if both are.
    bound = 1 - (1 - _LABEL_WEIGHT * likeness) * (1 - best)
    # Reading all cells as every field takes long; less than this is no rival either.
    readable = _readable(cells, field) if bound >= LEAST_SCORE - _LEAD else 0.0
    score = readable * bound if readable >= _LEAST_READABLE else 0.0
    if likeness > 0:
        note = Text(f"表头近似“{label}”；{note.zh}", f"the heading is like '{label}'; {note.en}")
    return score, note


def _readable(cells: Cells, field: FieldSpec) -> float:
    """Return the share of cells that are values of the field after cleaning, inside its range."""
    parsed = parse(read_cells(cells.cells, field), field)
    good = ~parsed.bad.to_numpy(dtype=bool)
    if field.type in ("integer", "number"):
        numbers = parsed.column.to_numpy(dtype=float, na_value=np.nan)
        low = -np.inf if field.minimum is None else field.minimum
        high = np.inf if field.maximum is None else field.maximum
        good &= ~((numbers < low) | (numbers > high))
    return float(good.mean())


def _likeness(heading: str, field: FieldSpec) -> tuple[float, str]:
    """Return how alike a heading is to the nearest label of a field, 0 to 1, and the label."""
    from rapidfuzz import fuzz

    plain = normalise(heading)
    best, nearest = 0.0, ""
    for label in (field.title.zh, field.title.en, field.name, *field.aliases):
        word = normalise(label)
        if _contradict(plain, word):
            continue
        alike = fuzz.ratio(plain, word) / 100
        if alike > best:
            best, nearest = alike, label
    return (best, nearest) if best >= _LEAST_LIKE else (0.0, "")


def _contradict(heading: str, label: str) -> bool:
    """Tell whether two headings cannot mean the same although they are spelled alike."""
    if any((word in heading) != (word in label) for word in _DERIVED):
        return True
    return any(
        (a in heading and b in label and b not in heading and a not in label)
        for pair in _OPPOSED
        for a, b in (pair, pair[::-1])
    )
