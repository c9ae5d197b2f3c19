"""Maps of a chapter, and the check that tables and maps tell the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Protocol

import pandas as pd
import shapely

from layers.errors import ExportError
from layers.errors import Text
from layers.export.notes import AUDIENCE_MARKS
from layers.export.sheets import layer_sheet
from layers.report.blocks import Figure
from layers.report.inventory import with_told
from layers.report.printing import Column
from layers.report.printing import make_table
from layers.systems import crs_title

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping

    import pyproj

    from layers.report.basis import Basis
    from layers.report.blocks import Table

ROOM_MM = (156.0, 190.0)
"""Width and height on an A4 page with margins of 25 mm, less a caption."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn map.

    Attributes
    ----------
    png
        The picture.
    scale
        ``n`` of 1:n at `width_mm`.
    width_mm
        Printed width.
    totals
        Features drawn, by layer.
    crs
        CRS of the map.
    window
        What it shows: west, south, east, north in metres of `crs`.
    marks
        Marks of its data, in the language of the chapter.
    """

    png: bytes
    scale: int
    width_mm: float
    totals: Mapping[str, int]
    crs: pyproj.CRS
    window: tuple[float, float, float, float]
    marks: tuple[str, ...]


class Draw(Protocol):
    """Draws the map of a chapter."""

    def __call__(
        self,
        basis: Basis,
        *,
        plan: Mapping[str, pd.DataFrame] | None,
        room_mm: tuple[float, float],
    ) -> Picture:
        """Return the map, `room_mm` wide and high; `plan` are the tables of a proposal."""


def sheet_map(
    basis: Basis, *, plan: Mapping[str, pd.DataFrame] | None, room_mm: tuple[float, float]
) -> Picture:
    """Return the map of a chapter as the plan sheet has it.

    Parameters
    ----------
    basis
        What the chapter is made from.
    plan
        Tables of a proposal, for a scenario.
    room_mm
        Width and height on the page.
    """
    from layers.sheet import Extras
    from layers.sheet import SheetRequest
    from layers.sheet import map_picture
    from layers.sheet import sheet_content

    asked = basis.request
    request = SheetRequest(
        kind=asked.kind,
        subject=asked.subject,
        audience=asked.audience,
        lang=asked.lang,
    )
    extras = Extras(
        plan=plan,
        sources=basis.sources,
        versions=basis.versions,
    )
    content = sheet_content(
        basis.everything, basis.catalogue, request, stamp=basis.stamp, extras=extras
    )
    audience = AUDIENCE_MARKS[asked.audience].get(asked.lang)
    drawn = map_picture(content, width_mm=room_mm[0], height_mm=room_mm[1])
    return Picture(
        png=drawn.png,
        scale=drawn.scale,
        width_mm=drawn.width_mm,
        totals=drawn.totals,
        crs=content.crs,
        window=drawn.extent,
        marks=tuple(badge for badge in content.badges if badge != audience),
    )


def map_figure(basis: Basis, title: Text, picture: Picture) -> Figure:
    """Return a map as a figure whose caption says scale, CRS, date and marks.

    Parameters
    ----------
    basis
        What the chapter is made from.
    title
        What the map shows.
    picture
        The map.
    """
    crs = crs_title(picture.crs, basis.lang)
    day = basis.stamp.isoformat()
    line = basis.say(
        f"比例尺 1:{picture.scale:,}；坐标系 {crs}；{day}",
        f"Scale 1:{picture.scale:,}; CRS {crs}; {day}",
    )
    separator = basis.say("；", "; ")
    return Figure(
        key=basis.request.kind,
        title=title.get(basis.lang),
        png=picture.png,
        width_mm=picture.width_mm,
        notes=(separator.join((line, *picture.marks)),),
        totals=picture.totals,
    )


def check_totals(tables: Iterable[Table], totals: Mapping[str, int]) -> None:
    """Refuse tables that say otherwise than the map how many features are on it.

    Parameters
    ----------
    tables
        The tables of a chapter.
    totals
        Features drawn, by layer; a layer that is not drawn is not compared.

    Raises
    ------
    ExportError
        Naming the table, the layer and both numbers.
    """
    for table in tables:
        for layer, told in table.told.items():
            if layer in totals and totals[layer] != told:
                drawn = totals[layer]
                raise ExportError(
                    Text(
                        f"表图不一致，文件未写出：“{table.title}”称图层“{layer}”上图 {told} 个，"
                        f"图上为 {drawn} 个；请重新生成",
                        f"table and map differ and no file was written: '{table.title}' says that"
                        f" {told} of the layer '{layer}' are on the map, which has {drawn};"
                        " make it again",
                    )
                )


def on_map(basis: Basis, picture: Picture) -> Table:
    """Return how many features of each layer of the register are on the map.

    Parameters
    ----------
    basis
        What the chapter is made from.
    picture
        The map; its window decides, its counts are not looked at.

    Returns
    -------
    Table
        One row a layer that is drawn; places are those of the audience.
    """
    rows = []
    for spec in basis.catalogue.layers:
        if spec.key not in picture.totals or spec.key not in basis.tables:
            continue
        sheet = layer_sheet(
            basis.everything[spec.key],
            spec,
            crs=picture.crs,
            audience=basis.request.audience,
            lang=basis.lang,
        )
        shapes = sheet.frame.geometry.to_numpy()
        seen = shapely.intersects(shapes, shapely.box(*picture.window))
        rows.append(
            {
                "layer": spec.title.get(basis.lang),
                "rows": len(sheet.frame),
                "located": sheet.located,
                "seen": int(seen.sum()),
                "key": spec.key,
                "sample": sheet.sample,
            }
        )
    table = pd.DataFrame(rows, columns=["layer", "rows", "located", "seen", "key", "sample"])
    made = make_table("on_map", ON_MAP, table, _ON_MAP_COLUMNS, basis.lang)
    return with_told(made, dict(zip(table["key"], table["seen"].astype(int), strict=True)))


ON_MAP = Text("图中要素数", "Features on the map")
_ON_MAP_COLUMNS = (
    Column("layer", Text("图层", "Layer")),
    Column("rows", Text("登记数", "Registered"), "count"),
    Column("located", Text("已定位", "Located"), "count"),
    Column("seen", Text("本图范围内", "On this map"), "count"),
)
