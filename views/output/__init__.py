"""输出: layers as files, plan sheets, and chapters for a plan document."""

from __future__ import annotations

import streamlit as st

from views import store
from views.output import chapters
from views.output import choices
from views.output import layer_files
from views.output import ready
from views.output import sheets
from views.text import _

_WHAT = "output_what"
_WAYS = {"layers": layer_files.show, "sheet": sheets.show, "chapter": chapters.show}


def render() -> None:
    """Show the page."""
    st.markdown(f"### {_('Export for plan documents')}")
    if not any(store.has(spec.key) for spec in store.catalogue().layers):
        st.info(_("This workspace holds no layers yet. Import some with `atlas import`."))
        return
    titles = {"layers": _("Layers and tables"), "sheet": _("Plan sheet"), "chapter": _("Chapter")}
    _WAYS[choices.segments(_("What to export"), titles, _WHAT, "layers")]()
    ready.recent()
