"""Hypotheses: how a pool ranks them, and what one more must beat."""

import math

from seqloom.decoding.hypotheses import Hypothesis, Pool


def made(score: float, *ids: int, finished: bool = True) -> Hypothesis:
    return Hypothesis(ids, score, score, finished, ())


def test_finished_ones_rank_first_then_scores_then_ids() -> None:
    wanted = [
        made(-1.0, 7, 7),
        made(-2.0, 5),  # the end, 2, stands before 4 and 6
        made(-2.0, 5, 4),
        made(-2.0, 6),
        made(-0.5, 9, finished=False),
        made(-0.6, 9, finished=False),
    ]
    pool = Pool(6, eos=2)
    for one in reversed(wanted):
        pool.add(one)
    assert pool.answer() == wanted


def test_the_answer_is_as_many_as_asked_for() -> None:
    pool = Pool(2, eos=2)
    assert pool.answer() == []
    for score in (-3.0, -1.0, -2.0):
        pool.add(made(score, 5))
    assert [one.score for one in pool.answer()] == [-1.0, -2.0]


def test_anything_beats_what_is_not_there_and_what_was_cut_off() -> None:
    pool = Pool(2, eos=2)
    assert pool.to_beat() == -math.inf
    pool.add(made(-1.0, 5))
    assert pool.to_beat() == -math.inf
    pool.add(made(-0.1, 6, finished=False))
    assert pool.to_beat() == -math.inf
    pool.add(made(-4.0, 7))
    assert pool.to_beat() == -4.0
    pool.add(made(-2.0, 8))
    assert pool.to_beat() == -2.0
