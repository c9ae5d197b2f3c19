"""Text that attacks, and a workspace in which every text, id, author and name is such text."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from bench.city import make_workspace
from geo.batch.scopes import CODE
from geo.consolidation import consolidate
from geo.consolidation.overrides import Override
from geo.consolidation.parameters import ConsolidationParameters
from geo.consolidation.solve import Settings
from layers.calendar import set_entries
from layers.catalogue import load_catalogue
from layers.consolidation import CONSOLIDATION_LAYERS
from layers.consolidation import default_parameters
from layers.consolidation import register_of
from layers.editing import FOLDER
from layers.editing import DraftStore
from layers.editing import EditSession
from layers.editing import SetValues
from layers.entries import put_rows
from layers.plan import Hand
from layers.plan import attach
from layers.plan import link
from layers.plan import load_plan
from layers.plan import put_milestone
from layers.plan import set_fields
from layers.scenarios import Scenario
from layers.scenarios import save
from layers.scenarios import saved_step
from layers.targets import Given
from layers.targets import add_value
from layers.targets import give_terms
from layers.targets import plan_targets
from layers.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

    from layers.catalogue import LayerSpec

RUN = "window.parent.__ran=1;window.__ran=1;alert(1)"
ELSEWHERE = "attacker.invalid"
MIXED = (
    f"<img src=x onerror='{RUN}'>${{{RUN}}}`+{RUN}+`</script><script>{RUN}</script>"
    f'"\'><svg onload="{RUN}">{{{{{RUN}}}}}\u2028[x](javascript:{RUN})'
)
STRINGS = (
    MIXED,
    f"<script>{RUN}</script>",
    f'" onmouseover="{RUN}" onfocus="{RUN}" autofocus x="',
    f"' onerror='{RUN}",
    "</style><style>body{display:none}</style>",
    "</textarea></title></svg><!--",
    "]]><b>&lt;img src=x onerror=alert(1)&gt; &#60;b&#62; &amp;amp;",
    f"[点此](javascript:{RUN}) ![图](http://{ELSEWHERE}/x.png) <http://{ELSEWHERE}>",
    f"http://{ELSEWHERE}/plain",
    ":material/skull: :red[红] :red-background[红] $x^2$ $$\\frac{1}{2}$$",
    "# 一\n\n- 二\n\n| 三 | 四 |\n|---|---|\n\n```\n五",
    "**粗** __下__ ~~删~~ `码` \\ \\* &nbsp;",
    "{{7*7}} {% raw %} {# x #} ${7*7} #{7*7} <%= 7*7 %> %s %(a)s {0} {name}",
    f'=HYPERLINK("http://{ELSEWHERE}","x")',
    "+1+1",
    "-1+1",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\n=cmd|' /C calc'!A0",
    "＝1+1",
    "'=1+1",
    "\u202egpj.exe",
    "\u2067倒\u2066写",
    "\u202dأهلا\u200f שלום",
    "行\u2028行\u2029行",
    "👨‍👩‍👧‍👦🏳️‍🌈 e\u0301\u0301\u0301 \ufeff\u200b",
    "长" * 1_500,
    "W" * 600,
    "null",
    "NaN",
    "undefined",
    "../../../etc/passwd",
    "CON.txt:stream",
    "\\N \\u003cb\\u003e \\x3cb\\x3e",
    "'; DROP TABLE zones; --",
)
"""Texts as the intake lets them into a workspace."""

SHORT = f"<img src=x onerror=alert(1)>![](http://{ELSEWHERE})${{1}}`"
"""Fits where eighty characters are allowed."""

PLANNED = f"=1+1 {SHORT}"
"""A scenario that was solved; see :func:`plan`."""

TASK = "T03"
"""The task of which :func:`tasks` records something."""

SUBJECTS = {"parks": "park_id", "incubators": "id", "operators": "operator_id"}
"""Layers whose rows are evaluated, and how they are known."""

RECORDED = 2025
"""The year of indicators that :func:`record` gives to subjects."""

TAIL = "\"'><i onclick=alert(1)>`${1}[x](javascript:1)&lt;:$x$"
"""What every third id ends with."""


def poison(workspace: Workspace) -> None:
    """Make every free text of every layer hostile, and every third id."""
    renamed = {spec.key: _renamed(workspace, spec) for spec in workspace.catalogue.layers}
    for spec in workspace.catalogue.layers:
        if workspace.rows(spec.key):
            frame = poisoned(workspace.read(spec.key), spec, renamed)
            workspace.commit(spec.key, frame, author=MIXED, message=MIXED)


def free_fields(spec: LayerSpec) -> list[str]:
    """Return the fields of a layer that may hold any text."""
    return [
        f.name
        for f in spec.fields
        if f.type == "text" and not f.choices and not f.references and f.name != spec.id_field
    ]


def poisoned(
    frame: Any, spec: LayerSpec, renamed: dict[str, dict[str, str]] | None = None
) -> pd.DataFrame:
    """Return a frame with a hostile text in every field that may hold any.

    Texts go round, so that every field meets each of them where there are rows enough.
    """
    made: pd.DataFrame = frame.copy()
    for number, name in enumerate(free_fields(spec)):
        start = 7 * number % len(STRINGS)
        texts = itertools.islice(itertools.cycle(STRINGS), start, start + len(made))
        made[name] = pd.array(list(texts), dtype="str")
    if CODE in made:
        # One code for all: what belongs to another district is measured there.
        made[CODE] = SHORT
    for field in spec.fields:
        key = spec.key if field.name == spec.id_field else (field.references or ("",))[0]
        names = (renamed or {}).get(key, {})
        if names and field.type == "text":
            made[field.name] = made[field.name].map(lambda v, n=names: n.get(v, v))
    return made


def _renamed(workspace: Workspace, spec: LayerSpec) -> dict[str, str]:
    # Buildings are many and drawn from tiles, which know them by row.
    if spec.key == "buildings" or not workspace.rows(spec.key):
        return {}
    ids = workspace.read(spec.key)[spec.id_field].tolist()
    return {key: key + TAIL for key in ids[::3]}


def plan(workspace: Workspace) -> None:
    """Solve and save the scenario :data:`PLANNED`, in which somebody moves.

    Nobody can move where industries and needs are texts that no host offers: hosts then
    are open to all, and units need nothing.
    """
    open_to_all = {"carriers": "allowed_industries", "units": "needs"}
    for key, name in open_to_all.items():
        frame = workspace.read(key)
        frame[name] = pd.array([None] * len(frame), dtype="str")
        workspace.commit(key, frame, author=MIXED, message=MIXED)
    tables = {key: workspace.read(key) for key in workspace.keys()}  # noqa: SIM118 - no dict
    parks = sorted(park for park in set(tables["units"]["park_id"].dropna()) if "<" in park)[:4]
    parameters = default_parameters(tables)
    register = register_of(tables, workspace.catalogue, parameters, parks)
    frontier = consolidate(register, Settings(time_limit_s=20, gap=0.05)).frontier
    steps = tuple(saved_step(register.problem, step) for step in frontier.steps)
    fewest = min(range(len(steps)), key=lambda number: steps[number].presences)
    assert steps[fewest].moved
    units = [unit for unit in register.problem.units["unit_id"] if unit not in steps[fewest].moved]
    stays = Override(
        kind="stay",
        author=SHORT,
        time="2026-11-01T00:00:00+00:00",
        reason=MIXED.replace("\u2028", " "),
        unit_id=units[0],
    )
    scenario = Scenario(
        name=PLANNED,
        author=SHORT,
        note=MIXED.replace("\u2028", " "),
        parks=tuple(parks),
        parameters=parameters,
        overrides=(stays,),
        versions={k: v for k, v in workspace.versions().items() if k in CONSOLIDATION_LAYERS},
        steps=steps,
        chosen=fewest,
    )
    save(workspace, scenario)


def record(workspace: Workspace) -> None:
    """Record indicators of subjects that there are; what is free in them is hostile still."""
    now = workspace.read("indicators")
    before = workspace.read("indicators", workspace.version("indicators") - 1)
    ids = {one for key, name in SUBJECTS.items() for one in workspace.read(key)[name]}
    subjects = [key + TAIL if key + TAIL in ids else key for key in before["subject_id"]]
    now["subject_id"] = pd.array(subjects, dtype="str")
    now["indicator"] = before["indicator"]
    # One of a subject that nobody knows is told as not used.
    last = now.index[now["card"].eq("university") & now["period"].eq(RECORDED)][-1]
    now.loc[last, "subject_id"] = MIXED
    workspace.commit("indicators", now, author=MIXED, message=MIXED)


def monitor(workspace: Workspace) -> None:
    """Give terms, a value and a data calendar in which every free text is hostile."""
    end = dt.date(2025, 6, 30)
    for target in plan_targets(workspace.catalogue.folder):
        given = {"scope": MIXED, "owner": MIXED, "base_value": 1.0, "note": MIXED}
        terms = {**given, "base_date": dt.date(2023, 12, 31)}
        give_terms(workspace, target.target_id, terms, author=MIXED)
        value = Given(end, "rolling", value=2.0, entity_set=MIXED, source=MIXED, note=MIXED)
        add_value(workspace, target, value, author=MIXED)
    suggested = {"title": MIXED, "kind": "total", "unit": MIXED, "target_value": 1.0}
    give_terms(workspace, MIXED, {**suggested, "target_date": end}, author=MIXED)
    entry = {"owner": MIXED, "note": MIXED, "period": "quarter", "due_days": 20}
    subjects = ("carriers", "gates", MIXED)
    set_entries(
        workspace,
        [
            {**entry, "entry_id": f"{MIXED}{n}", "subject_kind": "layer", "subject": subject}
            for n, subject in enumerate(subjects)
        ],
        author=MIXED,
    )


def tasks(workspace: Workspace) -> None:
    """Record a task of the action plan as somebody hostile would, and one that there is not."""
    plan = load_plan(workspace.catalogue.folder)
    assert plan is not None
    hand, today = Hand(SHORT), dt.date(2026, 11, 2)
    free = dict.fromkeys(("owner", "partners", "source", "note"), SHORT)
    set_fields(workspace, plan, TASK, {**free, "end": dt.date(2025, 1, 1)}, hand=hand)
    for title in (SHORT, MIXED.replace("\u2028", " ")):
        put_milestone(
            workspace, plan, TASK, {"title": title, "note": SHORT}, hand=hand, today=today
        )
    # The name of a file is the end of the address under which it is fetched from us.
    names = [text for text in STRINGS if ELSEWHERE not in text]
    for number, text in enumerate(names[:12]):
        attach(
            workspace, plan, TASK, f"{text}.txt", b"%d" % number, hand=hand, today=today, note=SHORT
        )
    for carrier in workspace.read("carriers")["carrier_id"].head(4):
        link(workspace, plan, TASK, "carriers", str(carrier), hand=hand)
    stranger = {"task_id": SHORT, "owner": SHORT}
    put_rows(workspace, "tasks", [stranger], author=SHORT, message=SHORT)


def make_poisoned(path: Path, few: int) -> Workspace:
    """Make a workspace in which whatever people or files name is hostile."""
    make_workspace(path, few)
    workspace = Workspace.open(path, load_catalogue())
    poison(workspace)
    monitor(workspace)
    tasks(workspace)
    parameters = ConsolidationParameters(as_of=dt.date(2026, 3, 31), horizon=dt.date(2027, 3, 31))
    save(workspace, Scenario(name=SHORT, author=SHORT, note=SHORT, parameters=parameters))
    session = EditSession.begin(workspace, "zones")
    zones = workspace.read("zones")
    spec = workspace.catalogue.layer("zones")
    edit = SetValues(str(zones["zone_id"].iloc[0]), {"name": MIXED})
    DraftStore(path / FOLDER).save(session.do(edit, zones, spec))
    basemaps = path / "basemaps"
    basemaps.mkdir()
    (basemaps / "<img src=x onerror=alert(1)>`.pmtiles").write_bytes(b"PMTiles nothing")
    return workspace
