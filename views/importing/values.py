"""Within step 4: cells that no list knows, and what they stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from layers.i18n import UNKNOWN
from views import card
from views import store
from views.importing import desk
from views.text import _
from views.text import lang
from views.text import md
from views.text import num
from views.text import pick

if TYPE_CHECKING:
    from layers.catalogue import FieldSpec
    from layers.intake import IntakeResult

_CODES = {"unknown_reference", "not_a_choice"}
_MOST = 200


def ask(work: desk.Work, result: IntakeResult) -> None:
    """Show texts that are no id and no allowed value, and let the planner say what they are."""
    spec = work.spec
    found = pd.DataFrame(
        [(i.field, i.value) for i in result.issues if i.code in _CODES and spec.has_field(i.field)],
        columns=["field", "value"],
    )
    if work.choices.meanings and st.button(
        _("Take back what texts stand for ({n})").format(
            n=num(sum(map(len, work.choices.meanings.values())))
        ),
        key="import_values_back",
    ):
        work.decide(meanings={})
        st.rerun()
    if found.empty:
        return
    counts = found.value_counts().reset_index(name="rows").head(_MOST)
    st.markdown(f"**{_('Texts that no list knows')}**")
    st.caption(_("Say what they stand for, and the rows are accepted."))
    for name in counts["field"].unique():
        _field(work, spec.field(name), counts[counts["field"].eq(name)])


def _field(work: desk.Work, field: FieldSpec, counts: pd.DataFrame) -> None:
    options = {title: value for value, title in _options(field).items()}
    edited = st.data_editor(
        pd.DataFrame(
            {
                _("Text in the file"): counts["value"].to_numpy(),
                _("Rows"): counts["rows"].to_numpy(),
                _("Stands for"): pd.Series([None] * len(counts), dtype="str"),
            }
        ),
        hide_index=True,
        placeholder=UNKNOWN,
        disabled=[_("Text in the file"), _("Rows")],
        column_config={_("Stands for"): st.column_config.SelectboxColumn(options=list(options))},
        key=f"import_values:{desk.round_number()}:{field.name}:{lang()}:{len(counts)}",
    )
    said = {
        str(text): options[str(title)]
        for text, title in zip(edited[_("Text in the file")], edited[_("Stands for")], strict=True)
        if isinstance(title, str) and title
    }
    if said and st.button(
        _("Use this for {field}").format(field=md(pick(field.title))),
        type="primary",
        key=f"import_values_use:{field.name}",
    ):
        known = {**work.choices.meanings.get(field.name, {}), **said}
        work.decide(meanings={**work.choices.meanings, field.name: known})
        st.rerun()


def _options(field: FieldSpec) -> dict[str, str]:
    """Return what a text may stand for: title by value."""
    nothing = {"": _("(unknown, leave empty)")}
    if field.references is None:
        return nothing | {c.value: pick(c.title) for c in field.choices}
    layer, name = field.references
    target = store.catalogue().layer(layer)
    frame = store.tables().get(layer, pd.DataFrame({name: []}))
    return nothing | {
        str(row[name]): f"{card.title(target, row)} ({row[name]})" for _i, row in frame.iterrows()
    }
