"""A scenario as plain data for a file, and back, believing nothing of the file."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING
from typing import Any

from geo.consolidation.overrides import Override
from geo.consolidation.parameters import ConsolidationParameters
from layers.scenarios.records import SavedStep
from layers.scenarios.records import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

# Whole numbers up to here survive as floating point numbers.
_MOST = 2**53

_TEXTS = ("name", "author", "created", "saved", "note", "rule_version")


def as_content(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as plain data, without its revision, which is not its own."""
    return {
        **{name: getattr(scenario, name) for name in _TEXTS},
        "parks": list(scenario.parks),
        "parameters": scenario.parameters.as_dict(),
        "overrides": [override.as_dict() for override in scenario.overrides],
        "versions": dict(scenario.versions),
        "steps": [_step_content(step) for step in scenario.steps],
        "chosen": scenario.chosen,
    }


def from_content(content: dict[str, Any], revision: int) -> Scenario:
    """Make a scenario from what :func:`as_content` gave.

    Raises
    ------
    ValueError
        If a part is missing, has another type, or means nothing; it is named.
    """
    return Scenario(
        **{name: _text(_part(content, name), name) for name in _TEXTS},
        revision=revision,
        parks=tuple(_text(park, "parks") for park in _list(_part(content, "parks"), "parks")),
        parameters=_parameters(_part(content, "parameters")),
        overrides=tuple(
            Override.from_dict(_dict(values, "overrides"))
            for values in _list(_part(content, "overrides"), "overrides")
        ),
        versions={
            layer: _int(version, "versions")
            for layer, version in _dict(_part(content, "versions"), "versions").items()
        },
        steps=tuple(_step(values) for values in _list(_part(content, "steps"), "steps")),
        chosen=_optional(_int)(_part(content, "chosen"), "chosen"),
    )


def _step_content(step: SavedStep) -> dict[str, Any]:
    values = {f.name: getattr(step, f.name) for f in fields(step)}
    return values | {"moved": dict(step.moved)}


def _part(content: dict[str, Any], name: str) -> Any:  # noqa: ANN401 -- whatever the file holds
    if name not in content:
        raise _wrong(name)
    return content[name]


def _wrong(name: str) -> ValueError:
    return ValueError(f"`{name}` is missing or has another type.")


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise _wrong(name)
    return value


def _int(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _MOST:
        raise _wrong(name)
    return value


def _float(value: object, name: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _wrong(name)
    try:
        return float(value)
    except OverflowError:
        raise _wrong(name) from None


def _bool(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name)
    return value


def _day(value: object, name: str) -> date:
    try:
        return date.fromisoformat(_text(value, name))
    except ValueError:
        raise _wrong(name) from None


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(name)
    return value


def _dict(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(name)
    return value


def _optional(read: Callable[[object, str], Any]) -> Callable[[object, str], Any]:
    return lambda value, name: None if value is None else read(value, name)


# How a field is read, by the type that its record declares.
_READERS: dict[str, Callable[[object, str], Any]] = {
    "str": _text,
    "int": _int,
    "int | None": _optional(_int),
    "float": _float,
    "float | None": _optional(_float),
    "bool": _bool,
    "date": _day,
}


def _read(kind: type[Any], values: dict[str, Any], skip: str = "") -> dict[str, Any]:
    """Return the fields of a record; all must be there, and no others."""
    declared = {f.name: str(f.type) for f in fields(kind) if f.name != skip}
    for name in values.keys() - declared.keys() - {skip}:
        raise _wrong(name)
    return {name: _READERS[type_](_part(values, name), name) for name, type_ in declared.items()}


def _parameters(values: object) -> ConsolidationParameters:
    return ConsolidationParameters(**_read(ConsolidationParameters, _dict(values, "parameters")))


def _step(values: object) -> SavedStep:
    step = _dict(values, "steps")
    moved = _dict(_part(step, "moved"), "moved")
    return SavedStep(
        **_read(SavedStep, step, skip="moved"),
        moved={unit: _text(host, "moved") for unit, host in moved.items()},
    )
