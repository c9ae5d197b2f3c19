"""What passes between the program and its reading process, and in which form.

Messages are pickles behind their length. Pickle is right here because both ends
are the same program of the same version: the reading process is there so that a
reader which crashes, hangs or eats the memory takes nothing with it. It is no
wall against a file that takes over the reader.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import shapely

from layers.frames import GEOMETRY

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from typing import IO

    from numpy.typing import NDArray

    from layers.errors import AtlasError
    from layers.intake.source import Raw
    from layers.intake.source import Request

_GIGABYTE = 1024**3
_PROTOCOL = 5
_LENGTH = struct.Struct(">Q")
_CHUNK = 1024 * 1024
# No message is as long: a length beyond it is noise that was taken for one.
_LONGEST = 16 * _GIGABYTE

# Type numbers of shapely for what WKB does not carry unchanged: a ring becomes a
# line, and a point at NaN becomes an empty one, also within a collection.
_RING = 2
_WITH_POINTS = (0, 4, 7)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may ask of its reader.

    Attributes
    ----------
    seconds
        Time for reading one file.
    memory_bytes
        Memory beyond what an idle reader has. Kept by the operating system; Windows
        and macOS do not.
    result_bytes
        Size of what was read on its way back.
    start_seconds
        Time for the reading process to start.
    """

    seconds: float = 300.0
    memory_bytes: int = 3 * _GIGABYTE
    result_bytes: int = 2 * _GIGABYTE
    start_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Task:
    """A file to read, and how much it may ask for."""

    request: Request
    limits: Limits


@dataclass(frozen=True, slots=True)
class Refused:
    """The reader refused the file.

    Attributes
    ----------
    error
        What it said, with the sentence for the planner and whatever else it carries.
    """

    error: AtlasError


@dataclass(frozen=True, slots=True)
class Failed:
    """The reader met something that it does not know.

    Attributes
    ----------
    kind
        Name of the exception.
    trace
        Where it was raised, for the programmer.
    """

    kind: str
    trace: str


@dataclass(frozen=True, slots=True)
class TooLarge:
    """What was read is too much: ``memory`` for reading it, or ``result`` to hand it on."""

    what: str


@dataclass(frozen=True, slots=True)
class _Shapes:
    """Shapes as bytes, which are pickled several times faster than objects."""

    wkb: list[bytes | None]
    texts: Mapping[int, str]
    others: Mapping[int, Any]


@dataclass(frozen=True, slots=True)
class Packed:
    """What was read, its shapes apart.

    Attributes
    ----------
    raw
        The file without its shapes.
    shapes
        The shapes.
    position
        Which column they are.
    """

    raw: Raw
    shapes: _Shapes | None
    position: int


def pack(raw: Raw) -> Packed:
    """Return what was read in a form that travels fast."""
    if not raw.shapes:
        return Packed(raw, None, 0)
    position = list(raw.frame.columns).index(GEOMETRY)
    cells = raw.frame[GEOMETRY].to_numpy(dtype=object)
    rest = raw.frame.drop(columns=GEOMETRY)
    return Packed(replace(raw, frame=rest), _packed(cells), position)


def unpack(packed: Packed) -> Raw:
    """Return what :func:`pack` packed, unchanged."""
    if packed.shapes is None:
        return packed.raw
    frame = packed.raw.frame.copy()
    frame.insert(packed.position, GEOMETRY, _unpacked(packed.shapes))
    frame[GEOMETRY] = frame[GEOMETRY].astype(object)
    return replace(packed.raw, frame=frame)


def dump(message: object) -> bytes:
    """Return a message as bytes."""
    return pickle.dumps(message, protocol=_PROTOCOL)


def load(data: bytes | bytearray) -> Any:  # noqa: ANN401 -- a message of this module
    """Return the message in `data`, which comes from the other end only."""
    return pickle.loads(data)  # noqa: S301 -- see the module


def send(stream: IO[bytes], data: bytes) -> None:
    """Write a message behind its length."""
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(
    stream: IO[bytes], arrived: Callable[[int, int], None] | None = None
) -> bytearray | None:
    """Return the next message, ``None`` if the other end is gone.

    Parameters
    ----------
    stream
        Where it comes from.
    arrived
        Told how many bytes of how many are there.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > _LONGEST:
        return None
    data = bytearray()
    while len(data) < length:
        chunk = stream.read(min(_CHUNK, length - len(data)))
        if not chunk:
            return None
        data += chunk
        if arrived is not None:
            arrived(len(data), length)
    return data


def _packed(cells: NDArray[Any]) -> _Shapes:
    drawn = shapely.is_geometry(cells)
    kinds = np.full(len(cells), -1)
    kinds[drawn] = shapely.get_type_id(cells[drawn])
    nowhere = _at_nan(cells, np.isin(kinds, _WITH_POINTS))
    plain = drawn & ~nowhere & (kinds != _RING)
    missing = np.array([cell is None for cell in cells], dtype=bool)
    wkb = np.full(len(cells), None, dtype=object)
    wkb[plain] = shapely.to_wkb(cells[plain], include_srid=True)
    texts = shapely.to_wkt(cells[nowhere], rounding_precision=-1, output_dimension=4)
    return _Shapes(
        list(wkb),
        dict(zip(np.flatnonzero(nowhere).tolist(), list(texts), strict=True)),
        {int(i): cells[i] for i in np.flatnonzero(~plain & ~nowhere & ~missing)},
    )


def _unpacked(shapes: _Shapes) -> NDArray[Any]:
    wkb = np.empty(len(shapes.wkb), dtype=object)
    wkb[:] = shapes.wkb
    cells = np.empty(len(wkb), dtype=object)
    # Coordinates that are no numbers are reported by row later on, not as a warning.
    with np.errstate(invalid="ignore"):
        cells[:] = shapely.from_wkb(wkb)
        for position, text in shapes.texts.items():
            cells[position] = shapely.from_wkt(text)
    for position, cell in shapes.others.items():
        cells[position] = cell
    return cells


def _at_nan(cells: NDArray[Any], asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    xy, row = shapely.get_coordinates(cells[asked], return_index=True)
    found = np.zeros(len(cells), dtype=bool)
    found[np.flatnonzero(asked)[np.unique(row[np.isnan(xy).any(axis=1)])]] = True
    return found
