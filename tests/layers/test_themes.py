from __future__ import annotations

import json
from dataclasses import asdict
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.breaks import SCHEMES
from layers.catalogue import Choice
from layers.catalogue import FieldSpec
from layers.catalogue import LayerSpec
from layers.errors import AtlasError
from layers.errors import Text
from layers.errors import UsageError
from layers.frames import to_type
from layers.ramps import DIVERGING
from layers.ramps import MOST_CATEGORIES
from layers.ramps import RAMPS
from layers.ramps import UNKNOWN_COLOUR
from layers.ramps import sequential
from layers.style import LayerStyle
from layers.style import Symbol
from layers.style import layer_style
from layers.themes import LONGEST_CATEGORY
from layers.themes import UNKNOWN_TITLE
from layers.themes import Theme
from layers.themes import catalogue_theme
from layers.themes import resolve
from layers.themes import themeable_fields

if TYPE_CHECKING:
    from pathlib import Path

    from layers.catalogue import FieldType
    from layers.catalogue import GeometryKind

USES = tuple(Choice(v, Text(v, v.title())) for v in ("office", "retail", "other"))
CHANGE = "change_m2"


def _field(name: str, kind: FieldType, **more: Any) -> FieldSpec:
    return FieldSpec(name, kind, Text(f"字段{name}", f"field {name}"), **more)


def _spec(geometry: GeometryKind = "polygon", **style: Any) -> LayerSpec:
    fields = (
        _field("id", "text", unique=True),
        _field("name", "text"),
        _field("park_id", "text", references=("parks", "park_id")),
        _field("height_m", "number", unit="m"),
        _field("built", "integer"),
        _field(CHANGE, "number"),
        _field("use", "text", choices=USES),
        _field("listed", "boolean"),
        _field("owner", "text"),
        _field("note", "text"),
        _field("seen", "date"),
        _field("secret", "number", sensitivity="internal"),
    )
    title = Text("建筑", "Buildings")
    return LayerSpec(
        "buildings",
        title,
        title,
        (geometry,),
        "all",
        1,
        "",
        "id",
        "name",
        visible=True,
        sensitivity="public",
        fields=fields,
        style=style,
    )


