"""Sampling: filters against their definitions, frequencies against the distribution."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from seqloom.decoding.sampling import choose, draw, forbid, greedy, keep_k, keep_min_p, keep_p, tempered
from seqloom.errors import InputError, NumberError

rows = st.integers(1, 12).flatmap(
    lambda n: st.lists(
        st.lists(st.sampled_from([-3.0, -1.0, 0.0, 0.5, 0.5, 2.0, 7.0]), min_size=n, max_size=n),
        min_size=1,
        max_size=4,
    )
)


def logits(probabilities: list[float]) -> Tensor:
    return torch.tensor([probabilities], dtype=torch.float64).log()


def kept(filtered: Tensor) -> list[set[int]]:
    return [set(row.isfinite().nonzero().flatten().tolist()) for row in filtered]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(rows, st.integers(1, 15))
def test_top_k_keeps_exactly_k_the_best_and_then_the_lowest_ids(values: list[list[float]], k: int) -> None:
    for row, left in zip(values, kept(keep_k(torch.tensor(values), k)), strict=True):
        assert left == set(sorted(range(len(row)), key=lambda i: (-row[i], i))[:k])


@given(rows, st.floats(1e-9, 1, exclude_max=True))
def test_top_p_keeps_the_smallest_set_with_the_mass(values: list[list[float]], p: float) -> None:
    scores = torch.tensor(values, dtype=torch.float64)
    for mass, left in zip(scores.softmax(-1).tolist(), kept(keep_p(scores, p)), strict=True):
        assert left
        best = sorted(left, key=lambda i: (-mass[i], i))
        assert best == sorted(range(len(mass)), key=lambda i: (-mass[i], i))[: len(best)]
        assert sum(mass[i] for i in best) >= p - 1e-12
        assert len(best) == 1 or sum(mass[i] for i in best[:-1]) < p + 1e-12


@pytest.mark.parametrize(
    ("p", "left"),
    [
        (1e-12, {1}),
        (0.499, {1}),
        (0.501, {1, 2}),
        (0.749, {1, 2}),
        (0.751, {0, 1, 2}),
        (0.9, {0, 1, 2, 3}),
        (1.0, None),
    ],
)
def test_top_p_at_its_edges(p: float, left: set[int] | None) -> None:
    scores = torch.tensor([0.125, 0.5, 0.25, 0.0625, 0.0625]).double().log()[None]
    assert kept(keep_p(scores, p)) == [left or {0, 1, 2, 3, 4}]


@given(rows, st.floats(1e-9, 1))
def test_min_p_keeps_what_is_near_the_best(values: list[list[float]], p: float) -> None:
    scores = torch.tensor(values, dtype=torch.float64)
    for mass, left in zip(scores.softmax(-1).tolist(), kept(keep_min_p(scores, p)), strict=True):
        sure = {i for i, x in enumerate(mass) if x >= p * max(mass) * (1 + 1e-12)}
        may = {i for i, x in enumerate(mass) if x >= p * max(mass) * (1 - 1e-12)}
        assert sure <= left <= may
        assert mass.index(max(mass)) in left


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_number_draws_a_token_that_is_impossible(dtype: torch.dtype) -> None:
    scores = torch.tensor([[-math.inf, 0.0, 1.0, -math.inf]], dtype=dtype).expand(3, -1)
    most = 1 - torch.finfo(dtype).eps / 2  # the largest number below 1
    assert draw(scores, torch.tensor([0.0, 0.5, most], dtype=torch.float64)).tolist() == [1, 2, 2]


def test_filters_change_no_score_that_stays_and_not_their_input() -> None:
    scores = torch.randn(3, 9, generator=seeded())
    before = scores.clone()
    for filtered in (keep_k(scores, 4), keep_p(scores, 0.6), keep_min_p(scores, 0.2), forbid(scores, [0, 3])):
        assert torch.equal(filtered[filtered.isfinite()], scores[filtered.isfinite()])
    assert torch.equal(scores, before)


def test_forbidden_tokens_are_gone() -> None:
    assert kept(forbid(torch.zeros(2, 4), [0, 2])) == [{1, 3}, {1, 3}]
    assert kept(forbid(torch.zeros(1, 2), [])) == [{0, 1}]


@given(rows)
def test_greedy_takes_the_best_and_the_lowest_id_among_equals(values: list[list[float]]) -> None:
    expected = [row.index(max(row)) for row in values]
    assert greedy(torch.tensor(values)).tolist() == expected
    assert choose(torch.tensor(values), temperature=0).tolist() == expected
    assert choose(torch.tensor(values), top_k=1).tolist() == expected


def test_temperature_is_the_power_of_the_probabilities() -> None:
    p = torch.tensor([[0.2, 0.5, 0.3]], dtype=torch.float64)
    for temperature in (0.5, 1.0, 3.0):
        power = p ** (1 / temperature)
        assert torch.allclose(tempered(p.log(), temperature).softmax(-1), power / power.sum(), atol=1e-14)


def test_a_tiny_temperature_is_greedy_without_overflow() -> None:
    assert choose(torch.tensor([[1e4, 2e4, -1e4]]), temperature=1e-300).tolist() == [1]


CASES = {
    "plain": ({}, [0.4, 0.3, 0.2, 0.1]),
    "top_k": ({"top_k": 2}, [4 / 7, 3 / 7, 0, 0]),
    "top_p": ({"top_p": 0.8}, [4 / 9, 3 / 9, 2 / 9, 0]),
    "forbidden": ({"forbidden": [0]}, [0, 0.5, 1 / 3, 1 / 6]),
    "temperature": ({"temperature": 0.5}, [16 / 30, 9 / 30, 4 / 30, 1 / 30]),
    "min_p": ({"min_p": 0.6}, [4 / 7, 3 / 7, 0, 0]),
    # and what is near the best is that of the tempered one: (3 / 4)^2 is below 0.6
    "min_p and temperature": ({"temperature": 0.5, "min_p": 0.6}, [1, 0, 0, 0]),
    # the nucleus is that of the tempered distribution: 16/30 alone is below 0.6, two of them hold 25/30
    "both": ({"temperature": 0.5, "top_p": 0.6}, [16 / 25, 9 / 25, 0, 0]),
}


@pytest.mark.parametrize(("settings", "expected"), CASES.values(), ids=CASES)
def test_frequencies_are_the_distribution(settings: dict, expected: list[float]) -> None:
    n = 20_000
    drawn = choose(logits([0.4, 0.3, 0.2, 0.1]).expand(n, -1), generator=seeded(3), **settings)
    counts = torch.bincount(drawn, minlength=4).tolist()
    for count, p in zip(counts, expected, strict=True):
        assert abs(count - n * p) <= 4 * math.sqrt(n * p * (1 - p))  # exactly 0 where p is 0


def test_a_seed_chooses_the_same_tokens_and_another_does_not() -> None:
    scores = torch.randn(50, 20, generator=seeded(1))
    first = choose(scores, generator=seeded(5))
    assert torch.equal(first, choose(scores, generator=seeded(5)))
    assert not torch.equal(first, choose(scores, generator=seeded(6)))


def test_half_precision_scores_are_drawn_in_full() -> None:
    scores = torch.randn(200, 20, generator=seeded(1)).bfloat16()
    assert torch.equal(choose(scores, generator=seeded(2)), choose(scores.double(), generator=seeded(2)))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"temperature": -0.1}, "temperature=-0.1 cannot be used: it must be 0 (greedy) or a finite number above."),
        ({"temperature": math.inf}, "temperature=inf cannot be used"),
        ({"temperature": math.nan}, "temperature=nan cannot be used"),
        ({"top_k": 0}, "top_k=0 cannot be used: it must be 1 or more."),
        ({"top_p": 0.0}, "top_p=0.0 cannot be used: it must be above 0 and at most 1."),
        ({"top_p": 1.01}, "top_p=1.01 cannot be used"),
        ({"min_p": 0.0}, "min_p=0.0 cannot be used: it must be above 0 and at most 1."),
        ({"min_p": 1.01}, "min_p=1.01 cannot be used"),
    ],
)
def test_a_setting_out_of_range_is_refused(settings: dict, said: str) -> None:
    with pytest.raises(InputError) as caught:
        choose(torch.zeros(1, 3), **settings)
    assert said in str(caught.value)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("temperature", [0, 1])
def test_scores_that_are_no_numbers_are_refused(bad: float, temperature: float) -> None:
    with pytest.raises(NumberError, match="no token can be chosen: the scores of the next token are NaN"):
        choose(torch.tensor([[0.0, 1.0], [bad, 0.0]]), temperature)


def test_all_forbidden_is_refused() -> None:
    with pytest.raises(NumberError, match="all forbidden"):
        choose(torch.zeros(1, 2), forbidden=[0, 1])
