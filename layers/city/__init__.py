"""A city: a folder of district workspaces, with their outlines and the summaries of batches.

Making one is :mod:`layers.city.making`; who only opens a city does not wait for it.
"""

from __future__ import annotations

from layers.city.city import CITY_FILE
from layers.city.city import City
from layers.city.city import District
from layers.city.city import is_city

__all__ = ["CITY_FILE", "City", "District", "is_city"]
