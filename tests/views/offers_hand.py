"""The files that a page offers, by the links that it shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

_LINK = re.compile(r'class="atlas-download" href="/exports/([0-9A-Za-z_-]+)/([^"]+)"')


def offered(at: AppTest) -> dict[str, str]:
    """Return the tokens of the files that a page offers, by name."""
    shown = "\n".join(element.proto.body for element in at.get("html"))
    return {unquote(name): token for token, name in _LINK.findall(shown)}
