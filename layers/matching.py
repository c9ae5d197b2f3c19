"""Operators for underused space: the layers brought to the matching of :mod:`geo.matching`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geo.lists import items_of
from geo.matching import RULE_VERSION
from geo.matching import MatchParameters
from geo.matching import match
from layers.analysis import require_layers
from layers.errors import Text
from layers.marks import is_sample
from layers.underuse.words import open_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.catalogue import Catalogue
    from layers.catalogue import FieldSpec

MATCHING_LAYERS = ("carriers", "operators")
"""Layers that the matching reads besides the judgement of the carriers."""

DEFAULTS = MatchParameters()

MATCH_TITLES = {
    "carrier_id": Text("载体编码", "Carrier id"),
    "carrier_name": Text("载体", "Carrier"),
    "state": Text("状态", "State"),
    "recoverable_area_m2": Text("可盘活面积（m²）", "Recoverable area (m²)"),
    "operator_id": Text("机构编码", "Operator id"),
    "operator_name": Text("运营机构", "Operator"),
    "rank": Text("机构名次", "Rank of the operator"),
    "carrier_rank": Text("载体名次", "Rank of the carrier"),
    "score": Text("匹配分", "Score"),
    "score_low": Text("匹配分下限", "Lowest score"),
    "score_high": Text("匹配分上限", "Highest score"),
    "fits": Text("适合", "Fits"),
    "present": Text("现运营单位", "Present operator"),
    "unknown": Text("未知项", "Unknown"),
    "reasons_zh": Text("匹配理由", "Reasons (Chinese)"),
    "reasons_en": Text("匹配理由（英文）", "Reasons"),
    "sample": Text("示例数据", "Sample data"),
    "rule_version": Text("规则版本", "Rule version"),
    "parameters": Text("参数", "Parameters"),
}
"""Titles of the columns for people; files for scripts keep the public names."""

MATCH_TITLE = Text("运营机构匹配", "Operators for underused space")
"""Title of the table."""

PARAMETER_TITLES = {
    "weight_industry": Text("产业权重", "Weight of the industries"),
    "weight_class": Text("类别权重", "Weight of the class"),
    "weight_size": Text("规模权重", "Weight of the size"),
    "weight_record": Text("业绩权重", "Weight of the record"),
    "near_size_factor": Text("面积宽限倍数", "Size tolerance factor"),
    "enough_projects": Text("满分项目数", "Projects for a full record"),
    "let_years": Text("满分去化年限", "Years to let for a full record"),
}
"""Titles of the parameters, all of them suggestions."""


def matches_of(
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    judged: pd.DataFrame,
    parameters: MatchParameters = DEFAULTS,
) -> pd.DataFrame:
    """Return operators ranked for every carrier, and carriers for every operator.

    Parameters
    ----------
    tables
        Layers by key: ``carriers`` is needed, ``operators`` is used if it is there.
    catalogue
        Gives the words for the classes that operators serve.
    judged
        ``table`` of the judgement, :func:`layers.underuse.underuse_of`, or some rows of
        it: ``carrier_id``, ``state`` and the recoverable area.
    parameters
        Weights and limits.

    Returns
    -------
    pandas.DataFrame
        Columns of :data:`MATCH_TITLES`, one row a pair, in the order of `judged`, then by
        rank; empty without operators. A pair is sample data if either side is.

    Raises
    ------
    AtlasError
        If there are no carriers.
    """
    require_layers(tables, "carriers")
    carriers = _with_register(judged, tables["carriers"])
    operators = _known_classes(tables.get("operators"), catalogue)
    found = match(carriers, operators, parameters)
    left = carriers.assign(carrier_name=carriers["name"], own=is_sample(carriers))
    right = operators.assign(operator_name=operators["name"], theirs=is_sample(operators))
    named = found.merge(
        left[["carrier_id", "carrier_name", "state", "recoverable_area_m2", "own"]], how="left"
    ).merge(right[["operator_id", "operator_name", "theirs"]], how="left")
    sample = (named["own"].eq(other=True) | named["theirs"].eq(other=True)).astype("boolean")
    named = named.assign(
        sample=sample, rule_version=RULE_VERSION, parameters=parameters.as_text()
    ).astype({"rule_version": "str", "parameters": "str"})
    return named[list(MATCH_TITLES)]


def match_remarks(parameters: MatchParameters, versions: Mapping[str, int]) -> list[Text]:
    """Say by which rule, with which parameters and from which layers pairs were matched.

    Parameters
    ----------
    parameters
        Weights and limits.
    versions
        Version of every layer of the workspace; those used are named.
    """
    used = ", ".join(f"{key} v{versions[key]}" for key in MATCHING_LAYERS if key in versions)
    told = parameters.as_text()
    return [
        Text(f"规则版本：{RULE_VERSION}", f"Rule version: {RULE_VERSION}"),
        Text(f"参数（权重为建议值）：{told}", f"Parameters (the weights are suggestions): {told}"),
        Text(f"图层版本：{used}", f"Layer versions: {used}"),
    ]


def unknown_titles(codes: str, catalogue: Catalogue, lang: str) -> str:
    """Return the titles of the fields that a pair leaves open.

    Parameters
    ----------
    codes
        ``unknown`` of a pair.
    catalogue
        Gives the titles.
    lang
        ``zh`` or ``en``.
    """
    titles = open_fields(catalogue)
    named = [titles[code].get(lang) if code in titles else code for code in items_of(codes)]
    return ("、" if lang == "zh" else ", ").join(named)


def _with_register(judged: pd.DataFrame, carriers: pd.DataFrame) -> pd.DataFrame:
    """Return judged carriers with what only the register knows of them."""
    wanted = (
        "name",
        "carrier_class",
        "allowed_industries",
        "operator",
        "vacant_area_m2",
        "hold",
        "sample",
    )
    ours = [name for name in wanted if name in carriers]
    register = pd.DataFrame(carriers[["carrier_id", *ours]])
    kept = pd.DataFrame(judged).drop(columns=ours, errors="ignore")
    return kept.merge(register, on="carrier_id", how="left", validate="one_to_one")


def _known_classes(operators: pd.DataFrame | None, catalogue: Catalogue) -> pd.DataFrame:
    """Return operators with the codes of the classes they serve, also if titles were typed."""
    if operators is None:
        fields = catalogue.layer("operators").field_names
        return pd.DataFrame({name: pd.Series(dtype="str") for name in fields})
    field = catalogue.layer("carriers").field("carrier_class")
    classes = operators["classes"].map(lambda cell: _codes(cell, field)).astype("str")
    return operators.assign(classes=classes.where(classes.ne("")))


def _codes(cell: object, field: FieldSpec) -> str:
    codes = {
        word.casefold(): choice.value
        for choice in field.choices
        for word in (choice.value, choice.title.zh, choice.title.en)
    }
    # A word that names no class tells nothing: it must not make a misfit.
    return ";".join(codes[w.casefold()] for w in items_of(cell) if w.casefold() in codes)
