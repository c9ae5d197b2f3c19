"""Styles stand where QGIS looks for them, and those of people stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from defusedxml.ElementTree import fromstring

from tests.layers.database.database_hand import CATALOGUE
from tests.layers.database.database_hand import landuse
from tests.layers.database.database_hand import parks
from tests.layers.database.database_hand import put

if TYPE_CHECKING:
    from tests.layers.database.database_hand import Base

_STYLES = (
    "SELECT f_table_schema::text, f_table_name::text, f_geometry_column::text, stylename,"
    " useasdefault FROM public.layer_styles ORDER BY id"
)


def test_every_layer_with_places_has_a_default_style(base: Base) -> None:
    put(base, {"parks": parks(5), "landuse": landuse()})
    titles = {key: CATALOGUE.layer(key).title.zh for key in ("parks", "landuse")}
    assert base.rows(_STYLES) == [
        ("atlas", "parks", "geometry", titles["parks"], True),
        ("atlas", "landuse", "geometry", titles["landuse"], True),
    ]
    for qml, sld in base.rows("SELECT styleqml::text, stylesld::text FROM layer_styles"):
        assert fromstring(qml).tag == "qgis"
        assert fromstring(sld).tag.endswith("StyledLayerDescriptor")
    assert base.one("SELECT DISTINCT f_table_catalog = current_database() FROM layer_styles")


def test_styles_of_people_stay(base: Base) -> None:
    put(base, {"parks": parks(5)})
    base.run(
        "UPDATE layer_styles SET useasdefault = false",
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
        " f_geometry_column, stylename, styleqml, useasdefault) VALUES (current_database(),"
        " 'atlas', 'parks', 'geometry', '我的样式', '<qgis/>', true)",
    )
    put(base, {"parks": parks(6)}, 1)
    assert base.rows(_STYLES) == [
        ("atlas", "parks", "geometry", CATALOGUE.layer("parks").title.zh, False),
        ("atlas", "parks", "geometry", "我的样式", True),
    ]


def test_a_style_that_was_damaged_is_put_right(base: Base) -> None:
    put(base, {"parks": parks(5)})
    base.run("UPDATE layer_styles SET styleqml = '<qgis/>'")
    (one,) = put(base, {"parks": parks(5)}).layers
    assert not one.same
    assert "renderer-v2" in base.one("SELECT styleqml::text FROM layer_styles")


def test_a_table_of_styles_with_plain_text_will_do(base: Base) -> None:
    base.run(
        "CREATE TABLE layer_styles (id serial, f_table_catalog text, f_table_schema text,"
        " f_table_name text, f_geometry_column text, stylename text, styleqml text,"
        " stylesld text, useasdefault boolean, description text, owner text, ui text,"
        " update_time timestamp)"
    )
    put(base, {"parks": parks(5)})
    assert "renderer-v2" in base.one("SELECT styleqml FROM layer_styles")
    assert put(base, {"parks": parks(5)}).layers[0].same
