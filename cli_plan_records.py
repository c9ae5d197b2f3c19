"""The commands ``atlas plan set|milestone|attach|…``: what people record of the tasks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from typing import Annotated
from typing import Any

import typer

from cli_common import AuthorOption
from cli_common import WorkspaceOption
from cli_common import author_name
from cli_common import catalogue
from cli_common import context
from cli_common import open_workspace
from cli_plan import TaskArgument
from cli_plan import plan_cli
from cli_plan import plan_of_edition
from cli_tables import day_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence

    from layers.plan import Plan
    from layers.workspace import Workspace

__all__ = ["plan_cli"]


@plan_cli.command("set")
def plan_set(
    task: TaskArgument,
    setting: Annotated[
        list[str],
        typer.Option("--set", help="A field, as owner=区科委 or state=under_way; repeatable."),
    ],
    workspace: WorkspaceOption = None,
    author: AuthorOption = None,
) -> None:
    """Record owner, partners, start, end, state, data_date, source or note of a task.

    Example: atlas plan set T07 --set owner=区科委 --set end=2026-12-31
    """
    from layers.plan import FIELDS
    from layers.plan import set_fields

    given: dict[str, Any] = {}
    for text in setting:
        name, equals, value = text.partition("=")
        if not equals or name not in FIELDS:
            message = f"--set {text}: write FIELD=VALUE; the fields are {', '.join(FIELDS)}"
            raise typer.BadParameter(message)
        given[name] = value or None
    told = _change(
        workspace,
        author,
        task,
        lambda opened, plan, hand: set_fields(opened, plan, task, given, hand=hand),
    )
    spec = catalogue().layer("tasks")
    names = [spec.field(name).title.get(context.lang) for name in given]
    context.say(
        "Task {id} “{title}”: {fields} recorded by {author}.", fields=_listed(names), **told
    )


@plan_cli.command("milestone")
def plan_milestone(
    task: TaskArgument,
    title: Annotated[str, typer.Argument(help="What is to be reached.")] = "",
    due: Annotated[str | None, typer.Option("--due", help="By when, as 2026-06-30.")] = None,
    done: Annotated[str | None, typer.Option("--done", help="Since when it is done.")] = None,
    change: Annotated[
        str, typer.Option("--id", help="Change this milestone instead of adding one.")
    ] = "",
    workspace: WorkspaceOption = None,
    author: AuthorOption = None,
) -> None:
    """Add a milestone to a task, or change one.

    Example: atlas plan milestone T04 首批揭榜项目 --due 2026-06-30
    """
    from layers.plan import put_milestone

    given: dict[str, Any] = {"title": title} if title else {}
    for name, text, option in (("due", due, "--due"), ("done_on", done, "--done")):
        if text is not None:
            given[name] = day_of(text, option)
    if not given:
        message = "give a title, --due or --done"
        raise typer.BadParameter(message)
    told = _change(
        workspace,
        author,
        task,
        lambda opened, plan, hand: put_milestone(
            opened, plan, task, given, hand=hand, today=day_of(None), milestone_id=change
        ),
    )
    if change:
        context.say("Milestone {made} of task {id} “{title}” was changed by {author}.", **told)
    else:
        context.say(
            "Milestone “{name}” was added to task {id} “{title}” by {author}; to change it later "
            "use --id {made}.",
            name=title,
            **told,
        )


@plan_cli.command("attach")
def plan_attach(
    task: TaskArgument,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file.")],
    milestone: Annotated[str, typer.Option("--milestone", help="That it proves.")] = "",
    note: Annotated[str, typer.Option("--note", help="What it shows.")] = "",
    workspace: WorkspaceOption = None,
    author: AuthorOption = None,
) -> None:
    """Add an evidence file to a task.

    Example: atlas plan attach T04 会议纪要.pdf
    """
    from layers.plan import MOST_BYTES
    from layers.plan import EvidenceError
    from layers.plan import attach
    from layers.plan import clean_name
    from layers.plan.evidence import too_large

    if file.stat().st_size > MOST_BYTES:
        raise EvidenceError(too_large(clean_name(file.name), file.stat().st_size))
    content = file.read_bytes()
    told = _change(
        workspace,
        author,
        task,
        lambda opened, plan, hand: attach(
            opened,
            plan,
            task,
            file.name,
            content,
            hand=hand,
            today=day_of(None),
            milestone_id=milestone,
            note=note,
        ),
    )
    context.say(
        "Evidence “{file}” was added to task {id} “{title}” by {author}.",
        file=clean_name(file.name),
        **told,
    )


@plan_cli.command("link")
def plan_link(
    task: TaskArgument,
    layer: Annotated[str, typer.Argument(help="Key of the layer.")],
    feature: Annotated[str, typer.Argument(help="Id of the object.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the link away.")] = False,
    workspace: WorkspaceOption = None,
    author: AuthorOption = None,
) -> None:
    """Link an object on the map to a task.

    Example: atlas plan link T10 campuses FD01
    """
    from layers.plan import link
    from layers.plan import unlink

    def work(opened: Workspace, plan: Plan, hand: Any) -> object:  # noqa: ANN401 - layers.plan.Hand
        if remove:
            return unlink(opened, task, layer, feature, hand=hand)
        return link(opened, plan, task, layer, feature, hand=hand)

    told = _change(workspace, author, task, work)
    told |= {"layer": catalogue().layer(layer).title.get(context.lang), "feature": feature}
    if remove:
        context.say(
            "{layer} {feature} is no longer linked to task {id} “{title}” (by {author}).", **told
        )
    else:
        context.say("{layer} {feature} is linked to task {id} “{title}” by {author}.", **told)


@plan_cli.command("submit")
def plan_submit(
    task: TaskArgument, workspace: WorkspaceOption = None, author: AuthorOption = None
) -> None:
    """Submit a task as done; a second person must confirm it.

    Example: atlas plan submit T04
    """
    from layers.plan import submit

    told = _change(
        workspace,
        author,
        task,
        lambda opened, plan, hand: submit(opened, plan, task, hand=hand, today=day_of(None)),
    )
    context.say(
        "Task {id} “{title}” was submitted as done by {author}. Somebody else must confirm it: "
        "atlas plan confirm {id}",
        **told,
    )


@plan_cli.command("confirm")
def plan_confirm(
    task: TaskArgument, workspace: WorkspaceOption = None, author: AuthorOption = None
) -> None:
    """Confirm that a submitted task is done; by another person than who submitted it.

    Example: atlas plan confirm T04 --author 王工
    """
    from layers.plan import confirm

    told = _change(
        workspace,
        author,
        task,
        lambda opened, plan, hand: confirm(opened, plan, task, hand=hand, today=day_of(None)),
    )
    context.say("Task {id} “{title}” is done, confirmed by {author}.", **told)


@plan_cli.command("back")
def plan_back(
    task: TaskArgument,
    why: Annotated[str, typer.Option("--why", help="Why it is not done.")],
    workspace: WorkspaceOption = None,
    author: AuthorOption = None,
) -> None:
    """Send a submitted or finished task back to work.

    Example: atlas plan back T04 --why 佐证不完整
    """
    from layers.plan import send_back

    told = _change(
        workspace,
        author,
        task,
        lambda opened, plan, hand: send_back(opened, plan, task, hand=hand, why=why),
    )
    context.say(
        "Task {id} “{title}” was sent back by {author} and is under way again: {why}",
        why=why.strip(),
        **told,
    )


def _change(
    workspace: Path | None,
    author: str | None,
    task: str,
    work: Callable[[Workspace, Plan, Any], object],
) -> dict[str, object]:
    """Change what is recorded of a task; return what the sentence about it is made of."""
    from layers.plan import Hand

    # The plan is that of the workspace, so it is asked for when that is open.
    opened = open_workspace(workspace)
    plan = plan_of_edition()
    who = author_name(author)
    made = work(opened, plan, Hand(who))
    title = plan.task(task).title.get(context.lang) if plan.has(task) else ""
    return {"id": task, "title": title, "author": who, "made": made}


def _listed(names: Sequence[str]) -> str:
    return ("、" if context.lang == "zh" else ", ").join(names)
