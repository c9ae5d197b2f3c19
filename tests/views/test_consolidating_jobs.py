"""Background jobs of the page 整合: threads, waiting, stopping, failing."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from geo.consolidation.solve import Progress
from views.consolidating.jobs import Jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.consolidation import Consolidation
    from geo.consolidation.solve import Watch
    from views.consolidating.jobs import Job

PATIENCE_S = 60
TOLD = Progress("fewest", 0, 1, None, 5.0, 3.0, 0.4, 0.1)
WRONG = "`hosts` is wrong."
RESULT: Consolidation = "what it gave"  # type: ignore[assignment] # jobs never look at it


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


class Gate:
    """Work that tells how far it is until it is let through or stopped."""

    def __init__(self) -> None:
        self.began, self.open = threading.Event(), threading.Event()

    def __call__(self, watch: Watch) -> Consolidation:
        self.began.set()
        while not self.open.wait(0.005) and watch(TOLD):
            pass
        return RESULT


def test_a_job_runs_while_nobody_waits_and_keeps_what_it_gives() -> None:
    jobs, gate = Jobs(), Gate()
    job = jobs.submit(gate, about="asked")
    wait_for(lambda: job.progress is not None)
    assert (job.state, job.progress, job.about) == ("running", TOLD, "asked")
    assert jobs.get(job.key) is job
    assert job.seconds > 0
    gate.open.set()
    wait_for(lambda: job.over)
    assert (job.state, job.result, job.error) == ("done", RESULT, None)
    assert job.seconds == job.seconds


def test_a_job_that_is_stopped_keeps_what_it_had_found() -> None:
    jobs, gate = Jobs(), Gate()
    job = jobs.submit(gate)
    assert gate.began.wait(PATIENCE_S)
    jobs.stop(job)
    assert job.stopping
    wait_for(lambda: job.over)
    assert (job.state, job.result) == ("done", RESULT)


def test_the_third_job_waits_for_one_of_two_and_the_fourth_for_it() -> None:
    jobs, gates = Jobs(most_running=2), [Gate() for _ in range(4)]
    running = [jobs.submit(gate) for gate in gates]
    for gate in gates[:2]:
        assert gate.began.wait(PATIENCE_S)
    assert not gates[2].began.wait(0.05)
    assert [job.state for job in running] == ["running", "running", "waiting", "waiting"]
    assert [jobs.ahead(job) for job in running] == [0, 0, 0, 1]
    gates[1].open.set()
    assert gates[2].began.wait(PATIENCE_S)
    assert not gates[3].began.wait(0.05)
    for gate in gates:
        gate.open.set()
    wait_for(lambda: all(job.over for job in running))


def test_a_job_that_waits_can_be_stopped_and_never_runs() -> None:
    jobs, gates = Jobs(most_running=1), [Gate() for _ in range(3)]
    first, second, third = (jobs.submit(gate) for gate in gates)
    assert gates[0].began.wait(PATIENCE_S)
    jobs.stop(second)
    wait_for(lambda: second.over)
    assert (second.state, second.result) == ("stopped", None)
    assert not gates[1].began.is_set()
    gates[0].open.set()
    assert gates[2].began.wait(PATIENCE_S)
    gates[2].open.set()
    wait_for(lambda: first.over and third.over)


def test_a_job_that_fails_keeps_the_error_and_gives_its_place_back() -> None:
    def fail(_watch: Watch) -> Consolidation:
        raise ValueError(WRONG)

    jobs = Jobs(most_running=1)
    failed = [jobs.submit(fail) for _ in range(3)]
    wait_for(lambda: all(job.over for job in failed))
    assert {job.state for job in failed} == {"failed"}
    assert str(failed[2].error) == WRONG


def test_only_the_oldest_jobs_that_are_over_are_forgotten() -> None:
    jobs, gate = Jobs(most_running=2), Gate()
    kept = jobs.submit(gate)
    assert gate.began.wait(PATIENCE_S)
    over: list[Job] = []
    for _number in range(40):
        over.append(jobs.submit(lambda _watch: RESULT))
        wait_for(lambda: over[-1].over)
    assert jobs.get(kept.key) is kept
    assert jobs.get(over[0].key) is None
    assert jobs.get(over[-1].key) is over[-1]
    gate.open.set()
