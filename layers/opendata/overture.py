"""Overture Maps: folders of GeoParquet, on this computer or in S3.

Only the row groups that the box can touch are read, by the statistics of the columns of
``bbox``. Columns that a release does not have are unknown.
Schema: docs.overturemaps.org/schema.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq
import shapely

from layers.errors import IntakeError
from layers.errors import IntakeUsageError
from layers.errors import Text
from layers.opendata.elements import Credit
from layers.opendata.elements import Element
from layers.opendata.elements import Elements
from layers.opendata.licences import licence_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.opendata.elements import Box
    from layers.opendata.rules import LayerRules

BATCH = 20_000
"""Objects that are in memory at a time."""

REGION = "us-west-2"
"""Where Overture Maps keeps its bucket."""

S3 = "s3://"

_COLUMNS = (
    *("id", "geometry", "bbox", "names", "sources", "subtype", "class", "height", "num_floors"),
    *("is_underground", "country", "road_flags", "rail_flags", "access_restrictions"),
)
_PLAIN = ("subtype", "class", "country")
_NUMBERS = ("height", "num_floors")
_FLAGS = ("road_flags", "rail_flags")
_WHOLE = [0.0, 1.0]
_ON_FOOT = frozenset({"foot", "pedestrian"})


@dataclass(frozen=True, slots=True)
class Overture:
    """A folder of Overture Maps.

    Attributes
    ----------
    files
        Where files are looked for.
    root
        The folder within `files`.
    name
        What people call it.
    groups
        Number of row groups that were read, and of those left unread.
    """

    files: pafs.FileSystem
    root: str
    name: str
    groups: dict[str, int] = field(default_factory=lambda: {"read": 0, "left": 0})

    @classmethod
    def open(cls, path: str) -> Overture:
        """Return a folder or file of this computer, or a folder of S3, which is public.

        Raises
        ------
        IntakeError
            If there is nothing.
        """
        if path.startswith(S3):
            files = pafs.S3FileSystem(anonymous=True, region=REGION)
            return cls(files, path.removeprefix(S3).rstrip("/"), path)
        files = pafs.LocalFileSystem()
        if files.get_file_info(path).type == pafs.FileType.NotFound:
            raise IntakeUsageError(Text(f"找不到 {path}", f"there is no {path}"))
        return cls(files, path, path)

    def read(self, rules: LayerRules, box: Box | None = None) -> Iterator[Elements]:
        """Yield the objects that the rules take, some at a time.

        Raises
        ------
        IntakeError
            If there is no file of the theme, or one is damaged.
        """
        try:
            paths = self._paths(rules)
            for path, kind in paths:
                with self.files.open_input_file(path) as file:
                    yield from self._file(pq.ParquetFile(file), kind, rules, box)
        except (pa.ArrowException, OSError) as error:
            raise IntakeError(
                Text(
                    f"{self.name} 无法读取（{error}）",
                    f"{self.name} cannot be read ({error})",
                )
            ) from error
        if not paths:
            wanted = ", ".join(f"theme={rules.theme}/type={kind}" for kind in rules.types)
            raise IntakeUsageError(
                Text(
                    f"{self.name} 中没有 {wanted} 的 Parquet 文件",
                    f"{self.name} holds no Parquet files of {wanted}",
                )
            )

    def _paths(self, rules: LayerRules) -> list[tuple[str, str]]:
        """Return the files of the theme, sorted, each with its type."""
        info = self.files.get_file_info(self.root)
        if info.type == pafs.FileType.File:
            return [(self.root, rules.types[0])]
        listed = self.files.get_file_info(pafs.FileSelector(self.root, recursive=True))
        found = []
        for entry in listed:
            if entry.type != pafs.FileType.File or not entry.path.endswith(".parquet"):
                continue
            parts = dict(
                part.split("=", 1) for part in entry.path.split("/") if part.count("=") == 1
            )
            # A folder may be given that lies below that of its theme or type.
            kind = parts.get("type", rules.types[0])
            if kind in rules.types and parts.get("theme", rules.theme) == rules.theme:
                found.append((entry.path, kind))
        return sorted(found)

    def _file(
        self, file: pq.ParquetFile, kind: str, rules: LayerRules, box: Box | None
    ) -> Iterator[Elements]:
        known = file.schema_arrow.names
        lacking = [name for name in ("id", "geometry") if name not in known]
        if lacking:
            raise IntakeError(
                Text(
                    f"{self.name} 不是 Overture Maps 数据：缺少 {', '.join(lacking)}",
                    f"{self.name} is no data of Overture Maps: it lacks {', '.join(lacking)}",
                )
            )
        wanted = [at for at in range(file.num_row_groups) if _may_touch(file, at, box)]
        self.groups["read"] += len(wanted)
        self.groups["left"] += file.num_row_groups - len(wanted)
        columns = [name for name in _COLUMNS if name in known]
        for batch in file.iter_batches(BATCH, row_groups=wanted, columns=columns):
            yield _elements(batch, kind, rules).within(box)


def _may_touch(file: pq.ParquetFile, group: int, box: Box | None) -> bool:
    """Tell whether a row group may hold something in the box, by its statistics."""
    if box is None:
        return True
    spans = _spans(file.metadata.row_group(group))
    west, south = (
        spans.get("bbox.xmin", (-math.inf, 0))[0],
        spans.get("bbox.ymin", (-math.inf, 0))[0],
    )
    east, north = spans.get("bbox.xmax", (0, math.inf))[1], spans.get("bbox.ymax", (0, math.inf))[1]
    return bool(west <= box.east and east >= box.west and south <= box.north and north >= box.south)


def _spans(group: Any) -> dict[str, tuple[float, float]]:  # noqa: ANN401 -- metadata of pyarrow
    """Return the smallest and the largest value of the columns of ``bbox``."""
    found = {}
    for at in range(group.num_columns):
        column = group.column(at)
        if not column.path_in_schema.startswith("bbox."):
            continue
        statistics = column.statistics
        if statistics is not None and statistics.has_min_max:
            found[column.path_in_schema] = (statistics.min, statistics.max)
    return found


def _elements(batch: pa.RecordBatch, kind: str, rules: LayerRules) -> Elements:
    shapes = shapely.from_wkb(batch.column("geometry").to_numpy(zero_copy_only=False))
    plain = batch.drop_columns(
        [name for name in ("geometry", "bbox") if name in batch.schema.names]
    )
    items, kept = [], []
    for at, row in enumerate(plain.to_pylist()):
        tags = {"type": kind, **_tags(row)}
        if rules.taken(tags) is not None:
            items.append(Element(str(row["id"]), tags, _credits(row)))
            kept.append(at)
    return Elements(items, shapes[kept])


def _tags(row: Mapping[str, Any]) -> dict[str, str]:
    """Return what an object says of itself as if it were tags."""
    tags = {name: str(row[name]) for name in _PLAIN if row.get(name)}
    tags |= {name: f"{row[name]:.10g}" for name in _NUMBERS if row.get(name) is not None}
    if row.get("is_underground"):
        tags["is_underground"] = "yes"
    names = row.get("names") or {}
    if names.get("primary"):
        tags["name"] = names["primary"]
    # A map of Arrow is a list of pairs.
    tags |= {f"name:{language}": text for language, text in names.get("common") or () if text}
    tags |= dict.fromkeys(_flags(row), "yes")
    if _closed_to_walkers(row.get("access_restrictions") or ()):
        tags["foot"] = "no"
    return tags


def _flags(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the flags that the whole of a segment has.

    A river does not end where a street has a bridge, nor a railway where it has one.
    """
    for name in _FLAGS:
        for rule in row.get(name) or ():
            if not rule.get("between") or list(rule["between"]) == _WHOLE:
                yield from rule.get("values") or ()


def _closed_to_walkers(restrictions: Sequence[Mapping[str, Any]]) -> bool:
    for rule in restrictions:
        when = rule.get("when") or {}
        modes = set(when.get("mode") or ())
        only_some = any(value for key, value in when.items() if key != "mode")
        if (
            rule.get("access_type") == "denied"
            and not only_some
            and (not modes or modes & _ON_FOOT)
        ):
            return True
    return False


def _credits(row: Mapping[str, Any]) -> tuple[Credit, ...]:
    """Return the sources of an object; one that names none has an unknown one."""
    found = [
        Credit(
            source.get("dataset") or "?",
            licence_of(source.get("dataset") or "", source.get("license")),
            source.get("record_id") or "",
            source.get("update_time") or "",
        )
        for source in row.get("sources") or ()
    ]
    return tuple(dict.fromkeys(found)) or (Credit("?", "", "", ""),)
