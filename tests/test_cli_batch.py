"""The commands ``atlas batch``: they end with what must be seen, and say it."""

from __future__ import annotations

import json
import re
from contextlib import closing
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from dask.utils import parse_bytes

from cli_batch_run import Bar
from layers.batch.asked import AUTO
from layers.batch.asked import LEAST_BYTES
from layers.batch.asked import check_memory
from layers.batch.asked import check_target
from layers.batch.inputs import open_input
from layers.batch.run import Progress
from layers.batch.tables import read_table
from layers.catalogue import load_catalogue
from layers.city import City
from layers.errors import UsageError
from tests.cli_hand import refused
from tests.cli_hand import run
from tests.layers.batch.city_hand import A
from tests.layers.batch.city_hand import B
from tests.layers.batch.city_hand import C
from tests.layers.batch.city_hand import city
from tests.layers.batch.city_hand import write_city

if TYPE_CHECKING:
    from pathlib import Path

QUICK = ("--workers", "0", "--set", "stable_share=0.9", "--draws", "9")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_city(city(), tmp_path_factory.mktemp("cli") / "parquet")


@pytest.fixture(scope="module")
def place(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city of workspaces made by the command."""
    path = tmp_path_factory.mktemp("made") / "city"
    done = run("batch", "city", "--input", folder, "--out", path, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert [district["code"] for district in told["districts"]] == [A, B, C, ""]
    assert told["rows_rejected"] == 0
    return path


def test_scatter_of_a_city_goes_back_into_its_districts(place: Path, tmp_path: Path) -> None:
    done = run("batch", "scatter", "-i", place, "-o", tmp_path, *QUICK, "--into", place, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    table = read_table(tmp_path / "scatter" / "table.parquet")
    assert told["accounts"]["results"] == {
        "of": "parks",
        "planned": len(table),
        "computed": len(table),
        "missing": 0,
    }
    assert told["input"]["kind"] == "city"
    assert told["engine"] == {"engine": "serial", "workers": 0}
    assert table["parameters"].str.contains("stable_share=0.9").all()
    assert table.loc[table["chance_method"].eq("sampled"), "draws"].eq(9).all()
    summary = City.open(place).summary("scatter")
    assert summary is not None
    assert summary["parks"].tolist()[-1] == len(table)
    assert "园区" in done.stderr
    again = run("batch", "scatter", "-i", place, "-o", tmp_path, *QUICK)
    assert "0 项任务沿用" in done.stderr
    assert again.exit_code == 0
    assert (
        f"{len(list((tmp_path / 'scatter' / 'parts').glob('*.json')))} 项任务沿用" in again.stderr
    )


def test_what_was_rejected_ends_with_1(tmp_path: Path) -> None:
    tables = city()
    tables["carriers"] = tables["carriers"].assign(
        carrier_class=tables["carriers"]["carrier_class"].where(tables["carriers"].index > 0)
    )
    tables["carriers"].loc[0, "carrier_class"] = "castle"
    source = write_city(tables, tmp_path / "in")
    out = tmp_path / "out"
    done = run("--lang", "en", "batch", "underused", "-i", source, "-o", out, "--workers", "0")
    assert done.exit_code == 1
    assert "1 rows were rejected" in done.stderr
    assert len(read_table(out / "underused" / "table.parquet")) == len(tables["carriers"]) - 1


def test_what_is_missing_is_said_and_ends_with_1(folder: Path, tmp_path: Path) -> None:
    stage = tmp_path / "stage"
    first = run(
        "batch", "underused", "-i", folder, "-o", tmp_path / "a", "--workers", "0", "--stage", stage
    )
    assert first.exit_code == 0, first.stderr
    units = stage / f"scope={B}" / "units.parquet"
    whole = units.read_bytes()
    units.write_bytes(b"no parquet")
    done = run(
        "--lang",
        "en",
        "batch",
        "underused",
        "-i",
        folder,
        "-o",
        tmp_path / "b",
        "--workers",
        "0",
        "--stage",
        stage,
        "--retries",
        "0",
    )
    assert done.exit_code == 1
    assert f"District {B}, Carriers: " in done.stderr
    listed = pd.read_csv(tmp_path / "b" / "underused" / "missing.csv", encoding="utf-8-sig")
    assert listed["district_code"].astype(str).tolist() == [B]
    units.write_bytes(whole)


def test_a_wish_that_means_nothing_is_refused_before_all_work(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def said(*options: object) -> str:
        return refused(monkeypatch, capsys, "batch", *options, "-i", folder, "-o", tmp_path / "x")

    assert "market_vacancy" in said("underused", "--set", "market_vacancy=-1")
    assert "rent_tolerance" in said("consolidate", "--set", "rent_tolerance=-1")
    assert "网格边长须大于 0" in said("scatter", "--tile-m", "0")
    assert not (tmp_path / "x").exists()


def test_an_input_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    told = refused(
        monkeypatch, capsys, "--lang", "en", "batch", "scatter", "-i", tmp_path / "no", "-o", out
    )
    assert f"there is no {tmp_path / 'no'}" in told.replace("\n", "")
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--memory-limit", "banana"), "--memory-limit must be auto or a size"),
        (("--memory-limit", "100MB"), "at least 200MB, as 2GB, not 100MB"),
        (("--scheduler", "foo"), "--scheduler must be tcp://host:port or tls://host:port, not foo"),
        (("--scheduler", "tcp://host"), "--scheduler must be"),
        (("--scheduler", "tcp://host:99999"), "--scheduler must be"),
        (("--halo-m", "-5"), "the halo must be at least 0, not -5.0"),
        (("--halo-m", "nan"), "the halo must be at least 0, not nan"),
        (("--tile-m", "0"), "the side of a tile must be above 0, not 0.0"),
        (("--into", "."), "is neither a workspace nor a city"),
    ],
)
def test_an_option_that_means_nothing_is_named_alone_before_all_work(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    told: str,
) -> None:
    out = tmp_path / "x"
    monkeypatch.chdir(tmp_path)
    said = refused(
        monkeypatch, capsys, "--lang", "en", "batch", "scatter", "-i", folder, "-o", out, *options
    )
    assert told in said
    assert said.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize("limit", ["auto", "2GB", "500 MB", "1.5GiB", "200MB"])
def test_sizes_that_dask_understands_are_taken(limit: str) -> None:
    check_memory(limit)
    assert limit == AUTO or parse_bytes(limit) >= LEAST_BYTES


def test_results_of_other_rows_are_refused_before_computing(
    folder: Path,
    place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tables = city()
    tables["carriers"] = tables["carriers"].iloc[1:].reset_index(drop=True)
    source, out = write_city(tables, tmp_path / "other"), tmp_path / "out"
    asked = ("--lang", "en", "batch", "underused", "-o", out, "--workers", "0", "--into", place)
    said = refused(monkeypatch, capsys, *asked, "-i", source)
    assert f"--into {place} holds other data than the input" in said
    inner = next(d.path for d in City.open(place).districts if d.code == A)
    assert "holds other data" in refused(monkeypatch, capsys, *asked, "-i", inner)
    assert not out.exists()
    # The city was made from this folder, and nobody changed it.
    done = run(*asked, "-i", folder)
    assert done.exit_code == 0, done.stderr
    assert "Results written to 4 workspaces" in done.stderr


def test_a_city_that_was_changed_takes_only_its_own_results(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "city"
    assert run("batch", "city", "-i", folder, "-o", path).exit_code == 0
    source = open_input(str(folder), load_catalogue())
    check_target(path, source)
    opened = City.open(path).workspace(A, load_catalogue())
    carriers = opened.read("carriers").iloc[1:]
    opened.commit("carriers", carriers, author="test", message="one is gone")
    with pytest.raises(UsageError, match="holds other data"):
        check_target(path, source)
    check_target(path, open_input(str(path), load_catalogue()))


def test_folders_with_something_in_them_are_not_written_into(
    folder: Path,
    place: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine", "utf-8")

    def said(command: str, out: Path, *options: object) -> str:
        asked = ("--lang", "en", "batch", command, "-i", folder, "-o", out, *options)
        return refused(monkeypatch, capsys, *asked)

    stage = tmp_path / "stage"
    told = said("city", tmp_path / "full", "--stage", stage)
    assert "is not an empty folder" in told
    assert not stage.exists()
    for out in (folder, folder / "results", folder.parent):
        assert "overlaps the input" in said("scatter", out)
    assert "overlaps the input" in said("scatter", tmp_path / "x", "--stage", folder / "stage")
    for out in (place, place / "results"):
        assert f"is in the workspace {place}" in said("scatter", out)
    assert [file.name for file in tmp_path.rglob("*")] == ["full", "note.txt"]
    assert not (folder / "results").exists()


def test_a_pipe_has_a_line_a_stage_with_what_was_done(folder: Path, tmp_path: Path) -> None:
    asked = ("--lang", "en", "batch", "underused", "-i", folder, "-o", tmp_path, "--workers", "0")
    lines = run(*asked).stderr.splitlines()
    assert lines[0].startswith("Sorting the layers by district … ")
    carriers = len(read_table(tmp_path / "underused" / "table.parquet"))
    computing = [line for line in lines if line.startswith("Computing")]
    assert len(computing) == 1
    assert f"4/4 partitions, {carriers}/{carriers} rows" in computing[0]
    assert sum(line.startswith("Merging") for line in lines) == 1


def test_a_long_stage_tells_a_pipe_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with closing(Bar()) as bar:
        for second in range(26):
            bar(Progress("computing", second, 25, second * 2, 50, float(second)))
    told = capsys.readouterr().err.splitlines()
    counts = [re.findall(r" (\d+)/25 ", line) for line in told]
    assert counts == [["10"], ["20"], ["25"]]


def test_a_batch_that_is_stopped_keeps_what_is_done_and_says_so(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    asked = ("--lang", "en", "batch", "underused", "-i", folder, "-o", tmp_path, "--workers", "0")
    with monkeypatch.context() as patch:
        patch.setattr("layers.batch.run.merge", stopped)
        done = run(*asked)
    assert done.exit_code == 130
    assert done.stderr.splitlines()[-1].startswith("Stopped. Finished parts are kept")
    assert "4 tasks were done before" in run(*asked).stderr
