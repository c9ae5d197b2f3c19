"""What hostile text could have done to a page, looked for in all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from playwright.sync_api import Error

from tests.e2e.hand import idle
from tests.hostile_hand import ELSEWHERE

if TYPE_CHECKING:
    from playwright.sync_api import Frame
    from playwright.sync_api import Page

MOST_OPENED = 12
_LOOKS, _BETWEEN_MS = 10, 500
FOUND = """(host) => {
    // A document that is just being loaded; the new one is looked at in the next check.
    if (!document.body) { return []; }
    const said = [];
    const look = (what, there) => { if (there) { said.push(what); } };
    look('ran', window.__ran !== undefined);
    for (const name of ['img[src=x]', 'svg[onload]', '[onmouseover]', '[onerror]', 'i[onclick]',
                        '.katex', `img[src*="${host}"]`, `a[href*="${host}"]`,
                        'a[href^="javascript:"]']) {
        const there = document.querySelector(name);
        look(there && there.parentElement.outerHTML.slice(0, 400), there);
    }
    const icons = [...document.querySelectorAll('[data-testid=stIconMaterial]')];
    look('icon', icons.some(icon => icon.textContent.includes('skull')));
    look('hidden', getComputedStyle(document.body).display === 'none');
    look('direction', getComputedStyle(document.body).direction !== 'ltr');
    look('wide', document.documentElement.scrollWidth > document.documentElement.clientWidth + 1);
    return said;
}"""


def check(page: Page) -> None:
    """Fail on anything that hostile text did to the page or to a frame of it."""
    broken = page.locator("[data-testid=stException]").all_inner_texts()
    assert not broken, broken
    said = {}
    for _look in range(_LOOKS):
        said = {frame.name: found for frame in page.frames if (found := _said(frame))}
        if not said:
            return
        # Widths are wrong for a moment while a page is laid out; what was done to it stays.
        page.wait_for_timeout(_BETWEEN_MS)
    raise AssertionError(said)


def _said(frame: Frame) -> list[Any]:
    try:
        found: list[Any] = frame.evaluate(FOUND, ELSEWHERE)
    except Error as error:
        # A map that was replaced meanwhile; the new one is looked at in the next check.
        if "detached" not in error.message and "destroyed" not in error.message:
            raise
        return []
    return found


def open_everything(page: Page) -> None:
    """Open tabs and folded parts, and the lists of choices one after the other."""
    for places in (page.get_by_role("tab"), page.get_by_role("radio")):
        for number in range(min(places.count(), MOST_OPENED)):
            one = places.nth(number)
            if number < places.count() and one.is_visible() and one.is_enabled():
                # Straight to the element: a label lies over the circle of a choice.
                one.dispatch_event("click")
                idle(page)
                check(page)
    for number in range(min(page.locator("details:not([open]) summary").count(), MOST_OPENED)):
        parts = page.locator("details summary")
        if number < parts.count():
            # One that was counted while the page was built anew may be gone by now.
            parts.nth(number).click()
    idle(page)
    check(page)
    for number in range(min(page.get_by_role("combobox").count(), MOST_OPENED)):
        one = page.get_by_role("combobox").nth(number)
        if one.is_visible() and one.is_enabled():
            one.click()
            check(page)
            page.keyboard.press("Escape")
    check(page)
