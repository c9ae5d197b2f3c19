"""What the codes in the tables of underused space are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.underuse import STATE_NAMES_EN
from geo.underuse import STATES
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.scorecards import Scorecard
    from layers.catalogue import Catalogue

STATE_TITLES = {state: Text(state, STATE_NAMES_EN[state]) for state in STATES}
"""Words of the six states."""

VALUE_STATES = {
    "known": Text("已知", "known"),
    "partial": Text("区间", "within an interval"),
    "missing": Text("无记录", "no record"),
    "not_reported": Text("未报", "not reported"),
    "not_applicable": Text("不适用", "not applicable"),
    "withheld": Text("保密不提供", "withheld"),
    "doubtful": Text("疑错", "doubtful"),
}
"""What is known of a number that a scorecard asks for."""

_CONTRADICTION = Text("面积相互矛盾", "areas contradict each other")
_STALE = Text("数据过期或无时点", "data too old or without date")
_DOUBTED = Text("面积疑错", "areas are doubted")
_NOTHING_ON_OFFER = Text("没有可租空间", "nothing is on offer")

UNDERUSE_WORDS: Mapping[str, Mapping[str, Text]] = {
    "state": STATE_TITLES,
    "possible": STATE_TITLES,
    "could_become": STATE_TITLES,
    "exemption": {
        "ramp_up": Text("竣工或改造不久", "completed or refitted not long ago"),
        "renewal": Text("更新锁定", "locked for renewal"),
        "contracted": Text("已签约待交付", "signed, to be handed over"),
        "not_assessed": Text("不参评", "not to be assessed"),
    },
    "blockers": {
        "evidence": Text("证据不足", "too little evidence"),
        "stale": _STALE,
        "vacancy": Text("空置率未知", "vacancy not known"),
        "duration": Text("空置时长未知", "time of vacancy not known"),
        "output": Text("产出未知", "output not known"),
        "completion": Text("竣工年月未知", "completion not known"),
        "contradiction": _CONTRADICTION,
        "doubted": _DOUBTED,
        "nothing_on_offer": _NOTHING_ON_OFFER,
    },
    "flaw": {
        "contradiction": _CONTRADICTION,
        "doubted": _DOUBTED,
        "nothing_on_offer": _NOTHING_ON_OFFER,
    },
    "yardstick": {
        "tax": Text("税收", "tax"),
        "incubated": Text("在孵企业数", "firms in incubation"),
    },
    "output_area": {
        "above_ground": Text("地上建筑面积", "area above ground"),
        "gross": Text("总建筑面积", "gross area"),
    },
    "who_kind": {
        "operator": Text("运营机构", "Operator"),
        "owner": Text("产权单位", "Owner"),
        "park": Text("园区", "Park"),
        "unknown": Text("未知", "not known"),
    },
    "why": {
        "not_reported": Text("未报", "not reported"),
        "not_applicable": Text("不适用", "does not apply"),
        "withheld": Text("保密不提供", "withheld"),
        "doubtful": Text("疑错", "doubtful"),
        "contradiction": _CONTRADICTION,
        "stale": _STALE,
        "unread": Text("缺项说明无法识别", "explanation not understood"),
    },
    "event": {
        "added": Text("新增", "added"),
        "changed": Text("修改", "changed"),
        "removed": Text("删除", "removed"),
        "unreadable": Text("无法读取", "cannot be read"),
    },
}
"""Titles of codes, by the column that they stand in; a cell may list several."""

_FIELDS = ("missing", "doubted", "unknown")
_CHOICES = (("carriers", "carrier_class"), ("carriers", "tenure"), ("zones", "belt"))


def open_fields(catalogue: Catalogue) -> dict[str, Text]:
    """Return the titles of the fields that a judgement or a match can lack.

    Parameters
    ----------
    catalogue
        Gives the titles.
    """
    layers = (catalogue.layer(key) for key in ("operators", "carriers"))
    fields = {field.name: field.title for layer in layers for field in layer.fields}
    return fields | {"recoverable_area_m2": Text("可盘活面积", "Recoverable area")}


def underuse_words(catalogue: Catalogue, card: Scorecard) -> dict[str, Mapping[str, Text]]:
    """Return the titles of all codes in the tables of underused space and its matches.

    Parameters
    ----------
    catalogue
        Gives the titles of fields and of their values.
    card
        The scorecard of the ranking; it gives the titles of criteria and headings.

    Returns
    -------
    dict
        By column and code.
    """
    choices = {
        name: {one.value: one.title for one in catalogue.layer(key).field(name).choices}
        for key, name in _CHOICES
    }
    return {
        **UNDERUSE_WORDS,
        **dict.fromkeys(_FIELDS, open_fields(catalogue)),
        **choices,
        "belts": choices["belt"],
        # The contributions have a state too, of each number.
        "state": {**STATE_TITLES, **VALUE_STATES},
        "criterion": {one.key: Text(one.title_zh, one.title_en) for one in card.criteria},
        "group": {one.key: Text(one.title_zh, one.title_en) for one in card.groups},
    }
