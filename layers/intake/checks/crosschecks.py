"""Checks of accepted rows against each other and against the other layers.

What is found is listed with a remedy; nothing is changed or deleted, and no row is
rejected. What is unknown is never found fault with.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from layers.clock import local_day
from layers.intake.checks import check_indicators
from layers.intake.checks import check_places
from layers.intake.checks import check_replies
from layers.intake.checks import check_values
from layers.intake.checks.checking import Scene
from layers.intake.public_copies import public_places

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.intake.checks.checking import Hit
    from layers.intake.source import Request
    from layers.issues import Issue

MOST_LISTED = 1000
"""So many findings of one check are listed; nobody reads more, and a file of one heap of
polygons would have billions [J]."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A check.

    Attributes
    ----------
    code
        What it finds, a key of :data:`layers.wording.FINDINGS`.
    layers
        Keys of the layers whose files are checked.
    find
        Returns what it finds in the rows of the file.
    """

    code: str
    layers: tuple[str, ...]
    find: Callable[[Scene], Iterator[Hit]]


_PLACES = ("parks", "carriers", "incubators", "platforms", "zones", "landuse", "buildings")

RULES: tuple[Rule, ...] = (
    Rule("parks_overlap", ("parks",), check_places.overlaps),
    Rule("outside_park", ("carriers",), check_places.outside_park),
    Rule("outside_district", _PLACES, check_places.outside_district),
    Rule("duplicate_name", ("carriers",), check_places.same_name),
    Rule("same_place", ("carriers",), check_places.same_place),
    Rule("part_above_whole", ("carriers",), check_values.part_above_whole),
    Rule("floor_ratio_high", ("carriers",), check_values.floor_ratio_high),
    Rule("dates_reversed", ("carriers", "units", "replies", "tasks"), check_values.dates_reversed),
    Rule(
        "date_in_future",
        (
            *("carriers", "units", "parks", "incubators", "platforms"),
            *("tasks", "milestones", "evidence"),
        ),
        check_values.date_in_future,
    ),
    Rule("unit_suspect", ("carriers", "units"), check_values.unit_suspect),
    Rule("leased_differs", ("carriers", "units"), check_values.leased_differs),
    Rule("units_exceed_carrier", ("carriers", "units"), check_values.units_exceed_carrier),
    Rule("negative_tax", ("carriers",), check_values.negative_tax),
    Rule("unknown_subject", ("indicators",), check_indicators.unknown_subject),
    Rule("unknown_indicator", ("indicators",), check_indicators.unknown_indicator),
    Rule("repeated_indicator", ("indicators",), check_indicators.repeated_indicator),
    Rule("indicator_range", ("indicators",), check_indicators.indicator_range),
    Rule("area_above_carrier", ("replies",), check_replies.area_above_carrier),
    Rule("start_long_ago", ("replies",), check_replies.start_long_ago),
    Rule("rent_zero", ("replies",), check_replies.rent_zero),
)
"""All checks, in the order in which their findings are told."""


def cross_check(
    accepted: pd.DataFrame,
    spec: LayerSpec,
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    request: Request,
    rows: Mapping[str, int],
    *,
    today: dt.date | None = None,
) -> tuple[Issue, ...]:
    """Check the accepted rows of a file against each other and against the other layers.

    Rows of the layer that the file does not contain are compared with, but not
    reported. A field that the file leaves empty in every row is taken from the layer.

    Parameters
    ----------
    accepted
        Accepted rows, EPSG:4490, column types of the catalogue.
    spec
        Their layer.
    tables
        Layers that are there, by key; what is missing is not compared with.
    catalogue
        All layers.
    request
        The file, for the findings.
    rows
        Row number in the file by id, for every accepted row.
    today
        The day after which nothing can have happened yet; today by default.

    Returns
    -------
    tuple of Issue
        Warnings and notes; at most :data:`MOST_LISTED` of a check, and a note if there
        are more.
    """
    if accepted.empty:
        return ()
    now = np.datetime64(today or local_day(), "s")
    scene = Scene(spec, catalogue, accepted, tables, rows, now)
    issues = [*public_places(accepted, spec, tables, request)]
    for rule in RULES:
        if spec.key in rule.layers:
            hits = list(islice(rule.find(scene), MOST_LISTED + 1))
            listed = hits[:MOST_LISTED]
            issues += [
                request.issue(
                    rule.code, rows.get(hit.id, 0), hit.field, value=hit.value, **hit.details
                )
                for hit in listed
            ]
            if len(hits) > len(listed):
                issues.append(request.issue("more_findings", check=rule.code, count=len(listed)))
    return tuple(issues)
