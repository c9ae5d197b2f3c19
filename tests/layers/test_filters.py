from __future__ import annotations

import base64
import datetime as dt
import json
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.catalogue import Choice
from layers.catalogue import FieldSpec
from layers.catalogue import LayerSpec
from layers.errors import AtlasError
from layers.errors import Text
from layers.errors import UsageError
from layers.filters import LONGEST_TEXT
from layers.filters import MOST_VALUES
from layers.filters import Filter
from layers.filters import FilterSet
from layers.filters import filterable_fields
from layers.frames import to_type
from layers.i18n import LANGUAGES
from layers.values import clean_text

if TYPE_CHECKING:
    from layers.catalogue import FieldType
    from layers.i18n import Lang

BELTS = (
    Choice("未来谷", Text("未来谷", "Future Valley")),
    Choice("杨数浦", Text("杨数浦", "Yangshupu")),
)
SEVEN = dt.date(2026, 3, 7)


def _field(name: str, zh: str, kind: FieldType, **more: Any) -> FieldSpec:
    return FieldSpec(name, kind, Text(zh, name.title()), **more)


FIELDS = (
    _field("id", "编码", "text", unique=True),
    _field("name", "名称", "text"),
    _field("belt", "所属带", "text", choices=BELTS),
    _field("height", "高度", "number", unit="m"),
    _field("built", "年份", "integer"),
    _field("firms", "企业数", "integer", unit="家"),
    _field("listed", "保护", "boolean"),
    _field("seen", "日期", "date"),
    _field("since", "空置起始", "month"),
    _field("tax", "税收", "number", sensitivity="internal"),
)
TITLE = Text("楼栋", "Buildings")
SPEC = LayerSpec(
    "buildings",
    TITLE,
    TITLE,
    (),
    "all",
    1,
    "",
    "id",
    "name",
    visible=True,
    sensitivity="public",
    fields=FIELDS,
)
ROWS: dict[str, list[Any]] = {
    "id": ["a", "b", "c", "d", "e", "f"],
    "name": ["Straße 1", "杨浦 A.B*", "NEW tower", None, "", "new [x]"],
    "belt": ["未来谷", "杨数浦", None, "未来谷", "杨数浦", None],
    "height": [0.0, 10.0, None, 25.5, -3.0, float("inf")],
    "built": [1990, 2000, None, 2010, 2020, 2024],
    "firms": [1, None, 0, 3, None, 1200],
    "listed": [True, False, None, True, None, False],
    "seen": ["2026-03-07", "2020-01-01", None, "2026-03-08", "1900-01-01", "2500-12-31"],
    "since": ["2026-03", "2025-12", None, "2026-04", "2020-01", "2026-02"],
    "tax": [1.0, 2.0, 3.0, 4.0, 5.0, None],
}
FRAME = pd.DataFrame(
    {f.name: to_type(pd.Series(ROWS[f.name], dtype=object), f.type) for f in FIELDS}
)
FRAME.index = pd.Index([10, 10, 3, 4, 5, 6])  # an index is not a position


def _set(*filters: Filter) -> FilterSet:
    return FilterSet("buildings", filters)


def _passing(*filters: Filter, frame: pd.DataFrame = FRAME) -> str:
    mask = _set(*filters).mask(frame, SPEC)
    assert mask.dtype == bool
    assert mask.shape == (len(frame),)
    return "".join(frame["id"].to_numpy()[mask])


