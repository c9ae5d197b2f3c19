"""What people give of a target, written to its layers: terms, values and revisions.

Every change is one commit with its author, made from the version that whoever gives it has
seen; of two people the second gets a conflict. A value is never overwritten: a revision is
a row of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.entries import EntryError
from layers.entries import put_rows
from layers.errors import Text
from layers.targets.definitions import RATIO
from layers.targets.definitions import TERMS
from layers.targets.definitions import VALUES

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from layers.targets.definitions import Target
    from layers.workspace import Workspace

_MOST_REVISIONS = 1_000


class TargetError(EntryError):
    """What somebody gives of a target cannot be recorded."""


@dataclass(frozen=True, slots=True)
class Given:
    """A value that somebody gives.

    Attributes
    ----------
    period_end, basis
        Of which period, and on which basis.
    value
        Of a total, in the unit of the target; of a ratio only where the sums are not known.
    numerator, denominator
        Of a ratio.
    part
        Of which part; empty for the whole.
    entities, entity_set
        How many entities were counted, from which list.
    reported_on, source, note
        When, from where, and anything else.
    """

    period_end: dt.date
    basis: str
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    part: str = ""
    entities: int | None = None
    entity_set: str = ""
    reported_on: dt.date | None = None
    source: str = ""
    note: str = ""


def give_terms(
    workspace: Workspace,
    target_id: str,
    given: Mapping[str, Any],
    *,
    author: str,
    expected_version: int | None = None,
) -> int:
    """Record the terms of a target; return the new version of ``target_terms``.

    Parameters
    ----------
    workspace
        The workspace.
    target_id
        The target.
    given
        Values by field of the layer; fields that are not named stay as they are, None
        empties one.
    author
        Who.
    expected_version
        The version that whoever gives it has seen.

    Raises
    ------
    TargetError
        If a field is unknown or a value cannot be one.
    ConflictError
        If somebody else changed the terms meanwhile.
    """
    spec = workspace.catalogue.layer(TERMS)
    for name, value in given.items():
        if not spec.has_field(name) or name == spec.id_field:
            raise TargetError(
                Text(f"目标口径没有字段“{name}”", f"the terms of targets have no field '{name}'")
            )
        _check_number(spec.field(name).title, value)
    frame = pd.DataFrame(workspace.read(TERMS))
    old: list[dict[Any, Any]] = frame[frame["target_id"].eq(target_id)].to_dict("records")
    row = {**(old[0] if old else {}), "target_id": target_id, **given}
    return put_rows(
        workspace,
        TERMS,
        [row],
        author=author,
        message=f"terms of {target_id}",
        expected_version=expected_version,
    )


def add_value(
    workspace: Workspace,
    target: Target,
    given: Given,
    *,
    author: str,
    expected_version: int | None = None,
) -> int:
    """Record a value, or the next revision of one; return the version of ``target_values``.

    Parameters
    ----------
    workspace
        The workspace.
    target
        The target.
    given
        The value. If there is one of its period, basis and part already, it is the next
        revision, and the old one stays.
    author
        Who.
    expected_version
        The version that whoever gives it has seen.

    Raises
    ------
    TargetError
        If the numbers do not fit the target.
    ConflictError
        If somebody else gave a value meanwhile.
    """
    _check_value(target, given)
    frame = pd.DataFrame(workspace.read(VALUES))
    revision = _next_revision(frame, target, given)
    row = {
        "value_id": _new_id(frame, target, given, revision),
        "target_id": target.target_id,
        **{name: getattr(given, name) for name in Given.__slots__},
        "revision": revision,
    }
    return put_rows(
        workspace,
        VALUES,
        [row],
        author=author,
        message=f"{target.target_id} {given.period_end} r{revision}",
        expected_version=expected_version,
    )


def _check_value(target: Target, given: Given) -> None:
    numbers = (given.value, given.numerator, given.denominator)
    if any(number is not None and not math.isfinite(number) for number in numbers):
        raise TargetError(Text("数值须为有限的数", "a value must be a finite number"))
    ratio = given.numerator is not None or given.denominator is not None
    if ratio and target.kind != RATIO:
        raise TargetError(
            Text(
                f"“{target.title.zh}”是总量，请填数值，不填分子分母",
                f"'{target.title.en}' is a total: give a value, no numerator or denominator",
            )
        )
    if given.value is None and not ratio:
        raise TargetError(Text("请填写数值", "give a value"))
    if given.denominator is not None and given.denominator < 0:
        raise TargetError(Text("分母（营业收入等）不能为负数", "the denominator cannot be below 0"))
    if given.part and target.parts and given.part not in target.parts:
        raise TargetError(
            Text(
                f"没有“{given.part}”这一组成部分；可用：{'、'.join(target.parts)}",
                f"'{given.part}' is no part; the parts are {', '.join(target.parts)}",
            )
        )


def _check_number(title: Text, value: object) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise TargetError(Text(f"{title.zh}须为有限的数", f"{title.en} must be a finite number"))


def _next_revision(frame: pd.DataFrame, target: Target, given: Given) -> int:
    part = frame["part"].fillna("").eq(given.part)
    same = (
        frame["target_id"].eq(target.target_id)
        & frame["basis"].eq(given.basis)
        & frame["period_end"].eq(pd.Timestamp(given.period_end))
    )
    known = frame.loc[same, "revision"].fillna(0)
    if not (same & part).any():
        # A part that was missing so far completes the revision that is there.
        return int(known.max()) if len(known) else 0
    following = int(known.max()) + 1
    if following > _MOST_REVISIONS:
        raise TargetError(
            Text(
                f"这一期的修订次数已超过 {_MOST_REVISIONS:,} 次，请核对",
                f"this period was revised more than {_MOST_REVISIONS:,} times; check it",
            )
        )
    return following


def _new_id(frame: pd.DataFrame, target: Target, given: Given, revision: int) -> str:
    stem = f"{target.target_id}-{given.period_end:%Y%m%d}-{given.basis}"
    stem = f"{stem}-{given.part}" if given.part else stem
    wanted, number = f"{stem}-r{revision}", 1
    taken = set(frame["value_id"])
    while wanted in taken:
        number += 1
        wanted = f"{stem}-r{revision}-{number}"
    return wanted
