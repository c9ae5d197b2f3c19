"""What the live layers do not answer, with the status and code that the standard wants."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from layers.errors import AtlasError
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

INVALID = "InvalidParameterValue"


class LiveRefusal(AtlasError):  # noqa: N818 - it is an answer, not a failure
    """A request that gets no layer.

    Parameters
    ----------
    status
        HTTP status: 400 for a wrong question, 403 without the right, 404 for what is not
        there, 500 for what cannot be read.
    code
        Code of the exception, as in OGC 17-069r4, clause 7.5.1.
    text
        What is wrong, and what to do.
    """

    def __init__(self, status: int, code: str, text: Text) -> None:
        super().__init__(text)
        self.status = status
        self.code = code

    def __reduce__(self) -> tuple[type[LiveRefusal], tuple[Any, ...]]:
        """Let it travel between processes."""
        return type(self), (self.status, self.code, self.text)


def unknown_parameter(name: str, known: Iterable[str]) -> LiveRefusal:
    """Return the refusal of a parameter that the resource does not have."""
    listed = ", ".join(known) or "–"
    return _invalid(
        f"没有参数“{_short(name)}”；可用：{listed}",
        f"there is no parameter '{_short(name)}'; use one of {listed}",
    )


def twice(name: str) -> LiveRefusal:
    """Return the refusal of a parameter that is given more than once."""
    return _invalid(
        f"参数“{_short(name)}”只能给一次", f"give the parameter '{_short(name)}' only once"
    )


def bad_value(name: str, value: str, zh: str, en: str) -> LiveRefusal:
    """Return the refusal of a value; `zh` and `en` say what is allowed."""
    return _invalid(
        f"参数“{name}”的值“{_short(value)}”无效：{zh}",
        f"'{_short(value)}' is no value of '{name}': {en}",
    )


def no_collection(key: str) -> LiveRefusal:
    """Return the refusal of a layer that is not there."""
    return LiveRefusal(
        404,
        "NotFound",
        Text(
            f"没有图层“{_short(key)}”，或还没有数据；图层清单见 collections",
            f"there is no layer '{_short(key)}', or it has no data yet; see collections",
        ),
    )


def no_item(key: str, item: str) -> LiveRefusal:
    """Return the refusal of a row that is not there."""
    return LiveRefusal(
        404,
        "NotFound",
        Text(
            f"图层“{key}”中没有编号“{_short(item)}”",
            f"the layer '{key}' has no row '{_short(item)}'",
        ),
    )


def nothing_here() -> LiveRefusal:
    """Return the refusal of an address that leads nowhere."""
    return LiveRefusal(
        404,
        "NotFound",
        Text(
            "此地址没有内容；请从服务首页开始",
            "there is nothing at this address; begin at the landing page",
        ),
    )


def no_right(what: str) -> LiveRefusal:
    """Return the refusal of an internal layer or field."""
    return LiveRefusal(
        403,
        "Forbidden",
        Text(
            f"“{_short(what)}”是内部数据，您的角色不能查看；需要时请联系管理员",
            f"'{_short(what)}' is internal and not open to your role; ask the administrator",
        ),
    )


def unreadable_layer(key: str) -> LiveRefusal:
    """Return the refusal of a layer that is damaged; the reason may name a folder."""
    return LiveRefusal(
        500,
        "NoApplicableCode",
        Text(
            f"图层“{_short(key)}”暂时无法读取；请联系管理员检查工作区",
            f"the layer '{_short(key)}' cannot be read at present;"
            " ask the administrator to check the workspace",
        ),
    )


def _invalid(zh: str, en: str) -> LiveRefusal:
    return LiveRefusal(400, INVALID, Text(zh, en))


def _short(text: str) -> str:
    """Return a piece of a foreign text that fits into a sentence."""
    most = 60
    return text if len(text) <= most else f"{text[:most]}…"
