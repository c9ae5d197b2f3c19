"""What a chapter consists of, before it is a document: sections of text, tables, figures."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from dataclasses import is_dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal

from layers.safety import safe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to a numbered table or figure.

    Attributes
    ----------
    kind, key
        Which one.
    """

    kind: Literal["table", "figure"]
    key: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of text.

    Attributes
    ----------
    parts
        Text, and references within it.
    """

    parts: tuple[str | Ref, ...]

    @property
    def refs(self) -> tuple[Ref, ...]:
        """The references in it."""
        return tuple(part for part in self.parts if isinstance(part, Ref))


@dataclass(frozen=True, slots=True)
class Table:
    """A table, ready to be printed.

    Attributes
    ----------
    key
        Name in templates and references.
    title
        Caption, without its number.
    columns
        Headings.
    rows
        Cells as they are printed, one text a column.
    right
        Numbers of the columns that are aligned at the right.
    notes
        Lines beneath it.
    told
        How many features it says are on the map, by layer.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    told: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """A map.

    Attributes
    ----------
    key, title
        As of a table.
    png
        The picture.
    width_mm
        Width at which its scale is true.
    notes
        Lines beneath it.
    totals
        How many features are drawn, by layer.
    """

    key: str
    title: str
    png: bytes
    width_mm: float
    notes: tuple[str, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)


Block = Paragraph | Table | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section.

    Attributes
    ----------
    key
        Name of its text in templates.
    title
        Heading, without its number.
    level
        1 to 3.
    blocks
        What stands in it.
    instead
        Keys of tables that such a section can have and for which its text stands here.
    """

    key: str
    title: str
    level: int
    blocks: tuple[Block, ...] = ()
    instead: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """Everything that is told.

    Attributes
    ----------
    lang
        ``zh`` or ``en``.
    title, subject
        Title of the document, and what it is about.
    day
        Day that it is of, as text.
    marks
        For whom it is, sample data and sketches.
    author
        Who it is said to be by: the edition, never a person.
    sections
        In order.
    words
        Single-line texts by name, for templates.
    """

    lang: str
    title: str
    subject: str
    day: str
    marks: tuple[str, ...]
    author: str
    sections: tuple[Section, ...]
    words: Mapping[str, str] = field(default_factory=dict)

    def blocks(self) -> Iterator[Block]:
        """Yield all blocks in order."""
        for section in self.sections:
            yield from section.blocks

    @property
    def tables(self) -> dict[str, Table]:
        """Tables by key."""
        return {block.key: block for block in self.blocks() if isinstance(block, Table)}

    @property
    def figures(self) -> dict[str, Figure]:
        """Figures by key."""
        return {block.key: block for block in self.blocks() if isinstance(block, Figure)}

    @property
    def instead(self) -> dict[str, tuple[Paragraph, ...]]:
        """Text that stands for a table that this chapter has not, by key of the table."""
        return {key: self.texts[s.key] for s in self.sections for key in s.instead}

    @property
    def texts(self) -> dict[str, tuple[Paragraph, ...]]:
        """Paragraphs of each section that has some, by its key."""
        found = {
            section.key: tuple(b for b in section.blocks if isinstance(b, Paragraph))
            for section in self.sections
        }
        return {key: paragraphs for key, paragraphs in found.items() if paragraphs}


def texts_of(part: Any) -> Iterator[str]:  # noqa: ANN401 - a chapter, or what it is made of
    """Yield every text of a chapter.

    Parameters
    ----------
    part
        A :class:`Chapter`, or anything in it.
    """
    if isinstance(part, str):
        yield part
    elif isinstance(part, tuple):
        for one in part:
            yield from texts_of(one)
    elif isinstance(part, dict):
        yield from texts_of(tuple(part.values()))
    elif is_dataclass(part):
        yield from texts_of(tuple(getattr(part, f.name) for f in fields(part)))


def shown(part: Any) -> Any:  # noqa: ANN401 - a chapter, or what it is made of
    """Return a chapter whose texts may stand in a document, names from data among them.

    Parameters
    ----------
    part
        A :class:`Chapter`, or anything in it.

    Returns
    -------
    Chapter
        The same, but for marks in texts that would turn the direction of what we say
        after them; see :func:`layers.safety.safe`.
    """
    if isinstance(part, str):
        return safe(part, "document")
    if isinstance(part, tuple):
        return tuple(shown(one) for one in part)
    if isinstance(part, dict):
        return {key: shown(value) for key, value in part.items()}
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{f.name: shown(getattr(part, f.name)) for f in fields(part)})
    return part
