"""Streaming: what is said of a recording while it is heard, and at its end exactly what is said of the whole.

Features, front, encoder and search each go on from what they remember: a few frames, the inputs of convolutions, the
State of a recurrent network, the prefixes of a beam. Nothing is heard twice, so a step costs the same however long
the recording has been.
"""

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray

from seqloom.data.sound_stream import FeatureStream
from seqloom.data.vocabulary import Vocabulary
from seqloom.decoding.ctc_search import CTC, known
from seqloom.decoding.prefix_beam import PrefixBeam
from seqloom.errors import InputError
from seqloom.heads.ctc import BLANK, ids
from seqloom.model import SequenceModel
from seqloom.state import State

TURNED = ("bidirectional", "reverse")
"""Options by which a recurrent encoder reads from the end."""


class Stream:
    """One recording, transcribed by CTC while it is heard.

        stream = run.stream()
        for samples in microphone:            # [samples] at audio.rate, int16 or floats from -1 to 1
            print(stream.push(samples))       # the text so far
        print(stream.finish())

    With a beam of 1 the text so far only ever grows; a wider one may change its mind.
    """

    def __init__(self, model: SequenceModel, features: FeatureStream, vocabulary: Vocabulary, beam: int) -> None:
        """`streamed` says whether the model can."""
        if model.training:
            raise ValueError("a model that listens must be in evaluation mode")
        self._model, self._features, self._vocabulary = model, features, vocabulary
        self._search: PrefixBeam | Greedy = Greedy() if beam == 1 else PrefixBeam(beam)
        self._front: State | None = None
        self._encoder: State | None = None

    @property
    def rate(self) -> int:
        """Samples a second that `push` takes."""
        return self._features.features.rate

    @property
    def text(self) -> str:
        """What was said so far."""
        return self._vocabulary.decode(ids(self._search.classes))

    def push(self, samples: NDArray[Any]) -> str:
        """Hear more samples [samples]; return the text so far. Raises InputError for what is no such array, and after
        the end."""
        self._hear(self._features.push(samples))
        return self.text

    def finish(self) -> str:
        """Say that the recording is over; return its text."""
        self._hear(self._features.finish())
        return self.text

    def _hear(self, frames: NDArray[Any]) -> None:
        model = self._model
        if not len(frames):
            return
        device = next(model.parameters()).device
        with torch.no_grad():
            values = torch.from_numpy(frames).unsqueeze(0).to(device)
            front: Any = model.source
            if hasattr(front, "advance"):
                vectors, self._front = front.advance(values, self._front)
            else:
                vectors = front(values)
            if not vectors.shape[1]:
                return
            assert model.encoder is not None
            mask = torch.ones(vectors.shape[:2], dtype=torch.bool, device=device)
            memory, self._encoder = model.encoder(vectors, mask, self._encoder)
            steps = known(model.heads[CTC](memory.outputs, memory)[0].double().cpu())
        self._search.push(steps.numpy())


class Greedy:
    """The best path, read while it goes on."""

    def __init__(self) -> None:
        self.classes: list[int] = []
        self._last = BLANK

    def push(self, steps: NDArray[Any]) -> None:
        """Hear steps [steps, 1 + symbols] of ln p."""
        for one in steps.argmax(1).tolist():
            if one not in (self._last, BLANK):
                self.classes.append(one)
            self._last = one


def streamed(model: SequenceModel, front: str, encoder: Mapping[str, Any]) -> None:
    """Raise InputError, naming it, for a front (given by its kind) or an encoder (by its part of the spec) that must
    see what comes later."""
    if model.source is None or model.encoder is None:
        raise ValueError("a model to be streamed reads a source")
    if not model.source.causal:
        raise InputError(
            f"source.front={front} makes steps of frames that come later, so it cannot be streamed: train with "
            "-s source.front={kind: cnn1d, causal: true}."
        )
    if not model.encoder.causal:
        ways = [f" with encoder.{way}={str(encoder[way]).lower()}" for way in TURNED if encoder.get(way)]
        raise InputError(
            f"encoder={encoder.get('kind')}{''.join(ways)} sees steps that come later, so it cannot be streamed: train "
            "with one that reads forwards alone, such as -s encoder=lstm -s encoder.bidirectional=false."
        )
