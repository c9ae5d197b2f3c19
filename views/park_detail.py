"""The page of one park: map, seven numbers, reason, the argument behind it, its units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from geo.scatter import FORM_TITLES
from layers.i18n import unknown
from views import card
from views import links
from views import park_argument
from views import park_map
from views import store
from views import tables
from views.text import _
from views.text import esc
from views.text import lang
from views.text import md
from views.text import num
from views.text import pct

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence

    from geo.scatter import ScatterResult


def form_title(code: object) -> str:
    """Return the title of a form of scatter."""
    if unknown(code) or code not in FORM_TITLES:
        return ""
    zh, en = FORM_TITLES[str(code)]
    return zh if lang() == "zh" else en


def show(result: ScatterResult, park_id: str) -> None:
    """Show the page of a park."""
    row = result.table[result.table["park_id"].eq(park_id)].iloc[0]
    if st.button(_("← All parks"), type="tertiary"):
        st.query_params.pop(links.PARK, None)
        st.rerun()
    _heading(row)
    left, right = st.columns([5, 4], gap="medium")
    with left, st.container(key="page-map"):
        park_map.show(result, park_id)
    with right:
        _numbers(row, result)
    park_argument.show(result, row)
    _tables(result, park_id)


def _heading(row: pd.Series) -> None:
    sample = (
        f'<span class="atlas-badge sample">{esc(_("Sample holding, not the real park"))}</span>'
        if bool(not unknown(row["sample"]) and row["sample"])
        else ""
    )
    form = form_title(row["form"])
    name = card.titles("parks").get(str(row["park_id"]), row["park_name"])
    st.html(
        f'<div class="atlas-card"><h3>{esc(name)}</h3>'
        f'<div class="kind">{esc(row["park_id"])}</div>'
        f"{links.flag_badge(row['flag'])}"
        f'{f"""<span class="atlas-badge">{esc(form)}</span>""" if form else ""}{sample}</div>'
    )
    reason = row["reason_zh" if lang() == "zh" else "reason_en"]
    st.markdown(f"**{_('Why this flag')}** {md(reason)}")


def _numbers(row: pd.Series, result: ScatterResult) -> None:
    """Show the seven numbers, each with the sentence that explains it."""
    walk = num(result.parameters.walk_m)
    by_area = row["weighting"] == "floor_area"
    share_of = _("floor area") if by_area else _("the number of spaces, as areas are missing")
    entries: Sequence[tuple[str, str, str]] = (
        (
            _("Sites"),
            num(row["sites"]),
            _("Groups of this park's buildings no more than {gap} m apart.").format(
                gap=num(result.parameters.site_gap_m)
            ),
        ),
        (
            _("Effective sites"),
            num(row["effective_sites"], digits=2),
            _("The park behaves like this many equal pieces; 1 means one place."),
        ),
        (
            _("Mean distance"),
            num(row["mean_distance_m"], unit="m"),
            _("Two square metres taken at random are this far apart on foot, on average.")
            if by_area
            else _("Two spaces taken at random are this far apart on foot; areas are missing."),
        ),
        (
            _("Largest walkable share"),
            pct(row["largest_cluster_share"]),
            _("Share of {what} in the largest cluster reachable in steps of {walk} m.").format(
                what=share_of, walk=walk
            ),
        ),
        (
            _("Longest gap"),
            num(row["longest_gap_m"], unit="m"),
            _("The longest walk that cannot be avoided when linking all sites."),
        ),
        (
            _("In zones"),
            pct(row["zone_share"]),
            _("Share of {what} inside the drawn zones, which are sketches.").format(what=share_of),
        ),
        (
            _("Chance test"),
            num(row["p_low"], digits=3),
            _("Compares with spaces thrown at random on the building stock; not tested.")
            if unknown(row["p_low"])
            else _("Share of random placements at least as compact."),
        ),
    )
    lines = "".join(
        f"<tr><td>{esc(name)}<small>{esc(sentence)}</small></td><td>{esc(text)}</td></tr>"
        for name, text, sentence in entries
    )
    st.html(f'<table class="atlas-numbers">{lines}</table>')
    st.caption(
        _(
            "Stability {share}: the flag keeps its colour in this share of {runs} runs "
            "with other parameters."
        ).format(share=pct(row["stability"], digits=0), runs=len(list(result.parameters.walks())))
    )


def _tables(result: ScatterResult, park_id: str) -> None:
    shown: dict[str, Callable[[ScatterResult, str], None]] = {
        _("Units"): _units,
        _("Spaces and sites"): _spaces,
        _("Parameters and sources"): _sources,
    }
    if not _sees_units():
        del shown[_("Units")]
    for tab, show_tab in zip(st.tabs(list(shown)), shown.values(), strict=True):
        with tab:
            show_tab(result, park_id)


def _sees_units() -> bool:
    return "units" in store.catalogue().keys


def _units(result: ScatterResult, park_id: str) -> None:
    frame = store.tables().get("units", pd.DataFrame({"park_id": []}))
    own = frame[frame["park_id"].eq(park_id)]
    if own.empty:
        held = result.spaces["park_id"].eq(park_id).any()
        st.info(
            _("No units are recorded for this park; its carriers count with their gross area.")
            if held
            else _("No building space is registered for this park.")
        )
        return
    tables.show_rows(store.catalogue().layer("units"), own, without="park_id")


def _spaces(result: ScatterResult, park_id: str) -> None:
    spaces = result.spaces[result.spaces["park_id"].eq(park_id)]
    names = spaces["carrier_id"].map(card.titles("carriers")).fillna(spaces["carrier_id"])
    shown = pd.DataFrame(
        {
            _("Building"): names,
            _("Carrier id"): spaces["carrier_id"],
            _("Site"): spaces["site"] + 1,
            _("Cluster"): spaces["cluster"] + 1,
            _("Floor area (m²)"): spaces["floor_area_m2"],
            _("Located"): spaces.geometry.notna(),
        }
    ).sort_values([_("Cluster"), _("Site")])
    if not _sees_units():
        # What a park holds in a building is often what one firm rents there.
        shown = shown.drop(columns=_("Floor area (m²)"))
    tables.show(
        shown,
        config={_("Floor area (m²)"): st.column_config.NumberColumn(format="localized")},
    )
    _ellipse(result, park_id)


def _ellipse(result: ScatterResult, park_id: str) -> None:
    """Say where the park lies as a whole."""
    ellipse = park_map.ellipse(result, park_id)
    if ellipse is None:
        return
    st.caption(
        _(
            "Standard deviational ellipse of the sites: semi-axes {major} and {minor}, long "
            "axis {azimuth}° from north."
        ).format(
            major=num(ellipse.major_m, unit="m"),
            minor=num(ellipse.minor_m, unit="m"),
            azimuth=num(ellipse.azimuth_deg),
        )
    )


def _sources(result: ScatterResult, park_id: str) -> None:
    found = card.find(f"parks:{park_id}")
    if found is not None:
        card.show(*found)
    row = result.table[result.table["park_id"].eq(park_id)].iloc[0]
    versions = " · ".join(f"{key} v{version}" for key, version in store.scatter_versions())
    st.caption(
        f"{_('Rule version')} {md(row['rule_version'])} · {_('Layer versions')} {md(versions)}"
    )
    parameters = result.parameters.as_dict()
    tables.show(
        pd.DataFrame(
            {
                _("Parameter"): list(parameters),
                _("Value"): [str(value) for value in parameters.values()],
            }
        )
    )
