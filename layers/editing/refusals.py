"""What editing says when something cannot be done, and what to do then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.errors import ConflictError
from layers.errors import Text
from layers.errors import UsageError
from layers.errors import WorkspaceError
from layers.findings import shorten
from layers.i18n import moment
from layers.refusals import why_unwritable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence
    from pathlib import Path

    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.issues import Issue

# Findings whose remedy speaks of a file, which an edit has not.
_REMEDIES = {
    "required": Text("请补填", "fill it in"),
    "total_row": Text("请改用其他文字", "use another text"),
    "duplicate": Text("请改用其他值", "use another value"),
    "unknown_reference": Text(
        "请先添加被引用的记录，或改正编码", "add that record first, or correct the code"
    ),
    "coordinates_swapped": Text("请交换经度与纬度", "swap longitude and latitude"),
}

# How GEOS calls what is wrong with a geometry; anything else is quoted as it is.
_REASONS = {
    "Self-intersection": Text("边线自相交", "the boundary crosses itself"),
    "Ring Self-intersection": Text("边线与自身相接", "the boundary touches itself"),
    "Hole lies outside shell": Text("孔洞在外边界之外", "a hole lies outside the outer boundary"),
    "Holes are nested": Text("孔洞相互嵌套", "one hole lies inside another"),
    "Nested shells": Text("组成部分相互重叠", "one part lies inside another"),
    "Interior is disconnected": Text("孔洞把内部隔断", "holes cut the interior apart"),
    "Duplicate Rings": Text("边线重复", "a boundary is there twice"),
    "Too few points in geometry component": Text("顶点太少", "there are too few vertices"),
}


class EditError(UsageError):
    """An edit that cannot be done; nothing was changed."""


class DraftError(WorkspaceError):
    """A draft cannot be kept or read."""


@dataclass(frozen=True, slots=True)
class ForeignChange:
    """What somebody else did to a feature that is being edited.

    Attributes
    ----------
    feature_id
        The feature.
    change
        ``added``, ``changed`` or ``removed``.
    version, time, author, message
        The latest version that did so, as the history of the layer tells it.
    """

    feature_id: str
    change: str
    version: int
    time: str
    author: str
    message: str


class EditConflictError(ConflictError):
    """Somebody else changed the very features that a session edits.

    Attributes
    ----------
    changes
        What was changed, by whom and when; one a feature.
    """

    def __init__(self, layer: str, changes: Sequence[ForeignChange]) -> None:
        told = [_told(change) for change in changes]
        zh, en = "；".join(text.zh for text in told), "; ".join(text.en for text in told)
        super().__init__(
            Text(
                f"图层“{layer}”中您编辑的要素已被他人更改：{zh}。"
                "请核对后撤销或放弃对这些要素的编辑，再行保存；您的编辑尚未写入，也未丢失",
                f"somebody else changed features of layer '{layer}' that you edited: {en}. Look at"
                " them, undo or leave out your edits of them, and save again; your edits were not"
                " written and are not lost",
            )
        )
        self.changes = tuple(changes)


_CHANGES = {
    "added": Text("新增", "added"),
    "changed": Text("更改", "changed"),
    "removed": Text("删除", "removed"),
}


def _told(change: ForeignChange) -> Text:
    shown, author, message = map(shorten, (change.feature_id, change.author, change.message))
    what, time = _CHANGES[change.change], moment(change.time)
    return Text(
        f"“{shown}”（{author} 于 {time} 在版本 {change.version} 中{what.zh}：{message}）",
        f"'{shown}' ({what.en} by {author} at {time} in version {change.version}: {message})",
    )


def refused(feature_id: str, zh: str, en: str) -> EditError:
    """Return the error that something cannot be done to the feature `feature_id`."""
    shown = shorten(feature_id)
    return EditError(Text(f"要素“{shown}”：{zh}", f"feature '{shown}': {en}"))


def unknown_id(feature_id: str, layer: str) -> EditError:
    """Return the error that the layer has no such feature."""
    return refused(
        feature_id,
        f"图层“{layer}”中没有该要素；请重新载入图层",
        f"layer '{layer}' has no such feature; load the layer again",
    )


def id_taken(feature_id: str, layer: str) -> EditError:
    """Return the error that the id of a new feature is already there."""
    return refused(
        feature_id,
        f"图层“{layer}”中已有该编码；请另选编码",
        f"layer '{layer}' already has this id; choose another one",
    )


def bad_id(feature_id: str) -> EditError:
    """Return the error that an id cannot be written as it is."""
    return refused(
        feature_id,
        "编码不能为空，首尾不能有空格，也不能含控制字符",
        "an id must not be empty, begin or end with a blank, or hold control characters",
    )


def id_is_fixed(feature_id: str, field: FieldSpec) -> EditError:
    """Return the error that the id of a feature was to be changed."""
    return refused(
        feature_id,
        f"“{field.title.zh}”是编码，不能更改；请删除后以新编码添加",
        f"'{field.title.en}' is the id and cannot be changed; delete the feature and add it anew",
    )


def unknown_field(feature_id: str, name: str, spec: LayerSpec) -> EditError:
    """Return the error that the layer has no field `name`."""
    known = ", ".join(spec.field_names)
    shown = shorten(name)
    return refused(
        feature_id,
        f"图层“{spec.key}”没有字段“{shown}”；现有字段：{known}",
        f"layer '{spec.key}' has no field '{shown}'; its fields: {known}",
    )


def bad_value(feature_id: str, name: str) -> EditError:
    """Return the error that a value is neither text, number, yes or no, nor empty."""
    shown = shorten(name)
    return refused(
        feature_id,
        f"字段“{shown}”的值不是文字、数字、是否或空值",
        f"the value of '{shown}' is neither text, number, yes or no, nor empty",
    )


def found(feature_id: str, issues: Iterable[Issue]) -> EditError:
    """Return the error that the contract of the layer refuses a feature."""
    zh, en = [], []
    for issue in issues:
        remedy = _REMEDIES.get(issue.code, issue.remedy)
        field = f"{issue.field}: " if issue.field else ""
        zh.append(f"{field}{issue.message.zh}；{remedy.zh}")
        en.append(f"{field}{issue.message.en}; {remedy.en}")
    return refused(feature_id, "；".join(zh), "; ".join(en))


def no_shape(feature_id: str) -> EditError:
    """Return the error that a feature has no geometry."""
    return refused(feature_id, "没有图形；请先绘制", "there is no geometry; draw it first")


def no_shapes_here(feature_id: str, layer: str) -> EditError:
    """Return the error that the layer is a table without geometry."""
    return refused(
        feature_id,
        f"图层“{layer}”是表格，没有图形",
        f"layer '{layer}' is a table without geometry",
    )


def invalid_shape(feature_id: str, reason: str, place: str) -> EditError:
    """Return the error that a geometry is not valid, in the words of GEOS, and where."""
    text = _REASONS.get(reason, Text(reason, reason))
    return refused(
        feature_id,
        f"图形有误，{text.zh}（位置 {place}）；请移动该处的顶点",
        f"the geometry is not valid: {text.en} (at {place}); move the vertices there",
    )


def bad_cut(feature_id: str, zh: str, en: str) -> EditError:
    """Return the error that a line does not split a feature."""
    return refused(feature_id, f"无法分割，{zh}", f"cannot be split: {en}")


def bad_merge(feature_id: str, zh: str, en: str) -> EditError:
    """Return the error that features cannot be merged."""
    return refused(feature_id, f"无法合并，{zh}", f"cannot be merged: {en}")


def too_far(feature_id: str, kept: str, distance_m: float, tolerance_m: float) -> EditError:
    """Return the error that a feature does not touch those it is to be merged with."""
    shown = shorten(kept)
    return bad_merge(
        feature_id,
        f"它与“{shown}”一组相距 {distance_m:.2f} m，超过 {tolerance_m:g} m；请先把边界拉到一起",
        f"it lies {distance_m:.2f} m from '{shown}' and what joins it, more than"
        f" {tolerance_m:g} m; bring the boundaries together first",
    )


def unreadable_operation(what: str) -> EditError:
    """Return the error that recorded edits cannot be read."""
    shown = shorten(what)
    return EditError(
        Text(f"编辑记录无法读取（{shown}）", f"the recorded edit cannot be read ({shown})")
    )


def nothing_to_save(layer: str) -> EditError:
    """Return the error that a session changes nothing."""
    return EditError(
        Text(f"图层“{layer}”没有要保存的更改", f"there is nothing to save in layer '{layer}'")
    )


def saved_already(layer: str, version: int) -> EditError:
    """Return the error that the current version has the edits already."""
    return EditError(
        Text(
            f"图层“{layer}”的版本 {version} 已包含这些更改，无须再保存；可丢弃草稿",
            f"version {version} of layer '{layer}' has these changes already, there is nothing to"
            " save; the draft can be discarded",
        )
    )


def undecided(layer: str, ids: Sequence[str]) -> EditError:
    """Return the error that it was not said what is to become of some features."""
    shown = [shorten(key) for key in ids]
    zh, en = "、".join(shown), ", ".join(shown)
    return EditError(
        Text(
            f"图层“{layer}”的要素 {zh} 双方都改过，请先逐个选择如何处理，再保存",
            f"both changed features of layer '{layer}': {en}; choose what is to become of each"
            " of them, then save",
        )
    )


def nobody(layer: str) -> EditError:
    """Return the error that author or message is missing."""
    return EditError(
        Text(
            f"保存图层“{layer}”须填写作者和说明",
            f"give an author and a message to save layer '{layer}'",
        )
    )


def other_workspace(layer: str) -> EditError:
    """Return the error that a session was begun in another workspace."""
    return EditError(
        Text(
            f"图层“{layer}”的编辑属于另一工作区；请打开该工作区后再保存",
            f"the edits of layer '{layer}' belong to another workspace; open that one to save",
        )
    )


def bad_draft_id() -> DraftError:
    """Return the error that something is no name of a draft; it is not repeated."""
    return DraftError(
        Text("草稿编号无效；请从草稿列表中选择", "that is no draft id; choose one from the list")
    )


def no_draft(draft_id: str) -> DraftError:
    """Return the error that a draft is not there any more."""
    return DraftError(
        Text(
            f"没有草稿 {draft_id}；它可能已保存或丢弃",
            f"there is no draft {draft_id}; it may have been saved or discarded",
        )
    )


def foreign_draft() -> DraftError:
    """Return the error that a draft is another person's; it is not said whose."""
    return DraftError(
        Text(
            "这份草稿不是您的，只有起草人本人能够打开；请从您自己的草稿列表中选择",
            "this draft is not yours, only who made it can open it; choose one of your own",
        )
    )


