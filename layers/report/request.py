"""What is asked for, and what was handed out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Literal
from typing import get_args

from layers.errors import ExportUsageError
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from layers.export.sheets import Audience

Kind = Literal["district", "zone", "park", "scenario"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What a chapter can be about."""

if TYPE_CHECKING:
    Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """A chapter that is asked for.

    Attributes
    ----------
    kind
        What it is about.
    subject
        ``park_id`` or ``zone_id``; the name of a saved scenario; empty for the district.
    audience
        ``internal`` or ``public``.
    lang
        ``zh`` or ``en``.
    template
        The planner's own ``.docx`` with placeholders; None for the built-in one.
    export_id
        What the audit knows the document by; empty for none.

    Raises
    ------
    ExportUsageError
        If there is no such kind, audience or language, if it does not say which park or
        zone, or if a scenario is asked for the public.
    """

    kind: Kind
    subject: str = ""
    audience: Audience = "internal"
    lang: str = "zh"
    template: Path | None = None
    export_id: str = ""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        for name, value, known in (
            ("kind", self.kind, KINDS),
            ("audience", self.audience, ("internal", "public")),
            ("lang", self.lang, ("zh", "en")),
        ):
            if value not in known:
                listed = ", ".join(known)
                raise ExportUsageError(
                    Text(
                        f"`{name}` 应为 {listed} 之一，而不是“{value}”",
                        f"`{name}` must be one of {listed}, not '{value}'",
                    )
                )
        if self.kind in {"park", "zone"} and not self.subject:
            raise ExportUsageError(
                Text("请写明是哪个园区或功能区的编码", "say which park or zone by its id")
            )
        if self.kind == "scenario" and self.audience == "public":
            raise ExportUsageError(
                Text(
                    "整合方案由租约等内部资料得出，不能公开导出；请选内部版",
                    "a consolidation scenario is made from leases and other internal data and is"
                    " not exported to the public; choose the internal audience",
                )
            )

    @property
    def public(self) -> bool:
        """Whether it leaves the office."""
        return self.audience == "public"


@dataclass(frozen=True, slots=True)
class ReportReport:
    """What was handed out.

    Attributes
    ----------
    path
        The document.
    title
        Its title.
    sections, tables, figures
        How many it has; of a planner's template those that it has a place for.
    checked
        Always true: a document that does not read back as written is not kept.
    notes
        Marks, and what the reader must know.
    """

    path: Path
    title: str
    sections: int
    tables: int
    figures: int
    checked: bool
    notes: tuple[str, ...]
