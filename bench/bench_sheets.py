"""One sheet of the district and an atlas of 30 parks, against geopandas and matplotlib alone.

Run ``python -m bench.bench_sheets``; ``--parks`` gives the number of parks. The plain side
is what an analyst writes in a notebook: ``GeoDataFrame.plot`` for each layer, names at their
places, `savefig` into a PDF of the same paper. It is given the layers of each sheet chosen,
cut to what a park needs and in metres, all of which is part of our time; so are the check of
the finished file, hatches, places of names, grid, legend, notes and title block, which the
plain side does not have. Both draw the same features at the same scale on the same number of
pages, or no time is printed. Each side runs in a process of its own, so that its peak memory
can be read (from ``/proc``, so on Linux only).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import time
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np
import shapely

from bench.browser import resident_mb
from layers.catalogue import load_catalogue
from layers.edition import load_edition
from layers.fonts import cjk_face
from layers.sheet import SheetRequest
from layers.sheet import sheet_content
from layers.sheet import write_atlas
from layers.sheet import write_sheet
from layers.sheet.layout import choose
from layers.sheet.layout import window

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from layers.catalogue import Catalogue
    from layers.sheet import SheetContent
    from layers.sheet.records import SheetLayer

    Work = Callable[["Task", Path], "Drawn"]

PARKS = 30
REPEATS = 3
"""Runs for a sheet of the district, of which the shortest counts; an atlas is drawn once."""
STAMP = date(2026, 1, 1)
MM = 25.4
_PAGE = re.compile(rb"/Type /Page\b")


class Task(NamedTuple):
    """Tables, their catalogue, and the parks of the atlas; none for a sheet of the district."""

    tables: Mapping[str, pd.DataFrame]
    catalogue: Catalogue
    parks: Sequence[str]


class Drawn(NamedTuple):
    """Time in seconds, and of every map its subject and the denominator of its scale."""

    seconds: float
    maps: tuple[tuple[str, int], ...]


class Run(NamedTuple):
    """What was drawn, peak memory in MB, size of the file in kB, and pages with a map."""

    drawn: Drawn
    peak_mb: float
    file_kb: float
    pages: int


def task(parks: int) -> Task:
    """Return the bundled edition and so many parks that lie somewhere; 0 for the district."""
    catalogue = load_catalogue()
    tables = load_edition(catalogue).tables
    located = tables["parks"][tables["parks"].geometry.notna()]
    return Task(tables, catalogue, located["park_id"].astype(str).tolist()[:parks])


def ours(given: Task, path: Path) -> Drawn:
    """Draw with the sheets of the atlas."""
    start = time.perf_counter()
    if given.parks:
        request = SheetRequest("park")
        atlas = write_atlas(
            given.tables, given.catalogue, request, path, stamp=STAMP, parks=given.parks
        )
        maps = tuple((park, scale) for park, _, scale in atlas.sheets)
    else:
        report = write_sheet(_contents(given)[0], path)
        maps = (("", report.scale),)
    return Drawn(time.perf_counter() - start, maps)


def plain(given: Task, path: Path) -> Drawn:
    """Draw with ``plot`` and ``savefig``; choosing the features is not timed."""
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_pdf import PdfPages

    contents = _contents(given)
    start = time.perf_counter()
    maps = []
    with plt.rc_context({"font.family": cjk_face().family}), PdfPages(path) as pdf:
        for content in contents:
            page, scale = choose(content)
            shown = window(content.extent, page.map, scale)
            figure = plt.figure(figsize=(page.width / MM, page.height / MM))
            frame = page.map
            axes = figure.add_axes(
                (
                    frame.left / page.width,
                    frame.bottom / page.height,
                    frame.width / page.width,
                    frame.height / page.height,
                )
            )
            for layer in content.layers:
                _plot(axes, layer, shown)
            axes.set(xlim=shown[::2], ylim=shown[1::2], title=content.title)
            pdf.savefig(figure)
            plt.close(figure)
            maps.append((content.request.subject, scale))
    return Drawn(time.perf_counter() - start, tuple(maps))


def _plot(axes: Axes, layer: SheetLayer, shown: tuple[float, float, float, float]) -> None:
    """Plot a layer, and write the names of what is seen at their places."""
    style = layer.style
    by_class = bool(style.field) and style.field in layer.frame
    layer.frame.plot(
        ax=axes, column=style.field if by_class else None, alpha=0.5, edgecolor="black"
    )
    shapes = layer.frame.geometry.to_numpy()
    seen = np.nonzero(shapely.intersects(shapes, shapely.box(*shown)))[0]
    for row in seen if layer.labels else ():
        place = shapely.point_on_surface(shapes[row])
        axes.annotate(layer.labels[row], (place.x, place.y), fontsize=6.6, annotation_clip=True)


def _contents(given: Task) -> list[SheetContent]:
    """Return what the sheets show."""
    requests = [SheetRequest("park", park) for park in given.parks] or [SheetRequest("district")]
    return [
        sheet_content(given.tables, given.catalogue, request, stamp=STAMP) for request in requests
    ]


def measured(work: Work, parks: int) -> Run:
    """Run `work` in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (work, parks))


def _measure(work: Work, parks: int) -> Run:
    given = task(parks)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "drawn.pdf"
        runs = [work(given, path) for _ in range(1 if parks else REPEATS)]
        data = path.read_bytes()
    drawn = min(runs, key=lambda run: run.seconds)
    peak = resident_mb(os.getpid(), "VmHWM")
    return Run(drawn, peak, len(data) / 1e3, len(_PAGE.findall(data)))


def compare(parks: int) -> None:
    """Compare what was drawn, then print times, memory, file sizes and their ratios."""
    fast, base = measured(ours, parks), measured(plain, parks)
    if fast.drawn.maps != base.drawn.maps or not base.pages == len(base.drawn.maps) <= fast.pages:
        message = f"the two did not draw the same: {fast} and {base}"
        raise AssertionError(message)
    print(f"{len(base.drawn.maps)} maps of the same features at the same scales")
    for name, run in (("geopandas + savefig", base), ("layers.sheet", fast)):
        print(
            f"{name:<22}{run.drawn.seconds:8.2f} s, peak {run.peak_mb:6.0f} MB, "
            f"file {run.file_kb:8.0f} kB, {run.pages} pages"
        )
    print(f"ratio, plain / ours: time    {base.drawn.seconds / fast.drawn.seconds:8.2f} x")
    print(f"ratio, plain / ours: memory  {base.peak_mb / fast.peak_mb:8.2f} x")
    print(f"ratio, plain / ours: file    {base.file_kb / fast.file_kb:8.2f} x")


def main() -> None:
    """Compare both sides for one sheet of the district, and for an atlas."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parks", type=int, default=PARKS, help="sheets of the atlas")
    parks = parser.parse_args().parks
    for count, name in ((0, "the district on A3"), (parks, f"an atlas of {parks} parks on A3")):
        print(name)
        compare(count)
        print()


if __name__ == "__main__":
    main()
