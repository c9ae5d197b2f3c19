"""Chapters: Word documents with text, numbered tables and map sheets."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from geo.scatter import ScatterParameters
from layers.errors import AtlasError
from layers.report import ReportRequest
from layers.report import write_report
from layers.team import Right
from views import seen
from views import store
from views import who
from views.output import ready
from views.output import subjects
from views.output.layer_files import audience
from views.output.sheets import day
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick
from views.waiting import turn

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from layers.errors import Text
    from layers.report import Kind
    from layers.report import ReportReport


def show() -> None:
    """Show the choices and the file."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        subject = subjects.choose()
        for_whom = audience("chapter_audience")
        template = _template() if who.may(Right.WRITE) else None
    if subject is None:
        return
    own = None if template is None else template.getvalue()
    mark = "" if own is None else sha256(own).hexdigest()
    data = tuple(store.whole().versions.items())
    wish = ("chapter", *subject, for_whom, lang(), mark, store.identity(), data)
    with right:
        if st.button(_("Prepare the chapter"), type="primary", key="chapter_build"):
            _write(wish, subject, own)
        ready.offer(wish)


def _template() -> UploadedFile | None:
    """Let the planner bring a template of his own; whoever may not write brings no files."""
    template = st.file_uploader(
        _("Your own template (.docx with placeholders); leave empty for ours"),
        type=["docx"],
        key="chapter_template",
    )
    st.caption(
        _(
            "A template holds placeholders such as {{title}}, {{text:scatter}} or "
            "{{figure:district}}; docs/chapter.zh-CN.md lists all."
        )
    )
    return template


def _write(wish: tuple[object, ...], subject: tuple[Kind, str], own: bytes | None) -> None:
    for_whom = wish[3]
    bar = st.progress(0.0, _("Computing …"))

    def tell(what: Text, share: float) -> None:
        bar.progress(min(share, 1.0), md(pick(what)))

    kind, name = subject
    with turn(), tempfile.TemporaryDirectory() as folder:
        template = None
        if own is not None:
            template = Path(folder) / "template.docx"
            template.write_bytes(own)
        scenario = None
        if kind == "scenario":
            scenario = next(one for one in subjects.solved() if one.name == name)
        request = ReportRequest(
            kind=kind,
            subject=name,
            audience="public" if for_whom == "public" else "internal",
            lang=lang(),
            template=template,
        )
        path = Path(folder) / f"{kind}_{name or store.catalogue().edition}_{for_whom}.docx"
        every = store.whole()
        try:
            export = seen.export("report", every.versions, wish=repr(wish[:-2]))
            # From all data, so that a public chapter is the same whoever takes it.
            report = write_report(
                every.tables,
                every.catalogue,
                replace(request, export_id=export.export_id),
                path,
                versions=every.versions,
                stamp=day(),
                scenario=scenario,
                sources=store.sources().reset_index(drop=True),
                scatter=store.scatter(ScatterParameters()) if store.has("carriers") else None,
                progress=tell,
            )
            ready.keep(wish, report.path, _told(report), export, audience=request.audience)
        except AtlasError as error:
            st.error(md(pick(error.text)))
        finally:
            bar.empty()


def _told(report: ReportReport) -> list[str]:
    counts = _("{sections} sections, {tables} tables, {figures} figures").format(
        sections=num(report.sections), tables=num(report.tables), figures=num(report.figures)
    )
    return [md(counts), *ready.notes(list(report.notes))]
