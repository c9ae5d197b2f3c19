from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import jinja2
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from layers.errors import UsageError
from layers.safety import safe
from layers.safety import script_json
from layers.values import clean_text
from layers.values import formula_plain
from views import text as view_text

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "${alert(1)}",
    "`;alert(1)//`",
    "\\`${alert(1)}",
    "\"';alert(1)//",
    "&lt;b&gt; &amp; &#x3c;",
    "\u2028alert(1)\u2029",
    "javascript:alert(1)",
    "[x](javascript:alert(1)) ![x](http://a/b.png)",
    "=cmd|' /C calc'!A0",
    "+1\t-1",
    "\t=1+1",
    "\r=1+1",
    "\x00=1+1",
    "＝1+1",
    "'=1+1",
    "\u202egpj.exe",
    "_private_name_",
    "nul \x00 bell \x07 escape \x1b delete \x7f",
    "half \ud800 pair \udfff",
    ":red[x] $x^2$ **b** | # 1. <https://a.b>",
    "",
)
JOINER = "\u2060"
# Hypothesis leaves surrogates out unless they are asked for.
ANY_TEXT = st.text(st.one_of(st.characters(), st.sampled_from("<>&\"'`$_{}\\/=\ud800\x00\u2028")))
SETTINGS = settings(max_examples=150, deadline=None)


