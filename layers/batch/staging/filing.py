"""Filing: layer by layer, every row is put with the districts that look at it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from geo.batch.scopes import CODE
from geo.crs import STORAGE_CRS
from layers.arrow import to_arrow
from layers.batch.staging.entrance import Entrance
from layers.batch.staging.kinds import REGISTER
from layers.batch.staging.kinds import in_order
from layers.batch.staging.kinds import kind_of
from layers.batch.staging.reach import Reach
from layers.batch.staging.register import empty_register
from layers.batch.staging.register import owners_of
from layers.batch.staging.register import parks_to_plan
from layers.batch.staging.register import slim
from layers.batch.staging.routes import NOWHERE
from layers.batch.staging.routes import Router
from layers.batch.staging.routes import by_scope
from layers.batch.staging.routes import unassigned
from layers.batch.staging.spool import Spool
from layers.batch.staging.spool import write_in_order
from layers.batch.staging.stage import DISTRICTS
from layers.batch.staging.stage import GUESTS
from layers.batch.staging.stage import PARKS
from layers.batch.staging.stage import REJECTED
from layers.batch.staging.stage import StageError
from layers.batch.staging.stage import scope_folder
from layers.city.codes import folder_name
from layers.errors import Text
from layers.frames import empty_frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from layers.batch.inputs.chunk import BatchInput
    from layers.batch.staging.entrance import Contested
    from layers.batch.staging.entrance import Entered
    from layers.batch.staging.register import Owners
    from layers.catalogue import Catalogue
    from layers.specs import LayerSpec

    Progress = Callable[[str, int], None]
    Route = Callable[[LayerSpec, Entered], dict[str, NDArray[np.int64]]]

_OUTLINES = "district"
_OWNED = frozenset({"register", "owned"})


class Filing:
    """Reads an input once and writes the layers of every scope.

    Parameters
    ----------
    source
        The input.
    folder
        An empty folder.
    catalogue
        Describes the layers.
    halo_m
        How far around a district its surroundings are looked for, metres.
    progress
        Told the layer that is read, and how many of its rows were.
    """

    def __init__(
        self,
        source: BatchInput,
        folder: Path,
        catalogue: Catalogue,
        halo_m: float,
        progress: Progress | None,
    ) -> None:
        self._source, self._folder, self._catalogue = source, folder, catalogue
        self._halo_m, self._progress = halo_m, progress
        keys = in_order(source.keys(), catalogue)
        self._kinds = {key: kind_of(catalogue.layer(key)) for key in keys}
        self._contested: dict[str, Contested] = {}
        self._outlines = gpd.GeoDataFrame(empty_frame(catalogue.layer(_OUTLINES)))
        self._only: str | None = None
        self._register = empty_register()
        self._layers: dict[str, dict[str, dict[str, Any]]] = {}
        self._accounts: dict[str, dict[str, Any]] = {}
        self._notes: list[dict[str, Any]] = []

    def run(self) -> dict[str, Any]:
        """File all layers; return what the stage says of them.

        Raises
        ------
        StageError
            If a row was lost on its way.
        AtlasError
            If a layer cannot be read.
        """
        if _OUTLINES in self._kinds:
            self._file(_OUTLINES, self._of_outline)
        known = self._outlines[CODE].unique()
        # Where one district alone is known, the whole input is what its page shows.
        self._only = str(known[0]) if len(known) == 1 and not self._source.settled else None
        outlines = None if self._source.settled else self._outlines
        owners = self._file_register(outlines)
        router = Router(outlines, owners)
        for key, kind in self._kinds.items():
            if kind == "owned":
                self._file(key, router.of_owned)
        scopes = self._scopes()
        router.look_around(scopes, None if outlines is None else self._reach(scopes, owners))
        for key, kind in self._kinds.items():
            if kind in {"surroundings", "subject", "shared"}:
                self._file(key, router.of_seen)
        return self._told(scopes, owners)

    # Layers whose rows find their way one by one.

    def _file(self, key: str, route: Route) -> None:
        spec, spool, nowhere = self._catalogue.layer(key), self._spool(key), 0
        entrance = self._entrance(spec)
        for rows in self._entered(entrance, spec):
            table, found = to_arrow(rows.frame, spec.fields), route(spec, rows)
            for scope, positions in found.items():
                spool.add(scope, table.take(pa.array(positions)))
            nowhere += unassigned(found)
        written = self._write(spec, spool)
        if self._kinds[key] in _OWNED and written != entrance.staged:
            raise _lost(key, entrance.staged, written)
        self._account(key, entrance, guests=0, nowhere=nowhere)

    def _of_outline(self, _: LayerSpec, rows: Entered) -> dict[str, NDArray[np.int64]]:
        code = rows.code.mask(rows.code.eq(""))
        known = rows.frame.assign(**{CODE: code})[code.notna()]
        self._outlines = _joined([self._outlines, known])
        return by_scope(code.fillna(NOWHERE))

    # Parks, carriers and units: all are looked at before any finds its way.

    def _file_register(self, outlines: gpd.GeoDataFrame | None) -> Owners:
        keys = [key for key in REGISTER if key in self._kinds]
        waiting = {key: self._spool(f"{key}-all") for key in keys}
        entrances = {key: self._entrance(self._catalogue.layer(key)) for key in keys}
        for key in keys:
            spec, slims = self._catalogue.layer(key), [self._register[key]]
            for rows in self._entered(entrances[key], spec):
                slims.append(slim(key, rows.frame, rows.code))
                waiting[key].add("", to_arrow(rows.frame, spec.fields))
            self._register[key] = _joined(slims)
        owners = owners_of(self._register, outlines)
        by_id = {
            "parks": owners.parks,
            "carriers": owners.carriers,
            "units": owners.units,
        }
        for key in keys:
            self._file_owned(key, waiting[key], entrances[key], by_id[key], owners.guests)
        return owners

    def _file_owned(
        self,
        key: str,
        waiting: Spool,
        entrance: Entrance,
        scope_of: pd.Series[str],
        guests: pd.DataFrame,
    ) -> None:
        spec, spool = self._catalogue.layer(key), self._spool(key)
        strangers = guests[guests["layer"].eq(key)].set_index("id")["scope"]
        nowhere = 0
        for table in waiting.tables(""):
            ids = table.column(spec.id_field).to_pandas().astype("str")
            found = by_scope(ids.map(scope_of).astype("str"))
            nowhere += len(found.get(NOWHERE, ()))
            for scope, positions in found.items():
                spool.add(scope, table.take(pa.array(positions)))
            here = strangers[strangers.index.isin(ids)]
            place = pd.Series(ids.index, index=ids)
            for scope, group in here.groupby(here):
                positions = place[group.index].to_numpy(dtype=np.int64)
                spool.add(str(scope), _with_home(table.take(pa.array(positions)), spec, scope_of))
        waiting.clear()
        written = self._write(spec, spool)
        if written != entrance.staged + len(strangers):
            raise _lost(key, entrance.staged + len(strangers), written)
        self._account(key, entrance, guests=len(strangers), nowhere=nowhere)

    # What is common to all layers.

    def _spool(self, name: str) -> Spool:
        return Spool(self._folder / f".rows-{name}")

    def _entrance(self, spec: LayerSpec) -> Entrance:
        # Surroundings may lie with each of several districts; what is owned lies with one.
        kind = self._kinds[spec.key]
        across = not self._source.settled or kind in {"outline", "register", "owned"}
        path = self._folder / REJECTED / f"{spec.key}.parquet"
        return Entrance(spec, path, self._contested, across=across)

    def _entered(self, entrance: Entrance, spec: LayerSpec) -> Iterator[Entered]:
        try:
            for chunk in self._source.chunks(spec.key):
                rows = entrance.enter(chunk)
                yield rows if self._only is None else rows.of(self._only)
                if self._progress is not None:
                    self._progress(spec.key, entrance.rows_in)
        finally:
            entrance.close()

    def _write(self, spec: LayerSpec, spool: Spool) -> int:
        """Write the rows of a layer scope by scope; return how many they are."""
        count = 0
        for scope in spool.scopes:
            folder = scope_folder(self._folder, scope)
            written = write_in_order(list(spool.tables(scope)), spec.id_field, folder, spec.key)
            self._layers.setdefault(scope, {})[spec.key] = written._asdict()
            count += written.rows
        spool.clear()
        return count

    def _account(self, key: str, entrance: Entrance, *, guests: int, nowhere: int) -> None:
        if entrance.rows_in != entrance.staged + entrance.rejected:
            raise _lost(key, entrance.rows_in, entrance.staged + entrance.rejected)
        self._accounts[key] = {
            "layer": key,
            "rows_in": entrance.rows_in,
            "staged": entrance.staged,
            "rejected": entrance.rejected,
            "guests": guests,
            "unassigned": nowhere,
        }
        self._notes += [
            {
                "layer": key,
                "code": code,
                "count": count,
                "message_zh": text.zh,
                "message_en": text.en,
            }
            for code, count, text in entrance.told()
        ]

    def _scopes(self) -> list[str]:
        """Return the districts, and what belongs to none if it has more than surroundings."""
        found = set(self._outlines[CODE])
        found |= {
            scope
            for scope, layers in self._layers.items()
            if any(self._kinds[key] in _OWNED for key in layers)
        }
        return sorted(found) or [NOWHERE]

    def _reach(self, scopes: list[str], owners: Owners) -> Reach:
        places = {}
        parks, carriers = self._register["parks"], self._register["carriers"]
        points = pd.concat([parks.geometry, carriers.geometry], ignore_index=True)
        scope = [*parks["park_id"].map(owners.parks), *carriers["carrier_id"].map(owners.carriers)]
        located = gpd.GeoSeries(points, crs=STORAGE_CRS)
        places = {str(code): found for code, found in located.groupby(np.asarray(scope, object))}
        return Reach(
            scopes,
            self._outlines,
            places,
            halo_m=self._halo_m,
            central_meridian=self._catalogue.central_meridian,
        )

    def _told(self, scopes: list[str], owners: Owners) -> dict[str, Any]:
        """Write what is known of all districts, and return the rest."""
        meridian = self._catalogue.central_meridian
        parks = parks_to_plan(self._register, owners, meridian)
        outlines = self._outlines.sort_values("name", ignore_index=True)
        spec = self._catalogue.layer(_OUTLINES)
        pq.write_table(to_arrow(outlines, spec.fields), self._folder / DISTRICTS)
        parks.to_parquet(self._folder / PARKS, index=False)
        owners.guests.to_parquet(self._folder / GUESTS, index=False)
        layers = {scope: self._layers[scope] for scope in sorted(self._layers)}
        said = [
            [scope, key, found[key]["rows"], found[key]["digest"]]
            for scope, found in layers.items()
            for key in sorted(found)
        ]
        return {
            "digest": hashlib.sha256(json.dumps([scopes, said]).encode()).hexdigest(),
            "scopes": scopes,
            "layers": layers,
            "accounts": [self._accounts[k] for k in self._catalogue.keys if k in self._accounts],
            "notes": self._notes,
        }


def _joined(frames: list[Any]) -> Any:  # noqa: ANN401 - frames of one kind, plain or with places
    there = [frame for frame in frames if len(frame)]
    return pd.concat(there, ignore_index=True) if there else frames[0]


def _lost(key: str, wanted: int, found: int) -> StageError:
    return StageError(
        Text(
            f"图层“{key}”的行数不平（应 {wanted}，实 {found}）；请保留输入并反馈",
            f"the rows of layer '{key}' do not add up ({found} instead of {wanted}); please keep"
            " the input and report it",
        )
    )


def _with_home(table: pa.Table, spec: LayerSpec, scope_of: pd.Series[str]) -> pa.Table:
    """Return rows of guests that say where they belong, as far as their layer can say it."""
    if CODE not in table.column_names:
        return table
    home = table.column(spec.id_field).to_pandas().map(scope_of).map(folder_name)
    place = table.column_names.index(CODE)
    return table.set_column(place, table.schema.field(CODE), pa.array(home, pa.string()))
