"""What a change can be, and the row that tells of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layers.snapshots.records import Row

FLAG, SITE_ADDED, SITE_CLOSED = "flag", "site_added", "site_closed"
LET, VACATED, TENANT, MOVED = "unit_let", "unit_vacated", "unit_tenant", "unit_park"
STATE, CLASS, TASK, TARGET, LAYER = "state", "linkage", "task", "target", "layer"
KIND_TITLES = {
    FLAG: Text("标识变化", "Flag moved"),
    SITE_ADDED: Text("新增点位", "Site added"),
    SITE_CLOSED: Text("关闭点位", "Site closed"),
    VACATED: Text("单元腾空", "Unit vacated"),
    LET: Text("单元入驻", "Unit taken"),
    TENANT: Text("单元更换企业", "Unit changed hands"),
    MOVED: Text("单元转属园区", "Unit went to another park"),
    STATE: Text("载体状态变化", "State of building space"),
    TASK: Text("任务变化", "Task"),
    TARGET: Text("目标变化", "Target"),
    CLASS: Text("联动类别变化", "Class of linkage"),
    LAYER: Text("图层更新", "Layer"),
}
"""What a change can be, in the order in which they are listed."""

SITE_KINDS = (SITE_ADDED, SITE_CLOSED)
UNIT_KINDS = (VACATED, LET, TENANT, MOVED)
_LAST = "\uffff"
INTERNAL_KINDS = frozenset((*UNIT_KINDS, STATE, TARGET))
"""Changes that tell of leases, taxes or revenue."""

CHANGES_TITLE = Text("快照以来的变化", "Changes since the snapshot")
CHANGE_TITLES = {
    "kind": Text("变化", "Change"),
    "subject": Text("对象编码", "Id"),
    "name": Text("对象", "What (Chinese)"),
    "name_en": Text("对象（英文）", "What"),
    "before": Text("之前", "Before"),
    "after": Text("之后", "After"),
    "area_m2": Text("面积（m²）", "Floor area (m²)"),
    "park_id": Text("园区编码", "Park id"),
    "park_name": Text("园区", "Park"),
    "carrier_id": Text("载体编码", "Carrier id"),
    "carrier_name": Text("载体", "Carrier"),
    "reason_zh": Text("说明", "Reason (Chinese)"),
    "reason_en": Text("说明（英文）", "Reason"),
    "sample": Text("示例数据", "Sample data"),
}
"""Columns of the list, and their titles for people."""


def change(  # noqa: PLR0913 -- the columns of the list
    kind: str,
    subject: object,
    name: str | Text,
    before: object,
    after: object,
    told: Text,
    *,
    sample: bool,
    area: float | None = None,
    park: tuple[str | None, str | None] = (None, None),
    carrier: tuple[str | None, str | None] = (None, None),
) -> Row:
    """Return a row of the list.

    Parameters
    ----------
    kind
        A key of :data:`KIND_TITLES`.
    subject, name
        Id and name of what changed.
    before, after
        Codes; None where there was, or is, nothing.
    told
        The change in words, and why.
    sample
        Whether sample data is in it.
    area
        Floor area that moved, m²; None where it is not known or none did.
    park, carrier
        Id and name.
    """
    named = Text(name, name) if isinstance(name, str) else name
    return {
        "kind": kind,
        "subject": str(subject),
        "name": named.zh,
        "name_en": named.en,
        "before": None if before is None else str(before),
        "after": None if after is None else str(after),
        "area_m2": area,
        "park_id": park[0],
        "park_name": park[1],
        "carrier_id": carrier[0],
        "carrier_name": carrier[1],
        "reason_zh": told.zh.strip(),
        "reason_en": told.en.strip(),
        "sample": sample,
    }


def frame_of(rows: Iterable[Row]) -> pd.DataFrame:
    """Return rows as a table, in the order of :data:`KIND_TITLES` and by id."""
    frame = pd.DataFrame(list(rows), columns=list(CHANGE_TITLES))
    order = {kind: place for place, kind in enumerate(KIND_TITLES)}
    frame = frame.sort_values(
        ["kind", "subject"],
        # What belongs to no park has no id, and stands last.
        key=lambda c: c.map(order) if c.name == "kind" else c.replace("", _LAST),
        kind="stable",
    )
    texts = [name for name in CHANGE_TITLES if name not in {"area_m2", "sample"}]
    kinds = dict.fromkeys(texts, "str") | {"area_m2": "float64", "sample": "bool"}
    return frame.astype(kinds).reset_index(drop=True)
