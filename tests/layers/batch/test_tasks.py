"""A batch calls the very functions of the pages, and a task is named by all it depends on."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import geo.consolidation
import layers.analysis
import layers.consolidation
import layers.underuse
import views.consolidating.data
import views.consolidating.solving
import views.store
import views.underused.data
from geo.consolidation.solve import Settings
from geo.parameters import ScatterParameters
from layers.batch.commands import COMMANDS
from layers.batch.districts import TALLIES
from layers.batch.ledger import LedgerError
from layers.batch.ledger import code_version
from layers.batch.task import Part
from layers.batch.task import Task
from layers.batch.tasks import perform
from layers.batch.wish import BatchWish
from layers.errors import UsageError
from layers.scorecards import load_scorecards
from layers.stock import ChanceChoice
from layers.underuse import RankChoice

if TYPE_CHECKING:
    from types import ModuleType

    from layers.batch.wish import CommandName

PART = Part("310110", ("B01", "B02"), rows=2)


def task(**changes: object) -> Task:
    basis = Task(
        "scatter",
        "compute",
        Path("/stage"),
        "digest",
        Path("/out"),
        (None, "edition"),
        BatchWish(),
        (PART,),
        "code",
    )
    return replace(basis, **changes)  # type: ignore[arg-type]


def test_the_page_and_the_batch_call_the_same_functions() -> None:
    of_pages: dict[CommandName, list[tuple[ModuleType, object]]] = {
        "scatter": [(views.store, layers.analysis.scatter_of)],
        "underused": [(views.underused.data, layers.underuse.underuse_of)],
        "consolidate": [
            (views.consolidating.data, layers.consolidation.register_of),
            (views.consolidating.solving, geo.consolidation.consolidate),
        ],
    }
    assert set(of_pages) == set(COMMANDS)
    for name, command in COMMANDS.items():
        for function, (page, original) in zip(command.functions, of_pages[name], strict=True):
            assert function is original
            assert vars(page)[function.__name__] is original


def test_what_is_registered_is_what_is_called() -> None:
    """The answer of a command looks its functions up by the names that are compared above."""
    for command in COMMANDS.values():
        names = command.answer.__code__.co_names
        assert {function.__name__ for function in command.functions} <= set(names)
        module = command.answer.__globals__
        for function in command.functions:
            assert module[function.__name__] is function
    assert set(TALLIES) == set(COMMANDS)


@pytest.mark.parametrize(
    "changes",
    [
        {"command": "underused"},
        {"step": "places"},
        {"digest": "other"},
        {"edition": (None, "other")},
        {"code": "other"},
        {"parts": (PART._replace(scope="310109"),)},
        {"parts": (PART._replace(parks=("B01",)),)},
        {"parts": (PART._replace(parks=None),)},
        {"parts": (PART._replace(as_of=date(2026, 9, 30)),)},
        {"parts": (PART._replace(places="abc"),)},
        {"parts": (PART, PART._replace(scope="310109"))},
        {"wish": BatchWish(chance=ChanceChoice(draws=998))},
        {"wish": BatchWish(scatter=ScatterParameters(walk_m=800.0000001))},
    ],
)
def test_everything_that_a_result_depends_on_is_in_its_name(changes: dict[str, object]) -> None:
    assert task(**changes).key != task().key


@pytest.mark.parametrize(
    "changes",
    [
        {"stage": Path("/elsewhere")},
        {"out": Path("/elsewhere")},
        {"edition": (Path("/elsewhere"), "edition")},
        {"wish": BatchWish(by="tile", partitions=9, tile_m=1.0, retries=9)},
        {"wish": BatchWish(as_of=date(2026, 1, 1), settings=(("market_vacancy", 0.1),))},
    ],
)
def test_what_a_result_does_not_depend_on_is_not(changes: dict[str, object]) -> None:
    assert task(**changes).key == task().key


@pytest.mark.parametrize(
    ("command", "wish"),
    [
        ("underused", BatchWish(as_of=date(2026, 1, 1))),
        ("underused", BatchWish(settings=(("market_vacancy", 0.3),))),
        ("underused", BatchWish(ranking=RankChoice(draws=4999))),
        ("underused", BatchWish(card=load_scorecards().cards["carrier"])),
        ("consolidate", BatchWish(solver=Settings(time_limit_s=60))),
        ("consolidate", BatchWish(settings=(("rent_tolerance", 0.3),))),
    ],
)
def test_the_parameters_of_every_command_are_in_the_name(command: str, wish: BatchWish) -> None:
    assert task(command=command, wish=wish).key != task(command=command).key


def test_shares_of_the_tiles_are_different_tasks() -> None:
    shares = {task(step="clusters", share=(n, 3)).key for n in range(3)}
    assert len({*shares, task(step="clusters", share=(0, 1)).key}) == 4


def test_a_task_is_small_whatever_the_layers_are() -> None:
    assert len(pickle.dumps(task())) < 4_000


def test_another_program_does_not_do_the_task() -> None:
    assert code_version() != "code"
    with pytest.raises(LedgerError, match="another version of the program"):
        perform(task())


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"partitions": 0}, "partitions"),
        ({"retries": -1}, "retries|attempts"),
        ({"tile_m": 0.0}, "tile"),
        ({"halo_m": -1.0}, "halo"),
    ],
)
def test_a_division_that_means_nothing_is_refused(wrong: dict[str, float], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        BatchWish(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("command", "changes"),
    [("underused", {"market_vacancy": -1.0}), ("consolidate", {"rent_tolerance": -1.0})],
)
def test_parameters_that_mean_nothing_are_found_before_the_work(
    command: str, changes: dict[str, float]
) -> None:
    check = COMMANDS[command].check  # type: ignore[index]
    check({})
    with pytest.raises(ValueError, match=next(iter(changes))):
        check(changes)
