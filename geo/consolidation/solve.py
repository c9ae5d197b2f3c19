"""Solve 求解: HiGHS on a model, with what it says while it works and when it ends.

HiGHS (Huangfu and Hall 2018) is used directly: through its own interface it takes a
plan to start from, tells how far it is, and can be stopped. Its word is passed on as
it is: a plan is called optimal when no better one can exist, and not before.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.consolidation.model import Model

    Floats = NDArray[np.float64]

Status = Literal["optimal", "within_gap", "time_limit", "stopped", "infeasible"]
Stage = Literal["fewest", "cost", "zones"]

_TOLERANCE = 1e-9
# A proven bound this close to the plan is the plan: sums of floating point numbers.
_CLOSE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How long and how closely to solve; none of it changes what is sought.

    Attributes
    ----------
    time_limit_s
        For everything that is asked at once, seconds.
    gap
        A plan this close to the bound is good enough, as a share of it; 0 for proof.
    threads
        Threads of the solver.
    cuts
        Whether the model has the rows (8).
    """

    time_limit_s: float = 120.0
    gap: float = 0.0
    threads: int = 1
    cuts: bool = True


class Progress(NamedTuple):
    """How far the solver is.

    Attributes
    ----------
    stage
        ``fewest`` presences, least ``cost`` for a number of them, or more area in
        ``zones`` for it.
    step, steps
        Which of how many programmes.
    presences
        Most presences of the programme; None if it asks for the fewest.
    incumbent, bound
        The best found and the best possible, presences or 万元 or m²; None if unknown.
    gap
        Their distance as a share of the best found; None if unknown, and for ``zones``,
        where what is gained may be next to nothing.
    seconds
        Since everything began.
    """

    stage: Stage
    step: int
    steps: int
    presences: int | None
    incumbent: float | None
    bound: float | None
    gap: float | None
    seconds: float


Watch = Callable[[Progress], bool]
"""Told how far the solver is; returns False to stop it."""

Tell = Callable[[float | None, float | None], bool]
"""Told the best found and the best possible of one programme; returns False to stop."""


class Row(NamedTuple):
    """One more row of a model: the sum of `value` over the columns, between two bounds."""

    value: Floats
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Solution:
    """The solver's word on one programme.

    Attributes
    ----------
    status
        ``optimal`` only if nothing better exists.
    objective
        Of the best found; NaN if none was.
    bound
        No plan has a smaller objective: proven. Infinite if there is no plan.
    columns
        Their values, 0 or 1; None if none were found.
    seconds
        Spent.
    """

    status: Status
    objective: float
    bound: float
    columns: Floats | None
    seconds: float

    @property
    def gap(self) -> float:
        """Distance of the best found from the bound, as a share; NaN if unknown."""
        return relative_gap(self.objective, self.bound)


def relative_gap(found: float, bound: float) -> float:
    """Return how far a plan may be from the best possible, as a share of its value.

    Parameters
    ----------
    found, bound
        Value of the plan and what no plan is below.

    Returns
    -------
    float
        0 if the plan is proven; NaN if there is no plan; infinite if there is no bound, or
        the plan is 0 and the bound is not.
    """
    if math.isnan(found):
        return math.nan
    apart = max(found - bound, 0.0)
    if apart <= _CLOSE * max(1.0, abs(found)):
        return 0.0
    return apart / abs(found) if found else math.inf


def minimise(
    model: Model,
    objective: Floats,
    rows: Sequence[Row] = (),
    *,
    start: Floats | None = None,
    settings: Settings,
    time_limit_s: float,
    presolve: bool = False,
    tell: Tell | None = None,
) -> Solution:
    """Find the values of the columns with the smallest objective.

    Parameters
    ----------
    model
        The programme.
    objective
        What each column adds, shape (columns,).
    rows
        Further rows.
    start
        Values to start from, see :meth:`geo.consolidation.model.Model.vector`; they
        need not keep every row.
    settings
        Gap and threads.
    time_limit_s
        Seconds for this programme.
    presolve
        Whether HiGHS simplifies the programme first. That halves the time for the fewest
        presences. For the least cost it takes longer than all the rest, and what it
        leaves is no easier: :mod:`geo.consolidation.reduce` has left out what can be.
    tell
        Told how far it is, several times a second.

    Returns
    -------
    Solution
        The solver's word.
    """
    began = time.perf_counter()
    if not objective.size:
        if any(not row.lower <= 0.0 <= row.upper for row in rows):
            return Solution("infeasible", math.nan, math.inf, None, 0.0)
        return Solution("optimal", 0.0, 0.0, np.empty(0), 0.0)
    solver = _solver(model, objective, rows, settings, time_limit_s, presolve=presolve)
    if start is not None:
        _start_from(solver, start)
    stopped = _listen(solver, tell)
    solver.run()
    return _word(solver, objective, settings, stopped=stopped, began=began)


