from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from geo.distance import Edges
from geo.distance import components
from geo.distance import pairs_in_groups
from geo.distance import spanning_forest

# A coarse grid makes equal distances and coincident points likely.
points = st.tuples(st.integers(0, 6), st.integers(0, 6))
groups = st.lists(st.lists(points, min_size=1, max_size=7), min_size=1, max_size=4)


def laid_out(parks: list[list[tuple[int, int]]]) -> tuple[Any, Any, Edges]:
    group = np.repeat(np.arange(len(parks)), [len(park) for park in parks])
    xy = np.array([point for park in parks for point in park], dtype=float) * 100
    return group, xy, pairs_in_groups(group, xy)


def partition(labels: Any) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)}


def complete_graph(group: Any, xy: Any) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(range(len(group)))
    for i in range(len(group)):
        for j in range(i):
            if group[i] == group[j]:
                graph.add_edge(i, j, weight=float(np.hypot(*(xy[i] - xy[j]))))
    return graph


def test_pairs_and_distances_of_the_oracle(oracle: dict[str, Any]) -> None:
    expected = oracle["A3.mean_pairwise"]
    pairs = pairs_in_groups(np.zeros(4, dtype=np.intp), np.array(expected["xy"]))
    matrix = np.zeros((4, 4))
    matrix[pairs.start, pairs.end] = matrix[pairs.end, pairs.start] = pairs.length_m
    np.testing.assert_allclose(matrix, expected["dist"], atol=1e-4)
    assert pairs.length_m.size == 6


def test_no_pair_leaves_its_group() -> None:
    group = np.array([0, 1, 1, 1, 3, 3])
    pairs = pairs_in_groups(group, np.arange(12.0).reshape(6, 2))
    assert list(zip(pairs.start.tolist(), pairs.end.tolist(), strict=True)) == [
        (1, 2),
        (1, 3),
        (2, 3),
        (4, 5),
    ]


def test_spanning_tree_of_the_oracle(oracle: dict[str, Any]) -> None:
    expected = oracle["A4.mst"]
    tree = spanning_forest(pairs_in_groups(np.zeros(4, dtype=np.intp), np.array(expected["xy"])), 4)
    assert sorted(tree.length_m) == expected["mst_edges_m"]
    assert tree.length_m.sum() == expected["mst_length_m"]
    assert tree.length_m.max() == expected["longest_gap_m"]
    for threshold in (400, 500, 600, 2400):
        labels = components(tree.take(tree.length_m <= threshold), 4)
        assert labels.max() + 1 == expected[f"comps_{threshold}"]


def test_coincident_sites_stay_joined(oracle: dict[str, Any]) -> None:
    expected = oracle["A4.coincident"]
    tree = spanning_forest(pairs_in_groups(np.zeros(3, dtype=np.intp), np.array(expected["xy"])), 3)
    assert sorted(tree.length_m) == expected["mst_edges_m"]
    assert components(tree.take(tree.length_m <= 50), 3).max() + 1 == expected["comps_50"]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(groups)
def test_forest_weighs_what_networkx_says(parks: list[list[tuple[int, int]]]) -> None:
    group, xy, pairs = laid_out(parks)
    tree = spanning_forest(pairs, len(group))
    reference = nx.minimum_spanning_tree(complete_graph(group, xy)).edges(data="weight")
    assert np.sort(tree.length_m) == pytest.approx(sorted(weight for *_, weight in reference))
    assert tree.start.size == len(group) - len(parks)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(groups, st.integers(0, 900))
def test_one_tree_answers_every_threshold(
    parks: list[list[tuple[int, int]]], anywhere: int
) -> None:
    group, xy, pairs = laid_out(parks)
    tree = spanning_forest(pairs, len(group))
    # Thresholds that equal a distance are where "at most" and "less than" differ.
    for threshold in {float(anywhere), *pairs.length_m[:3].tolist()}:
        graph = complete_graph(group, xy)
        graph.remove_edges_from(
            [(i, j) for i, j, weight in graph.edges(data="weight") if weight > threshold]
        )
        brute = {frozenset(component) for component in nx.connected_components(graph)}
        kept = tree.take(tree.length_m <= threshold)
        assert partition(components(kept, len(group))) == brute
        assert len(brute) == len(parks) + int((tree.length_m > threshold).sum())


def test_nothing_to_connect() -> None:
    nothing = pairs_in_groups(np.empty(0, dtype=np.intp), np.empty((0, 2)))
    assert spanning_forest(nothing, 0).start.size == 0
    assert components(nothing, 0).size == 0
    assert components(nothing, 2).tolist() == [0, 1]
