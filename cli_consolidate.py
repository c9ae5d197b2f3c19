"""The command ``atlas consolidate``: what the page 整合 computes, as a file."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait
from dataclasses import asdict
from dataclasses import fields
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any
from typing import NamedTuple

import typer

from cli_common import PROBLEMS
from cli_common import AuthorOption
from cli_common import JsonOption
from cli_common import WorkspaceOption
from cli_common import author_name
from cli_common import catalogue
from cli_common import context
from cli_common import exporting
from cli_common import needed_tables
from cli_common import open_workspace
from cli_common import print_json
from cli_overrides import Hand
from cli_overrides import overrides_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from geo.consolidation import Consolidation
    from geo.consolidation.frontier import Frontier
    from geo.consolidation.frontier import Step
    from geo.consolidation.overrides import Override
    from geo.consolidation.parameters import ConsolidationParameters
    from geo.consolidation.register import Register
    from geo.consolidation.solve import Progress
    from geo.consolidation.solve import Settings
    from geo.consolidation.solve import Watch
    from layers.scenarios import SavedStep
    from layers.scenarios import Scenario
    from layers.workspace import Workspace

    Tables = Mapping[str, gpd.GeoDataFrame | pd.DataFrame]

_ENDINGS = (".json", ".xlsx", ".gpkg")
_TOLD_EVERY_S = 1.0
_POLL_S = 0.2
_DAYS = ("as_of", "horizon")


class _Wish(NamedTuple):
    """What is to be solved."""

    parameters: ConsolidationParameters
    parks: Sequence[str] | None
    overrides: tuple[Override, ...]
    saved: Sequence[SavedStep]


def consolidate(
    out: Annotated[Path, typer.Option("--out", "-o", help="json, xlsx or gpkg.")],
    workspace: WorkspaceOption = None,
    park: Annotated[
        list[str] | None, typer.Option("--park", help="Only units of this park; repeatable.")
    ] = None,
    budget_wan: Annotated[
        float | None, typer.Option("--budget-wan", help="Most that all moves cost, 10,000 yuan.")
    ] = None,
    horizon: Annotated[
        str | None, typer.Option("--horizon", help="Later leases stay: 2028-09-30.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="First day of the plan: 2026-09-30.")
    ] = None,
    lock: Annotated[
        list[str] | None,
        typer.Option("--lock", help="This unit stays, or all at the site of this carrier."),
    ] = None,
    forbid: Annotated[
        list[str] | None,
        typer.Option(
            "--forbid",
            help="UNIT:HOST or UNIT:CARRIER, not this move; HOST or CARRIER, takes nobody.",
        ),
    ] = None,
    pin: Annotated[
        list[str] | None, typer.Option("--pin", help="UNIT:HOST, this move is settled.")
    ] = None,
    anchor: Annotated[
        list[str] | None, typer.Option("--anchor", help="PARK:CARRIER, moves go around here.")
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another parameter, as rent_tolerance=0.3; repeatable."),
    ] = None,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0, help="Seconds for the solver.")
    ] = 120,
    gap: Annotated[
        float, typer.Option("--gap", min=0, help="Gap that is good enough; 0 asks for proof.")
    ] = 0,
    step: Annotated[
        int | None, typer.Option("--step", help="The plan that leaves so many sites.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="Start from this saved scenario.")
    ] = None,
    author: AuthorOption = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why --lock, --forbid, --pin, --anchor.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Propose which units could move where so that parks need fewer sites.

    Example: atlas consolidate --park B01 --budget-wan 800 --lock B01-02 --out plan.xlsx
    """
    from geo.consolidation.solve import Settings
    from layers.analysis import SCATTER_LAYERS
    from layers.consolidation import register_of

    if out.suffix.lower() not in _ENDINGS:
        message = f"--out {out.name}: end the name in {', '.join(_ENDINGS)}"
        raise typer.BadParameter(message)
    hand = Hand(lock or [], forbid or [], pin or [], anchor or [], author_name(author), reason)
    changes = plan_settings(setting or [], as_of, horizon, budget_wan)
    opened = open_workspace(workspace)
    tables, versions = needed_tables(opened, SCATTER_LAYERS), opened.versions()
    wish = _wish(opened, tables, scenario, changes, park, hand)
    register = register_of(tables, catalogue(), wish.parameters, wish.parks, wish.overrides)
    settings = Settings(time_limit_s=time_limit, gap=gap)
    answer, stopped = _solved(register, settings, wish.saved)
    chosen = _chosen(answer.frontier, step)
    used = {key: versions[key] for key in SCATTER_LAYERS if key in versions}
    told = {
        "parks": list(wish.parks or ()),
        "parameters": asdict(wish.parameters),
        "overrides": [str(override) for override in wish.overrides],
        "step": step,
        "limits": [time_limit, gap],
    }
    with exporting(out, used, "consolidate", **told) as export_id:
        document = _write(answer, chosen, tables, versions, out, export_id)
    lacking = _tell_unused(register)
    _tell(answer, chosen, out)
    if as_json:
        print_json(document)
    if stopped or register.conflicts or lacking or _unproven(answer.frontier):
        raise typer.Exit(PROBLEMS)


