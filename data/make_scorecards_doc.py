"""Write the scorecards for readers: ``python -m data.make_scorecards_doc``.

The document is a view of ``scorecards.toml``; nothing is added by hand, and a test
fails when ``docs/scorecards.md`` is not current.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from data.make_dictionary import table
from layers.catalogue import EDITION_DIR
from layers.scorecards import load_scorecards

if TYPE_CHECKING:
    from geo.scorecards import Criterion
    from geo.scorecards import Scorecard
    from layers.scorecards import Scorecards

DOCUMENT = EDITION_DIR.parent / "docs" / "scorecards.md"

CRITERION_HEAD = (
    "指标 Criterion",
    "名称 Title",
    "权重 Weight",
    "方向 Better",
    "锚点 Anchors (value → score)",
    "单位 Unit",
    "算法 Formula",
    "图层测算 Measure",
    "依据 Source",
)
GROUP_HEAD = ("大类 Heading", "名称 Title", "权重 Weight")
GRADE_HEAD = ("等级 Grade", "最低分 Least score")
DISPOSAL_HEAD = ("类 Class", "名称 Title", "处置用语 Words", "等级 Grades", "状态 States")
NOBODY = "尚未批准，权重为建议值 nobody yet, suggestions"
WAYS = {"more": "越高越好 more", "less": "越低越好 less"}
INTRO = """# 评价表 Scorecards

由 `data/scorecards.toml` 生成，请勿手改；修改后运行 `python -m data.make_scorecards_doc`。

Generated from `data/scorecards.toml`; do not edit. Run `python -m data.make_scorecards_doc`
after a change.

- 权重与锚点均为建议值，行动方案没有规定；写明批准人（`approved_by`）之前，结果都标“权重为建议值”。
  Weights and anchors are suggestions, the action plan fixes none; results say so until
  `approved_by` names who approved them.
- 得分：锚点之间按直线，之外取最近锚点；各项得分乘权重（折算为占比）相加。
  Straight lines between anchors, the nearest anchor outside; values times weights (as shares)
  add up.
- 缺项为区间，不是 0；已知权重不足或两端等级不同，不定等级。
  A missing number is an interval, never 0; too little known weight, or two grades at the two ends,
  gives no grade.
- 不适用的指标，其权重由其余指标分担。 The weight of what does not apply is shared by the others.
- 不跨类排名；兼具两类的园区有两张表。
  No ranking across classes; a park of two classes has two cards.
- 末级连续两年才列入约谈、更换运营机构或退出名单，单年只预警。
  Only two consecutive fails put a place on the list for talks, another operator, or exit.
"""


def number(value: float) -> str:
    """Return a number without idle zeros."""
    return f"{value:g}"


def criterion_row(criterion: Criterion) -> tuple[str, ...]:
    """Return a criterion as one line of its card's table."""
    anchors = "；".join(f"{number(x)} → {number(y)}" for x, y in criterion.points)
    return (
        f"`{criterion.key}`",
        f"{criterion.title_zh} {criterion.title_en}",
        number(criterion.weight),
        WAYS[criterion.direction],
        anchors,
        criterion.unit
        if criterion.unit_en == criterion.unit
        else f"{criterion.unit} {criterion.unit_en}",
        f"{criterion.formula_zh}。 {criterion.formula_en}",
        f"`{criterion.measure}`" if criterion.measure else "",
        criterion.source,
    )


def card_section(card: Scorecard) -> str:
    """Return the section of one card."""
    groups = (
        (
            f"`{group.key}`",
            f"{group.title_zh} {group.title_en}",
            number(sum(c.weight for c in card.criteria if c.group == group.key)),
        )
        for group in card.groups
    )
    subjects = "、".join(
        f"`{layer}`" + (f" (`{field}` = `{value}`)" if field else "")
        for layer, field, value in card.subjects
    )
    facts = [
        f"- 版本 Version: `{card.version}`",
        f"- 对象 Subjects: {subjects}",
        f"- 定等级所需已知权重 Evidence needed for a grade: {card.evidence_share:.0%}",
        f"- 新设期（月） New for (months): {number(card.new_months)}",
        f"- 批准 Approved by: {card.approved_by or NOBODY}",
        f"- 依据 Source: {card.source}",
    ]
    if card.note:
        facts.append(f"- 说明 Note: {card.note}")
    listed = "\n".join(facts)
    return (
        f"\n## `{card.key}` {card.title_zh} {card.title_en}\n\n{listed}\n\n"
        f"{table(GROUP_HEAD, groups)}\n"
        f"{table(CRITERION_HEAD, (criterion_row(c) for c in card.criteria))}\n"
        f"{table(GRADE_HEAD, ((f'{g.key} {g.title_en}', number(g.least)) for g in card.grades))}"
    )


def disposal_section(cards: Scorecards) -> str:
    """Return the section of the words that results are read next to."""
    rows = (
        (
            disposal.key,
            f"{disposal.title.zh} {disposal.title.en}",
            f"{disposal.words.zh} {disposal.words.en}",
            "、".join(disposal.grades),
            "、".join(disposal.states),
        )
        for disposal in cards.disposals
    )
    return (
        "\n## A–D 对照用语 Words to read beside\n\n"
        "对照 2023–24 年产业用地绩效评估的用语，不是该评估的结论。"
        " Words of the evaluation of industrial land, not a finding under it.\n\n"
        f"{table(DISPOSAL_HEAD, rows)}"
    )


def document_text(cards: Scorecards) -> str:
    """Return the scorecards as Markdown.

    Parameters
    ----------
    cards
        All cards of an edition.
    """
    head = f"{INTRO}\n文件版本 Version of the file: `{cards.version}`\n"
    return head + "".join(map(card_section, cards.cards.values())) + disposal_section(cards)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=DOCUMENT, help="file to write")
    out: Path = parser.parse_args().out
    out.write_text(document_text(load_scorecards()), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
