"""What the reading process finds around it: few variables, few GDAL drivers, no network.

Everything here must stand before GDAL is loaded, because GDAL looks at it once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ALLOWED_DRIVERS = frozenset(
    {"ESRI Shapefile", "FlatGeobuf", "GPKG", "GeoJSON", "MapInfo File", "OpenFileGDB"}
)
"""Drivers of GDAL that the readers use."""

SKIPPED_DRIVERS = (
    # Those that reach for other files, services or databases by themselves.
    *("OGR_VRT", "VRT", "GDALG", "HTTP", "WFS", "OAPIF", "OGCAPI", "CSW", "GTI", "WMS", "WMTS"),
    *("WCS", "DAAS", "STACIT", "STACTA", "EEDA", "EEDAI", "PLSCENES", "PLMOSAIC", "NGW", "ADBC"),
    *("Elasticsearch", "Carto", "AmigoCloud", "PostgreSQL", "PGDUMP", "MySQL", "MSSQLSpatial"),
    *("OCI", "ODBC", "PGeo", "MongoDBv3", "HANA", "SOSI", "OGR_OGDI", "IDB", "GeoRaster"),
    # Those that nobody sends, and those whose files are read without GDAL.
    *("MEM", "Memory", "CSV", "XLS", "XLSX", "ODS", "SQLite", "KML", "LIBKML", "KMLSUPEROVERLAY"),
    *("DXF", "CAD", "DWG", "DGN", "DGNv8", "PDF", "GML", "GMLAS", "NAS", "GPX", "GPSBabel", "OSM"),
    *("GeoJSONSeq", "ESRIJSON", "TopoJSON", "JSONFG", "MapML", "GeoRSS", "JML", "GTFS", "MVT"),
    *("PMTiles", "MBTiles", "OGR_GMT", "OGR_PDS", "PDS4", "PCIDSK", "VICAR", "Idrisi", "S57"),
    *("LVBAG", "VDV", "VFK", "EDIGEO", "SXF", "Selafin", "WAsP", "AVCBin", "AVCE00", "AIVector"),
    *("MiraMonVector", "Parquet", "Arrow", "FileGDB", "XODR", "SVG", "REC", "Tiger", "UK .NTF"),
    *("Interlis 1", "Interlis 2", "Geoconcept", "netCDF", "HDF5", "LIBERTIFF", "GTiff", "COG"),
)
"""Drivers that GDAL must not register; a test asks GDAL for those that are left."""

_INHERITED = (
    # Where programs, libraries and their data lie.
    *("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "NUMBER_OF_PROCESSORS"),
    *("PROGRAMDATA", "APPDATA", "LOCALAPPDATA", "USERPROFILE", "HOME", "XDG_CACHE_HOME"),
    *("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONNOUSERSITE"),
    *("PYTHONUTF8", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
    *("GDAL_DATA", "PROJ_DATA", "PROJ_LIB"),
    # Time and language.
    *("TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE"),
)
"""Variables that the reader is given; keys and addresses of proxies are not among them."""

_SETTINGS: Mapping[str, str] = {
    "GDAL_SKIP": ",".join(SKIPPED_DRIVERS),
    # No drivers beside those that came with GDAL, and no Python within a file.
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    # The only address that GDAL may fetch, which is none.
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
    "CPL_CURL_ENABLE_VSIMEM": "NO",
    "PROJ_NETWORK": "OFF",
    # GDAL complains of every driver to skip that it does not have.
    "CPL_LOG": os.devnull,
    # Readers do not calculate; threads would only take address space.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}

_ROOT = Path(__file__).resolve().parents[3]
_TEMPORARY = ("TMPDIR", "TEMP", "TMP")


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a reading process.

    Parameters
    ----------
    folder
        Where its temporary files go.
    """
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    # The package may lie beside the program without being installed.
    paths = [str(_ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {
        **inherited,
        **_SETTINGS,
        **dict.fromkeys(_TEMPORARY, str(folder)),
        "PYTHONPATH": os.pathsep.join(paths),
    }
