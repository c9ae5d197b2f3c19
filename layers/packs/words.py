"""What a pack says, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

TITLE = Text("低效空间载体资料", "Underused building space on offer")
"""Title of the brief."""

LIST_SHEET = Text("目录", "Contents")
README_SHEET = Text("说明", "Read me")
"""Names of the other sheets. The reader of workbooks knows that these hold no data, so that
a pack that comes back is never taken for a register of carriers."""

REPLY_ENDING = Text("表", " sheet")
"""Behind the title of the layer of replies: the reader of workbooks prefers that sheet."""

NAME = Text("载体名称（供核对）", "Carrier (for reading)")
PLACE = Text("载体坐落（供核对）", "Where it is (for reading)")
MARK = Text("载体数据标记", "Mark of the carrier")
YES, NO = Text("是", "yes"), Text("否", "no")

NUMBER = Text("图号", "No.")
PARK = Text("所属园区", "Park")
VACANCY = Text("空置率", "Vacancy")
MONTHS = Text("已空置月数", "Months vacant")
STATE = Text("状态", "State")
RECOVERABLE = Text("可盘活面积", "Recoverable area")
EVIDENCE = Text("证据完整度", "Evidence share")
REASON = Text("判定理由", "Reason")
MISSING = Text("未知项", "Not known")
BLOCK = Text("最大连续空置", "Largest vacant block")
AVAILABLE = Text("最早可用日期", "Available from")
FLOORS = Text("空置楼层", "Vacant floors")
METRO = Text("步行至轨道站（估算）", "Walk to the metro (estimate)")
STATION = Text("最近轨道站", "Nearest station")
ZONES = Text("功能区", "Zone")
TAX = Text("单位面积税收", "Tax per m²")

PACK = Text("资料包编号", "Pack")
COUNT = Text("载体数", "Carriers")
MADE = Text("编制日期", "Made on")
RULE = Text("规则版本", "Rule version")
PARAMETERS = Text("参数", "Parameters")
VERSIONS = Text("图层版本", "Layer versions")
DATES = Text("数据时点", "Data dates")
SOURCES = Text("来源", "Sources")
EXPORT_ID = Text("导出编号", "Export id")

MAP_HEADING = Text("总览图", "Overview")
MAP_CAPTION = Text(
    "圆圈编号为载体，与下文卡片一致；实线为区界，虚线为功能区边界。自有矢量绘制，"
    "部分地物数据 © OpenStreetMap 贡献者（ODbL）",
    "Circled numbers are the carriers of the cards below; the solid line is the district, dashed"
    " lines are zones. Drawn from own vectors; place data partly © OpenStreetMap contributors"
    " (ODbL)",
)
MAP_SKETCH = Text("界线均为示意，不作定界依据", "Boundaries are sketches (示意)")
MAP_ALT = Text("载体位置总览图", "Map of the carriers")
NO_MAP = Text("所选载体均未定位，没有总览图", "None of the carriers is located, so there is no map")
UNLOCATED = Text("未定位，图中没有：", "Not located and not on the map: ")
CARDS_HEADING = Text("载体卡片", "Cards")
NOTHING_DECIDES = Text("没有会改变状态的缺项", "nothing that could change the state is missing")
DECIDING = Text("可能改变状态的缺项：", "could change the state: ")
INTERNAL_FIELD = Text("内部字段", "internal fields")
BEYOND = Text("同类可比数或数据精度", "figures of its peers, or the precision of the data")
CLAUSE = Text("；", "; ")
HOW_HEADING = Text("如何回复", "How to reply")
ABOUT_HEADING = Text("依据与来源", "Basis and sources")
WRONG = Text("填写有误", "Not a value")

HOW = (
    Text(
        "在随附工作簿的第一张表中填写，一行一个载体；回复编码、资料包编号与载体编码请勿改动",
        "Fill in the first sheet of the workbook, one row a carrier; leave the ids as they are",
    ),
    Text(
        "“承接意向”从下拉列表中选择；面积、租金只填数字，单位见表头；日期写作 2026-03-31",
        "Choose the interest from the list; write digits only for areas and rents, in the unit of"
        " the heading, and dates as 2026-03-31",
    ),
    Text(
        "不知道的留空，不要填 0：空表示未知，0 表示确实为零；不回复的载体可删去整行",
        "Leave empty what is not known: empty is unknown, 0 is none; rows of carriers that you do"
        " not reply to may be deleted",
    ),
    Text(
        "每份资料包只供一家机构回复；向多家机构征集时请分别编制，以免回复相互覆盖",
        "A pack is for one operator: make one for each, or their replies replace each other",
    ),
    Text(
        "退回后在“导入”页选择图层“机构回复”导入，作为依据留存，不改动台账",
        "Returned sheets are imported as the layer of operators' replies and kept as evidence;"
        " they change no register",
    ),
)
"""How a pack is replied to."""

ADVICE = Text(
    "状态按建议阈值判定，供协商使用，不是行政认定",
    "States follow suggested thresholds; they guide talks and are no official finding",
)
PUBLIC = Text(
    "公开版：不含企业名称、税收、租金与坐标",
    "Public copy: without firm names, tax, rents and coordinates",
)
SAMPLE = Text("含示例数据，不反映真实占用情况", "Contains 示例数据 (sample data)")


def listed(names: Sequence[str], lang: str) -> str:
    """Return names one after the other, as the language lists them."""
    return ("、" if lang == "zh" else ", ").join(names)
