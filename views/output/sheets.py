"""Plan sheets: the choices, a preview, and the file; or an atlas of all parks."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from geo.access import AccessParameters
from geo.scatter import ScatterParameters
from layers.access.drawing import linkage_overlay
from layers.errors import AtlasError
from layers.sheet import AtlasReport
from layers.sheet import Extras
from layers.sheet import SheetRequest
from layers.sheet import load_template
from layers.sheet import sheet_content
from layers.sheet import write_atlas
from layers.sheet import write_sheet
from layers.sheet.words import BLOCK
from layers.sheet.words import OWN_FIELDS
from layers.timeline import newest
from views import seen
from views import store
from views.linkage import data as access_data
from views.output import choices
from views.output import ready
from views.output import subjects
from views.output.layer_files import audience
from views.plan import data
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick
from views.waiting import turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from layers.sheet import SheetContent
    from layers.sheet import SheetReport
    from layers.sheet.records import Orientation

_FORMATS = {"pdf": "PDF", "svg": "SVG", "png": "PNG 300 dpi"}
_PREVIEW_PX = 1400
_MM_PER_INCH = 25.4


def show() -> None:
    """Show the choices, the preview and the file."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        subject = subjects.choose_sheet()
        request = None if subject is None else _request(*subject)
        fmt = choices.radio(_("Format"), _FORMATS, "sheet_format", "pdf", horizontal=True)
    with right:
        if request is not None:
            _one(request, fmt)
        _atlas(request)


def day() -> date:
    """Return the day of the newest data: equal versions give equal sheets."""
    stamp = newest(store.current().workspace.history(), list(store.whole().versions))
    assert stamp is not None  # a workspace begins with a commit
    return stamp.astimezone().date()


def _request(kind: object, subject: str) -> SheetRequest:
    template = load_template(store.catalogue().folder)
    first, second = st.columns(2)
    size = first.selectbox(
        _("Paper"), list(template.sizes), index=1, key="sheet_size", persist_state="session"
    )
    scales = {0: _("Largest that fits"), **{n: f"1:{n:,}" for n in template.scales}}
    with second:
        scale = choices.select(_("Scale"), scales, "sheet_scale", 0)
    ways: dict[Orientation, str] = {
        "auto": _("As it fits best"),
        "portrait": _("Upright"),
        "landscape": _("Lying"),
    }
    orientation = choices.radio(
        _("Orientation"), ways, "sheet_orientation", "auto", horizontal=True
    )
    return SheetRequest(
        kind=kind,  # type: ignore[arg-type] # one of the kinds of the radio
        subject=subject,
        size=str(size),
        scale=scale or None,
        orientation=orientation,
        audience=audience("sheet_audience"),
        lang=lang(),
        fields=_fields(),
    )


def _fields() -> dict[str, str]:
    """Let the planner fill in the title block."""
    with st.expander(_("Title block")):
        columns = st.columns(2)
        given = {
            key: columns[number % 2].text_input(
                pick(BLOCK[key]), key=f"sheet_field_{key}", persist_state="session"
            )
            for number, key in enumerate(OWN_FIELDS)
        }
    return {key: text.strip() for key, text in given.items() if text.strip()}


def _extras(request: SheetRequest) -> Extras:
    plan = findings = featured = overlay = None
    if request.kind == "scenario":
        plan = subjects.plan_of(request.subject)
    elif request.kind == "task":
        featured = data.featured(request.subject, request.audience)
    elif request.kind == "linkage":
        found = access_data.access(AccessParameters())
        overlay = linkage_overlay(found, store.whole().versions)
    elif request.kind == "park" and store.has("carriers"):
        findings = store.scatter(ScatterParameters()).table
    return Extras(
        plan=plan,
        findings=findings,
        sources=store.sources().reset_index(drop=True),
        versions=store.whole().versions,
        featured=featured,
        overlay=overlay,
    )


def _content(request: SheetRequest) -> SheetContent:
    # From all data, so that a public sheet is the same whoever takes it.
    every = store.whole()
    return sheet_content(
        every.tables, every.catalogue, request, stamp=day(), extras=_extras(request)
    )


