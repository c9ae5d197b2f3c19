"""三区联动: how building space is linked to campus, rail and neighbourhood on foot.

Read it in this order: :mod:`~geo.access.parameters` (the judgements),
:mod:`~geo.access.walks` (how far), :mod:`~geo.access.supply` (how much for how many),
:mod:`~geo.access.nearest` (what decides), :mod:`~geo.access.linkage` (the conditions and
the class), :mod:`~geo.access.shares` (the shares of floor area) and
:mod:`~geo.access.reasons` (the words).
"""

from __future__ import annotations

from geo.access.linkage import BASES
from geo.access.linkage import CONDITIONS
from geo.access.linkage import KINDS
from geo.access.linkage import AccessResult
from geo.access.linkage import Destinations
from geo.access.linkage import linkage
from geo.access.nearest import NEAREST_KEYS
from geo.access.nearest import thresholds
from geo.access.nearest import universities
from geo.access.parameters import ACCESS_RULE_VERSION
from geo.access.parameters import GROUP_NAMES
from geo.access.parameters import GROUPS
from geo.access.parameters import LINKS
from geo.access.parameters import AccessParameters
from geo.access.shares import CONDITION_SHARES
from geo.access.states import ESTIMATED
from geo.access.states import NO
from geo.access.states import STATES
from geo.access.states import UNKNOWN
from geo.access.states import YES
from geo.access.supply import Share
from geo.access.supply import TwoStep
from geo.access.supply import decay
from geo.access.supply import gravity
from geo.access.supply import share_within
from geo.access.supply import two_step
from geo.access.walks import BLOCKED
from geo.access.walks import CROSSING
from geo.access.walks import NETWORK
from geo.access.walks import STRAIGHT
from geo.access.walks import WAYS
from geo.access.walks import walks

__all__ = [
    "ACCESS_RULE_VERSION",
    "BASES",
    "BLOCKED",
    "CONDITIONS",
    "CONDITION_SHARES",
    "CROSSING",
    "ESTIMATED",
    "GROUPS",
    "GROUP_NAMES",
    "KINDS",
    "LINKS",
    "NEAREST_KEYS",
    "NETWORK",
    "NO",
    "STATES",
    "STRAIGHT",
    "UNKNOWN",
    "WAYS",
    "YES",
    "AccessParameters",
    "AccessResult",
    "Destinations",
    "Share",
    "TwoStep",
    "decay",
    "gravity",
    "linkage",
    "share_within",
    "thresholds",
    "two_step",
    "universities",
    "walks",
]
