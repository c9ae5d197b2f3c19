"""What an audit records: one event, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from enum import StrEnum
from typing import Any

from layers.errors import Text


class Action(StrEnum):
    """What somebody did."""

    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    REFUSED = "refused"
    SEE = "see"
    IMPORT = "import"
    CHANGE = "change"
    RESTORE = "restore"
    RECORD = "record"
    EXPORT = "export"
    FETCH = "fetch"
    LIVE = "live"
    PUBLISH = "publish"
    BACKUP = "backup"
    VACUUM = "vacuum"
    ACCESS = "access"

    @property
    def text(self) -> Text:
        """What it is called."""
        return _ACTIONS[self]


class Door(StrEnum):
    """Through which door it was done."""

    WEB = "web"
    BATCH = "batch"
    LIVE = "live"

    @property
    def text(self) -> Text:
        """What it is called."""
        return _DOORS[self]


_ACTIONS = {
    Action.SIGN_IN: Text("登录", "Signed in"),
    Action.SIGN_OUT: Text("退出", "Signed out"),
    Action.REFUSED: Text("被拒绝", "Refused"),
    Action.SEE: Text("查看", "Saw"),
    Action.IMPORT: Text("导入", "Imported"),
    Action.CHANGE: Text("修改", "Changed"),
    Action.RESTORE: Text("恢复旧版本", "Brought back a version"),
    Action.RECORD: Text("保存", "Saved"),
    Action.EXPORT: Text("导出", "Exported"),
    Action.FETCH: Text("下载", "Fetched"),
    Action.LIVE: Text("在线调用", "Read live"),
    Action.PUBLISH: Text("发布", "Published"),
    Action.BACKUP: Text("备份与还原", "Backup"),
    Action.VACUUM: Text("清理", "Vacuum"),
    Action.ACCESS: Text("访问权限", "Access"),
}
_DOORS = {
    Door.WEB: Text("网页", "Web"),
    Door.BATCH: Text("命令行", "Command line"),
    Door.LIVE: Text("在线图层", "Live layers"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that somebody did.

    Attributes
    ----------
    action, door
        What, and through which door.
    person_id, name, role
        Who; empty where nobody signed in.
    layers
        Versions by key of the layers that it was about.
    subject
        What else it was about: the name of a page, a file or a scenario.
    export_id
        The id that a file carries, empty for none.
    detail
        What else is known, plain data: rows, format, audience, reason.
    """

    action: Action
    door: Door
    person_id: str = ""
    name: str = ""
    role: str = ""
    layers: Mapping[str, int] = field(default_factory=dict)
    subject: str = ""
    export_id: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the event as plain data, without what is empty."""
        told: dict[str, Any] = {"action": self.action.value, "door": self.door.value}
        rest = ("person_id", "name", "role", "layers", "subject", "export_id", "detail")
        for name in rest:
            value = getattr(self, name)
            if value:
                told[name] = dict(value) if isinstance(value, Mapping) else value
        return told
