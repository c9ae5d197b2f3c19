"""Distances between the sites of one park, for all parks at once.

Nodes are numbered so that the sites of a park follow each other. All pairs of a
park, its minimum spanning tree and its walking clusters are then computed on
one block-diagonal graph, without a loop over parks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.csgraph import minimum_spanning_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Edges:
    """Straight lines between nodes, `start` < `end`.

    Attributes
    ----------
    start, end
        Node numbers, shape (edges,).
    length_m
        Straight length in metres, at least 0, shape (edges,).
    """

    start: NDArray[np.intp]
    end: NDArray[np.intp]
    length_m: NDArray[np.float64]

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Edges:
        """Return some of the edges, by mask or by position."""
        return Edges(self.start[which], self.end[which], self.length_m[which])


def pairs_in_groups(group: NDArray[np.intp], xy: NDArray[np.float64]) -> Edges:
    """Return every pair of nodes within a group, with its straight length.

    Parameters
    ----------
    group
        Group of each node, ascending, shape (nodes,).
    xy
        Coordinates in metres, shape (nodes, 2).

    Returns
    -------
    Edges
        n(n-1)/2 pairs for each group of n nodes.
    """
    nodes = np.arange(group.size)
    partners = np.searchsorted(group, group, side="right") - nodes - 1
    start = np.repeat(nodes, partners)
    # The k-th pair of a node leads to the k-th node behind it.
    first_pair = np.repeat(np.cumsum(partners) - partners, partners)
    end = start + 1 + np.arange(start.size) - first_pair
    east, north = (xy[end] - xy[start]).T
    return Edges(start, end, np.hypot(east, north))


def spanning_forest(pairs: Edges, nodes: int) -> Edges:
    """Return the minimum spanning tree of every group.

    Parameters
    ----------
    pairs
        All pairs within the groups.
    nodes
        Number of nodes.

    Returns
    -------
    Edges
        n-1 edges for each group of n nodes, ordered by start and end.
    """
    return pairs.take(spanning_pairs(pairs, nodes))


def spanning_pairs(pairs: Edges, nodes: int) -> NDArray[np.intp]:
    """Return which pairs make the minimum spanning tree of every group.

    Edges of equal length are taken in the order of their nodes, so the tree is
    unique. The graph carries the *rank* of each length in place of the length:
    `scipy.sparse.csgraph` takes a length of 0 for no edge, and two sites with one
    centroid would fall apart.

    Parameters
    ----------
    pairs, nodes
        As in :func:`spanning_forest`.

    Returns
    -------
    numpy.ndarray
        Positions in `pairs`, ordered by start and end of the edge.
    """
    by_length = np.lexsort((pairs.end, pairs.start, pairs.length_m))
    rank = np.empty(by_length.size)
    rank[by_length] = np.arange(1, by_length.size + 1)
    graph = coo_array((rank, (pairs.start, pairs.end)), shape=(nodes, nodes)).tocsr()
    chosen = by_length[minimum_spanning_tree(graph).tocoo().data.astype(np.intp) - 1]
    return chosen[np.lexsort((pairs.end[chosen], pairs.start[chosen]))]


def components(edges: Edges, nodes: int) -> NDArray[np.intp]:
    """Return the number of the connected component of every node.

    Kept to the edges of a minimum spanning tree that are at most `t` long, these
    are the components of the complete graph at threshold `t` (single linkage):
    one tree answers every threshold.

    Parameters
    ----------
    edges
        The edges that connect.
    nodes
        Number of nodes.

    Returns
    -------
    numpy.ndarray
        Labels 0, 1, …, shape (nodes,).
    """
    ones = np.ones(edges.start.size, dtype=np.int8)
    graph = coo_array((ones, (edges.start, edges.end)), shape=(nodes, nodes))
    _, label = connected_components(graph.tocsr(), directed=False)
    return label.astype(np.intp)
