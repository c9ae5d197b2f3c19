"""A pack before it is written: who it is for, what it tells, and on what it rests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layers.edition import load_sources
from layers.export.notes import AUDIENCE_MARKS
from layers.marks import is_sketch
from layers.packs import words
from layers.underuse import UNDERUSE_LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence
    from datetime import date

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.errors import Text
    from layers.export.sheets import Audience
    from layers.packs.facts import PackFacts
    from layers.underuse import Underuse


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """Everything that both files of a pack are written from.

    Attributes
    ----------
    number
        Number of the pack; replies are kept by it.
    audience, lang
        For whom, ``internal`` or ``public``, and in which language, ``zh`` or ``en``.
    title
        Name of the edition.
    replies
        Layer that the reply sheet comes back as.
    facts
        What is told of the carriers.
    marks
        Sentences that stand on top of both files.
    basis
        Title and text of rule, parameters, versions, dates and sources.
    picture
        The overview map as a PNG; None if no carrier is located.
    sketched
        Whether a boundary on the map is a sketch.
    made
        The day on which it was made.
    export_id
        What the audit knows both files by, empty for none; it stands in `basis`, too.
    """

    number: str
    audience: Audience
    lang: str
    title: Text
    replies: LayerSpec
    facts: PackFacts
    marks: tuple[str, ...]
    basis: tuple[tuple[str, str], ...]
    picture: bytes | None
    sketched: bool
    made: date
    export_id: str = ""


def marks_of(facts: PackFacts, audience: Audience) -> tuple[Text, ...]:
    """Return the marks of a pack: for whom, sample data, and that it orders nothing."""
    marks = [AUDIENCE_MARKS[audience]]
    if audience == "public":
        marks.append(words.PUBLIC)
    if any(facts.sample):
        marks.append(words.SAMPLE)
    return (*marks, words.ADVICE)


def basis_of(
    tables: Mapping[str, pd.DataFrame],
    catalogue: Catalogue,
    underuse: Underuse,
    facts: PackFacts,
    versions: Mapping[str, int],
    lang: str,
) -> tuple[tuple[str, str], ...]:
    """Return what the numbers rest on, title by title.

    Parameters
    ----------
    tables, catalogue, underuse
        The layers, their description, and the judgement.
    facts
        What is told.
    versions
        Version of every layer of the workspace; those used are named.
    lang
        ``zh`` or ``en``.
    """
    used = ", ".join(f"{key} v{versions[key]}" for key in UNDERUSE_LAYERS if key in versions)
    rules = underuse.table["rule_version"].dropna().astype("str").unique()
    told = (
        (words.RULE, ", ".join(rules)),
        (words.PARAMETERS, underuse.parameters.as_text()),
        (words.VERSIONS, used),
        (words.DATES, _span(facts.frame["data_date"])),
        (words.SOURCES, _sources(tables["carriers"], catalogue, facts, lang)),
    )
    return tuple((title.get(lang), text) for title, text in told if text)


def is_map_sketched(tables: Mapping[str, pd.DataFrame]) -> bool:
    """Tell whether the district or a zone has a sketched boundary."""
    return any(bool(is_sketch(tables[key]).any()) for key in ("district", "zones") if key in tables)


def _span(dates: pd.Series) -> str:
    known = dates.dropna()
    if known.empty:
        return ""
    ends = [moment.date().isoformat() for moment in (known.min(), known.max())]
    return ends[0] if ends[0] == ends[1] else " – ".join(ends)


def _sources(carriers: pd.DataFrame, catalogue: Catalogue, facts: PackFacts, lang: str) -> str:
    """Return the listed sources of the carriers, with title and publisher.

    What was typed as a source and is not listed may be the name of a firm.
    """
    chosen = carriers["carrier_id"].isin(facts.frame["carrier_id"])
    named = carriers.loc[chosen, "source"].dropna().str.split(";").explode().str.strip()
    listed = load_sources(catalogue.folder).fillna("").drop_duplicates("source_id")
    rows = listed[listed["source_id"].isin(set(named))]
    lines: Sequence[str] = [
        ", ".join(part for part in (row[f"title_{lang}"], row["publisher"], row["date"]) if part)
        for row in rows.to_dict("records")
    ]
    return "\n".join(lines)
