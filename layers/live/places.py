"""Which workspace an address means: the one there is, or a district of the city."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.catalogue import load_catalogue
from layers.city import City
from layers.city import is_city
from layers.edition import catalogue_of
from layers.errors import Text
from layers.live.refusals import nothing_here
from layers.startup import open_or_create
from layers.workspace import Workspace
from layers.workspace import default_path

if TYPE_CHECKING:
    from layers.city import District

_AUTHOR = "atlas app"


@dataclass(frozen=True, slots=True)
class LivePlace:
    """A workspace with the names people give it.

    Attributes
    ----------
    workspace
        It.
    name
        How it is called in an address; empty for a workspace that is alone.
    title
        What it is called.
    """

    workspace: Workspace
    name: str
    title: Text


def districts_of() -> tuple[District, ...] | None:
    """Return the districts of the city of this server, ``None`` if it has one workspace.

    Raises
    ------
    AtlasError
        If the city cannot be read.
    """
    root = default_path()
    return City.open(root).districts if is_city(root) else None


def place_of(name: str) -> LivePlace:
    """Return what an address means.

    Parameters
    ----------
    name
        Name of a district; empty where there is one workspace.

    Raises
    ------
    LiveRefusal
        404 if there is no such district.
    AtlasError
        If the workspace cannot be opened.
    """
    root = default_path()
    districts = districts_of()
    if districts is None:
        if name:
            raise nothing_here()
        workspace, _issues = open_or_create(root, catalogue_of(root), author=_AUTHOR)
        return LivePlace(workspace, "", workspace.catalogue.title)
    found = next((district for district in districts if district.path.name == name), None)
    if found is None:
        raise nothing_here()
    workspace = Workspace.open(found.path, catalogue_of(found.path))
    city = workspace.catalogue.title
    title = Text(f"{city.zh}·{found.title.zh}", f"{city.en}, {found.title.en}")
    return LivePlace(workspace, name, title)


def city_title() -> Text:
    """Return what the city of this server is called."""
    root = default_path()
    if not is_city(root):
        return load_catalogue().title
    return City.open(root).title or catalogue_of(root).title
