"""By which rule, from which layers, and what was left out: what stands under every table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.access import GROUP_NAMES
from geo.access import GROUPS
from geo.phrases import count
from geo.sites import located
from layers.access.inputs import ACCESS_LAYERS
from layers.access.inputs import ROUTES
from layers.access.sentences import estimate_dropped
from layers.access.titles import OBJECT_NAMES
from layers.access.trial import TRIAL_ID
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from layers.access.judged import Access

_ASKED = ("gate", "campus", "station")


def access_remarks(found: Access, versions: Mapping[str, int]) -> list[Text]:
    """Say by which rule, with which parameters and from which layers numbers were made.

    Parameters
    ----------
    found
        The result.
    versions
        Version of every layer of the workspace; those that are used are named.

    Returns
    -------
    list of Text
        Rule, parameters, layers; then what nobody supplied, what does not count, what is
        not located, objects on trial, and what the result is no proof of.
    """
    used = ", ".join(f"{key} v{versions[key]}" for key in ACCESS_LAYERS if key in versions)
    return [
        Text(f"规则版本：{found.rule_version}", f"Rule version: {found.rule_version}"),
        Text(
            f"参数（均为建议值）：{found.parameters.as_text()}",
            f"Parameters (all of them suggestions): {found.parameters.as_text()}",
        ),
        Text(f"图层版本：{used}", f"Layer versions: {used}"),
        *_not_supplied(found),
        *_left_out(found),
        *_on_trial(found),
        Text(
            "邻近是合作的前提，不是合作的证明；联动类别是满足条件的个数，不是综合指数",
            "Being near is a precondition of cooperation and no proof of it; a class is a count "
            "of conditions and no composite index",
        ),
    ]


def _not_supplied(found: Access) -> list[Text]:
    known = found.given.destinations.known
    lacking = [OBJECT_NAMES[kind] for kind in _ASKED if kind not in known]
    groups = [group for group in GROUPS if f"facility:{group}" not in known]
    lacking += [Text(GROUP_NAMES[group].zh, GROUP_NAMES[group].en) for group in groups]
    if found.given.surroundings.barriers is None:
        lacking.append(OBJECT_NAMES["barrier"])
    if not lacking:
        return []
    zh, en = "、".join(one.zh for one in lacking), ", ".join(one.en for one in lacking)
    return [
        Text(f"未提供：{zh}；有关结果为未知或估算", f"Not supplied: {en}; unknown or estimated")
    ]


def _left_out(found: Access) -> list[Text]:
    objects = found.given.objects
    placed = located(objects.geometry)
    remarks = []
    closed = int((placed & ~objects["usable"]).sum())
    if closed:
        remarks.append(
            Text(
                f"关闭、不向园区企业开放、在建、谋划或旧址的对象 {closed} 处不计",
                f"{count(closed, 'object')} closed, not open to tenants, planned, under "
                "construction or former: not counted",
            )
        )
    lost = int((~placed & ~objects["kind"].isin(list(ROUTES.values()))).sum())
    if lost:
        remarks.append(
            Text(
                f"未定位的目的地 {lost} 处未计入",
                f"{count(lost, 'destination')} without a place: left out",
            )
        )
    return remarks


def _on_trial(found: Access) -> list[Text]:
    tried = found.given.objects
    names = tried.loc[tried["layer_id"].str.startswith(TRIAL_ID), "name"].tolist()
    if not names:
        return []
    zh, en = "、".join(names), ", ".join(names)
    told = Text(f"含试放对象（未存入图层）：{zh}", f"With objects on trial (not stored): {en}")
    return [told, *_estimates_dropped(tried)]


def _estimates_dropped(objects: gpd.GeoDataFrame) -> list[Text]:
    """Say which campuses have gates on trial only, in place of an estimate."""
    gates = objects[objects["kind"].eq("gate") & located(objects.geometry)]
    on_trial = gates["layer_id"].str.startswith(TRIAL_ID).groupby(gates["campus_id"]).all()
    campuses = objects[objects["kind"].eq("campus") & objects["usable"]]
    own = campuses[campuses["id"].isin(on_trial.index[on_trial])]
    return [
        estimate_dropped(str(name), str(basis))
        for name, basis in zip(own["name"], own["basis"], strict=True)
    ]
