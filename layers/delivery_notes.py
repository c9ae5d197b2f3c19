"""What a delivery says when it cannot be written, and about other layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import ConflictError
from layers.errors import Text
from layers.errors import UsageError
from layers.i18n import moment
from layers.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence

    import pandas as pd

_EXAMPLES = 5


def written_since(key: str, title: Text, version: int, since: pd.DataFrame) -> ConflictError:
    """Return the error that a layer was written after `version`, by the history `since`."""
    told = [
        (entry["version"], entry["author"], moment(entry["time"]), entry["message"])
        for _, entry in since.head(_EXAMPLES).iterrows()
    ]
    zh = "；".join(f"版本 {n}，{who}，{when}，{why}" for n, who, when, why in told)
    en = "; ".join(f"version {n}, {who}, {when}, {why}" for n, who, when, why in told)
    return ConflictError(
        Text(
            f"图层“{title.zh}”在版本 {version} 之后又有写入（{zh}），不能直接撤销这次导入；"
            f"请在“数据 → 历史”中核对并恢复所需的版本，或用 atlas workspace restore {key} 版本号",
            f"layer '{title.en}' was written after version {version} ({en}), so that this import"
            " cannot be undone by itself; look at Data → History and restore the version you"
            f" want, or use atlas workspace restore {key} VERSION",
        )
    )


def nothing_to_write(key: str) -> UsageError:
    """Return the error that a delivery to layer `key` has no row to write."""
    return UsageError(
        Text(
            f"图层“{key}”没有可写入的行；请选择至少一行，或改正文件后重新导入",
            f"there is nothing to write to layer '{key}'; choose at least one row,"
            " or mend the file and import again",
        )
    )


def not_delivered(ids: Sequence[str]) -> UsageError:
    """Return the error that a delivery does not have some of the chosen `ids`."""
    shown = ", ".join(ids[:_EXAMPLES])
    return UsageError(
        Text(
            f"这次导入不含以下编码：{shown}；请从差异表中选择",
            f"this delivery does not have the ids {shown}; choose from the list of changes",
        )
    )


def grouped_references(issues: Iterable[Issue]) -> list[Issue]:
    """Say once a layer and field how many rows refer to what is not there."""
    groups: dict[tuple[str, str], list[Issue]] = {}
    for issue in issues:
        groups.setdefault((issue.layer, issue.field), []).append(issue)
    return [_broken(layer, field, rows) for (layer, field), rows in groups.items()]


def _broken(layer: str, field: str, rows: list[Issue]) -> Issue:
    values = sorted({row.value for row in rows})
    shown = ", ".join(values[:_EXAMPLES]) + (" …" if len(values) > _EXAMPLES else "")
    return Issue(
        file="",
        layer=layer,
        row=0,
        field=field,
        value=shown,
        code="dangling_reference",
        severity="warning",
        message=Text(
            f"{len(rows)} 行引用了 {len(values)} 个不存在的编码（{shown}）",
            f"{len(rows)} rows refer to {len(values)} ids that are not there ({shown})",
        ),
        remedy=Text(
            "请补充被引用的记录，或更正编码；若填的是名称，在被引用的记录导入后把这份表再导入一次，"
            "名称即换成编码",
            "add the records, or correct the ids; if these are names, import this table again once "
            "the records are there, and their ids take the place of the names",
        ),
    )


def unreadable_layer(layer: str, text: Text) -> Issue:
    """Return the warning that a layer could not be read, and why."""
    return Issue(
        file="",
        layer=layer,
        row=0,
        field="",
        value="",
        code="unreadable_layer",
        severity="warning",
        message=text,
        remedy=Text(
            "其余图层照常可用；可用 import --replace 重新导入该图层",
            "the other layers can be used; import --replace brings this one back",
        ),
    )
