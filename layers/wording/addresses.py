"""Findings about names that stand for ids, lasting ids, and addresses without coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.wording.kinds import info
from layers.wording.kinds import warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {
    "reference_by_name": info(
        "{count} 行写的是名称而不是编码，已按名称换成编码（{examples}）",
        "{count} rows give a name instead of an id; it was replaced by the id ({examples})",
        "如不对，请直接填写编码",
        "If that is wrong, write the id",
    ),
    "reference_ambiguous": warning(
        "{count} 行的名称对应多个对象，未替换（{examples}）",
        "the names in {count} rows belong to several records and were left ({examples})",
        "请直接填写编码",
        "Write the id instead",
    ),
    "reference_suggested": warning(
        "{count} 行的名称找不到，但有相近的名称（{examples}）",
        "the names in {count} rows are not known, but similar ones are ({examples})",
        "如是同一对象，请填写其编码；程序不会按近似名称替换",
        "If it is the same record, write its id; nothing is replaced because it is similar",
    ),
    "id_matched": info(
        "{count} 行没有编码，与图上已有的对象一致，沿用其编码"
        "（按名称 {by_name} 行，按位置 {by_place} 行；{examples}）",
        "{count} rows without an id are records that the layer has, and keep their ids"
        " ({by_name} by name, {by_place} by place; {examples})",
        "请核对；如不是同一对象，请在文件中填写编码",
        "Check them; if one is another record, write an id in the file",
    ),
    "id_generated": info(
        "{count} 行没有编码，也不是图上已有的对象，已按内容生成固定编码（{examples}）",
        "{count} rows without an id are new and were given lasting ids made from what they say"
        " ({examples})",
        "同一行再次导入得到同一编码（几行同名的按全部内容区分，内容改动后是新的编码）；如有正式编码，"
        "请填入文件",
        "The same row gets the same id again (rows of one name are told apart by all they say, and"
        " get another id once that changes); if there are official ids, write them in the file",
    ),
    "id_ambiguous": warning(
        "{count} 行没有编码，且不能确定是图上哪一个对象（{examples}）",
        "{count} rows have no id, and which record of the layer they are is not certain"
        " ({examples})",
        "它们若是已有的对象，导入后会重复：请核对差异，并在文件中填写编码",
        "If they are records that are there, they will be there twice: look at the differences, and"
        " write the ids in the file",
    ),
    "placed_by_address": info(
        "{count} 行按复核过的地名或地址定位，取所选对象的代表点（{examples}）",
        "{count} rows were placed as reviewed, at a point of the chosen object ({examples})",
        "位置不比所选对象更准，不作测绘依据",
        "The places are no better than those of the chosen objects, and not for surveying",
    ),
    "place_not_taken": warning(
        "复核表中有 {count} 项未采用：该行不存在或已有位置，或所选对象不存在或没有位置"
        "（{examples}）",
        "{count} choices of the review list were not taken: the row is not there or has a place,"
        " or the chosen object is not there or has none ({examples})",
        "请用本次导入的复核表重新选择",
        "Choose again in the review list of this import",
    ),
    "geocoder_asked": info(
        "{count} 个地址已交给您配置的地理编码插件，{found} 个有结果；结果只进入复核表",
        "{count} addresses were handed to the geocoder that you configured, which found {found};"
        " they only enter the review list",
    ),
    "geocoder_failed": warning(
        "地理编码插件没有给出可用的结果：{problem}",
        "the geocoder gave nothing that can be used: {problem}",
        "请检查环境变量 ATLAS_GEOCODER 与该插件；其余步骤不受影响",
        "Check the variable ATLAS_GEOCODER and the plug; the other steps went on",
    ),
}