def plan_settings(
    settings: list[str], as_of: str | None, horizon: str | None, budget_wan: float | None
) -> dict[str, Any]:
    """Return the parameters that the options name."""
    changes: dict[str, Any] = dict(_setting(text) for text in settings)
    for name, text in zip(_DAYS, (as_of, horizon), strict=True):
        if text is not None:
            changes[name] = _day(name, text)
    if budget_wan is not None:
        changes["budget_wan"] = budget_wan
    return changes


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        message = f"--{name.replace('_', '-')} {text}: write a day as 2028-09-30"
        raise typer.BadParameter(message) from error


def _setting(text: str) -> tuple[str, float | bool | None]:
    """Return name and value of ``name=value``."""
    from geo.consolidation.parameters import ConsolidationParameters

    kinds = {f.name: str(f.type) for f in fields(ConsolidationParameters) if f.name not in _DAYS}
    name, _equals, value = text.partition("=")
    if name not in kinds:
        message = f"--set {text}: the parameters are {', '.join(sorted(kinds))}"
        raise typer.BadParameter(message)
    try:
        return name, _value(kinds[name], value)
    except (KeyError, ValueError) as error:
        message = f"--set {text}: write {kinds[name]} behind the equals sign"
        raise typer.BadParameter(message) from error


def _value(kind: str, text: str) -> float | bool | None:
    """Read a value of a type as the code spells it, such as ``int | None``."""
    if kind == "bool":
        return {"true": True, "false": False}[text.lower()]
    if kind.endswith("None") and text.lower() == "none":
        return None
    return int(text) if kind.startswith("int") else float(text)


def _wish(
    opened: Workspace,
    tables: Tables,
    scenario: str | None,
    changes: dict[str, Any],
    parks: list[str] | None,
    hand: Hand,
) -> _Wish:
    """Put a saved scenario and the options together; the options have the last word."""
    from layers.consolidation import default_parameters

    kept = None if scenario is None else _scenario(opened, scenario)
    try:
        if kept is None:
            parameters = default_parameters(tables, **changes)
        else:
            parameters = replace(kept.parameters, **changes)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    settled = overrides_of(hand, tables)
    if kept is None:
        return _Wish(parameters, parks, settled, ())
    return _Wish(parameters, parks or kept.parks or None, (*kept.overrides, *settled), kept.steps)


def _scenario(opened: Workspace, name: str) -> Scenario:
    """Return a saved scenario; a name that none has is wrong usage."""
    from layers.consolidation import refuse_unknown
    from layers.errors import Text
    from layers.scenarios import ScenarioError
    from layers.scenarios import list_scenarios
    from layers.scenarios import load

    try:
        return load(opened, name)
    except ScenarioError:
        saved, damaged = list_scenarios(opened)
        if not damaged:
            names = [scenario.name for scenario in saved]
            refuse_unknown(Text("方案", "scenario"), [name], names)
        raise


def _solved(
    register: Register, settings: Settings, saved: Sequence[SavedStep]
) -> tuple[Consolidation, bool]:
    """Solve, and tell whether it was stopped with Ctrl+C.

    The solver works in a thread of its own, because only the main one hears Ctrl+C.
    """
    from geo.consolidation import consolidate as solve
    from layers.scenarios import plans_of

    previous = plans_of(register.problem, saved)
    stop = Event()
    watch = _watch(stop)
    context.say("Solving; Ctrl+C stops and keeps what was found …")
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(lambda: solve(register, settings, watch, previous=previous))
        while not future.done():
            try:
                wait([future], timeout=_POLL_S)
            except KeyboardInterrupt:
                stop.set()
                context.say("Stopping …")
    return future.result(), stop.is_set()


def _watch(stop: Event) -> Watch:
    """Return what tells people how far the solver is, about once a second."""
    told = [time.monotonic()]

    def watch(progress: Progress) -> bool:
        now = time.monotonic()
        if now - told[0] >= _TOLD_EVERY_S:
            told[0] = now
            _tell_progress(progress)
        return not stop.is_set()

    return watch


def _tell_progress(progress: Progress) -> None:
    told = _figures(progress)
    if progress.stage == "fewest":
        context.say(
            "Fewest sites: {found} found, at least {bound}, gap {gap} ({seconds} s)", **told
        )
    elif progress.stage == "cost":
        context.say(
            "Cost, step {step} of {steps}, at most {k} sites: {found} found, at least {bound}, "
            "gap {gap} ({seconds} s)",
            **told,
        )
    else:
        context.say(
            "Floor area in zones, step {step} of {steps}, at most {k} sites ({seconds} s)",
            **told,
        )


