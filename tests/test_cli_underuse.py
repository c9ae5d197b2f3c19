"""The command ``atlas underused``."""

from __future__ import annotations

import json
import struct
import zipfile
from typing import TYPE_CHECKING
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from geo.underuse import STATES
from layers.catalogue import load_catalogue
from layers.errors import WorkspaceError
from layers.scorecards import load_scorecards
from layers.scorecards import write_scorecards
from layers.startup import open_or_create
from layers.underuse import UNDERUSE_TITLES
from layers.underuse import RankChoice
from layers.underuse import underuse_of
from layers.underuse.judged import PUBLIC_COLUMNS
from layers.workspace import Workspace
from tests.cli_hand import refused
from tests.cli_hand import run
from tests.layers.packs_hand import SECRETS
from tests.underuse_hand import STATES as BY_HAND
from tests.underuse_hand import tables

if TYPE_CHECKING:
    from pathlib import Path

FEW = ("--draws", "100")
_WORDS = ("carrier_id", "name", "park_id", "state", "reason_zh", "reason_en", "rule_version")


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("underused") / "workspace"
    open_or_create(path, load_catalogue(), author="test")
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with the carriers by hand, all their secrets included."""
    path = tmp_path_factory.mktemp("underused") / "hand"
    workspace = Workspace.create(path, load_catalogue(), author="test", edition=None)
    odd = {"C3": {"tax_wan": 1196.37}, "C1": {"tax_wan": 117.31}}
    for key, frame in tables(**odd).items():
        if len(frame):
            workspace.commit(key, frame, author="test", message="made by hand")
    return path


def written(workspace: Path, out: Path, *options: object, code: int = 0) -> Any:
    result = run("underused", "-w", workspace, "--out", out, *FEW, *options)
    assert result.exit_code == code, result.output
    return result


def table(workspace: Path, tmp_path: Path, *options: object) -> pd.DataFrame:
    out = tmp_path / "u.csv"
    written(workspace, out, *options)
    return pd.read_csv(out)


def content(path: Path) -> str:
    """Return everything that a file holds as text; a workbook is a folder of XML."""
    if path.suffix not in {".xlsx", ".docx"}:
        return path.read_bytes().decode("utf-8", "replace")
    with zipfile.ZipFile(path) as archive:
        return "\n".join(archive.read(n).decode("utf-8", "replace") for n in archive.namelist())


def test_every_state_occurs_in_the_sample(bundled: Path, tmp_path: Path) -> None:
    found = table(bundled, tmp_path)
    assert tuple(found.columns)[: len(PUBLIC_COLUMNS)] == PUBLIC_COLUMNS
    assert set(found["state"]) == set(STATES)
    carriers = Workspace.open(bundled, load_catalogue()).read("carriers")
    assert sorted(found["carrier_id"]) == sorted(carriers["carrier_id"])
    judged = found[found["state"].isin(["低效", "疑似低效", "预警"])]
    assert judged["sample"].all()
    assert judged["data_mark"].str.contains("示例数据").all()


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json", "gpkg", "geojson", "parquet"])
def test_every_format_holds_the_same_states(bundled: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"u.{suffix}"
    told = json.loads(written(bundled, out, "--json").stdout)
    named = {title.zh: name for name, title in UNDERUSE_TITLES.items()}
    readers: dict[str, Any] = {
        "csv": lambda: pd.read_csv(out),
        "xlsx": lambda: pd.read_excel(out, engine="openpyxl").rename(columns=named),
        "json": lambda: pd.DataFrame(json.loads(out.read_text("utf-8"))),
        "gpkg": lambda: gpd.read_file(out, layer="u"),
        "geojson": lambda: gpd.read_file(out),
        "parquet": lambda: pd.read_parquet(out),
    }
    read = readers[suffix]()
    for name in PUBLIC_COLUMNS:
        expected = pd.Series([row[name] for row in told])
        assert read[name].isna().tolist() == expected.isna().tolist(), name
        known = read[name].notna()
        if name in _WORDS:
            assert read.loc[known, name].tolist() == expected[known].tolist(), name
        else:
            found = read.loc[known, name].astype("float64").tolist()
            assert found == pytest.approx(expected[known].astype("float64").tolist()), name
    assert read["recoverable_area_m2"].isna().any()
    assert read["parameters"].str.contains("market_vacancy=0.246").all()


def test_the_file_is_what_the_page_computes(made: Path, tmp_path: Path) -> None:
    found = table(made, tmp_path, "--seed", "7").set_index("carrier_id")
    workspace = Workspace.open(made, load_catalogue())
    there = {key: workspace.read(key) for key in workspace.versions()}
    expected = underuse_of(there, load_catalogue(), choice=RankChoice(draws=100, seed=7)).table
    assert found["state"].to_dict() == BY_HAND
    for name in ("rank_low", "rank_high", "p_worst_third", "vacancy_rate", "evidence_share"):
        own = expected.set_index("carrier_id")[name].astype("float64")
        assert found[name].tolist() == pytest.approx(own.tolist(), nan_ok=True)


def test_counts_by_state_are_told(made: Path, tmp_path: Path) -> None:
    told = written(made, tmp_path / "u.csv").stderr
    assert "低效 1, 疑似低效 1, 预警 1, 待核 3, 观察 2, 正常 2" in told
    english = run("--lang", "en", "underused", "-w", made, "-o", tmp_path / "e.csv", *FEW).stderr
    assert (
        "10 carriers as of 2026-09-30: inefficient 1, suspected inefficient 1, warning 1" in english
    )


def test_a_choice_of_rows_is_still_judged_against_the_district(
    bundled: Path, made: Path, tmp_path: Path
) -> None:
    everything = table(bundled, tmp_path).set_index("carrier_id")
    park = str(everything["park_id"].dropna().iloc[0])
    own = table(bundled, tmp_path, "--park", park).set_index("carrier_id")
    assert own.index.tolist() == everything.index[everything["park_id"].eq(park)].tolist()
    for name in ("peer_median_tax_yuan_m2", "rank_high", "state"):
        assert own[name].tolist() == pytest.approx(everything.loc[own.index, name], nan_ok=True)
    two = table(made, tmp_path, "--carrier", "C2", "--carrier", "C1")
    assert two["carrier_id"].tolist() == ["C1", "C2"]
    assert two["peers"].tolist() == [10, 10]


def test_the_day_and_the_thresholds_can_be_moved(made: Path, tmp_path: Path) -> None:
    # On the last day of 2024 the space had stood empty for nine months.
    early = table(made, tmp_path, "--as-of", "2024-12-31").set_index("carrier_id")
    assert early["vacant_months"]["C3"] == 9
    assert early["state"]["C3"] == "正常"
    moved = table(made, tmp_path, "--set", "market_vacancy=0.6", "--set", "least_peers=2")
    assert moved.set_index("carrier_id")["state"]["C3"] == "正常"
    assert moved["parameters"].str.contains("market_vacancy=0.6").all()
    assert moved["parameters"].str.contains("least_peers=2").all()


def test_weights_and_cards_can_be_moved(made: Path, tmp_path: Path) -> None:
    weighed = table(made, tmp_path, "--weight", "rent=900").set_index("carrier_id")
    # C1 is half empty (20 points) for 30 months (15), pays 117.31 / 1100 of the median
    # (60 points at one half) and has the highest rent (100).
    points = 35 * 20 + 15 * 15 + 35 * 60 * 2 * 117.31 / 1100 + 900 * 100
    assert weighed["score_low"]["C1"] == pytest.approx(points / (35 + 15 + 35 + 900))
    assert weighed["parameters"].str.contains("weight_rent=900").all()
    card = tmp_path / "cards.toml"
    write_scorecards(load_scorecards(), card)
    usual, again = table(made, tmp_path), table(made, tmp_path, "--scorecard", card)
    pd.testing.assert_frame_equal(usual, again)


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json", "gpkg", "geojson", "parquet"])
@pytest.mark.parametrize("name", ["carriers", "leasing"])
def test_a_public_file_holds_no_internal_value(
    made: Path, tmp_path: Path, suffix: str, name: str
) -> None:
    internal, public = tmp_path / f"i.{suffix}", tmp_path / f"p.{suffix}"
    written(made, internal, "--table", name)
    written(made, public, "--table", name, "--audience", "public")
    secrets = [*SECRETS, "1087.6", "1,088", "106.6", "107 元", "121.505612"]
    if suffix != "parquet":  # which is packed, and says nothing to a search
        assert any(secret in content(internal) for secret in secrets)
    assert [secret for secret in secrets if secret in content(public)] == []
    read = pd.read_parquet(public) if suffix == "parquet" else None
    if read is not None:
        text = read.drop(columns="geometry", errors="ignore").to_csv()
        assert [secret for secret in secrets if secret in text] == []


def test_a_public_geopackage_over_an_internal_one_keeps_nothing_of_it(
    made: Path, tmp_path: Path
) -> None:
    out = tmp_path / "u.gpkg"
    # Numbers stand in a GeoPackage as doubles, the high byte first; those of places
    # with the low byte first.
    numbers = [struct.pack(">d", 1196.37e4 / 11_000), struct.pack("<d", 121.505612)]
    written(made, out)
    assert [number in out.read_bytes() for number in numbers] == [True, True]
    written(made, out, "--audience", "public")
    assert [number in out.read_bytes() for number in numbers] == [False, False]
    place = gpd.read_file(out, layer="u").set_index("carrier_id").geometry["C1"]
    assert (place.x, place.y) == (pytest.approx(121.5056), pytest.approx(31.2790))


def test_a_public_workbook_says_that_it_is_one(made: Path, tmp_path: Path) -> None:
    public, internal = tmp_path / "p.xlsx", tmp_path / "i.xlsx"
    written(made, public, "--audience", "public")
    written(made, internal)
    assert "未送审不得公开" in content(public)
    assert "内部资料" not in content(public)
    assert "内部资料" in content(internal)


def test_a_workbook_says_where_its_numbers_come_from(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "u.xlsx"
    written(made, out)
    book = openpyxl.load_workbook(out)
    text = "\n".join(
        str(cell.value) for sheet in book for line in sheet.iter_rows() for cell in line
    )
    for part in ("underuse-2026.1", "seed=2026", "carriers v", "建议值", "示例", "2025-06"):
        assert part in text


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("todo", {"who", "who_kind", "field", "field_title_zh", "why", "matters"}),
        ("contributions", {"criterion", "weight", "contribution_low", "state"}),
        ("leasing", {"largest_vacant_m2", "available_from", "metro_walk_m", "belts"}),
        ("matches", {"operator_id", "score", "fits", "reasons_zh"}),
    ],
)
def test_the_other_tables_carry_their_origin(
    bundled: Path, tmp_path: Path, name: str, columns: set[str]
) -> None:
    found = table(bundled, tmp_path, "--table", name)
    assert len(found)
    assert columns | {"carrier_id", "sample", "rule_version", "parameters"} <= set(found.columns)
    assert found[["rule_version", "parameters"]].notna().all(axis=None)


@pytest.mark.parametrize("name", ["carriers", "todo", "contributions", "leasing", "matches"])
@pytest.mark.parametrize("suffix", ["gpkg", "parquet", "xlsx"])
def test_a_park_without_carriers_has_no_rows(
    bundled: Path, tmp_path: Path, name: str, suffix: str
) -> None:
    opened = Workspace.open(bundled, load_catalogue())
    empty = set(opened.read("parks")["park_id"]) - set(opened.read("carriers")["park_id"])
    out = tmp_path / f"u.{suffix}"
    told = written(bundled, out, "--table", name, "--park", min(empty), "--json")
    assert json.loads(told.stdout) == []
    assert "已写出 0 行" in told.stderr
    assert out.exists()


def test_of_a_weight_that_is_given_twice_the_last_counts(made: Path, tmp_path: Path) -> None:
    twice = table(made, tmp_path, "--weight", "rent=1", "--weight", "rent=900")
    once = table(made, tmp_path, "--weight", "rent=900")
    pd.testing.assert_frame_equal(twice, once)


def test_no_pack_is_written_if_the_file_cannot_be(
    made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = refused(
        *(monkeypatch, capsys, "underused", "-w", made, "--out", tmp_path / "u.txt"),
        *("--pack", tmp_path / "pack", "--carrier", "C1"),
    )
    assert ".geojson" in told
    assert not (tmp_path / "pack").exists()


def test_tables_are_limited_to_the_carriers_asked_for(made: Path, tmp_path: Path) -> None:
    for name, ids in {"todo": {"C5"}, "contributions": {"C5"}, "leasing": {"C5"}}.items():
        found = table(made, tmp_path, "--table", name, "--carrier", "C5")
        assert set(found["carrier_id"]) == ids


@pytest.mark.parametrize("audience", ["internal", "public"])
def test_a_pack_is_written_for_operators(made: Path, tmp_path: Path, audience: str) -> None:
    folder = tmp_path / "pack"
    result = run(
        *("underused", "-w", made, "--pack", folder, *FEW),
        *("--carrier", "C1", "--carrier", "C3", "--audience", audience),
    )
    assert result.exit_code == 0, result.output
    files = {path.suffix: path for path in folder.iterdir()}
    assert set(files) == {".xlsx", ".docx"}
    text = content(files[".xlsx"]) + content(files[".docx"])
    assert "C1" in text
    assert "C3" in text
    assert ("绝密运营公司" in text) == (audience == "internal")
    assert files[".xlsx"].stem in result.stderr


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--park", "P2"), "P1"),
        (("--carrier", "C11"), "C1"),
        (("--set", "colour=1"), "the parameters are"),
        (("--set", "vacant_months=many"), "a number"),
        (("--set", "market_vacancy=3"), "market_vacancy"),
        (("--as-of", "yesterday"), "2026-09-30"),
        (("--weight", "colour=3"), "没有指标 colour；现有：vacancy, vacant_months"),
        (("--weight", "rent=much"), "a number"),
        (("--weight", "rent=-1"), "权重有误"),
        (("--table", "matches", "--audience", "public"), "no public copy"),
        (("--pack", "somewhere"), "--carrier"),
        (("--draws", "0"), "--draws"),
    ],
)
def test_a_wrong_wish_is_told(
    made: Path,
    tmp_path: Path,
    options: tuple[str, ...],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "u.csv"
    monkeypatch.chdir(tmp_path)
    told = refused(monkeypatch, capsys, "underused", "-w", made, "--out", out, *options)
    assert problem in " ".join(told.replace("│", " ").split())
    assert not out.exists()
    assert not (tmp_path / "somewhere").exists()


def test_something_must_be_wished_for(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--out" in refused(monkeypatch, capsys, "underused", "-w", made)


def test_a_card_file_without_the_card_is_refused(
    made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cards = load_scorecards()
    card = tmp_path / "cards.toml"
    kept = {"university": cards.cards["university"]}
    write_scorecards(type(cards)(cards.version, kept, cards.disposals), card)
    told = refused(
        *(monkeypatch, capsys, "underused", "-w", made),
        *("-o", tmp_path / "u.csv", "--scorecard", card),
    )
    assert "university" in told


def _damage(workspace: Path, key: str) -> None:
    for path in (workspace / key).glob("*.parquet"):
        path.write_bytes(b"nothing")


def test_a_damaged_layer_is_told_and_the_rest_is_written(tmp_path: Path) -> None:
    path = tmp_path / "w"
    open_or_create(path, load_catalogue(), author="test")
    _damage(path, "stations")
    out = tmp_path / "u.csv"
    told = written(path, out, "--table", "leasing", code=1).stderr
    assert "stations" in told
    found = pd.read_csv(out)
    assert found["metro_walk_m"].isna().all()
    assert found["largest_vacant_m2"].notna().any()
    _damage(path, "carriers")
    with pytest.raises(WorkspaceError):
        run("underused", "-w", path, "--out", tmp_path / "none.csv", *FEW)
    assert not (tmp_path / "none.csv").exists()


def test_help_has_an_example() -> None:
    told = run("underused", "--help").stdout
    assert "atlas underused" in told
    assert "--as-of" in told
