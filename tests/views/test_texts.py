"""Every text of the interface has a Chinese translation; none is hard-wired."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from layers import i18n
from views import text

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*sorted((ROOT / "views").rglob("*.py")), *sorted(ROOT.glob("cli*.py"))]
TRANSLATORS = {"_", "say"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _calls(path: Path) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        argument = node.args[0]
        if (
            name in TRANSLATORS
            and isinstance(argument, ast.Constant)
            and isinstance(argument.value, str)
        ):
            found.append((node.lineno, argument.value))
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.name)
def test_every_text_is_translated_with_the_same_placeholders(path: Path) -> None:
    known = i18n.messages("zh")
    missing = [(line, msg) for line, msg in _calls(path) if msg not in known]
    assert not missing
    for _line, msg in _calls(path):
        assert _placeholders(msg) == _placeholders(known[msg]), msg


def _placeholders(template: str) -> set[str]:
    return {name for _t, name, _s, _c in string.Formatter().parse(template) if name}


def test_no_translation_is_left_over() -> None:
    used = {msg for path in SOURCES for _line, msg in _calls(path)}
    units = {"元/(m²·天)", "家", "人", "万元"}
    assert set(i18n.messages("zh")) <= used
    assert set(i18n.messages("en")) == units


@pytest.mark.parametrize("path", sorted((ROOT / "views").rglob("*.py")), ids=lambda p: p.name)
def test_no_chinese_is_hard_wired_in_a_view(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    allowed = {"中文", "未知", "可步行", "断档"}  # language name; bilingual class titles
    found = [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CHINESE.search(node.value)
        and id(node) not in docstrings
        and node.value not in allowed
    ]
    assert not found


@pytest.mark.parametrize(
    "hostile",
    ["![x](http://a/b.png)", "<img src=x onerror=alert(1)>", "$x^2$", ":red[x]", "**b**", "`c`"],
)
def test_markdown_escape_leaves_no_bare_punctuation(hostile: str) -> None:
    # A word joiner, which nobody sees, keeps addresses from becoming links.
    escaped = text.md(hostile).replace("\u2060", "")
    assert re.sub(r"\\[!-/:-@\[-`{-~]", "", escaped) == re.sub(r"[!-/:-@\[-`{-~]", "", hostile)


@pytest.mark.parametrize(
    ("value", "digits", "unit", "expected"),
    [
        (1234567.891, 0, "", "1,234,568"),
        (1234.5, 2, "ha", "1,234.50\u202fha"),
        (0, 0, "m", "0\u202fm"),
        (float("nan"), 0, "m", "—"),
        (None, 0, "", "—"),
        (1e300, 2, "m", "1e+300\u202fm"),
    ],
)
def test_numbers_have_separators_and_unknown_is_a_dash(
    value: object, digits: int, unit: str, expected: str
) -> None:
    assert i18n.number(value, "zh", digits=digits, unit=unit) == expected


def test_percent_and_dates() -> None:
    assert i18n.percent(0.315789, "zh") == "31.6%"
    assert i18n.percent(None, "zh") == "—"
    assert i18n.day("2026-12-31", "zh") == "2026年12月31日"
    assert i18n.day(None, "en") == "—"