class _Reader(HTMLParser):
    """Collects what a browser would make of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.nodes: list[tuple[str, object]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.nodes.append((tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        self.nodes.append(("end", tag))

    def handle_data(self, data: str) -> None:
        self.nodes.append(("text", data))

    def handle_comment(self, data: str) -> None:
        self.nodes.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.nodes.append(("declaration", decl))

    def handle_pi(self, data: str) -> None:
        self.nodes.append(("instruction", data))

    def unknown_decl(self, data: str) -> None:
        self.nodes.append(("unknown", data))


def _parse(markup: str) -> list[tuple[str, object]]:
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return reader.nodes


def _shown(text: str) -> str:
    """What a reader is to see: the same text, U+FFFD for what no page can show."""
    kept = {"\t", "\n", "\r"}
    turns = {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
    return "".join(
        "\ufffd"
        if (ord(c) < 0x20 and c not in kept)
        or c == "\x7f"
        or 0xD800 <= ord(c) <= 0xDFFF
        or c in turns
        else c
        for c in text
    )


def _check_html(text: str) -> None:
    expected = [("b", []), ("text", _shown(text)), ("end", "b")]
    if not text:
        del expected[1]
    assert _parse(f"<b>{safe(text, 'html')}</b>") == expected


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_html_is_one_text_node_with_the_same_text(text: str) -> None:
    _check_html(text)


@SETTINGS
@given(ANY_TEXT)
def test_any_text_is_one_text_node(text: str) -> None:
    _check_html(text)


@SETTINGS
@given(ANY_TEXT)
def test_a_document_has_the_same_text(text: str) -> None:
    assert safe(text, "document") == _shown(text)


def _check_attribute(text: str, quote: str) -> None:
    markup = f"<b title={quote}{safe(text, 'attribute')}{quote}>x</b>"
    assert _parse(markup) == [("b", [("title", _shown(text))]), ("text", "x"), ("end", "b")]


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_an_attribute_keeps_its_text_and_ends_where_it_was_quoted(text: str, quote: str) -> None:
    _check_attribute(text, quote)


@SETTINGS
@given(ANY_TEXT, st.sampled_from("\"'"))
def test_any_text_stays_in_its_attribute(text: str, quote: str) -> None:
    _check_attribute(text, quote)


def _check_script(text: str) -> None:
    written = safe(text, "script")
    assert json.loads(written) == text
    assert not set("<>&`$_\u2028\u2029\r\n\x00") & set(written)
    assert written[0] == written[-1] == '"'
    written.encode("utf-8")  # half a surrogate pair would fail here


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_script_reads_the_same_text_back_and_nothing_ends_it(text: str) -> None:
    _check_script(text)


@SETTINGS
@given(ANY_TEXT)
def test_any_text_is_one_string_of_a_script(text: str) -> None:
    _check_script(text)


PLAIN_DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@SETTINGS
@given(PLAIN_DATA)
def test_script_json_carries_any_plain_data(value: object) -> None:
    written = script_json(value)
    assert json.loads(written) == value
    assert not set("<>&_\u2028\u2029") & set(written)


def test_script_json_escapes_what_the_map_needs_escaped_and_nothing_else() -> None:
    written = script_json({"_name": "a</script>&_b\u2028", "price": "$5 `x`", "zh": "杨浦"})
    expected = (
        '{"\\u005fname":"a\\u003c/script\\u003e\\u0026\\u005fb\\u2028","price":"$5 `x`",'
        '"zh":"杨浦"}'
    )
    assert written == expected


@pytest.mark.parametrize("text", ["{{7*7}}", "{% raw %}", "{# x #}", "{{{{{%{#", "a{", "{"])
def test_no_template_runs_in_a_script(text: str) -> None:
    """folium renders scripts with Jinja, some of them twice."""
    written = script_json({text: [text, {"{": {}}]})
    once = jinja2.Template(written).render()
    assert json.loads(jinja2.Template(once).render()) == {text: [text, {"{": {}}]}


def test_script_json_escapes_half_a_surrogate_pair() -> None:
    assert script_json("a\ud800") == '"a\\ud800"'


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_script_json_refuses_numbers_that_json_does_not_have(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        script_json([number])


def _unescape(markdown: str) -> str:
    """Undo the escapes as CommonMark does, failing at any bare punctuation mark."""
    found = []
    marks = iter(markdown)
    for char in marks:
        bare = char if char != "\\" else next(marks)
        punctuation = bare.isascii() and bare.isprintable() and not bare.isalnum() and bare != " "
        assert punctuation == (char == "\\"), markdown
        found.append(bare)
    return "".join(found)


def _check_markdown(text: str) -> None:
    shown = _unescape(safe(text, "markdown"))
    assert shown.replace(JOINER, "") == _shown(" ".join(text.split())).replace(JOINER, "")


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_markdown_has_no_bare_mark_and_one_line(text: str) -> None:
    _check_markdown(text)


@SETTINGS
@given(ANY_TEXT)
def test_any_text_is_plain_markdown(text: str) -> None:
    _check_markdown(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://a.example",
        "(HTTPS://a.example)",
        "x www.a.example",
        "mail: a.b+c@d.example",
        "ftp@x",
    ],
)
def test_an_address_in_data_is_no_link(text: str) -> None:
    """Streamlit makes links of addresses in the text that is shown, after all escapes."""
    shown = _unescape(safe(text, "markdown"))
    assert shown != text
    assert shown.replace(JOINER, "") == text
    assert not re.search(r"(?i)https?://|www\.|[-.\w+]@[-\w]", shown)


def _check_csv(text: str) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerow([safe(text, "csv")])
    (row,) = csv.reader(io.StringIO(stream.getvalue(), newline=""), strict=True)
    cell = row[0] if row else ""
    assert formula_plain(cell) == clean_text(text)
    assert not cell.startswith(tuple("=+-@\t\r\n＝＋－＠\x00"))


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_cell_is_no_formula_and_reads_back(text: str) -> None:
    _check_csv(text)


@SETTINGS
@given(ANY_TEXT | st.builds("{}{}".format, st.sampled_from("=+-@\t\r\n\x00＝'"), st.text()))
def test_any_text_is_a_harmless_cell(text: str) -> None:
    _check_csv(text)


def test_a_control_character_cannot_hide_a_formula() -> None:
    assert safe("\x00=1+1", "csv") == "'=1+1"


def test_an_unknown_place_is_refused_and_not_left_unescaped() -> None:
    with pytest.raises(UsageError, match="html, attribute"):
        safe("<b>", "url")  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["<b>&\"'", "a\n* b", 5, None])
def test_the_pages_use_the_same_code(value: object) -> None:
    assert view_text.esc(value) == safe(str(value), "html")
    assert view_text.md(value) == safe(str(value), "markdown")
