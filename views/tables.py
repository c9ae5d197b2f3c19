"""Tables as all pages show them, and the file a planner takes of them.

Streamlit's own CSV button is hidden by the style sheet: it would hand out sample
rows without their mark and text that a spreadsheet could run as a formula. Our
file goes through :mod:`layers.export`, which marks, escapes and reads back.
"""

from __future__ import annotations

import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal

import pandas as pd
import streamlit as st

from layers.audit import export_id_text
from layers.export import export_table
from layers.i18n import UNKNOWN
from layers.marks import is_sample
from views import card
from views import files
from views import seen
from views import store
from views.text import _
from views.text import esc
from views.text import lang

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import LayerSpec
    from layers.errors import Text

_ROW_PX = 35
_MOST_PX = 620


def _height(rows: int, most_px: int) -> int | Literal["content"]:
    return "content" if (rows + 1) * _ROW_PX < most_px else most_px


def show(frame: pd.DataFrame, *, config: Mapping[str, Any] | None = None) -> None:
    """Show a table to read."""
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        height=_height(len(frame), _MOST_PX),
        placeholder=UNKNOWN,
        column_config=config,
    )


def show_rows(spec: LayerSpec, rows: pd.DataFrame, *, without: str) -> None:
    """Show rows of a layer with its titles and units, leaving out empty fields.

    Parameters
    ----------
    spec, rows
        The layer, and some of its rows.
    without
        A field that is the same in all rows.
    """
    fields = [f for f in spec.fields if f.name != without and rows[f.name].notna().any()]
    if bool(is_sample(rows).any()):
        st.html(f'<span class="atlas-badge sample">{esc(_("Sample data"))}</span>')
    show(
        pd.DataFrame({card.heading(f): card.column(f, rows[f.name]) for f in fields}),
        config=card.column_config(fields),
    )


def pick_row(
    frame: pd.DataFrame, *, key: str, config: Mapping[str, Any], most_px: int
) -> int | None:
    """Show a table in which one row can be ticked; return its position.

    Parameters
    ----------
    frame
        What is shown.
    key
        Name of the widget.
    config
        How columns are formatted.
    most_px
        Greatest height; a short table takes less.
    """
    choice = st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        height=_height(len(frame), most_px),
        placeholder=UNKNOWN,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        column_config=config,
    )
    rows = choice["selection"]["rows"]
    return int(rows[0]) if rows else None


def save(
    frame: pd.DataFrame,
    name: str,
    title: Text,
    titles: Mapping[str, Text],
    *,
    internal: bool,
    remarks: Sequence[Text] = (),
    label: str = "",
) -> None:
    """Offer a table as an Excel file, made when it is fetched.

    Parameters
    ----------
    frame
        The table with field names as columns; ``sample`` marks sample rows.
    name
        Stem of the file name.
    title, titles
        Titles of the sheet and of its columns.
    internal
        Whether the table holds what must not leave the office (taxes, rents); the
        file is then marked 内部资料.
    remarks
        What else belongs to the numbers: rule version, parameters, layer versions.
    label
        What stands on the link; the usual words by default.
    """
    language = lang()
    export = seen.export(
        name,
        dict(store.versions()),
        lang=language,
        remarks=[remark.en for remark in remarks],
        content=_digest(frame),
    )

    def content() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.xlsx"
            export_table(
                frame,
                path,
                title=title,
                titles=titles,
                lang=language,
                internal=internal,
                remarks=[*remarks, export_id_text(export.export_id)],
            )
            return path.read_bytes()

    files.offer(
        label or _("Save this table (Excel)"),
        f"{name}.xlsx",
        content,
        key=f"save:{name}",
        audience="internal" if internal else "public",
        export=export,
    )


def _digest(frame: pd.DataFrame) -> str:
    """Return what tells a table from others with the same name and versions of layers."""
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).astype("str")
    return sha256(pd.util.hash_pandas_object(plain, index=False).to_numpy().tobytes()).hexdigest()
