"""What changed between two snapshots, or since one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from geo.flag import FLAG_TITLES
from layers.differences import differences
from layers.errors import Text
from layers.errors import WorkspaceError
from layers.i18n import UNKNOWN
from layers.i18n import number
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

    from layers.catalogue import Catalogue
    from layers.snapshots.records import Part
    from layers.snapshots.records import Row
    from layers.snapshots.records import Snapshot
    from layers.workspace import Workspace

FLAG, SITE_ADDED, SITE_CLOSED = "flag", "site_added", "site_closed"
STATE, CLASS, TASK, TARGET, LAYER = "state", "linkage", "task", "target", "layer"
KIND_TITLES = {
    FLAG: Text("标识变化", "Flag moved"),
    SITE_ADDED: Text("新增点位", "Site added"),
    SITE_CLOSED: Text("关闭点位", "Site closed"),
    STATE: Text("载体状态变化", "State of building space"),
    CLASS: Text("联动类别变化", "Class of linkage"),
    TASK: Text("任务变化", "Task"),
    TARGET: Text("目标变化", "Target"),
    LAYER: Text("图层更新", "Layer"),
}
"""What a change can be, in the order in which they are listed."""

CHANGES_TITLE = Text("快照以来的变化", "Changes since the snapshot")
CHANGE_TITLES = {
    "kind": Text("变化", "Change"),
    "subject": Text("对象编码", "Id"),
    "name": Text("对象", "What"),
    "before": Text("之前", "Before"),
    "after": Text("之后", "After"),
    "area_m2": Text("面积（m²）", "Floor area (m²)"),
    "park_id": Text("园区编码", "Park id"),
    "reason_zh": Text("说明", "Reason (Chinese)"),
    "reason_en": Text("说明（英文）", "Reason"),
    "sample": Text("示例数据", "Sample data"),
}
"""Columns of the list, and their titles for people."""

_NONE = Text("—", "—")


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed.

    Attributes
    ----------
    rows
        One a change, columns :data:`CHANGE_TITLES`; ``kind`` is a key of
        :data:`KIND_TITLES`. ``before`` and ``after`` are codes, their words stand in the
        reasons. ``area_m2`` is the floor area of a site that was closed or added.
    freed_m2, taken_m2
        Floor area of all closed and of all added sites.
    by_rule
        What differs in the earlier snapshot alone when it is computed anew by the rule of
        now: the change that the rule made and not the world. Same columns.
    rules
        ``(part, rule then, rule now)`` of the parts whose rule differs.
    """

    rows: pd.DataFrame
    freed_m2: float
    taken_m2: float
    by_rule: pd.DataFrame
    rules: tuple[tuple[str, str, str], ...]


def change_list(
    before: Snapshot,
    after: Snapshot,
    workspace: Workspace,
    again: Callable[[], Mapping[str, Part]] | None = None,
) -> Changes:
    """Return what changed between two snapshots.

    Parts are held against each other only if they were found by one rule with the same
    parameters. Where the rule differs, the earlier one is computed anew by the rule of now
    from the versions that it pinned, and what the rule changed is told apart.

    Parameters
    ----------
    before, after
        The earlier and the later one.
    workspace
        For what changed in the layers.
    again
        Computes the parts of `before` by the rules of now; needed where a rule differs.

    Raises
    ------
    WorkspaceError
        If a version that is needed was cleared away or is damaged.
    """
    differing = tuple(
        (key, before.parts[key].rule, after.parts[key].rule)
        for key in sorted(before.parts.keys() & after.parts.keys())
        if before.parts[key].rule != after.parts[key].rule
    )
    old, by_rule = dict(before.parts), _frame([])
    if differing and again is not None:
        anew = again()
        keys = [key for key, _then, _now in differing if key in anew]
        then = {key: before.parts[key] for key in keys}
        by_rule = _frame(_found(then, {key: anew[key] for key in keys}))
        old |= {key: anew[key] for key in keys}
    rows = _frame([*_found(old, after.parts), *_layers(before, after, workspace)])
    areas = rows.groupby("kind")["area_m2"].sum()
    return Changes(
        rows,
        float(areas.get(SITE_CLOSED, 0.0)),
        float(areas.get(SITE_ADDED, 0.0)),
        by_rule,
        differing,
    )


def _found(old: Mapping[str, Part], new: Mapping[str, Part]) -> Iterable[Row]:
    """Yield the changes of the parts that both have."""
    for key, compare in _COMPARED.items():
        if key in old and key in new:
            yield from compare(old[key].rows, new[key].rows)


