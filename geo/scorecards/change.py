"""Change against the market: who takes over a weak building must not be judged by its level."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import TypeVar

if TYPE_CHECKING:
    import pandas as pd

Amount = TypeVar("Amount", float, "pd.Series[float]")


def difference_in_differences(
    before: Amount, after: Amount, peer_before: Amount, peer_after: Amount
) -> Amount:
    """Return the change of a place less the change of similar places.

    (after - before) - (peer_after - peer_before); Ashenfelter and Card, Review of
    Economics and Statistics 67, 1985. It is the operator's doing only as far as the
    place would have gone the way of its peers.

    Parameters
    ----------
    before, after
        Level of the place at two dates, in any unit; NaN is unknown.
    peer_before, peer_after
        Level of similar places, or of the market, at the same dates and in that unit.

    Returns
    -------
    float or pandas.Series
        In the unit of the levels; NaN if any is unknown. For vacancy less than 0 is
        better than the market.
    """
    return (after - before) - (peer_after - peer_before)
