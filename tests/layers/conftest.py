"""A catalogue of a few layers, so that these tests do not follow the bundled data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd
import pytest
import shapely

from layers.catalogue import Catalogue
from layers.catalogue import load_catalogue
from layers.contract import conform
from layers.export import ExportReport
from layers.export import export_layers
from layers.intake import Choices
from layers.intake import IntakeResult
from layers.intake import intake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LON, LAT = 121.505612, 31.299034
RING = [(121.5, 31.3), (121.5, 31.302), (121.502, 31.302), (121.502, 31.3)]
AREA = shapely.Polygon(RING)
TINY = shapely.Point(121.51, 31.31).buffer(0.00001)

HEAD = """
version = "{version}"
edition = "{edition}"
title_zh = "小图集"
title_en = "Small atlas"
central_meridian = 121.5

[[groups]]
key = "all"
title_zh = "全部"
title_en = "All"

[choices]
park_class = [
  {{ value = "university", title_zh = "大学科技园", title_en = "University park" }},
  {{ value = "business", title_zh = "商务园区", title_en = "Business park" }},
]
"""

LAYER = """
[[layers]]
key = "{key}"
title_zh = "{zh}"
title_en = "{en}"
description_zh = "{zh}的说明"
description_en = "About {en}"
geometry = {geometry}
group = "all"
order = 1
file = "{file}"
id_field = "{id}"
name_field = "{name}"
sensitivity = "{sensitivity}"
fields = [
{fields}
]
"""


def _field(name: str, kind: str, zh: str, **more: Any) -> str:
    title = name.replace("_", " ")
    parts: dict[str, Any] = {"name": name, "type": kind, "title_zh": zh, "title_en": title, **more}
    texts = []
    for key, value in parts.items():
        if isinstance(value, bool):
            texts.append(f"{key} = {str(value).lower()}")
        elif isinstance(value, str):
            texts.append(f'{key} = "{value}"')
        else:
            texts.append(f"{key} = {value}")
    return "  { " + ", ".join(texts) + " },"


ID = {"required": True, "unique": True}

PARKS = [
    _field("park_id", "text", "园区编码", short="YQBM", **ID),
    _field("name", "text", "园区名称", required=True, aliases=["园区"], short="YQMC"),
    _field("park_class", "text", "园区类别", choices="park_class", short="YQLB"),
    _field("boundary_status", "text", "边界状态", short="BJZT"),
    _field("source", "text", "来源"),
]
CARRIERS = [
    _field("carrier_id", "text", "载体编码", short="ZTBM", **ID),
    _field("park_id", "text", "园区编码", references="parks.park_id", short="YQBM"),
    _field("name", "text", "楼栋名称", aliases=["楼名"], short="LDMC"),
    _field(
        "gross_area_m2", "number", "总建筑面积", unit="m²", minimum=0, maximum=1e6, short="ZJZMJ"
    ),
    *(
        _field(f"{part}_area_m2", "number", zh, unit="m²", minimum=0, short=short)
        for part, zh, short in (
            ("rentable", "可租面积", "KZMJ"),
            ("own_use", "自用面积", "ZYMJ"),
            ("leased", "已租面积", "YZMJ"),
            ("locked", "锁定面积", "SDMJ"),
            ("vacant", "空置面积", "KOZMJ"),
        )
    ),
    _field("tenants", "integer", "企业数", minimum=0, short="QYS"),
    _field("protected", "boolean", "历史保护", short="LSBH"),
    _field("data_date", "date", "数据日期", short="SJRQ"),
    _field("vacant_since", "month", "空置起始", short="KZQS"),
    _field("tax_wan", "number", "税收", unit="万元", sensitivity="internal", short="SS"),
    _field("sample", "boolean", "示例", short="SL"),
]
UNITS = [
    _field("unit_id", "text", "单元编码", short="DYBM", **ID),
    _field("carrier_id", "text", "载体编码", references="carriers.carrier_id", short="ZTBM"),
    _field("park_id", "text", "园区编码", references="parks.park_id", short="YQBM"),
    _field("floor_area_m2", "number", "面积", unit="m²", minimum=0, short="MJ"),
    _field("sample", "boolean", "示例", short="SL"),
]
ZONES = [
    _field("zone_id", "text", "分区编码", short="FQBM", **ID),
    _field("name", "text", "名称"),
    _field("boundary_status", "text", "边界状态", short="BJZT"),
]
SECRETS = [_field("id", "text", "编码", **ID), _field("name", "text", "名称")]

SPECS: tuple[tuple[str, str, str, str, str, str, list[str], str], ...] = (
    ("parks", "园区", '["point", "polygon"]', "parks.geojson", "park_id", "name", PARKS, "public"),
    (
        "carriers",
        "载体",
        '["point", "polygon"]',
        "carriers.csv",
        "carrier_id",
        "name",
        CARRIERS,
        "public",
    ),
    ("units", "单元", "[]", "units.csv", "unit_id", "unit_id", UNITS, "public"),
    ("zones", "功能区", '["polygon"]', "", "zone_id", "name", ZONES, "public"),
    ("secrets", "内部点", '["point"]', "", "id", "name", SECRETS, "internal"),
)


def write_catalogue(
    folder: Path,
    *,
    version: str = "2026.1.1",
    edition: str = "small",
    extra: dict[str, list[str]] | None = None,
    without: tuple[str, ...] = (),
) -> Catalogue:
    """Write and load a catalogue; `extra` adds fields to layers, `without` drops fields."""
    text = HEAD.format(version=version, edition=edition)
    for key, zh, geometry, file, id_field, name_field, fields, sensitivity in SPECS:
        lines = [*fields, *(extra or {}).get(key, [])]
        kept = [line for line in lines if not any(f'"{name}"' in line for name in without)]
        text += LAYER.format(
            key=key,
            zh=zh,
            en=key,
            geometry=geometry,
            file=file,
            id=id_field,
            name=name_field,
            sensitivity=sensitivity,
            fields="\n".join(kept),
        )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "catalogue.toml").write_text(text, encoding="utf-8")
    return load_catalogue(folder)


@pytest.fixture
def make_catalogue(tmp_path: Path) -> Callable[..., Catalogue]:
    """Return a function that makes a catalogue in a folder of its own."""
    made = iter(range(100))

    def make(**options: Any) -> Catalogue:
        return write_catalogue(tmp_path / f"edition{next(made)}", **options)

    return make


@pytest.fixture
def small(make_catalogue: Callable[..., Catalogue]) -> Catalogue:
    """Return the small catalogue; its folder has no layer files yet."""
    return make_catalogue()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Return a small catalogue for tests that put nothing into its folder."""
    return write_catalogue(tmp_path_factory.mktemp("shared"))


