"""To whom rows belong, where a scope is given rows of others besides its own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd

    from layers.batch.staging import Stage


class Owners(NamedTuple):
    """To whom rows belong, where a scope was also given rows of others.

    Attributes
    ----------
    parks
        Scope by park id.
    guests
        Ids of the carriers that are guests, by scope.
    """

    parks: Mapping[str, str]
    guests: Mapping[str, frozenset[str]]


def owners_of(stage: Stage) -> Owners:
    """Return to whom the rows of a stage belong."""
    parks = stage.parks
    return Owners(dict(zip(parks["park_id"], parks["scope"], strict=True)), stage.guests)


def own_rows(stage: Stage, frame: pd.DataFrame, scope: str) -> list[bool]:
    """Return which carriers of a scope belong to it.

    Parameters
    ----------
    stage
        Where they are from.
    frame
        ``park_id`` and ``carrier_id``.
    scope
        The district code.
    """
    parks, carriers = frame["park_id"].tolist(), frame["carrier_id"].tolist()
    return is_own(parks, carriers, scope, owners_of(stage))


def is_own(
    parks: Sequence[str | None], carriers: Sequence[str | None], scope: str, owners: Owners
) -> list[bool]:
    """Return which rows belong to a scope and are not only seen from it.

    What has a park goes with it; a carrier of no park is where it is no guest.

    Parameters
    ----------
    parks, carriers
        Ids of the rows, None or NaN where there is none.
    scope
        The district code.
    owners
        To whom rows belong.
    """
    guests = owners.guests.get(scope, frozenset())
    return [
        owners.parks.get(park, scope) == scope if isinstance(park, str) else carrier not in guests
        for park, carrier in zip(parks, carriers, strict=True)
    ]
