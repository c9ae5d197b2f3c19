"""The catalogue: one description of every layer and field.

``data/catalogue.toml`` is the only place where a layer is described. Intake,
validation, tables, legends, tooltips, exports and the data dictionary read it
through the classes of this module. The file is checked when it is loaded, so
that a mistake in it is met once, with a sentence, and not later as a wrong map.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import get_args

from layers.errors import CatalogueError
from layers.errors import Text
from layers.errors import UnknownLayerError

if TYPE_CHECKING:
    from collections.abc import Mapping

FieldType = Literal["text", "integer", "number", "boolean", "date", "month"]
GeometryKind = Literal["point", "line", "polygon"]
Sensitivity = Literal["public", "internal"]
Firms = Literal["", "count", "share"]

EDITION_DIR = Path(__file__).resolve().parent.parent / "data"


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

    def choice_title(self, value: object, lang: str) -> str:
        """Return the title of an allowed `value`, or the value itself as text."""
        for choice in self.choices:
            if choice.value == value:
                return choice.title.get(lang)
        return str(value)


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
    """

    version: tuple[int, ...]
    edition: str
    title: Text
    central_meridian: float
    folder: Path
    groups: tuple[Group, ...]
    layers: tuple[LayerSpec, ...]

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


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """Read and check ``catalogue.toml`` of an edition folder.

    Parameters
    ----------
    folder
        The edition folder; the bundled edition by default.

    Raises
    ------
    CatalogueError
        If the file is missing, is not TOML, or contradicts itself.
    """
    return _load((folder or EDITION_DIR).resolve())


@cache
def _load(folder: Path) -> Catalogue:
    path = folder / "catalogue.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CatalogueError(
            Text(
                f"找不到图层目录文件 {path}；请检查安装是否完整",
                f"the catalogue {path} is missing; check that the installation is complete",
            )
        ) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(
            Text(
                f"图层目录文件 {path} 无法读取：{error}",
                f"the catalogue {path} cannot be read: {error}",
            )
        ) from error
    try:
        catalogue = _parse(raw, folder)
    except (KeyError, TypeError, ValueError) as error:
        raise _wrong(path.name, f"{type(error).__name__}: {error}") from error
    _check(catalogue)
    return catalogue


def _wrong(where: str, what: str) -> CatalogueError:
    return CatalogueError(
        Text(f"图层目录 {where} 有误：{what}", f"catalogue error in {where}: {what}")
    )


def _text(raw: Mapping[str, Any], stem: str = "title") -> Text:
    return Text(raw[f"{stem}_zh"], raw[f"{stem}_en"])


def _parse(raw: Mapping[str, Any], folder: Path) -> Catalogue:
    shared = {
        name: tuple(_choice(c) for c in entries) for name, entries in raw.get("choices", {}).items()
    }
    return Catalogue(
        version=tuple(int(part) for part in raw["version"].split(".")),
        edition=raw["edition"],
        title=_text(raw),
        central_meridian=float(raw["central_meridian"]),
        folder=folder,
        groups=tuple(Group(g["key"], _text(g)) for g in raw["groups"]),
        layers=tuple(_layer(entry, shared) for entry in raw["layers"]),
    )


def _layer(raw: Mapping[str, Any], shared: Mapping[str, tuple[Choice, ...]]) -> LayerSpec:
    return LayerSpec(
        key=raw["key"],
        title=_text(raw),
        description=_text(raw, "description"),
        geometry=tuple(raw["geometry"]),
        group=raw["group"],
        order=int(raw["order"]),
        file=raw.get("file", ""),
        id_field=raw["id_field"],
        name_field=raw["name_field"],
        visible=bool(raw.get("visible", False)),
        sensitivity=raw.get("sensitivity", "public"),
        fields=tuple(_field(entry, shared) for entry in raw["fields"]),
        style=raw.get("style", {}),
    )


def _field(raw: Mapping[str, Any], shared: Mapping[str, tuple[Choice, ...]]) -> FieldSpec:
    choices = raw.get("choices", ())
    reference = raw.get("references")
    return FieldSpec(
        name=raw["name"],
        type=raw["type"],
        title=_text(raw),
        unit=raw.get("unit", ""),
        required=bool(raw.get("required", False)),
        unique=bool(raw.get("unique", False)),
        minimum=raw.get("minimum"),
        maximum=raw.get("maximum"),
        choices=shared[choices] if isinstance(choices, str) else tuple(_choice(c) for c in choices),
        references=tuple(reference.split(".", 1)) if reference else None,
        aliases=tuple(raw.get("aliases", ())),
        short=raw.get("short", raw["name"]),
        sensitivity=raw.get("sensitivity", "public"),
        firms=raw.get("firms", ""),
    )


def _choice(raw: Mapping[str, Any]) -> Choice:
    return Choice(raw["value"], _text(raw))


def _check(catalogue: Catalogue) -> None:
    groups = {group.key for group in catalogue.groups}
    _no_twice("layers", catalogue.keys)
    for layer in catalogue.layers:
        if layer.group not in groups:
            raise _wrong(layer.key, f"unknown group '{layer.group}'")
        if not set(layer.geometry) <= set(get_args(GeometryKind)):
            raise _wrong(layer.key, f"unknown geometry kind in {layer.geometry}")
        _no_twice(layer.key, layer.field_names)
        _no_twice(layer.key, tuple(f.short for f in layer.fields))
        for name in (layer.id_field, layer.name_field):
            if not layer.has_field(name):
                raise _wrong(layer.key, f"no field '{name}'")
        for spec in layer.fields:
            _check_field(catalogue, layer, spec)


def _check_field(catalogue: Catalogue, layer: LayerSpec, spec: FieldSpec) -> None:
    where = f"{layer.key}.{spec.name}"
    if spec.type not in get_args(FieldType):
        raise _wrong(where, f"unknown type '{spec.type}'")
    if spec.sensitivity not in get_args(Sensitivity):
        raise _wrong(where, f"unknown sensitivity '{spec.sensitivity}'")
    if spec.firms not in get_args(Firms):
        raise _wrong(where, f"unknown firms '{spec.firms}'")
    # dBASE keeps ten bytes of a field name; GBK is what planners' GIS expects.
    if len(spec.short.encode("gbk")) > 10:  # noqa: PLR2004
        raise _wrong(where, f"short name '{spec.short}' is longer than 10 bytes")
    if spec.references is not None:
        target, field_name = spec.references
        if target not in catalogue.keys or not catalogue.layer(target).has_field(field_name):
            raise _wrong(where, f"reference to unknown field '{target}.{field_name}'")


def _no_twice(where: str, names: tuple[str, ...]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise _wrong(where, f"'{name}' is there twice")
        seen.add(name)
