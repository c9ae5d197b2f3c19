"""From the layers of an edition to a consolidation plan, and to the scatter after it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from geo.consolidation.parameters import ConsolidationParameters
from geo.consolidation.plan import units_after
from geo.consolidation.register import register
from geo.crs import to_metric
from geo.district import TREND_NUMBERS
from layers.analysis import metric_layer
from layers.analysis import require_layers
from layers.analysis import scatter_of
from layers.belonging import measured_at_home
from layers.belonging import parks_elsewhere
from layers.clock import local_day
from layers.errors import Text
from layers.errors import UsageError
from layers.frames import GEOMETRY
from layers.ids import strangers
from layers.stock import DEFAULT_CHANCE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

    from geo.consolidation.overrides import Override
    from geo.consolidation.register import Register
    from geo.scatter import ScatterParameters
    from geo.scatter import ScatterResult
    from layers.catalogue import Catalogue
    from layers.stock import ChanceChoice

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

CONSOLIDATION_LAYERS = ("parks", "carriers", "units", "zones", "barriers")
"""The layers that a consolidation plan is computed from."""

COMPARED_NUMBERS = tuple(name for name in TREND_NUMBERS if name != "p_low")
"""The scatter numbers that are held against each other before and after a plan."""

_HORIZON_MONTHS = 24

_PARK = Text("园区", "park")
_UNIT = Text("单元", "unit")
_CARRIER = Text("载体", "carrier")
_HOST = Text("空置单元", "vacant unit")


def default_parameters(tables: Tables, **changes: Any) -> ConsolidationParameters:  # noqa: ANN401 - numbers, days or None
    """Return the parameters of a plan that starts on the day the register was made.

    Parameters
    ----------
    tables
        Layers by key; the latest ``data_date`` of ``units`` is the first day of the
        plan, today if no unit has one.
    changes
        Parameters by name that are not to be the defaults. The horizon is 24 months
        after the first day unless it is among them.

    Returns
    -------
    ConsolidationParameters
        The parameters.

    Raises
    ------
    ValueError
        If a value means nothing, see :class:`ConsolidationParameters`.
    """
    as_of: date = changes.pop("as_of", None) or _latest_day(tables)
    later = pd.Timestamp(as_of) + pd.DateOffset(months=_HORIZON_MONTHS)
    horizon: date = changes.pop("horizon", None) or later.date()
    return ConsolidationParameters(as_of=as_of, horizon=horizon, **changes)


def register_of(
    tables: Tables,
    catalogue: Catalogue,
    parameters: ConsolidationParameters,
    parks: Sequence[str] | None = None,
    overrides: Sequence[Override] = (),
) -> Register:
    """Make the register that a plan is decided on.

    Parameters
    ----------
    tables
        Layers by key: ``carriers`` and ``units`` are needed; the others of
        :data:`CONSOLIDATION_LAYERS` are used if they are there.
    catalogue
        Gives the central meridian of the district's metric CRS.
    parameters
        Limits and costs.
    parks
        Ids of the parks whose units may move; by default all but those that belong to
        another district.
    overrides
        What planners settled; one about what is no longer in the layers is listed as
        a conflict, so that a scenario outlives its data.

    Returns
    -------
    Register
        See :func:`geo.consolidation.register.register`; metric CRS.

    Raises
    ------
    AtlasError
        If a needed layer is missing; UsageError if a park is not known.
    """
    require_layers(tables, "carriers", "units")
    known = known_ids(tables)["park_id"]
    refuse_unknown(_PARK, parks or (), known)
    if parks is None and parks_elsewhere(tables):
        parks = measured_at_home(known, tables)
    meridian = catalogue.central_meridian
    barriers = metric_layer(tables, "barriers", meridian)
    return register(
        to_metric(tables["carriers"], central_meridian=meridian),
        tables["units"],
        metric_layer(tables, "zones", meridian),
        parameters,
        parks=parks,
        barriers=None if barriers is None else barriers[GEOMETRY],
        overrides=overrides,
    )


def after_of(
    tables: Tables,
    catalogue: Catalogue,
    register: Register,
    host: NDArray[np.intp],
    parameters: ScatterParameters | None = None,
    chance: ChanceChoice = DEFAULT_CHANCE,
) -> tuple[ScatterResult, ScatterResult]:
    """Measure how scattered the parks of a register are before and after a plan.

    Both are measured by the same rule and held against the same chance.

    Parameters
    ----------
    tables, catalogue
        As in :func:`register_of`.
    register
        What the plan was decided on.
    host
        Row of the host of each unit, -1 for a unit that stays; shape (units,).
    parameters, chance
        As in :func:`layers.analysis.scatter_of`.

    Returns
    -------
    tuple of ScatterResult
        Before and after; the parks of the register.
    """
    moved = {**tables, "units": units_after(tables["units"], register, host)}
    before, after = (
        scatter_of(state, catalogue, parameters, register.parks, chance=chance)
        for state in (tables, moved)
    )
    return before, after


def before_after(before: ScatterResult, after: ScatterResult) -> pd.DataFrame:
    """Return the scatter numbers of each park before and after a plan, side by side.

    Parameters
    ----------
    before, after
        Results of :func:`after_of`.

    Returns
    -------
    pandas.DataFrame
        ``park_id``, ``park_name``, ``flag_before``, ``flag_after``, then each of
        :data:`COMPARED_NUMBERS` as ``…_before`` and ``…_after``, and ``sample``;
        ordered as `before`. A number that is unknown is missing, not 0.
    """
    names = ("flag", *COMPARED_NUMBERS)
    then, now = (state.table.set_index("park_id") for state in (before, after))
    now = now.reindex(then.index)
    columns: dict[str, pd.Series[Any]] = {"park_name": then["park_name"]}
    for name in names:
        columns |= {f"{name}_before": then[name], f"{name}_after": now[name]}
    columns["sample"] = then["sample"] | now["sample"].fillna(value=False)
    return pd.DataFrame(columns).reset_index()


def check_overrides(overrides: Sequence[Override], tables: Tables) -> None:
    """Refuse overrides about what is not in the layers.

    Parameters
    ----------
    overrides
        What planners settled.
    tables
        Layers by key, with ``carriers`` and ``units``.

    Raises
    ------
    UsageError
        Naming the unknown ids and those that are close to the first.
    """
    known = known_ids(tables)
    for name, what in (
        ("park_id", _PARK),
        ("unit_id", _UNIT),
        ("host_id", _HOST),
        ("carrier_id", _CARRIER),
    ):
        named = (getattr(override, name) for override in overrides)
        refuse_unknown(what, [value for value in named if value], known[name])


def known_ids(tables: Tables) -> dict[str, list[str]]:
    """Return what there is to name, sorted: ``park_id, carrier_id, unit_id, host_id``.

    Parameters
    ----------
    tables
        Layers by key, with ``carriers`` and ``units``. A park counts if the layer of
        parks, a carrier or a unit names it; a host is a vacant unit.
    """
    units, carriers = tables["units"], tables["carriers"]
    naming = (frame for frame in (tables.get("parks"), carriers, units) if frame is not None)
    parks = [frame["park_id"] for frame in naming if "park_id" in frame.columns]
    found = {
        "park_id": pd.concat(parks) if parks else pd.Series(dtype="str"),
        "carrier_id": carriers["carrier_id"],
        "unit_id": units["unit_id"],
        "host_id": units.loc[units["state"].eq("vacant").fillna(value=False), "unit_id"],
    }
    return {name: sorted(set(ids.dropna().astype("str"))) for name, ids in found.items()}


def refuse_unknown(what: Text, wanted: Sequence[str], known: Sequence[str]) -> None:
    """Refuse ids that nothing has.

    Parameters
    ----------
    what
        What the ids are of.
    wanted, known
        The ids.

    Raises
    ------
    UsageError
        Naming all unknown ids, and known ones that are close to the first, or a few.
    """
    unknown, others = strangers(wanted, known)
    if not unknown:
        return
    listed = ", ".join(unknown)
    raise UsageError(
        Text(f"没有{what.zh} {listed}{others.zh}", f"there is no {what.en} {listed}{others.en}")
    )


def _latest_day(tables: Tables) -> date:
    units = tables.get("units", pd.DataFrame())
    latest = units["data_date"].max() if "data_date" in units.columns else None
    return local_day() if pd.isna(latest) else latest.date()
