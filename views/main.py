"""The script that Streamlit runs: page frame, language and navigation."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from layers.errors import AtlasError
from layers.i18n import LANGUAGES
from views import account
from views import auditing
from views import calendar
from views import city
from views import compare
from views import consolidating
from views import data
from views import edit
from views import evaluating
from views import gates
from views import home
from views import importing
from views import linkage
from views import links
from views import output
from views import overview
from views import parks
from views import place
from views import plan
from views import reading
from views import scattering
from views import seen
from views import store
from views import underused
from views import who
from views.city import opening
from views.text import LANG_KEY
from views.text import LANGUAGE_NAMES
from views.text import _
from views.text import md
from views.text import pick

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

_LOG = logging.getLogger("atlas")
_TITLE = "window_title"
STATIC = Path(__file__).resolve().parent / "static"


def main() -> None:
    """Frame the page and run it."""
    _frame()
    if not _is_known():
        st.stop()
    trouble = _look()
    pages = _pages(is_city=trouble is None and place.current().city is not None)
    links.remember_pages(dict(pages))
    page = st.navigation(list(pages.values()), position="top")
    with st.sidebar:
        _language()
        _person()
    if trouble is not None:
        st.error(md(pick(trouble.text)))
        st.stop()
    place_of = place.current()
    is_city_page = page is pages.get("city")
    if is_city_page and place.is_named():
        # A link to a district that names no page, or a click on the page of the city.
        st.switch_page(pages["overview"], query_params={place.DISTRICT: place_of.name})
    if place.has_unknown() and not is_city_page:
        links.go("city")
    _open()
    if place_of.city is not None:
        with st.sidebar:
            opening.control(place_of.city)
        if not is_city_page and place_of.district is None:
            opening.ask()
            st.stop()
        if not is_city_page:
            place.keep()
            if opening.begun_anew():
                st.stop()
    _title()
    _run(page)


def _frame() -> None:
    st.set_page_config(
        # That of the run before, so that the window does not change its name back and forth.
        page_title=st.session_state.get(_TITLE) or _("Yangpu Atlas"),
        page_icon=str(STATIC / "logo.svg"),
        layout="wide",
        initial_sidebar_state="expanded",
    )
    st.html(f"<style>{(STATIC / 'style.css').read_text('utf-8')}</style>")
    st.logo(str(STATIC / "logo.svg"), size="large")


def _is_known() -> bool:
    """Tell whether whoever is at work has a role; if not, say so."""
    try:
        known = who.known() is not None
    except AtlasError as error:
        # The list of people cannot be read: its error is for the administrator's eyes.
        _LOG.error("nobody has a role: %s", error.text.en)
        known = False
    if not known:
        with st.sidebar:
            _language()
        who.no_role()
    return known


def _person() -> None:
    """Say who is at work, and as what."""
    if who.is_team():
        person = who.current()
        st.caption(f"**{md(person.name)}** · {gates.role_title(person.role)}")


def _look() -> AtlasError | None:
    """Look what is given, a workspace or a city; return why it cannot be read."""
    try:
        place.look()
    except AtlasError as error:
        return error
    return None


def _pages(*, is_city: bool) -> dict[str, Page]:
    """Return the pages by name; that of the city stands first, if there is one."""
    first = {"city": st.Page(city.render, title=_("City"), url_path="city", default=True)}
    return (
        (first if is_city else {})
        | {
            "home": st.Page(home.render, title=_("Home"), url_path="home", default=not is_city),
            "overview": gates.page("overview", overview.render, _("Overview"), "map"),
            "parks": gates.page("parks", parks.render, _("Parks")),
            "scatter": gates.page("scatter", scattering.render, _("Scatter")),
            "consolidate": gates.page("consolidate", consolidating.render, _("Consolidation")),
            "space": gates.page("space", underused.render, _("Building space")),
            "linkage": gates.page("linkage", linkage.render, _("Linkage")),
            "evaluate": gates.page("evaluate", evaluating.render, _("Evaluation")),
            "plan": gates.page("plan", plan.render, _("Action plan")),
            "calendar": gates.page("calendar", calendar.render, _("Data calendar")),
            "edit": gates.page("edit", edit.render, _("Edit")),
            "compare": gates.page("compare", compare.render, _("Compare")),
            "export": gates.page("export", output.render, _("Export")),
            "data": gates.page("data", data.render, _("Data")),
            "import": gates.page("import", importing.render, _("Import")),
            "audit": gates.page("audit", auditing.render, _("Audit")),
        }
        | (
            {"account": gates.page("account", account.render, _("Account"))}
            if who.is_team()
            else {}
        )
    )


def _language() -> None:
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


def _open() -> None:
    try:
        with st.spinner(_("Opening the workspace …"), show_time=False):
            store.begin_run()
    except AtlasError as error:
        st.error(md(pick(error.text)))
        st.stop()


def _title() -> None:
    """Name the window of the browser after what is open, which may be no place of the product."""
    st.session_state[_TITLE] = place.title(store.catalogue().title)
    st.set_page_config(page_title=st.session_state[_TITLE])


def _run(page: Page) -> None:
    above = st.container()
    known = len(store.damaged())
    try:
        page.run()
    except AtlasError as error:
        st.error(md(pick(error.text)))
    except reading.DamagedLayerError:
        if len(store.damaged()) == known:
            raise
        # Its damage was not known before it was read; without it the page can be shown.
        st.rerun()
    else:
        seen.page(page.url_path, refused=not gates.is_open(page.url_path))
    finally:
        for problem in store.damaged():
            above.error(md(pick(problem.text)))
    if store.any_sample():
        st.sidebar.caption(_("Bundled holdings and occupancy are sample data."))


main()
