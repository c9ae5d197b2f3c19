"""How the rows of a layer find their district: as owners of a place, or as surroundings."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Literal

from geo.batch.scopes import CODE

if TYPE_CHECKING:
    from layers.catalogue import Catalogue
    from layers.specs import LayerSpec

Kind = Literal["outline", "register", "owned", "subject", "surroundings", "shared"]

REGISTER = ("parks", "carriers", "units")
"""Layers of which rows name one another; they are read whole before any of them is filed."""

_SURROUNDINGS = frozenset(
    {"zones", "landuse", "campuses", "gates", "stations", "crossings", "barriers", "walkways"}
)

SUBJECT = "subject_id"
SUBJECTS = ("incubators",)
"""Layers besides the parks whose rows a row of indicators can be about."""

_ORDER: tuple[Kind, ...] = ("outline", "register", "owned", "surroundings", "subject", "shared")


def kind_of(spec: LayerSpec) -> Kind:
    """Return how the rows of a layer find their district.

    Parameters
    ----------
    spec
        The layer.

    Returns
    -------
    str
        ``outline``: by the code it stands for. ``register`` and ``owned``: by what it
        belongs to, or its place. ``surroundings``: to every district that it is near.
        ``subject``: to that of what it is about. ``shared``: to all.
    """
    if spec.key == "district":
        return "outline"
    if spec.key in REGISTER:
        return "register"
    if spec.key in _SURROUNDINGS:
        return "surroundings"
    if spec.geometry or any(spec.has_field(name) for name in ("park_id", "carrier_id", CODE)):
        return "owned"
    return "subject" if spec.has_field(SUBJECT) else "shared"


def in_order(keys: tuple[str, ...], catalogue: Catalogue) -> list[str]:
    """Return layers so that what decides on others comes before them.

    Parameters
    ----------
    keys
        Keys of layers.
    catalogue
        Describes them.
    """
    of_register = [key for key in REGISTER if key in keys]
    others = [key for key in keys if key not in REGISTER]
    kinds = {key: _ORDER.index(kind_of(catalogue.layer(key))) for key in keys}
    return sorted([*of_register, *others], key=lambda key: kinds[key])
