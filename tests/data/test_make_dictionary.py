"""The data dictionary is the catalogue, and is current."""

from __future__ import annotations

from data.make_dictionary import DICTIONARY
from data.make_dictionary import dictionary_text
from data.make_dictionary import table
from layers.catalogue import load_catalogue


def test_the_dictionary_is_current() -> None:
    assert DICTIONARY.read_text(encoding="utf-8") == dictionary_text(load_catalogue()), (
        "run python -m data.make_dictionary"
    )


def test_every_layer_and_field_is_in_it() -> None:
    catalogue = load_catalogue()
    sections = dictionary_text(catalogue).split("\n## ")[1:]
    assert len(sections) == len(catalogue.layers) + 1
    for layer, section in zip(catalogue.layers, sections, strict=False):
        assert section.startswith(f"`{layer.key}` {layer.title.zh} {layer.title.en}")
        lines = [line for line in section.splitlines() if line.startswith("| `")]
        assert [line.split("`")[1] for line in lines] == list(layer.field_names)


def test_a_bar_in_a_cell_does_not_break_the_table() -> None:
    assert table(("a", "b"), [("x|y", "z")]).splitlines()[-1] == "| x\\|y | z |"
