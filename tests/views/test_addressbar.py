"""Messages that are on their way while the page writes another address."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from views import addressbar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Advance = Callable[[float], None]
SLOW_S = 60
LONG_AFTER_S = 30.0


@pytest.fixture
def advance(monkeypatch: pytest.MonkeyPatch) -> Advance:
    """Stop the clock of the address bar, and give what moves it on."""
    now = [100.0]
    monkeypatch.setattr(addressbar, "monotonic", lambda: now[0])

    def move(seconds: float) -> None:
        now[0] += seconds

    return move


def _page() -> None:
    import streamlit as st

    from views.addressbar import AddressBar

    bar = AddressBar("page", ("a", "b", "c"))
    opened = bar.opened()
    if opened is not None:
        st.session_state["values"] = opened
    # A click, as the message of the browser brings it.
    st.session_state["values"] = st.session_state["values"] | st.session_state.pop("clicked", {})
    if st.session_state["values"].get("c"):
        bar.ignore("c=" + st.session_state["values"]["c"])
    bar.write(st.session_state["values"])
    bar.tell("left out: {parts}")


def _click(at: AppTest, carried: dict[str, str] | None = None, **parts: str) -> None:
    """Run the page for a click whose message carries an address, by default the present one."""
    at.session_state["clicked"] = parts
    if carried is not None:
        _carry(at, carried)
    at.run()
    assert not at.exception


def _carry(at: AppTest, address: dict[str, str]) -> None:
    at.query_params.clear()
    at.query_params.update(address)


def _values(at: AppTest) -> dict[str, str]:
    found: dict[str, str] = at.session_state["values"]
    return found


def _address(at: AppTest) -> dict[str, Any]:
    found = dict(at.query_params)
    return {name: one if isinstance(one, str) else one[0] for name, one in found.items()}


@pytest.fixture
def at(advance: Advance) -> AppTest:
    app = AppTest.from_function(_page, default_timeout=SLOW_S)
    app.query_params["a"] = "1"
    app.run()
    advance(LONG_AFTER_S)
    return app


def test_an_address_that_somebody_else_wrote_is_followed(at: AppTest) -> None:
    assert _values(at) == {"a": "1"}
    _carry(at, {"a": "5", "b": "6"})
    at.run()
    assert _values(at) == {"a": "5", "b": "6"}


def test_the_second_of_two_quick_clicks_does_not_take_the_first_back(at: AppTest) -> None:
    before = {"a": "1"}
    _click(at, a="2")
    _click(at, before, b="7")
    assert _values(at) == _address(at) == {"a": "2", "b": "7"}


def test_nor_does_a_third_that_carries_the_address_before_both(
    at: AppTest, advance: Advance
) -> None:
    before = {"a": "1"}
    _click(at, a="2")
    advance(0.3)
    _click(at, before, b="7")
    advance(0.3)
    _click(at, {"a": "2"}, a="3")
    _click(at, before, b="8")
    assert _values(at) == _address(at) == {"a": "3", "b": "8"}


def test_going_back_to_an_address_of_before_is_followed(at: AppTest, advance: Advance) -> None:
    _click(at, a="2")
    advance(LONG_AFTER_S)
    _carry(at, {"a": "1"})
    at.run()
    assert _values(at) == _address(at) == {"a": "1"}
    # What it was before going back is on its way as well as anything.
    _click(at, {"a": "2"}, b="7")
    assert _values(at) == {"a": "1", "b": "7"}


def test_an_address_without_parts_is_the_way_from_another_page(at: AppTest) -> None:
    _click(at, {}, b="7")
    assert _values(at) == _address(at) == {"a": "1", "b": "7"}


def test_what_is_not_understood_is_told_escaped_and_once(at: AppTest) -> None:
    _click(at, c="<b>*")
    assert [one.value for one in at.warning] == [r"left out: c\=\<b\>\*"]
    at.session_state["values"] = {"a": "1"}
    at.run()
    assert not at.warning


def _map() -> None:
    from views import overview
    from views import store

    store.begin_run()
    overview.render()


def test_a_feature_clicked_while_a_panel_closes_stays_selected(
    monkeypatch: pytest.MonkeyPatch, bundled: Path, advance: Advance
) -> None:
    monkeypatch.setenv("ATLAS_WORKSPACE", str(bundled))
    at = AppTest.from_function(_map, default_timeout=SLOW_S)
    at.query_params["on"] = "district,parks"
    at.run()
    advance(LONG_AFTER_S)
    before = _address(at)
    at.session_state["selected"] = "parks:B01"
    at.run()
    assert _address(at) == before | {"sel": "parks:B01"}
    _carry(at, before)
    at.run()
    assert not at.exception
    assert at.session_state["selected"] == "parks:B01"
    assert _address(at) == before | {"sel": "parks:B01"}
    advance(LONG_AFTER_S)
    _carry(at, before)
    at.run()
    assert not at.session_state["selected"]
