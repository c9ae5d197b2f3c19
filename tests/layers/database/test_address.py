"""Addresses of databases: what the driver is given, and what people are shown."""

from __future__ import annotations

import pytest

from layers.database.address import is_database
from layers.database.address import read_address
from layers.errors import UsageError

HIDDEN = "p%40ss%2Fword"


@pytest.mark.parametrize("scheme", ["postgis", "postgres", "postgresql", "PostGIS"])
def test_all_spellings_are_one_database(scheme: str) -> None:
    text = f"{scheme}://u@h:5433/gis?schema=plan&layer=载体&sslmode=require"
    found = read_address(text)
    assert is_database(text)
    assert found.uri == "postgresql://u@h:5433/gis?sslmode=require&connect_timeout=15"
    assert (found.schema, found.table) == ("plan", "载体")
    assert found.shown == "postgresql://u@h:5433/gis?schema=plan"
    assert found.shown_of("x") == "postgresql://u@h:5433/gis?schema=plan&layer=x"


def test_a_local_socket_has_no_host() -> None:
    found = read_address("postgis:///gis?host=/run/postgresql")
    assert found.uri.startswith("postgresql:///gis?host=")
    assert found.schema == "public"


def test_passwords_are_shown_nobody() -> None:
    found = read_address(f"postgis://u:{HIDDEN}@h/gis?schema=a&sslpassword=key%20word")
    told = f"{found} {found!r} {found.shown} {found.shown_of('t')}"
    for secret in (HIDDEN, "p@ss/word", "key word", "key%20word"):
        assert secret not in told
        assert secret not in found.masked(f"libpq said {secret}.")
    assert HIDDEN in found.uri


@pytest.mark.parametrize(
    "text",
    ["postgis://[h/gis", "postgis://h:port/gis", "postgis://h/gis#x", "postgis://h/?schema="],
)
def test_what_is_no_address_is_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_address(text)
    assert text not in str(caught.value)


@pytest.mark.parametrize("text", ["台账.xlsx", "C:\\postgis.gpkg", "./postgis:/x", "/a/postgresql"])
def test_files_are_no_databases(text: str) -> None:
    assert not is_database(text)
