"""Labels on paper: where they stand, what they leave free, what is drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from shapely.geometry import LineString
from shapely.geometry import Point
from shapely.geometry import box

from layers.sheet.labels import Label
from layers.sheet.labels import Placed
from layers.sheet.labels import draw_labels
from layers.sheet.labels import place_labels
from layers.sheet.labels import text_measure
from layers.sheet.labels import without_repeats
from layers.sheet.wrapping import two_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layers.sheet.records import Extent

EXTENT = (0.0, 0.0, 100.0, 80.0)
MIDDLE = Label("杨浦", 50, 40, 1, 8)
FONT = "DejaVu Sans"


def _measure(text: str, size_pt: float, bold: bool) -> tuple[float, float]:
    """Measure as for a font whose characters are square."""
    return len(text) * size_pt * 0.35 * (1.1 if bold else 1.0), size_pt * 0.35


def _place(labels: Sequence[Label], **changes: Any) -> list[Placed]:
    options = {"extent": EXTENT, "metres_per_mm": 1.0, "measure": _measure, **changes}
    return place_labels(labels, **options)


def _covers(one: Extent, other: Extent) -> bool:
    """Tell whether two boxes have an area in common, the plain way."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide > 1e-9 and high > 1e-9


def _line(entry: Placed) -> LineString:
    place = (entry.label.x, entry.label.y)
    west, south, east, north = entry.box
    nearest = (min(max(place[0], west), east), min(max(place[1], south), north))
    return LineString([place, nearest])


_labels = st.lists(
    st.builds(
        Label,
        text=st.sampled_from(
            ["园区", "五角场", "上海财经大学国定路校区", "INNOSPACE+", "长阳创谷"]
        ),
        x=st.floats(-5, 105),
        y=st.floats(-5, 85),
        priority=st.integers(0, 3),
        size_pt=st.sampled_from([5.0, 7.0, 10.0]),
        kind=st.sampled_from(["point", "area", "line"]),
        bold=st.booleans(),
        clear_mm=st.sampled_from([0.0, 1.0, 2.5]),
    ),
    max_size=40,
)
_boxes = st.lists(
    st.builds(
        lambda x, y, w, h: (x, y, x + w, y + h),
        st.floats(0, 90),
        st.floats(0, 70),
        st.floats(0.5, 30),
        st.floats(0.5, 20),
    ),
    max_size=4,
)


@settings(derandomize=True, max_examples=80, deadline=None)
@given(_labels, _boxes)
def test_no_label_covers_another_or_an_obstacle_or_a_symbol_or_leaves_the_map(
    labels: list[Label], obstacles: list[Extent]
) -> None:
    placed = _place(labels, obstacles=obstacles)
    boxes = [entry.box for entry in placed]
    for number, one in enumerate(boxes):
        assert one[0] >= 0
        assert one[1] >= 0
        assert one[2] <= 100 + 1e-9
        assert one[3] <= 80 + 1e-9
        assert not any(_covers(one, other) for other in boxes[number + 1 :])
        assert not any(_covers(one, other) for other in obstacles)
        for label in labels:
            half = label.clear_mm
            symbol = (label.x - half, label.y - half, label.x + half, label.y + half)
            assert not _covers(one, symbol)
    assert [entry.label.priority for entry in placed] == sorted(
        (entry.label.priority for entry in placed), reverse=True
    )


@settings(derandomize=True, max_examples=60, deadline=None)
@given(_labels)
def test_no_leader_crosses_a_label_or_another_leader(labels: list[Label]) -> None:
    placed = _place([replace(label, clear_mm=0.5) for label in labels])
    leaders = [(number, _line(entry)) for number, entry in enumerate(placed) if entry.leader]
    for number, line in leaders:
        for other, entry in enumerate(placed):
            if other != number:
                inner = box(*entry.box).buffer(-1e-6)
                assert not line.intersects(inner)
        assert not any(line.crosses(second) for other, second in leaders if other != number)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(_labels, st.randoms(use_true_random=False))
