"""Reading back: states that hold a known number of steps, and states that hold none."""

import numpy as np
import pytest

from seqloom.explaining.reading_back import Heard, Lag, reach, reading_back

TOKENS = 5


def rows_of(draw: np.random.Generator, rows: int, length: int) -> np.ndarray:
    return draw.integers(4, 4 + TOKENS, (rows, length))


def register(tokens: np.ndarray, holds: int, size: int, draw: np.random.Generator) -> np.ndarray:
    """A shift register: the last `holds` tokens of each row one-hot, mixed by one matrix, in noise."""
    rows, length = tokens.shape
    held = np.zeros((rows, length, holds, TOKENS))
    for back in range(holds):
        for at in range(back, length):
            held[np.arange(rows), at, back, tokens[:, at - back] - 4] = 1
    mix = draw.normal(size=(holds * TOKENS, size))
    return held.reshape(rows * length, -1) @ mix + draw.normal(size=(rows * length, size)) * 0.05


def heard(states: np.ndarray, read: np.ndarray, rows: int) -> Heard:
    return Heard(states, read, np.repeat(np.arange(rows), len(states) // rows))


@pytest.mark.parametrize("holds", [1, 3, 6])
def test_a_register_is_read_as_far_back_as_it_holds(holds: int) -> None:
    draw = np.random.default_rng(holds)
    tokens = rows_of(draw, 80, 12)
    lags = reading_back(heard(register(tokens, holds, 40, draw), tokens.reshape(-1), 80), 8, 50)
    assert [lag.back for lag in lags] == list(range(9))
    assert reach(lags) == holds - 1
    assert all(lag.state > 0.95 for lag in lags[:holds])
    assert all(lag.state < 0.4 for lag in lags[holds:]), "chance is 0.2"
    assert all(lag.low <= lag.state <= lag.high for lag in lags)
    assert all(lag.shuffled < 0.4 for lag in lags)


def test_noise_is_not_read_at_all() -> None:
    draw = np.random.default_rng(7)
    tokens = rows_of(draw, 60, 10)
    lags = reading_back(heard(draw.normal(size=(600, 20)), tokens.reshape(-1), 60), 4, 50)
    assert reach(lags) is None


def test_neighbours_that_tell_of_each_other_are_no_memory() -> None:
    """Every row repeats one token: the step just read tells all before it, so a state that holds it remembers none."""
    draw = np.random.default_rng(8)
    tokens = np.repeat(rows_of(draw, 90, 1), 10, 1)
    lags = reading_back(heard(register(tokens, 1, 20, draw), tokens.reshape(-1), 90), 4, 50)
    assert lags[3].state > 0.95 and lags[3].guess > 0.95
    assert lags[3].more_low <= 0 and reach(lags) == 0


def test_numbers_are_read_by_the_share_of_their_variance() -> None:
    draw = np.random.default_rng(9)
    x = draw.normal(size=(70, 12, 2))
    before = np.concatenate([np.zeros((70, 1, 2)), x[:, :-1]], 1)
    states = np.concatenate([x, before], 2).reshape(-1, 4) @ draw.normal(size=(4, 10))
    lags = reading_back(heard(states, x.reshape(-1, 2), 70), 4, 50)
    assert reach(lags) == 1
    assert lags[0].state == pytest.approx(1, abs=0.01) and lags[1].state == pytest.approx(1, abs=0.01)
    assert lags[2].state < 0.1 and lags[1].guess < 0.1


def test_rows_too_few_or_too_short_end_the_search() -> None:
    draw = np.random.default_rng(10)
    tokens = rows_of(draw, 60, 4)
    lags = reading_back(heard(register(tokens, 2, 9, draw), tokens.reshape(-1), 60), 9, 50)
    assert [(lag.back, lag.states) for lag in lags] == [(0, 80), (1, 60), (2, 40)], "20 rows are judged on"
    few = rows_of(draw, 3, 4)
    assert reading_back(heard(register(few, 2, 9, draw), few.reshape(-1), 3), 9, 50) == []


def test_what_is_found_follows_from_the_seed() -> None:
    draw = np.random.default_rng(11)
    tokens = rows_of(draw, 50, 8)
    given = heard(register(tokens, 2, 12, draw), tokens.reshape(-1), 50)
    assert reading_back(given, 3, 50, seed=4) == reading_back(given, 3, 50, seed=4)
    assert reading_back(given, 3, 50, seed=4) != reading_back(given, 3, 50, seed=5)


@pytest.mark.parametrize(
    ("more", "far"),
    [((1, 1, -1, 1), 3), ((1, -1, -1, 1), 0), ((-1, 1, 1, -1), 2), ((-1, -1, 1, 1), None), ((1, 1), 1), ((), None)],
)
def test_one_gap_is_passed_over_and_two_are_the_end(more: tuple[float, ...], far: int | None) -> None:
    assert reach([Lag(back, 100, 0.5, 0.4, 0.6, 0.2, 0.2, low, low) for back, low in enumerate(more)]) == far
