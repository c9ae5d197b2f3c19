"""Write the data dictionary from the catalogue: ``python -m data.make_dictionary``.

The dictionary is a view of ``catalogue.toml`` and ``sources.csv``; nothing is
added by hand, and a test fails when ``docs/data-dictionary.md`` is not current.
"""

from __future__ import annotations

import argparse
import csv
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from layers.catalogue import EDITION_DIR
from layers.catalogue import Catalogue
from layers.catalogue import load_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Sequence

    from layers.catalogue import FieldSpec
    from layers.catalogue import LayerSpec

DICTIONARY = EDITION_DIR.parent / "docs" / "data-dictionary.md"

TYPES = {
    "text": "文本 text",
    "integer": "整数 integer",
    "number": "数值 number",
    "boolean": "是否 true/false",
    "date": "日期 YYYY-MM-DD",
    "month": "年月 YYYY-MM",
}
KINDS = {"point": "点 point", "line": "线 line", "polygon": "面 polygon"}
FIELD_HEAD = (
    "字段 Field",
    "名称 Title",
    "类型 Type",
    "单位 Unit",
    "规则 Rules",
    "取值 Values",
    "短名 Short",
    "表头别名 Aliases",
)
SOURCE_HEAD = (
    "编号 Id",
    "名称 Title",
    "发布者 Publisher",
    "日期 Date",
    "许可 Licence",
    "质量 Quality",
    "支持 Supports",
    "出处 Reference",
    "说明 Note",
)
INTRO = """# 数据字典 Data dictionary

由 `data/catalogue.toml` 与 `data/sources.csv` 生成，请勿手改；
修改目录后运行 `python -m data.make_dictionary`。

Generated from `data/catalogue.toml` and `data/sources.csv`; do not edit. Run
`python -m data.make_dictionary` after a change.

- 未知为空，不写 0。 Unknown is empty, never 0.
- 坐标：文件为经纬度（EPSG:4326），按 CGCS2000（EPSG:4490）使用，二者相差不到 1 米。
  Files hold longitude and latitude (EPSG:4326) and are used as CGCS2000 (EPSG:4490);
  the two differ by less than 1 m, far below the accuracy given with each feature.
- 没有坐标的要素几何为空，列入“未定位”，不落图。 What has no coordinates has no geometry,
  is listed as not located, and is never drawn.
- 多个来源以分号连接。 Several sources are joined by a semicolon.
- “内部”字段与图层不进入公开副本。 Internal fields and layers are left out of public copies.
- 载体的名称、位置、竣工年份为公开资料；`sample` 为真时，面积与占用数据由固定种子的脚本生成，
  仅 `area_basis` 为 `stated` 的总建筑面积是公布数，为 `unverified` 的是未核实的常识数。
  Names, places and years of carriers are public; where `sample` is true, areas and occupancy come
  from a seeded script, except a gross area whose `area_basis` is `stated` (published) or
  `unverified` (general knowledge).
- 运营机构与评价指标全部为示例，只属于示例园区与示例机构；真实园区没有编造的指标与等级。
  Operators and indicators are all samples, of sample parks and sample operators only; no
  indicator or grade of a real park is invented.
- 来源表的“支持”列说明该来源证明什么；面积须有支持 `area` 且质量为 A、B、C 或 S 的来源。
  The column Supports says what a source is evidence of; an area needs a source of quality A, B, C
  or S that supports `area`.
"""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; a bar inside a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    cells = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join("| " + " | ".join(line) + " |" for line in cells) + "\n"


def rules(spec: FieldSpec) -> str:
    """Say what a value of the field must satisfy, and who may see it."""
    parts = []
    if spec.required:
        parts.append("必填 required")
    if spec.unique:
        parts.append("唯一 unique")
    if spec.minimum is not None:
        parts.append(f"≥ {spec.minimum:g}")
    if spec.maximum is not None:
        parts.append(f"≤ {spec.maximum:g}")
    if spec.references is not None:
        parts.append(f"引用 refers to `{'.'.join(spec.references)}`")
    if spec.sensitivity == "internal":
        parts.append("内部 internal")
    if spec.by_app:
        parts.append("只由系统记录 written by the app only")
    if spec.proof:
        is_day = spec.type == "date"
        parts.append("不得晚于当天 not after today" if is_day else "“无”不算 no word for none")
    return "；".join(parts)


def field_row(spec: FieldSpec) -> tuple[str, ...]:
    """Return a field as one line of its layer's table."""
    values = "、".join(
        f"`{c.value}`" if c.value == c.title.zh else f"`{c.value}` {c.title.zh}"
        for c in spec.choices
    )
    return (
        f"`{spec.name}`",
        f"{spec.title.zh} {spec.title.en}",
        TYPES[spec.type],
        spec.unit,
        rules(spec),
        values,
        f"`{spec.short}`",
        "、".join(spec.aliases),
    )


def layer_section(layer: LayerSpec) -> str:
    """Return the section of one layer."""
    kinds = "、".join(KINDS[kind] for kind in layer.geometry) or "无几何 table without geometry"
    facts = [
        f"几何 Geometry: {kinds}",
        f"文件 File: {f'`{layer.file}`' if layer.file else '未随图提供 not bundled'}",
        f"主键 Key: `{layer.id_field}`",
    ]
    if layer.sensitivity == "internal":
        facts.append("内部图层 internal layer")
    return (
        f"\n## `{layer.key}` {layer.title.zh} {layer.title.en}\n\n"
        f"{layer.description.zh}。 {layer.description.en}.\n\n"
        f"{' · '.join(facts)}\n\n"
        f"{table(FIELD_HEAD, (field_row(spec) for spec in layer.fields))}"
    )


def source_section(folder: Path) -> str:
    """Return the section of the sources."""
    with (folder / "sources.csv").open(encoding="utf-8", newline="") as stream:
        rows = [
            (
                f"`{row['source_id']}`",
                f"{row['title_zh']} {row['title_en']}",
                row["publisher"],
                row["date"],
                row["licence"],
                row["quality"],
                row["supports"],
                row["reference"],
                row["note"],
            )
            for row in csv.DictReader(stream)
        ]
    return f"\n## 来源 Sources\n\n{quality_marks(folder)}\n{table(SOURCE_HEAD, rows)}"


def quality_marks(folder: Path) -> str:
    """Explain the marks in the column `quality` of the sources."""
    raw = tomllib.loads((folder / "catalogue.toml").read_text(encoding="utf-8"))
    marks = raw["choices"]["source_quality"]
    return "".join(f"- {m['value']}: {m['title_zh']} {m['title_en']}\n" for m in marks)


def dictionary_text(catalogue: Catalogue) -> str:
    """Return the data dictionary of an edition as Markdown.

    Parameters
    ----------
    catalogue
        The catalogue; its folder must hold ``sources.csv``.
    """
    head = f"{INTRO}\n目录版本 Catalogue version: {catalogue.version_text}\n"
    sections = "".join(layer_section(layer) for layer in catalogue.layers)
    return head + sections + source_section(catalogue.folder)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=DICTIONARY, help="file to write")
    out: Path = parser.parse_args().out
    out.write_text(dictionary_text(load_catalogue()), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
