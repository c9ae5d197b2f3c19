"""Checks of operators' replies against the carrier that they are about, and of slips in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from layers.intake.checks.check_values import ROUNDING
from layers.intake.checks.checking import Hit
from layers.intake.checks.checking import days
from layers.intake.checks.checking import numbers
from layers.intake.checks.checking import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.intake.checks.checking import Scene

FIRST_START = np.datetime64("2000-01-01", "s")
"""No operator that replies today starts before; a spreadsheet's zero is a day of 1899 [J]."""

_AREAS = ("vacant_area_m2", "wanted_area_m2")
_WHOLES = ("rentable_area_m2", "gross_area_m2")
_RENT = "rent_offer_yuan_m2_day"


def area_above_carrier(scene: Scene) -> Iterator[Hit]:
    """Find areas of replies that are more than the carrier has: to let, else gross."""
    carriers = scene.layer("carriers")
    if carriers.empty:
        return
    at = pd.Index(texts(carriers, "carrier_id")).get_indexer(
        pd.Index(texts(scene.after, "carrier_id"))
    )
    rentable, gross = (numbers(carriers, name)[at] for name in _WHOLES)
    whole = np.where(np.isnan(rentable), gross, rentable)
    spec = scene.catalogue.layer("carriers")
    for name in _AREAS:
        areas = numbers(scene.after, name)
        title = scene.spec.field(name).title
        for i in np.flatnonzero(scene.mine & (at >= 0) & (areas > whole * (1 + ROUNDING))):
            of = spec.field(_WHOLES[int(np.isnan(rentable[i]))]).title
            details = {
                "title_zh": title.zh,
                "title_en": title.en,
                "carrier": str(carriers["carrier_id"].iloc[at[i]]),
                "whole_zh": of.zh,
                "whole_en": of.en,
                "whole": f"{whole[i]:,.1f}",
            }
            yield Hit(scene.ids[i], name, f"{areas[i]:,.1f}", details)


def start_long_ago(scene: Scene) -> Iterator[Hit]:
    """Find dates of entry that lie before any reply."""
    early = days(scene.after, "start") < FIRST_START
    told = texts(scene.after, "start")
    for i in np.flatnonzero(scene.mine & early):
        yield Hit(scene.ids[i], "start", told[i][:10], {"limit": str(FIRST_START)[:10]})


def rent_zero(scene: Scene) -> Iterator[Hit]:
    """Find rents of 0, which are more often no offer than space for nothing."""
    for i in np.flatnonzero(scene.mine & (numbers(scene.after, _RENT) == 0)):
        yield Hit(scene.ids[i], _RENT, "0")