def test_the_order_of_the_labels_changes_nothing(labels: list[Label], rng: Any) -> None:
    shuffled = list(labels)
    rng.shuffle(shuffled)
    assert _place(shuffled) == _place(labels)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(_labels)
def test_less_important_labels_never_move_the_others(labels: list[Label]) -> None:
    # Symbols are there in any case, so only labels without one can be left away.
    bare = [replace(label, clear_mm=0.0) for label in labels]
    everything = _place(bare)
    important = _place([label for label in bare if label.priority >= 2])
    assert everything[: len(important)] == important
    assert all(entry.label.priority < 2 for entry in everything[len(important) :])


def test_of_two_labels_for_one_place_the_important_one_is_placed() -> None:
    narrow = (0.0, 0.0, 9.0, 5.0)
    labels = [Label("低", 1, 2, 0, 8), Label("高高", 1, 2, 5, 8)]
    assert [entry.label.text for entry in _place(labels, extent=narrow)] == ["高高"]


def test_a_lone_label_stands_right_of_its_symbol_at_its_height() -> None:
    (entry,) = _place([replace(MIDDLE, clear_mm=2.0)])
    assert entry.x == pytest.approx(52)
    assert entry.y + entry.height / 2 == pytest.approx(40)
    assert not entry.leader
    # The type and the halo on both sides.
    assert (entry.width, entry.height) == pytest.approx((2 * 2.8 + 0.7, 2.8 + 0.7))


def test_sizes_on_paper_become_metres_by_the_scale() -> None:
    far = (0.0, 0.0, 100_000.0, 80_000.0)
    label = replace(MIDDLE, x=50_000, y=40_000, clear_mm=2.0)
    (entry,) = _place([label], extent=far, metres_per_mm=25.0)
    assert entry.x == pytest.approx(50_050)
    assert entry.width == pytest.approx(25 * 6.3)


def test_at_the_right_edge_a_label_goes_to_the_left() -> None:
    (entry,) = _place([replace(MIDDLE, x=99.0, clear_mm=1.0)])
    assert entry.x + entry.width == pytest.approx(98.0)


def test_a_crowded_label_moves_away_and_gets_a_leader() -> None:
    wall = (45.0, 35.0, 55.0, 45.0)
    (entry,) = _place([MIDDLE], obstacles=[wall])
    assert entry.leader
    assert not _covers(entry.box, wall)
    assert box(*entry.box).distance(Point(50, 40)) < 15


def test_without_room_a_label_is_left_out() -> None:
    assert _place([MIDDLE], obstacles=[(20.0, 10.0, 80.0, 70.0)]) == []
    assert _place([MIDDLE], extent=(49.0, 39.0, 51.0, 41.0)) == []


@pytest.mark.parametrize(
    "label",
    [
        replace(MIDDLE, text=" \n"),
        replace(MIDDLE, x=-1),
        replace(MIDDLE, y=float("nan"), clear_mm=1.0),
        replace(MIDDLE, x=float("inf"), clear_mm=1.0),
    ],
)
def test_a_label_without_text_or_place_is_left_out_and_hinders_none(label: Label) -> None:
    assert [entry.label for entry in _place([label, MIDDLE])] == [MIDDLE]


def test_the_text_of_an_area_stands_inside_if_it_fits() -> None:
    # The point that stands for the area lies in its narrow arm; the room is in the other.
    area = shapely.union_all([box(10, 10, 60, 12), box(60, 10, 90, 40)])
    (entry,) = _place([Label("五角场", 20, 11, 0, 10, "area", area=area)])
    assert area.contains(box(*entry.box))
    assert not entry.leader


def test_the_text_of_a_small_area_stands_beside_it_with_a_leader() -> None:
    area = box(48, 38, 52, 42)
    (entry,) = _place([Label("五角场", 50, 40, 0, 10, "area", area=area)])
    assert entry.leader
    assert not box(*entry.box).intersects(area)
    # Without its polygon nothing is known of its size.
    (bare,) = _place([Label("五角场", 50, 40, 0, 10, "area")])
    assert not bare.leader
    assert bare.x + bare.width / 2 == pytest.approx(50)


