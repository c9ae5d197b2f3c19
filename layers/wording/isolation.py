"""What is said of files that the reader could not bear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.wording.kinds import Finding

FINDINGS: Mapping[str, Finding] = {}
"""None: a file that the reader could not bear has no rows to find anything in."""

REFUSALS: Mapping[str, Text] = {
    "time": Text(
        "读取超过 {seconds} 秒的时限，已停止；请拆分文件，或在原软件中另存后再导入",
        "reading took longer than the limit of {seconds} s and was stopped;"
        " split the file, or save it again in the program it comes from",
    ),
    "memory": Text(
        "读取所需内存超过 {gigabytes} GB 的上限，已停止；请拆分文件，或只导出需要的图层和列",
        "reading needs more memory than the limit of {gigabytes} GB and was stopped;"
        " split the file, or export only the layers and columns you need",
    ),
    "result": Text(
        "读出的内容过多（超过 {gigabytes} GB），已停止；请拆分文件",
        "it holds too much (more than {gigabytes} GB) and was not taken; split the file",
    ),
    "crash": Text(
        "读取程序意外退出（{how}）；文件可能已损坏，请在原软件中重新导出，或改用 .gpkg、.xlsx 格式",
        "the reader ended unexpectedly ({how}); the file may be damaged: export it again,"
        " or as .gpkg or .xlsx",
    ),
    "failure": Text(
        "读取程序出错（{kind}）；文件可能已损坏，请在原软件中重新导出，或改用 .gpkg、.xlsx 格式",
        "the reader failed ({kind}); the file may be damaged: export it again,"
        " or as .gpkg or .xlsx",
    ),
    "start": Text(
        "读取程序无法启动（{how}）；请检查内存与安装是否完整，然后重试",
        "the reader cannot be started ({how}); check the memory and the installation,"
        " then try again",
    ),
}
"""Why a file was given up; the name of the file stands in front."""

PROGRESS: Mapping[str, Text] = {
    "waiting": Text("等待其他文件读完", "Waiting for other files to be read"),
    "starting": Text("正在启动读取程序", "Starting the reader"),
    "reading": Text("正在读取 {file}（{seconds} 秒）", "Reading {file} ({seconds} s)"),
    "taking": Text("正在接收 {file} 的内容", "Taking over what is in {file}"),
}
"""What is being done, for a progress bar."""
