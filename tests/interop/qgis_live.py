"""Run by the interpreter of QGIS: opens live layers and tells what QGIS sees of them.

    /usr/bin/python3 qgis_live.py ADDRESS [PASSWORD] < keys

The answer is JSON by key.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from qgis.core import QgsApplication
from qgis.core import QgsAuthMethodConfig
from qgis.core import QgsFeatureRequest
from qgis.core import QgsVectorLayer
from qgis.core import QgsWkbTypes


def signed_in(password: str) -> str:
    """Keep a password as QGIS does for Basic authentication; return how a layer names it."""
    manager = QgsApplication.authManager()
    if not manager.setMasterPassword("only for this test", verify=True):
        sys.exit("QGIS keeps no passwords here")
    config = QgsAuthMethodConfig("Basic")
    config.setName("atlas")
    config.setConfig("username", "anybody")
    config.setConfig("password", password)
    manager.storeAuthenticationConfig(config)
    return f" authcfg='{config.id()}'"


def told(address: str, key: str, auth: str) -> dict[str, Any]:
    """Tell what QGIS sees of a layer."""
    uri = f"url='{address}' typename='{key}' pagingEnabled='true' restrictToRequestBBOX='1'{auth}"
    layer = QgsVectorLayer(uri, key, "OAPIF")
    if not layer.isValid():
        return {"error": layer.error().message() or "not valid"}
    rows = list(layer.getFeatures())
    names = [field.name() for field in layer.fields()]
    extent = layer.extent()
    request = QgsFeatureRequest().setFilterExpression("\"name\" like '%大学%'")
    found = layer.getFeatures(request) if "name" in names else ()
    box = layer.getFeatures(QgsFeatureRequest(extent)) if layer.isSpatial() else ()
    return {
        "count": layer.featureCount(),
        "rows": len(rows),
        "fields": names,
        "kind": QgsWkbTypes.displayString(layer.wkbType()),
        "kinds": sorted({QgsWkbTypes.displayString(f.geometry().wkbType()) for f in rows}),
        "crs": layer.crs().authid(),
        "extent": [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()],
        "names": sorted(str(row["name"]) for row in rows) if "name" in names else [],
        "found": sorted(str(row["name"]) for row in found),
        "in_box": len(list(box)),
    }


def main() -> None:
    """Answer for the layers that are named on the input."""
    address, *password = sys.argv[1:]
    application = QgsApplication([], GUIenabled=False)
    application.initQgis()
    try:
        auth = signed_in(password[0]) if password else ""
        answer = {key: told(address, key, auth) for key in sys.stdin.read().split()}
        print(json.dumps(answer))  # noqa: T201 - the answer
    finally:
        application.exitQgis()


main()
