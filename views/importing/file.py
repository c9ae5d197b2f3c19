"""Step 1: which file, which of its parts, and which layer it is for."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.errors import AtlasError
from layers.frames import GEOMETRY
from layers.intake import FACTS
from layers.intake import READABLE
from layers.intake import guess_layer
from layers.intake.templates import write_template
from layers.values import cell_text
from views import files
from views import store
from views.importing import desk
from views.text import _
from views.text import esc
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Callable

    from layers.catalogue import Catalogue
    from layers.catalogue import LayerSpec
    from layers.errors import Text

_PREVIEW_ROWS = 10
_TEMPLATES = ("carriers", "units")
_REFUSED = "import_refused"
_ENCODINGS = ("", "utf-8", "gb18030", "big5")


def choose() -> None:
    """Ask for a file, or for the part of one."""
    if (error := st.session_state.get(_REFUSED)) is not None:
        st.error(md(pick(error)))
    found = desk.waiting()
    if found is not None:
        _choose_part(found)
        return
    files = st.file_uploader(
        _("Drop a file here, or all parts of a Shapefile (.shp .shx .dbf .prj .cpg)"),
        accept_multiple_files=True,
        key=f"import_files:{desk.round_number()}",
        help=_("Nothing leaves this computer; the file is read by the app itself."),
    )
    st.caption(md(READABLE))
    st.caption(_("Until it is committed, a file is forgotten when the page is reloaded."))
    if files:
        if not _reading(partial(desk.take, files)):
            # A fresh uploader: what cannot be read must not stand in the way of the next file.
            desk.next_round()
        st.rerun()
    _templates()


def _choose_part(found: desk.Waiting) -> None:
    st.markdown(f"**{md(found.path.name)}**")
    part = st.selectbox(
        _("Sheet or layer of the file"),
        found.parts,
        key=f"import_waiting:{desk.round_number()}",
    )
    read, away, _rest = st.columns([1, 1, 4])
    if read.button(_("Read it"), type="primary", key="import_read_part", width="stretch") and (
        _reading(partial(desk.take_part, part))
    ):
        st.rerun()
    away.button(_("Give up"), key="import_away", width="stretch", on_click=desk.clear)


def _reading(read: Callable[[Callable[[Text, float], None]], object]) -> bool:
    """Read with a progress bar; keep why it cannot be read, and tell whether it was."""
    bar = st.progress(0.0, text=_("Reading the file …"))

    def progress(text: Text, share: float) -> None:
        bar.progress(share if 0 <= share <= 1 else 0.0, text=pick(text))

    st.session_state.pop(_REFUSED, None)
    try:
        read(progress)
    except AtlasError as error:
        st.session_state[_REFUSED] = error.text
        return False
    finally:
        bar.empty()
    return True


def _templates() -> None:
    with st.expander(_("Templates to fill in"), key="import_templates"):
        st.caption(
            _(
                "Workbooks with the headings, lists of allowed values and instructions. "
                "What you leave empty is unknown, never 0."
            )
        )
        specs = [*map(store.catalogue().layer, _TEMPLATES)]
        specs += [s for s in store.catalogue().layers if s.key not in _TEMPLATES]
        spec = st.selectbox(
            _("Layer"), specs, format_func=lambda s: pick(s.title), key="import_template_layer"
        )
        files.offer(
            _("Download the template (Excel)"),
            f"{pick(spec.title)}_{_('template')}.xlsx",
            partial(_template, spec, store.catalogue(), lang()),
            key="import_template",
            audience="public",
        )


def _template(spec: LayerSpec, catalogue: Catalogue, language: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.xlsx"
        write_template(spec, catalogue, path, lang=language)
        return path.read_bytes()


def show(work: desk.Work) -> None:
    """Show what was read, and ask what is not clear."""
    if (error := st.session_state.pop(_REFUSED, None)) is not None:
        st.error(md(pick(error)))
    left, right = st.columns([3, 2], gap="large")
    with right:
        _part(work)
        _encoding(work)
        _half(work)
        if not work.half:
            _layer(work)
        _public(work)
    with left:
        st.markdown(f"**{md(work.path.name)}** · {_rows(work)}")
        _facts(work)
        for issue in work.raw.issues[:20]:
            st.caption(md(issue.line(lang())))
    st.markdown(f"**{_('The first rows')}**")
    st.dataframe(_preview(work), hide_index=True, width="stretch")


def _rows(work: desk.Work) -> str:
    return _("{n} rows").format(n=num(len(work.raw.frame)))


def _facts(work: desk.Work) -> None:
    cells = "".join(
        f"<dt>{esc(pick(FACTS[key]))}</dt><dd>{esc(pick(text))}</dd>"
        for key, text in work.raw.facts.items()
    )
    st.html(f'<div class="atlas-card"><dl>{cells}</dl></div>')


def _preview(work: desk.Work) -> pd.DataFrame:
    head = work.raw.frame.head(_PREVIEW_ROWS)
    shown: dict[str, object] = {"#": work.raw.rows.head(_PREVIEW_ROWS).to_numpy()}
    for name in head.columns:
        texts = [_cell(value) for value in head[name]]
        shown[_("Geometry") if work.raw.shapes and name == GEOMETRY else str(name)] = texts
    return pd.DataFrame(shown)


def _cell(value: object) -> str:
    kind = getattr(value, "geom_type", None)
    if kind is not None:
        return str(kind)
    return "" if value is None or value is pd.NA or value != value else cell_text(value)  # noqa: PLR0124 - NaN


def _part(work: desk.Work) -> None:
    if len(work.raw.parts) < 2:  # noqa: PLR2004 - nothing to choose
        return
    part = st.selectbox(
        _("Sheet or layer of the file"),
        work.raw.parts,
        index=work.raw.parts.index(work.raw.part) if work.raw.part in work.raw.parts else 0,
        key=f"import_part:{desk.round_number()}",
    )
    if part != work.raw.part:
        if not _reading(partial(desk.read_again, work, part=part)):
            desk.next_round()
        st.rerun()


def _encoding(work: desk.Work) -> None:
    if "encoding" not in work.raw.facts:
        return
    names = {"": _("as found out"), "utf-8": "UTF-8", "gb18030": "GB18030 / GBK", "big5": "Big5"}
    encoding = st.selectbox(
        _("Text encoding"),
        _ENCODINGS,
        index=_ENCODINGS.index(work.choices.encoding or ""),
        format_func=names.__getitem__,
        key=f"import_encoding:{desk.round_number()}:{lang()}",
        help=_("Choose another one if the text below is garbled."),
    )
    if (encoding or None) != work.choices.encoding:
        if not _reading(partial(desk.read_again, work, encoding=encoding or None)):
            desk.next_round()
        st.rerun()


def _public(work: desk.Work) -> None:
    """Ask whether a public copy is to be imported, though it overwrites finer data."""
    if work.raw.public is None:
        return
    st.warning(
        _(
            "This is a public copy ({why}): its places are coarse, internal data is blank. It "
            "would overwrite the finer data that is kept; take an internal copy if there is one."
        ).format(why=md(pick(work.raw.public)))
    )
    wanted = st.checkbox(
        _("Import the public copy all the same"),
        value=work.choices.public_copy,
        key=f"import_public:{desk.round_number()}",
    )
    if wanted != work.choices.public_copy:
        work.decide(public_copy=wanted)
        st.rerun()


def _half(work: desk.Work) -> None:
    """Offer to take a table of carriers and units apart."""
    if not desk.holds_both(work):
        return
    titles = {"": _("the table as it is")}
    titles |= {half: pick(store.catalogue().layer(half).title) for half in desk.HALVES}
    st.info(
        _(
            "The table holds carriers and their units. Import the carriers first; the units "
            "are offered next."
        )
    )
    half = st.segmented_control(
        _("Take from it"),
        list(titles),
        format_func=titles.__getitem__,
        default=work.half,
        required=True,
        key=f"import_half:{desk.round_number()}:{lang()}",
    )
    if half != work.half:
        desk.take_half(work, str(half))
        st.rerun()


def _layer(work: desk.Work) -> None:
    titles = {spec.key: pick(spec.title) for spec in store.catalogue().layers}
    guess = work.layer or guess_layer(
        work.raw, store.catalogue(), f"{work.path.stem} {work.raw.part}"
    )
    chosen = st.selectbox(
        _("The layer it belongs to"),
        list(titles),
        index=list(titles).index(guess) if guess in titles else None,
        format_func=titles.__getitem__,
        placeholder=_("Choose a layer"),
        key=f"import_layer:{desk.round_number()}:{work.raw.part}:{lang()}",
    )
    if chosen and chosen != work.layer:
        work.choose_layer(chosen)
        # The button below is drawn by a run that knows the layer.
        st.rerun()
    if work.layer:
        st.caption(md(pick(work.spec.description)))
