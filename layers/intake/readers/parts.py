"""Files that hold several things: an archive, a GeoPackage, a FileGDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.errors import IntakeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.errors import Text
    from layers.intake.source import Request

_SHOWN = 30


class PartError(IntakeError):
    """It is not clear which part of a file to read.

    Parameters
    ----------
    text
        What is wrong and what to do.
    parts
        What the file offers, for the planner to choose from.
    """

    def __init__(self, text: Text, parts: tuple[str, ...]) -> None:
        super().__init__(text)
        self.parts = parts

    def __reduce__(self) -> tuple[type[PartError], tuple[Text, tuple[str, ...]]]:
        """Return how to make it again: it comes from another process."""
        return (type(self), (self.text, self.parts))


def choose_part(offered: Sequence[str], request: Request) -> str:
    """Return the part to read: the one asked for, the one called as the layer, the only one.

    Raises
    ------
    IntakeError
        If the file has no parts; PartError if there is no such part, or several and
        none was asked for.
    """
    if not offered:
        request.refuse(
            "其中没有图层，文件可能已损坏；请重新导出",
            "it has no layers and may be damaged; export it again",
        )
    if request.part:
        if request.part in offered:
            return request.part
        raise part_error(offered, request)
    if request.layer in offered:
        return request.layer
    if len(offered) == 1:
        return offered[0]
    raise part_error(offered, request)


def part_error(offered: Sequence[str], request: Request) -> PartError:
    """Return the error that names what a file offers."""
    listed = ", ".join(offered[:_SHOWN])
    more = len(offered) - _SHOWN
    zh = f"文件有图层 {listed}" + (f" 等 {len(offered)} 个" if more > 0 else "")
    en = f"it has the layers {listed}" + (f" and {more} more" if more > 0 else "")
    if request.part:
        zh, en = f"{zh}，没有“{request.part}”", f"{en}, but no '{request.part}'"
    return PartError(
        request.question(
            f"{zh}；请在导入页第 1 步“文件”选择读取哪一个，或用 --part 指明",
            f"{en}; choose which one to read in step 1 of the import page, or say --part",
        ),
        tuple(offered),
    )
