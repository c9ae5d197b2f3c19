"""Inputs that tests make: rows in memory, and folders of Parquet."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.crs import STORAGE_CRS
from layers.batch.inputs.chunk import accepted
from layers.catalogue import load_catalogue
from layers.contract import conform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from pathlib import Path

    from layers.batch.inputs import Chunk

    Tables = Mapping[str, Any]

CATALOGUE = load_catalogue()
HALO_M = 2000.0


def layer(key: str, rows: list[dict[str, Any]]) -> Any:
    """Return rows as the frame of a layer."""
    frame = pd.DataFrame(rows)
    if "geometry" in frame.columns:
        frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=STORAGE_CRS)
    checked = conform(frame, CATALOGUE.layer(key))
    assert checked.rejected.empty, checked.rejected.to_dict("records")
    return checked.accepted


class MemoryInput:
    """Layers in memory, cut into chunks of `size` rows, shuffled by `seed` if there is one."""

    settled = False

    def __init__(self, tables: Tables, *, size: int = 1000, seed: int | None = None) -> None:
        self.tables, self.size, self.seed = tables, size, seed
        self.fails_at = ""
        self.reads = 0

    def describe(self) -> dict[str, Any]:
        return {"kind": "memory", "path": "/of/tests"}

    def keys(self) -> tuple[str, ...]:
        return tuple(key for key in CATALOGUE.keys if key in self.tables)

    def fingerprint(self) -> str:
        text = repr([(k, f.to_csv()) for k, f in self.tables.items()])
        return hashlib.sha256(text.encode()).hexdigest()

    def chunks(self, key: str) -> Iterator[Chunk]:
        self.reads += 1
        frame = self.tables[key]
        if self.seed is not None:
            order = np.random.default_rng(self.seed).permutation(len(frame))
            frame = frame.iloc[order]
        for first in range(0, len(frame), self.size):
            if key == self.fails_at and first:
                msg = "the disk is gone"
                raise OSError(msg)
            piece = frame.iloc[first : first + self.size].reset_index(drop=True)
            yield accepted(piece, key, first + 1)


def write(frame: pd.DataFrame, path: Path) -> Path:
    """Write a frame as (Geo)Parquet and return where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_parquet(path, index=False)
    return path
