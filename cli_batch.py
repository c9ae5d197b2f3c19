"""The commands of ``atlas batch``: the same numbers for all districts of a city or a country."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from cli_batch_run import How
from cli_batch_run import catalogue_for
from cli_batch_run import run
from cli_batch_run import stage_folder
from cli_common import PROBLEMS
from cli_common import AuthorOption
from cli_common import JsonOption
from cli_common import author_name
from cli_common import context
from cli_common import print_json
from cli_common import weight_of
from cli_consolidate import plan_settings
from cli_scatter import StockName
from cli_scatter import scatter_parameters
from cli_underuse import card_of
from cli_underuse import day_of
from cli_underuse import underuse_settings

if TYPE_CHECKING:
    from layers.batch.wish import BatchWish
    from layers.batch.wish import CommandName

batch_cli = typer.Typer(
    help="Compute all districts at once, on this computer or on many.", no_args_is_help=True
)


class Division(StrEnum):
    """How the parks are put into partitions."""

    district = "district"
    tile = "tile"


InputOption = Annotated[
    str,
    typer.Option(
        "--input",
        "-i",
        help="A workspace, a city, a folder of GeoParquet, or postgresql://user@host/db?schema=s.",
    ),
]
OutOption = Annotated[
    Path, typer.Option("--out", "-o", file_okay=False, help="Folder of the results.")
]
EditionOption = Annotated[
    Path | None,
    typer.Option(
        "--edition", exists=True, file_okay=False, help="Edition that describes the layers."
    ),
]
WorkersOption = Annotated[
    int, typer.Option("--workers", min=0, help="Processes; 0 computes in this one.")
]
SchedulerOption = Annotated[
    str | None,
    typer.Option("--scheduler", help="A running Dask scheduler: tcp://host:8786. Trusted only."),
]
ByOption = Annotated[Division, typer.Option("--by", help="What partitions are made of.")]
PartitionsOption = Annotated[
    int | None,
    typer.Option("--partitions", min=1, help="How many; one a district or tile by default."),
]
TileOption = Annotated[float, typer.Option("--tile-m", help="Side of a tile, m.")]
HaloOption = Annotated[
    float, typer.Option("--halo-m", help="Surroundings that a district is given, m.")
]
MemoryOption = Annotated[
    str, typer.Option("--memory-limit", help="Most memory of each process, as 2GB.")
]
DashboardOption = Annotated[
    bool, typer.Option("--dashboard/--no-dashboard", help="Show the work on a local page.")
]
RetriesOption = Annotated[
    int, typer.Option("--retries", min=0, help="Further attempts for what fails.")
]
StageOption = Annotated[
    Path | None,
    typer.Option("--stage", file_okay=False, help="Folder of the sorted layers, to share it."),
]
IntoOption = Annotated[
    Path | None,
    typer.Option("--into", exists=True, file_okay=False, help="Also into this workspace or city."),
]
SettingOption = Annotated[
    list[str] | None, typer.Option("--set", help="Another parameter, as name=value; repeatable.")
]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="Day of the question; that of the data by default.")
]


@batch_cli.command("scatter")
def batch_scatter(
    source: InputOption,
    out: OutOption,
    walk_m: Annotated[float, typer.Option("--walk-m", help="Longest walk of one place, m.")] = 800,
    detour: Annotated[float, typer.Option("--detour", help="Walk over straight line.")] = 1.324,
    site_gap_m: Annotated[
        float, typer.Option("--site-gap-m", help="Buildings this close are one site, m.")
    ] = 50,
    setting: SettingOption = None,
    draws: Annotated[int, typer.Option("--draws", help="Random placements.")] = 999,
    seed: Annotated[int, typer.Option("--seed", help="Where the random placements start.")] = 2024,
    stock: Annotated[
        StockName, typer.Option("--stock", help="What spaces are placed on at random.")
    ] = StockName.auto,
    use: Annotated[
        list[str] | None,
        typer.Option("--use", help="Only buildings of this use, or carriers of this class."),
    ] = None,
    edition: EditionOption = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    by: ByOption = Division.district,
    partitions: PartitionsOption = None,
    tile_m: TileOption = 5000,
    halo_m: HaloOption = 2000,
    memory_limit: MemoryOption = "auto",
    dashboard: DashboardOption = False,
    retries: RetriesOption = 2,
    stage: StageOption = None,
    into: IntoOption = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say of every park of every district how scattered its spaces are, and why.

    Example: atlas batch scatter --input ./city --out ./results --workers 4
    """
    from layers.stock import ChanceChoice

    wish = _wish(
        by,
        partitions,
        tile_m,
        halo_m,
        retries,
        scatter=scatter_parameters(walk_m, detour, site_gap_m, setting or []),
        chance=ChanceChoice(stock.value, tuple(use or ()), draws, seed),
    )
    how = How(
        source,
        out,
        edition,
        workers,
        scheduler,
        memory_limit,
        dashboard,
        stage,
        into,
        author,
        as_json,
    )
    run("scatter", wish, how)


