"""The catalogue: one description of every layer and field.

``data/catalogue.toml`` is the only place where a layer is described. Intake,
validation, tables, legends, tooltips, exports and the data dictionary read it
through the classes of this module. The file is checked when it is loaded, so
that a mistake in it is met once, with a sentence, and not later as a wrong map.
"""

from __future__ import annotations

import math
import re
import tomllib
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING
from typing import Any
from typing import get_args

from layers.edition_files import CATALOGUE_FILE
from layers.edition_files import EDITION_DIR
from layers.edition_files import EDITION_FOLDER
from layers.edition_files import own_file
from layers.errors import CatalogueError
from layers.errors import Text
from layers.extending import BUNDLED
from layers.extending import extended
from layers.specs import Catalogue
from layers.specs import Choice
from layers.specs import FieldSpec
from layers.specs import FieldType
from layers.specs import Firms
from layers.specs import GeometryKind
from layers.specs import Group
from layers.specs import LayerSpec
from layers.specs import Place
from layers.specs import Sensitivity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


__all__ = [
    "EDITION_DIR",
    "Catalogue",
    "Choice",
    "FieldSpec",
    "FieldType",
    "Firms",
    "GeometryKind",
    "Group",
    "LayerSpec",
    "Place",
    "Sensitivity",
    "load_catalogue",
]

# A key names folders of a workspace and files of an export.
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_RESERVED = frozenset(
    {EDITION_FOLDER, "audit", "drafts", "originals", "profiles", "results", "scenarios"}
)
_EDITION = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_KEPT = 256  # catalogues in memory: a city has one a district


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
    chosen = (folder or EDITION_DIR).resolve()
    return _load(chosen, _state(chosen), _state(EDITION_DIR))


def _state(folder: Path) -> tuple[int, int]:
    """Return what changes when the catalogue of a folder is written anew."""
    path = own_file(folder, CATALOGUE_FILE)
    if path is None:
        path = folder / CATALOGUE_FILE
        raise CatalogueError(
            Text(
                f"找不到图层目录文件 {path}；请检查安装是否完整",
                f"the catalogue {path} is missing; check that the installation is complete",
            )
        )
    found = path.stat()
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=_KEPT)
def _load(
    folder: Path,
    state: tuple[int, int],  # noqa: ARG001 - part of the key of the cache
    base_state: tuple[int, int],  # noqa: ARG001 - the same
) -> Catalogue:
    own = _raw(folder)
    base_version: tuple[int, ...] = ()
    try:
        if "extends" in own:
            base = _base(own)
            base_version = _version(base)
            own = extended(base, own)
        catalogue = _parse(own, folder, base_version)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        where = f"{folder.name}/{CATALOGUE_FILE}"
        raise _wrong(where, _told(error)) from error
    _check(catalogue)
    return catalogue


def _told(error: Exception) -> str:
    missing = isinstance(error, KeyError)
    return f"`{error.args[0]}` is missing" if missing else str(error)


def _raw(folder: Path) -> dict[str, Any]:
    path = folder / CATALOGUE_FILE
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise CatalogueError(
            Text(
                f"图层目录文件 {path} 无法读取：{error}",
                f"the catalogue {path} cannot be read: {error}",
            )
        ) from error


def _base(own: Mapping[str, Any]) -> dict[str, Any]:
    if own["extends"] != BUNDLED:
        msg = f"`extends` is '{own['extends']}'; only '{BUNDLED}' can be extended"
        raise ValueError(msg)
    return _raw(EDITION_DIR)


def _wrong(where: str, what: str) -> CatalogueError:
    return CatalogueError(
        Text(f"图层目录 {where} 有误：{what}", f"catalogue error in {where}: {what}")
    )


def _text(raw: Mapping[str, Any], stem: str = "title") -> Text:
    return Text(raw[f"{stem}_zh"], raw[f"{stem}_en"])


def _parse(raw: Mapping[str, Any], folder: Path, base_version: tuple[int, ...] = ()) -> Catalogue:
    place = _place(raw.get("place", {}))
    filled = _filled(raw, "", place)
    shared = {
        name: tuple(_choice(c) for c in entries)
        for name, entries in filled.get("choices", {}).items()
    }
    return Catalogue(
        version=_version(raw),
        edition=raw["edition"],
        title=_text(filled),
        central_meridian=float(raw["central_meridian"]),
        folder=folder,
        groups=tuple(Group(g["key"], _text(g)) for g in filled["groups"]),
        layers=tuple(_layer(entry, shared) for entry in filled["layers"]),
        place=place,
        base_version=base_version,
    )