def _figures(progress: Progress) -> dict[str, object]:
    from layers.i18n import UNKNOWN

    numbers = {"found": progress.incumbent, "bound": progress.bound}
    digits = 0 if progress.stage == "fewest" else 1
    told = {name: UNKNOWN if v is None else f"{v:,.{digits}f}" for name, v in numbers.items()}
    gap = UNKNOWN if progress.gap is None else f"{progress.gap:.2%}"
    return {
        **told,
        "gap": gap,
        "step": progress.step,
        "steps": progress.steps,
        "k": progress.presences,
        "seconds": f"{progress.seconds:.0f}",
    }


def _chosen(frontier: Frontier, presences: int | None) -> Step | None:
    """Return the cheapest plan with at most so many presences; the fewest by default."""
    if not frontier.steps:
        return None
    fewest = min(frontier.steps, key=lambda step: step.presences)
    if presences is None:
        return fewest
    enough = [step for step in frontier.steps if step.presences <= presences]
    chosen = min(enough, key=lambda step: step.cost_wan, default=fewest)
    if chosen.presences != presences:
        context.say(
            "No step of the frontier leaves {wanted} sites; taking the one that leaves {taken}.",
            wanted=presences,
            taken=chosen.presences,
        )
    return chosen


def _write(
    answer: Consolidation,
    step: Step | None,
    tables: Tables,
    versions: Mapping[str, int],
    out: Path,
    export_id: str,
) -> dict[str, Any]:
    """Write the proposal and return it as JSON has it."""
    from layers.consolidation import after_of
    from layers.consolidation import before_after
    from layers.proposals import as_json
    from layers.proposals import plan_of
    from layers.proposals import proposal_tables

    context.say("Explaining the plan and measuring scatter before and after …")
    states = after_of(tables, catalogue(), answer.register, plan_of(answer, step))
    told = proposal_tables(answer, step, before_after(*states))
    document = {**as_json(answer, step, told, versions), "export_id": export_id}
    if out.suffix.lower() == ".json":
        _write_json(document, out)
    else:
        _write_tables(answer, told, versions, out, export_id)
    return document


def _write_json(document: dict[str, Any], out: Path) -> None:
    from layers.aside import made_aside

    with made_aside(out, "proposal.json") as made:
        text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
        made.write_text(text + "\n", encoding="utf-8")


def _write_tables(
    answer: Consolidation,
    told: Mapping[str, pd.DataFrame],
    versions: Mapping[str, int],
    out: Path,
    export_id: str,
) -> None:
    from layers.audit import export_id_text
    from layers.export.tables import export_tables
    from layers.proposals import proposal_remarks
    from layers.proposals import result_tables

    register = answer.register
    export_tables(
        result_tables(told),
        out,
        lang=context.lang,
        internal=True,
        remarks=[
            *proposal_remarks(register, versions, register.overrides),
            export_id_text(export_id),
        ],
    )


def _tell(answer: Consolidation, step: Step | None, out: Path) -> None:
    """Say in a few lines what was found, and what the user must see."""
    register, frontier = answer.register, answer.frontier
    for conflict in register.conflicts:
        typer.echo(f"✗ {getattr(conflict.reason, context.lang)}", err=True)
    if step is None:
        context.say("There is no plan: what was settled by hand cannot all be kept.")
    else:
        context.say(
            "{before} sites today, {after} in this plan, not fewer than {bound} in any plan; "
            "{moves} moves. Cost: {cost} × 10,000 yuan, {status}, gap of the cost {gap}.",
            before=frontier.presences_before,
            after=step.presences,
            bound=frontier.lower_bound,
            moves=step.moves,
            cost=f"{step.cost_wan:,.1f}",
            status=_status(step),
            gap=f"{step.gap:.2%}",
        )
    context.say("Written to {path}. It names tenants: internal.", path=out)


def _status(step: Step) -> str:
    from layers.proposals import WORDS

    return WORDS["status"][step.status].get(context.lang)


def _tell_unused(register: Register) -> bool:
    """Say which rows took no part; tell whether any of them lacks something.

    A unit of no park, or of one that was not asked for, lacks nothing.
    """
    elsewhere = register.unused["field"].eq("park_id")
    gaps = register.unused[~elsewhere]
    if elsewhere.any():
        context.say("{n} units are not of these parks and stay.", n=int(elsewhere.sum()))
    for reason, count in gaps[f"reason_{context.lang}"].value_counts().items():
        typer.echo(f"! {reason} × {count}", err=True)
    return not gaps.empty


def _unproven(frontier: Frontier) -> bool:
    steps = (*frontier.steps, *frontier.zone_steps)
    return frontier.status != "optimal" or any(step.status != "optimal" for step in steps)
