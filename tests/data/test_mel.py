"""The mel scale against what HTK's formula and librosa 0.11 say, and cosines against their definition.

librosa's numbers: librosa.hz_to_mel, mel_frequencies and filters.mel with the arguments named beside them.
"""

import numpy as np
import pytest

from seqloom.data import mel
from seqloom.errors import InputError


def test_hertz_to_mels_as_documented() -> None:
    assert mel.to_mel(1000, "htk") == pytest.approx(1000, abs=0.02), "The HTK Book, 5.13: 1000 Hz are 1000 mels"
    assert mel.to_mel(60, "slaney") == pytest.approx(0.9), "librosa.hz_to_mel(60)"
    assert mel.to_mel([110, 220, 440], "slaney").tolist() == pytest.approx([1.65, 3.3, 6.6])
    assert mel.to_hertz([1, 2, 3], "slaney").tolist() == pytest.approx([66.667, 133.333, 200.0], abs=1e-3)
    assert mel.to_mel(11025, "slaney") == pytest.approx(49.91059448)


@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_mels_and_hertz_undo_each_other(scale: mel.Scale) -> None:
    hertz = np.linspace(0, 12_000, 97)
    assert np.allclose(mel.to_hertz(mel.to_mel(hertz, scale), scale), hertz)
    assert (np.diff(mel.to_mel(hertz, scale)) > 0).all()


def test_corners_are_those_of_librosa() -> None:
    htk = [100.0, 342.915, 659.589, 1072.419, 1610.602, 2312.202, 3226.837, 4419.195, 5973.604, 8000.0]
    slaney = [0.0, 369.708, 739.416, 1119.114, 1638.545, 2399.067, 3512.582, 5142.929, 7529.993, 11025.0]
    assert mel.corners(8, 100, 8000, "htk").tolist() == pytest.approx(htk, abs=1e-3)
    assert mel.corners(8, 0, 11025, "slaney").tolist() == pytest.approx(slaney, abs=1e-3)


def test_filters_are_those_of_librosa() -> None:
    htk = mel.filters(8000, 64, 5, 0, 4000, "htk")  # sr=8000, n_fft=64, n_mels=5, fmin=0, htk=True, norm=None
    assert htk.sum(1).tolist() == pytest.approx([2.45386, 3.42404, 4.68993, 6.4161, 8.82931], abs=1e-5)
    third = [0.009, 0.2624, 0.5158, 0.7692, 0.9835, 0.799, 0.6145, 0.43, 0.2455, 0.061]
    assert htk[2, 5:15].tolist() == pytest.approx(third, abs=5e-5)
    slaney = mel.filters(8000, 64, 5, 0, 4000, "slaney")  # the same with htk=False, norm="slaney"
    assert slaney.sum(1).tolist() == pytest.approx([0.007987, 0.007991, 0.007974, 0.008008, 0.007988], abs=1e-6)
    assert slaney[4, 20:24].tolist() == pytest.approx([0.000727, 0.000854, 0.000852, 0.000766], abs=1e-6)
    assert not slaney[4, :15].any()


def test_a_band_between_two_bins_is_refused() -> None:
    with pytest.raises(InputError, match=r"audio.bands=120: band 1 \(.*31 Hz apart"):
        mel.filters(8000, 256, 120, 0, 4000, "htk")


def test_cosines_are_orthonormal_and_as_defined() -> None:
    rows = mel.cosines(6, 6)
    assert np.allclose(rows @ rows.T, np.eye(6))
    x = np.random.default_rng(0).standard_normal(6)
    by_hand = [sum(x[m] * np.cos(np.pi * k * (2 * m + 1) / 12) for m in range(6)) * np.sqrt(2 / 6) for k in range(6)]
    by_hand[0] /= np.sqrt(2)
    assert np.allclose(mel.cosines(4, 6) @ x, by_hand[:4])
