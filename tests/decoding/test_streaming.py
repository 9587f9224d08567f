"""Streaming: pieces of any size say what the whole says, for every causal encoder; what cannot be streamed is named."""

from typing import Any

import numpy as np
import pytest
import torch

from seqloom.batch import Batch, Field
from seqloom.build import Wiring, build
from seqloom.cells import CELLS
from seqloom.data.sound_features import Features
from seqloom.data.sound_scale import Levels
from seqloom.data.sound_stream import FeatureStream
from seqloom.data.vocabulary import Vocabulary
from seqloom.decoding.ctc_search import listen, transcripts
from seqloom.decoding.streaming import Stream, streamed
from seqloom.errors import InputError
from seqloom.fronts.front import MediaShape
from seqloom.model import SequenceModel
from seqloom.spec import parse

FEATURES = Features(8000, bands=6)
SAMPLES = (np.random.default_rng(3).standard_normal(9000) * 0.1).astype(np.float32)
VOCABULARY = Vocabulary.train(["abcdef"], "char")


def model(encoder: dict[str, Any], front: dict[str, Any], seed: int = 0) -> SequenceModel:
    torch.manual_seed(seed)
    spec = parse(
        {
            "task": "transcribe",
            "source": {"tokens": "audio", "size": 6, "front": front},
            "target": {},
            "encoder": {"size": 7, **encoder} if encoder["kind"] != "bag" else encoder,
            "heads": {"ctc": {"kind": "ctc"}},
        }
    )
    made = build(spec, Wiring(target=len(VOCABULARY), media=MediaShape("audio", (FEATURES.size,)))).eval()
    with torch.no_grad():
        made.heads["ctc"].out.weight.mul_(6)  # type: ignore[union-attr, operator]
    return made


def levels(kind: str) -> Levels:
    return Levels.train(kind, [FEATURES.read(SAMPLES)], FEATURES.size)  # type: ignore[arg-type]


def whole(made: SequenceModel, levels: Levels, beam: int) -> str:
    values = torch.from_numpy(levels.normalise(FEATURES.read(SAMPLES))).unsqueeze(0)
    batch = Batch({"source": Field(values, torch.ones(values.shape[:2], dtype=torch.bool))})
    return VOCABULARY.decode(transcripts(listen([made], batch)[0], beam)[0].ids)


FRONTS = [{"kind": "stack"}, {"kind": "cnn1d", "layers": 2, "causal": True}]
CAUSAL = [*({"kind": cell} for cell in CELLS), {"kind": "lstm", "layers": 2, "residual": True}, {"kind": "mlp"}]


@pytest.mark.parametrize("front", FRONTS, ids=["stack", "cnn1d"])
@pytest.mark.parametrize("encoder", [*CAUSAL, {"kind": "bag"}], ids=str)
def test_pieces_say_what_the_whole_says(encoder: dict[str, Any], front: dict[str, Any]) -> None:
    made, level = model(encoder, front), levels("running")
    for beam, size in ((1, 137), (1, 4000), (3, 700)):
        stream = Stream(made, FeatureStream(FEATURES, level), VOCABULARY, beam)
        for start in range(0, len(SAMPLES), size):
            stream.push(SAMPLES[start : start + size])
        text = stream.finish()
        assert text == stream.text == whole(made, level, beam)
        assert len(text) > 3, "something to be told apart"


@pytest.mark.parametrize("kind", ["global", "running", "none"])
def test_levels_that_need_no_end_are_streamed(kind: str) -> None:
    made, level = model({"kind": "gru"}, FRONTS[1]), levels(kind)
    stream = Stream(made, FeatureStream(FEATURES, level), VOCABULARY, 1)
    for start in range(0, len(SAMPLES), 333):
        stream.push(SAMPLES[start : start + 333])
    assert stream.finish() == whole(made, level, 1)


def test_the_text_is_there_before_the_end_and_nothing_is_heard_after_it() -> None:
    stream = Stream(model({"kind": "gru"}, FRONTS[1]), FeatureStream(FEATURES, levels("none")), VOCABULARY, 1)
    assert stream.rate == 8000 and stream.text == ""
    assert stream.push(SAMPLES[:50]) == ""  # less than a frame
    assert stream.push(SAMPLES[:0]) == ""
    half = stream.push(SAMPLES[50:5000])
    assert half and stream.finish().startswith(half)
    with pytest.raises(InputError, match="this recording was finished"):
        stream.push(SAMPLES[:10])


def test_silence_of_no_samples_is_the_empty_text() -> None:
    stream = Stream(model({"kind": "gru"}, FRONTS[1]), FeatureStream(FEATURES, levels("none")), VOCABULARY, 4)
    assert stream.finish() == ""


@pytest.mark.parametrize(
    ("encoder", "front", "said"),
    [
        ({"kind": "bilstm"}, FRONTS[1], "encoder=bilstm sees steps that come later, so it cannot be streamed: train"),
        ({"kind": "gru", "bidirectional": True}, FRONTS[1], "encoder=gru with encoder.bidirectional=true sees steps"),
        ({"kind": "gru", "reverse": True}, FRONTS[1], "encoder=gru with encoder.reverse=true sees steps that come"),
        ({"kind": "pyramid"}, FRONTS[1], "encoder=pyramid sees steps that come later"),
        ({"kind": "transformer", "size": 8, "heads": 2}, FRONTS[1], "encoder=transformer sees steps that come later"),
        ({"kind": "gru"}, {"kind": "cnn1d"}, r"source.front=cnn1d makes steps of frames that come later.*causal: true"),
        ({"kind": "gru"}, {"kind": "stack", "frames": 3}, "source.front=stack makes steps of frames that come later"),
    ],
)
def test_what_cannot_be_streamed_is_named(encoder: dict[str, Any], front: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        streamed(model(encoder, front), front["kind"], encoder)


def test_levels_of_the_whole_recording_are_refused() -> None:
    with pytest.raises(InputError, match=r"audio.normalise=utterance must hear a recording to its end"):
        FeatureStream(FEATURES, levels("utterance"))


def test_what_can_be_streamed_is_let_pass() -> None:
    for front in FRONTS:
        streamed(model({"kind": "minlstm"}, front), front["kind"], {"kind": "minlstm"})


def test_a_model_in_training_does_not_listen() -> None:
    with pytest.raises(ValueError, match="evaluation mode"):
        Stream(model({"kind": "gru"}, FRONTS[1]).train(), FeatureStream(FEATURES), VOCABULARY, 1)
