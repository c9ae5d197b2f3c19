"""What a batch is asked for: the options of the plain command, and how it is divided."""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal

from geo.consolidation.solve import Settings
from geo.parameters import DEFAULTS
from layers.errors import Text
from layers.errors import UsageError
from layers.stock import DEFAULT_CHANCE
from layers.underuse.ranking import DEFAULT_RANKING

if TYPE_CHECKING:
    from datetime import date

    from geo.parameters import ScatterParameters
    from geo.scorecards import Scorecard
    from layers.stock import ChanceChoice
    from layers.underuse import RankChoice

CommandName = Literal["scatter", "underused", "consolidate"]
Division = Literal["district", "tile"]

HALO_M = 2000.0
"""How far beyond a district its surroundings are looked at [J]."""

TILE_M = 5000.0
"""Side of a tile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchWish:
    """What is computed, and how it is divided; the division never changes a result.

    Attributes
    ----------
    by, partitions, tile_m
        How the parks are put into partitions, see :func:`geo.batch.plan_partitions`;
        None for one partition a district or tile.
    halo_m
        Metres around a district in which zones, barriers and the like are given to it.
    retries
        How often a partition that fails is tried again.
    scatter, chance
        The rule of scatter, and its test against chance.
    as_of
        Day of underused space and first day of a plan; that of the data of each district
        if None.
    settings
        Parameters of underused space or of consolidation by name, with their values.
    ranking, card
        How underused space is ranked; the card of the edition if None.
    solver
        Time (seconds for each district) and gap of the solver.
    """

    by: Division = "district"
    partitions: int | None = None
    tile_m: float = TILE_M
    halo_m: float = HALO_M
    retries: int = 2
    scatter: ScatterParameters = DEFAULTS
    chance: ChanceChoice = DEFAULT_CHANCE
    as_of: date | None = None
    settings: tuple[tuple[str, Any], ...] = ()
    ranking: RankChoice = DEFAULT_RANKING
    card: Scorecard | None = None
    solver: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        """Refuse numbers that mean nothing.

        Raises
        ------
        UsageError
            Saying which number and what it must be.
        """
        few = self.partitions is not None and self.partitions < 1
        halo_fits = self.halo_m >= 0 and math.isfinite(self.halo_m)
        tile_fits = self.tile_m > 0 and math.isfinite(self.tile_m)
        checks = (
            (not few, self.partitions, "分区数须不小于 1", "partitions must be at least 1"),
            (self.retries >= 0, self.retries, "重试次数须不小于 0", "retries must be at least 0"),
            (halo_fits, self.halo_m, "外扩距离须不小于 0", "the halo must be at least 0"),
            (tile_fits, self.tile_m, "网格边长须大于 0", "the side of a tile must be above 0"),
        )
        for fits, found, zh, en in checks:
            if not fits:
                raise UsageError(Text(f"{zh}，现为 {found}", f"{en}, not {found}"))

    def identity(self, command: CommandName) -> str:
        """Return a text that differs whenever a number of a command could differ.

        The texts of :meth:`parameters` are rounded for people.

        Parameters
        ----------
        command
            Which command.
        """
        if command == "scatter":
            return repr((self.scatter, self.chance))
        of_command = (self.ranking, self.card) if command == "underused" else self.solver
        return repr((self.as_of, sorted(self.settings), of_command))

    def parameters(self, command: CommandName) -> dict[str, str]:
        """Return everything of the wish that the numbers of a command depend on, as text.

        Parameters
        ----------
        command
            Which command.
        """
        if command == "scatter":
            return {"rule": self.scatter.as_text(), "chance": _chance_text(self.chance)}
        named = ", ".join(f"{name}={value}" for name, value in sorted(self.settings))
        told = {"settings": named, "as_of": "" if self.as_of is None else str(self.as_of)}
        if command == "underused":
            card = "" if self.card is None else repr(self.card)
            return {**told, "ranking": self.ranking.as_text(), "card": card}
        solver = f"time_limit_s={self.solver.time_limit_s:g}; gap={self.solver.gap:g}"
        return {**told, "solver": solver}


def _chance_text(chance: ChanceChoice) -> str:
    uses = ",".join(chance.uses)
    return f"stock={chance.stock}; uses={uses}; draws={chance.draws}; seed={chance.seed}"