@batch_cli.command("underused")
def batch_underused(
    source: InputOption,
    out: OutOption,
    as_of: AsOfOption = None,
    setting: SettingOption = None,
    weight: Annotated[
        list[str] | None,
        typer.Option("--weight", help="Weight of a criterion of the ranking, as rent=20."),
    ] = None,
    scorecard: Annotated[
        Path | None,
        typer.Option(
            "--scorecard", exists=True, dir_okay=False, help="Rank by the card of this TOML file."
        ),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", min=1, help="Weights drawn for ranks.")] = 5000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Where the draws start.")] = 2026,
    edition: EditionOption = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    partitions: PartitionsOption = None,
    halo_m: HaloOption = 2000,
    memory_limit: MemoryOption = "auto",
    dashboard: DashboardOption = False,
    retries: RetriesOption = 2,
    stage: StageOption = None,
    into: IntoOption = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say of every carrier of every district whether it is underused, and why.

    Example: atlas batch underused --input ./parquet --out ./results --as-of 2026-09-30
    """
    from layers.underuse import RankChoice

    wish = _wish(
        Division.district,
        partitions,
        None,
        halo_m,
        retries,
        as_of=None if as_of is None else day_of(as_of),
        settings=_checked("underused", underuse_settings(setting or [])),
        ranking=RankChoice(draws, seed, weights=tuple(dict(map(weight_of, weight or [])).items())),
        card=None if scorecard is None else card_of(scorecard),
    )
    how = How(
        source,
        out,
        edition,
        workers,
        scheduler,
        memory_limit,
        dashboard,
        stage,
        into,
        author,
        as_json,
    )
    run("underused", wish, how)


@batch_cli.command("consolidate")
def batch_consolidate(
    source: InputOption,
    out: OutOption,
    as_of: AsOfOption = None,
    horizon: Annotated[
        str | None, typer.Option("--horizon", help="Later leases stay: 2028-09-30.")
    ] = None,
    setting: SettingOption = None,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0, help="Seconds for the solver, each district.")
    ] = 120,
    gap: Annotated[
        float, typer.Option("--gap", min=0, help="Gap that is good enough; 0 asks for proof.")
    ] = 0,
    edition: EditionOption = None,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    partitions: PartitionsOption = None,
    halo_m: HaloOption = 2000,
    memory_limit: MemoryOption = "auto",
    dashboard: DashboardOption = False,
    retries: RetriesOption = 2,
    stage: StageOption = None,
    into: IntoOption = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose for every district which units could move so that parks need fewer sites.

    A plan that the solver could not prove in its time may differ from run to run.

    Example: atlas batch consolidate --input ./city --out ./results --time-limit 300
    """
    from geo.consolidation.solve import Settings

    changes = plan_settings(setting or [], as_of, horizon, None)
    day = changes.pop("as_of", None)
    wish = _wish(
        Division.district,
        partitions,
        None,
        halo_m,
        retries,
        as_of=day,
        settings=_checked("consolidate", changes),
        solver=Settings(time_limit_s=time_limit, gap=gap),
    )
    how = How(
        source,
        out,
        edition,
        workers,
        scheduler,
        memory_limit,
        dashboard,
        stage,
        into,
        author,
        as_json,
    )
    run("consolidate", wish, how)


