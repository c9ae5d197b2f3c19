"""What is measured of a task from the layers: a value by a rule, or why there is none.

Every measure is told with its unit, the layers that it is from and the day of their data. A
measure of which the data was not supplied has no value: it is never 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import AtlasError
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.plan.definition import Task

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

from layers.plan.counting import belt_linkage
from layers.plan.counting import belt_space
from layers.plan.counting import calendar
from layers.plan.counting import calendar_owners
from layers.plan.counting import flags
from layers.plan.counting import housing
from layers.plan.counting import incubators
from layers.plan.counting import industry_space
from layers.plan.counting import low_altitude
from layers.plan.counting import open_facilities
from layers.plan.counting import operated
from layers.plan.counting import platforms_of
from layers.plan.counting import recorded
from layers.plan.counting import sites
from layers.plan.counting import university_scores
from layers.plan.results import NOT_SUPPLIED
from layers.plan.results import Measured

if TYPE_CHECKING:
    from layers.plan.results import Measure
    from layers.plan.results import Results


def measured(task: Task, results: Results) -> list[Measured]:
    """Return what is measured of a task, in the order of the plan.

    A measure whose layers are missing is told with why; so is one that an analysis refuses.

    Raises
    ------
    KeyError
        If the plan names a measure that is not in :data:`MEASURES`.
    """
    found: list[Measured] = []
    for key in task.measures:
        title, layers, make = MEASURES[key]
        missing = [layer for layer in layers if not results.has(layer)]
        if missing:
            found.append(_missing(key, title, layers, missing, results.catalogue))
            continue
        try:
            found += make(results, task)
        except AtlasError as error:
            found.append(Measured(key, title, None, Text("", ""), error.text, layers))
    return found


def _missing(
    key: str, title: Text, layers: tuple[str, ...], missing: list[str], catalogue: Catalogue
) -> Measured:
    names = [catalogue.layer(layer).title for layer in missing]
    why = Text(
        f"{NOT_SUPPLIED.zh}：缺图层“{'、'.join(name.zh for name in names)}”",
        f"{NOT_SUPPLIED.en}: the layer '{', '.join(name.en for name in names)}' is missing",
    )
    return Measured(key, title, None, Text("", ""), why, layers)


MEASURES: dict[str, tuple[Text, tuple[str, ...], Measure]] = {
    "flags": (Text("分散标识", "Flags of scatter"), ("carriers",), flags),
    "sites": (Text("点位", "Sites"), ("carriers",), sites),
    "operated": (
        Text("有运营机构的低效载体", "Inefficient carriers with an operator"),
        ("carriers",),
        operated,
    ),
    "institutes": (
        Text("研究机构", "Research institutes"),
        ("platforms",),
        platforms_of("institutes", Text("研究机构", "Research institutes"), ("research",)),
    ),
    "platforms": (
        Text("平台", "Platforms"),
        ("platforms",),
        platforms_of("platforms", Text("平台", "Platforms"), ()),
    ),
    "research_bodies": (
        Text("研究机构与创新中心", "Research bodies and innovation centres"),
        ("platforms",),
        platforms_of(
            "research_bodies",
            Text("研究机构与创新中心", "Research bodies and innovation centres"),
            ("research", "innovation"),
        ),
    ),
    "transfer_platforms": (
        Text("技术转移平台", "Platforms of transfer"),
        ("platforms",),
        platforms_of(
            "transfer_platforms", Text("技术转移平台", "Platforms of transfer"), ("transfer",)
        ),
    ),
    "international": (
        Text("国际交流平台", "International platforms"),
        ("platforms",),
        platforms_of(
            "international", Text("国际交流平台", "International platforms"), ("international",)
        ),
    ),
    "incubators": (Text("孵化器", "Incubators"), ("incubators",), incubators),
    "housing": (
        Text("园区 15 分钟内的住房", "Dwellings within 15 minutes of parks"),
        ("housing", "carriers"),
        housing,
    ),
    "low_altitude": (
        Text("经批准的低空航线与场景", "Approved low-altitude routes and scenes"),
        ("low_altitude",),
        low_altitude,
    ),
    "industry_space": (
        Text("两类产业租用面积", "Floor area let to the two industries"),
        ("units",),
        industry_space,
    ),
    "university_scores": (
        Text("大学科技园评价", "University parks evaluated"),
        ("indicators", "parks"),
        university_scores,
    ),
    "open_facilities": (
        Text("向企业开放的校园设施", "Campus facilities open to tenants"),
        ("facilities",),
        open_facilities,
    ),
    "belt_space": (
        Text("功能区内空间", "Space in the zone"),
        ("carriers", "zones"),
        belt_space,
    ),
    "belt_linkage": (
        Text("功能区内三区叠合率", "Linkage of all three in the zone"),
        ("carriers", "zones"),
        belt_linkage,
    ),
    "calendar": (
        Text("按期更新的数据项", "Data that is up to date"),
        ("data_calendar",),
        calendar,
    ),
    "calendar_owners": (
        Text("有责任单位的数据项", "Data with an owner"),
        ("data_calendar",),
        calendar_owners,
    ),
    "recorded": (Text("任务记录", "Record of tasks"), (), recorded),
}
"""Title, layers that are needed, and how it is made; by the key that the plan names."""
