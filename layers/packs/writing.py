"""A pack is gathered, written, read back, and only then put into its place."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.analysis import require_layers
from layers.aside import made_aside
from layers.clock import local_day
from layers.errors import Text
from layers.errors import UsageError
from layers.packs import words
from layers.packs.book import write_book
from layers.packs.brief import write_brief
from layers.packs.checking import check_book
from layers.packs.checking import check_brief
from layers.packs.content import Pack
from layers.packs.content import basis_of
from layers.packs.content import is_map_sketched
from layers.packs.content import marks_of
from layers.packs.facts import chosen_ids
from layers.packs.facts import pack_facts
from layers.packs.overview import overview_png
from layers.packs.replies import REPLIES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.export.sheets import Audience
    from layers.underuse import Underuse

# A number is part of a file name and of the id of every reply.
_NUMBER = re.compile(r"[\w-]{1,40}")


@dataclass(frozen=True, slots=True)
class PackReport:
    """What was written.

    Attributes
    ----------
    number
        Number of the pack.
    xlsx, docx
        The workbook with the reply sheet, and the brief.
    carriers
        The carriers in it, in order.
    notes
        Marks of the files, and which carriers are not on the map.
    """

    number: str
    xlsx: Path
    docx: Path
    carriers: tuple[str, ...]
    notes: tuple[Text, ...]


def new_number(now: dt.datetime | None = None) -> str:
    """Return a number for a pack: the second in which it is made.

    Parameters
    ----------
    now
        The time; the clock of this computer by default.
    """
    moment = now or dt.datetime.now().astimezone()
    return f"P{moment:%Y%m%d-%H%M%S}"


def write_pack(  # noqa: PLR0913 - one argument a choice
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    underuse: Underuse,
    carriers: Sequence[str],
    *,
    audience: Audience,
    lang: str,
    number: str | None = None,
    versions: Mapping[str, int],
    export_id: str = "",
) -> PackReport:
    """Write a pack for one operator: a workbook and a brief.

    Parameters
    ----------
    folder
        Where both files go, as ``NUMBER.xlsx`` and ``NUMBER.docx``; it is made if need be.
    tables, catalogue
        Layers by key, and their description; ``carriers`` is needed.
    underuse
        The judgement of the carriers.
    carriers
        Ids of the carriers to offer; the first has the number 1 on the map.
    audience
        ``public`` leaves out firms, tax, rents and all that the catalogue calls internal.
    lang
        ``zh`` or ``en``.
    number
        Number of the pack, letters, digits, ``_`` and ``-``; replies are kept by it, so
        that every operator needs one of their own. :func:`new_number` by default.
    versions
        Version of every layer of the workspace; those used are told.
    export_id
        What the audit knows both files by; empty for none.

    Raises
    ------
    UsageError
        If a carrier is not known, there are none or too many, or the number cannot be
        part of a file name.
    ExportError
        If a file cannot be written or differs when it is read back; then there is no new
        file.
    """
    require_layers(tables, "carriers")
    number = new_number() if number is None else number
    if not _NUMBER.fullmatch(number):
        raise UsageError(
            Text(
                f"资料包编号“{number}”只能用文字、数字、“-”和“_”，最多 40 个",
                f"the number '{number}' of a pack may have letters, digits, - and _, at most 40",
            )
        )
    ids = chosen_ids(carriers, tables["carriers"])
    facts = pack_facts(tables, catalogue, underuse, ids, audience=audience, lang=lang)
    marks = marks_of(facts, audience)
    own = ((words.EXPORT_ID.get(lang), export_id),) if export_id else ()
    pack = Pack(
        number=number,
        audience=audience,
        lang=lang,
        title=catalogue.title,
        replies=catalogue.layer(REPLIES),
        facts=facts,
        marks=tuple(mark.get(lang) for mark in marks),
        basis=(*basis_of(tables, catalogue, underuse, facts, versions, lang), *own),
        picture=overview_png(tables, catalogue.central_meridian, facts.points),
        sketched=is_map_sketched(tables),
        made=local_day(),
        export_id=export_id,
    )
    book, brief = (folder / f"{number}{ending}" for ending in (".xlsx", ".docx"))
    # Both are checked before either is put into its place.
    with made_aside(book, book.name) as made_book, made_aside(brief, brief.name) as made_brief:
        write_book(pack, made_book)
        check_book(pack, made_book)
        write_brief(pack, made_brief)
        check_brief(pack, made_brief)
    return PackReport(number, book, brief, tuple(ids), (*marks, *_unplaced(facts.points)))


def _unplaced(points: Sequence[object]) -> list[Text]:
    count = sum(point is None for point in points)
    if not count:
        return []
    return [
        Text(
            f"{count} 个载体未定位，图中没有",
            f"{count} of the carriers are not located and not on the map",
        )
    ]
