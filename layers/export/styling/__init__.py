"""The styles of the map for other programs: QML for QGIS, SLD for map servers."""

from __future__ import annotations

from layers.export.styling.layer_styles import STYLES_TABLE
from layers.export.styling.layer_styles import add_layer_styles
from layers.export.styling.layer_styles import check_layer_styles
from layers.export.styling.qml import qml_text
from layers.export.styling.sld import sld_text

__all__ = ["STYLES_TABLE", "add_layer_styles", "check_layer_styles", "qml_text", "sld_text"]
