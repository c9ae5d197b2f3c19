"""What a rule made of a cell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """One cell as a rule read it.

    Attributes
    ----------
    value
        What stands in the cell from now on; ``None`` for unknown.
    codes
        Finding codes of what was assumed or converted, each once.
    """

    value: object
    codes: tuple[str, ...]
