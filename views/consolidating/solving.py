"""Begin to solve, show how far the solver is, stop it, and take what it found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from geo.consolidation import consolidate
from geo.consolidation.solve import Settings
from layers.errors import AtlasError
from layers.scenarios import plans_of
from layers.scenarios import saved_step
from views import figures
from views.consolidating import controls
from views.consolidating import data
from views.consolidating import state
from views.consolidating.jobs import Jobs
from views.consolidating.state import Answer
from views.consolidating.state import Wish
from views.text import _
from views.text import md
from views.text import num
from views.text import pct
from views.text import pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from geo.consolidation.register import Register
    from views.consolidating.jobs import Job
    from views.store import Versions

_LOOK_EVERY_S = 0.7


@dataclass(frozen=True, slots=True)
class Asked:
    """What a job was begun for."""

    wish: Wish
    versions: Versions


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Return the jobs of this process."""
    return Jobs()


def running() -> Job | None:
    """Return the job of this session that is not over yet; None if there is none."""
    job = jobs().get(state.desk().job)
    return None if job is None or job.over else job


def start(wish: Wish, register: Register) -> None:
    """Begin to solve, from the plans at hand; what this session was solving before is stopped.

    Parameters
    ----------
    wish, register
        What is asked for, and the register that was made for it.
    """
    former = running()
    if former is not None:
        jobs().stop(former)
    settings = Settings(time_limit_s=controls.time_limit_s())
    previous = _previous(register)
    job = jobs().submit(
        lambda watch: consolidate(register, settings, watch, previous=previous),
        Asked(wish, data.readable_versions()),
    )
    state.desk().job = job.key


def _previous(register: Register) -> Sequence[NDArray[np.intp]]:
    """Return the plans at hand, by the rows of another register."""
    answer = state.desk().answer
    if answer is None:
        return ()
    old = answer.consolidation.register.problem
    return plans_of(register.problem, [saved_step(old, step) for step in answer.steps])


def button(wish: Wish, register: Register) -> None:
    """Show the button that begins to solve."""
    again = state.desk().answer is not None
    if st.button(
        _("Solve again, from these plans") if again else _("Solve"),
        type="primary",
        width="stretch",
        key="consolidate_solve",
        help=_("Works in the background; the page can be left meanwhile."),
    ):
        start(wish, register)


def collect() -> None:
    """Take over what the job of this session found, once it is done."""
    desk = state.desk()
    job = jobs().get(desk.job)
    if job is None or job.state != "done":
        return
    assert isinstance(job.about, Asked)
    assert job.result is not None
    # What is opened afterwards is newer, and must not be replaced by this answer again.
    desk.job = ""
    desk.take(Answer(job.key, job.result, job.about.wish, job.about.versions))


def show() -> None:
    """Show how far the solver is, or why it gave nothing."""
    job = jobs().get(state.desk().job)
    if job is None:
        return
    if not job.over:
        _progress(job.key)
    elif job.state == "failed":
        st.error(_told(job.error))
    elif job.state == "stopped":
        st.info(_("Stopped before it began."))


def _told(error: Exception | None) -> str:
    if isinstance(error, AtlasError):
        return md(pick(error.text))
    return _("The solver failed: {problem}").format(problem=md(f"{type(error).__name__}: {error}"))


@st.fragment(run_every=_LOOK_EVERY_S)
def _progress(key: str) -> None:
    job = jobs().get(key)
    if job is None or job.over:
        st.rerun()
    with st.container(border=True, key="consolidate_progress"):
        told, press = st.columns([5, 1], vertical_alignment="center")
        with told:
            st.markdown(f"**{_stage(job)}**")
        with press:
            if st.button(
                _("Stopping …") if job.stopping else _("Stop"),
                key="consolidate_stop",
                disabled=job.stopping,
                width="stretch",
                help=_("What was found until then is kept."),
            ):
                jobs().stop(job)
        _numbers(job)


def _stage(job: Job) -> str:
    if job.state == "waiting":
        ahead = num(jobs().ahead(job))
        return _("Waiting: other plans are being solved, {n} wait before this one").format(n=ahead)
    progress = job.progress
    if progress is None:
        return _("The model is being made …")
    place = {
        "step": num(progress.step),
        "steps": num(progress.steps),
        "k": num(progress.presences),
    }
    titles = {
        "fewest": _("Searching for the fewest sites"),
        "cost": _("Least cost for at most {k} sites, step {step} of {steps}"),
        "zones": _("More area in zones with at most {k} sites, step {step} of {steps}"),
    }
    return titles[progress.stage].format(**place)


def _numbers(job: Job) -> None:
    progress = job.progress
    if progress is None:
        st.caption(_("{s} s so far").format(s=num(job.seconds)))
        return
    cells = [(pct(progress.gap), _("gap")), (num(job.seconds, unit="s"), _("so far"))]
    # In the zones it looks for area and for cost by turns, and does not say which.
    if progress.stage != "zones":
        unit, digits = (_("sites"), 0) if progress.stage == "fewest" else (_("10,000 yuan"), 1)
        found, bound = (num(v, digits=digits) for v in (progress.incumbent, progress.bound))
        told = _("best found ({unit})"), _("best possible, proven ({unit})")
        cells[:0] = [(found, told[0].format(unit=unit)), (bound, told[1].format(unit=unit))]
    figures.show(cells)
