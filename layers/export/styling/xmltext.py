"""XML as text: built from elements, never from pasted strings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import SubElement
from xml.etree.ElementTree import indent
from xml.etree.ElementTree import tostring

if TYPE_CHECKING:
    from collections.abc import Mapping

# Characters outside the production Char of XML 1.0 cannot stand in a document, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Return `text` without the characters that XML 1.0 forbids."""
    return _FORBIDDEN.sub("", text)


def make(tag: str, attributes: Mapping[str, str] | None = None) -> Element:
    """Return an element whose attributes are clean; a prefix is part of its `tag`."""
    return Element(tag, {name: clean(value) for name, value in (attributes or {}).items()})


def add(
    parent: Element, tag: str, attributes: Mapping[str, str] | None = None, text: str = ""
) -> Element:
    """Put a new last child into `parent` and return it.

    Parameters
    ----------
    parent
        Where it goes.
    tag
        Its name, with a prefix if it has one.
    attributes, text
        What it says; characters that XML 1.0 forbids are dropped.
    """
    cleaned = {name: clean(value) for name, value in (attributes or {}).items()}
    child = SubElement(parent, tag, cleaned)
    if text:
        child.text = clean(text)
    return child


def document(root: Element, doctype: str = "") -> str:
    """Return a document as text, one element a line.

    Parameters
    ----------
    root
        Its root element.
    doctype
        A document type declaration; without one there is an XML declaration.
    """
    indent(root, " ")
    head = doctype or '<?xml version="1.0" encoding="UTF-8"?>'
    return f"{head}\n{tostring(root, encoding='unicode')}\n"
