"""Features of sound against a transform written out, against librosa's numbers, and what may be heard of later."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sounds import noise, tone

from seqloom.data import mel
from seqloom.data.sound_features import FLOOR, Features, slope
from seqloom.errors import InputError

CHIRP = {"bands": 20, "fmin": 100.0, "fmax": 3800.0}


def chirp() -> NDArray[np.float32]:
    """1000 samples, of which 11 frames are made exactly."""
    t = np.arange(1000) / 8000
    swept = 0.5 * np.sin(2 * np.pi * (300 + 4000 * t) * t)
    return (swept + 0.2 * np.sin(2 * np.pi * 1500 * t) + 0.1 * np.cos(2 * np.pi * 3100 * t)).astype(np.float32)


def by_hand(samples: NDArray[np.float32], features: Features) -> NDArray[np.float64]:
    """Log-mel bands by the words of the docstring, frame by frame in float64."""
    s = samples.astype(np.float64)
    s = s - features.preemphasis * np.concatenate([[0.0], s[:-1]])
    n = np.arange(features.length)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * n / features.length)
    bins = np.arange(features.fft // 2 + 1)
    turns = np.exp(-2j * np.pi * np.outer(bins, n) / features.fft)
    weights = mel.filters(features.rate, features.fft, features.bands, features.fmin, features.high, features.scale)
    frames, at = [], 0
    while at < len(s):
        frame = np.zeros(features.length)
        frame[: len(s[at : at + features.length])] = s[at : at + features.length]
        power = np.abs(turns @ (hann * frame)) ** 2
        frames.append(np.log(np.maximum(weights @ power, FLOOR)))
        if at + features.length >= len(s):
            break
        at += features.step
    return np.array(frames)


@pytest.mark.parametrize(
    "features",
    [
        Features(8000),
        Features(8000, preemphasis=0.97, scale="slaney", fmin=0, bands=24),
        Features(16_000, window=0.032, hop=0.016, fmin=50, fmax=7000, bands=23),
        Features(11_025, window=0.0301, hop=0.0101),
        Features(8000, window=0.025125),
    ],
    ids=str,
)
@pytest.mark.parametrize("samples", [1, 100, 1000, 1717])
def test_bands_are_those_of_a_transform_written_out(features: Features, samples: int) -> None:
    x = noise(samples)
    found, wanted = features.read(x), by_hand(x, features)
    assert found.shape == wanted.shape == (features.count(samples), features.size)
    assert np.abs(found - wanted).max() < 2e-3 and np.abs(found - wanted).mean() < 1e-5


def test_bands_are_those_of_librosa() -> None:
    """librosa 0.11, melspectrogram(n_fft=256, hop_length=80, win_length=200, center=False, n_mels=20, fmin=100,
    fmax=3800) of the chirp with 28 zeros at either end, its logarithm; bands 1 to 8 of frames 1, 6 and 11."""
    htk = [
        [-2.663, 1.8273, 5.5951, 6.7009, 4.7072, -0.3268, -5.1283, -8.1833],
        [-11.2879, -10.5039, -9.1804, -7.5095, -4.3393, 1.3248, 6.1087, 6.5942],
        [-14.2844, -13.8277, -13.2704, -12.7858, -11.7531, -10.5279, -8.787, -5.6785],
    ]  # htk=True, norm=None
    slaney = [
        [-4.1855, 0.8678, 2.0994, -0.0834, -5.4243, -10.2529, -12.8484, -14.5041],
        [-15.1505, -13.8244, -11.8709, -8.6635, -2.9122, 1.338, 1.9685, -0.7956],
        [-18.2978, -17.8365, -17.2324, -16.3432, -15.076, -13.5827, -11.5247, -7.5254],
    ]  # htk=False, norm="slaney"
    found = Features(8000, scale="htk", **CHIRP).read(chirp())  # type: ignore[arg-type]
    assert found.shape == (11, 20)
    np.testing.assert_allclose(found[::5, :8], htk, atol=1e-3)
    found = Features(8000, scale="slaney", **CHIRP).read(chirp())  # type: ignore[arg-type]
    np.testing.assert_allclose(found[::5, :8], slaney, atol=1e-3)


def test_cepstra_and_their_slopes_are_those_of_librosa() -> None:
    """librosa.feature.mfcc(S=the logarithms, n_mfcc=13), and delta(width=5, mode="nearest") once and twice."""
    cepstra = [
        [-11.383, 9.5767, 9.1537, -0.6698, 5.2841, -22.1457, -2.198, 6.3031],
        [-14.3669, -2.1982, -13.0403, -17.5431, 7.1468, -7.7482, 8.7129, 7.513],
        [-24.3836, -15.0933, -16.8546, -6.6761, 20.4773, -8.9818, -3.1349, 3.7743],
    ]
    slopes = [
        [-0.0311, -0.8538, -2.2828, -2.7214, -1.5969, 0.2156, 1.2354, 1.1179],
        [-1.4092, -2.9564, -3.1392, 0.1261, 3.7778, 3.2022, -0.7051, -2.5813],
        [-1.1415, -0.9293, 0.4433, 1.3342, 0.6282, -1.0357, -0.9482, 0.6881],
    ]
    twice = [
        [-0.1046, -0.3605, -0.6303, -0.4135, 0.1982, 0.5897, 0.4327, 0.0384],
        [-0.2863, -0.0581, 0.8157, 1.2452, 0.3897, -0.9629, -1.311, -0.2964],
        [0.2466, 0.3861, 0.1649, -0.3238, -0.4217, 0.0358, 0.4114, 0.1518],
    ]
    found = Features(8000, kind="mfcc", deltas=2, **CHIRP).read(chirp())  # type: ignore[arg-type]
    assert found.shape == (11, 39)
    for first, wanted in ((0, cepstra), (13, slopes), (26, twice)):
        np.testing.assert_allclose(found[::5, first : first + 8], wanted, atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 900), st.integers(1, 300), st.booleans())
def test_what_comes_later_changes_no_frame_that_is_whole(samples: int, more: int, emphasis: bool) -> None:
    features = Features(8000, preemphasis=0.97 if emphasis else 0.0)
    x = noise(samples + more)
    whole = max(0, (samples - features.length) // features.step + 1)
    assert np.allclose(features.read(x[:samples])[:whole], features.read(x)[:whole], atol=1e-5)


def test_every_sample_is_in_a_frame() -> None:
    features = Features(8000)
    for samples in range(1, 400):
        frames = features.count(samples)
        end = (frames - 1) * features.step + features.length
        assert end >= samples and (frames == 1 or end - features.step < samples)
    assert features.count(0) == 0 and features.read(noise(0)).shape == (0, 40)


def test_a_tone_is_loudest_in_its_band() -> None:
    features = Features(8000, bands=24)
    edges = mel.corners(24, 20, 4000, "htk")
    for hertz in (300, 1000, 2500):
        band = int(features.read(tone(hertz=hertz)).mean(0).argmax())
        assert edges[band] < hertz < edges[band + 2]


def test_ten_times_as_loud_is_the_same_further_up() -> None:
    features = Features(8000)
    louder = features.read(np.float32(10) * noise(3000)) - features.read(noise(3000))
    assert np.allclose(louder, np.log(100), atol=1e-4)


def test_a_slope_is_that_of_a_line() -> None:
    frames = (3 * np.arange(9, dtype=np.float32))[:, None]
    assert slope(frames)[:, 0].tolist() == pytest.approx([1.5, 2.4, 3, 3, 3, 3, 3, 2.4, 1.5])  # by hand, ends repeated
    assert slope(frames[:1]).tolist() == [[0.0]] and slope(frames[:0]).shape == (0, 1)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"hop": 0.03}, "audio.hop=0.03 is longer than audio.window=0.025"),
        ({"window": 0.00001}, "too short at 8000 Hz"),
        ({"fmin": 4000.0}, "audio.fmin=4000 and audio.fmax=4000"),
        ({"fmax": 5000.0}, "which is 4000 Hz at most, half of audio.rate=8000"),
        ({"kind": "mfcc", "bands": 10}, "audio.coefficients=13 cannot be made of audio.bands=10"),
        ({"bands": 200}, "lies between two bins"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said.replace(".", r"\.")):
        Features(8000, **settings)  # type: ignore[arg-type]