def damaged_draft(path: Path, what: str) -> DraftError:
    """Return the error that the file of a draft cannot be read; it is left as it is."""
    shown = shorten(what)
    return DraftError(
        Text(
            f"草稿文件 {path.name} 已损坏或不是草稿（{shown}）；文件未改动，可丢弃后重新编辑",
            f"the draft {path.name} is damaged or no draft ({shown}); the file was left as it is,"
            " discard it and edit again",
        )
    )


def newer_draft(path: Path, version: int, ours: int) -> DraftError:
    """Return the error that a draft was written by a newer program."""
    return DraftError(
        Text(
            f"草稿 {path.name} 的格式版本为 {version}，本程序只读到 {ours}；请升级程序",
            f"the draft {path.name} has format version {version}, this program reads up to {ours};"
            " upgrade the program",
        )
    )


def draft_too_large(size: int, limit: int) -> DraftError:
    """Return the error that a draft is larger than a draft may be (bytes)."""
    return DraftError(
        Text(
            f"草稿有 {size / 1e6:.1f} MB，超过上限 {limit / 1e6:.1f} MB；请先保存为新版本",
            f"the draft has {size / 1e6:.1f} MB, more than {limit / 1e6:.1f} MB; save a version",
        )
    )


def draft_unwritable(path: Path, error: Exception) -> DraftError:
    """Return the error that drafts cannot be kept at `path`."""
    why = why_unwritable(str(error))
    return DraftError(
        Text(
            f"无法在 {path} 写入草稿（{why.zh}）；请检查权限与磁盘空间，并尽快保存",
            f"cannot keep drafts at {path} ({why.en}); check permissions and disk space, and save"
            " soon",
        )
    )
