"""A proposal as a JSON document, and the remarks that travel with its tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from geo.consolidation.parameters import RULE_VERSION
from layers.analysis import SCATTER_LAYERS
from layers.errors import Text
from layers.frames import GEOMETRY
from layers.proposals.tables import has_sample
from layers.proposals.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from geo.consolidation import Consolidation
    from geo.consolidation.frontier import Step
    from geo.consolidation.overrides import Override
    from geo.consolidation.register import Register

_STEP = ("presences", "cost_wan", "in_zone_area_m2", "moved_area_m2", "moves", "status", "gap")
_STEP_PROOF = ("bound_wan", "seconds")
_PARK = ("park_id", "park_name")


def as_json(
    consolidation: Consolidation,
    step: Step | None,
    tables: Mapping[str, pd.DataFrame],
    versions: Mapping[str, int],
) -> dict[str, Any]:
    """Return a proposal as plain data that JSON can carry.

    Parameters
    ----------
    consolidation
        The answer.
    step
        The step that is told; None if there is none, and then ``plan`` is null.
    tables
        Result of :func:`layers.proposals.proposal_tables` for the same step.
    versions
        Version of every layer of the workspace; those used are told.

    Returns
    -------
    dict
        ``status`` and ``gap`` are those of the fewest presences, ``plan`` has its own.
        Unknown is null, a day is ISO 8601, areas are m² and costs 万元.
    """
    register, frontier = consolidation.register, consolidation.frontier
    rows = {name: _records(frame) for name, frame in tables.items()}
    for name, column in (("sites", "blocking_units"), ("blocking_leases", "units")):
        for row in rows[name]:
            row[column] = _split(row[column])
    return {
        "status": frontier.status,
        "gap": _plain(frontier.gap),
        "lower_bound": frontier.lower_bound,
        "capacity_bound": frontier.capacity_bound,
        "presences_before": frontier.presences_before,
        "frontier": rows["frontier"],
        "zone_steps": rows["zone_steps"],
        "plan": None if step is None else _plan(step, rows),
        "no_regret": _in_all_plans(tables["no_regret"]),
        "blocking_leases": rows["blocking_leases"],
        "not_moved": rows["not_moved"],
        "parks": list(register.parks),
        "parameters": register.parameters.as_dict(),
        "rule_version": RULE_VERSION,
        "versions": _used(versions),
        "overrides": [override.as_dict() for override in register.overrides],
        "conflicts": [
            {
                "overrides": [override.as_dict() for override in conflict.overrides],
                "reason_zh": conflict.reason.zh,
                "reason_en": conflict.reason.en,
            }
            for conflict in register.conflicts
        ],
        "unused": rows["unused"],
        "sample": has_sample(register),
        "audience": "internal",
    }


def proposal_remarks(
    register: Register, versions: Mapping[str, int], overrides: Sequence[Override]
) -> list[Text]:
    """Say by which rule, from what and with whose decisions a proposal was made.

    Parameters
    ----------
    register
        What it was decided on.
    versions
        Version of every layer of the workspace; those used are named.
    overrides
        What planners settled; author, time and reason of each are named.
    """
    parameters = register.parameters.as_text()
    used = ", ".join(f"{key} v{version}" for key, version in _used(versions).items())
    parks = ", ".join(register.parks)
    remarks = [
        Text(
            "本方案为引导性建议，供协商使用，不是对企业的要求",
            "This proposal guides talks with tenants and orders nobody to move",
        ),
        Text(f"规则版本：{RULE_VERSION}", f"Rule version: {RULE_VERSION}"),
        Text(f"参数：{parameters}", f"Parameters: {parameters}"),
        Text(f"园区：{parks}", f"Parks: {parks}"),
        Text(f"图层版本：{used}", f"Layer versions: {used}"),
    ]
    if has_sample(register):
        remarks.append(Text("计算所用单元含示例数据", "The units it is made from are 示例数据"))
    return remarks + [_told(override) for override in overrides]


def _told(override: Override) -> Text:
    kind = WORDS["kind"][override.kind]
    about = " ".join(part for part in override.target[1:] if part)
    signed = f"{override.author}, {override.time}"
    return Text(
        f"人工调整（{kind.zh}）：{about}；{override.reason}（{signed}）",
        f"Settled by a planner ({kind.en}): {about}; {override.reason} ({signed})",
    )


def _used(versions: Mapping[str, int]) -> dict[str, int]:
    # Before and after are measured as scatter is, so that its layers are used too.
    return {key: versions[key] for key in SCATTER_LAYERS if key in versions}


def _plan(step: Step, rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    numbers = {name: _plain(getattr(step, name)) for name in (*_STEP, *_STEP_PROOF)}
    # The interface calls the list of moves by the name that counts them in a step.
    numbers["move_count"] = numbers.pop("moves")
    compared = rows["before_after"]
    return numbers | {
        "moves": rows["moves"],
        "sites": rows["sites"],
        "before": [_side(row, "before") for row in compared],
        "after": [_side(row, "after") for row in compared],
        "calendar": rows["calendar"],
    }


def _side(row: Mapping[str, Any], side: str) -> dict[str, Any]:
    """Return the scatter numbers of a park on one side of a plan, by their own names."""
    ending = f"_{side}"
    numbers = {n.removesuffix(ending): v for n, v in row.items() if n.endswith(ending)}
    return {name: row[name] for name in _PARK} | numbers


def _in_all_plans(counts: pd.DataFrame) -> list[str]:
    return [str(unit) for unit in counts.loc[counts["no_regret"], "unit_id"]]


def _split(text: str | None) -> list[str]:
    return [part for part in (text or "").split(";") if part]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    plain = frame.drop(columns=GEOMETRY, errors="ignore")
    columns = {str(name): [_plain(value) for value in plain[name]] for name in plain.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(value: Any) -> Any:  # noqa: ANN401 - a cell of any type
    """Return a cell as JSON has it; unknown and endless become None."""
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    found = value.item() if hasattr(value, "item") else value
    return None if isinstance(found, float) and math.isinf(found) else found
