"""What the bundled catalogue calls internal never stands in a public copy."""

from __future__ import annotations

import sqlite3
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest
import shapely

from layers.catalogue import load_catalogue
from layers.export import export_layers
from layers.frames import empty_column
from layers.frames import layer_frame

if TYPE_CHECKING:
    from pathlib import Path

    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec
    from layers.export.sheets import Audience

HERE = shapely.Point(121.5, 31.3)
CATALOGUE = load_catalogue()


def sentinel(spec: LayerSpec, field: FieldSpec) -> str:
    return f"<{spec.key}.{field.name}>"


def is_public(spec: LayerSpec, field: FieldSpec) -> bool:
    return spec.sensitivity == "public" and field.sensitivity == "public"


def texts(spec: LayerSpec) -> list[FieldSpec]:
    return [f for f in spec.fields if f.type in ("text", "month")]


def tables() -> dict[str, Any]:
    """Return one row a layer, in which every text says where it stands."""
    made = {}
    for spec in CATALOGUE.layers:
        columns = {f.name: empty_column(f, 1) for f in spec.fields}
        for field in texts(spec):
            columns[field.name] = pd.Series([sentinel(spec, field)], dtype="str")
        made[spec.key] = layer_frame(columns, spec, [HERE])
    return made


def content(path: Path) -> str:
    """Return all text of a file, however it is packed."""
    if path.suffix == ".gpkg":
        with closing(sqlite3.connect(path)) as database:
            return "\n".join(database.iterdump())
    with zipfile.ZipFile(path) as archive:
        parts = [archive.read(name).decode("utf-8") for name in archive.namelist()]
    return "".join(parts).replace("&lt;", "<").replace("&gt;", ">")


@pytest.mark.parametrize("fmt", ["gpkg", "csv", "xlsx", "geojson"])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("audience", ["public", "internal"])
def test_only_public_fields_stand_in_a_public_copy(
    tmp_path: Path, fmt: str, lang: str, audience: Audience
) -> None:
    path = tmp_path / f"a.{fmt if fmt in ('gpkg', 'xlsx') else 'zip'}"
    export_layers(
        tables(), CATALOGUE.layers, CATALOGUE, fmt=fmt, path=path, audience=audience, lang=lang
    )
    told = content(path)
    leaked, lost = [], []
    for spec in CATALOGUE.layers:
        for field in texts(spec):
            there = sentinel(spec, field) in told
            wanted = audience == "internal" or is_public(spec, field)
            if there and not wanted:
                leaked.append(sentinel(spec, field))
            if wanted and not there:
                lost.append(sentinel(spec, field))
    assert leaked == []
    assert lost == []


def test_the_catalogue_has_internal_texts() -> None:
    """Otherwise the test above would show nothing."""
    internal = [
        (spec.key, field.name)
        for spec in CATALOGUE.layers
        for field in texts(spec)
        if not is_public(spec, field)
    ]
    assert ("units", "tenant") in internal
    assert ("carriers", "note") in internal
