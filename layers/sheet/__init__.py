"""Plan sheets (图纸): maps at a true, round scale with all that a plan document asks for."""

from __future__ import annotations

from layers.sheet.atlas import AtlasReport
from layers.sheet.atlas import write_atlas
from layers.sheet.content import sheet_content
from layers.sheet.draw import SheetReport
from layers.sheet.draw import write_sheet
from layers.sheet.pictures import MapPicture
from layers.sheet.pictures import map_picture
from layers.sheet.records import Extras
from layers.sheet.records import SheetContent
from layers.sheet.records import SheetRequest
from layers.sheet.template import KINDS
from layers.sheet.template import Kind
from layers.sheet.template import load_template

__all__ = [
    "KINDS",
    "AtlasReport",
    "Extras",
    "Kind",
    "MapPicture",
    "SheetContent",
    "SheetReport",
    "SheetRequest",
    "load_template",
    "map_picture",
    "sheet_content",
    "write_atlas",
    "write_sheet",
]
