"""Opens a GeoPackage in QGIS as a planner does and draws its layers; run by a Python with PyQGIS.

Usage: ``qgis_draw.py JOB.json``. The job names the file, its layers, a folder for the
pictures and the size of a picture in pixels; the answer is printed as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication
from qgis.core import QgsMapRendererSequentialJob
from qgis.core import QgsMapSettings
from qgis.core import QgsNullSymbolRenderer
from qgis.core import QgsPointXY
from qgis.core import QgsRectangle
from qgis.core import QgsVectorLayer
from qgis.core import QgsWkbTypes
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtXml import QDomDocument

DPI = 96
_INCH = 0.0254


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    application = QgsApplication([], False)  # noqa: FBT003 -- Qt has no name for it
    application.initQgis()
    answers = [_look(wish, job) for wish in job["layers"]]
    Path(job["answer"]).write_text(json.dumps(answers, ensure_ascii=False), encoding="utf-8")
    application.exitQgis()


def _look(wish: dict[str, str], job: dict[str, Any]) -> dict[str, Any]:
    layer = _opened(wish, job)
    stem = Path(job["folder"]) / f"{wish['name']}-{wish['kind']}"
    settings = layer.labeling().settings() if layer.labeling() else None
    extent = layer.extent()
    side = 1.1 * max(extent.width(), extent.height(), 200)
    whole = _around(extent.center(), side)
    answer = {
        **wish,
        "valid": layer.isValid(),
        "renderer": layer.renderer().type(),
        "geometry": QgsWkbTypes.geometryDisplayString(layer.geometryType()),
        "legend": [item.label() for item in layer.renderer().legendSymbolItems()],
        "opacity": layer.opacity(),
        "label_field": settings.fieldName if settings else "",
        "labels_enabled": layer.labelsEnabled(),
        "label_scale": settings.minimumScale if settings else 0,
        "aliases": {f.name(): f.alias() for f in layer.fields()},
        "widgets": {f.name(): f.editorWidgetSetup().type() for f in layer.fields()},
        "extent": [whole.xMinimum(), whole.yMinimum(), whole.xMaximum(), whole.yMaximum()],
        "features": layer.featureCount(),
        "qml": _reloaded(wish, job, "qml"),
        "sld": _reloaded(wish, job, "sld"),
    }
    layer.setLabelsEnabled(False)
    _draw(layer, whole, job["size"], f"{stem}.png")
    if settings:
        limit = settings.minimumScale * job["size"] * _INCH / DPI
        # QGIS names no area of a few pixels, however large the scale of its labels is.
        near = min(0.5 * limit, 4000)
        # Around a feature, because the middle of the layer may be empty.
        feature = next(layer.getFeatures())
        close = _around(feature.geometry().centroid().asPoint(), near)
        for shown in (False, True):
            layer.setLabelsEnabled(shown)
            _draw(layer, close, job["size"], f"{stem}-labels-{int(shown)}.png")
        far = _around(extent.center(), 2 * limit)
        for shown in (False, True):
            layer.setLabelsEnabled(shown)
            _draw(layer, far, job["size"], f"{stem}-far-{int(shown)}.png")
    return answer


def _opened(wish: dict[str, str], job: dict[str, Any]) -> QgsVectorLayer:
    """Open a layer as the browser of QGIS does: a mixed one by its kind of geometry."""
    address = f"{job['path']}|layername={wish['name']}"
    if wish["mixed"]:
        address += f"|geometrytype={wish['kind'].capitalize()}"
    return QgsVectorLayer(address, wish["name"], "ogr")


def _reloaded(wish: dict[str, str], job: dict[str, Any], ending: str) -> list[Any]:
    """Return message, success, renderer and number of entries after reading a style file."""
    layer = _opened(wish, job)
    file = Path(job["folder"]) / f"{wish['name']}.{ending}"
    if ending == "qml":
        # loadNamedStyle would take the style in the GeoPackage instead of the file.
        document = QDomDocument()
        document.setContent(file.read_text(encoding="utf-8"))
        layer.setRenderer(QgsNullSymbolRenderer())
        done, message = layer.importNamedStyle(document)
    else:
        message, done = layer.loadSldStyle(str(file))
    return [message, done, layer.renderer().type(), len(layer.renderer().legendSymbolItems())]


def _around(centre: QgsPointXY, side: float) -> QgsRectangle:
    x, y, half = centre.x(), centre.y(), side / 2
    return QgsRectangle(x - half, y - half, x + half, y + half)


def _draw(layer: QgsVectorLayer, extent: QgsRectangle, size: int, path: str) -> None:
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(extent)
    settings.setOutputSize(QSize(size, size))
    settings.setOutputDpi(DPI)
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(path)


if __name__ == "__main__":
    main()
