"""Resampling keeps a tone where it is, leaves out what the new rate cannot hold, and one rate alone."""

import numpy as np
import pytest
from sounds import noise, tone

from seqloom.data.resample import resample


@pytest.mark.parametrize(("rate", "wanted"), [(8000, 16_000), (44_100, 8000), (8000, 11_025), (48_000, 16_000)])
def test_a_tone_stays_where_it_is(rate: int, wanted: int) -> None:
    made = resample(tone(1.0, 440, rate), rate, wanted)
    assert made.dtype == np.float32 and abs(len(made) - wanted) <= 1
    inside = slice(wanted // 10, wanted * 9 // 10)
    assert np.abs(made[inside] - tone(1.0, 440, wanted)[: len(made)][inside]).max() < 1e-3


def test_what_the_new_rate_cannot_hold_is_filtered_away() -> None:
    kept, lost = tone(1.0, 1000, 16_000), tone(1.0, 6000, 16_000)
    made = resample(kept + lost, 16_000, 8000)
    assert np.abs(made[500:-500] - tone(1.0, 1000, 8000)[500 : len(made) - 500]).max() < 2e-3


def test_one_rate_changes_nothing_and_one_sample_stays() -> None:
    x = noise(50)
    assert resample(x, 8000, 8000) is x
    assert len(resample(x[:1], 44_100, 8000)) == 1
