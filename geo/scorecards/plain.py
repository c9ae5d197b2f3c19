"""Plain data, as a file holds it, read into the parts of a scorecard."""

from __future__ import annotations

from dataclasses import MISSING
from dataclasses import fields
from typing import TYPE_CHECKING
from typing import Any
from typing import NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

_NUMBERS = frozenset({"weight", "least", "evidence_share", "new_months"})
_PAIR, _TRIPLE = 2, 3


def read_card(data: Mapping[str, Any], card: type[Any], **parts: type[Any]) -> dict[str, Any]:
    """Return the arguments of a card from plain data.

    Parameters
    ----------
    data
        Names and values as in a file: text, numbers, lists and tables.
    card
        The class whose fields may be named.
    **parts
        Fields that are lists of tables, with the class of a table.

    Raises
    ------
    ValueError
        Naming a field that is missing, unknown or of a wrong kind.
    """
    read = _fields(data, card, "card", skip={*parts, "subjects"})
    for name, kind in parts.items():
        rows = _rows(data.get(name), name)
        read[name] = tuple(
            _part(row, kind, f"{name}[{number}]") for number, row in enumerate(rows, start=1)
        )
    read["subjects"] = tuple(
        _texts(row, f"subjects[{number}]")
        for number, row in enumerate(_rows(data.get("subjects"), "subjects"), start=1)
    )
    return read


def _part(row: object, kind: type[Any], where: str) -> Any:  # noqa: ANN401 - one of three classes
    if not isinstance(row, dict):
        _refuse(where, "must be a table")
    label = f"{where} {row['key']!r}" if isinstance(row.get("key"), str) else where
    read = _fields(row, kind, label, skip={"points"})
    if "points" in row:
        read["points"] = tuple(_anchor(pair, label) for pair in _rows(row["points"], label))
    return kind(**read)


def _fields(
    data: Mapping[str, Any], kind: type[Any], where: str, *, skip: set[str]
) -> dict[str, Any]:
    known = {field.name: field for field in fields(kind)}
    unknown = sorted(set(data) - set(known))
    if unknown:
        _refuse(where, f"does not know `{'`, `'.join(unknown)}`")
    missing = [f.name for f in known.values() if f.default is MISSING and f.name not in data]
    if missing:
        _refuse(where, f"needs `{'`, `'.join(missing)}`")
    return {name: _value(name, data[name], where) for name in known if name in data.keys() - skip}


def _value(name: str, value: object, where: str) -> str | float:
    if name in _NUMBERS:
        return _number(value, f"{where}: `{name}`")
    if not isinstance(value, str):
        _refuse(f"{where}: `{name}`", f"must be text, not {value!r}")
    return value


def _anchor(pair: object, where: str) -> tuple[float, float]:
    if not isinstance(pair, list | tuple) or len(pair) != _PAIR:
        _refuse(f"{where}: `points`", f"must be pairs of numbers, not {pair!r}")
    raw, value = pair
    return _number(raw, f"{where}: `points`"), _number(value, f"{where}: `points`")


def _texts(row: object, where: str) -> tuple[str, str, str]:
    if (
        not isinstance(row, list | tuple)
        or len(row) != _TRIPLE
        or not all(isinstance(part, str) for part in row)
    ):
        _refuse(where, f"must be a layer, a field and a value, not {row!r}")
    layer, field, value = row
    return layer, field, value


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse(where, f"must be a number, not {value!r}")
    return float(value)


def _rows(value: object, where: str) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        _refuse(where, "must be a list")
    return value


def _refuse(where: str, fault: str) -> NoReturn:
    msg = f"{where} {fault}."
    raise ValueError(msg)
