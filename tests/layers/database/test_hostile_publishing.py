"""Hostile text in every field of published layers, in styles, and of whoever publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any
from xml.etree import ElementTree as ET

from layers.edition import load_edition
from tests.hostile_hand import MIXED
from tests.hostile_hand import free_fields
from tests.hostile_hand import poisoned
from tests.layers.database.database_hand import CATALOGUE
from tests.layers.database.database_hand import put

if TYPE_CHECKING:
    from tests.layers.database.database_hand import Base

LAYERS = ("district", "zones", "parks", "carriers", "units", "stations")


def _tables() -> dict[str, Any]:
    found = load_edition(CATALOGUE).tables
    return {key: poisoned(found[key], CATALOGUE.layer(key)) for key in LAYERS}


def test_every_text_is_in_the_table_as_it_was(base: Base) -> None:
    tables = _tables()
    made = put(base, tables, wish_by=MIXED, wish_workspace=MIXED)
    assert {one.layer for one in made.layers} == set(LAYERS)
    for key, frame in tables.items():
        spec = CATALOGUE.layer(key)
        for name in free_fields(spec):
            found = dict(base.rows(f'SELECT "{spec.id_field}", "{name}" FROM atlas."{key}"'))  # noqa: S608 - our own names
            assert found == dict(zip(frame[spec.id_field], frame[name], strict=True)), name
    assert base.one("SELECT count(*) FROM atlas.atlas_publications") == len(LAYERS)
    told = base.rows("SELECT row_to_json(p)::text FROM atlas.atlas_publications p")
    assert all("onerror" in text for (text,) in told)


def test_styles_of_hostile_rows_are_well_formed(base: Base) -> None:
    tables = _tables()
    put(base, tables)
    styles = base.rows(
        "SELECT f_table_name::text, styleqml::text, stylesld::text, description::text"
        " FROM public.layer_styles"
    )
    assert {name for name, *_rest in styles} == {k for k in LAYERS if CATALOGUE.layer(k).geometry}
    for _name, qml, sld, _description in styles:
        for text in (qml, sld):
            tags = {node.tag.rpartition("}")[2] for node in ET.fromstring(text).iter()}  # noqa: S314 - our own
            assert "script" not in tags


def test_the_notes_of_a_table_are_a_comment_that_reads_back(base: Base) -> None:
    tables = _tables()
    put(base, tables, wish_export_id="AAAA-BBBB-CCCC")
    for key in LAYERS:
        about = base.one(f"SELECT obj_description('atlas.{key}'::regclass)")
        assert about.startswith(CATALOGUE.layer(key).title.zh)
        assert "AAAA-BBBB-CCCC" in about
