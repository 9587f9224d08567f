"""Prefix beam search against every text and every path written out."""

import math
from collections import defaultdict
from itertools import pairwise, product

import numpy as np
import pytest

from seqloom.decoding.prefix_beam import PrefixBeam, prefix_beam
from seqloom.errors import NumberError
from seqloom.heads.ctc import collapse


def logprobs(steps: int, symbols: int, seed: int, sharp: float = 1.5) -> np.ndarray:
    scores = np.random.default_rng(seed).normal(size=(steps, symbols + 1)) * sharp
    return scores - np.log(np.exp(scores).sum(1, keepdims=True))


def every_text(steps: np.ndarray) -> list[tuple[float, tuple[int, ...]]]:
    """Return ln p of each text, the likeliest first, by the sum over all paths."""
    sums: dict[tuple[int, ...], float] = defaultdict(float)
    for path in product(range(steps.shape[1]), repeat=len(steps)):
        sums[tuple(collapse(path))] += math.exp(sum(steps[t, one] for t, one in enumerate(path)))
    return sorted(((math.log(p), text) for text, p in sums.items()), reverse=True)


@pytest.mark.parametrize("seed", range(12))
def test_with_room_for_all_it_is_exact(seed: int) -> None:
    steps = logprobs(5, 2, seed)
    wanted = every_text(steps)
    found = prefix_beam(steps, 1000, len(wanted) + 5)
    assert len(found) == len(wanted)
    for one, (logprob, text) in zip(found, wanted, strict=True):
        assert one.classes == text
        assert one.logprob == pytest.approx(logprob, abs=1e-10)
    assert math.fsum(math.exp(one.logprob) for one in found) == pytest.approx(1, abs=1e-12)


def test_it_finds_the_likeliest_text_where_the_likeliest_path_reads_another() -> None:
    """Graves et al. 2006, figure 2: the best path is two blanks, 0.36, and the text `a` has 0.64."""
    steps = np.log([[0.6, 0.4], [0.6, 0.4]])
    assert collapse(steps.argmax(1).tolist()) == []
    (best,) = prefix_beam(steps, 2)
    assert best.classes == (1,) and math.exp(best.logprob) == pytest.approx(0.64)


def test_a_symbol_heard_again_is_new_only_after_a_blank() -> None:
    never = math.log(1e-9)
    sure = np.full((3, 2), never)
    sure[[0, 1, 2], [1, 0, 1]] = 0
    assert prefix_beam(sure, 4)[0].classes == (1, 1)
    sure[1] = [never, 0]
    assert prefix_beam(sure, 4)[0].classes == (1,)


@pytest.mark.parametrize("width", [1, 2, 5])
def test_a_narrow_beam_never_claims_more_than_there_is(width: int) -> None:
    for seed in range(6):
        steps = logprobs(6, 3, seed)
        true = {text: logprob for logprob, text in every_text(steps)}
        found = prefix_beam(steps, width, width)
        assert len(found) == width
        assert all(one.logprob <= true[one.classes] + 1e-12 for one in found)
        assert [one.logprob for one in found] == sorted((one.logprob for one in found), reverse=True)


def test_a_wider_beam_finds_as_good_a_text_on_the_whole() -> None:
    narrow, wide = (sum(prefix_beam(logprobs(20, 4, s, 1.0), w)[0].logprob for s in range(20)) for w in (1, 20))
    assert wide > narrow


@pytest.mark.parametrize("cuts", [[0, 3, 3, 8], [0, 1, 2, 3, 4, 5, 6, 7, 8]])
def test_pieces_are_the_whole(cuts: list[int]) -> None:
    steps = logprobs(8, 3, 4)
    beam = PrefixBeam(5)
    for start, end in pairwise(cuts):
        beam.push(steps[start:end])
    assert beam.best(5) == prefix_beam(steps, 5, 5)
    assert beam.steps == 8


def test_certain_blanks_change_nothing() -> None:
    steps = logprobs(5, 2, 3)
    padding = np.full((4, 3), -1e30)
    padding[:, 0] = 0
    assert prefix_beam(np.concatenate([steps, padding]), 50, 9) == prefix_beam(steps, 50, 9)


def test_no_step_is_the_empty_text() -> None:
    assert [(one.classes, one.logprob) for one in prefix_beam(np.zeros((0, 3)), 3, 2)] == [((), 0.0)]


def test_equals_come_in_the_order_of_their_classes() -> None:
    steps = np.log(np.full((1, 4), 0.25))
    assert [one.classes for one in prefix_beam(steps, 10, 4)] == [(), (1,), (2,), (3,)]
    assert [one.classes for one in prefix_beam(steps, 2, 4)] == [(), (1,)]


@pytest.mark.parametrize("bad", [math.nan, -math.inf])
def test_scores_that_are_none_are_refused_with_their_step(bad: float) -> None:
    steps = np.log(np.full((3, 3), 1 / 3))
    steps[2] = bad
    with pytest.raises(NumberError, match="no symbol can be told at step 2"):
        prefix_beam(steps, 3)