# --- Which rows pass ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "passing"),
    [
        (Filter("belt", ("未来谷",)), "ad"),
        (Filter("belt", ("未来谷", "杨数浦")), "abde"),
        (Filter("belt", ("",)), "cf"),
        (Filter("belt", ("杨数浦", "")), "bcef"),
        (Filter("listed", ("true",)), "ad"),
        (Filter("listed", ("false",)), "bf"),
        (Filter("listed", ("true", "")), "acde"),
        (Filter("name", ("NEW tower", "nowhere")), "c"),
        (Filter("height", low=0), "abd"),
        (Filter("height", high=0), "ae"),
        (Filter("height", low=0, high=10), "ab"),
        (Filter("height", low=10, high=10), "b"),
        (Filter("height", low=0, keep_unknown=True), "abcdf"),
        (Filter("built", low=2000, high=2019), "bd"),
        (Filter("firms", high=3), "acd"),
        (Filter("seen", low=SEVEN), "adf"),
        (Filter("seen", high=SEVEN), "abe"),
        (Filter("seen", low=SEVEN, high=SEVEN), "a"),
        (Filter("seen", low=dt.date(2400, 1, 1)), "f"),
        (Filter("seen", high=SEVEN, keep_unknown=True), "abce"),
        (Filter("since", low=dt.date(2026, 3, 31)), "ad"),
        (Filter("since", high=dt.date(2025, 12, 1)), "be"),
        (Filter("name", text="new"), "cf"),
        (Filter("name", text="NEW"), "cf"),
        (Filter("name", text="STRASSE"), "a"),
        (Filter("name", text="."), "b"),
        (Filter("name", text="[x]"), "f"),
        (Filter("name", text="*"), "b"),
        (Filter("name", text="new", keep_unknown=True), "cdf"),
    ],
    ids=str,
)
def test_which_rows_pass(wish: Filter, passing: str) -> None:
    assert _passing(wish) == passing


def test_no_filter_lets_every_row_pass_and_several_must_all_be_passed() -> None:
    assert _passing() == "abcdef"
    assert _passing(Filter("belt", ("未来谷",)), Filter("height", low=5)) == "d"
    assert (
        _passing(Filter("name", text="new"), Filter("belt", ("",)), Filter("built", low=1)) == "f"
    )
    assert _passing(Filter("name", text="new"), Filter("name", text="x")) == "f"


def test_a_layer_without_rows_and_a_field_without_values_can_be_filtered() -> None:
    assert _passing(Filter("height", low=0), frame=FRAME.iloc[:0]) == ""
    unknown = FRAME.assign(height=float("nan"), name=pd.Series([None] * 6, dtype="str").array)
    assert _passing(Filter("height", low=0), frame=unknown) == ""
    assert _passing(Filter("name", text="a"), frame=unknown) == ""
    assert _passing(Filter("name", text="a", keep_unknown=True), frame=unknown) == "abcdef"


def test_a_column_that_is_not_there_is_unknown() -> None:
    older = FRAME.drop(columns=["height", "belt"])
    assert _passing(Filter("height", low=0), frame=older) == ""
    assert _passing(Filter("height", low=0, keep_unknown=True), frame=older) == "abcdef"
    assert _passing(Filter("belt", ("未来谷",)), frame=older) == ""
    assert _passing(Filter("belt", ("未来谷", "")), frame=older) == "abcdef"
    assert _set(Filter("height", low=0)).left_out_unknown(older, SPEC) == 6


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ((), 0),
        ((Filter("height", low=0),), 2),  # one unknown, one infinite
        ((Filter("height", low=0, keep_unknown=True),), 0),
        ((Filter("belt", ("未来谷",)),), 0),  # unknown was not among the chosen values
        ((Filter("height", low=0), Filter("belt", ("杨数浦", ""))), 2),
        ((Filter("height", low=0), Filter("built", high=2015)), 1),  # one is known to be newer
        ((Filter("name", text="new"), Filter("firms", low=1)), 1),  # d; c fails by its 0
        ((Filter("seen", low=SEVEN),), 1),
    ],
)
def test_rows_left_out_only_for_an_unknown_value_are_counted(
    filters: tuple[Filter, ...], count: int
) -> None:
    assert _set(*filters).left_out_unknown(FRAME, SPEC) == count


CELLS = st.none() | st.sampled_from([0.0, 1.0, 2.0, 3.0, float("inf")])