def _wish(request: SheetRequest, fmt: str) -> tuple[object, ...]:
    told = tuple(sorted(request.fields.items()))
    data = (store.identity(), tuple(store.whole().versions.items()))
    return (fmt, replace(request, fields={}).__repr__(), told, data)


def _one(request: SheetRequest, fmt: str) -> None:
    try:
        content = _content(request)
        with st.spinner(_("Drawing the preview …"), show_time=False):
            picture, report = _preview(_wish(request, "png"), content)
    except AtlasError as error:
        st.error(md(pick(error.text)))
        return
    wish = _wish(request, fmt)
    if st.button(_("Prepare the file"), type="primary", key="sheet_build"):
        _write(
            wish,
            f"{request.kind}_{request.subject or store.catalogue().edition}_{request.size}"
            f"_{request.audience}.{fmt}",
            lambda path, own: write_sheet(_content(own), path),
            request,
        )
    ready.offer(wish)
    st.image(picture, caption=_told(report), width="stretch")


@st.cache_data(show_spinner=False, max_entries=16)
def _preview(wish: tuple[object, ...], _content: SheetContent) -> tuple[bytes, SheetReport]:  # noqa: ARG001 - the key of the cache
    paper = _content.template.sizes[_content.request.size]
    # As many pixels for every paper: the preview is as wide as the page.
    dpi = round(_PREVIEW_PX / paper.height * _MM_PER_INCH)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "preview.png"
        report = write_sheet(_content, path, dpi=dpi)
        return path.read_bytes(), report


def _told(report: SheetReport) -> str:
    told = [
        f"1:{report.scale:,}",
        f"{report.width_mm:g} × {report.height_mm:g} mm",
    ]
    if report.labels_left_out:
        told.append(_("{n} names without room").format(n=num(report.labels_left_out)))
    if report.missing:
        told.append(
            _("No font here has: {characters}").format(characters=" ".join(sorted(report.missing)))
        )
    return md(" · ".join(told))


def _write(
    wish: tuple[object, ...],
    name: str,
    work: Callable[[Path, SheetRequest], SheetReport | AtlasReport],
    request: SheetRequest,
) -> None:
    with turn(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        try:
            export = seen.export("sheet", store.whole().versions, wish=repr(wish[:-1]))
            own = replace(request, export_id=export.export_id)
            with st.spinner(_("Drawing and reading back …"), show_time=False):
                report = work(path, own)
            ready.keep(wish, report.path, _lines(report), export, audience=request.audience)
        except AtlasError as error:
            st.error(md(pick(error.text)))


def _lines(report: SheetReport | AtlasReport) -> list[str]:
    if isinstance(report, AtlasReport):
        told = [_("{n} pages").format(n=num(report.pages))]
        if report.without:
            told.append(
                _("No sheet for want of a place: {parks}").format(parks=", ".join(report.without))
            )
        return [md(" · ".join(told))]
    return [_told(report)]


def _atlas(request: SheetRequest | None) -> None:
    """Offer one sheet for every park, with the same paper, audience and title block."""
    if not store.has("parks"):
        return
    st.markdown(f"##### {_('Atlas: one sheet for every park')}")
    st.caption(_("One PDF with an index, on the paper and for the audience chosen on the left."))
    base = request or SheetRequest("district", lang=lang(), audience=store.audience())
    wanted = replace(base, kind="park", subject="", scale=None)
    wish = ("atlas", *_wish(wanted, "pdf"))
    if st.button(_("Prepare the atlas"), key="atlas_build"):
        bar = st.progress(0.0, _("Drawing …"))

        def tell(done: int, count: int, title: str) -> None:
            bar.progress(done / count, md(f"{done + 1}/{count} {title}"))

        _write(
            wish,
            f"atlas_{wanted.size}_{wanted.audience}.pdf",
            lambda path, own: write_atlas(
                store.whole().tables,
                store.whole().catalogue,
                own,
                path,
                stamp=day(),
                extras=_extras(wanted),
                progress=tell,
            ),
            wanted,
        )
        bar.empty()
    ready.offer(wish)
