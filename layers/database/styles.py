"""The table ``layer_styles``, from which QGIS takes the style of a layer in PostGIS.

QGIS asks for it by its bare name, so it stands where the search path finds it, usually in
``public``, and not beside the layers. Styles that people saved there stay as they are, and
one that they made the default stays the default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layers.database.connection import quoted
from layers.errors import Text
from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from layers.database.ready import Ready
    from layers.database.ready import Style
    from layers.database.writing import Target

STYLES = "layer_styles"
"""Name of the table, fixed by QGIS."""

_FIND = (
    "SELECT n.nspname::text, pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE')"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.oid = pg_catalog.to_regclass('layer_styles')"
)
_PLACE = (
    "SELECT pg_catalog.current_schema()::text,"
    " COALESCE(pg_catalog.has_schema_privilege(pg_catalog.current_schema(), 'CREATE'), false)"
)
# As QGIS 3.14 and later make it.
_CREATE = """CREATE TABLE {name} (
    id serial PRIMARY KEY,
    f_table_catalog varchar,
    f_table_schema varchar,
    f_table_name varchar,
    f_geometry_column varchar,
    stylename text,
    styleqml xml,
    stylesld xml,
    useasdefault boolean,
    description text,
    owner varchar(63) DEFAULT CURRENT_USER,
    ui xml,
    update_time timestamp DEFAULT CURRENT_TIMESTAMP,
    type varchar
)"""
_OF = (
    "f_table_catalog = pg_catalog.current_database() AND f_table_schema = $1"
    " AND f_table_name = $2 AND f_geometry_column = $3"
)
_UPDATE = (
    "WITH done AS (UPDATE {name} SET styleqml = XMLPARSE(DOCUMENT $5::text),"
    " stylesld = XMLPARSE(DOCUMENT $6::text), description = $7::text,"
    " update_time = CURRENT_TIMESTAMP WHERE {of} AND stylename = $4"
    " AND (styleqml::text, stylesld::text, description) IS DISTINCT FROM"
    " (XMLPARSE(DOCUMENT $5::text)::text, XMLPARSE(DOCUMENT $6::text)::text, $7::text)"
    " RETURNING 1) SELECT count(*) FROM done"
)
_INSERT = (
    "WITH done AS (INSERT INTO {name} (f_table_catalog, f_table_schema, f_table_name,"
    " f_geometry_column, stylename, styleqml, stylesld, description, useasdefault)"
    " SELECT pg_catalog.current_database(), $1::text, $2::text, $3::text, $4::text,"
    " XMLPARSE(DOCUMENT $5::text), XMLPARSE(DOCUMENT $6::text), $7::text,"
    " NOT EXISTS (SELECT 1 FROM {name} WHERE useasdefault AND {of})"
    " WHERE NOT EXISTS (SELECT 1 FROM {name} WHERE stylename = $4 AND {of})"
    " RETURNING 1) SELECT count(*) FROM done"
)


class Styles:
    """The styles of a database.

    Parameters
    ----------
    target
        The connection.

    Attributes
    ----------
    problem
        Why no style is written; None if there is no reason.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        found = target.rows(_FIND)
        if found:
            schema, allowed = str(found[0][0]), bool(found[0][1])
        else:
            place, allowed = target.rows(_PLACE)[0]
            schema = str(place or "public")
        self._name, self._there = quoted(schema, STYLES), bool(found)
        self.problem = None if allowed else _not_allowed(schema)

    def put(self, ready: Ready) -> bool:
        """Write the style of a layer; tell whether anything was to be written."""
        if ready.style is None or self.problem is not None:
            return False
        if not self._there:
            self._target.run(_CREATE.format(name=self._name))
            self._there = True
        values = _values(self._target.address.schema, ready.key, ready.style)
        statements = [s.format(name=self._name, of=_OF) for s in (_UPDATE, _INSERT)]
        counts = [int(self._target.rows(statement, values)[0][0]) for statement in statements]
        return sum(counts) > 0


def _values(schema: str, key: str, style: Style) -> tuple[str, ...]:
    return (schema, key, GEOMETRY, style.name, style.qml, style.sld, style.description)


def _not_allowed(schema: str) -> Text:
    return Text(
        f"未写入样式：该用户不能写 {schema}.{STYLES}；请数据库管理员授予权限后重新发布",
        f"no styles were written: this user may not write {schema}.{STYLES}; ask the"
        " administrator of the database for the right, and publish again",
    )
