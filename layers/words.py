"""Texts of cells as they are compared, and the words that say that there is nothing.

All of it is tables; a word that a new spreadsheet uses is a new entry.
"""

from __future__ import annotations

import unicodedata

# Spellings as left by `squeezed`: NFKC makes … three dots, — stays.
STROKES = (
    *("-", "--", "---", "—", "——", "–", "一一", "―", "_", "/", "//", "\\", "|"),
    *(".", "...", "......", "…", "?", "??", "*", "n/a", "#n/a", "n.a.", "<na>", "nan"),
)
"""What stands for an empty cell in any field."""

UNKNOWN_WORDS = (
    *("无", "暂无", "没有", "不详", "未知", "待定", "待查", "待核", "待补充", "未填", "未填报"),
    *("空", "无数据", "暂缺", "缺", "na", "null", "none", "nil", "unknown", "tbd", "tbc", "-无-"),
)
"""What says that nothing is known, or that there is nothing."""

WITHHELD_WORDS = (
    *("保密", "涉密", "不公开", "不提供", "未提供", "不便提供", "保密不提供", "拒绝提供"),
)
"""What says that something is known and not told."""

NOT_APPLICABLE_WORDS = ("不适用", "不涉及", "notapplicable")

_NOT_YET = (
    *("待批", "待审批", "待批复", "待批准", "未批", "未批复", "未批准", "未审批", "尚未批复"),
    *(
        "审批中",
        "报批中",
        "办理中",
        "申请中",
        "申报中",
        "待办",
        "拟批",
        "无文号",
        "无批文",
        "无批准文号",
    ),
    *("pending", "notyet", "notyetapproved", "underreview", "appliedfor", "no", "not"),
)
_NO_PROOF = frozenset((*STROKES, *UNKNOWN_WORDS, *WITHHELD_WORDS, *NOT_APPLICABLE_WORDS, *_NOT_YET))
_AROUND = "()[]{}【】〔〕<>《》「」“”\"'·.。,，;；:：!！"


def plain(text: str) -> str:
    """Return `text` with full-width characters and the mathematical minus made plain."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFKC", text).replace("−", "-").strip()


def squeezed(text: str) -> str:
    """Return `text` plain, in small letters and without blanks, for looking up words."""
    return "".join(plain(text).split()).casefold()


def proves_nothing(text: str) -> bool:
    """Tell whether a text in place of a proof says that there is none, or none yet.

    Also of strokes and dots alone, and of zeros: a document has a number or a name.

    Examples
    --------
    >>> proves_nothing("（暂无）"), proves_nothing("审批中"), proves_nothing("空管〔2026〕8号")
    (True, True, False)
    """
    word = squeezed(text)
    core = word.strip(_AROUND)
    return word in _NO_PROOF or core in _NO_PROOF or not any(c.isalnum() for c in core.strip("0"))
