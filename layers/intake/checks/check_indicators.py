"""Checks of what is recorded for the classified evaluation, against the scorecards.

Which rows an evaluation leaves aside is asked of the evaluation itself, so that a file
is warned of exactly what will not be used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.errors import Text
from layers.errors import UsageError
from layers.intake.checks.checking import Hit
from layers.intake.checks.checking import numbers
from layers.intake.checks.checking import texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from geo.scorecards import Criterion
    from geo.scorecards import Scorecard
    from layers.intake.checks.checking import Scene

HUNDRED_PERCENT = 100.0 + 1e-6
"""What a spreadsheet makes of 100 % may end in a stray digit [J]."""

_PERCENT = "%"
_STATED = ("", "reported")  # states of a value that somebody vouches for
_CELL = ["subject_id", "indicator"]
_VACANCY_TITLE = Text("空置率", "Vacancy")
_WITHIN_HUNDRED = Text("不在 0–100 之间", "is not within 0–100")
_BELOW_ZERO = Text("小于 0", "is below 0")
_IN_FILE = Text("本文件的记录", "record")
_IN_LAYER = Text("图层中原有的记录", "record of the layer")


def unknown_indicator(scene: Scene) -> Iterator[Hit]:
    """Find rows whose indicator is not on their card."""
    for card, period in _judged(scene):
        known = [(c.key, Text(c.title_zh, c.title_en)) for c in card.criteria]
        details = {
            "known_zh": "、".join(f"{key}（{title.zh}）" for key, title in known),
            "known_en": ", ".join(f"{key} ({title.en})" for key, title in known),
            **_card(card),
        }
        found = _unused(scene, card, period, _anybody(scene), "unknown_indicator")
        for key, name in zip(found["record_id"], found["indicator"], strict=True):
            yield Hit(key, "indicator", name, details)


def unknown_subject(scene: Scene) -> Iterator[Hit]:
    """Find rows about somebody whom their card is not about.

    A card of which a layer is not there, or empty, is not compared with.
    """
    from layers.evaluation.subjects import subjects_of

    for card, period in _judged(scene):
        layers = list(dict.fromkeys(layer for layer, _, _ in card.subjects))
        if any(scene.layer(key).empty for key in layers):
            continue
        try:
            subjects = subjects_of(scene.tables, scene.catalogue, card, period)["subject_id"]
        except UsageError:  # a fault of the card, which is told where the card is used
            continue
        titles = [scene.catalogue.layer(key).title for key in layers]
        details = {
            "layers_zh": "、".join(title.zh for title in titles),
            "layers_en": ", ".join(title.en for title in titles),
            **_card(card),
        }
        found = _unused(scene, card, period, subjects.tolist(), "unknown_subject")
        for key, name in zip(found["record_id"], found["subject_id"], strict=True):
            yield Hit(key, "subject_id", name, details)


def repeated_indicator(scene: Scene) -> Iterator[Hit]:
    """Find second rows for one card, subject, period and indicator; each is told once."""
    for card, period in _judged(scene):
        twice = _unused(scene, card, period, _anybody(scene), "repeated", mine=False)
        for (subject, name), rows in twice.groupby(_CELL, sort=False):
            # The rows that are there come first, so that a row of the file is the one reported.
            order = sorted(rows["record_id"], key=lambda key: key in scene.rows)
            where = _IN_FILE if order[0] in scene.rows else _IN_LAYER
            details = {
                "subject": subject,
                "period": period,
                "other": order[0],
                "where_zh": where.zh,
                "where_en": where.en,
            }
            for key in order[1:]:
                if key in scene.rows:
                    yield Hit(key, "indicator", str(name), details)


def indicator_range(scene: Scene) -> Iterator[Hit]:
    """Find shares outside 0–100 % and counts below 0; what is said to be doubtful is left alone.

    An indicator whose anchors reach below 0, such as a growth, may have any value.
    """
    values = numbers(scene.after, "value")
    odd = scene.mine & np.isfinite(values) & ((values < 0) | (values > HUNDRED_PERCENT))
    odd &= np.isin(texts(scene.after, "value_state").astype(str), _STATED)
    names, cards = texts(scene.after, "indicator"), texts(scene.after, "card")
    known = {key: _bounded(card) for key, card in _cards(scene).items()}
    for i in np.flatnonzero(odd):
        title, unit = known.get(cards[i], {}).get(names[i], (None, ""))
        if title is None or not (values[i] < 0 or unit == _PERCENT):
            continue
        fault = _WITHIN_HUNDRED if unit == _PERCENT else _BELOW_ZERO
        details = {"title_zh": title.zh, "title_en": title.en, "unit": unit}
        details |= {"fault_zh": fault.zh, "fault_en": fault.en}
        yield Hit(scene.ids[i], "value", f"{values[i]:,.6g}", details)


def _bounded(card: Scorecard) -> dict[str, tuple[Text, str]]:
    """Return title and unit of the indicators of a card that cannot have any value."""
    found = {c.key: (Text(c.title_zh, c.title_en), c.unit) for c in card.criteria if not _signed(c)}
    return {**_beside(card), **found}


def _beside(card: Scorecard) -> dict[str, tuple[Text, str]]:
    """Return the share that is recorded for the sake of its change, and is no criterion."""
    from layers.evaluation.records import CHANGE
    from layers.evaluation.records import VACANCY

    changes = any(criterion.measure == CHANGE for criterion in card.criteria)
    return {VACANCY: (_VACANCY_TITLE, _PERCENT)} if changes else {}


def _signed(criterion: Criterion) -> bool:
    return criterion.points[0][0] < 0


def _cards(scene: Scene) -> Mapping[str, Scorecard]:
    """Return the cards of the edition; none if its file is missing or wrong."""
    from layers.scorecards import load_scorecards

    try:
        return load_scorecards(scene.catalogue.folder).cards
    except UsageError:  # told by the evaluation, which cannot do without; an import can
        return {}


def _judged(scene: Scene) -> Iterator[tuple[Scorecard, int]]:
    """Return the cards and periods that rows of the file are about."""
    cards = _cards(scene)
    pairs = scene.after.loc[scene.mine, ["card", "period"]].drop_duplicates()
    for key, period in sorted(zip(pairs["card"], pairs["period"], strict=True)):
        if key in cards:
            yield cards[key], int(period)


def _anybody(scene: Scene) -> list[str]:
    return list(dict.fromkeys(texts(scene.after, "subject_id").tolist()))


def _unused(
    scene: Scene,
    card: Scorecard,
    period: int,
    subjects: Sequence[str],
    why: str,
    *,
    mine: bool = True,
) -> pd.DataFrame:
    """Return the rows that an evaluation leaves aside for one reason, those of the file alone."""
    from layers.evaluation.records import INDICATORS
    from layers.evaluation.records import records_of

    unused = records_of({INDICATORS: scene.after}, card, period, subjects).unused
    wanted = unused["why"].eq(why)
    if mine:
        wanted &= unused["record_id"].isin(list(scene.rows))
    return pd.DataFrame(unused[wanted])


def _card(card: Scorecard) -> dict[str, str]:
    return {"card_zh": card.title_zh, "card_en": card.title_en}