def test_the_text_of_an_area_that_is_partly_seen_stands_in_the_part() -> None:
    area = box(80, -500, 900, 900)
    (entry,) = _place([Label("新江湾城", 95, 40, 0, 8, "area", area=area)])
    assert box(80, 0, 100, 80).contains(box(*entry.box))


def test_the_text_of_a_line_stands_above_it() -> None:
    (entry,) = _place([replace(MIDDLE, kind="line", clear_mm=0.5)])
    assert entry.y == pytest.approx(40.5)
    assert entry.x + entry.width / 2 == pytest.approx(50)


def test_a_long_name_beside_a_point_is_set_in_two_lines() -> None:
    (entry,) = _place([replace(MIDDLE, text="上海财经大学国定路校区", x=10)])
    assert entry.text == "上海财经大学\n国定路校区"
    assert entry.width == pytest.approx(6 * 2.8 + 0.7)
    assert entry.height == pytest.approx(2.8 * 2.12 + 0.7)
    area = box(0, 0, 100, 80)
    (inside,) = _place([replace(entry.label, kind="area", area=area, x=50)])
    assert "\n" not in inside.text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("五角场城市副中心", "五角场城市副中心"),
        ("上海体育国家大学科技园", "上海体育\n国家大学科技园"),
        ("城市概念软件信息服务园", "城市概念软件\n信息服务园"),
        ("江湾市府大厦（旧上海特别市政府）", "江湾市府大厦\n（旧上海特别市政府）"),
        ("上海理工大学军工路校区（516号）", "上海理工大学\n军工路校区（516号）"),
        ("INNOSPACE+创业社区五角场店", "INNOSPACE+\n创业社区五角场店"),
        ("Yangpu Riverside South Section", "Yangpu Riverside\nSouth Section"),
        ("Supercalifragilisticexpialidocious", "Supercalifragilisticexpialidocious"),
        ("", ""),
    ],
)
def test_names_are_broken_where_a_reader_would(name: str, expected: str) -> None:
    assert two_lines(name) == expected


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.text("上海大学（）·、12aB -", max_size=30))
def test_a_break_loses_nothing_and_splits_no_word_or_number(text: str) -> None:
    name = " ".join(text.split())
    lines = two_lines(name).split("\n")
    assert len(lines) <= 2
    assert "".join(lines).replace(" ", "") == name.replace(" ", "")
    if len(lines) == 2:
        assert all(lines)
        assert lines[1][0] not in "）·、"
        assert lines[0][-1] != "（"
        parted_by_blank = " ".join(lines) in name
        both = (lines[0][-1] + lines[1][0]).isascii()
        assert parted_by_blank or not (both and (lines[0][-1] + lines[1][0]).isalnum())


def test_repeats_close_by_are_said_once_by_the_most_important() -> None:
    area = box(0, 0, 20, 20)
    park = Label("长阳创谷", 10, 10, 5, 8, "area", area=area)
    building = Label("长阳创谷", 19, 19, 1, 6)
    far = Label("长阳创谷", 60, 60, 1, 6)
    other = Label("互联宝地", 10, 10, 1, 6)
    found = without_repeats([far, building, other, park], distance=5)
    assert found[0] == park
    assert set(found) == {park, other, far}


def test_what_cannot_be_placed_is_refused() -> None:
    with pytest.raises(ValueError, match="`metres_per_mm`"):
        _place([MIDDLE], metres_per_mm=0.0)
    with pytest.raises(ValueError, match="`extent`"):
        _place([MIDDLE], extent=(0.0, 0.0, 0.0, 10.0))