def _by(rows: Iterable[Row], *names: str) -> dict[tuple[str, ...], Row]:
    return {tuple(str(row[name]) for name in names): row for row in rows}


def _pairs(
    old: Iterable[Row], new: Iterable[Row], *names: str
) -> Iterable[tuple[Row | None, Row | None]]:
    before, after = _by(old, *names), _by(new, *names)
    for key in sorted(before.keys() | after.keys()):
        yield before.get(key), after.get(key)


def _flags(old: Iterable[Row], new: Iterable[Row]) -> Iterable[Row]:
    for was, now in _pairs(old, new, "park_id"):
        then, today = (None if row is None else row["flag"] for row in (was, now))
        if then == today:
            continue
        row = now or was or {}
        words = [_flag(then), _flag(today)]
        yield _change(
            FLAG,
            row["park_id"],
            row["park_name"],
            then,
            today,
            Text(
                f"{words[0].zh} → {words[1].zh}。{row.get('reason_zh') or ''}",
                f"{words[0].en} → {words[1].en}. {row.get('reason_en') or ''}",
            ),
            park_id=row["park_id"],
            sample=bool(row.get("sample")),
        )


def _flag(code: str | None) -> Text:
    if code is None:
        return Text("无此园区", "no such park")
    zh, en = FLAG_TITLES[code]
    return Text(zh, en)


def _sites(old: Iterable[Row], new: Iterable[Row]) -> Iterable[Row]:
    """Yield the sites that no site of the park then, or now, shares a carrier with."""
    before, after = list(old), list(new)
    for kind, there, others in ((SITE_CLOSED, before, after), (SITE_ADDED, after, before)):
        for row in there:
            own = set(row["carriers"])
            of_park = [set(one["carriers"]) for one in others if one["park_id"] == row["park_id"]]
            if any(own & carriers for carriers in of_park):
                continue
            area = row["floor_area_m2"]
            listed = "、".join(row["carriers"])
            size = f"{number(area, 'zh')} m²"
            told = {
                SITE_CLOSED: Text(
                    f"{row['park_name']}退出 {listed}，腾出 {size}",
                    f"{row['park_name']} left {listed}: {size} freed",
                ),
                SITE_ADDED: Text(
                    f"{row['park_name']}新进 {listed}，占用 {size}",
                    f"{row['park_name']} came to {listed}: {size} taken",
                ),
            }[kind]
            was, now = (listed, None) if kind == SITE_CLOSED else (None, listed)
            yield _change(
                kind,
                row["carriers"][0],
                row["park_name"],
                was,
                now,
                told,
                area=area,
                park_id=row["park_id"],
            )


def _space(old: Iterable[Row], new: Iterable[Row]) -> Iterable[Row]:
    for was, now in _pairs(old, new, "carrier_id"):
        then, today = (None if row is None else row["state"] for row in (was, now))
        if then == today:
            continue
        row = now or was or {}
        told = f"{then or _NONE.zh} → {today or _NONE.zh}"
        yield _change(
            STATE,
            row["carrier_id"],
            row.get("name") or row["carrier_id"],
            then,
            today,
            Text(f"{told}。{row.get('reason_zh') or ''}", f"{told}. {row.get('reason_en') or ''}"),
            park_id=row.get("park_id"),
            sample=bool(row.get("sample")),
        )


def _linkage(old: Iterable[Row], new: Iterable[Row]) -> Iterable[Row]:
    names = ("linkage_low", "linkage", "linkage_high")
    for was, now in _pairs(old, new, "park_id", "carrier_id"):
        then, today = (None if row is None else tuple(row[n] for n in names) for row in (was, now))
        # A space that came or went is told with its site.
        if then == today or was is None or now is None:
            continue
        words = [_class(was), _class(now)]
        yield _change(
            CLASS,
            now["carrier_id"],
            now["carrier_id"],
            words[0],
            words[1],
            Text(
                f"{words[0]} → {words[1]} 类。{now.get('reason_zh') or ''}",
                f"class {words[0]} → {words[1]}. {now.get('reason_en') or ''}",
            ),
            park_id=now["park_id"],
        )


def _class(row: Row) -> str:
    """Return a class, with its ends where it is not decided."""
    low, value, high = row["linkage_low"], row["linkage"], row["linkage_high"]
    said = UNKNOWN if value is None else str(value)
    return said if low == high else f"{said}（{low}–{high}）"


