"""Words in cells: unknown, withheld, yes and no, and other spellings of allowed values.

All of it is tables; a word that a new spreadsheet uses is a new entry.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layers.intake.readings import Reading
from layers.words import NOT_APPLICABLE_WORDS
from layers.words import STROKES
from layers.words import UNKNOWN_WORDS
from layers.words import WITHHELD_WORDS
from layers.words import squeezed

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping

    from layers.catalogue import FieldSpec

_UNKNOWN: Mapping[str, str] = dict.fromkeys(STROKES, "placeholder_emptied")
_STATES: Mapping[str, str] = {
    **_UNKNOWN,
    **dict.fromkeys(UNKNOWN_WORDS, "placeholder_emptied"),
    **dict.fromkeys(WITHHELD_WORDS, "value_withheld"),
    **dict.fromkeys(NOT_APPLICABLE_WORDS, "not_applicable"),
}

# With a few blanks within; longer cells are not looked up.
_LONGEST_STATE = 20

_YES = ("已", "对", "能", "可", "可以", "是的", "具备", "属于", "✓", "✔", "☑", "on", "真")
_NO = (
    *("未", "不", "非", "错", "不是", "不能", "不可", "不可以", "没有", "没", "不具备"),
    *("不属于", "✗", "✘", "x", "off", "假"),
)
_BOOLEANS: Mapping[str, str] = {**dict.fromkeys(_YES, "true"), **dict.fromkeys(_NO, "false")}
_KNOWN_BOOLEANS = frozenset(
    ("true", "t", "yes", "y", "1", "是", "有", "√", "false", "f", "no", "n", "0", "否", "无", "×")
)
_NEGATIONS = ("不", "不可", "不能", "未", "非", "没有", "无")
_ASKING = re.compile("^(?:是否|可否|能否|已)")

_RENTAL = ("租赁住房", "保租房", "保障性租赁房")

# Other spellings by the value of the catalogue; one that a field does not allow does nothing.
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    # state of a unit
    "leased": ("出租", "已出租", "在租", "出租中", "租赁中", "已租赁", "租出", "已租出", "将到期"),
    "vacant": ("闲置", "空房", "未租", "未出租", "待租", "待出租", "招租中", "招租", "空置中"),
    "locked": ("装修", "装修中", "预留", "已预订", "预订", "维修", "维修中", "锁定中", "待交付"),
    "own_use": ("自用中", "自有自用", "自持自用"),
    # class of a park or a carrier
    "university": ("高校科技园", "国家大学科技园", "大学科技园区", "大学", "校产", "高校产权"),
    "characteristic": ("特色园区", "特色产业园", "特色产业园区"),
    "incubator": ("孵化园", "孵化基地", "科技企业孵化器", "企业孵化器", "众创空间"),
    "business": ("商务楼", "商务楼宇", "商务园区", "商务园", "写字楼", "商办楼宇", "楼宇"),
    "other": ("其它", "其他类", "其它类"),
    "其他": ("其它", "其他类", "其它类"),
    # tenure
    "state": ("国企", "国资", "国有企业", "国有产权", "全民所有"),
    "collective": ("集体所有", "集体产权", "集体企业", "镇集体", "村集体"),
    "private": ("民企", "民营企业", "私营", "私有", "私营企业", "个人"),
    "foreign": ("外企", "外资企业", "外商", "外商独资", "外商投资"),
    # lead industry
    "数字经济": ("数字", "数字产业", "数字经济产业"),
    "生命健康": ("健康", "大健康", "健康产业", "生命健康产业"),
    "绿色低碳": ("绿色", "低碳", "绿色低碳产业"),
    # status of a place
    "built": ("已建成", "建成", "竣工", "已竣工", "在用", "已投用", "投用", "运营中", "已运营"),
    "under_construction": ("在建中", "建设中", "施工中", "正在建设"),
    "planned": ("规划", "规划中", "拟建", "谋划中", "筹建", "筹建中", "待建"),
    "supported": ("扶持", "受支持"),
    "former": ("原址", "已搬迁", "搬迁"),
    "official": ("正式", "法定边界", "法定", "已批复"),
    "sketch": ("示意", "草图", "概略边界"),
    "stated": ("公布", "公布值", "官方公布"),
    "unverified": ("未核实", "待核实", "未核"),
    "sample": ("示例", "样例"),
    # use of a building
    "rd": ("研发", "研发用房", "科研用房", "科研楼"),
    "office": ("办公", "商务", "办公楼", "写字楼", "办公用房"),
    "industrial": ("厂房", "工业厂房", "工业用房", "生产"),
    "retail": ("商业用房", "商铺", "商业服务"),
    "residential": ("住宅", "居住用房", "公寓"),
    "public": ("公共", "公共设施", "公建", "公共服务设施"),
    # group of a daily facility, kind of housing, a low-altitude scene
    "canteen": ("食堂", "餐饮", "食堂餐饮", "食堂/餐饮", "餐厅", "员工食堂", "社区食堂"),
    "housing": ("住房", "人才公寓", "人才住房", "住房/人才公寓", "公租房", *_RENTAL),
    "meeting": ("会议", "路演", "会议室", "会议路演", "会议/路演", "会议中心", "路演厅"),
    "care": ("托育", "医疗", "托育医疗", "托育/医疗", "托育点", "托儿所", "卫生服务中心"),
    "sport": ("体育", "健身", "体育运动", "运动场所", "运动场地", "体育设施", "健身房"),
    "green": ("公园", "绿地", "公园绿地", "公园/绿地", "口袋公园", "社区公园"),
    "rental": _RENTAL,
    "scene": ("场景", "低空场景", "低空应用场景"),
    # period of a reported value
    "rolling": ("近四个季度", "近四季度", "最近四个季度", "近四季度合计", "滚动四个季度"),
}

_BRACKETS_AT_END = re.compile(r"\([^()]*\)$")
_NUMBER_IN_FRONT = re.compile(r"^[0-9]{1,2}[.、:\-_)]?(?=\D)")

# How a spelling is looked for, the nearest to what is written first.
_SHAPES: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: _BRACKETS_AT_END.sub("", text),
    lambda text: _NUMBER_IN_FRONT.sub("", text),
)


def read_state(cell: str, field: FieldSpec) -> Reading | None:
    """Return the empty cell if `cell` says that nothing is known, or that it is not told.

    In free text only strokes and N/A are taken for that, because 无 may be the
    answer; in a field of yes and no 无 means no. An allowed value never is.
    """
    if len(cell) > _LONGEST_STATE:
        return None
    word = squeezed(cell)
    if field.type == "boolean" and word in _KNOWN_BOOLEANS | _BOOLEANS.keys():
        return None
    free = field.type == "text" and not field.choices and field.references is None
    if (code := (_UNKNOWN if free else _STATES).get(word)) is None:
        return None
    if any(word in map(squeezed, labels) for _, labels in _labels(field)):
        return None
    return Reading(None, (code,))


def read_boolean(cell: str, field: FieldSpec) -> Reading | None:
    """Return a cell as ``true`` or ``false``: 已, ✓, 未, ✗, or the title itself (未核实)."""
    word = squeezed(cell)
    if word in _KNOWN_BOOLEANS:
        return None
    if word in _BOOLEANS:
        return Reading(_BOOLEANS[word], ("boolean_read",))
    titles = [squeezed(label) for label in (field.title.zh, field.title.en, *field.aliases)]
    stems = {_ASKING.sub("", title) for title in titles} - {""}
    if word in {*titles, *stems} or _ASKING.sub("", word) in stems:
        return Reading("true", ("boolean_read",))
    if any(word == negation + stem for negation in _NEGATIONS for stem in stems):
        return Reading("false", ("boolean_read",))
    return None


def choice_reader(field: FieldSpec) -> Callable[[str], Reading | None]:
    """Return how the cells of a field with allowed values are read."""
    strict = {label.casefold() for _, labels in _labels(field) for label in labels}
    known: dict[str, set[str]] = {}
    for value, labels in _labels(field):
        for label in (*labels, *_SPELLINGS.get(value, ())):
            known.setdefault(squeezed(label), set()).add(value)

    def read(cell: str) -> Reading | None:
        if cell.strip().casefold() in strict:
            return None
        for shape in _SHAPES:
            # A spelling that two values have is no spelling of either.
            found = known.get(shape(squeezed(cell)), set())
            if len(found) == 1:
                return Reading(next(iter(found)), ("choice_read",))
        return None

    return read


def _labels(field: FieldSpec) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every allowed value with the spellings that the strict parser takes."""
    for choice in field.choices:
        yield choice.value, (choice.value, choice.title.zh, choice.title.en)