@settings(deadline=None)
@given(
    st.lists(CELLS, max_size=20),
    st.none() | st.sampled_from([0.0, 1.0, 2.5]),
    st.none() | st.sampled_from([2.5, 3.0]),
    st.booleans(),
)
def test_a_range_agrees_with_asking_every_cell(
    cells: list[float | None], low: float | None, high: float | None, keep: bool
) -> None:
    if low is None and high is None:
        return
    frame = pd.DataFrame({"height": pd.Series(cells, dtype="float64")})
    wish = Filter("height", low=low, high=high, keep_unknown=keep)
    expected = [
        keep
        if cell is None or cell == float("inf")
        else (low is None or cell >= low) and (high is None or cell <= high)
        for cell in cells
    ]
    assert _set(wish).mask(frame, SPEC).tolist() == expected


# --- Wishes that are none -----------------------------------------------------------


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"values": ("a",), "text": "a"},
        {"values": ("a",), "low": 1.0},
        {"text": "a", "high": 1.0},
        {"values": ("a",), "keep_unknown": True},
        {"low": 2.0, "high": 1.0},
        {"low": float("nan")},
        {"high": float("inf")},
        {"low": SEVEN, "high": 5.0},
        {"low": 5.0, "high": SEVEN},
        {"low": SEVEN, "high": dt.date(2026, 3, 6)},
        {"low": dt.datetime(2026, 3, 7, 12, tzinfo=dt.UTC)},
        {"text": "a\x00"},
        {"values": ("\ud800",)},
    ],
    ids=str,
)
def test_a_wish_that_contradicts_itself_is_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Filter("name", **wish)


@pytest.mark.parametrize(
    "wish",
    [
        Filter("nothing", ("a",)),
        Filter("height", ("1",)),
        Filter("height", text="1"),
        Filter("height", low=SEVEN),
        Filter("seen", low=1.0),
        Filter("since", high=1.0),
        Filter("name", low=1.0),
        Filter("belt", ("别处",)),
        Filter("belt", text="谷"),
        Filter("listed", ("yes",)),
        Filter("listed", text="true"),
        Filter("seen", text="2026"),
    ],
    ids=str,
)
def test_a_filter_that_does_not_suit_its_field_is_refused(wish: Filter) -> None:
    with pytest.raises(UsageError, match="楼栋"):
        _set(wish).mask(FRAME, SPEC)
    with pytest.raises(UsageError):
        _set(wish).describe(SPEC, "zh")


def test_filters_of_another_layer_are_refused() -> None:
    with pytest.raises(UsageError):
        FilterSet("parks", (Filter("height", low=1),)).mask(FRAME, SPEC)


# --- The text of an address ---------------------------------------------------------

CLEAN = st.text(max_size=8).filter(lambda text: clean_text(text) == text)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
DAYS = st.dates()


def _range(field: str, low: Any, high: Any, keep: bool) -> Filter:
    ordered = sorted(v for v in (low, high) if v is not None)
    return Filter(field, low=ordered[0], high=ordered[-1] if low else None, keep_unknown=keep)


FILTERS = st.one_of(
    st.builds(Filter, st.just("name"), st.lists(CLEAN, min_size=1, max_size=4).map(tuple)),
    st.builds(
        Filter, st.just("belt"), st.sampled_from([("未来谷",), ("", "杨数浦"), ("未来谷", "")])
    ),
    st.builds(Filter, st.just("listed"), st.sampled_from([("true",), ("false", "")])),
    st.builds(_range, st.sampled_from(["height", "built"]), FLOATS, FLOATS, st.booleans()),
    st.builds(_range, st.sampled_from(["seen", "since"]), DAYS, DAYS, st.booleans()),
    st.builds(
        lambda text, keep: Filter("name", text=text, keep_unknown=keep),
        CLEAN.filter(bool),
        st.booleans(),
    ),
)


