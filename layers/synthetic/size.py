"""How large a synthetic city is, and how it is called."""

from __future__ import annotations

from dataclasses import dataclass

_PER_CARRIER = 3


@dataclass(frozen=True, slots=True)
class CitySize:
    """Numbers of rows of a synthetic city.

    Attributes
    ----------
    districts
        Districts; each has about :data:`layers.synthetic.ground.DISTRICT_M2`.
    parks, carriers, buildings
        Rows of these layers.
    units
        Rows of that layer; three times the carriers if None.
    seed
        The same seed gives the same city.
    streets
        Whether there are walkways: streets every 400 m.

    Raises
    ------
    ValueError
        If there is no district, or a number is negative.
    """

    districts: int = 16
    parks: int = 5000
    carriers: int = 100_000
    buildings: int = 1_500_000
    units: int | None = None
    seed: int = 2026
    streets: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing."""
        if self.districts < 1:
            msg = f"`districts` must be at least 1, not {self.districts}."
            raise ValueError(msg)
        for name in ("parks", "carriers", "buildings", "units", "seed"):
            value = getattr(self, name)
            if value is not None and value < 0:
                msg = f"`{name}` must be at least 0, not {value}."
                raise ValueError(msg)

    @property
    def unit_rows(self) -> int:
        """Rows of the layer ``units``."""
        if self.carriers == 0:
            return 0
        return _PER_CARRIER * self.carriers if self.units is None else self.units

    @property
    def source(self) -> str:
        """What every row names as its source."""
        return f"synthetic-city seed={self.seed}"
