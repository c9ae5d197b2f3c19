"""The judgements in the status of a target, each a number that a planner may move."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import fields

from geo.parameters import in_one_line
from geo.parameters import require

MONITORING_RULE_VERSION = "monitoring-2026.1"
"""Name of the rule; it changes when a result could change."""


@dataclass(frozen=True, slots=True)
class MonitoringParameters:
    """Limits of the progress index between two statuses. Every one is a judgement [J].

    Attributes
    ----------
    ahead
        From this index on a target is ahead.
    on_track
        From this index on it is on its way; below it is slow.
    slow
        Below this index it is behind.
    """

    ahead: float = 1.05
    on_track: float = 0.95
    slow: float = 0.70

    def __post_init__(self) -> None:
        """Refuse limits that mean nothing.

        Raises
        ------
        ValueError
            Naming the parameter, its value and what it must be.
        """
        for field in fields(self):
            require(field.name, (getattr(self, field.name),), least=0.0, open_end=True)
        if not self.slow < self.on_track < self.ahead:
            msg = "The limits must rise: `slow` < `on_track` < `ahead`."
            raise ValueError(msg)

    @property
    def band(self) -> tuple[float, float]:
        """Between which indices a target is on its way."""
        return self.on_track, self.ahead

    def as_dict(self) -> dict[str, float]:
        """Return all parameters by name, ready for JSON."""
        return {field.name: float(getattr(self, field.name)) for field in fields(self)}

    def as_text(self) -> str:
        """Return all parameters as one line, ``name=value; …``, to travel with a number."""
        return in_one_line(self.as_dict())


MONITORING_DEFAULTS = MonitoringParameters()