def _tasks(old: Iterable[Row], new: Iterable[Row]) -> Iterable[Row]:
    names = ("state", "milestones_done", "milestones")
    for was, now in _pairs(old, new, "task_id"):
        if was is None or now is None or all(was[name] == now[name] for name in names):
            continue
        count = [f"{row['milestones_done']}/{row['milestones']}" for row in (was, now)]
        moved = was["state"] != now["state"]
        yield _change(
            TASK,
            now["task_id"],
            now["title_zh"],
            was["state"],
            now["state"],
            Text(
                f"{'状态有变；' if moved else ''}里程碑 {count[0]} → {count[1]}",
                f"{'state changed; ' if moved else ''}milestones {count[0]} → {count[1]}",
            ),
        )


def _targets(old: Iterable[Row], new: Iterable[Row]) -> Iterable[Row]:
    for was, now in _pairs(old, new, "target_id"):
        if was is None or now is None:
            continue
        if was["status"] == now["status"] and was["value"] == now["value"]:
            continue
        values = [UNKNOWN if row["value"] is None else f"{row['value']:g}" for row in (was, now)]
        words = [STATUS_TITLES[row["status"]] for row in (was, now)]
        yield _change(
            TARGET,
            now["target_id"],
            now["title_zh"],
            was["status"],
            now["status"],
            Text(
                f"{words[0].zh} → {words[1].zh}；数值 {values[0]} → {values[1]}",
                f"{words[0].en} → {words[1].en}; value {values[0]} → {values[1]}",
            ),
        )


def _layers(before: Snapshot, after: Snapshot, workspace: Workspace) -> Iterable[Row]:
    catalogue = workspace.catalogue
    for key in sorted(before.versions.keys() | after.versions.keys()):
        then, now = before.versions.get(key), after.versions.get(key)
        if then != now and key in catalogue.keys:
            yield _layer(key, then, now, workspace, catalogue)


def _layer(
    key: str, then: int | None, now: int | None, workspace: Workspace, catalogue: Catalogue
) -> Row:
    spec = catalogue.layer(key)
    try:
        frames = [
            workspace.read(key, version) if version is not None else workspace.read(key).iloc[0:0]
            for version in (then, now)
        ]
    except WorkspaceError as error:
        told = error.text
    else:
        found = differences(frames[0], frames[1], spec)
        kinds = found["change"]
        changed = found.loc[kinds.eq("changed"), "id"].nunique()
        added, removed = int(kinds.eq("added").sum()), int(kinds.eq("removed").sum())
        told = Text(
            f"新增 {added} 行，修改 {changed} 行，删除 {removed} 行",
            f"{added} rows added, {changed} changed, {removed} removed",
        )
    versions = [None if version is None else f"v{version}" for version in (then, now)]
    return _change(LAYER, key, spec.title.zh, versions[0], versions[1], told)


def _change(  # noqa: PLR0913 -- the columns of the list
    kind: str,
    subject: object,
    name: object,
    before: object,
    after: object,
    told: Text,
    *,
    area: float | None = None,
    park_id: object = None,
    sample: bool = False,
) -> Row:
    return {
        "kind": kind,
        "subject": str(subject),
        "name": str(name),
        "before": None if before is None else str(before),
        "after": None if after is None else str(after),
        "area_m2": area,
        "park_id": None if park_id is None else str(park_id),
        "reason_zh": told.zh.strip(),
        "reason_en": told.en.strip(),
        "sample": sample,
    }


def _frame(rows: Iterable[Row]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(CHANGE_TITLES))
    order = {kind: place for place, kind in enumerate(KIND_TITLES)}
    frame = frame.sort_values(
        ["kind", "subject"], key=lambda c: c.map(order) if c.name == "kind" else c, kind="stable"
    )
    texts = [name for name in CHANGE_TITLES if name not in {"area_m2", "sample"}]
    kinds = dict.fromkeys(texts, "str") | {"area_m2": "float64", "sample": "bool"}
    return frame.astype(kinds).reset_index(drop=True)


_COMPARED: dict[str, Callable[[Iterable[Row], Iterable[Row]], Iterable[Row]]] = {
    SCATTER: _flags,
    SITES: _sites,
    SPACE: _space,
    LINKAGE: _linkage,
    TASKS: _tasks,
    TARGETS: _targets,
}
