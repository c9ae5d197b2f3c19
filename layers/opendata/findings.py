"""What can be wrong with an object of open data, in the words of the issue log."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING
from typing import NamedTuple

from layers.errors import Text
from layers.findings import shorten
from layers.issues import Issue
from layers.issues import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Known(NamedTuple):
    severity: Severity
    message: Text
    remedy: Text


_KNOWN: Mapping[str, _Known] = MappingProxyType(
    {
        "ring_open": _Known(
            "error",
            Text("线没有闭合，围不成面", "the line is not closed, so that it encloses no area"),
            Text("请在数据源中闭合该线", "close the line at the source"),
        ),
        "relation_broken": _Known(
            "error",
            Text(
                "多边形关系不完整：成员缺失或环不闭合",
                "the multipolygon cannot be put together: members are missing or rings are open",
            ),
            Text(
                "请换用含全部成员的提取文件，或在数据源中修正",
                "take an extract with complete relations, or mend it at the source",
            ),
        ),
        "open_value_unreadable": _Known(
            "warning",
            Text("“{value}”读不成数，留空", "'{value}' is not a number that is understood; empty"),
            Text("请核对后补填", "look it up and fill it in"),
        ),
        "open_text_refused": _Known(
            "warning",
            Text("“{value}”不是该字段的写法，留空", "'{value}' is no text of this field; empty"),
            Text("请核对后补填", "look it up and fill it in"),
        ),
        "open_unnamed": _Known(
            "info",
            Text("无名称，以类型和编号代称", "without a name; called by its kind and number"),
            Text("知道名称时请改填", "write the name where it is known"),
        ),
        "licence_unknown": _Known(
            "warning",
            Text(
                "数据未说明许可（来源 {value}），不得推定",
                "the data names no licence (source {value}); none may be assumed",
            ),
            Text("公开或转交前请向来源方核实", "ask the source before it is passed on"),
        ),
        "reader_said": _Known(
            "info",
            Text("读取程序提示：{value}", "the reader says: {value}"),
            Text("", ""),
        ),
    }
)


def open_finding(
    code: str, *, layer: str, file: str, row: int = 0, field: str = "", value: str = ""
) -> Issue:
    """Return a finding about an object of open data.

    Parameters
    ----------
    code
        A key of the table of this module.
    layer, file, row, field, value
        The place, see :class:`layers.issues.Issue`.
    """
    known = _KNOWN[code]
    shown = shorten(value)
    message = Text(known.message.zh.format(value=shown), known.message.en.format(value=shown))
    return Issue(file, layer, row, field, shown, code, known.severity, message, known.remedy)
