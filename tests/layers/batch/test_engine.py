"""Engines do every task once, try again what fails, and lose nothing silently."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from layers.batch import workers as workers_module
from layers.batch.engine import dask_engine
from layers.batch.engine import serial_engine
from layers.batch.ledger import LedgerError
from tests.layers.batch.engine_hand import GO
from tests.layers.batch.engine_hand import holders
from tests.layers.batch.engine_hand import task_of
from tests.layers.batch.engine_hand import wait_for_holders
from tests.layers.batch.engine_hand import work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layers.batch.engine import Engine
    from layers.batch.outcome import Outcome
    from layers.batch.workers import DaskEngine

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskEngine]:
    with dask_engine(workers=2, memory_limit="1GB", retries=1) as engine:
        yield engine


@pytest.fixture
def dask(cluster: DaskEngine) -> DaskEngine:
    # The last test may have killed some, which takes a moment to mend.
    cluster.client.wait_for_workers(2, timeout=60)
    return cluster


@pytest.fixture(params=["serial", "dask"])
def engine(request: pytest.FixtureRequest, dask: DaskEngine) -> Iterator[Engine]:
    if request.param == "dask":
        yield dask
        return
    with serial_engine() as serial:
        yield serial


def outcomes(engine: Engine, what: list[str], folder: Path, retries: int = 1) -> dict[str, Outcome]:
    tasks = [task_of(name, folder) for name in what]
    found = list(engine.map(tasks, retries=retries, work=work))
    assert len(found) == len(tasks)
    return {outcome.task.parts[0].scope: outcome for outcome in found}


def test_every_task_is_done_once(engine: Engine, tmp_path: Path) -> None:
    names = [f"ok {n}" for n in range(20)]
    found = outcomes(engine, names, tmp_path)
    assert set(found) == set(names)
    assert all(o.receipt is not None and o.attempts == 1 for o in found.values())


def test_what_fails_once_is_tried_again(engine: Engine, tmp_path: Path) -> None:
    found = outcomes(engine, ["flaky", "ok"], tmp_path)
    assert found["flaky"].receipt is not None
    assert found["flaky"].receipt.attempts == 2
    assert found["flaky"].attempts == 2


def test_what_always_fails_is_given_up_with_its_words(engine: Engine, tmp_path: Path) -> None:
    found = outcomes(engine, ["fail", "ok"], tmp_path, retries=2)
    problem = found["fail"].problem
    assert problem is not None
    assert (problem.zh, problem.en) == ("坏的 fail", "broken fail")
    assert found["fail"].receipt is None
    assert found["fail"].attempts == 3
    assert found["ok"].receipt is not None


def test_an_error_nobody_thought_of_is_told_too(engine: Engine, tmp_path: Path) -> None:
    problem = outcomes(engine, ["odd"], tmp_path, retries=1)["odd"].problem
    assert problem is not None
    assert problem.en == "ZeroDivisionError: attempt 2"


def test_no_tasks_are_no_outcomes(engine: Engine) -> None:
    assert list(engine.map([], retries=1, work=work)) == []


def test_an_engine_that_is_fit_passes_the_check(engine: Engine, tmp_path: Path) -> None:
    engine.check(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_another_worker_takes_over_from_one_that_dies(dask: DaskEngine, tmp_path: Path) -> None:
    found = outcomes(dask, ["die once", "ok 1", "ok 2"], tmp_path)
    assert all(outcome.receipt is not None for outcome in found.values())


def test_a_worker_killed_from_outside_is_replaced(dask: DaskEngine, tmp_path: Path) -> None:
    found: dict[str, Outcome] = {}
    names = ["hold a", "hold b", "ok"]
    thread = threading.Thread(target=lambda: found.update(outcomes(dask, names, tmp_path)))
    thread.start()
    victim = wait_for_holders(tmp_path, 2)[0]
    os.kill(victim, signal.SIGKILL)
    wait_for_holders(tmp_path, 3)
    (tmp_path / GO).touch()
    thread.join()
    assert all(outcome.receipt is not None for outcome in found.values())
    assert victim in holders(tmp_path)
    assert all(f":{victim}" not in o.receipt.worker for o in found.values() if o.receipt)


def test_what_kills_its_workers_is_given_up_and_the_rest_is_done(
    dask: DaskEngine, tmp_path: Path
) -> None:
    found = outcomes(dask, ["deadly", "ok"], tmp_path, retries=5)
    problem = found["deadly"].problem
    assert problem is not None
    assert "KilledWorker" in problem.en
    assert found["deadly"].attempts == 1
    assert found["ok"].receipt is not None


@pytest.fixture
def settled(dask: DaskEngine) -> DaskEngine:
    """Return the engine when both workers answer again: other tests kill them."""
    for _ in range(60):
        dask.client.wait_for_workers(2, timeout=60)
        told = dask.client.run(os.getpid, on_error="return").values()
        if sum(isinstance(one, int) for one in told) == 2:
            break
        time.sleep(1)
    return dask


def test_workers_listen_on_the_loopback_only_and_use_one_thread(settled: DaskEngine) -> None:
    dask = settled
    told = dask.client.run(_environment)
    assert len(told) == 2
    assert set(told.values()) == {("1", "1")}
    assert all(address.startswith("tcp://127.0.0.1:") for address in told)
    assert dask.client.scheduler_info()["address"].startswith("tcp://127.0.0.1:")
    assert dask.dashboard == ""


def _environment() -> tuple[str | None, str | None]:
    return os.environ.get("OMP_NUM_THREADS"), os.environ.get("OPENBLAS_NUM_THREADS")


def test_a_worker_with_another_program_is_refused_by_name(
    settled: DaskEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "code_version", lambda: "another")
    with pytest.raises(LedgerError, match=r"tcp://127\.0\.0\.1:.*another version of the program"):
        settled.check(tmp_path)


def test_a_folder_that_a_worker_does_not_see_is_refused(
    settled: DaskEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers_module, "_look", _blind)
    with pytest.raises(LedgerError, match="does not see the folder"):
        settled.check(tmp_path)


def _blind(mark: str) -> tuple[str, str, bool]:
    from layers.batch.ledger import code_version

    return "host:1", code_version(), not mark


def test_a_scheduler_that_is_not_there_is_told_in_one_sentence() -> None:
    with (
        pytest.raises(LedgerError, match=r"cannot reach the scheduler tcp://127\.0\.0\.1:1 "),
        dask_engine(scheduler="tcp://127.0.0.1:1", patience_s=1.0),
    ):
        pass


def test_a_cluster_that_loses_all_workers_ends_with_what_is_missing(tmp_path: Path) -> None:
    with dask_engine(workers=1, memory_limit="1GB", patience_s=1.0) as engine:
        found: list[Outcome] = []
        tasks = [task_of("hold", tmp_path), task_of("ok", tmp_path)]
        thread = threading.Thread(
            target=lambda: found.extend(engine.map(tasks, retries=0, work=work))
        )
        thread.start()
        wait_for_holders(tmp_path, 1)
        engine.client.cluster.scale(0)
        thread.join()
    assert [outcome.receipt for outcome in found] == [None, None]
    assert all(o.problem is not None and "no worker left" in o.problem.en for o in found)


def test_the_command_line_does_not_load_the_library() -> None:
    code = (
        "import cli, cli_batch, layers.batch.engine, sys; "
        "print([name for name in ('distributed', 'dask', 'bokeh') if name in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_workers_are_begun_from_any_folder_again_and_again(tmp_path: Path) -> None:
    script = tmp_path / "begin.py"
    script.write_text(
        "from layers.batch.engine import dask_engine\n"
        "from layers.batch.ledger import code_version\n"
        "if __name__ == '__main__':\n"
        "    for _ in range(2):\n"
        "        with dask_engine(workers=1, memory_limit='1GB') as engine:\n"
        "            print(set(engine.client.run(code_version).values()) == {code_version()})\n",
        encoding="utf-8",
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, script.name],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["True", "True"]


def test_a_server_that_is_no_scheduler_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer_as_a_page, args=(server,), daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with (
            pytest.raises(LedgerError, match=f"cannot reach the scheduler {address} "),
            dask_engine(scheduler=address, patience_s=5.0),
        ):
            pass


def _answer_as_a_page(server: socket.socket) -> None:
    with suppress(OSError):
        while True:
            with server.accept()[0] as guest:
                guest.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def test_workers_leave_an_interrupt_to_the_run(dask: DaskEngine) -> None:
    assert set(dask.client.run(signal.getsignal, signal.SIGINT).values()) == {signal.SIG_IGN}
