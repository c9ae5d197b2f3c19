"""A workbook that this project exports is read back by its own intake."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from layers.catalogue import load_catalogue
from layers.contract import OWN_COLUMNS
from layers.edition import load_edition
from layers.export import export_layers
from layers.export.sheets import MARK_FIELD
from layers.intake import intake

if TYPE_CHECKING:
    from pathlib import Path

    from layers.catalogue import Catalogue
    from layers.edition import Edition

BUNDLED = load_catalogue()


@pytest.fixture(scope="module")
def edition() -> Edition:
    return load_edition(BUNDLED)


def _with_points(catalogue: Catalogue, key: str) -> Catalogue:
    """Return the catalogue with points allowed: a workbook holds a point inside an area."""
    return replace(
        catalogue,
        layers=tuple(
            replace(spec, geometry=("point", *spec.geometry))
            if spec.key == key and spec.geometry and "point" not in spec.geometry
            else spec
            for spec in catalogue.layers
        ),
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("key", BUNDLED.keys)
def test_every_column_and_value_comes_back(
    edition: Edition, tmp_path: Path, key: str, lang: str
) -> None:
    frame = edition.tables[key]
    path = tmp_path / "own.xlsx"
    spec = BUNDLED.layer(key)
    export_layers(edition.tables, [spec], BUNDLED, fmt="xlsx", path=path, lang=lang)
    catalogue = _with_points(BUNDLED, key)
    result = intake(path, catalogue.layer(key), catalogue)
    codes = {issue.code for issue in result.issues}
    assert not codes & {"columns_dropped", "column_not_used", "missing_column"}
    assert result.rejected.empty
    fields = list(spec.field_names)
    pd.testing.assert_frame_equal(
        pd.DataFrame(result.accepted)[fields], pd.DataFrame(frame)[fields].reset_index(drop=True)
    )


def test_the_title_of_the_mark_is_ours() -> None:
    assert {MARK_FIELD.name, MARK_FIELD.title.zh, MARK_FIELD.title.en} <= OWN_COLUMNS
