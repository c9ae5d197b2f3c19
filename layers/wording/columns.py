"""Findings about which column is which field, and about profiles of earlier files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.wording.kinds import info
from layers.wording.kinds import warning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {
    "values_replaced": info(
        "{count} 格按您的指定替换：{pairs}",
        "{count} cells were replaced as you said: {pairs}",
    ),
    "by_app_only": warning(
        "{count} 格未采用：这一栏只由系统记录",
        "{count} cells were not taken: only the app writes this column",
        "无须填写；由本人登录后在页面上办理",
        "Leave it empty; whoever it is about does it on the page after signing in",
    ),
    "profile_damaged": warning(
        "导入方案文件 {file_name} 无法使用：{problem_zh}",
        "the profile {file_name} cannot be used: {problem_en}",
        "请删除该方案，下次导入时重新保存",
        "Delete it, and save it again at the next import",
    ),
}
