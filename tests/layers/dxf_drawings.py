"""Drawings that the tests of the DXF reader make."""

from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING
from typing import Any

from ezdxf.filemanagement import new as new_drawing

from layers.intake.drawing.dxf import read_dxf
from layers.intake.source import Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ezdxf.document import Drawing

    from layers.intake.source import Raw

    Read = Callable[..., Raw]

# A place on the plane grid EPSG:4549 in Yangpu, in metres.
E, N = 643_000.0, 3_466_000.0


def square(side: float, x: float = E, y: float = N) -> list[tuple[float, float]]:
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


def new(version: str = "R2010", *, units: int = 6) -> tuple[Drawing, Any]:
    doc = new_drawing(version, units=units)
    return doc, doc.modelspace()


def written(doc: Drawing, *, binary: bool = False) -> bytes:
    if binary:
        out = io.BytesIO()
        doc.write(out, fmt="bin")
        return out.getvalue()
    text = io.StringIO()
    doc.write(text)
    return text.getvalue().encode(doc.output_encoding, errors="dxfreplace")


def reader(folder: Path) -> Read:
    """Return a function that reads a drawing and checks what is true of every one."""

    def run(drawing: Drawing | bytes, **wish: Any) -> Raw:
        path = folder / "园区.dxf"
        path.write_bytes(drawing if isinstance(drawing, bytes) else written(drawing))
        raw = read_dxf(Request(path, "parks", **wish))
        assert len(raw.frame) == len(raw.rows)
        assert list(raw.rows) == list(range(1, len(raw.frame) + 1))
        assert raw.shapes
        assert not raw.lonlat_if_unknown
        pickle.dumps(raw)
        return raw

    return run


def codes(raw: Raw) -> list[str]:
    return [issue.code for issue in raw.issues]


def told(raw: Raw, code: str) -> str:
    (message,) = [issue.message.zh for issue in raw.issues if issue.code == code]
    return message


def areas(raw: Raw) -> list[float]:
    return [shape.area for shape in raw.frame["geometry"]]
