"""What a catalogue says: layers, fields, choices and the place, as plain objects."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal

from layers.errors import Text
from layers.errors import UnknownLayerError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FieldType = Literal["text", "integer", "number", "boolean", "date", "month"]
GeometryKind = Literal["point", "line", "polygon"]
Sensitivity = Literal["public", "internal"]
Firms = Literal["", "count", "share"]

_NO_NAME = Text("本区", "the district")
_NO_SYSTEM = Text("园区体系", "the park system")


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value of a field, with its titles."""

    value: str
    title: Text


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of a layer.

    Attributes
    ----------
    name
        Public English snake_case name; the unit is in the name.
    type
        ``text``, ``integer``, ``number``, ``boolean``, ``date`` (YYYY-MM-DD)
        or ``month`` (YYYY-MM, kept as text because the day is not known).
    title
        Chinese and English label.
    unit
        Unit as printed behind a number, for instance ``m²``; empty for none.
    required
        A row without it is rejected.
    unique
        Two rows with one value are both reported; the second is rejected.
    minimum, maximum
        Closed range of a number.
    choices
        Allowed values of a text, empty for free text.
    references
        ``(layer, field)`` whose values this field must be one of.
    aliases
        Headings seen in planners' spreadsheets.
    short
        Shapefile name, at most 10 bytes.
    sensitivity
        ``internal`` fields are left out of public copies.
    firms
        ``count`` if it counts firms, ``share`` if it tells of the firms that its row
        counts: a public copy hides both where the firms are few.
    by_app
        Only the app writes it; what a delivered file holds of it is not taken, as of the
        account of whoever confirmed something.
    proof
        It proves something, as the number and the day of an approval do: a text that says
        that there is none is refused, and so is a day that is still to come.
    """

    name: str
    type: FieldType
    title: Text
    unit: str = ""
    required: bool = False
    unique: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Choice, ...] = ()
    references: tuple[str, str] | None = None
    aliases: tuple[str, ...] = ()
    short: str = ""
    sensitivity: Sensitivity = "public"
    firms: Firms = ""
    by_app: bool = False
    proof: bool = False

    def choice_title(self, value: object, lang: str) -> str:
        """Return the title of an allowed `value`, or the value itself as text."""
        for choice in self.choices:
            if choice.value == value:
                return choice.title.get(lang)
        return str(value)

    def choice_text(self, value: object) -> Text:
        """Return the title of an allowed `value` in both languages."""
        return Text(self.choice_title(value, "zh"), self.choice_title(value, "en"))


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer: what it is, its fields, and how it is drawn.

    Attributes
    ----------
    key
        Public name, English snake_case.
    geometry
        Allowed geometry kinds (multi-parts included); empty for a table.
    group
        Key of the group under which the layer is listed.
    order
        Drawing order; a higher number lies on top.
    file
        Name of the file in the edition folder; empty if the edition has none.
    id_field, name_field
        The key of a row, and the field people call it by.
    visible
        On when the map is opened.
    style
        Raw style table, read by :mod:`layers.style`.
    sensitivity
        ``internal`` layers are left out of public copies.
    """

    key: str
    title: Text
    description: Text
    geometry: tuple[GeometryKind, ...]
    group: str
    order: int
    file: str
    id_field: str
    name_field: str
    visible: bool
    sensitivity: Sensitivity
    fields: tuple[FieldSpec, ...]
    style: Mapping[str, Any] = dataclass_field(default_factory=dict)

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of all fields, in the order of the catalogue."""
        return tuple(f.name for f in self.fields)

    def field(self, name: str) -> FieldSpec:
        """Return the field `name`; ``KeyError`` if the layer has none."""
        for spec in self.fields:
            if spec.name == name:
                return spec
        raise KeyError(name)

    def has_field(self, name: str) -> bool:
        """Tell whether the layer has a field `name`."""
        return name in self.field_names


@dataclass(frozen=True, slots=True)
class Group:
    """A heading of the layer list."""

    key: str
    title: Text


@dataclass(frozen=True, slots=True)
class Place:
    """What an edition knows of its place; nothing of it is in the code.

    Attributes
    ----------
    name
        The district, as a sheet or an error calls it.
    system
        The park system, which titles of sheets name.
    areas
        Names of the areas around, from the largest to the district: in front of a name or
        an address they tell nothing apart, and are not compared.
    words
        Names that are not broken in a title of two lines.
    bounds
        West, south, east, north of the first view, degrees; empty if not said.
    market
        Of which market the usual vacancy of the rule is, and who says so; None if the
        place has none, so that the usual value is not about it.
    """

    name: Text = _NO_NAME
    system: Text = _NO_SYSTEM
    areas: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    market: Text | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All layers of an edition.

    Attributes
    ----------
    version
        Version of the catalogue as ``(year, month, number)``; a workspace
        remembers the one it was written with.
    edition, title
        Short key and name of the edition.
    central_meridian
        Central meridian (degrees east) of the district's metric CRS.
    folder
        Where the edition's files lie.
    place
        What the edition knows of its place.
    base_version
        Version of the bundled catalogue that this one extends; empty if it stands alone.
    """

    version: tuple[int, ...]
    edition: str
    title: Text
    central_meridian: float
    folder: Path
    groups: tuple[Group, ...]
    layers: tuple[LayerSpec, ...]
    place: Place = Place()
    base_version: tuple[int, ...] = ()

    @property
    def version_text(self) -> str:
        """Version as written in the file, for instance ``2026.11.1``."""
        return ".".join(str(part) for part in self.version)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of all layers, in the order of the catalogue."""
        return tuple(layer.key for layer in self.layers)

    def layer(self, key: str) -> LayerSpec:
        """Return the layer `key`.

        Raises
        ------
        UnknownLayerError
            If there is no such layer; the message lists the known ones.
        """
        for spec in self.layers:
            if spec.key == key:
                return spec
        known = ", ".join(self.keys)
        raise UnknownLayerError(
            Text(
                f"没有名为“{key}”的图层；现有图层：{known}",
                f"there is no layer '{key}'; known layers: {known}",
            )
        )
