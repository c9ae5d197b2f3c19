"""What a planner settles on the command line, before the solver does the rest."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime
from typing import TYPE_CHECKING
from typing import NamedTuple

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from geo.consolidation.overrides import Override

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]


class Hand(NamedTuple):
    """What the options settle by hand, as they were typed."""

    lock: list[str]
    forbid: list[str]
    pin: list[str]
    anchor: list[str]
    author: str
    reason: str | None


def overrides_of(hand: Hand, tables: Tables) -> tuple[Override, ...]:
    """Return what the options settle; an id that nothing has is refused."""
    from layers.consolidation import check_overrides
    from layers.consolidation import known_ids

    if not (hand.lock or hand.forbid or hand.pin or hand.anchor):
        return ()
    known = known_ids(tables)
    settled = [
        *(_signed(hand, "lock", text, _locking(text, known)) for text in hand.lock),
        *(_signed(hand, "forbid", text, _forbidding(text, known)) for text in hand.forbid),
    ]
    for option, texts, left, right in (
        ("pin", hand.pin, "unit_id", "host_id"),
        ("anchor", hand.anchor, "park_id", "carrier_id"),
    ):
        for text in texts:
            one, other = _pair(option, text, known[left])
            settled.append(_signed(hand, option, text, {"kind": option, left: one, right: other}))
    check_overrides(settled, tables)
    return tuple(settled)


def _signed(hand: Hand, option: str, text: str, about: Mapping[str, str]) -> Override:
    from geo.consolidation.overrides import Override

    now = datetime.now(tz=UTC).isoformat(timespec="seconds")
    reason = hand.reason or f"atlas consolidate --{option} {text}"
    return Override.from_dict({**about, "author": hand.author, "time": now, "reason": reason})


def _locking(text: str, known: Mapping[str, list[str]]) -> dict[str, str]:
    if text in known["unit_id"]:
        return {"kind": "stay", "unit_id": text}
    _refuse_neither("unit_id", text, known)
    return {"kind": "protect", "carrier_id": text}


def _forbidding(text: str, known: Mapping[str, list[str]]) -> dict[str, str]:
    if ":" not in text or text in known["host_id"] or text in known["carrier_id"]:
        return {"kind": "exclude", **_place(text, known)}
    unit, place = _pair("forbid", text, known["unit_id"])
    return {"kind": "forbid", "unit_id": unit, **_place(place, known)}


def _place(text: str, known: Mapping[str, list[str]]) -> dict[str, str]:
    if text in known["host_id"]:
        return {"host_id": text}
    _refuse_neither("host_id", text, known)
    return {"carrier_id": text}


def _refuse_neither(name: str, text: str, known: Mapping[str, list[str]]) -> None:
    """Refuse an id that is neither one of `name` nor a carrier."""
    from layers.consolidation import refuse_unknown
    from layers.errors import Text

    what = {
        "unit_id": Text("单元或载体", "unit or carrier"),
        "host_id": Text("空置单元或载体", "vacant unit or carrier"),
    }
    refuse_unknown(what[name], [text], [*known[name], *known["carrier_id"]])


def _pair(option: str, text: str, known: Sequence[str]) -> tuple[str, str]:
    """Return the two ids of ``ONE:OTHER``; an id may itself have a colon."""
    cuts = [at for at, character in enumerate(text) if character == ":"]
    if not cuts:
        message = f"--{option} {text}: write two ids with a colon between them"
        raise typer.BadParameter(message)
    at = next((cut for cut in cuts if text[:cut] in known), cuts[0])
    return text[:at], text[at + 1 :]
