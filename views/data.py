"""数据: layers with counts, versions and sources, quality of location, history."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from layers.inventory import inventory
from layers.issues import issue_frame
from layers.team import Right
from views import card
from views import store
from views import tables
from views import who
from views.account import live
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

_OF_PEOPLE = ("author", "message", "source_file", "source_sha256")


def render() -> None:
    """Show the page."""
    cat = store.catalogue()
    st.markdown(f"### {_('Data in this workspace')}")
    told = f"{md(pick(cat.title))} · {_('catalogue')} {md(cat.version_text)}"
    # Where it lies on a server concerns those only who keep the server.
    if who.may(Right.AUDIT):
        told += f" · {_('workspace')} {md(store.current().workspace.path)}"
    st.caption(told)
    if who.may(Right.INTERNAL):
        _issues()
    layers, places, missing, history, sources = st.tabs(
        [_("Layers"), _("Quality of location"), _("Not located"), _("History"), _("Sources")]
    )
    with layers:
        _layers()
    with places:
        _quality()
    with missing:
        _not_located()
    with history:
        _history()
    with sources:
        _sources()
    if not who.is_team():
        # On a team server it is on the page of the account, beside the tokens.
        with st.expander(_("Live layers in QGIS and ArcGIS")):
            live.show()


def _issues() -> None:
    issues = store.current().issues
    serious = [issue for issue in issues if issue.severity != "info"]
    if not serious:
        return
    with st.expander(_("{n} findings when the data was read").format(n=len(serious))):
        for issue in serious[:20]:
            st.markdown(f"- {md(issue.line(lang()))}")
        tables.show(issue_frame(serious))


def _layers() -> None:
    frame = inventory(store.tables(), dict(store.versions()), store.catalogue())
    titles = {
        "title_zh" if lang() == "zh" else "title_en": _("Layer"),
        "rows": _("Rows"),
        "located": _("Located"),
        "version": _("Version"),
        "sample": _("Sample rows"),
        "sketch": _("Sketched"),
        "sources": _("Sources"),
        "layer": _("Key"),
    }
    frame = frame.assign(sources=[card.source_titles(text) for text in frame["sources"]])
    counts = ("Rows", "Located", "Sample rows", "Sketched")
    tables.show(
        frame[list(titles)].rename(columns=titles),
        config={_(name): st.column_config.NumberColumn(format="localized") for name in counts}
        | {_("Sources"): st.column_config.TextColumn(width="large")},
    )


def _quality() -> None:
    """Show how exact the places of each layer are."""
    limits = (50, 100, 250, 1_000)
    rows = []
    for spec in store.shown_layers():
        frame = store.table(spec.key)
        if "accuracy_m" not in frame:
            continue
        placed = store.located(frame)
        verified = placed["verified"].fillna(value=False).astype(bool).sum()
        row: dict[str, object] = {
            _("Layer"): pick(spec.title),
            _("Located"): len(placed),
            _("Confirmed by two sources"): int(verified),
        }
        low = 0
        for limit in limits:
            inside = placed["accuracy_m"].gt(low) & placed["accuracy_m"].le(limit)
            row[f"≤ {limit} m"] = int(inside.sum())
            low = limit
        row[f"> {low} m"] = int(placed["accuracy_m"].gt(low).sum())
        row[_("Accuracy unknown")] = int(placed["accuracy_m"].isna().sum())
        row[_("Not located")] = len(frame) - len(placed)
        rows.append(row)
    if not rows:
        st.info(_("No located layers yet."))
        return
    tables.show(pd.DataFrame(rows))
    st.caption(_("Accuracy is the radius within which the real place lies, as far as known."))


def _not_located() -> None:
    rows = []
    for spec in store.shown_layers():
        frame = store.table(spec.key)
        for _index, row in frame[frame.geometry.isna()].iterrows():
            rows.append(
                {
                    _("Layer"): pick(spec.title),
                    _("Id"): row[spec.id_field],
                    _("Name"): card.title(spec, row),
                    _("Address"): row.get("address"),
                    _("Note"): row.get("note"),
                }
            )
    if not store.shown_layers():
        st.info(_("No located layers yet."))
        return
    if not rows:
        st.success(_("Every object has a place."))
        return
    st.caption(
        _("{n} objects have no coordinates. They are listed here and never drawn.").format(
            n=num(len(rows))
        )
    )
    tables.show(pd.DataFrame(rows))


def _history() -> None:
    frame = store.history()
    if frame.empty:
        st.info(_("Nothing has been written yet."))
        return
    layers = {spec.key: pick(spec.title) for spec in store.catalogue().layers}
    frame = frame.assign(
        layer=frame["layer"].map(layers), time=frame["time"].str[:16].str.replace("T", " ")
    )
    titles = {
        "time": _("Time (UTC)"),
        "layer": _("Layer"),
        "version": _("Version"),
        "author": _("Author"),
        "message": _("Message"),
        "rows": _("Rows"),
        "rows_in": _("Rows read"),
        "rejected": _("Rejected"),
        "source_file": _("Source file"),
        "source_sha256": "SHA-256",
    }
    if frame["cleared"].ne("").any():
        frame["cleared"] = frame["cleared"].str[:10]
        titles["cleared"] = _("Cleared away on")
    if not who.may(Right.INTERNAL):
        titles = {name: title for name, title in titles.items() if name not in _OF_PEOPLE}
    counts = ("Rows", "Rows read", "Rejected")
    tables.show(
        frame[list(titles)].rename(columns=titles),
        config={_(name): st.column_config.NumberColumn(format="localized") for name in counts},
    )


def _sources() -> None:
    frame = store.sources().reset_index(drop=True)
    titles = {
        "source_id": _("Id"),
        "title_zh" if lang() == "zh" else "title_en": _("Title"),
        "publisher": _("Publisher"),
        "date": _("Date"),
        "quality": _("Quality"),
        "licence": _("Licence"),
        "reference": _("Reference"),
        "note": _("Note"),
    }
    st.caption(
        _(
            "Quality: A government, B press, C company or mirror, S survey or directory, "
            "E estimate, GK general knowledge, X generated sample"
        )
    )
    tables.show(frame[list(titles)].rename(columns=titles))
