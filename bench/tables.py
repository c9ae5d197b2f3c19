"""Tables that a script computes and a page of the documentation shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence

WHY_NOT = Path(__file__).resolve().parents[1] / "docs" / "why-not.md"


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def replace_block(name: str, text: str, page: Path = WHY_NOT) -> None:
    """Put a text between the markers ``<!-- name:begin -->`` and ``<!-- name:end -->``.

    Raises
    ------
    ValueError
        If the page has no such markers.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = page.read_text("utf-8").partition(begin)
    _old, closed, after = rest.partition(end)
    if not (found and closed):
        msg = f"{page.name} lacks the markers {begin} and {end}."
        raise ValueError(msg)
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", "utf-8")