@pytest.fixture
def field() -> Callable[..., str]:
    """Return the function that writes a field of a catalogue."""
    return _field


class Desk:
    """A planner's desk: makes files and hands them to the intake.

    Attributes
    ----------
    catalogue
        The small catalogue.
    folder
        Where files are made.
    """

    def __init__(self, catalogue: Catalogue, folder: Path) -> None:
        self.catalogue = catalogue
        self.folder = folder

    def csv(self, text: str, encoding: str = "utf-8", name: str = "台账.csv") -> Path:
        path = self.folder / name
        path.write_bytes(text.encode(encoding))
        return path

    def geojson(self, features: list[Any], **more: Any) -> Path:
        path = self.folder / "a.geojson"
        content = {"type": "FeatureCollection", **more, "features": features}
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return path

    @staticmethod
    def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
        return {"type": "Feature", "properties": properties, "geometry": geometry}

    @staticmethod
    def point(x: float, y: float) -> dict[str, Any]:
        return {"type": "Point", "coordinates": [x, y]}

    def take(
        self,
        path: Path,
        layer: str = "carriers",
        tables: dict[str, Any] | None = None,
        **choices: Any,
    ) -> IntakeResult:
        spec = self.catalogue.layer(layer)
        result = intake(path, spec, self.catalogue, Choices(**choices), tables=tables)
        assert result.rows_in == len(result.accepted) + len(result.rejected)
        return result

    @staticmethod
    def codes(result: IntakeResult) -> list[str]:
        return [issue.code for issue in result.issues]


@pytest.fixture
def desk(shared: Catalogue, tmp_path: Path) -> Desk:
    return Desk(shared, tmp_path)


@pytest.fixture(scope="session")
def accepted(shared: Catalogue) -> dict[str, Any]:
    raw: dict[str, list[dict[str, Any]]] = {
        "parks": [
            {
                "park_id": "P1",
                "name": "大学园",
                "park_class": "university",
                "geometry": AREA,
                "source": "plan;osm",
                "boundary_status": "sketch",
            },
            {"park_id": "P2", "name": "点园", "geometry": shapely.Point(LON, LAT)},
            {"park_id": "P3", "name": "未定位园"},
        ],
        "carriers": [
            {
                "carrier_id": "C1",
                "name": "=1+1",
                "park_id": "P1",
                "gross_area_m2": -0.0,
                "tenants": 3,
                "protected": True,
                "data_date": "2026-03-31",
                "vacant_since": "2026-03",
                "tax_wan": 12.345678901234567,
                "sample": True,
                "geometry": shapely.Point(LON, LAT),
            },
            {"carrier_id": "C2", "name": '甲,"乙"\n丙 & <丁>', "gross_area_m2": 1 / 3},
        ],
        "units": [{"unit_id": "U1", "carrier_id": "C1", "floor_area_m2": 12.5, "sample": True}],
        "zones": [
            {"zone_id": "Z1", "name": "区", "boundary_status": "sketch", "geometry": AREA},
            {"zone_id": "Z2", "geometry": shapely.MultiPolygon([AREA, TINY])},
        ],
        "secrets": [{"id": "S1", "name": "密", "geometry": shapely.Point(LON, LAT)}],
    }
    done = {
        key: conform(pd.DataFrame(rows, dtype=object), shared.layer(key))
        for key, rows in raw.items()
    }
    assert all(checked.rejected.empty for checked in done.values())
    return {key: checked.accepted for key, checked in done.items()}


@pytest.fixture
def tables(accepted: dict[str, Any]) -> dict[str, Any]:
    return {key: frame.copy() for key, frame in accepted.items()}


@pytest.fixture
def export() -> Callable[..., ExportReport]:
    """Return a function that exports the layers named in a text."""

    def run(
        catalogue: Catalogue, tables: dict[str, Any], keys: str, path: Path, **options: Any
    ) -> ExportReport:
        specs = [catalogue.layer(key) for key in keys.split()]
        fmt = options.pop("fmt", path.suffix[1:])
        return export_layers(tables, specs, catalogue, fmt=fmt, path=path, **options)

    return run
