"""A finished task is known again; anything less is not taken for finished."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from layers.batch.ledger import PARTS
from layers.batch.ledger import BusyError
from layers.batch.ledger import Receipt
from layers.batch.ledger import code_version
from layers.batch.ledger import finished
from layers.batch.ledger import folder_of
from layers.batch.ledger import key_of
from layers.batch.ledger import making
from layers.batch.ledger import only_one
from layers.batch.ledger import peak_memory
from layers.batch.ledger import settle
from layers.batch.ledger import stamps

KEY = "0123456789abcdef"


def keep(out: Path, content: bytes = b"rows") -> Receipt:
    with making(out, KEY) as folder:
        (folder / "table.parquet").write_bytes(content)
        members = (("310110", ("B01", "B02")), ("", None))
        receipt = Receipt(
            KEY, "compute", members, 3, 3, stamps(folder), 1.5, "host:1", 2, 10, {"": {"a": 1}}
        )
        settle(out, folder, receipt)
    return receipt


def test_a_finished_task_is_known_again_with_all_that_was_told(tmp_path: Path) -> None:
    receipt = keep(tmp_path)
    assert finished(tmp_path, KEY) == receipt
    assert (folder_of(tmp_path, KEY) / "table.parquet").read_bytes() == b"rows"


def test_nothing_is_left_beside_it(tmp_path: Path) -> None:
    keep(tmp_path)
    assert sorted(path.name for path in (tmp_path / PARTS).iterdir()) == [KEY, f"{KEY}.json"]


def test_what_was_never_done_is_not_finished(tmp_path: Path) -> None:
    assert finished(tmp_path, KEY) is None


@pytest.mark.parametrize("content", [b"", b"rowz", b"rows and more"])
def test_a_file_that_was_changed_is_not_finished(tmp_path: Path, content: bytes) -> None:
    keep(tmp_path)
    (folder_of(tmp_path, KEY) / "table.parquet").write_bytes(content)
    assert finished(tmp_path, KEY) is None


def test_a_file_that_is_gone_is_not_finished(tmp_path: Path) -> None:
    keep(tmp_path)
    (folder_of(tmp_path, KEY) / "table.parquet").unlink()
    assert finished(tmp_path, KEY) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"key": "x"}'])
def test_a_damaged_receipt_is_none(tmp_path: Path, text: str) -> None:
    keep(tmp_path)
    (tmp_path / PARTS / f"{KEY}.json").write_text(text, "utf-8")
    assert finished(tmp_path, KEY) is None


def test_a_receipt_of_another_task_is_none(tmp_path: Path) -> None:
    keep(tmp_path)
    path = tmp_path / PARTS / f"{KEY}.json"
    path.write_text(path.read_text("utf-8").replace(KEY, "f" * 16), "utf-8")
    assert finished(tmp_path, KEY) is None


def test_a_receipt_cannot_point_out_of_its_folder(tmp_path: Path) -> None:
    keep(tmp_path)
    path = tmp_path / PARTS / f"{KEY}.json"
    told = json.loads(path.read_text("utf-8"))
    told["files"] = {"../../secret": told["files"]["table.parquet"]}
    (tmp_path / "secret").write_bytes(b"rows")
    path.write_text(json.dumps(told), "utf-8")
    assert finished(tmp_path, KEY) is None


def test_files_without_a_receipt_are_done_again(tmp_path: Path) -> None:
    keep(tmp_path, b"half")
    (tmp_path / PARTS / f"{KEY}.json").unlink()
    keep(tmp_path, b"rows")
    assert (folder_of(tmp_path, KEY) / "table.parquet").read_bytes() == b"rows"
    assert finished(tmp_path, KEY) is not None


def test_the_first_of_two_workers_is_believed(tmp_path: Path) -> None:
    first = keep(tmp_path)
    keep(tmp_path)
    assert finished(tmp_path, KEY) == first


def test_a_task_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        _fail_half_way(tmp_path)
    assert list((tmp_path / PARTS).iterdir()) == []


def _fail_half_way(out: Path) -> None:
    with making(out, KEY) as folder:
        (folder / "table.parquet").write_bytes(b"half")
        raise ZeroDivisionError


def test_keys_tell_everything_apart_and_nothing_else() -> None:
    assert key_of("a", ["b"], {"x": 1, "y": 2}) == key_of("a", ("b",), {"y": 2, "x": 1})
    different = [("ab",), ("a", "b"), ("a", None), ("a", "None"), ("a", ["b"]), (["a", "b"],)]
    assert len({key_of(*parts) for parts in different}) == len(different)


def test_the_code_version_is_that_of_the_sources() -> None:
    code = "from layers.batch.ledger import code_version; print(code_version())"
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == code_version()
    assert len(code_version()) == 64


def test_memory_is_told_in_bytes() -> None:
    peak = peak_memory()
    assert peak is not None
    # A Python with these libraries holds more than 30 MB and, in a test, less than 20 GB.
    assert 30e6 < peak < 20e9


def test_a_second_run_is_kept_out_and_told_who_works(tmp_path: Path) -> None:
    with only_one(tmp_path):
        with pytest.raises(BusyError, match=f"{socket.gethostname()}:{os.getpid()}"):
            _enter(tmp_path)
        assert (tmp_path / ".lock").exists()
    _enter(tmp_path)
    assert not (tmp_path / ".lock").exists()


def test_the_lock_of_a_process_that_is_gone_is_taken_over(tmp_path: Path) -> None:
    code = (
        "import os, pathlib; from layers.batch.ledger import only_one\n"
        f"with only_one(pathlib.Path({str(tmp_path)!r})): os._exit(0)"
    )
    root = Path(__file__).resolve().parents[3]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)  # noqa: S603 - our own code
    assert (tmp_path / ".lock").exists()
    _enter(tmp_path)
    assert not (tmp_path / ".lock").exists()


def test_a_number_that_another_process_has_now_is_no_holder(tmp_path: Path) -> None:
    mine = {"host": socket.gethostname(), "process": os.getpid(), "began": 1.0}
    (tmp_path / ".lock").write_text(json.dumps(mine), "utf-8")
    _enter(tmp_path)
    assert not (tmp_path / ".lock").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"host": "elsewhere", "process": 1}'])
def test_a_lock_that_tells_nothing_or_is_of_another_host_is_believed(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / ".lock").write_text(text, "utf-8")
    with pytest.raises(BusyError, match=r"delete .*\.lock"):
        _enter(tmp_path)
    assert (tmp_path / ".lock").read_text("utf-8") == text


def _enter(folder: Path) -> None:
    with only_one(folder):
        pass
