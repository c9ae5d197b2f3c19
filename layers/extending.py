"""An edition that says only what is its own: the rest is taken from the bundled catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

BUNDLED = "bundled"
"""What ``extends`` must say; there is no other edition that every computer has."""

_OWN = ("version", "edition", "title_zh", "title_en", "central_meridian", "place")
_MAY = frozenset({"extends", "groups", "choices", "layers", *_OWN})

Table = dict[str, Any]


def extended(base: Mapping[str, Any], own: Mapping[str, Any]) -> Table:
    """Return the catalogue that `own` describes by its differences from `base`.

    Version, edition, titles, central meridian and place are the edition's own. A list of
    choices replaces the list of its name. Groups, layers and fields are matched by key and
    name: what is said of a known one replaces what was said, an unknown one is added behind
    the others. A layer has a file only if the edition names one.

    Parameters
    ----------
    base, own
        Tables as read from ``catalogue.toml``.

    Raises
    ------
    ValueError
        Naming the key that is missing, unknown, or there twice.
    """
    unknown = sorted(set(own) - _MAY)
    if unknown:
        raise _bad(unknown[0], f"is no key of a catalogue; there are {', '.join(sorted(_MAY))}")
    missing = [key for key in _OWN if key not in own]
    if missing:
        raise _bad(missing[0], "is missing; an edition must say its own")
    without_files = [{**entry, "file": ""} for entry in base["layers"]]
    return {
        **{key: own[key] for key in _OWN},
        "groups": _by_key("groups", base["groups"], own.get("groups", []), "key"),
        "choices": {**base.get("choices", {}), **own.get("choices", {})},
        "layers": _by_key("layers", without_files, own.get("layers", []), "key"),
    }


def _by_key(
    where: str,
    base: Sequence[Mapping[str, Any]],
    own: object,
    key: str,
) -> list[Table]:
    """Return the entries of `base` with what `own` says of them, then the new ones."""
    if not isinstance(own, list) or not all(isinstance(entry, dict) for entry in own):
        raise _bad(where, "is no list of tables")
    found: dict[str, Table] = {str(entry[key]): dict(entry) for entry in base}
    seen: set[str] = set()
    for number, entry in enumerate(own, start=1):
        name = entry.get(key)
        if not isinstance(name, str):
            raise _bad(where, f"lacks `{key}` in entry {number}")
        if name in seen:
            raise _bad(where, f"has '{name}' twice")
        seen.add(name)
        found[name] = _over(f"{where} {name}", found.get(name, {}), entry)
    return list(found.values())


def _over(where: str, base: Mapping[str, Any], own: Mapping[str, Any]) -> Table:
    """Return one entry with what is said of it anew; its fields are matched by name."""
    merged = {**base, **own}
    if "fields" in base and "fields" in own:
        merged["fields"] = _by_key(f"{where}: fields", base["fields"], own["fields"], "name")
    return merged


def _bad(key: str, what: str) -> ValueError:
    return ValueError(f"`{key}` {what}")
