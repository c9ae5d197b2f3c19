"""Monitoring 监测: how far a numeric target is, how sure that is, and what it still needs.

The steps, each on its own:

1. *time*: shares of the way from base to target (:mod:`geo.monitoring.clock`);
2. *sum*: totals and ratios of the parts of one set of entities, unknown where a part is
   (:mod:`geo.monitoring.sums`);
3. *progress*: the index, its status, the growth that is still needed
   (:mod:`geo.monitoring.progress`);
4. *path*: what the target asks for at each date, as a band
   (:mod:`geo.monitoring.path`).

Nothing is filled in: without a base, a scope or a value there is no index.
"""

from __future__ import annotations

from geo.monitoring.clock import elapsed_share
from geo.monitoring.clock import years_between
from geo.monitoring.parameters import MONITORING_DEFAULTS
from geo.monitoring.parameters import MONITORING_RULE_VERSION
from geo.monitoring.parameters import MonitoringParameters
from geo.monitoring.path import required_path
from geo.monitoring.progress import STATUSES
from geo.monitoring.progress import attained_share
from geo.monitoring.progress import growth_needed
from geo.monitoring.progress import points_needed
from geo.monitoring.progress import progress_index
from geo.monitoring.progress import status_of
from geo.monitoring.sums import Ratio
from geo.monitoring.sums import Total
from geo.monitoring.sums import ratio_of_parts
from geo.monitoring.sums import total_of_parts

__all__ = [
    "MONITORING_DEFAULTS",
    "MONITORING_RULE_VERSION",
    "STATUSES",
    "MonitoringParameters",
    "Ratio",
    "Total",
    "attained_share",
    "elapsed_share",
    "growth_needed",
    "points_needed",
    "progress_index",
    "ratio_of_parts",
    "required_path",
    "status_of",
    "total_of_parts",
    "years_between",
]