def _version(raw: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(int(part) for part in raw["version"].split("."))


def _place(raw: Mapping[str, Any]) -> Place:
    if not raw:
        return Place()
    return Place(
        name=_text(raw, "name"),
        system=_text(raw, "system"),
        areas=tuple(raw.get("areas", ())),
        words=tuple(raw.get("words", ())),
        bounds=tuple(float(edge) for edge in raw.get("bounds", ())),
        market=_text(raw, "market") if "market_zh" in raw else None,
    )


def _filled(value: Any, key: str, place: Place) -> Any:  # noqa: ANN401 - any value of TOML
    """Return a table with the names of the place where its texts leave room for them."""
    if isinstance(value, dict):
        return {name: _filled(part, name, place) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, key, place) for part in value]
    return fill_place(value, place, key[-2:]) if isinstance(value, str) else value


def fill_place(text: str, place: Place, lang: str) -> str:
    """Return `text` with the names of the place for ``{place}`` and ``{system}``.

    Parameters
    ----------
    text
        A text of an edition; a brace that opens anything else stays.
    place
        The place.
    lang
        ``"zh"`` or ``"en"``.
    """
    return text.replace("{place}", place.name.get(lang)).replace("{system}", place.system.get(lang))


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
        by_app=bool(raw.get("by_app", False)),
        proof=bool(raw.get("proof", False)),
    )


def _choice(raw: Mapping[str, Any]) -> Choice:
    return Choice(raw["value"], _text(raw))


def _check(catalogue: Catalogue) -> None:
    _check_head(catalogue)
    groups = {group.key for group in catalogue.groups}
    _no_twice("layers", catalogue.keys)
    for layer in catalogue.layers:
        _check_names(layer)
        _check_style(layer)
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


def _check_head(catalogue: Catalogue) -> None:
    if not _EDITION.fullmatch(catalogue.edition):
        where = "edition"
        raise _wrong(where, f"'{catalogue.edition}' is not like linjiang or lin-jiang-2")
    if not -180 <= catalogue.central_meridian <= 180:  # noqa: PLR2004 - degrees; NaN too
        where = "central_meridian"
        raise _wrong(where, f"{catalogue.central_meridian} is not within ±180°")
    bounds = catalogue.place.bounds
    if bounds and not _is_box(bounds):
        where = "place.bounds"
        raise _wrong(where, f"{bounds} is not [west, south, east, north] in degrees")


def _is_box(bounds: tuple[float, ...]) -> bool:
    if len(bounds) != 4 or not all(math.isfinite(edge) for edge in bounds):  # noqa: PLR2004
        return False
    west, south, east, north = bounds
    return -180 <= west < east <= 180 and -90 <= south < north <= 90  # noqa: PLR2004


def _check_names(layer: LayerSpec) -> None:
    """Refuse what would lead out of the folder of a workspace or of the edition."""
    if not _KEY.fullmatch(layer.key) or layer.key in _RESERVED:
        raise _wrong(layer.key, "a key has small letters, figures and _, and is not reserved")
    if not _is_plain(layer.file):
        raise _wrong(layer.key, f"file '{layer.file}' is not a plain name of a file in the folder")


def _is_plain(name: str) -> bool:
    return PurePath(name).name == name and "\\" not in name and name not in {".", ".."}


def _check_style(layer: LayerSpec) -> None:
    """Refuse colours of values that there are not, left over when the choices were replaced."""
    name = layer.style.get("field", "")
    if layer.style.get("kind") != "categorical" or not layer.has_field(name):
        return
    known = {choice.value for choice in layer.field(name).choices}
    for entry in layer.style.get("classes", ()):
        if known and entry.get("value") not in known:
            where = f"{layer.key}.style"
            raise _wrong(where, f"`{name}` has no choice '{entry.get('value')}'")


def _check_field(catalogue: Catalogue, layer: LayerSpec, spec: FieldSpec) -> None:
    where = f"{layer.key}.{spec.name}"
    if spec.type not in get_args(FieldType):
        raise _wrong(where, f"unknown type '{spec.type}'")
    if spec.sensitivity not in get_args(Sensitivity):
        raise _wrong(where, f"unknown sensitivity '{spec.sensitivity}'")
    if spec.firms not in get_args(Firms):
        raise _wrong(where, f"unknown firms '{spec.firms}'")
    if spec.proof and spec.type not in {"text", "date"}:
        raise _wrong(where, "only a text or a date can be `proof`")
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
