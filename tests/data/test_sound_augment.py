"""What training makes of recordings: as much as was asked for, otherwise from draw to draw, and nothing else."""

import numpy as np
import pytest
from sounds import noise, tone

from seqloom.data.sound_augment import Augment
from seqloom.data.sound_features import Frames


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def frames(time: int = 100, size: int = 80) -> Frames:
    return np.ones((time, size), np.float32)


def test_nothing_asked_for_changes_nothing() -> None:
    none = Augment()
    assert not none.varies and none.heard(noise(100), rng()).tobytes() == noise(100).tobytes()
    assert none.masked(frames(), rng(), 40).all()
    assert all(Augment(**{name: 1}).varies for name in ("band_masks", "time_masks", "noise"))  # type: ignore[arg-type]
    assert Augment(noise=0.0).varies and Augment(speed=0.1).varies


def test_the_same_draw_makes_the_same() -> None:
    one = Augment(2, 8, 2, 20, 0.2, 0.1, 10)
    made = [one.heard(tone(), rng(seed)) for seed in (3, 3, 4)]
    assert np.array_equal(made[0], made[1]) and len(made[0]) != len(made[2])
    masked = [one.masked(frames(), rng(seed), 80) for seed in (3, 3, 4)]
    assert np.array_equal(masked[0], masked[1]) and not np.array_equal(masked[0], masked[2])


def test_masks_are_as_wide_as_allowed_and_no_wider() -> None:
    widths, lengths = set(), set()
    for seed in range(300):
        made = Augment(band_masks=1, band_width=5).masked(frames(), rng(seed), 80)
        gone = (made == 0).all(0)
        assert (gone | (made == 1).all(0)).all() and np.abs(np.diff(gone.astype(int))).sum() <= 2, "one block of bands"
        widths.add(int(gone.sum()))
        made = Augment(time_masks=1, time_width=7).masked(frames(), rng(seed), 80)
        gone = (made == 0).all(1)
        assert (gone | (made == 1).all(1)).all() and np.abs(np.diff(gone.astype(int))).sum() <= 2
        lengths.add(int(gone.sum()))
    assert widths == set(range(6)) and lengths == set(range(8))


def test_a_short_recording_is_masked_for_its_share_alone() -> None:
    wide = Augment(time_masks=1, time_width=50, time_share=0.2)
    assert max(int((wide.masked(frames(10), rng(seed), 80) == 0).all(1).sum()) for seed in range(100)) == 2
    assert Augment(band_masks=1, band_width=99).masked(frames(3, 4), rng(), 4).shape == (3, 4)


def test_values_and_slopes_lose_the_same_bands() -> None:
    for seed in range(20):
        made = Augment(band_masks=1, band_width=9).masked(frames(5, 60), rng(seed), 20).reshape(5, 3, 20)
        assert (made == made[:, :1]).all()


def test_masks_leave_what_they_were_given() -> None:
    x = frames()
    Augment(3, 8, 3).masked(x, rng(), 80)
    assert x.all()


def test_speed_moves_the_tone_and_the_length_together() -> None:
    lengths = []
    for seed in range(40):
        made = Augment(speed=0.1).heard(tone(1.0, 1000), rng(seed))
        lengths.append(len(made))
        spectrum = np.abs(np.fft.rfft(made[500:-500]))
        hertz = spectrum.argmax() * 8000 / (len(made) - 1000)
        assert hertz == pytest.approx(1000 * 8000 / len(made), abs=3)
    assert 7270 <= min(lengths) < 7600 and 8500 < max(lengths) <= 8890  # 8000 / 1.1 and 8000 / 0.9


def test_noise_has_the_ratio_that_was_asked_for() -> None:
    ratios = []
    for seed in range(60):
        added = Augment(noise=5).heard(tone(1.0), rng(seed)) - tone(1.0)
        ratios.append(10 * np.log10(np.square(tone(1.0)).mean() / np.square(added).mean()))
    assert 4.5 < min(ratios) < 10 and 30 < max(ratios) < 35.5
    assert not Augment(noise=5).heard(tone() * 0, rng()).any(), "silence has no noise of a ratio"
