"""Cities that do not exist, of any size, for tests, measurements and trials.

Every row is drawn from a seed by itself and marked as sample as far as its layer can say
so. A city is the same whether it is made at once or in parts.
"""

from __future__ import annotations

from layers.synthetic.city import SyntheticCity
from layers.synthetic.city import city_layers
from layers.synthetic.size import CitySize
from layers.synthetic.writing import synthetic_catalogue
from layers.synthetic.writing import write_city

__all__ = ["CitySize", "SyntheticCity", "city_layers", "synthetic_catalogue", "write_city"]
