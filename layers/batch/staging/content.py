"""What rows say, as a hash: the same rows give the same, however they were stored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable

# Hashed at once; a part of the definition of the hash.
_BLOCK = 8192


def content_hash(tables: Iterable[pa.Table]) -> str:
    """Return the sha256 of rows in their order.

    Parameters
    ----------
    tables
        One schema: texts, bytes, whole numbers, floats, truth values and dates. All but
        the last must have a multiple of 8192 rows for the hash not to depend on where one
        ends and the next begins.
    """
    digest = hashlib.sha256()
    for table in tables:
        for first in range(0, table.num_rows, _BLOCK):
            block = table.slice(first, _BLOCK)
            for name, column in zip(block.column_names, block.columns, strict=True):
                digest.update(f"{name} {column.type} {len(column)}\n".encode())
                _feed(digest, column)
    return digest.hexdigest()


def _feed(digest: hashlib._Hash, column: pa.ChunkedArray) -> None:
    array = pa.concat_arrays(column.chunks)
    digest.update(np.packbits(array.is_valid().to_numpy(zero_copy_only=False)).tobytes())
    if pa.types.is_string(array.type) or pa.types.is_binary(array.type):
        filled = pc.fill_null(array.cast(pa.binary()), b"")
        lengths = pc.binary_length(filled).to_numpy(zero_copy_only=False)
        digest.update(lengths.astype("<i4").tobytes())
        digest.update(_joined(filled))
        return
    if pa.types.is_date32(array.type):
        array = array.cast(pa.int32())
    # What stands under an unknown value is left to chance.
    filled = pc.fill_null(array, False if pa.types.is_boolean(array.type) else 0)
    values = filled.to_numpy(zero_copy_only=False)
    digest.update(values.astype(values.dtype.newbyteorder("<")).tobytes())


def _joined(array: pa.BinaryArray) -> bytes:
    """Return all bytes of an array without gaps, one after another."""
    _valid, offsets, data = array.buffers()
    if data is None or not len(array):
        return b""
    ends = np.frombuffer(offsets, dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    return bytes(data.slice(int(ends[0]), int(ends[-1] - ends[0])).to_pybytes())
