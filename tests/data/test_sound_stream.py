"""Sound in pieces gives the frames of the whole, none too late, whatever the pieces are."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import noise

from seqloom.data.sound_features import Features
from seqloom.data.sound_scale import Levels, Normalise
from seqloom.data.sound_stream import FeatureStream
from seqloom.errors import InputError

KINDS = [
    Features(8000),
    Features(8000, preemphasis=0.97, deltas=1),
    Features(8000, kind="mfcc", preemphasis=0.5, deltas=2),
    Features(16_000, window=0.02, hop=0.02, deltas=2, bands=20),
]


def levels(kind: Normalise, features: Features) -> Levels:
    return Levels.train(kind, [features.read(noise(5000, seed=9, loud=0.3))], features.size)


@settings(max_examples=60, deadline=None)
@given(
    features=st.sampled_from(KINDS),
    kind=st.sampled_from(["global", "running", "none"]),
    samples=st.integers(0, 3000),
    cuts=st.lists(st.integers(0, 3000), max_size=12),
    as_int16=st.booleans(),
)
def test_pieces_give_the_whole(
    features: Features, kind: Normalise, samples: int, cuts: list[int], as_int16: bool
) -> None:
    x = noise(samples)
    if as_int16:
        x = (x * 20_000).astype(np.int16)  # type: ignore[assignment]
    learnt = levels(kind, features)
    stream = FeatureStream(features, learnt)
    places = [0, *sorted(min(cut, samples) for cut in cuts), samples]
    found = [stream.push(x[begin:end]) for begin, end in pairwise(places)]
    found.append(stream.finish())
    wanted = learnt.normalise(features.read(x))
    assert np.concatenate(found).shape == wanted.shape
    assert np.allclose(np.concatenate(found), wanted, atol=1e-5)


@pytest.mark.parametrize("features", KINDS, ids=str)
def test_a_frame_comes_as_soon_as_it_is_certain(features: Features) -> None:
    stream, told = FeatureStream(features), 0
    x = noise(20 * features.step + features.length)
    for number, sample in enumerate(x, 1):
        told += len(stream.push(np.array([sample])))
        whole = max(0, (number - features.length) // features.step + 1)
        assert told == max(0, whole - features.ahead)
    assert told + len(stream.finish()) == 21


def test_a_stream_remembers_no_more_than_it_needs() -> None:
    features = Features(8000, deltas=2)
    stream = FeatureStream(features)
    for _ in range(50):
        stream.push(noise(1000))
    assert len(stream._rest) < features.length and len(stream._near) <= 3 * features.ahead


def test_what_cannot_be_streamed_is_refused() -> None:
    features = Features(8000)
    with pytest.raises(InputError, match=r"audio\.normalise=utterance must hear a recording to its end"):
        FeatureStream(features, levels("utterance", features))
    stream = FeatureStream(features)
    for bad in (np.zeros((2, 2), np.float32), np.zeros(3, np.int64)):
        with pytest.raises(InputError, match="is no piece of sound"):
            stream.push(bad)
    with pytest.raises(InputError, match="no finite numbers"):
        stream.push(np.array([0.0, np.nan]))
    stream.finish()
    assert not len(stream.finish())
    with pytest.raises(InputError, match="was finished"):
        stream.push(noise(5))
