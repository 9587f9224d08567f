"""Series over time: autocorrelations that are known, and what the order of a look-back is worth."""

import numpy as np
import pytest

from seqloom.checking.series import autocorrelation, echo, of_forecasts


def walk(steps: int, share: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=steps)
    values = np.zeros(steps)
    for step in range(1, steps):
        values[step] = share * values[step - 1] + noise[step]
    return values


def test_autocorrelation_is_the_sum_it_says() -> None:
    values = np.array([1.0, 3.0, 2.0, 5.0, 4.0, 6.0])
    centred = values - values.mean()
    wanted = [(centred[lag:] * centred[: len(values) - lag]).sum() / (centred**2).sum() for lag in range(4)]
    assert autocorrelation(values, 3) == pytest.approx(wanted)
    assert np.isnan(autocorrelation(np.ones(5), 2)).all()


def test_missing_values_are_left_out() -> None:
    values = walk(4000, 0.8)
    some = values.copy()
    some[::7] = np.nan
    assert autocorrelation(some, 3)[1:] == pytest.approx(0.8 ** np.arange(1, 4), abs=0.12)


def test_noise_a_season_and_a_random_walk_are_told_apart() -> None:
    noise = echo("", "a", np.random.default_rng(1).normal(size=1000), 12)
    assert (
        noise is not None and abs(noise.first) < 0.1 and noise.reach is not None and noise.reach <= 3 and not noise.walk
    )
    season = echo("s", "값", np.sin(np.arange(600) * 2 * np.pi / 12), 12)
    assert season is not None and season.season is not None and season.season > 0.95 and not season.walk
    steps = echo("", "a", walk(2000, 1.0), 1)
    assert steps is not None and steps.walk and steps.season is None and steps.first > 0.97
    assert echo("", "a", np.ones(50), 12) is None and echo("", "a", np.arange(5.0), 1) is None


def test_order_of_a_look_back_is_shown_where_it_tells() -> None:
    found = of_forecasts([np.sin(np.arange(500) * 0.7)], 12)
    assert found is not None and found.shown and found.explained[1] > 0.99 and found.right is None
    noise = of_forecasts([np.random.default_rng(2).normal(size=800)], 12)
    assert noise is not None and not noise.shown and noise.explained[1] < 0.1
    assert of_forecasts([np.arange(20.0)], 12) is None


def test_series_are_scored_after_what_they_are_fitted_to() -> None:
    early = np.random.default_rng(3).normal(size=700)
    late = np.sin(np.arange(100) * 0.7)  # its rule comes after the fit
    found = of_forecasts([np.concatenate([early, late])], 12)
    assert found is not None and found.explained[1] < 0.3
    for seed in range(3):  # noise, and nearly as many steps to read as windows: what is fitted to is learnt by heart
        noise = of_forecasts([np.random.default_rng(seed).normal(size=160)], 60)
        assert noise is not None and noise.explained[1] < 0.15
