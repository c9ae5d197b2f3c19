"""The command ``atlas evaluate``."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import openpyxl
import pandas as pd
import pytest

from layers.catalogue import load_catalogue
from layers.evaluation import EVALUATION_TITLES
from layers.evaluation import TABLE_COLUMNS
from layers.scorecards import load_scorecards
from layers.scorecards import read_scorecards
from layers.scorecards import write_scorecards
from layers.startup import open_or_create
from tests.cli_hand import refused
from tests.cli_hand import run
from tests.evaluation_hand import record
from tests.evaluation_hand import rows

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = ("university", "characteristic", "incubator", "operator")
FEW = ("--draws", "200")
HEAD = "项,leasing,service,technology,finance,space\n"


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("evaluate") / "workspace"
    open_or_create(path, load_catalogue(), author="test")
    return path


def written(bundled: Path, out: Path, *options: object, code: int = 0) -> Any:
    given = options if "--class" in options else ("--class", "operator", *options)
    result = run("evaluate", "-w", bundled, "--out", out, *FEW, *given)
    assert result.exit_code == code, result.output
    return result


def table(bundled: Path, tmp_path: Path, *options: object) -> pd.DataFrame:
    out = tmp_path / "e.csv"
    written(bundled, out, *options)
    return pd.read_csv(out, dtype={"grade": "str"}, keep_default_na=False, na_values={"": []})


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_is_evaluated_for_the_latest_year(
    bundled: Path, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "e.csv"
    told = written(bundled, out, "--class", name).stderr
    found = pd.read_csv(out)
    assert tuple(found.columns)[: len(TABLE_COLUMNS)] == TABLE_COLUMNS
    assert found["period"].eq(2026).all()
    assert found["card"].eq(name).all()
    assert load_scorecards().cards[name].title_zh in told
    assert "权重为建议值" in told
    ends = found[found["score"].isna()]
    assert (ends["score_low"] < ends["score_high"]).all()
    graded = found["grade"].notna()
    assert (graded == found["undecided"].isna()).all()


def test_every_grade_occurs_in_the_sample_and_only_there(bundled: Path, tmp_path: Path) -> None:
    grades: set[object] = set()
    for name in CLASSES:
        for year in (2024, 2025, 2026):
            out = tmp_path / f"{name}{year}.csv"
            written(bundled, out, "--class", name, "--period", year)
            found = pd.read_csv(out)
            grades |= set(found["grade"].dropna())
            assert found.loc[found["grade"].notna(), "sample"].all()
    assert grades == {"优", "良", "合格", "不合格"}


def test_two_years_failed_are_on_the_list_in_the_sample(bundled: Path, tmp_path: Path) -> None:
    found = table(bundled, tmp_path)
    listed = found[found["exit"].astype(str) == "True"]
    assert len(listed)
    assert (listed["fails_in_a_row"] >= 2).all()
    assert listed["reason_zh"].str.contains("约谈").all()


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json", "parquet"])
def test_every_format_holds_the_same_grades(bundled: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"e.{suffix}"
    told = json.loads(written(bundled, out, "--json").stdout)
    named = {title.zh: name for name, title in EVALUATION_TITLES.items()}
    read = {
        "csv": lambda: pd.read_csv(out),
        "xlsx": lambda: pd.read_excel(out, engine="openpyxl").rename(columns=named),
        "json": lambda: pd.DataFrame(json.loads(out.read_text("utf-8"))),
        "parquet": lambda: pd.read_parquet(out),
    }[suffix]()
    assert len(read) == len(told) == 8
    assert read["subject_id"].tolist() == [row["subject_id"] for row in told]
    assert read["grade"].fillna("").tolist() == [row["grade"] or "" for row in told]


def test_a_workbook_says_where_its_numbers_come_from(bundled: Path, tmp_path: Path) -> None:
    out = tmp_path / "e.xlsx"
    written(bundled, out, "--table", "contributions")
    book = openpyxl.load_workbook(out)
    text = "\n".join(
        str(cell.value) for sheet in book for line in sheet.iter_rows() for cell in line
    )
    for part in ("operator-2026.1", "seed=2026", "indicators v", "权重为建议值", "示例"):
        assert part in text


def test_contributions_add_to_the_score(bundled: Path, tmp_path: Path) -> None:
    scores = table(bundled, tmp_path).set_index("subject_id")
    parts = table(bundled, tmp_path, "--table", "contributions")
    added = parts.groupby("subject_id")[["contribution_low", "contribution_high"]].sum()
    for end in ("low", "high"):
        gap = added[f"contribution_{end}"] - scores[f"score_{end}"].astype("float64")
        assert gap.abs().max() < 1e-9
    assert set(parts["origin"]) >= {"recorded", "difference"}
    assert parts.loc[parts["origin"] != "none", "data_date"].notna().all()


def test_weights_and_seed_are_used_and_recorded(bundled: Path, tmp_path: Path) -> None:
    weights = ("--weight", "absorption=90", "--weight", "satisfaction=0", "--seed", 7)
    found = table(bundled, tmp_path, *weights)
    assert found["parameters"].str.contains("weight_absorption=90").all()
    assert found["parameters"].str.contains("seed=7").all()
    assert not found["parameters"].str.contains("weight_satisfaction").any()
    default = table(bundled, tmp_path)
    assert found["scorecard_version"].iloc[0] != default["scorecard_version"].iloc[0]
    same = table(bundled, tmp_path, *weights)
    pd.testing.assert_frame_equal(found, same)


def judgements(folder: Path, text: str) -> Path:
    path = folder / "ahp.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_judgements_in_pairs_become_weights(bundled: Path, tmp_path: Path) -> None:
    shares = {"leasing": 4, "service": 2, "technology": 2, "finance": 1, "space": 1}
    lines = [
        ",".join([key, *(f"{weight}/{other}" for other in shares.values())])
        for key, weight in shares.items()
    ]
    path = judgements(tmp_path, HEAD + "\n".join(lines))
    mine = tmp_path / "mine.toml"
    found = table(bundled, tmp_path, "--ahp", path, "--write-scorecard", mine)
    card = read_scorecards(mine).cards["operator"]
    weights = dict.fromkeys(shares, 0.0)
    for criterion, weight in zip(card.criteria, card.weights, strict=True):
        weights[criterion.group] += weight
    assert weights == pytest.approx({key: weight / 10 for key, weight in shares.items()})
    assert found["scorecard_version"].eq(card.version).all()


def test_the_card_as_used_is_written_and_read_again(bundled: Path, tmp_path: Path) -> None:
    card = tmp_path / "mine.toml"
    weights = ("--weight", "absorption=40")
    one = table(bundled, tmp_path, *weights, "--write-scorecard", card)
    assert read_scorecards(card).cards["operator"].criterion("absorption").weight == 40
    other = table(bundled, tmp_path, "--scorecard", card)
    pd.testing.assert_frame_equal(one, other)


def test_years_and_cards_are_compared(bundled: Path, tmp_path: Path) -> None:
    years = table(bundled, tmp_path, "--against-period", 2025)
    assert years["period_before"].eq(2025).all()
    assert years["period_after"].eq(2026).all()
    now, then = (
        table(bundled, tmp_path, "--period", year).set_index("subject_id")["grade"]
        for year in (2026, 2025)
    )
    told = years.set_index("subject_id")
    assert told["grade_after"].fillna("").to_dict() == now.fillna("").to_dict()
    assert told["grade_before"].fillna("").to_dict() == then.fillna("").to_dict()
    path = write_scorecards(load_scorecards(), tmp_path / "all.toml")
    cards = table(bundled, tmp_path, "--against-scorecard", path, "--weight", "absorption=300")
    moved = cards[cards["changed"].astype(str) == "True"]
    assert len(moved)
    assert set(moved["by"]) <= {"weight"}
    assert cards["parameters"].str.contains("weight_absorption=300").all()


def test_entropy_is_advice_beside_the_weights(bundled: Path, tmp_path: Path) -> None:
    found = table(bundled, tmp_path, "--table", "entropy")
    assert found["weight"].sum() == pytest.approx(1)
    assert found["entropy_weight"].sum() == pytest.approx(1)
    assert found["criterion"].tolist() == list(load_scorecards().cards["operator"].keys)


def test_a_public_copy_has_grades_and_no_raw_values_or_names(bundled: Path, tmp_path: Path) -> None:
    out = tmp_path / "e.csv"
    for kind in ("subjects", "contributions"):
        written(bundled, out, "--table", kind, "--audience", "public")
        text = out.read_text("utf-8-sig")
        assert "示例运营机构" not in text
        head = text.splitlines()[0].split(",")
        assert not {"raw_low", "raw_high", "contribution_low", "value_low"} & set(head)
    told = json.loads(
        written(bundled, out, "--audience", "public", "--json", "--table", "subjects").stdout
    )
    assert "name" not in told[0]
    assert any(row["grade"] for row in told)


def test_records_that_are_not_used_are_a_problem_the_user_sees(tmp_path: Path) -> None:
    path = tmp_path / "workspace"
    opened = open_or_create(path, load_catalogue(), author="test")[0]
    kept = opened.read("indicators")
    odd = rows(
        "indicators",
        record("NOBODY", "absorption", 5, card="operator", period=2026),
        record("OP01", "absorption", 5, card="operator", period=2026),
    )
    opened.commit("indicators", pd.concat([kept, odd], ignore_index=True), author="t", message="m")
    out = tmp_path / "e.csv"
    result = written(path, out, "--table", "unused", code=1)
    found = pd.read_csv(out)
    assert found["why"].value_counts().to_dict() == {"repeated": 2, "unknown_subject": 1}
    assert "3 条指标记录未采用" in result.stderr


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--weight", "colour=1"), "没有指标“colour”；可用的指标：target_leased, "),
        (("--weight", "absorption=much"), "a number"),
        (("--weight", "absorption=-1"), "须为不小于 0 的数"),
        (("--table", "comparison"), "--against-period"),
        (("--against-period", "2025", "--table", "entropy"), "compares nothing"),
        (("--period", "1900"), "2000"),
        (("--scorecard", "none.toml"), "none.toml"),
        (("--ahp", "none.csv"), "none.csv"),
    ],
)
def test_a_wrong_wish_is_told(
    bundled: Path,
    tmp_path: Path,
    options: tuple[str, ...],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "e.csv"
    wish = ("evaluate", "-w", bundled, "--class", "operator", "--out", out, *options)
    told = refused(monkeypatch, capsys, *wish)
    assert problem in " ".join(told.replace("│", " ").split())
    assert not out.exists()


def test_judgements_that_contradict_each_other_are_refused(
    bundled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    circle = "leasing,,9,1/9,1,1\nservice,,,9,1,1\ntechnology,,,,1,1\nfinance,,,,,1\nspace,,,,,\n"
    path = judgements(tmp_path, HEAD + circle)
    out = tmp_path / "e.csv"
    wish = ("evaluate", "-w", bundled, "--class", "operator", "--out", out, "--ahp", path)
    told = refused(monkeypatch, capsys, *wish)
    assert "CR = " in told
    assert "重新判断" in told


def test_a_file_without_the_class_is_refused(
    bundled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, card = tmp_path / "e.csv", tmp_path / "mine.toml"
    written(bundled, out, "--write-scorecard", card)
    out.unlink()
    wish = ("evaluate", "-w", bundled, "--class", "university", "--out", out)
    for option in ("--scorecard", "--against-scorecard"):
        told = refused(monkeypatch, capsys, *wish, option, card)
        # The box around the message may break the path anywhere.
        assert "mine.toml" in re.sub(r"[\s│]", "", told)
    assert not out.exists()


def test_a_class_without_records_asks_for_a_year(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "workspace"
    open_or_create(empty, load_catalogue(), author="test", empty=True)
    wish = ("evaluate", "-w", empty, "--class", "operator", "--out", tmp_path / "e.csv")
    assert "--period" in refused(monkeypatch, capsys, *wish)
    done = run(*wish, "--period", 2025)
    assert done.exit_code == 0
    assert "这一类别和年度没有任何指标记录" in done.stderr
    assert pd.read_csv(tmp_path / "e.csv").empty


def test_the_summary_counts_as_the_page_does(bundled: Path, tmp_path: Path) -> None:
    found = table(bundled, tmp_path)
    told = written(bundled, tmp_path / "e.csv").stderr
    nothing = found["undecided"].eq("nothing")
    open_ = found["undecided"].isin(["evidence", "interval", "new"])
    assert open_.sum() > 0
    listed = found["exit"].astype(str).eq("True")
    assert f"不定等级 {open_.sum()} 个；无数据 {nothing.sum()} 个" in told
    assert listed.sum() > 0
    assert f"列入约谈或退出名单 {listed.sum()} 个" in told
    assert "没有任何指标记录" not in told


def test_who_approved_a_card_is_named(bundled: Path, tmp_path: Path) -> None:
    cards = load_scorecards()
    own = replace(cards.cards["operator"], approved_by="区科委")
    path = write_scorecards(replace(cards, cards={"operator": own}), tmp_path / "own.toml")
    out = tmp_path / "e.xlsx"
    told = written(bundled, out, "--scorecard", path).stderr
    assert "权重经 区科委 批准" in told
    assert "建议值" not in told
    book = openpyxl.load_workbook(out)
    text = "\n".join(str(c.value) for sheet in book for line in sheet.iter_rows() for c in line)
    assert "权重经 区科委 批准" in text
    # Whoever moves a weight uses another card than the one that was approved.
    moved = written(bundled, out, "--scorecard", path, "--weight", "absorption=40").stderr
    assert "区科委" not in moved


def test_a_comparison_says_what_its_effect_means(bundled: Path, tmp_path: Path) -> None:
    out = tmp_path / "e.xlsx"
    for options, there in ((("--against-period", 2025), True), ((), False)):
        written(bundled, out, *options)
        book = openpyxl.load_workbook(out)
        text = "\n".join(str(c.value) for s in book for line in s.iter_rows() for c in line)
        assert ("影响（分）：" in text) == there


def test_help_says_how_judgements_are_written() -> None:
    told = " ".join(run("evaluate", "--help").output.replace("│", " ").split())
    assert "square matrix" in told
    assert "keys of all headings" in told


def test_help_has_an_example() -> None:
    assert "atlas evaluate --class university" in run("evaluate", "--help").output
