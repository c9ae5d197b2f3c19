"""Classes of hostile values in QML and SLD: well-formed, and the value comes back equal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.hostile_hand import STRINGS
from tests.layers.styling_hand import OGC
from tests.layers.styling_hand import legend_of
from tests.layers.styling_hand import made_sheet
from tests.layers.styling_hand import made_style
from tests.layers.styling_hand import qml
from tests.layers.styling_hand import sld

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SKETCHED = ("official", "sketch")


def _read(text: str) -> str:
    """Return the string that QGIS reads from the literal of an expression."""
    assert text[0] == text[-1] == "'"
    pairs = {"\\\\": "\\", "''": "'", "\\n": "\n", "\\t": "\t"}
    inside = text[1:-1]
    assert "'" not in inside.replace("''", "")
    return re.sub(r"\\\\|''|\\n|\\t", lambda found: pairs[found.group()], inside)


def _values(root: Element) -> list[str]:
    return [node.attrib["value"] for node in root.iter("category") if node.attrib["value"]]


@pytest.mark.parametrize("text", STRINGS, ids=ascii)
def test_a_class_of_qml_has_the_value_and_the_title(text: str) -> None:
    root = qml(made_sheet(made_style(text), [text]))
    assert _values(root) == [text]
    assert any(label == f"类{text}" for label, _number in legend_of(root))


@pytest.mark.parametrize("text", STRINGS, ids=ascii)
def test_a_rule_of_qml_compares_with_the_value(text: str) -> None:
    """Sketched boundaries have rules of their own, which are expressions."""
    sheet = made_sheet(made_style(text), [text, text], status=SKETCHED)
    filters = [rule.attrib["filter"] for rule in qml(sheet).iter("rule") if "filter" in rule.attrib]
    literals = [re.search(r"\"v\" = ('(?:[^'\\]|''|\\.)*')", one, re.DOTALL) for one in filters]
    found = {_read(literal[1]) for literal in literals if literal}
    assert found == {text}


@pytest.mark.parametrize("text", STRINGS, ids=ascii)
def test_a_rule_of_sld_compares_with_the_value(text: str) -> None:
    root = sld(made_sheet(made_style(text), [text]))
    literals = [node.findtext(f"{OGC}Literal") for node in root.iter(f"{OGC}PropertyIsEqualTo")]
    assert text in literals
    assert f"类{text}" in {node.text for node in root.iter() if node.text}
