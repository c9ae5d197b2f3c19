"""What can be said of a condition."""

from __future__ import annotations

YES, ESTIMATED, UNKNOWN, NO = "yes", "estimated", "unknown", "no"
STATES = (YES, ESTIMATED, UNKNOWN, NO)
"""States of a condition, the best first: met, met by an estimate alone, unknown, not met."""
