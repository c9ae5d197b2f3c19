"""The numeric targets: those of the plan from ``plan.toml``, and those that people suggest.

A plan names the number and the year. It names neither base nor scope nor owner: those are
asked of people and recorded in the layer ``target_terms``. A target that is recorded there
and is not in the plan is a suggestion 建议目标, and called so wherever it is shown.
"""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import Any

from layers.edition_files import EDITION_DIR
from layers.edition_files import own_file
from layers.errors import CatalogueError
from layers.errors import Text
from layers.i18n import unknown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

PLAN_FILE = "plan.toml"
TERMS = "target_terms"
"""Layer of what people gave: scope, base and owner."""
VALUES = "target_values"
"""Layer of what was reported."""

SUGGESTION_NEEDS = ("title", "kind", "target_value", "target_date")
"""Fields of :data:`TERMS` without which a target that the plan does not name is none."""

TOTAL, RATIO = "total", "ratio"
AT_LEAST, AT_MOST = "at_least", "at_most"
_PERCENT = "%"
_KEPT = 64
_NO_TEXT = Text("", "")
_POINTS = Text("个百分点", "percentage points")


@dataclass(frozen=True, slots=True)
class Target:
    """A number that is to be reached at a day.

    Attributes
    ----------
    target_id
        Its key.
    title
        What it is called.
    kind
        ``total``, or ``ratio``: Σ numerator / Σ denominator of one set of entities.
    unit
        Of the number; ``%`` if a ratio is told in hundredths.
    number
        What is to be reached, in `unit`.
    end
        By the end of which day.
    direction
        ``at_least`` or ``at_most``.
    in_plan
        Whether the plan names it; otherwise it is a suggestion.
    parts
        What the whole is made of, for instance industries; empty if that is not said.
    numerator, denominator
        What a ratio is made of.
    definition
        The definition that is recommended [J]; it is offered, never taken by itself.
    source
        Key of its source in ``sources.csv``; empty for a suggestion.
    """

    target_id: str
    title: Text
    kind: str
    unit: Text
    number: float
    end: dt.date
    direction: str = AT_LEAST
    in_plan: bool = True
    parts: tuple[str, ...] = ()
    numerator: Text = _NO_TEXT
    denominator: Text = _NO_TEXT
    definition: Text = _NO_TEXT
    source: str = ""

    @property
    def scale(self) -> float:
        """By what a ratio as a share of 1 is multiplied to be in :attr:`unit`."""
        return 100.0 if self.kind == RATIO and self.unit.zh == _PERCENT else 1.0

    @property
    def gap_unit(self) -> Text:
        """The unit of the difference of two values: of shares in % percentage points."""
        return _POINTS if self.unit.zh == _PERCENT else self.unit

    def reached(self, value: float) -> bool:
        """Tell whether a value is at the target or beyond it."""
        return value >= self.number if self.direction == AT_LEAST else value <= self.number


def plan_targets(folder: Path) -> tuple[Target, ...]:
    """Return the targets of the plan of an edition; none if it has no plan of its own.

    Parameters
    ----------
    folder
        The edition folder.

    Raises
    ------
    CatalogueError
        If its ``plan.toml`` is not to be believed, or a target in it contradicts itself.
    """
    path = own_file(folder.resolve(), PLAN_FILE)
    return () if path is None else _cached(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=_KEPT)
def _cached(
    path: Path,
    changed: int,  # noqa: ARG001 - part of the key of the cache
) -> tuple[Target, ...]:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise _wrong(path, str(error)) from error
    try:
        found = tuple(_target(entry) for entry in raw.get("targets", []))
    except KeyError as error:
        raise _wrong(path, f"[[targets]]: {error} is missing") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise _wrong(path, f"[[targets]]: {error}") from error
    if len({target.target_id for target in found}) < len(found):
        raise _wrong(path, "[[targets]]: a `target_id` is there twice")
    return found


def _target(raw: Mapping[str, Any]) -> Target:
    found = Target(
        target_id=str(raw["target_id"]),
        title=_text(raw, "title"),
        kind=str(raw["kind"]),
        unit=Text(str(raw["unit"]), str(raw.get("unit_en", raw["unit"]))),
        number=float(raw["target"]),
        end=raw["end"],
        direction=str(raw.get("direction", AT_LEAST)),
        parts=tuple(map(str, raw.get("parts", ()))),
        numerator=_text(raw, "numerator"),
        denominator=_text(raw, "denominator"),
        definition=_text(raw, "definition"),
        source=str(raw["source"]),
    )
    if found.kind not in {TOTAL, RATIO} or found.direction not in {AT_LEAST, AT_MOST}:
        msg = f"'{found.kind}' or '{found.direction}' is unknown"
        raise ValueError(msg)
    if not math.isfinite(found.number) or type(found.end) is not dt.date:
        msg = f"`target` of {found.target_id} is no number, or `end` is no day"
        raise ValueError(msg)
    return found


def _text(raw: Mapping[str, Any], stem: str) -> Text:
    if stem == "title":
        return Text(str(raw["title_zh"]), str(raw["title_en"]))
    return Text(str(raw.get(f"{stem}_zh", "")), str(raw.get(f"{stem}_en", "")))


def _wrong(path: Path, what: str) -> CatalogueError:
    return CatalogueError(
        Text(f"行动方案文件 {path.name} 有误：{what}", f"error in the plan {path.name}: {what}")
    )


def targets_of(tables: Mapping[str, pd.DataFrame], folder: Path = EDITION_DIR) -> list[Target]:
    """Return the targets of the plan, then those that people suggest and described whole.

    Parameters
    ----------
    tables
        Layers by key.
    folder
        The edition folder.

    Raises
    ------
    CatalogueError
        See :func:`plan_targets`.
    """
    planned = list(plan_targets(folder))
    terms = tables.get(TERMS)
    if terms is None:
        return planned
    known = {target.target_id for target in planned}
    rows = terms[~terms["target_id"].isin(known)].to_dict("records")
    return planned + [found for row in rows if (found := suggestion(row)) is not None]


def suggestion(row: Mapping[Any, Any]) -> Target | None:
    """Return the target that a row of ``target_terms`` suggests; None if it is not whole.

    Parameters
    ----------
    row
        Cells by field.
    """
    if any(unknown(row.get(name)) for name in SUGGESTION_NEEDS):
        return None
    unit = "" if unknown(row.get("unit")) else str(row["unit"]).strip()
    direction = AT_LEAST if unknown(row.get("direction")) else str(row["direction"])
    return Target(
        target_id=str(row["target_id"]),
        title=Text(str(row["title"]), str(row["title"])),
        kind=str(row["kind"]),
        unit=Text(unit, unit),
        number=float(row["target_value"]),
        end=row["target_date"].date(),
        direction=direction,
        in_plan=False,
    )
