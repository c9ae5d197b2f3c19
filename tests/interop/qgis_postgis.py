"""Opens tables of PostGIS in QGIS as a planner does; run by a Python with PyQGIS.

Usage: ``qgis_postgis.py JOB.json``. The job names the server, the tables and where the
answer goes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication
from qgis.core import QgsDataSourceUri
from qgis.core import QgsVectorLayer
from qgis.core import QgsWkbTypes

KINDS = {
    "point": QgsWkbTypes.Point,
    "polygon": QgsWkbTypes.Polygon,
    "multipolygon": QgsWkbTypes.MultiPolygon,
    "multilinestring": QgsWkbTypes.MultiLineString,
    "multipoint": QgsWkbTypes.MultiPoint,
}


def main() -> None:
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    application = QgsApplication([], False)  # noqa: FBT003 -- Qt has no name for it
    application.initQgis()
    answers = [_look(wish, job) for wish in job["tables"]]
    Path(job["answer"]).write_text(json.dumps(answers, ensure_ascii=False), encoding="utf-8")
    application.exitQgis()


def _look(wish: dict[str, str], job: dict[str, Any]) -> dict[str, Any]:
    uri = QgsDataSourceUri()
    uri.setConnection("127.0.0.1", job["port"], job["database"], "postgres", "")
    uri.setDataSource("atlas", wish["table"], "geometry", "", wish["id"])
    uri.setSrid("4490")
    uri.setWkbType(KINDS[wish["kind"]])
    layer = QgsVectorLayer(uri.uri(False), wish["table"], "postgres")  # noqa: FBT003
    names = sorted(str(feature[wish["name"]]) for feature in layer.getFeatures())
    settings = layer.labeling().settings() if layer.labeling() else None
    return {
        **wish,
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "features": layer.featureCount(),
        "names": names,
        "renderer": layer.renderer().type(),
        "legend": [item.label() for item in layer.renderer().legendSymbolItems()],
        "colours": [
            item.symbol().color().name()
            for item in layer.renderer().legendSymbolItems()
            if item.symbol() is not None
        ],
        "label_field": settings.fieldName if settings else "",
        "aliases": {field.name(): field.alias() for field in layer.fields()},
        "comments": {field.name(): field.comment() for field in layer.fields()},
        "about": layer.dataComment(),
    }


if __name__ == "__main__":
    main()
