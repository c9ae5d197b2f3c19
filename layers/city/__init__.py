"""A city: a folder of district workspaces, with their outlines and the summaries of batches."""

from __future__ import annotations

from layers.city.city import CITY_FILE
from layers.city.city import City
from layers.city.city import District
from layers.city.city import is_city
from layers.city.making import create_city

__all__ = ["CITY_FILE", "City", "District", "create_city", "is_city"]
