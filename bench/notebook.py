"""What a benchmark of the browser notes, and the table of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

import numpy as np

from bench.browser import others
from bench.browser import wait_for_calm

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Sequence

S, MS, MB, KB = "s", "ms", "MB", "kB"


@dataclass
class Sample:
    """Values of one kind, and the load by others while each was taken."""

    values: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)


@dataclass
class Notebook:
    """What was measured of a subject, by the titles of the rows."""

    title: str
    patience_s: float
    samples: dict[str, Sample] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @contextmanager
    def taking(self) -> Iterator[Callable[[str, Sequence[float]], None]]:
        """Give a function that notes values that are taken within."""
        wait_for_calm(self.patience_s)
        taken: list[tuple[str, Sequence[float]]] = []
        with others() as load:
            yield lambda key, values: taken.append((key, values))
        for key, values in taken:
            self.write(key, values, load.cores)

    def write(self, key: str, values: Sequence[float], load: float | None = None) -> None:
        """Note values, and print them; without a load if it cannot change them."""
        sample = self.samples.setdefault(key, Sample())
        sample.values += values
        sample.others += [] if load is None else [load]
        shown = _spread(values) if len(values) > 1 else f"{values[0]:.6g}"
        told = "" if load is None else f"oth {load:.1f}"
        print(f"  {self.title:<6} {key:<32} {shown:<44} {told}".rstrip(), flush=True)

    def remark(self, text: str) -> None:
        """Note something that is no number."""
        self.remarks.append(f"{self.title}: {text}")
        print(f"  {self.title:<6} {text}", flush=True)


def _spread(values: Sequence[float]) -> str:
    p50, p95, most = np.percentile(values, [50, 95, 100])
    return f"n {len(values)}, p50 {p50:.1f}, p95 {p95:.1f}, max {most:.1f}"


@dataclass(frozen=True)
class Row:
    """A row of the table: a key of the notebooks, and how its values become one."""

    key: str
    unit: str = ""
    target: float | None = None
    percentile: int = 50


def print_table(rows: Sequence[Row], ours: Notebook, other: Notebook) -> None:
    """Print what was measured, side by side."""
    heads = ("ours", "stock", "ratio", "target", "met", "oth: ours, stock")
    print(_line("", *heads))
    for row in rows:
        left, right = (_value(book, row) for book in (ours, other))
        ratio = f"{right / left:.1f} x" if left and right else "-"
        name = {50: "", 95: " p95", 100: " max"}[row.percentile]
        title = f"{row.key}{name}" + (f", {row.unit}" if row.unit else "")
        loads = ", ".join(_load(book, row) for book in (ours, other))
        print(_line(title, _text(left), _text(right), ratio, *_target(row, left), loads))
    for remark in (*ours.remarks, *other.remarks):
        print(remark)


def _line(title: str, *cells: str) -> str:
    """Return a line of the table; the last cell takes what it needs."""
    return f"{title:<38}" + "".join(f"{cell:>9}" for cell in cells[:-1]) + f"   {cells[-1]}"


def _target(row: Row, value: float | None) -> tuple[str, str]:
    """Return the target, and whether it was met."""
    if row.target is None:
        return "", ""
    met = "-" if value is None else "yes" if value <= row.target else "NO"
    return f"{row.target:g}", met


def _value(book: Notebook, row: Row) -> float | None:
    sample = book.samples.get(row.key)
    return float(np.percentile(sample.values, row.percentile)) if sample else None


def _load(book: Notebook, row: Row) -> str:
    sample = book.samples.get(row.key)
    return f"{np.mean(sample.others):.1f}" if sample and sample.others else "-"


def _text(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"
