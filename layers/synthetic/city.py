"""The layers of a synthetic city, any part of them by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Protocol

import numpy as np

from layers.frames import empty_frame
from layers.synthetic.buildings import Buildings
from layers.synthetic.carriers import Carriers
from layers.synthetic.context import Context
from layers.synthetic.ground import Ground
from layers.synthetic.occupancy import Occupancy
from layers.synthetic.parks import Parks
from layers.synthetic.units import Units

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from layers.catalogue import Catalogue
    from layers.specs import LayerSpec
    from layers.synthetic.size import CitySize


class _Maker(Protocol):
    """Makes rows of a layer."""

    def frame(self, spec: LayerSpec, rows: NDArray[np.int64]) -> gpd.GeoDataFrame | pd.DataFrame:
        """Return some rows."""


class SyntheticCity:
    """A city that does not exist; nothing in it is a fact, and its rows say so.

    Parameters
    ----------
    size
        Numbers of rows, and the seed.
    catalogue
        Which layers and fields there are, the values that they may have, and where
        about the city lies.
    """

    def __init__(self, size: CitySize, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        ground, occupancy = Ground(size, catalogue), Occupancy(size)
        parks = Parks(size, ground)
        carriers = Carriers(size, ground, parks, occupancy)
        self._context = Context(size, ground)
        self._makers: dict[str, _Maker] = {
            "parks": parks,
            "carriers": carriers,
            "units": Units(size, parks, carriers, occupancy),
            "buildings": Buildings(size, ground),
        }
        counts = {
            **self._context.rows(),
            "parks": size.parks,
            "carriers": size.carriers,
            "units": int(occupancy.first[-1]),
            "buildings": size.buildings,
        }
        self.rows = {key: counts[key] for key in catalogue.keys if counts.get(key, 0)}
        """How many rows there are by layer, in the order of the catalogue."""

    def part(self, key: str, start: int, stop: int) -> gpd.GeoDataFrame | pd.DataFrame:
        """Return the rows `start` to `stop` of a layer, the last not included.

        They are the same whatever else is made. Column types are those of the catalogue,
        places are in EPSG:4490.

        Raises
        ------
        KeyError
            If the city has no such layer.
        """
        stop = min(stop, self.rows[key])
        spec = self._catalogue.layer(key)
        if stop <= start:
            return empty_frame(spec)
        maker: _Maker = self._makers.get(key, self._context)
        return maker.frame(spec, np.arange(start, stop, dtype=np.int64))


def city_layers(size: CitySize, catalogue: Catalogue) -> dict[str, gpd.GeoDataFrame | pd.DataFrame]:
    """Return all layers of a synthetic city, for sizes that fit into memory.

    Parameters
    ----------
    size
        Numbers of rows, and the seed.
    catalogue
        Describes the layers.

    Returns
    -------
    dict
        Frames by key of the layer, typed as the catalogue says, in EPSG:4490; layers
        without rows are absent.
    """
    city = SyntheticCity(size, catalogue)
    return {key: city.part(key, 0, rows) for key, rows in city.rows.items()}
