"""Thinning: spans that leave nothing out, rows that keep their sum."""

import numpy as np
import pytest

from seqloom.explaining.thinning import averaged, even, mapped, named, summed


@pytest.mark.parametrize(("length", "most"), [(0, 5), (1, 5), (5, 5), (6, 5), (103, 10), (3, 0)])
def test_spans_follow_each_other_and_leave_nothing_out(length: int, most: int) -> None:
    spans = even(length, most)
    assert len(spans) == min(length, max(1, most))
    assert [step for start, end in spans for step in range(start, end)] == list(range(length))
    sizes = [end - start for start, end in spans]
    assert not sizes or max(sizes) - min(sizes) <= 1


def test_a_word_receives_what_its_pieces_receive_and_looks_as_they_do_on_average() -> None:
    weights = np.array([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4], [0.5, 0.5, 0.0]])
    np.testing.assert_allclose(summed(weights, [(0, 2), (2, 3)], 1), [[0.3, 0.7], [0.6, 0.4], [1, 0]])
    np.testing.assert_allclose(averaged(weights, [(0, 1), (1, 3)], 0), [[0.1, 0.2, 0.7], [0.4, 0.4, 0.2]])
    drawn = mapped(weights, [(0, 1), (1, 3)], [(0, 2), (2, 3)])
    np.testing.assert_allclose(drawn, [[0.3, 0.7], [0.8, 0.2]])


def test_rows_keep_their_sum_however_thin() -> None:
    weights = np.random.default_rng(0).dirichlet(np.ones(17), (2, 13)).astype(np.float32)
    np.testing.assert_allclose(mapped(weights, even(13, 4), even(17, 3)).sum(-1), 1, atol=1e-6)


def test_a_span_is_named_by_its_first_and_last() -> None:
    assert named(["a", "b", "c"], [(0, 1), (1, 3)]) == ["a", "b … c"]
    assert summed(np.zeros((2, 0)), [], 1).shape == (2, 0)
