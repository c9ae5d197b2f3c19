"""Layers: what a layer is, and everything done with layers as layers.

Imports run one way: this room may import :mod:`geo`, never :mod:`views`.
"""

from __future__ import annotations

import os

# A VRT or GDALG file under another name makes GDAL open any path it mentions,
# so an uploaded "parks.geojson" could read the server's files. GDAL reads this
# setting once, when pyogrio is imported; hence it stands before every import.
os.environ["OGR_SKIP"] = "OGR_VRT,GDALG"
