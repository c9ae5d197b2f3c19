"""What a file holds, before anything is decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from layers.errors import Text
from layers.intake.columns import known_columns
from layers.intake.guess import guess_layer
from layers.intake.matching import propose
from layers.intake.placing.locate import rank_systems
from layers.intake.run import district_of
from layers.intake.source import FACTS
from layers.inventory import readable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layers.catalogue import Catalogue
    from layers.intake.matching import ColumnMatch
    from layers.intake.matching import How
    from layers.intake.placing.whereabouts import Candidate
    from layers.intake.source import Raw
    from layers.intake.source import Request
    from layers.workspace import Workspace


_HOW: Mapping[How, Text] = {
    "user": Text("指定", "your choice"),
    "profile": Text("导入方案", "profile"),
    "name": Text("表头", "heading"),
    "content": Text("建议（按内容）", "proposal by content"),
    "none": Text("—", "—"),
}
"""How a heading came to its field, as people are told."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file holds.

    Attributes
    ----------
    raw
        The file as read.
    layer
        The layer it seems to be for; None if no heading is known.
    matches
        Which heading is which field, or may be.
    systems
        Coordinate systems in which it may be, best first.
    """

    raw: Raw
    layer: str | None
    matches: tuple[ColumnMatch, ...]
    systems: tuple[Candidate, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {
            "rows": len(self.raw.frame),
            "part": self.raw.part,
            "parts": list(self.raw.parts),
            "facts": {key: {"zh": t.zh, "en": t.en} for key, t in self.raw.facts.items()},
            "layer": self.layer,
            "columns": [
                {"heading": m.heading, "target": m.target, "how": m.how, "score": m.score}
                for m in self.matches
            ],
            "systems": [
                {
                    "system": c.name,
                    "swapped": c.swapped,
                    "share_inside": c.share_inside,
                    "ambiguous_with": list(c.ambiguous_with),
                    "reason": {"zh": c.reason.zh, "en": c.reason.en},
                }
                for c in self.systems
            ],
        }

    def lines(self, lang: str) -> list[str]:
        """Return what was found out about the file as a whole, a line each."""
        found = {FACTS[key].get(lang): text.get(lang) for key, text in self.raw.facts.items()}
        lines = [f"{name}: {text}" for name, text in found.items()]
        rows = "数据行" if lang == "zh" else "rows"
        layer = "图层" if lang == "zh" else "layer"
        parts = "可选部分" if lang == "zh" else "parts"
        lines += [f"{rows}: {len(self.raw.frame)}", f"{layer}: {self.layer or '—'}"]
        if len(self.raw.parts) > 1:
            lines.append(f"{parts}: {', '.join(self.raw.parts)}")
        return [*lines, *(issue.line(lang) for issue in self.raw.issues)]

    def columns(self, lang: str) -> pd.DataFrame:
        """Return headings, fields and examples as a table."""
        zh = lang == "zh"
        return pd.DataFrame(
            {
                "表头" if zh else "heading": [m.heading for m in self.matches],
                "字段" if zh else "field": [m.target or "" for m in self.matches],
                "依据" if zh else "how": [_HOW[m.how].get(lang) for m in self.matches],
                "示例" if zh else "examples": [" · ".join(m.sample) for m in self.matches],
            }
        )

    def readings(self, lang: str) -> pd.DataFrame:
        """Return the coordinate systems as a table."""
        zh = lang == "zh"
        return pd.DataFrame(
            {
                "坐标系" if zh else "system": [c.name for c in self.systems],
                "X 为北" if zh else "x is north": [c.swapped for c in self.systems],
                "区内比例" if zh else "in the district": [
                    f"{c.share_inside:.0%}" for c in self.systems
                ],
                "说明" if zh else "why": [c.reason.get(lang) for c in self.systems],
            }
        )


def inspect_raw(
    raw: Raw, request: Request, workspace: Workspace, layer: str | None = None
) -> Inspection:
    """Look at a file that was read.

    Parameters
    ----------
    raw, request
        The file.
    workspace
        Whose layers it is compared with.
    layer
        The layer it is for; guessed by default.
    """
    catalogue = workspace.catalogue
    key = catalogue.layer(layer).key if layer else _guessed(raw, request, catalogue)
    if key is None:
        return Inspection(raw, None, (), ())
    spec = catalogue.layer(key)
    tables, _problems = readable(workspace)
    columns = known_columns(raw.headings, spec)
    matches = propose(raw, columns, spec, tables=tables)
    systems = rank_systems(raw, columns.places, request, district_of(tables))
    return Inspection(raw, key, matches, systems if spec.geometry else ())


def _guessed(raw: Raw, request: Request, catalogue: Catalogue) -> str | None:
    return guess_layer(raw, catalogue, f"{request.path.stem} {raw.part}")
