"""Scorecards as data: read, checked and written, and the words they are mapped to.

``data/scorecards.toml`` is the only place where criteria, weights and anchors
stand; what a card means is in :mod:`geo.scorecards`.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import Any

import tomli_w

from geo.scorecards import Scorecard
from layers.aside import made_aside
from layers.edition_files import EDITION_DIR
from layers.edition_files import edition_file
from layers.errors import Text
from layers.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCORECARDS_FILE = "scorecards.toml"
CARRIER_CARD = "carrier"
"""Key of the card that underused space is ranked by."""

_MOST_BYTES = 1_000_000
_KEPT = 64  # files in memory: a city has one a district
_OWN_WEIGHTS = "+weights"  # ends the version of a card whose weights somebody moved


class ScorecardError(UsageError):
    """A file of scorecards cannot be read or contradicts itself."""


@dataclass(frozen=True, slots=True)
class Disposal:
    """One of the four classes of the evaluation of industrial land.

    Attributes
    ----------
    key
        ``A`` to ``D``.
    title, words
        Its name, and what is done with land of this class.
    grades, states
        The grades and the states of building space that are read as this class.
    """

    key: str
    title: Text
    words: Text
    grades: tuple[str, ...]
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scorecards:
    """All scorecards of a file.

    Attributes
    ----------
    version
        Version of the file.
    cards
        The cards by key.
    disposals
        The official vocabulary that results are read next to.
    """

    version: str
    cards: Mapping[str, Scorecard]
    disposals: tuple[Disposal, ...]

    @property
    def evaluated(self) -> tuple[str, ...]:
        """Keys of the cards that grade: all but the ranking of underused space."""
        return tuple(key for key in self.cards if key != CARRIER_CARD)

    def of_grade(self, grade: str) -> Disposal | None:
        """Return the class that a grade is read as; None if it is undecided."""
        return next((d for d in self.disposals if grade in d.grades), None)

    def of_state(self, state: str) -> Disposal | None:
        """Return the class that a state of building space is read as; None if undecided."""
        return next((d for d in self.disposals if state in d.states), None)


def load_scorecards(folder: Path | None = None) -> Scorecards:
    """Return the scorecards of an edition folder, the bundled ones by default or if it has none.

    Raises
    ------
    ScorecardError
        If the file is missing, is not TOML, or contradicts itself.
    """
    path = edition_file((folder or EDITION_DIR).resolve(), SCORECARDS_FILE)
    return _cached(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=_KEPT)
def _cached(
    path: Path,
    changed: int,  # noqa: ARG001 - part of the key of the cache
) -> Scorecards:
    return read_scorecards(path)


def read_scorecards(path: Path, name: str | None = None) -> Scorecards:
    """Read a file of scorecards, also one that a user made.

    Parameters
    ----------
    path
        A TOML file as ``data/scorecards.toml``; cards that it lacks are not there.
    name
        What the user calls the file, for messages; the name in `path` by default.

    Raises
    ------
    ScorecardError
        Naming the file, the card and what is wrong.
    """
    called = path.name if name is None else name
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise _wrong(called, f"{size:,} bytes are more than {_MOST_BYTES:,}")
        return _parse(tomllib.loads(path.read_text(encoding="utf-8")), called)
    except FileNotFoundError as error:
        raise ScorecardError(
            Text(
                f"找不到评价表文件 {name or path}",
                f"the file of scorecards {name or path} is missing",
            )
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise _wrong(called, str(error)) from error


def write_scorecards(scorecards: Scorecards, path: Path) -> Path:
    """Write scorecards, so that they can be changed, approved and read again.

    Parameters
    ----------
    scorecards
        What to write.
    path
        A ``.toml`` file.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    grades: Any = next((card.as_dict()["grades"] for card in scorecards.cards.values()), [])
    document = {
        "version": scorecards.version,
        "cards": [_own(card, grades) for card in scorecards.cards.values()],
        "grades": grades,
        "disposal": [_disposal_dict(disposal) for disposal in scorecards.disposals],
    }
    with made_aside(path, SCORECARDS_FILE) as made:
        made.write_text(tomli_w.dumps(document), encoding="utf-8", newline="\n")
    return path


