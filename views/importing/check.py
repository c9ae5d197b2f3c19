"""Step 4: what is accepted, rejected, repaired and assumed."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.frames import GEOMETRY
from layers.intake import rejects_suffix
from layers.intake import write_rejects
from layers.issues import issue_frame
from views import figures
from views import files
from views import tables
from views.importing import desk
from views.importing import values
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from layers.catalogue import LayerSpec
    from layers.intake import IntakeResult
    from layers.issues import Issue

_SEVERITIES = ("error", "warning", "info")
_MOST = 2_000


def show(work: desk.Work) -> None:
    """Show the page of this step."""
    result = desk.result(work)
    _figures(result)
    if len(result.rejected):
        _rejected(work, result)
    values.ask(work, result)
    _issues(work.spec, result)


def _figures(result: IntakeResult) -> None:
    counts = (
        (result.rows_in, _("rows read")),
        (len(result.accepted), _("accepted")),
        (len(result.rejected), _("rejected")),
        (result.repaired, _("geometries repaired")),
        (result.dropped, _("lines that are no records")),
    )
    figures.show((num(n), name) for n, name in counts)
    if result.crs:
        st.caption(_("Read as {crs}, kept as CGCS2000 (EPSG:4490).").format(crs=md(result.crs)))


def _rejected(work: desk.Work, result: IntakeResult) -> None:
    suffix = rejects_suffix(result)
    told, button = st.columns([4, 1], vertical_alignment="center")
    told.warning(
        _(
            "{n} rows cannot be taken. Their file has the sender's own columns, and why and what "
            "to do beside each row; corrected and imported, it completes the delivery."
        ).format(n=num(len(result.rejected)))
    )
    with button:
        files.offer(
            _("Download the rejected rows"),
            f"{work.path.stem}_{_('rejected')}{suffix}",
            partial(_rejects_file, result, suffix),
            key="import_rejects",
        )
    with st.expander(_("The rejected rows"), expanded=False, key="import_rejected"):
        tables.show(_rejected_table(result.rejected.head(_MOST)))


def _rejected_table(rejected: pd.DataFrame) -> pd.DataFrame:
    """Return the rejected rows with their reasons in front."""
    reason, remedy = (f"_{name}_{lang()}" for name in ("reason", "remedy"))
    front = {"_row": _("Data row"), reason: _("Reason"), remedy: _("What to do")}
    rest = [name for name in rejected.columns if not name.startswith("_")]
    return rejected[[*front, *rest]].rename(columns=front)


def _rejects_file(result: IntakeResult, suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return write_rejects(
            result, Path(folder) / f"rejects{suffix}", part=result.part
        ).read_bytes()


def _issues(spec: LayerSpec, result: IntakeResult) -> None:
    if not result.issues:
        st.success(_("Nothing was found and nothing had to be assumed."))
        return
    names = {
        "error": _("Errors"),
        "warning": _("To look at"),
        "info": _("Assumed or converted"),
    }
    counts = pd.Series([issue.severity for issue in result.issues]).value_counts()
    present = [s for s in _SEVERITIES if counts.get(s, 0)]
    chosen = st.pills(
        _("Findings"),
        present,
        selection_mode="multi",
        default=present,
        format_func=lambda s: f"{names[s]} {num(counts[s])}",
        key=f"import_severity:{lang()}",
    )
    wanted = [issue for issue in result.issues if issue.severity in chosen]
    wanted.sort(key=lambda issue: (_SEVERITIES.index(issue.severity), issue.row))
    tables.show(_issue_table(spec, wanted[:_MOST], names))
    if len(wanted) > _MOST:
        st.caption(_("The first {n} are shown.").format(n=num(_MOST)))


def _issue_table(spec: LayerSpec, issues: list[Issue], names: dict[str, str]) -> pd.DataFrame:
    frame = issue_frame(issues)
    fields = {f.name: pick(f.title) for f in spec.fields} | {GEOMETRY: _("Geometry")}
    return pd.DataFrame(
        {
            _("Kind"): frame["severity"].map(names),
            _("Data row"): frame["row"].astype("Int64").where(frame["row"] > 0),
            _("Field"): frame["field"].map(fields).fillna(frame["field"]),
            _("What was found"): frame[f"message_{lang()}"],
            _("What to do"): frame[f"remedy_{lang()}"],
        }
    )