def test_two_thousand_labels_find_as_many_places_as_the_paper_has() -> None:
    rng = np.random.default_rng(8)
    labels = [
        Label(f"园区{n:04d}", x, y, int(n % 4), 6, clear_mm=0.8)
        for n, (x, y) in enumerate((rng.random((2_000, 2)) * [800.0, 550.0]).tolist())
    ]
    placed = _place(labels, extent=(0.0, 0.0, 800.0, 550.0))
    boxes = shapely.box(*np.array([entry.box for entry in placed]).T)
    # A label hides 0.75 % of a per mille of this sheet: 1,000 of them fit with ease.
    assert len(placed) > 1_000
    left, right = shapely.STRtree(boxes).query(boxes, predicate="overlaps")
    assert len(left) == len(right) == 0


def _figure() -> tuple[Figure, Any]:
    figure = Figure(figsize=(100 / 25.4, 80 / 25.4), dpi=300)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 100), ylim=(0, 80))
    axes.axis("off")
    return figure, axes


def _drawn(placed: Sequence[Placed], *, ground: str = "white") -> np.ndarray[Any, Any]:
    figure, axes = _figure()
    figure.set_facecolor(ground)
    draw_labels(axes, placed, family=FONT, zorder=5)
    canvas: Any = figure.canvas
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[::-1, :, :3].astype(np.int64)
    return np.asarray(pixels)


def test_the_text_is_drawn_within_its_box() -> None:
    labels = [
        Label("Yangpu Riverside $x_1$ Section", 20, 40, 1, 9, clear_mm=1.0),
        Label("jgypq", 60, 20, 1, 14, bold=True),
    ]
    placed = _place(labels, measure=text_measure(FONT))
    assert "\n" in placed[0].text + placed[1].text
    dark = _drawn(placed).sum(axis=-1) < 3 * 160
    rows, columns = np.nonzero(dark)
    x, y = columns / 300 * 25.4, rows / 300 * 25.4
    inside = np.zeros(len(x), dtype=bool)
    for entry in placed:
        west, south, east, north = entry.box
        held = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        assert held.sum() > 200
        inside |= held
    assert inside.all()
    # The measured width is that of the ink, with the halo on both sides.
    for entry in placed:
        held = (y >= entry.y) & (y <= entry.y + entry.height)
        assert np.ptp(x[held]) == pytest.approx(entry.width - 0.7, abs=0.6)


def test_a_halo_parts_the_text_from_a_dark_ground() -> None:
    placed = _place([replace(MIDDLE, text="III", size_pt=14)], measure=text_measure(FONT))
    pixels = _drawn(placed, ground="#808080")
    white = (pixels > 250).all(axis=-1)
    assert white.sum() > 300
    west, south, east, north = placed[0].box
    rows, columns = np.nonzero(white)
    assert (columns / 300 * 25.4).min() > west - 0.2
    assert (columns / 300 * 25.4).max() < east + 0.2
    assert (rows / 300 * 25.4).min() > south - 0.2
    assert (rows / 300 * 25.4).max() < north + 0.2


def test_a_leader_ties_a_label_to_its_place() -> None:
    (entry,) = _place([MIDDLE], obstacles=[(45.0, 35.0, 55.0, 45.0)])
    drawn = replace(entry, text="I")
    dark = _drawn([drawn]).sum(axis=-1) < 3 * 200
    place = [int(part / 25.4 * 300) for part in (entry.label.y, entry.label.x)]
    assert dark[place[0] - 3 : place[0] + 4, place[1] - 3 : place[1] + 4].any()
    without = _drawn([replace(drawn, leader=False)]).sum(axis=-1) < 3 * 200
    assert without.sum() < dark.sum()


def test_the_text_itself_has_no_effect_that_would_make_it_outlines() -> None:
    _, axes = _figure()
    draw_labels(axes, _place([MIDDLE]), family=FONT, zorder=5)
    plain = [text for text in axes.texts if not text.get_path_effects()]
    assert [text.get_text() for text in plain] == ["杨浦"]
    assert plain[0].get_zorder() > min(text.get_zorder() for text in axes.texts)
