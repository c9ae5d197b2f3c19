"""A hand for tests of secrecy: all bytes of a delivery, and all ways a value may stand in them."""

from __future__ import annotations

import html
import io
import json
import sqlite3
import struct
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING
from typing import Any

import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ZIPS = (".zip", ".xlsx", ".docx", ".kmz")
_TEXTS = (".geojson", ".json", ".kml", ".csv", ".txt", ".xml", ".rels", ".qml", ".sld", ".dxf")


@pytest.fixture
def plain_parquet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Parquet be written without compression, so that its pages can be searched."""
    original = pq.write_table

    def write(*given: Any, **options: Any) -> None:
        original(*given, **{**options, "compression": "NONE"})

    monkeypatch.setattr(pq, "write_table", write)


def bytes_of(path: Path) -> bytes:
    """Return all bytes of a file, and of all that is packed in it, as they lie and decoded."""
    return b"\n".join(_pieces(path.name, path.read_bytes(), path.parent))


def _pieces(name: str, data: bytes, folder: Path) -> Iterator[bytes]:
    yield data
    if name.endswith(_ZIPS):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                yield entry.filename.encode()
                yield entry.comment + entry.extra
                yield from _pieces(entry.filename, archive.read(entry), folder)
    elif name.endswith(_TEXTS):
        yield html.unescape(html.unescape(data.decode("utf-8", errors="ignore"))).encode()
    elif name.endswith(".gpkg"):
        # A long text is spread over pages; the dump has it in one piece.
        file = folder / "searched.gpkg"
        file.write_bytes(data)
        with closing(sqlite3.connect(file)) as database:
            yield "\n".join(database.iterdump()).encode()
        file.unlink()


def text_forms(text: str) -> list[bytes]:
    """Return a text in the encodings of all formats, and with the escapes of JSON, XML and DXF."""
    forms = [text.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")]
    forms.append(text.encode("gb18030"))
    if not text.isascii():
        forms.append(json.dumps(text)[1:-1].encode())
        forms.append("".join(f"&#{ord(sign)};" for sign in text).encode())
        forms.append("".join(f"\\U+{ord(sign):04X}" for sign in text).encode())
    return forms


def number_forms(value: float) -> list[bytes]:
    """Return a number as text, cut behind the second decimal, and as doubles."""
    whole, _, rest = f"{value:.6f}".partition(".")
    texts = {f"{whole}.{rest[:2]}", f"{int(whole):,}.{rest[:2]}"}
    forms = [form for text in texts for form in text_forms(text)]
    return [*forms, struct.pack("<d", value), struct.pack(">d", value)]


def integer_forms(value: int) -> list[bytes]:
    """Return a whole number as text, and as words of eight bytes."""
    texts = [form for text in (f"{value}", f"{value:,}") for form in text_forms(text)]
    return [*texts, struct.pack("<q", value), struct.pack(">q", value)]


def coordinate_forms(value: float, decimals: int) -> list[bytes]:
    """Return a coordinate as text of so many decimals or more, and as doubles."""
    text = f"{value:.{decimals + 1}f}"[:-1]
    return [text.encode(), struct.pack("<d", value), struct.pack(">d", value)]


def found(forms: list[bytes], data: bytes) -> bool:
    """Tell whether any of the forms is there."""
    return any(form in data for form in forms)
