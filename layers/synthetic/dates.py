"""Days and months of a synthetic city, whose register is of a fixed day."""

from __future__ import annotations

DATE = "2026-09-30"
"""Date of the data."""

STALE_DATE = "2025-03-31"
"""Date of the few rows that nobody has kept up."""

THIS_MONTH = 2026 * 12 + 8
"""Month of :data:`DATE`, counted since year 0."""
