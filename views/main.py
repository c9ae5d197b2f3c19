"""The script that Streamlit runs: page frame, language and navigation."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from layers.errors import AtlasError
from layers.i18n import LANGUAGES
from layers.marks import is_sample
from views import compare
from views import consolidating
from views import data
from views import edit
from views import evaluating
from views import importing
from views import links
from views import output
from views import overview
from views import parks
from views import scattering
from views import store
from views import underused
from views.text import LANG_KEY
from views.text import LANGUAGE_NAMES
from views.text import _
from views.text import pick

STATIC = Path(__file__).resolve().parent / "static"


def main() -> None:
    """Frame the page and run it."""
    st.set_page_config(
        page_title=_("Yangpu Atlas"),
        page_icon=str(STATIC / "logo.svg"),
        layout="wide",
        initial_sidebar_state="expanded",
    )
    st.html(f"<style>{(STATIC / 'style.css').read_text('utf-8')}</style>")
    st.logo(str(STATIC / "logo.svg"), size="large")
    pages = {
        "overview": st.Page(overview.render, title=_("Overview"), url_path="map", default=True),
        "parks": st.Page(parks.render, title=_("Parks"), url_path="parks"),
        "scatter": st.Page(scattering.render, title=_("Scatter"), url_path="scatter"),
        "consolidate": st.Page(
            consolidating.render, title=_("Consolidation"), url_path="consolidate"
        ),
        "space": st.Page(underused.render, title=_("Building space"), url_path="space"),
        "evaluate": st.Page(evaluating.render, title=_("Evaluation"), url_path="evaluate"),
        "edit": st.Page(edit.render, title=_("Edit"), url_path="edit"),
        "compare": st.Page(compare.render, title=_("Compare"), url_path="compare"),
        "export": st.Page(output.render, title=_("Export"), url_path="export"),
        "data": st.Page(data.render, title=_("Data"), url_path="data"),
        "import": st.Page(importing.render, title=_("Import"), url_path="import"),
    }
    links.remember_pages(dict(pages))
    page = st.navigation(list(pages.values()), position="top")
    with st.sidebar:
        st.segmented_control(
            _("Language"),
            LANGUAGES,
            format_func=LANGUAGE_NAMES.__getitem__,
            key=LANG_KEY,
            default=LANGUAGES[0],
            # In the address, so that a reload and a shared link keep the language.
            bind="query-params",
            required=True,
            label_visibility="collapsed",
        )
    try:
        with st.spinner(_("Opening the workspace …"), show_time=False):
            store.begin_run()
    except AtlasError as error:
        st.error(pick(error.text))
        st.stop()
    for problem in store.damaged():
        st.error(pick(problem.text))
    try:
        page.run()
    except AtlasError as error:
        st.error(pick(error.text))
    if any(bool(is_sample(frame).any()) for frame in store.tables().values()):
        st.sidebar.caption(_("Bundled holdings and occupancy are sample data."))


main()
