"""Samples: frequencies against the distribution of whole answers, seeds, and rows that do not hear of each other."""

import math
from collections import Counter
from typing import Any

import pytest
import torch
from tables import Table, exhaustive, run, settings, table

from seqloom.decoding.hypotheses import Hypothesis
from seqloom.errors import InputError

N = 20_000


def frequencies(model: Table, **given: Any) -> tuple[Counter[Any], list[Hypothesis]]:
    (answer,) = run(model, settings(model, samples=N, max_length=3, **given), [7])
    assert len(answer) == N
    return Counter((one.ids, one.finished) for one in answer), answer


def check(counts: Counter[Any], wanted: dict[Any, float]) -> None:
    assert sum(wanted.values()) == pytest.approx(1)
    assert set(counts) <= set(wanted)
    for what, p in wanted.items():
        assert abs(counts[what] - N * p) <= 4.5 * math.sqrt(N * p * (1 - p)) + 1e-9


def test_answers_are_as_frequent_as_they_are_probable() -> None:
    model = table(6, 3, 0.8)
    counts, answer = frequencies(model)
    every = exhaustive(model, settings(model), 7, 3)
    check(counts, {(one.ids, one.finished): math.exp(one.logprob) for one in every})
    known = {(one.ids, one.finished): one for one in every}
    for one in answer[:50]:
        assert one.logprob == pytest.approx(known[one.ids, one.finished].logprob, abs=1e-9)
        assert one.score == pytest.approx(known[one.ids, one.finished].score, abs=1e-9)


SHAPES: dict[str, tuple[dict[str, Any], Any]] = {
    "temperature": ({"temperature": 0.5}, lambda p: [x * x for x in p]),
    "top_k": ({"top_k": 2}, lambda p: [x if x >= sorted(p)[-2] else 0 for x in p]),
    "min_p": ({"min_p": 0.5}, lambda p: [x if x >= 0.5 * max(p) else 0 for x in p]),
    "rules": ({"no_repeat": 1, "min_length": 1}, lambda p: p),
}


@pytest.mark.parametrize(("given", "shape"), SHAPES.values(), ids=SHAPES)
def test_answers_are_as_frequent_as_what_is_asked_for_makes_them(given: dict[str, Any], shape: Any) -> None:
    """Each token from the shaped distribution of what may follow; its ln p stays that of the model."""
    model = table(8, 4, 0.8)
    asked = settings(model, samples=1, max_length=3, **given)
    counts, answer = frequencies(model, **given)
    wanted: dict[Any, float] = {}
    every = exhaustive(model, asked, 7, 3)
    for one in every:
        ids, chance = [*one.ids, *[model.eos] * one.finished], 1.0
        for place, token in enumerate(ids):
            p = [math.exp(value) for value in model.after(7, ids[:place])]
            rules = "no_repeat" in given
            open_ = [
                x if not rules or (t not in ids[:place] and (place or t != model.eos)) else 0 for t, x in enumerate(p)
            ]
            shaped = shape(open_)
            chance *= shaped[token] / sum(shaped)
        wanted[one.ids, one.finished] = chance
    check(counts, wanted)
    known = {(one.ids, one.finished): one.logprob for one in every}
    assert all(one.logprob == pytest.approx(known[one.ids, one.finished], abs=1e-9) for one in answer[:50])


def test_temperature_zero_is_greedy() -> None:
    model = table(9, 5)
    (drawn,) = run(model, settings(model, samples=2, temperature=0.0, max_length=6), [3])
    (searched,) = run(model, settings(model, beam=1, max_length=6), [3])
    assert [one.ids for one in drawn] == [searched[0].ids] * 2


def test_a_seed_and_a_number_make_an_answer() -> None:
    model = table(10, 6, 0.5)
    asked = settings(model, samples=4, max_length=9)
    together = run(model, asked, [1, 2, 1], [9, 5, 9], numbers=[20, 21, 22])
    assert run(model, asked, [1], [9], numbers=[22])[0] == together[2]
    assert run(model, asked, [2], [5], numbers=[21])[0] == together[1]
    assert together[0] != together[2], "rows share their random numbers"
    other = run(model, settings(model, samples=4, max_length=9, seed=1), [1], [9], numbers=[20])
    assert other[0] != together[0]


def test_drawing_changes_nothing_for_others() -> None:
    model = table(10, 6)
    torch.manual_seed(3)
    before = torch.get_rng_state()
    run(model, settings(model, samples=2))
    assert torch.equal(before, torch.get_rng_state())


def test_samples_are_ranked_and_none_is_lost() -> None:
    model = table(10, 6, 0.3)
    (answer,) = run(model, settings(model, samples=30, max_length=5), [1])
    finished = [one.score for one in answer if one.finished]
    cut = [one.score for one in answer if not one.finished]
    assert finished and cut and len(finished) + len(cut) == 30
    assert [one.score for one in answer] == sorted(finished, reverse=True) + sorted(cut, reverse=True)


def test_a_row_that_nothing_may_follow_answers_what_it_has() -> None:
    model = table(10, 3)
    (answer,) = run(model, settings(model, samples=3, forbidden=((0,), (1,), (2,))), [1])
    assert [(one.ids, one.finished, one.logprob) for one in answer] == [((), False, 0.0)] * 3


def test_a_setting_out_of_range_is_refused() -> None:
    model = table(0)
    with pytest.raises(InputError, match="min_p=2 cannot be used: it must be above 0 and at most 1"):
        run(model, settings(model, samples=1, min_p=2))
