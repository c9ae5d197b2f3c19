"""Text made safe for the place where it goes: one piece of code for each place.

Text from data is hostile until it has passed through here. Each place has a grammar
of its own, so text that is safe in one place is not safe in another:

==============  ==============================================================
``html``        content of an element
``attribute``   a quoted attribute that is text (``title``, ``alt``), never an
                address, a style or an event: escaping cannot disarm those
``script``      an expression of a script: a JSON string with its quotes. Nothing
                in it ends a script element or a template literal around it
``markdown``    one line of Markdown that shows the text as it is
``csv``         a cell that no spreadsheet runs as a formula
``document``    a text among ours in a Word document, which has no markup to escape
==============  ==============================================================
"""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING
from typing import Literal

from layers.errors import Text
from layers.errors import UsageError
from layers.values import clean_text
from layers.values import formula_safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping

Place = Literal["html", "attribute", "script", "markdown", "csv", "document"]

# CommonMark lets every ASCII punctuation mark be escaped.
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")

# What Markdown makes a link of, however it is escaped: it looks at the text that is
# shown. A word joiner is not seen and ends the address before it is one.
_ADDRESS = re.compile(r"(?i)(https?:(?=//)|www(?=\.)|(?<=[-.\w+])@(?=[-\w]))")
_JOINER = "\u2060"

# Control characters that no page shows, and halves of surrogate pairs: one of those
# cannot be encoded and would stop the whole page.
# So are marks that turn the direction of what follows: text after them, ours too, would
# read backwards. Letters of a language that is written from the right need none of them.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_REPLACEMENT = "\ufffd"

_IN_SCRIPTS = "<>&_\u2028\u2029"
_IN_TEMPLATES = "`$"
_SURROGATES = re.compile(r"[\ud800-\udfff]")

# What opens an expression, a statement or a comment of Jinja; never the structure of JSON.
_JINJA = re.compile(r"\{(?=[{%#])")


def safe(text: str, place: Place) -> str:
    """Return `text` as it may stand in `place`, whatever it contains.

    Parameters
    ----------
    text
        Any text, from data, a file name or an address.
    place
        Where it goes; see the table of this module.

    Returns
    -------
    str
        For ``html``, ``attribute``, ``document`` and ``markdown`` a reader sees the same text, with
        U+FFFD for control characters, marks that turn the direction of writing, and
        halves of surrogate pairs. Markdown also folds blanks and line breaks to one
        blank, and gets a word joiner, which nobody sees, into addresses. For ``script``,
        reading it as JSON gives exactly `text`. For ``csv`` the text is cleaned and guarded;
        :func:`layers.values.formula_plain` takes the guard off again.

    Raises
    ------
    UsageError
        If there is no such place; text is never returned unescaped.
    """
    escape = _ESCAPES.get(place)
    if escape is None:
        raise UsageError(
            Text(
                f"没有名为“{place}”的输出位置；可用：{', '.join(_ESCAPES)}",
                f"there is no place '{place}' for text; there are: {', '.join(_ESCAPES)}",
            )
        )
    return escape(text)


def script_json(value: object) -> str:
    """Return JSON that may stand inside a script, whatever text it carries.

    ``<`` and the two line separators are escaped, so that no text can close the
    script element; underscores are escaped because streamlit-folium rewrites
    ``_name`` tokens in the scripts it sends. Openings of Jinja tags are escaped,
    because folium renders scripts as templates more than once, and a name would run in
    the server. Half a surrogate pair is escaped too, because it could not be encoded.

    Raises
    ------
    TypeError, ValueError
        If `value` is not plain data, or holds a number that JSON does not have.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = _JINJA.sub(lambda found: _code(found.group()), _coded(text, _IN_SCRIPTS))
    return _SURROGATES.sub(lambda found: _code(found.group()), text)


def _coded(text: str, chars: str) -> str:
    # JSON has none of these outside its strings, and inside them reads the escape back.
    for char in chars:
        text = text.replace(char, _code(char))
    return text


def _code(char: str) -> str:
    return f"\\u{ord(char):04x}"


def _script(text: str) -> str:
    return _coded(script_json(text), _IN_TEMPLATES)


def _html(text: str) -> str:
    return html.escape(_UNSHOWABLE.sub(_REPLACEMENT, text), quote=True)


def _document(text: str) -> str:
    return _UNSHOWABLE.sub(_REPLACEMENT, text)


def _markdown(text: str) -> str:
    """Escape every mark: no way is left to write a link, HTML, a formula, a directive."""
    line = _ADDRESS.sub(rf"\1{_JOINER}", " ".join(text.split()))
    return _PUNCTUATION.sub(r"\\\1", _UNSHOWABLE.sub(_REPLACEMENT, line))


def _csv(text: str) -> str:
    # A reader that drops a leading control character would meet the formula behind it.
    return formula_safe(clean_text(text))


_ESCAPES: Mapping[str, Callable[[str], str]] = {
    "html": _html,
    "attribute": _html,
    "script": _script,
    "markdown": _markdown,
    "csv": _csv,
    "document": _document,
}
