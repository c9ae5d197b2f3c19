"""Taking a snapshot: what is found from the layers as they stand, as plain data."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from geo.parameters import RULE_VERSION
from layers.access import access_of
from layers.analysis import scatter_of
from layers.clock import local_day
from layers.i18n import unknown
from layers.marks import is_sample
from layers.plan import PLAN_LAYERS
from layers.plan import EvidenceStore
from layers.plan import board
from layers.plan import load_plan
from layers.snapshots.records import LINKAGE
from layers.snapshots.records import SCATTER
from layers.snapshots.records import SITES
from layers.snapshots.records import SPACE
from layers.snapshots.records import TARGETS
from layers.snapshots.records import TASKS
from layers.snapshots.records import Part
from layers.snapshots.records import Row
from layers.snapshots.records import Snapshot
from layers.snapshots.store import keep
from layers.targets import standings_of
from layers.underuse import default_underuse
from layers.underuse import underuse_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping

    from geo.scatter import ScatterResult
    from layers.access import Access
    from layers.catalogue import Catalogue
    from layers.underuse import Underuse
    from layers.workspace import Workspace

    Tables = Mapping[str, pd.DataFrame]

_FLAG_FIELDS = (
    "park_id",
    "park_name",
    "flag",
    "sites",
    "effective_sites",
    "mean_distance_m",
    "largest_cluster_share",
    "floor_area_m2",
    "reason_zh",
    "reason_en",
    "sample",
)
_SPACE_FIELDS = (
    "carrier_id",
    "name",
    "park_id",
    "state",
    "recoverable_area_m2",
    "operator",
    "reason_zh",
    "reason_en",
    "sample",
)
_LINKAGE_FIELDS = (
    "park_id",
    "carrier_id",
    "floor_area_m2",
    "linkage_low",
    "linkage",
    "linkage_high",
    "reason_zh",
    "reason_en",
    "sample",
)


@dataclass(frozen=True, slots=True)
class Found:
    """Analyses that were made already, so that they are not made again.

    Attributes
    ----------
    scatter, underuse, access
        Of the same layers, with the usual parameters.
    versions
        Version of every layer that they were made from.
    """

    scatter: ScatterResult | None = None
    underuse: Underuse | None = None
    access: Access | None = None
    versions: Mapping[str, int] = field(default_factory=dict)


_NOTHING = Found()


def take(
    workspace: Workspace,
    name: str,
    *,
    author: str,
    account: str = "",
    note: str = "",
    day: dt.date | None = None,
    found: Found = _NOTHING,
) -> Snapshot:
    """Take a snapshot of a workspace as it stands, and keep it.

    Parameters
    ----------
    workspace
        The workspace.
    name, note
        What people call it.
    author, account
        Who takes it.
    day
        The day of the question; today by default.
    found
        Analyses that were made already; used only if they are of the versions that are
        current now.

    Raises
    ------
    SnapshotError
        If it cannot be kept.
    AtlasError
        If a layer is damaged.
    """
    versions = workspace.versions()
    tables = {key: workspace.read(key, version) for key, version in versions.items()}
    asked = day or local_day()
    parts = parts_of(
        tables,
        workspace.catalogue,
        asked,
        EvidenceStore(workspace.path).is_sound,
        # Somebody may have changed a layer since they were made.
        found if dict(found.versions) == versions else _NOTHING,
    )
    return keep(
        workspace.path,
        Snapshot(
            number=0,
            name=name,
            note=note.strip(),
            author=author,
            account=account,
            taken_at=dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
            day=asked.isoformat(),
            versions=versions,
            parts=parts,
        ),
    )


def as_it_stands(
    tables: Tables,
    catalogue: Catalogue,
    versions: Mapping[str, int],
    day: dt.date,
    is_sound: Callable[[str], bool],
    found: Found = _NOTHING,
) -> Snapshot:
    """Return how a workspace stands now, to be held against a snapshot; it is not kept."""
    parts = parts_of(tables, catalogue, day, is_sound, found)
    return Snapshot(0, "", "", "", "", "", day.isoformat(), dict(versions), parts)


def parts_of(
    tables: Tables,
    catalogue: Catalogue,
    day: dt.date,
    is_sound: Callable[[str], bool],
    found: Found = _NOTHING,
) -> dict[str, Part]:
    """Return what is found from layers, by part.

    Parameters
    ----------
    tables
        Layers by key. Without carriers there is no scatter, no building space, no linkage.
    catalogue
        Describes them.
    day
        The day of the question.
    is_sound
        Tells whether an evidence file is there, see :func:`layers.plan.board`.
    found
        Analyses of these layers that were made already.
    """
    parts: dict[str, Part] = {}
    if len(tables.get("carriers", ())):
        scatter = found.scatter or scatter_of(tables, catalogue)
        rule = f"{RULE_VERSION}; {scatter.parameters.as_text()}"
        parts[SCATTER] = Part(rule, _rows(scatter.table, _FLAG_FIELDS, "park_id"))
        parts[SITES] = Part(rule, _sites(scatter))
        space = found.underuse or underuse_of(tables, catalogue, default_underuse(tables))
        ruled = str(space.table["rule_version"].iloc[0]) if len(space.table) else ""
        # The day of the question moves with the data; it is no change of the rule.
        parts[SPACE] = Part(ruled, _rows(space.table, _SPACE_FIELDS, "carrier_id"))
        access = found.access or access_of(tables, catalogue)
        ruled = f"{access.rule_version}; {access.parameters.as_text()}"
        parts[LINKAGE] = Part(ruled, _rows(access.spaces, _LINKAGE_FIELDS, "park_id"))
    plan = load_plan(catalogue.folder)
    if plan is not None:
        rows = board(plan, tables, catalogue, day, is_sound).rows
        samples = _sample_tasks(tables)
        told: Iterable[Row] = (
            {
                "task_id": row.task.task_id,
                "title_zh": row.task.title.zh,
                "title_en": row.task.title.en,
                "state": row.state,
                "milestones_done": row.milestones_done,
                "milestones": row.milestones,
                "sample": row.task.task_id in samples,
            }
            for row in rows
        )
        parts[TASKS] = Part(plan.version, tuple(told))
        standings = standings_of(tables, day, catalogue.folder)
        parts[TARGETS] = Part(plan.version, tuple(_target(one) for one in standings))
    return parts


def _target(standing: Any) -> Row:  # noqa: ANN401 - layers.targets.Standing
    latest = standing.latest
    return {
        "target_id": standing.target.target_id,
        "title_zh": standing.target.title.zh,
        "title_en": standing.target.title.en,
        "unit_zh": standing.target.unit.zh,
        "unit_en": standing.target.unit.en,
        "status": standing.status,
        "value": None if latest is None else _plain(latest.value),
        "period_end": None if latest is None else latest.period_end.isoformat(),
        "sample": standing.sample,
    }


def _sample_tasks(tables: Tables) -> set[str]:
    """Return the tasks of which a row that an edition marks so is sample data."""
    found: set[str] = set()
    for key in PLAN_LAYERS:
        frame = tables.get(key)
        if frame is not None:
            found |= set(map(str, frame.loc[is_sample(frame), "task_id"].dropna()))
    return found


def _sites(scatter: ScatterResult) -> tuple[Row, ...]:
    """Return every site by the carriers that make it: their numbers are not kept."""
    spaces = pd.DataFrame(scatter.spaces.drop(columns="geometry"))
    located = spaces[spaces["site"].notna()]
    names = scatter.table.set_index("park_id")["park_name"]
    rows = [
        {
            "park_id": str(park),
            "park_name": str(names.get(park, park)),
            "carriers": sorted(map(str, own["carrier_id"])),
            "floor_area_m2": _plain(own["floor_area_m2"].sum(min_count=1)),
        }
        for (park, _site), own in located.groupby(["park_id", "site"], sort=True)
    ]
    return tuple(sorted(rows, key=lambda row: (row["park_id"], row["carriers"])))


def _rows(table: pd.DataFrame, names: Iterable[str], by: str) -> tuple[Row, ...]:
    columns = [name for name in names if name in table.columns]
    ordered = table.sort_values([by, *(c for c in ("carrier_id",) if c in columns and c != by)])
    return tuple(
        {name: _plain(value) for name, value in zip(columns, row, strict=True)}
        for row in ordered[columns].itertuples(index=False, name=None)
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - any cell of a table
    """Return a cell as JSON has it; unknown is null."""
    if value is None or unknown(value):
        return None
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
