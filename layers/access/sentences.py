"""The words of what changed in the linkage of a space."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from geo.access import CONDITIONS
from layers.access.objects import missing
from layers.access.titles import CONDITION_NAMES
from layers.access.titles import KEY_NAMES
from layers.access.titles import STATE_NAMES
from layers.access.titles import WAY_NAMES
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Hashable
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.access.causes import Cause

    Row = Mapping[Hashable, Any]

_NOTHING = Text("无", "none")
_UNKNOWN = Text("未知", "unknown")
_BY_WAY = {
    "straight": Text("", ""),
    "crossing": Text("（经通道）", " (through a crossing)"),
    "network": Text("（沿路网）", " (along the network)"),
}


def distance_changed(row: Row) -> Text:
    """Return "到任一高校 “A” 1,240 m → “B” 640 m" of a row of changed distances."""
    key = KEY_NAMES[row["key"]]
    was, now = (_end(row, side, row["id_before"] != row["id_after"]) for side in _SIDES)
    if not missing(row["nearer_name_after"]):
        name, walk = row["nearer_name_after"], f"{row['nearer_m_after']:,.0f} m"
        now = Text(
            f"{now.zh}（更近的“{name}” {walk} 不作判定依据）",
            f"{now.en} (“{name}”, {walk}, is nearer but does not decide)",
        )
    if row["id_before"] == row["id_after"]:
        name = row["name_after"]
        return Text(
            f"到{key.zh}“{name}” {was.zh} → {now.zh}", f"to {key.en} “{name}” {was.en} → {now.en}"
        )
    return Text(f"到{key.zh} {was.zh} → {now.zh}", f"to {key.en} {was.en} → {now.en}")


_SIDES = ("before", "after")


def estimate_dropped(campus: str, basis: str) -> Text:
    """Say that a campus had no gate so far, and that its estimate does not count any more.

    Parameters
    ----------
    campus
        Its name.
    basis
        What the estimate stood on: ``outline``, or anything else for a point.
    """
    on = _ON.get(basis, _ON_POINT)
    return Text(
        f"“{campus}”此前没有登记的校门，按{on.zh}估算，现按校门计算，原估算不再使用",
        f"“{campus}” had no registered gate and was estimated from its {on.en}; it is now "
        "measured by its gates, and the estimate does not count any more",
    )


def estimate_begun(campus: str, basis: str) -> Text:
    """Say that a campus has no gate any more, and is estimated instead; see above."""
    on = _ON.get(basis, _ON_POINT)
    return Text(
        f"“{campus}”已没有登记的校门，改按{on.zh}估算",
        f"“{campus}” has no registered gate any more and is estimated from its {on.en}",
    )


_ON_POINT = Text("点位", "point")
_ON = {"outline": Text("边界", "outline")}


def notes_of(causes: Sequence[Cause]) -> list[Text]:
    """Return the notes of causes, each once."""
    return list(dict.fromkeys(cause.note for cause in causes if cause.note is not None))


def class_changed(row: Row) -> list[Text]:
    """Return what changed of the conditions and the class; nothing if that is as it was."""
    parts = []
    for condition in CONDITIONS:
        was, now = row[f"met_{condition}_before"], row[f"met_{condition}_after"]
        if was != now and was in STATE_NAMES and now in STATE_NAMES:
            name, old, new = CONDITION_NAMES[condition], STATE_NAMES[was], STATE_NAMES[now]
            parts.append(
                Text(
                    f"{name.zh}条件 {old.zh} → {new.zh}",
                    f"{name.en} condition {old.en} → {new.en}",
                )
            )
    parts += _opened(row)
    was, now = _class(row, "before"), _class(row, "after")
    if was != now:
        parts.append(Text(f"联动 {was.zh} → {now.zh}", f"linkage class {was.en} → {now.en}"))
    return parts


def _opened(row: Row) -> list[Text]:
    """Return how many campus facilities in reach are open to tenants, if that changed."""
    counts = [
        _UNKNOWN if missing(row[f"open_facilities_{side}"]) else _number(row, side)
        for side in _SIDES
    ]
    if counts[0] == counts[1] or row["change"] != "changed":
        return []
    zh, en = (" → ".join(getattr(one, lang) for one in counts) for lang in ("zh", "en"))
    return [Text(f"开放的校园设施 {zh}", f"open campus facilities {en}")]


def _number(row: Row, side: str) -> Text:
    number = f"{row[f'open_facilities_{side}']}"
    return Text(number, number)


def area_changed(row: Row) -> Text | None:
    """Return how the floor area of a space changed; None if it did not."""
    was, now = row["floor_area_m2_before"], row["floor_area_m2_after"]
    if was == now or (missing(was) and missing(now)):
        return None
    old, new = (
        _UNKNOWN if missing(v) else Text(f"{v:,.0f} m²", f"{v:,.0f} m²") for v in (was, now)
    )
    return Text(f"建筑面积 {old.zh} → {new.zh}", f"floor area {old.en} → {new.en}")


def counted(causes: Sequence[Cause], told: Sequence[Text]) -> Text:
    """Put the causes in front of what they changed."""
    zh, en = "、".join(c.text.zh for c in causes), ", ".join(c.text.en for c in causes)
    if not told:
        return Text(zh, en)
    changes = Text("，".join(t.zh for t in told), ", ".join(t.en for t in told))
    return Text(f"{zh}：{changes.zh}", f"{en}: {changes.en}") if causes else changes


def ended(causes: Sequence[Cause], parts: Sequence[Text]) -> Text:
    """Make one sentence of the causes and what they changed."""
    joined = Text("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))
    told = counted(causes, [joined] if parts else [])
    return Text(f"{told.zh}。", f"{told.en[:1].upper()}{told.en[1:]}.") if told.zh else told


def _end(row: Row, side: str, named: bool) -> Text:
    """Return name and walk at one end of a change."""
    if missing(row[f"id_{side}"]):
        return _NOTHING
    name = f"“{row[f'name_{side}']}” " if named else ""
    if missing(row[f"walk_m_{side}"]):
        blocked = WAY_NAMES["blocked"]
        return Text(f"{name}{blocked.zh}", f"{name}{blocked.en}")
    way = _BY_WAY.get(row[f"way_{side}"], Text("", ""))
    walk = f"{row[f'walk_m_{side}']:,.0f} m"
    if row["key"] in {"linked_gate", "any_gate"} and row[f"basis_{side}"] != "gate":
        return Text(f"{name}{walk}（未登记校门，估算）", f"{name}{walk} (no gate, estimated)")
    return Text(f"{name}{walk}{way.zh}", f"{name}{walk}{way.en}")


def _class(row: Row, side: str) -> Text:
    value, low, high = (row[f"linkage{part}_{side}"] for part in ("", "_low", "_high"))
    if missing(low):
        return _NOTHING
    if missing(value):
        return _UNKNOWN
    span = "" if low == high else f"（{low}–{high}）"
    return Text(f"{value} 类{span}", f"{value}" + ("" if low == high else f" ({low}–{high})"))