def weighted(card: Scorecard, weights: Mapping[str, float]) -> Scorecard:
    """Return a card with other weights; nobody has approved those.

    Parameters
    ----------
    card
        The card.
    weights
        By criterion; empty leaves the card as it is.

    Raises
    ------
    UsageError
        If a criterion is unknown, a weight is below 0 or no number, or all are 0.
    """
    if not weights:
        return card
    _check_weights(card, weights)
    return replace(card.with_weights(weights, _OWN_WEIGHTS), approved_by="")


def _check_weights(card: Scorecard, weights: Mapping[str, float]) -> None:
    there = ", ".join(card.keys)
    for name, weight in weights.items():
        if name not in card.keys:
            raise UsageError(
                Text(
                    f"“{card.title_zh}”没有指标“{name}”；可用的指标：{there}",
                    f"the card '{card.key}' has no criterion '{name}'; its criteria are {there}",
                )
            )
        if not 0 <= weight < math.inf:
            raise UsageError(
                Text(
                    f"指标“{name}”的权重不能是 {weight:g}；须为不小于 0 的数",
                    f"the weight of '{name}' cannot be {weight:g}; it must be a number, at least 0",
                )
            )
    if not any(weights.get(criterion.key, criterion.weight) for criterion in card.criteria):
        raise UsageError(
            Text(
                f"权重全部为 0，无法评分；至少一项须大于 0。可用的指标：{there}",
                f"all weights are 0, so nothing can be scored; one of the criteria must weigh "
                f"more: {there}",
            )
        )


def _own(card: Scorecard, shared: object) -> dict[str, Any]:
    """Return a card as it stands in a file: grades that all cards share stand once."""
    plain = card.as_dict()
    return {k: v for k, v in plain.items() if not (k == "grades" and v == shared)}


def _disposal_dict(disposal: Disposal) -> dict[str, Any]:
    return {
        "key": disposal.key,
        "title_zh": disposal.title.zh,
        "title_en": disposal.title.en,
        "words_zh": disposal.words.zh,
        "words_en": disposal.words.en,
        "grades": list(disposal.grades),
        "states": list(disposal.states),
    }


def _parse(raw: dict[str, Any], called: str) -> Scorecards:
    try:
        shared = raw.get("grades", [])
        cards = [_card(entry, shared, called) for entry in raw["cards"]]
        disposals = tuple(_disposal(entry) for entry in raw.get("disposal", []))
        version = str(raw["version"])
    except KeyError as error:
        raise _wrong(called, f"{error} is missing") from error
    except (TypeError, AttributeError) as error:
        raise _wrong(called, f"it is not built as a file of scorecards is ({error})") from error
    found = {card.key: card for card in cards}
    if len(found) < len(cards):
        raise _wrong(called, "a card is there twice")
    return Scorecards(version, found, disposals)


def _card(entry: dict[str, Any], grades: object, called: str) -> Scorecard:
    key = entry.get("key", "?")
    try:
        return Scorecard.from_dict({"grades": grades, **entry})
    except KeyError as error:
        raise _wrong(called, f"card '{key}': {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise _wrong(called, f"card '{key}': {error}") from error


def _disposal(entry: dict[str, Any]) -> Disposal:
    return Disposal(
        str(entry["key"]),
        Text(entry["title_zh"], entry["title_en"]),
        Text(entry["words_zh"], entry["words_en"]),
        tuple(entry["grades"]),
        tuple(entry["states"]),
    )


def _wrong(called: str, what: str) -> ScorecardError:
    return ScorecardError(
        Text(
            f"评价表文件 {called} 有误：{what}；请改正后再读入",
            f"the file of scorecards {called} is wrong: {what}; correct it and read it again",
        )
    )
