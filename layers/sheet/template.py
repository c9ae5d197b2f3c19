"""Templates of plan sheets: paper sizes, round scales, and what each kind shows."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import get_args

from layers.catalogue import EDITION_DIR
from layers.catalogue import fill_place
from layers.catalogue import load_catalogue
from layers.edition_files import edition_file
from layers.edition_files import is_bundled
from layers.errors import CatalogueError
from layers.errors import Text
from layers.extending import BUNDLED
from layers.grids import usual_grid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from layers.specs import Place

Kind = Literal["district", "zone", "park", "scenario", "task", "linkage"]
"""Kinds of plan sheets."""

KINDS: tuple[Kind, ...] = get_args(Kind)
TEMPLATE_FILE = "sheets.toml"


@dataclass(frozen=True, slots=True)
class Paper:
    """A size of paper, upright.

    Attributes
    ----------
    width, height
        Millimetres.
    margin
        Free edge, millimetres.
    unit
        Factor of all text and furniture.
    """

    width: float
    height: float
    margin: float
    unit: float


@dataclass(frozen=True, slots=True)
class KindSpec:
    """What a kind of sheet shows.

    Attributes
    ----------
    title, status
        With ``{name}`` for the subject.
    layers
        Keys of the layers that are drawn, if they have data.
    labels
        Those of them that get names, the most important first.
    margin_m
        Left free around the subject, metres.
    least_m
        The smallest width and height of ground that is shown, metres.
    """

    title: Text
    status: Text
    layers: tuple[str, ...]
    labels: tuple[str, ...]
    margin_m: float
    least_m: float


@dataclass(frozen=True, slots=True)
class Template:
    """All that is said of sheets in the edition.

    Attributes
    ----------
    version
        Told on every sheet.
    scales
        Denominators, ascending; only these are chosen.
    crs
        CRS of sheets unless another is asked for.
    sizes
        Papers by name.
    kinds
        By kind.
    """

    version: str
    scales: tuple[int, ...]
    crs: str
    sizes: Mapping[str, Paper]
    kinds: Mapping[str, KindSpec]


def load_template(folder: Path) -> Template:
    """Read the template of an edition, or the bundled one if it has none.

    With ``extends = "bundled"`` the edition's ``sheets.toml`` says only what is its own. A
    template that an edition took over is in the national grid of its central meridian, see
    :func:`layers.grids.usual_grid`.

    Parameters
    ----------
    folder
        The edition folder; the file is ``sheets.toml``.

    Raises
    ------
    CatalogueError
        If the file is missing, is not TOML, or lacks something.
    """
    path = edition_file(folder, TEMPLATE_FILE)
    try:
        state = path.stat().st_mtime_ns
    except OSError as error:
        raise _bad(TEMPLATE_FILE, error) from error
    catalogue = load_catalogue(folder)
    grid = "" if is_bundled(catalogue) else usual_grid(catalogue.central_meridian)
    return _cached(path, state, catalogue.place, grid)


@lru_cache(maxsize=64)
def _cached(
    path: Path,
    changed: int,  # noqa: ARG001 - part of the key of the cache
    place: Place,
    grid: str,
) -> Template:
    raw = _read(path)
    if "extends" in raw:
        if raw["extends"] != BUNDLED:
            what = "extends"
            raise _bad(what, raw["extends"])
        raw = _merged({**_read(EDITION_DIR / TEMPLATE_FILE), "crs": grid}, raw)
    elif grid and path.parent == EDITION_DIR:
        raw = {**raw, "crs": grid}
    try:
        return _template(raw, place)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _bad(type(error).__name__, error) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise _bad(TEMPLATE_FILE, error) from error


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return tables in which what is said anew replaces what was said, table by table."""
    both = {
        key: _merged(base[key], value)
        for key, value in own.items()
        if isinstance(value, dict) and isinstance(base.get(key), dict)
    }
    return {**base, **own, **both}


def _template(raw: Mapping[str, Any], place: Place) -> Template:
    scales = tuple(int(scale) for scale in raw["scales"])
    if list(scales) != sorted(set(scales)) or not scales or scales[0] <= 0:
        what = "scales"
        raise _bad(what, raw["scales"])
    return Template(
        version=str(raw["version"]),
        scales=scales,
        crs=str(raw["crs"]),
        sizes={name: Paper(**size) for name, size in raw["sizes"].items()},
        kinds={kind: _kind(raw["kinds"][kind], place) for kind in KINDS},
    )


def _kind(raw: Mapping[str, Any], place: Place) -> KindSpec:
    return KindSpec(
        title=Text(
            fill_place(raw["title_zh"], place, "zh"), fill_place(raw["title_en"], place, "en")
        ),
        status=Text(raw["status_zh"], raw["status_en"]),
        layers=tuple(raw["layers"]),
        labels=tuple(raw["labels"]),
        margin_m=float(raw["margin_m"]),
        least_m=float(raw["least_m"]),
    )


def _bad(name: str, value: object) -> CatalogueError:
    what = f"{name} {value}".strip()
    return CatalogueError(
        Text(f"图幅模板 {TEMPLATE_FILE} 有误：{what}", f"error in {TEMPLATE_FILE}: {what}")
    )
