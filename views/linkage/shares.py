"""The indicators as figures, of one park or of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.i18n import unknown
from views import figures
from views.linkage import words
from views.text import _
from views.text import num
from views.text import pct

if TYPE_CHECKING:
    import pandas as pd

    from layers.access import Access


def row_of(found: Access, park: str | None) -> pd.Series | None:
    """Return the shares of a park, or of all parks; None if no space of it is registered."""
    if park is None:
        return found.district.iloc[0] if len(found.district) else None
    own = found.parks[found.parks.index == park]
    return own.iloc[0] if len(own) else None


def show(found: Access, row: pd.Series) -> None:
    """Show the overlap and the other indicators, each with what is not known of it."""
    figures.show(cells(found, row))


def cells(found: Access, row: pd.Series) -> list[tuple[str, str]]:
    """Return figure and title of every indicator.

    Parameters
    ----------
    found
        The linkage, for its thresholds.
    row
        Of :attr:`geo.access.AccessResult.parks`.
    """
    rule = found.parameters
    gate, rail = num(rule.gate_m, unit="m"), num(rule.rail_m, unit="m")
    titles = {
        "linked_gate": _("of floor area ≤ {m} from a gate of the linked university").format(m=gate),
        "any_gate": _("of floor area ≤ {m} from a gate of any university").format(m=gate),
        "rail": _("of floor area ≤ {m} from a station").format(m=rail),
        "rail_far": _("of floor area ≤ {m} from a station").format(
            m=num(rule.rail_far_m, unit="m")
        ),
        "community": _("of floor area with at least {n} of six groups ≤ {m}").format(
            n=num(rule.least_groups), m=num(rule.community_m, unit="m")
        ),
    }
    told = [_cell(overlap(row), _("of floor area meets all three (overlap)"))]
    told += [
        _cell(words.share(row, name, counted=rule.count_estimates), title)
        for name, title in titles.items()
    ]
    told.append(
        (
            groups(row),
            _("of six groups on average within {m}").format(m=num(rule.community_m, unit="m")),
        )
    )
    told.append(_cell(open_share(row), _("of floor area near campus facilities open to tenants")))
    return told


def overlap(row: pd.Series) -> tuple[str, str]:
    """Return the overlap share in words; “unknown” if everything is possible."""
    low, high = row["overlap_share_low"], row["overlap_share_high"]
    return words.ranged(row["overlap_share"], low, high, is_unknown=low <= 0 and high >= 1)


def groups(row: pd.Series) -> str:
    """Return how many groups are near on average, from certain to possible."""
    low, high = (num(row[f"groups_mean_{side}"], digits=1) for side in ("low", "high"))
    return low if low == high else f"{low}–{high}"


def open_share(row: pd.Series) -> tuple[str, str]:
    """Return the share near open campus facilities in words."""
    share, left = row["open_share"], row["open_share_unknown"]
    return words.ranged(share, share, share + left, is_unknown=left >= 1)


def _cell(told: tuple[str, str], title: str) -> tuple[str, str]:
    figure, estimated = told
    if not estimated:
        return figure, title
    return figure, f"{title} · {_('with estimates {share}').format(share=estimated)}"


def known_pct(row: pd.Series, name: str, unknown_part: str) -> float | None:
    """Return a share in percent for a table that sorts, None if nothing is known of it."""
    if unknown(row[name]) or row[unknown_part] >= 1:
        return None
    return float(row[name]) * 100


def class_text(row: pd.Series) -> str:
    """Return how the floor area divides into the classes, in one line."""
    whole = row["floor_area_m2"]
    if unknown(whole) or whole <= 0:
        return _("No floor area is known.")
    parts = [
        f"{words.class_title(number)} {pct(row[f'class_{number}_m2'] / whole)}"
        for number in (3, 2, 1, 0)
    ]
    parts.append(f"{words.class_title(None)} {pct(row['class_unknown_m2'] / whole)}")
    text = _("Of {area} of floor area: {parts}.").format(
        area=num(whole, unit="m²"), parts=_(", ").join(parts)
    )
    if row["undecided_m2"] > 0:
        text += " " + _("Estimated or to be verified: {area}.").format(
            area=num(row["undecided_m2"], unit="m²")
        )
    if row["spaces_without_area"]:
        text += " " + _("{n} spaces have no known floor area and are not in it.").format(
            n=num(row["spaces_without_area"])
        )
    return text
