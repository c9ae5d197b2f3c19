"""Templates of plan sheets: paper sizes, round scales, and what each kind shows."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from typing import Any
from typing import Literal
from typing import get_args

from layers.errors import CatalogueError
from layers.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Kind = Literal["district", "zone", "park", "scenario"]
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


@cache
def load_template(folder: Path) -> Template:
    """Read the template of an edition.

    Parameters
    ----------
    folder
        The edition folder; the file is ``sheets.toml``.

    Raises
    ------
    CatalogueError
        If the file is missing, is not TOML, or lacks something.
    """
    path = folder / TEMPLATE_FILE
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return _template(raw)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _bad(TEMPLATE_FILE, error) from error
    except (KeyError, TypeError) as error:
        raise _bad(type(error).__name__, error) from error


def _template(raw: Mapping[str, Any]) -> Template:
    scales = tuple(int(scale) for scale in raw["scales"])
    if list(scales) != sorted(set(scales)) or not scales or scales[0] <= 0:
        what = "scales"
        raise _bad(what, raw["scales"])
    return Template(
        version=str(raw["version"]),
        scales=scales,
        crs=str(raw["crs"]),
        sizes={name: Paper(**size) for name, size in raw["sizes"].items()},
        kinds={kind: _kind(raw["kinds"][kind]) for kind in KINDS},
    )


def _kind(raw: Mapping[str, Any]) -> KindSpec:
    return KindSpec(
        title=Text(raw["title_zh"], raw["title_en"]),
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