def _frame(rows: int = 10) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {
        "id": [f"B{n}" for n in range(rows)],
        "name": [f"楼{n % 3}" for n in range(rows)],
        "park_id": ["P1", "P2"] * (rows // 2),
        "height_m": [None, *(3.5 * n for n in range(1, rows))],
        "built": [None, *(1990 + n for n in range(1, rows))],
        CHANGE: [None, *(100.0 * n - 450 for n in range(1, rows))],
        "use": [None, *(["office", "other"] * rows)[: rows - 1]],
        "listed": [None, *([True, False] * rows)[: rows - 1]],
        "owner": [None, *(["<b>甲</b>", "乙", "丙"] * rows)[: rows - 1]],
        "note": ["很长的说明文字" * 5] * rows,
        "seen": ["2026-01-01"] * rows,
        "secret": [float(n) for n in range(rows)],
    }
    kinds = {field.name: field.type for field in _spec().fields}
    return pd.DataFrame(
        {name: to_type(pd.Series(v, dtype=object), kinds[name]) for name, v in columns.items()}
    )


BASE = LayerStyle("", Symbol(size=8, dash="2 3"), (), False, "name", 15)  # noqa: FBT003


def _graduated(field: str, scheme: str = "quantiles", k: int = 3, ramp: str = "blues") -> Theme:
    return Theme("buildings", field, "graduated", scheme, k, ramp)


def _resolved(
    theme: Theme, frame: pd.DataFrame | None = None, spec: LayerSpec | None = None
) -> LayerStyle:
    return resolve(theme, spec or _spec(), _frame() if frame is None else frame, BASE)


# --- Which fields -------------------------------------------------------------------


def test_numbers_choices_booleans_and_short_texts_carry_themes_and_ids_do_not() -> None:
    assert themeable_fields(_spec(), _frame()) == {
        "height_m": "graduated",
        "built": "graduated",
        CHANGE: "graduated",
        "use": "categorical",
        "listed": "categorical",
        "owner": "categorical",
        "secret": "graduated",
    }


def test_internal_fields_are_no_themes_of_a_public_page() -> None:
    assert "secret" not in themeable_fields(_spec(), _frame(), internal=False)
    hidden = replace(_spec(), sensitivity="internal")
    assert themeable_fields(hidden, _frame(), internal=False) == {}


@pytest.mark.parametrize(
    ("field", "values", "carries"),
    [
        ("height_m", [1.0, 2.0, None], True),
        ("height_m", [1.0, 1.0, None], False),
        ("height_m", [1.0, np.inf, None], False),
        ("height_m", [None, None, None], False),
        ("built", [1, 2, None], True),
        ("use", ["office", "office", None], True),
        ("use", [None, None, None], False),
        ("listed", [True, True, True], False),
        ("owner", ["a", "b", "c"], True),
        ("owner", ["a", "a", "a"], False),
        ("owner", ["a", "b" * (LONGEST_CATEGORY + 1), "c"], False),
    ],
)
def test_a_field_needs_values_to_tell_apart(field: str, values: list[Any], carries: bool) -> None:
    kind = _spec().field(field).type
    frame = pd.DataFrame({field: to_type(pd.Series(values, dtype=object), kind)})
    assert (field in themeable_fields(_spec(), frame)) is carries


@pytest.mark.parametrize("late", [False, True])
def test_a_text_with_too_many_values_is_no_category(late: bool) -> None:
    many = [f"v{n}" for n in range(MOST_CATEGORIES + 1)]
    values = ["v0"] * 2_000 + many if late else many
    frame = pd.DataFrame({"owner": pd.Series(values, dtype="str")})
    assert themeable_fields(_spec(), frame) == {}
    assert themeable_fields(_spec(), frame.iloc[:-1]) == {"owner": "categorical"}


def test_a_layer_without_rows_has_no_themes() -> None:
    assert themeable_fields(_spec(), _frame().iloc[:0]) == {}


# --- The text of an address ---------------------------------------------------------

THEMES = st.one_of(
    st.just(Theme("buildings")),
    st.builds(
        Theme,
        st.just("buildings"),
        st.sampled_from(["use", "listed", "owner"]),
        st.just("categorical"),
    ),
    st.builds(
        _graduated,
        st.sampled_from(["height_m", "built", CHANGE]),
        st.sampled_from(list(SCHEMES)),
        st.integers(3, 7),
        st.sampled_from(list(RAMPS)),
    ),
)


@settings(deadline=None)
@given(THEMES)
def test_a_theme_survives_an_address_and_json(theme: Theme) -> None:
    text = theme.to_text()
    assert Theme.from_text(text, _spec()) == theme
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789_~")  # nothing to be escaped
    assert Theme(**json.loads(json.dumps(asdict(theme)))) == theme


def test_the_text_is_stable() -> None:
    assert _graduated("height_m", "quantiles", 5).to_text() == "height_m~quantiles~5~blues"
    assert Theme("buildings", "use", "categorical").to_text() == "use~categorical"
    assert Theme("buildings").to_text() == "style"


WRONG = (
    "",
    "~",
    "height_m",
    "height_m~quantiles~5",
    "height_m~quantiles~5~blues~",
    "height_m~quantiles~8~blues",
    "height_m~quantiles~2~blues",
    "height_m~quantiles~５~blues",
    "height_m~quantiles~05~blues",
    "height_m~quantiles~5~rainbow",
    "height_m~rainbow~5~blues",
    "height_m~QUANTILES~5~blues",
    " height_m~quantiles~5~blues",
    "nothing~quantiles~5~blues",
    "use~quantiles~5~blues",
    "id~categorical",
    "name~categorical",
    "park_id~categorical",
    "height_m~categorical",
    "seen~categorical",
    "use~categorical~5",
    "<img src=x onerror=alert(1)>~categorical",
    "__class__~categorical",
    "use~categorical\x00",
    "a~" * 100_000,
)


@pytest.mark.parametrize("text", WRONG, ids=lambda t: ascii(t[:40]))
def test_a_strange_text_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Theme.from_text(text, _spec())
    assert "<img" not in caught.value.text.zh + caught.value.text.en
    assert len(caught.value.text.en) < 400


@settings(deadline=None)
@given(st.text(max_size=60) | st.lists(st.text(max_size=8), max_size=5).map("~".join))
def test_any_text_is_a_theme_or_refused(text: str) -> None:
    try:
        theme = Theme.from_text(text, _spec())
    except AtlasError:
        return
    assert theme.to_text() == text


def test_a_public_page_refuses_the_address_of_an_internal_field() -> None:
    text = "secret~quantiles~5~blues"
    assert Theme.from_text(text, _spec()).field == "secret"
    with pytest.raises(UsageError):
        Theme.from_text(text, _spec(), internal=False)


# --- Graduated ----------------------------------------------------------------------


def test_classes_take_the_ramp_from_light_to_dark_and_keep_labels_and_size() -> None:
    style = _resolved(_graduated("height_m", "equal_interval", 3))
    assert [c.symbol.fill for c in style.classes] == list(sequential("blues", 3))
    # 3.5 to 31.5 in three equal parts of 9.33, kept to a tenth.
    assert style.breaks == (3.5, 12.8, 22.2, 31.5)
    assert [c.title.en for c in style.classes] == [
        "3.5 – 12.8",
        "> 12.8 – 22.2",
        "> 22.2 – 31.5",
    ]
    assert (style.field, style.label_field, style.label_min_zoom) == ("height_m", "name", 15)
    assert {c.symbol.size for c in style.classes} == {8}


def test_unknown_is_a_class_of_its_own_and_never_zero() -> None:
    frame = _frame()
    frame.loc[1, "height_m"] = 0.0
    style = _resolved(_graduated("height_m", "equal_interval"), frame)
    numbers = style.class_of(frame["height_m"]).tolist()
    assert numbers[:2] == [-1, 0]
    assert style.symbol(-1).fill == UNKNOWN_COLOUR
    assert style.rest_title == UNKNOWN_TITLE
    assert style.default.shape not in {c.symbol.shape for c in style.classes}
    assert style.default.hatch not in {c.symbol.hatch for c in style.classes}


def test_an_infinite_value_is_drawn_as_unknown() -> None:
    frame = _frame()
    frame.loc[2, "height_m"] = np.inf
    style = _resolved(_graduated("height_m"), frame)
    assert style.class_of(frame["height_m"]).iloc[2] == -1


def test_a_year_is_labelled_by_whole_years_without_separator() -> None:
    style = _resolved(_graduated("built", "equal_interval", 3))
    assert [c.title.zh for c in style.classes] == ["1991 – 1993", "1994 – 1996", "1997 – 1999"]


def test_a_diverging_ramp_parts_at_zero() -> None:
    style = _resolved(_graduated(CHANGE, "pretty", 5, DIVERGING))
    assert 0.0 in style.breaks
    zero = style.breaks.index(0.0)
    fills = [c.symbol.fill for c in style.classes]
    red = [int(fill[1:3], 16) > int(fill[5:7], 16) for fill in fills]
    assert red == [place >= zero for place in range(len(fills))]


def test_fewer_classes_than_wished_are_said() -> None:
    frame = _frame()
    frame["built"] = pd.Series([1990, 2000] * 5, dtype="Int64")
    style = _resolved(_graduated("built", "fisher_jenks", 6), frame)
    assert [c.title.zh for c in style.classes] == ["1990", "1991 – 2000"]
    assert style.note is not None
    assert "2, not 6" in style.note.en


def test_a_constant_column_is_one_class() -> None:
    frame = _frame().assign(height_m=12.0)
    style = _resolved(_graduated("height_m"), frame)
    assert [c.title.en for c in style.classes] == ["12"]
    assert style.class_of(frame["height_m"]).eq(0).all()


@pytest.mark.parametrize(
    "theme", [_graduated("height_m"), Theme("buildings", "use", "categorical")]
)
@pytest.mark.parametrize("gone", [False, True])
def test_a_column_without_known_values_is_a_clear_error(theme: Theme, gone: bool) -> None:
    frame = _frame()
    kind = _spec().field(theme.field).type
    frame[theme.field] = to_type(pd.Series([None] * len(frame), dtype=object), kind)
    if gone:
        frame = frame.drop(columns=theme.field)
    with pytest.raises(UsageError, match=f"field {theme.field}"):
        _resolved(theme, frame)


NUMBERS = st.none() | st.floats(-1e9, 1e9) | st.sampled_from([np.inf, -np.inf, 0.0, -0.0])


@settings(deadline=None, max_examples=60)
@given(
    st.lists(NUMBERS, min_size=1, max_size=30),
    st.sampled_from(list(SCHEMES)),
    st.integers(3, 7),
    st.sampled_from(list(RAMPS)),
)
def test_every_known_number_has_a_class_and_every_class_a_number(
    values: list[float | None], scheme: str, k: int, ramp: str
) -> None:
    frame = pd.DataFrame({"height_m": pd.Series(values, dtype="float64")})
    finite = np.isfinite(frame["height_m"].to_numpy())
    if not finite.any():
        return
    style = _resolved(_graduated("height_m", scheme, k, ramp), frame)
    numbers = style.class_of(frame["height_m"]).to_numpy()
    assert ((numbers >= 0) == finite).all()
    assert set(numbers[finite].tolist()) == set(range(len(style.classes)))
    fills = [c.symbol.fill for c in style.classes]
    assert len(set(fills)) == len(fills) <= 7


@pytest.mark.parametrize(
    "theme",
    [
        _graduated("height_m", "rainbow"),
        _graduated("height_m", ramp="rainbow"),
        _graduated("height_m", k=8),
        _graduated("use"),
        _graduated("id"),
        replace(_graduated("height_m"), layer="parks"),
        Theme("buildings", "height_m", "categorical"),
    ],
)
def test_a_theme_that_does_not_suit_the_layer_is_refused(theme: Theme) -> None:
    with pytest.raises(UsageError):
        _resolved(theme)


# --- Categorical --------------------------------------------------------------------


def test_choices_have_titles_and_keep_their_marks_when_a_value_is_gone() -> None:
    theme = Theme("buildings", "use", "categorical")
    style = _resolved(theme)
    assert [(c.value, c.title.en) for c in style.classes] == [
        ("office", "Office"),
        ("other", "Other"),
    ]
    frame = _frame()
    later = _resolved(theme, frame[frame["use"].eq("other").fillna(value=False)])
    assert later.classes == style.classes[1:]


def test_booleans_and_texts_are_classes_and_unknown_is_in_none() -> None:
    listed = _resolved(Theme("buildings", "listed", "categorical"))
    assert [c.title.zh for c in listed.classes] == ["是", "否"]
    assert listed.class_of(_frame()["listed"]).tolist() == [-1, 0, 1, 0, 1, 0, 1, 0, 1, 0]
    owner = _resolved(Theme("buildings", "owner", "categorical"))
    assert [c.title.zh for c in owner.classes] == ["<b>甲</b>", "丙", "乙"]
    assert owner.rest_title == UNKNOWN_TITLE


@pytest.mark.parametrize("geometry", ["point", "line", "polygon"])
def test_no_two_categories_differ_by_colour_alone(geometry: GeometryKind) -> None:
    frame = pd.DataFrame({"owner": [f"v{n:02d}" for n in range(MOST_CATEGORIES)]})
    style = _resolved(Theme("buildings", "owner", "categorical"), frame, _spec(geometry))
    symbols = [style.default, *(c.symbol for c in style.classes)]
    looks = {
        "point": [(s.shape, s.size) for s in symbols],
        "line": [(s.dash, s.width) for s in symbols],
        "polygon": [(s.hatch, s.width) for s in symbols],
    }[geometry]
    assert all(a != b for a, b in combinations(looks, 2))
    paint = [s.stroke if geometry == "line" else s.fill for s in symbols]
    assert len(set(paint)) == 9  # eight colours and that of unknown


def test_too_many_categories_are_refused_with_their_number() -> None:
    frame = pd.DataFrame({"owner": [f"v{n}" for n in range(1_000)]})
    with pytest.raises(UsageError, match="1,000"):
        _resolved(Theme("buildings", "owner", "categorical"), frame)


# --- The style of the catalogue -----------------------------------------------------

GRADUATED: dict[str, Any] = {
    "kind": "graduated",
    "field": "height_m",
    "scheme": "equal_interval",
    "k": 3,
    "ramp": "oranges",
    "size": 8,
    "label_field": "name",
}


def test_the_plain_style_stays_as_it_is() -> None:
    assert _resolved(Theme("buildings")) is BASE
    assert catalogue_theme(_spec()) is None


def test_a_graduated_style_of_the_catalogue_is_resolved_from_the_data(tmp_path: Path) -> None:
    spec = _spec(**GRADUATED)
    base = layer_style(spec, tmp_path)
    assert (base.field, base.classes, base.default.size) == ("", (), 8)
    style = resolve(Theme("buildings"), spec, _frame(), base)
    assert style.breaks == (3.5, 12.8, 22.2, 31.5)
    assert style == resolve(
        _graduated("height_m", "equal_interval", 3, "oranges"), spec, _frame(), base
    )


def test_a_graduated_style_without_data_is_one_symbol_and_says_so(tmp_path: Path) -> None:
    spec = _spec(**GRADUATED)
    base = layer_style(spec, tmp_path)
    frame = _frame().assign(height_m=np.nan)
    style = resolve(Theme("buildings"), spec, frame, base)
    assert (style.default, style.classes) == (base.default, ())
    assert style.note is not None
    assert "field height_m" in style.note.en
