"""Sheets of the objects of a task, and of what an analysis found."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from layers.errors import ExportUsageError
from layers.errors import Text
from layers.sheet import Extras
from layers.sheet import write_sheet
from layers.sheet.records import Featured
from layers.sheet.records import Overlay
from layers.style import LayerStyle
from layers.style import StyleClass
from layers.style import Symbol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from layers.catalogue import Catalogue
    from layers.sheet import SheetContent
    from layers.sheet.records import SheetLayer

TASK = Text("低空场景", "Low-altitude scenes")


def featured(objects: Mapping[str, frozenset[str]], **more: Any) -> Extras:
    return Extras(featured=Featured(TASK, objects, **more))


def ringed(content: SheetContent) -> list[SheetLayer]:
    return [layer for layer in content.layers if layer.key == "subject"]


def test_the_objects_of_a_task_are_outlined_and_counted(
    sheet: Any, tables: Mapping[str, pd.DataFrame], catalogue: Catalogue
) -> None:
    zones = list(tables["zones"]["zone_id"][:2])
    platforms = tables["platforms"]
    there = platforms[platforms.geometry.notna()]["id"].iloc[0]
    nowhere = platforms[platforms.geometry.isna()]["id"].iloc[0]
    objects = {
        "zones": frozenset(zones),
        "platforms": frozenset({there, nowhere, "gone"}),
    }
    facts = ((Text("责任单位", "Owner"), Text("科委", "Science office")),)
    content = sheet("task", "T07", extras=featured(objects, facts=facts))
    assert content.title == "任务空间图：低空场景"
    # Platforms are no layer of the template: the objects bring it along.
    assert "platforms" in {layer.key for layer in content.layers}
    rings = ringed(content)
    assert sorted(len(ring.frame) for ring in rings) == [1, 2]
    assert [ring.legend for ring in rings].count(True) == 1
    told = dict(content.facts)
    assert told["责任单位"] == "科委"
    # An object without a place is counted, but not drawn; one that no layer has is neither.
    assert told["空间对象 · 平台机构"] == "2"
    assert told[f"空间对象 · {catalogue.layer('zones').title.zh}"] == "2"
    # Everything that it is about lies on the sheet.
    box = shapely.box(*content.extent)
    assert all(bool(ring.frame.within(box).all()) for ring in rings)


def test_a_task_without_a_located_object_has_no_sheet(
    sheet: Any, tables: Mapping[str, pd.DataFrame]
) -> None:
    platforms = tables["platforms"]
    nowhere = frozenset(platforms[platforms.geometry.isna()]["id"])
    for objects in ({}, {"platforms": nowhere}, {"units": frozenset({"x"})}):
        with pytest.raises(ExportUsageError, match="没有已定位的空间对象"):
            sheet("task", "T07", extras=featured(objects))
    with pytest.raises(ExportUsageError, match="没有任务"):
        sheet("task", "T99")


def test_a_public_sheet_does_not_outline_what_is_internal(
    sheet: Any, tables: Mapping[str, pd.DataFrame], catalogue: Catalogue
) -> None:
    assert catalogue.layer("units").sensitivity == "internal"
    unit = tables["units"]["unit_id"].iloc[0]
    zone = tables["zones"]["zone_id"].iloc[0]
    objects = {"zones": frozenset({zone}), "units": frozenset({unit})}
    inside = dict(sheet("task", "T07", extras=featured(objects)).facts)
    assert len([name for name in inside if name.startswith("空间对象")]) == 2
    public = sheet("task", "T07", audience="public", extras=featured(objects))
    (only,) = [name for name, _ in public.facts]
    assert only.endswith(catalogue.layer("zones").title.zh)


@pytest.fixture
def overlay(tables: Mapping[str, pd.DataFrame]) -> Overlay:
    carriers = tables["carriers"]
    there = carriers[carriers.geometry.notna()].head(5)
    frame = gpd.GeoDataFrame(
        {"linkage": ["0", "1", "2", "3", "3"]}, geometry=list(there.geometry), crs=4490
    )
    classes = tuple(
        StyleClass(value, Text(f"{value} 类", f"class {value}"), Symbol(shape=shape))
        for value, shape in zip("0123", ("circle", "square", "triangle", "star"), strict=True)
    )
    style = LayerStyle(
        "linkage", Symbol(), classes, by_prefix=False, label_field="", label_min_zoom=0
    )
    return Overlay(
        Text("联动", "Linkage"),
        frame,
        style,
        facts=((Text("三区叠合率", "Overlap"), Text("40 %", "40 %")),),
        notes=(Text("规则版本：access-1", "Rule version: access-1"),),
        sample=True,
    )


def test_a_sheet_of_linkage_shows_the_classes_and_the_rule(
    sheet: Any, overlay: Overlay, tmp_path: Path
) -> None:
    content = sheet("linkage", extras=Extras(overlay=overlay))
    (drawn,) = [layer for layer in content.layers if layer.key == "overlay"]
    assert content.layers[-1] is drawn
    assert drawn.frame.crs == content.crs
    back = drawn.frame.to_crs(4490).geometry
    assert shapely.equals_exact(back.to_numpy(), overlay.frame.geometry.to_numpy(), 1e-9).all()
    assert ("三区叠合率", "40 %") in content.facts
    assert "规则版本：access-1" in content.notes
    assert any("示例" in badge for badge in content.badges)
    report = write_sheet(content, tmp_path / "linkage.pdf")
    assert report.path.stat().st_size > 10_000
    assert not np.isnan(report.scale)


def test_no_building_space_no_sheet_of_linkage(sheet: Any, overlay: Overlay) -> None:
    empty = Overlay(overlay.title, overlay.frame.iloc[:0], overlay.style)
    for extras in (Extras(), Extras(overlay=empty)):
        with pytest.raises(ExportUsageError, match="没有已定位且属于园区的载体"):
            sheet("linkage", extras=extras)
