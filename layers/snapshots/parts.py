"""The parts of two snapshots held against each other, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.flag import FLAG_TITLES
from layers.errors import Text
from layers.i18n import UNKNOWN
from layers.i18n import number
from layers.plan.table import state_title
from layers.snapshots.kinds import CLASS
from layers.snapshots.kinds import FLAG
from layers.snapshots.kinds import SITE_ADDED
from layers.snapshots.kinds import SITE_CLOSED
from layers.snapshots.kinds import STATE
from layers.snapshots.kinds import TARGET
from layers.snapshots.kinds import TASK
from layers.snapshots.kinds import change
from layers.snapshots.records import LINKAGE
from layers.snapshots.records import SCATTER
from layers.snapshots.records import SITES
from layers.snapshots.records import SPACE
from layers.snapshots.records import TARGETS
from layers.snapshots.records import TASKS
from layers.targets.remarks import STATUS_TITLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping

    from layers.snapshots.known import Known
    from layers.snapshots.records import Part
    from layers.snapshots.records import Row

    Rows = Iterable[Row]

_CLASS_FIELDS = ("linkage_low", "linkage", "linkage_high")
_TASK_FIELDS = ("state", "milestones_done", "milestones")


def part_changes(old: Mapping[str, Part], new: Mapping[str, Part], known: Known) -> Rows:
    """Yield the changes of the parts that both have."""
    for key, compare in _COMPARED.items():
        if key in old and key in new:
            yield from compare(old[key].rows, new[key].rows, known)


def flag_title(code: str | None) -> Text:
    """Return what a flag is called; None is that of a park that is not there."""
    if code is None:
        return Text("无此园区", "no such park")
    return Text(*FLAG_TITLES[code])


def class_title(code: str) -> Text:
    """Return a class of linkage in words, with its ends where it is not decided."""
    value, _, span = code.partition(" ")
    if value == UNKNOWN:
        zh, en = "类别不定", "class not decided"
    else:
        zh, en = f"{value} 类", f"class {value}"
    span = span.strip("()")
    return Text(f"{zh}（可能 {span}）", f"{en} (may be {span})") if span else Text(zh, en)


def _by(rows: Rows, *names: str) -> dict[tuple[str, ...], Row]:
    return {tuple(str(row[name]) for name in names): row for row in rows}


def _pairs(old: Rows, new: Rows, *names: str) -> Iterable[tuple[Row | None, Row | None]]:
    before, after = _by(old, *names), _by(new, *names)
    for key in sorted(before.keys() | after.keys()):
        yield before.get(key), after.get(key)


def _sample(*rows: Row | None) -> bool:
    """Tell whether what was, or what is, has sample data in it."""
    return any(row is not None and bool(row.get("sample")) for row in rows)


def _flags(old: Rows, new: Rows, known: Known) -> Rows:
    for was, now in _pairs(old, new, "park_id"):
        then, today = (None if row is None else row["flag"] for row in (was, now))
        if then == today:
            continue
        row = now or was or {}
        words = [flag_title(then), flag_title(today)]
        yield change(
            FLAG,
            row["park_id"],
            row["park_name"],
            then,
            today,
            Text(
                f"{words[0].zh} → {words[1].zh}。{row.get('reason_zh') or ''}",
                f"{words[0].en} → {words[1].en}. {row.get('reason_en') or ''}",
            ),
            park=known.park(row["park_id"]),
            sample=_sample(was, now),
        )


def _sites(old: Rows, new: Rows, known: Known) -> Rows:
    """Yield the sites that no site of the park then, or now, shares a carrier with."""
    before, after = list(old), list(new)
    for kind, there, others in ((SITE_CLOSED, before, after), (SITE_ADDED, after, before)):
        for row in there:
            own = set(row["carriers"])
            of_park = [set(one["carriers"]) for one in others if one["park_id"] == row["park_id"]]
            if any(own & carriers for carriers in of_park):
                continue
            listed = "、".join(row["carriers"])
            was, now = (listed, None) if kind == SITE_CLOSED else (None, listed)
            first = row["carriers"][0]
            yield change(
                kind,
                first,
                row["park_name"],
                was,
                now,
                _site(kind, row, known),
                area=row["floor_area_m2"],
                park=known.park(row["park_id"]),
                carrier=known.carrier(first),
                sample=any(known.is_sample(row["park_id"], one) for one in own),
            )


def _site(kind: str, row: Row, known: Known) -> Text:
    """Return where a park came to, or left, by ids and names of the carriers, and the area."""
    each = [
        one if one == name else f"{one} {name}" for one, name in map(known.carrier, row["carriers"])
    ]
    park, zh, en = row["park_name"], "、".join(map(str, each)), ", ".join(map(str, each))
    area = row["floor_area_m2"]
    told = {lang: f"{number(area, lang)} m²" for lang in ("zh", "en")}
    if area is None:
        told = {"zh": "面积未知", "en": "floor area unknown"}
    if kind == SITE_CLOSED:
        return Text(
            f"{park}整处退出 {zh}，腾出 {told['zh']}", f"{park} left {en}: {told['en']} freed"
        )
    return Text(f"{park}新进 {zh}，占用 {told['zh']}", f"{park} came to {en}: {told['en']} taken")


def _space(old: Rows, new: Rows, known: Known) -> Rows:
    for was, now in _pairs(old, new, "carrier_id"):
        then, today = (None if row is None else row["state"] for row in (was, now))
        if then == today:
            continue
        row = now or was or {}
        told = f"{then or UNKNOWN} → {today or UNKNOWN}"
        carrier = known.carrier(row["carrier_id"])
        yield change(
            STATE,
            row["carrier_id"],
            row.get("name") or str(carrier[1]),
            then,
            today,
            Text(f"{told}。{row.get('reason_zh') or ''}", f"{told}. {row.get('reason_en') or ''}"),
            park=known.park(row.get("park_id")),
            carrier=carrier,
            sample=_sample(was, now),
        )


def _linkage(old: Rows, new: Rows, known: Known) -> Rows:
    for was, now in _pairs(old, new, "park_id", "carrier_id"):
        # A space that came or went is told with its site.
        if was is None or now is None or all(was[n] == now[n] for n in _CLASS_FIELDS):
            continue
        codes = [_class(was), _class(now)]
        words = [class_title(code) for code in codes]
        park, carrier = known.park(now["park_id"]), known.carrier(now["carrier_id"])
        yield change(
            CLASS,
            now["carrier_id"],
            " · ".join(name for name in (park[1], carrier[1]) if name),
            codes[0],
            codes[1],
            Text(
                f"由 {words[0].zh}变为 {words[1].zh}。{now.get('reason_zh') or ''}",
                f"{words[0].en} → {words[1].en}. {now.get('reason_en') or ''}",
            ),
            park=park,
            carrier=carrier,
            sample=_sample(was, now) or known.is_sample(now["park_id"], now["carrier_id"]),
        )


def _class(row: Row) -> str:
    """Return a class as a code, with its ends where it is not decided."""
    low, value, high = (row[name] for name in _CLASS_FIELDS)
    said = UNKNOWN if value is None else str(value)
    return said if low == high else f"{said} ({low}–{high})"


def _tasks(old: Rows, new: Rows, known: Known) -> Rows:
    for was, now in _pairs(old, new, "task_id"):
        if was is None or now is None or all(was[name] == now[name] for name in _TASK_FIELDS):
            continue
        yield change(
            TASK,
            now["task_id"],
            Text(
                f"{now['task_id']} {now['title_zh']}",
                f"{now['task_id']} {now.get('title_en') or now['title_zh']}",
            ),
            was["state"],
            now["state"],
            _task(was, now, known),
            sample=_sample(was, now),
        )


def _task(was: Row, now: Row, known: Known) -> Text:
    """Return what moved of a task in the words of the board; what stayed is left out."""
    parts = []
    if was["state"] != now["state"]:
        words = [state_title(row["state"], known.catalogue) for row in (was, now)]
        parts.append(_state_moved(*words))
    if any(was[name] != now[name] for name in _TASK_FIELDS[1:]):
        count = [f"{row['milestones_done']}/{row['milestones']}" for row in (was, now)]
        parts.append(
            Text(
                f"已完成里程碑 {count[0]} → {count[1]}",
                f"milestones done {count[0]} → {count[1]}",
            )
        )
    return Text("；".join(one.zh for one in parts), "; ".join(one.en for one in parts))


def _state_moved(was: Text, now: Text) -> Text:
    return Text(f"状态由“{was.zh}”变为“{now.zh}”", f"from “{was.en}” to “{now.en}”")


def _targets(old: Rows, new: Rows, known: Known) -> Rows:
    del known  # a target has its own words
    for was, now in _pairs(old, new, "target_id"):
        if was is None or now is None:
            continue
        if was["status"] == now["status"] and was["value"] == now["value"]:
            continue
        yield change(
            TARGET,
            now["target_id"],
            Text(now["title_zh"], now.get("title_en") or now["title_zh"]),
            was["status"],
            now["status"],
            _target(was, now),
            sample=_sample(was, now),
        )


def _target(was: Row, now: Row) -> Text:
    """Return what moved of a target; what stayed is left out."""
    zh, en = [], []
    if was["status"] != now["status"]:
        words = [STATUS_TITLES[row["status"]] for row in (was, now)]
        moved = _state_moved(*words)
        zh.append(moved.zh)
        en.append(moved.en)
    if was["value"] != now["value"]:
        values = [_value(row["value"]) for row in (was, now)]
        units = [now.get("unit_zh"), now.get("unit_en")]
        zh.append(f"数值 {values[0]} → {values[1]}" + (f"（{units[0]}）" if units[0] else ""))
        en.append(f"value {values[0]} → {values[1]}" + (f" ({units[1]})" if units[1] else ""))
    return Text("；".join(zh), "; ".join(en))


def _value(value: float | None) -> str:
    """Return a value with as many decimals as it needs, up to two."""
    return UNKNOWN if value is None else f"{value:,.2f}".rstrip("0").rstrip(".")


_COMPARED: dict[str, Callable[[Rows, Rows, Known], Rows]] = {
    SCATTER: _flags,
    SITES: _sites,
    SPACE: _space,
    LINKAGE: _linkage,
    TASKS: _tasks,
    TARGETS: _targets,
}
