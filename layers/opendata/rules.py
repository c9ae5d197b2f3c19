"""From tags to fields: the tables ``osm.toml`` and ``overture.toml``, read and applied."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import get_args

from layers.errors import Text
from layers.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

Dataset = Literal["osm", "overture"]
Shape = Literal["point", "line", "area"]
Tags = dict[str, str]

ANY = "*"
"""Stands for every value of a tag but ``no``."""

_FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a table.

    Attributes
    ----------
    tags
        Every one of these keys must have one of its values.
    unless
        None of these keys may have one of its values.
    fields
        What the fields of an object become that fits.
    """

    tags: Mapping[str, tuple[str, ...]]
    unless: Mapping[str, tuple[str, ...]]
    fields: Mapping[str, str]

    def fits(self, tags: Mapping[str, str]) -> bool:
        """Tell whether an object with these tags falls under the rule."""
        return all(_has(tags, key, values) for key, values in self.tags.items()) and not any(
            _has(tags, key, values) for key, values in self.unless.items()
        )


def _has(tags: Mapping[str, str], key: str, values: tuple[str, ...]) -> bool:
    value = tags.get(key)
    if value is None:
        return False
    return value in values or (ANY in values and value != "no")


@dataclass(frozen=True, slots=True)
class LayerRules:
    """How the objects of one layer are chosen and filled.

    Attributes
    ----------
    key
        The layer of the catalogue.
    version
        Version of the table.
    shapes
        Which kinds of objects can be in the layer.
    take, values
        The rules, see the tables.
    texts, numbers
        By field: the keys that are asked, the first that is there counts.
    patterns
        By field: what a text must look like.
    constants
        Fields with one value.
    date
        The field that takes the day of the object's version; empty for none.
    unnamed
        ``label``: what has no name is called by its kind and id; otherwise it stays
        without.
    open_ways
        ``ignore``: lines with these tags are parts of areas and not areas gone wrong.
    theme, types
        Overture Maps only: where the objects lie.
    """

    key: str
    version: str
    shapes: tuple[Shape, ...]
    take: tuple[Rule, ...]
    values: tuple[Rule, ...]
    texts: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, tuple[str, ...]]
    patterns: Mapping[str, re.Pattern[str]]
    constants: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
    unnamed: str = ""
    open_ways: str = ""
    theme: str = ""
    types: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that decide which objects are taken, once each."""
        return tuple(dict.fromkeys(key for rule in self.take for key in rule.tags))

    def taken(self, tags: Mapping[str, str]) -> Rule | None:
        """Return the rule by which an object belongs to the layer, None if it does not."""
        return next((rule for rule in self.take if rule.fits(tags)), None)

    def fields_of(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Return what the rules say of the fields of an object that is taken."""
        rule = self.taken(tags)
        found: dict[str, str] = dict(rule.fields) if rule is not None else {}
        for other in self.values:
            if not other.fields.keys() <= found.keys() and other.fits(tags):
                found = {**other.fields, **found}
        return {**self.constants, **found}


def layer_rules(dataset: Dataset, key: str) -> LayerRules:
    """Return the rules by which a dataset becomes a layer.

    Raises
    ------
    UsageError
        If the dataset is not made into that layer; the known ones are named.
    """
    known = _tables(dataset)
    if key not in known:
        listed = ", ".join(known)
        raise UsageError(
            Text(
                f"不能由此数据得到图层 {key}；可选：{listed}",
                f"this data is not made into the layer {key}; choose one of {listed}",
            )
        )
    return known[key]


def layers_of(dataset: Dataset) -> tuple[str, ...]:
    """Return the layers that a dataset can become."""
    return tuple(_tables(dataset))


@cache
def _tables(dataset: Dataset) -> dict[str, LayerRules]:
    raw = tomllib.loads((_FOLDER / f"{dataset}.toml").read_text(encoding="utf-8"))
    return {key: _layer(key, entry, raw) for key, entry in raw["layers"].items()}


def _layer(key: str, entry: Mapping[str, Any], raw: Mapping[str, Any]) -> LayerRules:
    shapes = tuple(entry["shapes"])
    if not set(shapes) <= set(get_args(Shape)):
        msg = f"{key}: unknown shape in {shapes}"
        raise ValueError(msg)
    return LayerRules(
        key=key,
        version=raw["version"],
        shapes=shapes,
        take=_rules(entry["take"]),
        values=_rules(entry.get("values", ())),
        texts=_lists({**raw["texts"], **entry.get("texts", {})}),
        numbers=_lists(entry.get("numbers", {})),
        patterns={name: re.compile(text) for name, text in entry.get("patterns", {}).items()},
        constants=dict(entry.get("constants", {})),
        date=entry.get("date", ""),
        unnamed=entry.get("unnamed", ""),
        open_ways=entry.get("open_ways", ""),
        theme=entry.get("theme", ""),
        types=tuple(entry.get("types", ())),
    )


def _rules(entries: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    return tuple(
        Rule(_lists(entry["tags"]), _lists(entry.get("unless", {})), dict(entry.get("set", {})))
        for entry in entries
    )


def _lists(entries: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(values) for key, values in entries.items()}