@batch_cli.command("city")
def batch_city(
    source: InputOption,
    out: Annotated[
        Path, typer.Option("--out", "-o", file_okay=False, help="Folder of the new city.")
    ],
    edition: EditionOption = None,
    halo_m: HaloOption = 2000,
    stage: StageOption = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a city: a folder with an ordinary workspace for every district.

    Example: atlas batch city --input ./parquet --out ./city
    """
    from layers.batch.asked import check_folders
    from layers.batch.asked import check_new_city
    from layers.batch.inputs import open_input
    from layers.batch.staging import stage as make_stage
    from layers.city.making import create_city

    halo_m = _wish(Division.district, None, None, halo_m, 0).halo_m
    check_new_city(out)
    check_folders(source, (out, stage or out))
    catalogue = catalogue_for(source, edition)
    context.say("Sorting the layers by district …")
    with stage_folder(stage) as place:
        staged = make_stage(open_input(source, catalogue), place, catalogue, halo_m=halo_m)
        context.say("Making {n} workspaces …", n=len(staged.scopes))
        city = create_city(out, staged, catalogue, author=author_name(author))
    rejected = int(staged.accounts["rejected"].sum())
    context.say("The city is ready: {path}", path=city.path)
    if as_json:
        districts = [{"code": d.code, "rows": dict(d.rows)} for d in city.districts]
        print_json({"path": city.path, "districts": districts, "rows_rejected": rejected})
    if rejected:
        context.say("{n} rows were rejected, see {path}.", n=rejected, path=city.path / "rejected")
        raise typer.Exit(PROBLEMS)


@batch_cli.command("generate")
def batch_generate(
    out: OutOption,
    districts: Annotated[int, typer.Option("--districts", min=1)] = 16,
    parks: Annotated[int, typer.Option("--parks", min=1)] = 5000,
    carriers: Annotated[int, typer.Option("--carriers", min=1)] = 100_000,
    buildings: Annotated[int, typer.Option("--buildings", min=0)] = 1_500_000,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 2026,
    edition: EditionOption = None,
) -> None:
    """Make a synthetic city, marked as sample data, as a folder of GeoParquet.

    Example: atlas batch generate --districts 4 --parks 200 --carriers 3000 --out ./parquet
    """
    from layers.edition import open_edition
    from layers.synthetic import CitySize
    from layers.synthetic import synthetic_catalogue
    from layers.synthetic import write_city

    size = CitySize(
        districts=districts, parks=parks, carriers=carriers, buildings=buildings, seed=seed
    )
    context.say("Making a synthetic city (sample data) …")
    write_city(size, out, open_edition(edition) if edition else synthetic_catalogue())
    context.say("The synthetic city is in {path}.", path=out)


def _wish(
    by: Division,
    partitions: int | None,
    tile_m: float | None,
    halo_m: float,
    retries: int,
    **of_command: Any,  # noqa: ANN401 - parameters of the commands
) -> BatchWish:
    from layers.batch.wish import TILE_M
    from layers.batch.wish import BatchWish

    return BatchWish(
        by=by.value,
        partitions=partitions,
        tile_m=TILE_M if tile_m is None else tile_m,
        halo_m=halo_m,
        retries=retries,
        **of_command,
    )


def _checked(command: CommandName, changes: dict[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Return parameters by name; one that means nothing is wrong usage, before all work."""
    from layers.batch.commands import COMMANDS

    try:
        COMMANDS[command].check(changes)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return tuple(changes.items())
