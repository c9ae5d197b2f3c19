"""From open data to a file in the fields of the catalogue, with licence and attribution."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

from layers.aside import made_aside
from layers.contract import conform
from layers.errors import Text
from layers.frames import empty_frame
from layers.opendata.findings import open_finding
from layers.opendata.licences import attribution
from layers.opendata.licences import notice
from layers.opendata.rows import rows_of
from layers.opendata.target import RejectFile
from layers.opendata.target import open_target

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.issues import Issue
    from layers.opendata.elements import Elements
    from layers.opendata.rules import LayerRules

SIDECAR = ".source.json"
"""What the file beside the data is called: the name of the data with this behind it."""

COORDINATES = Text(
    "源坐标为 WGS 84，按 EPSG:4490 存放（两者相差不足一米），不作 GCJ-02 纠偏",
    "coordinates are WGS 84, kept as EPSG:4490 (the same within a metre); no GCJ-02 shift",
)
_FORMAT = "atlas-open-data"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be made of open data.

    Attributes
    ----------
    rules
        The layer and how it is filled.
    out
        The file to write.
    rejects
        Where rejected rows go.
    name
        What the findings call the data.
    request
        What was asked of whom, for the file beside the data.
    data_time
        Up to when the data has all changes, ISO 8601; empty if nobody says.
    """

    rules: LayerRules
    out: Path
    rejects: Path
    name: str
    request: Mapping[str, Any]
    data_time: Callable[[], str] = str


@dataclass(slots=True)
class Report:
    """What became of open data.

    Attributes
    ----------
    rows_in, accepted, rejected
        Objects of the layer; ``rows_in == accepted + rejected``.
    findings
        By code: how often, and the first one.
    licences
        By licence: how many of the accepted rows are under it; empty for not told.
    datasets
        By dataset: how many objects have something from it.
    """

    rows_in: int = 0
    accepted: int = 0
    rejected: int = 0
    findings: dict[str, tuple[int, Issue]] = field(default_factory=dict)
    licences: Counter[str] = field(default_factory=Counter)
    datasets: Counter[str] = field(default_factory=Counter)

    @property
    def notice(self) -> Text:
        """What must be said wherever the data is shown or passed on."""
        if not self.datasets:
            return Text("没有数据", "no data")
        return notice(set(self.datasets), set(self.licences))

    def note(self, issue: Issue) -> None:
        """Count a finding."""
        count, first = self.findings.get(issue.code, (0, issue))
        self.findings[issue.code] = (count + 1, first)


def load(
    found: Iterable[Elements],
    wish: Wish,
    catalogue: Catalogue,
    *,
    progress: Callable[[int], None] | None = None,
    remarks: Callable[[], Iterable[str]] = tuple,
) -> Report:
    """Write objects as a layer; the rows that the contract refuses go to a file of their own.

    Nothing is at ``wish.out`` until all of it is written. Memory holds some rows at a time.

    Parameters
    ----------
    found
        The objects that the rules take.
    wish
        What is to be made.
    catalogue
        Says what the layer is.
    progress
        Called with the number of objects so far.
    remarks
        What the reader had to say, asked for at the end.

    Raises
    ------
    UsageError
        If the file has a suffix that is not written.
    ExportError
        If it cannot be written.
    """
    spec = catalogue.layer(wish.rules.key)
    report = Report()
    with (
        made_aside(wish.out, f"made{wish.out.suffix.lower()}") as made,
        made_aside(sidecar_of(wish.out), "source.json") as beside,
    ):
        rejects = RejectFile(made.with_name("rejected.csv"))
        with closing(open_target(made, spec)) as target:
            # A layer without rows is a layer too.
            target.add(empty_frame(spec))
            for batch in found:
                accepted, rejected = _checked(batch, wish, spec, report)
                target.add(accepted)
                rejects.add(rejected)
                if progress is not None:
                    progress(report.rows_in)
            for remark in remarks():
                report.note(_remark(remark, wish, spec))
            target.finish(report.notice)
        told = _told(report, wish, catalogue)
        beside.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        if rejects.count:
            with made_aside(wish.rejects, "rejects.csv") as kept:
                shutil.move(rejects.path, kept)
        else:
            # That of an earlier run would be taken for one of this.
            wish.rejects.unlink(missing_ok=True)
    return report


def sidecar_of(path: Path) -> Path:
    """Return the file beside the data that says where it comes from."""
    return path.with_name(path.name + SIDECAR)


def _checked(
    batch: Elements, wish: Wish, spec: LayerSpec, report: Report
) -> tuple[Any, pd.DataFrame]:
    rows = rows_of(batch, wish.rules, spec, file=wish.name, first=report.rows_in + 1)
    checked = conform(
        rows.frame, spec, file=wish.name, row_numbers=rows.numbers, earlier=rows.issues
    )
    report.rows_in += len(rows.frame)
    report.accepted += len(checked.accepted)
    report.rejected += len(checked.rejected)
    for issue in checked.issues:
        report.note(_by_object(issue, batch, rows.first))
    gone = set(checked.rejected["_row"].astype(int))
    for number, item in zip(rows.numbers, batch.items, strict=True):
        if number not in gone:
            report.licences.update({credit.licence for credit in item.credits})
            report.datasets.update({credit.dataset for credit in item.credits})
    return checked.accepted, checked.rejected


def _by_object(issue: Issue, batch: Elements, first: int) -> Issue:
    """Return a finding with the id of its object in the place of a row that nobody can see."""
    if not issue.row:
        return issue
    number = batch.items[issue.row - first].number
    return replace(issue, file=f"{issue.file} {number}", row=0)


def _remark(remark: str, wish: Wish, spec: LayerSpec) -> Issue:
    return open_finding("reader_said", layer=spec.key, file=wish.name, value=remark)


def _told(report: Report, wish: Wish, catalogue: Catalogue) -> dict[str, Any]:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "layer": wish.rules.key,
        "notice": {"zh": report.notice.zh, "en": report.notice.en},
        "attribution": attribution(set(report.datasets)),
        "licences": [
            {"licence": name or None, "rows": count}
            for name, count in sorted(report.licences.items())
        ],
        "datasets": [
            {"dataset": name, "rows": count} for name, count in sorted(report.datasets.items())
        ],
        "request": dict(wish.request),
        "data_time": wish.data_time() or None,
        "made": now,
        "coordinates": {"zh": COORDINATES.zh, "en": COORDINATES.en},
        "mapping_version": wish.rules.version,
        "catalogue_version": catalogue.version_text,
        "rows_in": report.rows_in,
        "accepted": report.accepted,
        "rejected": report.rejected,
        "findings": [
            {
                "code": code,
                "severity": first.severity,
                "count": count,
                "first": {"zh": first.line("zh"), "en": first.line("en")},
            }
            for code, (count, first) in sorted(report.findings.items())
        ],
    }
