"""Long names in two lines, broken where a reader would break them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LEAST_WIDTH = 20
"""Shortest name that is broken, in half widths: ten Chinese or twenty Latin characters."""

_OPENING = "（([【《〈「『“‘"
_CLOSING = "）)]】》〉」』”’，。、；：！？,.;:!?％%·・"
_WIDE = frozenset("WF")
_BEST, _GOOD, _FAIR = 8.0, 6.0, 3.0

_WORDS = (
    "中国 国家 国际 全国 城市 大学 学院 学校 校区 专科 "
    "职业 高等 技术 科技 科学 学科 研究 研究院 研究所 实验室 创业 创新 创意 创智 产业 工业 "
    "实业 企业 服务 信息 软件 数据 数字 智能 智慧 人工 概念 知识 产权 交易 交易所 金融 商务 "
    "商业 文化 体育 艺术 设计 医疗 医院 装备 制造 机械 生物 医药 能源 环境 环保 电力 电子 "
    "通信 网络 在线 新经济 生态 财经 海洋 理工 中心 基地 园区 产业园 工业园 科技园 创业园 创意园 "
    "示范 孵化 孵化器 加速 加速器 平台 大厦 大楼 广场 公园 公司 有限 股份 集团 总部 管理 "
    "委员会 办公 公共 实训 街道 社区 新村 项目 综合 联合 未来 高端 代表处 国家大学科技园"
)
_HEADS = re.compile("大学|学院|研究院|公司|集团")


def two_lines(text: str, words: tuple[str, ...] = ()) -> str:
    """Return a name with a line break near its middle, or as it is.

    A name of fewer than ten Chinese (twenty Latin) characters stays on one line. The break
    is best at a blank, before an opening bracket, or after a closing one or a dot; then
    after the name of a university or firm and between Chinese and Latin script; then beside
    a word that names of places often have. Such words, Latin words and numbers are never
    broken, and no line begins with closing punctuation or ends with an opening bracket.

    Parameters
    ----------
    text
        The name on one line.
    words
        Names of the place, which are not broken either (:attr:`layers.specs.Place.words`).
    """
    widths = [2 if unicodedata.east_asian_width(char) in _WIDE else 1 for char in text]
    if sum(widths) < _LEAST_WIDTH:
        return text
    bonuses = _bonuses(text, words)
    if not bonuses:
        return text

    def cost(place: int) -> tuple[float, int]:
        uneven = abs(sum(widths[:place]) - sum(widths[place:])) / 2
        return uneven - bonuses[place], place

    best = min(bonuses, key=cost)
    return f"{text[:best].rstrip()}\n{text[best:].lstrip()}"


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return the words that are kept whole, the longest first."""
    known = sorted({*_WORDS.split(), *words} - {""}, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, known)))


def _bonuses(text: str, own: tuple[str, ...]) -> dict[int, float]:
    """Return how good a break is, in half widths from the middle, where one may be."""
    words = [match.span() for match in _pattern(own).finditer(text)]
    within = {place for start, end in words for place in range(start + 1, end)}
    marks = dict.fromkeys((place for span in words for place in span), _FAIR)
    marks.update(dict.fromkeys((match.end() for match in _HEADS.finditer(text)), _GOOD))
    found = {}
    for place in range(1, len(text)):
        bonus = _bonus(text[:place], text[place:])
        if bonus is not None and place not in within:
            found[place] = max(bonus, marks.get(place, 0.0))
    return found


def _bonus(head: str, tail: str) -> float | None:
    """Return how good the signs at a break make it; None if there must not be one."""
    before, after = head.rstrip()[-1:], tail.lstrip()[:1]
    if not before or not after or before in _OPENING or after in _CLOSING:
        return None
    blank = head[-1].isspace() or tail[0].isspace()
    if blank or after in _OPENING or before in _CLOSING:
        return _BEST
    wide = [unicodedata.east_asian_width(char) in _WIDE for char in (before, after)]
    # 12号楼 stays together: a number belongs to what follows it.
    if not any(wide) or before.isdigit():
        return None
    return 0.0 if all(wide) else _GOOD
