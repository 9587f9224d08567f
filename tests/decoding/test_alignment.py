"""Alignment against the best of all paths written out."""

from itertools import pairwise, product

import numpy as np
import pytest

from seqloom.decoding.alignment import align
from seqloom.errors import InputError
from seqloom.heads.ctc import collapse


def logprobs(steps: int, symbols: int, seed: int) -> np.ndarray:
    scores = np.random.default_rng(seed).normal(size=(steps, symbols + 1)) * 2
    return scores - np.log(np.exp(scores).sum(1, keepdims=True))


@pytest.mark.parametrize("text", [[1], [1, 2], [2, 2], [1, 1, 2], [1, 2, 1, 2]])
@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_best_path_that_reads_so(text: list[int], seed: int) -> None:
    steps = logprobs(6, 2, seed)
    paths = [path for path in product(range(3), repeat=6) if collapse(path) == text]
    best = max(paths, key=lambda path: sum(steps[t, one] for t, one in enumerate(path)))
    path = [0] * 6
    for told in align(steps, text):
        path[told.start : told.end] = [told.symbol] * (told.end - told.start)
        assert told.logprob == pytest.approx(steps[told.start : told.end, told.symbol].mean())
    assert tuple(path) == best


def test_symbols_come_in_order_and_never_at_one_step() -> None:
    told = align(logprobs(30, 3, 1), [1, 1, 2, 3, 3, 1])
    assert [one.symbol for one in told] == [1, 1, 2, 3, 3, 1]
    assert all(one.start < one.end <= other.start for one, other in pairwise(told))
    # between equals there is a blank
    assert told[1].start > told[0].end and told[4].start > told[3].end


def test_padding_as_a_certain_blank_takes_no_symbol() -> None:
    steps = logprobs(5, 2, 2)
    padding = np.full((3, 3), -1e30)
    padding[:, 0] = 0
    assert align(np.concatenate([steps, padding]), [1, 2]) == align(steps, [1, 2])


def test_no_text_is_told_nowhere() -> None:
    assert align(logprobs(3, 2, 0), []) == []


@pytest.mark.parametrize(("text", "need"), [([1, 2, 1, 2], 4), ([1, 1], 3), ([2, 2, 2], 5)])
def test_too_few_steps_are_refused(text: list[int], need: int) -> None:
    with pytest.raises(InputError, match=f"a text of {len(text)} symbols needs {need} steps, and there are {need - 1}"):
        align(logprobs(need - 1, 2, 0), text)
    assert len(align(logprobs(need, 2, 0), text)) == len(text)


def test_no_steps_are_too_few() -> None:
    with pytest.raises(InputError, match="needs 1 steps, and there are 0"):
        align(np.zeros((0, 3)), [1])
