"""Local base maps: files of ready-made tiles that need no internet.

``files`` finds them and tells what they are, ``pmtiles_file`` (with ``directory``) and
``mbtiles_file`` read them, ``content`` vouches for what comes out, ``shifted`` recognises
base maps on which measuring would be wrong, ``refusals`` says why a file cannot be used.

The files come from elsewhere and are not trusted: whatever one claims, reading it
takes bounded memory and work, and ends in tiles or in a reason.
"""

from layers.basemaps.files import ENVIRONMENT
from layers.basemaps.files import FOLDER
from layers.basemaps.files import BasemapFile
from layers.basemaps.files import Refused
from layers.basemaps.files import find_basemaps
from layers.basemaps.files import open_basemap
from layers.basemaps.reader import TileReader
from layers.basemaps.shelf import BASEMAP_ROUTE
from layers.basemaps.shelf import shelf
from layers.basemaps.shifted import REFUSED_TILE_SETS
from layers.basemaps.shifted import RefusedTileSet
from layers.basemaps.shifted import gcj_reason
from layers.basemaps.shifted import refuse_foreign_tiles

__all__ = [
    "BASEMAP_ROUTE",
    "ENVIRONMENT",
    "FOLDER",
    "REFUSED_TILE_SETS",
    "BasemapFile",
    "Refused",
    "RefusedTileSet",
    "TileReader",
    "find_basemaps",
    "gcj_reason",
    "open_basemap",
    "refuse_foreign_tiles",
    "shelf",
]
