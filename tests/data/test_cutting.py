"""Where sorted rows are cut into batches."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.data import cutting
from seqloom.data.cutting import fully, sparsely

PAIRS = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=9)


def sorted_pairs(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the longer side of each pair, and by how much the first is longer, in the order in which they are cut."""
    rows = sorted(pairs, key=lambda pair: (max(pair), pair[0] - pair[1]))
    return np.array([max(pair) for pair in rows]), np.array([one - other for one, other in rows])


@given(st.lists(st.integers(1, 60), max_size=80), st.integers(1, 400))
def test_full_batches_are_those_of_counting_row_by_row(sizes: list[int], most: int) -> None:
    grown = np.sort(np.array(sizes, np.int64))
    bounds = [0]
    for row, size in enumerate(grown.tolist()):
        if row > bounds[-1] and (row + 1 - bounds[-1]) * size > most:
            bounds.append(row)
    assert fully(grown, most) == ([*bounds, len(grown)] if sizes else [0])


@given(PAIRS, st.integers(1, 40), st.integers(0, 30))
def test_no_other_cuts_of_two_sides_cost_less(pairs: list[tuple[int, int]], most: int, update: int) -> None:
    """Where a cut may be before every row, the cost is the least of all ways to cut."""
    sizes, leans = sorted_pairs(pairs)
    sides = np.stack([sizes + np.minimum(leans, 0), sizes - np.maximum(leans, 0)])

    def cost(bounds: list[int]) -> float:
        said = 0.0
        for begin, end in pairwise(bounds):
            count = end - begin
            if count > 1 and count * sizes[end - 1] > most:
                return float("inf")
            said += update + count * int(sides[:, begin:end].max(1).sum())
        return said

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "UPDATE", update)
        patch.setattr(cutting, "SHARE", 0)
        patch.setattr(cutting, "_places", lambda sizes, leans, most, draw: np.arange(len(sizes)))
        found = sparsely(sizes, leans, most, np.random.default_rng(0))
    inner = range(1, len(pairs))
    ways = [[0, *some, len(pairs)] for count in range(len(pairs)) for some in combinations(inner, count)]
    assert cost(found) == min(map(cost, ways))


@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(1, 300)), min_size=1), st.integers(1, 700), st.integers(0, 9)
)
def test_batches_of_two_sides_hold_no_more_than_they_may(pairs: list[tuple[int, int]], most: int, seed: int) -> None:
    sizes, leans = sorted_pairs(pairs)
    bounds = sparsely(sizes, leans, most, np.random.default_rng(seed))
    assert bounds[0] == 0 and bounds[-1] == len(pairs) and bounds == sorted(set(bounds))
    assert all(end - begin == 1 or (end - begin) * sizes[end - 1] <= most for begin, end in pairwise(bounds))


def test_cuts_differ_from_draw_to_draw() -> None:
    """Rows of one length must meet others in the next epoch: with cuts at every change they would not."""
    draw = np.random.default_rng(1)
    sizes, leans = sorted_pairs(list(zip(*(draw.integers(5, 25, (2, 5000)).tolist()), strict=True)))
    cuts = [set(sparsely(sizes, leans, 2000, np.random.default_rng(seed))) for seed in range(2)]
    assert len(cuts[0] & cuts[1]) < 0.4 * len(cuts[0])


def test_places_of_cuts_are_few() -> None:
    """The time that cutting takes grows with their square: rows that all differ may not all be places."""
    sizes = np.arange(1, 20_001) // 20 + 50
    places = cutting._places(sizes, np.arange(20_000) % 7, 4096, np.random.default_rng(0))
    batches = sizes.sum() / 4096
    assert 2 * batches < len(places) < (2 * cutting.PARTS + 2) * batches
