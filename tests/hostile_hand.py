"""Text that attacks, and a workspace in which every text, id, author and name is such text."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING
from typing import Any

import pandas as pd

from bench.city import make_workspace
from geo.consolidation.parameters import ConsolidationParameters
from layers.catalogue import load_catalogue
from layers.editing import FOLDER
from layers.editing import DraftStore
from layers.editing import EditSession
from layers.editing import SetValues
from layers.scenarios import Scenario
from layers.scenarios import save
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

_ID = "\"'><i onclick=alert(1)>`${1}[x](javascript:1)&lt;:$x$"


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
    return {key: key + _ID for key in ids[::3]}


def make_poisoned(path: Path, few: int) -> Workspace:
    """Make a workspace in which whatever people or files name is hostile."""
    make_workspace(path, few)
    workspace = Workspace.open(path, load_catalogue())
    poison(workspace)
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
