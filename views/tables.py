"""Tables as all pages show them, and the file a planner takes of them.

Streamlit's own CSV button is hidden by the style sheet: it would hand out sample
rows without their mark and text that a spreadsheet could run as a formula. Our
file goes through :mod:`layers.export`, which marks, escapes and reads back.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal

import pandas as pd
import streamlit as st

from layers.export import export_table
from layers.i18n import UNKNOWN
from layers.marks import is_sample
from views import card
from views.text import _
from views.text import esc
from views.text import lang

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    from layers.catalogue import LayerSpec
    from layers.errors import Text

_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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
) -> None:
    """Offer a table as an Excel file, made when the button is pressed.

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
    """
    language = lang()

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
                remarks=remarks,
            )
            return path.read_bytes()

    st.download_button(
        _("Save this table (Excel)"),
        data=content,
        file_name=f"{name}.xlsx",
        mime=_EXCEL,
        on_click="ignore",
        key=f"save:{name}",
    )