def _solver(
    model: Model,
    objective: Floats,
    rows: Sequence[Row],
    settings: Settings,
    time_limit_s: float,
    *,
    presolve: bool,
) -> Any:  # noqa: ANN401 - HiGHS has no types
    import highspy

    matrix = model.rows
    if rows:
        matrix = sp.csr_array(sp.vstack([matrix, sp.csr_array(np.vstack([r.value for r in rows]))]))
    programme = highspy.HighsLp()
    programme.num_col_, programme.num_row_ = matrix.shape[1], matrix.shape[0]
    programme.col_cost_ = objective
    programme.col_lower_, programme.col_upper_ = model.lower, model.upper
    programme.row_lower_ = np.append(model.row_lower, [row.lower for row in rows])
    programme.row_upper_ = np.append(model.row_upper, [row.upper for row in rows])
    programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    programme.a_matrix_.start_ = matrix.indptr
    programme.a_matrix_.index_ = matrix.indices
    programme.a_matrix_.value_ = matrix.data
    programme.integrality_ = [highspy.HighsVarType.kInteger] * objective.size

    class Quiet(highspy.Highs):
        """HiGHS writes its name on the standard output as soon as it is made, unless told."""

        def enableCallbacks(self) -> Any:  # noqa: N802, ANN401 - the name is of HiGHS
            self.setOptionValue("output_flag", False)  # noqa: FBT003 - of HiGHS
            return super().enableCallbacks()  # type: ignore[no-untyped-call] # of HiGHS

    solver: Any = Quiet()  # type: ignore[no-untyped-call] # of HiGHS
    for name, value in {
        "threads": settings.threads,
        "time_limit": max(time_limit_s, 0.01),
        "mip_rel_gap": settings.gap,
        "presolve": "on" if presolve else "off",
        # Capacities and budgets are kept to the square metre and the yuan.
        "mip_feasibility_tolerance": _TOLERANCE,
        "primal_feasibility_tolerance": _TOLERANCE,
    }.items():
        solver.setOptionValue(name, value)
    solver.passModel(programme)
    return solver


def _start_from(solver: Any, values: Floats) -> None:  # noqa: ANN401 - HiGHS has no types
    import highspy

    solution = highspy.HighsSolution()
    solution.col_value = values.tolist()
    solver.setSolution(solution)


def _listen(solver: Any, tell: Tell | None) -> list[bool]:  # noqa: ANN401 - HiGHS has no types
    """Pass on what the solver says; what is returned is filled once it was told to stop."""
    stopped: list[bool] = []
    if tell is None:
        return stopped

    def heard(event: Any) -> None:  # noqa: ANN401 - HiGHS has no types
        found, bound = event.data_out.mip_primal_bound, event.data_out.mip_dual_bound
        told = [value if math.isfinite(value) else None for value in (found, bound)]
        if not tell(told[0], told[1]):
            event.data_in.user_interrupt = True
            stopped.append(True)

    solver.cbMipInterrupt.subscribe(heard)
    return stopped


def _word(
    solver: Any,  # noqa: ANN401 - HiGHS has no types
    objective: Floats,
    settings: Settings,
    *,
    stopped: list[bool],
    began: float,
) -> Solution:
    import highspy

    info, said = solver.getInfo(), solver.getModelStatus()
    seconds = time.perf_counter() - began
    if said in {
        highspy.HighsModelStatus.kInfeasible,
        highspy.HighsModelStatus.kUnboundedOrInfeasible,  # nothing is unbounded here
    }:
        return Solution("infeasible", math.nan, math.inf, None, seconds)
    values = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        values = np.rint(np.asarray(solver.getSolution().col_value))
    found = math.nan if values is None else float(objective @ values)
    bound = _bound(float(info.mip_dual_bound), objective)
    if not math.isnan(found):
        bound = min(bound, found)
    return Solution(_status(found, bound, settings, stopped), found, bound, values, seconds)


def _bound(bound: float, objective: Floats) -> float:
    """Return the bound, raised to the next whole number where only those can be reached."""
    if not math.isfinite(bound):
        return float(objective[objective < 0].sum())
    whole = bool((objective == np.rint(objective)).all())
    return math.ceil(bound - _CLOSE) if whole else bound


def _status(found: float, bound: float, settings: Settings, stopped: list[bool]) -> Status:
    gap = relative_gap(found, bound)
    if gap == 0.0:
        return "optimal"
    if stopped:
        return "stopped"
    return "within_gap" if gap <= settings.gap else "time_limit"
