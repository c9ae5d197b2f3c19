"""What an edit did besides what was asked, so that nothing is decided silently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.errors import Text
from layers.findings import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.catalogue import FieldSpec


@dataclass(frozen=True, slots=True)
class Note:
    """One remark about a feature.

    Attributes
    ----------
    code
        Stable English code, for instance ``totals_unknown``.
    feature_id
        The feature.
    text
        The sentence, which names the feature.
    """

    code: str
    feature_id: str
    text: Text


def note(code: str, feature_id: str, zh: str, en: str) -> Note:
    """Return a remark about the feature `feature_id`."""
    shown = shorten(feature_id)
    return Note(code, feature_id, Text(f"要素“{shown}”：{zh}", f"feature '{shown}': {en}"))


def titles(fields: Sequence[FieldSpec]) -> Text:
    """Return the titles of fields as a list in a sentence."""
    return Text("、".join(f.title.zh for f in fields), ", ".join(f.title.en for f in fields))


def sketched(feature_id: str) -> Note:
    """Return the remark that a drawn boundary is no official one."""
    return note(
        "sketch",
        feature_id,
        "边界系人工绘制，边界性质记为“示意”；如有正式依据请自行更改",
        "the boundary was drawn by hand and is recorded as a sketch; change that if an official"
        " boundary was copied",
    )


def no_boundary(feature_id: str) -> Note:
    """Return the remark that a point has no boundary of any status."""
    return note(
        "no_boundary",
        feature_id,
        "改为点后没有边界，边界性质已清空",
        "it is a point now, so the status of its boundary was cleared",
    )


def not_verified(feature_id: str) -> Note:
    """Return the remark that what was known about the old place does not hold for the new."""
    return note(
        "not_verified",
        feature_id,
        "原位置的精度与核实情况不适用于新图形，精度改为未知，标为未核实",
        "accuracy and verification belonged to the old geometry; the accuracy is unknown now"
        " and the place not verified",
    )


def described_before(feature_id: str, fields: Sequence[FieldSpec]) -> Note:
    """Return the remark that these fields were not changed with the geometry."""
    names = titles(fields)
    return note(
        "fields_of_old_shape",
        feature_id,
        f"下列字段未随图形更改，请核对：{names.zh}",
        f"these fields were not changed with the geometry, check them: {names.en}",
    )


def no_source(feature_id: str) -> Note:
    """Return the remark that nobody said what a new feature is based on."""
    return note(
        "no_source",
        feature_id,
        "来源为空；绘制人记入版本历史，如有依据请填写来源",
        "it has no source; the history names who drew it, fill in a source if there is one",
    )


def copied(feature_id: str, original: str) -> Note:
    """Return the remark that a new part has the values of the whole."""
    shown = shorten(original)
    return note(
        "values_copied",
        feature_id,
        f"名称等字段照抄自“{shown}”，请核对",
        f"name and other fields were copied from '{shown}'; check them",
    )


def totals_unknown(feature_id: str, fields: Sequence[FieldSpec]) -> Note:
    """Return the remark that these fields do not hold for a part or a whole."""
    names = titles(fields)
    return note(
        "totals_unknown",
        feature_id,
        f"下列数值无从得知，已改为未知：{names.zh}",
        f"these figures cannot be known and are unknown now: {names.en}",
    )


def totals_summed(feature_id: str, fields: Sequence[FieldSpec]) -> Note:
    """Return the remark that these fields are sums of the merged features."""
    names = titles(fields)
    return note(
        "totals_summed",
        feature_id,
        f"下列数值为各要素之和：{names.zh}",
        f"these figures are sums of the merged features: {names.en}",
    )


def kept(feature_id: str, fields: Sequence[FieldSpec]) -> Note:
    """Return the remark that the merged features differed in these fields."""
    names = titles(fields)
    return note(
        "values_kept",
        feature_id,
        f"下列字段各要素不同，保留了该要素的值：{names.zh}",
        f"the merged features differed here and the values of this one were kept: {names.en}",
    )


def in_parts(feature_id: str, parts: int) -> Note:
    """Return the remark that a feature consists of several parts."""
    return note(
        "multipart", feature_id, f"现由 {parts} 个部分组成", f"it has {parts} separate parts now"
    )


def left_aside(feature_id: str, parts: int) -> Note:
    """Return the remark that parts were not met by the line that split a feature."""
    return note(
        "parts_aside",
        feature_id,
        f"分割线未经过的 {parts} 个部分留在该要素",
        f"parts that the line did not meet stay with it: {parts}",
    )


def gap_closed(feature_id: str, moved: int, tolerance_m: float) -> Note:
    """Return the remark that edges were moved to join boundaries."""
    return note(
        "gap_closed",
        feature_id,
        f"为消除缝隙，{moved} 段边线移动了不超过 {tolerance_m:g} m",
        f"to close gaps, edges were moved by at most {tolerance_m:g} m: {moved}",
    )


def holes_left(feature_id: str, holes: int) -> Note:
    """Return the remark that merged features enclose space that belongs to none."""
    return note(
        "holes_left",
        feature_id,
        f"合并后内部留有 {holes} 处空白",
        f"holes enclosed by the merged features: {holes}",
    )


def sample_cleared(feature_id: str) -> Note:
    """Return the remark that a feature is no sample any more."""
    return note(
        "sample_cleared",
        feature_id,
        "已取消“示例”标记；请确认其余数值也不是示例",
        "it is not marked as sample data any more; make sure that no other value is",
    )
