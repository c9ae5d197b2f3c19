"""Which folder a session looks at: a workspace, or a district of a city.

The address names the district, so that a reload, a bookmark and the browser's Back lead
to it; the session keeps it where the address says nothing, as after a click in the
navigation. Only the small file of the city is read here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from layers.city import City
from layers.city import is_city
from layers.workspace import default_path
from views.text import LANG_KEY
from views.text import pick

if TYPE_CHECKING:
    from pathlib import Path

    from layers.city import District
    from layers.errors import Text

DISTRICT = "district"
"""Name of the code of the district in the address and in the session."""

PLACE = "place"
CODE = "district_code"
UNKNOWN = "district_unknown"
NAMES = (PLACE, CODE, UNKNOWN)
"""What is kept in the session."""

_MOST_TEXT = 80


@dataclass(frozen=True, slots=True)
class Place:
    """What a session looks at, as of this run.

    Attributes
    ----------
    root
        The folder that was given: a workspace or a city.
    city
        The city, None for a workspace.
    district
        The district of the city that is open, None if none was chosen.
    """

    root: Path
    city: City | None = None
    district: District | None = None

    @property
    def folder(self) -> Path | None:
        """Folder of the workspace, None in a city of which no district was chosen."""
        if self.city is None:
            return self.root
        return None if self.district is None else self.district.path

    @property
    def name(self) -> str:
        """What tells the maps of one district from those of another; empty for a workspace."""
        return "" if self.district is None else name_of(self.district)


def title(edition: Text) -> str:
    """Return what the window of the browser is called: the district, the city, the edition.

    Parameters
    ----------
    edition
        Title of the edition; of a city with a title of its own it is left out, because the
        city may have been made from the edition of one of its districts.
    """
    open_ = current()
    own = edition if open_.city is None or open_.city.title is None else open_.city.title
    named = [] if open_.district is None else [open_.district.title]
    return " · ".join(dict.fromkeys(pick(one) for one in (*named, own)))


def name_of(district: District) -> str:
    """Return what a district is called in the address; also what belongs to none has a name."""
    return district.path.name


def look() -> Place:
    """Look what is given and what the address says, once at the start of a run.

    Raises
    ------
    AtlasError
        If the city cannot be read.
    """
    root = default_path()
    found = Place(root)
    if is_city(root):
        city = City.open(root)
        found = Place(root, city, _asked(city))
    st.session_state[PLACE] = found
    return found


def current() -> Place:
    """Return what this run looks at."""
    found = st.session_state.get(PLACE)
    # Outside of a run the session is nobody's, and may remember another folder.
    if isinstance(found, Place) and found.root == default_path():
        return found
    return look()


def _asked(city: City) -> District | None:
    """Return the district of the address, or else of the session."""
    known = {name_of(district): district for district in city.districts}
    asked = st.query_params.get(DISTRICT)
    if asked is not None:
        if asked not in known:
            st.session_state[UNKNOWN] = str(asked)[:_MOST_TEXT]
            st.query_params.pop(DISTRICT, None)
        st.session_state[CODE] = asked
    return known.get(st.session_state.get(CODE, ""))


def is_named() -> bool:
    """Tell whether the address names a district."""
    return DISTRICT in st.query_params


def keep() -> None:
    """Write the open district into the address."""
    code = current().name
    if code and st.query_params.get(DISTRICT) != code:
        st.query_params[DISTRICT] = code


def switch(district: str) -> None:
    """Open another district by its name in the address.

    What else the address says is of the one before, and of no use there.
    """
    for name in list(st.query_params):
        if name not in {DISTRICT, LANG_KEY}:
            st.query_params.pop(name, None)
    st.query_params[DISTRICT] = district


def has_unknown() -> bool:
    """Tell whether the address named a district that there is not."""
    return UNKNOWN in st.session_state


def unknown() -> str:
    """Return a code of the address that no district has, once; empty if there was none."""
    return str(st.session_state.pop(UNKNOWN, ""))