@settings(deadline=None)
@given(st.lists(FILTERS, max_size=4).map(tuple))
def test_filters_survive_an_address_and_can_be_said(filters: tuple[Filter, ...]) -> None:
    wished = _set(*filters)
    text = wished.to_text()
    assert FilterSet.from_text(text, SPEC) == wished
    assert len(text) <= LONGEST_TEXT
    assert all(c.isascii() and (c.isalnum() or c in "-_") for c in text)  # not to be escaped
    for lang in LANGUAGES:
        said = wished.describe(SPEC, lang)
        assert "\n" not in said
        assert bool(said) is bool(filters)


def _address(content: object) -> str:
    plain = content if isinstance(content, str) else json.dumps(content, separators=(",", ":"))
    return base64.urlsafe_b64encode(plain.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def test_a_hand_made_address_is_read() -> None:
    text = _address([["height", "r", 10, 20.5, 1], ["listed", "v", "true", ""]])
    assert FilterSet.from_text(text, SPEC) == _set(
        Filter("height", low=10, high=20.5, keep_unknown=True), Filter("listed", ("true", ""))
    )


WRONG = (
    "!",
    "height=5",
    "<script>alert(1)</script>",
    "W10",  # an empty list
    "A" * (LONGEST_TEXT + 1),
    "é",
    "W1sia",
    _address({"height": 5}),
    _address("[" * 1_400),
    _address("null"),
    _address([[]]),
    _address([["height"]]),
    _address([["height", "r"]]),
    _address([["height", "r", None, None]]),
    _address([["height", "r", 10, 5]]),
    _address([["height", "r", "10", None]]),
    _address([["height", "r", True, None]]),
    _address([["height", "r", 10.0, None]]),  # we write 10
    _address([["height", "r", 10, None, 0]]),
    _address([["height", "r", 10, None, True]]),
    _address([["height", "r", 10, None, 1, 1]]),
    _address([["height", "r", [1], None]]),
    _address('[["height","r",NaN,null]]'),
    _address('[["height","r",1e999,null]]'),
    _address(f'[["height","r",{"9" * 1_000},null]]'),
    _address('[["height","r",5,null]] '),
    _address('[["height","r",5,null]]garbage'),
    _address([["seen", "r", "2026-13-01", None]]),
    _address([["seen", "r", "20260307", None]]),
    _address([["seen", "r", "2026-W10-6", None]]),
    _address([["name", "v"]]),
    _address([["name", "v", 5]]),
    _address([["name", "t", ""]]),
    _address([["name", "t", "a", "b"]]),
    _address('[["name","t","\\u0061"]]'),
    _address('[["name","t","\ud800"]]'),
    _address([["name", "x", "a"]]),
    _address([["__class__", "v", "a"]]),
    _address([["belt", "v", "别处"]]),
)


@pytest.mark.parametrize("text", WRONG, ids=lambda t: t[:30])
def test_a_strange_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        FilterSet.from_text(text, SPEC)
    assert "script" not in caught.value.text.en


@settings(deadline=None)
@given(
    st.text(max_size=60)
    | st.binary(max_size=60).map(lambda b: base64.urlsafe_b64encode(b).decode().rstrip("="))
    | st.recursive(
        st.none()
        | st.booleans()
        | st.floats()
        | st.integers()
        | st.text(max_size=5)
        | st.sampled_from(["name", "height", "v", "r", "t", "seen", "2026-01-01"]),
        lambda inner: st.lists(inner, max_size=5),
    ).map(_address)
)
def test_any_address_is_read_or_refused(text: str) -> None:
    try:
        found = FilterSet.from_text(text, SPEC)
    except AtlasError:
        return
    assert found.to_text() == text


def test_an_address_that_would_be_too_long_is_refused() -> None:
    wished = _set(Filter("name", tuple(f"很长的楼栋名称{n}" for n in range(100))))
    with pytest.raises(UsageError, match="fewer values"):
        wished.to_text()


def test_a_public_page_refuses_a_filter_on_an_internal_field() -> None:
    text = _set(Filter("tax", low=3)).to_text()
    assert FilterSet.from_text(text, SPEC).filters[0].field == "tax"
    with pytest.raises(UsageError):
        FilterSet.from_text(text, SPEC, internal=False)


# --- What people read ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "lang", "sentence"),
    [
        ((), "zh", ""),
        ((Filter("belt", ("未来谷", "")),), "zh", "筛选：所属带为未来谷、未知"),
        ((Filter("belt", ("未来谷", "")),), "en", "Filter: Belt is Future Valley or unknown"),
        (
            (Filter("height", low=10, high=20.5), Filter("listed", ("true",))),
            "zh",
            "筛选：高度 10 m 至 20.5 m；保护为是",
        ),
        (
            (Filter("height", low=10, high=20.5), Filter("listed", ("false",))),
            "en",
            "Filter: Height 10 m to 20.5 m; Listed is no",
        ),
        ((Filter("built", low=1990),), "zh", "筛选：年份 ≥ 1990"),
        ((Filter("built", low=1990.5),), "zh", "筛选：年份 ≥ 1990.5"),
        ((Filter("height", low=1e28),), "zh", "筛选：高度 ≥ 1e+28 m"),
        ((Filter("firms", high=1200),), "zh", "筛选：企业数 ≤ 1,200 家"),
        ((Filter("firms", low=5, high=5),), "en", "Filter: Firms = 5 firms"),
        ((Filter("height", low=0.125),), "en", "Filter: Height ≥ 0.125 m"),
        ((Filter("seen", low=SEVEN),), "zh", "筛选：日期 ≥ 2026年3月7日"),
        ((Filter("since", high=SEVEN),), "en", "Filter: Since ≤ 2026-03"),
        (
            (Filter("height", low=1, keep_unknown=True),),
            "zh",
            "筛选：高度 ≥ 1 m（含未知）",
        ),
        (
            (Filter("name", text="a\n <b>", keep_unknown=True),),
            "en",
            "Filter: Name contains “a <b>” (with unknown)",
        ),
    ],
)
def test_filters_are_said_in_one_line(
    filters: tuple[Filter, ...], lang: Lang, sentence: str
) -> None:
    assert _set(*filters).describe(SPEC, lang).replace("\u202f", " ") == sentence


