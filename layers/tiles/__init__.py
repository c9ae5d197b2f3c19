"""Vector tiles: a layer of any size as small pictures, encoded when they are asked for.

``grid`` says where a tile lies, ``source`` cuts a layer into tiles, ``mvt`` writes
them, ``cells`` draws what is too dense to be drawn one by one, ``service`` hands
out tiles and the rights to them, and ``identify`` tells what lies at a place.
"""

from layers.tiles.grid import TILE_PX
from layers.tiles.identify import at_place
from layers.tiles.service import Refusal
from layers.tiles.service import TileService
from layers.tiles.service import service
from layers.tiles.source import HIDDEN
from layers.tiles.source import State
from layers.tiles.source import TileSource

__all__ = [
    "HIDDEN",
    "TILE_PX",
    "Refusal",
    "State",
    "TileService",
    "TileSource",
    "at_place",
    "service",
]