# --- By which fields ----------------------------------------------------------------


def test_every_field_with_a_known_value_can_be_filtered_in_its_way() -> None:
    assert filterable_fields(SPEC, FRAME, audience_internal=True) == {
        "id": "values",
        "name": "values",
        "belt": "values",
        "height": "range",
        "built": "range",
        "firms": "range",
        "listed": "values",
        "seen": "range",
        "since": "range",
        "tax": "range",
    }


def test_a_public_page_offers_no_internal_field() -> None:
    assert "tax" not in filterable_fields(SPEC, FRAME, audience_internal=False)


def test_unknown_and_missing_columns_are_not_offered() -> None:
    frame = FRAME.drop(columns="seen").assign(height=float("nan"))
    assert not {"seen", "height"} & set(filterable_fields(SPEC, frame, audience_internal=True))
    assert filterable_fields(SPEC, FRAME.iloc[:0], audience_internal=True) == {}


@pytest.mark.parametrize("repeats", [0, 2_000])
def test_a_text_with_many_values_is_searched(repeats: int) -> None:
    values = ["v0"] * repeats + [f"v{n}" for n in range(MOST_VALUES + 1)]
    frame = pd.DataFrame({"name": pd.Series(values, dtype="str")})
    assert filterable_fields(SPEC, frame, audience_internal=True) == {"name": "text"}
    fewer = frame.iloc[:-1]
    assert filterable_fields(SPEC, fewer, audience_internal=True) == {"name": "values"}
