"""The subject of an explanation: one row of a run as the model reads it, with what its steps are called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.training.run import Run

Outputs = dict[str, Tensor]
SHOWN = 200
"""Letters of a row that are shown as what was asked."""


@dataclass(frozen=True)
class Axis:
    """What the steps of a sequence are called.

    tokens  one a step
    words   the number of the word that each token belongs to: the pieces of a word share one; None: each stands alone
    names   the words, as a person reads them; as many as there are different numbers in `words`
    kind    token, step, frame, place or patch
    grid    rows and columns where steps are places of a picture
    """

    tokens: tuple[str, ...]
    words: tuple[int, ...] | None = None
    names: tuple[str, ...] = ()
    kind: str = "token"
    grid: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """The first token of each word and the one after its last."""
        if self.words is None:
            return tuple((at, at + 1) for at in range(len(self.tokens)))
        starts = [at for at, word in enumerate(self.words) if not at or word != self.words[at - 1]]
        return tuple(zip(starts, [*starts[1:], len(self.words)], strict=True))

    @property
    def merged(self) -> tuple[str, ...]:
        """The words, each of the tokens that it was cut into: one a span."""
        return self.tokens if self.words is None else self.names


def told_short(text: str, end: bool = False) -> str:
    """Return a row as it is shown: its beginning, or its end, where it is long."""
    if len(text) <= SHOWN:
        return text
    return f"…{text[1 - SHOWN :]}" if end else f"{text[: SHOWN - 1]}…"


def numbered(length: int, kind: str = "step") -> Axis:
    """Return an axis whose steps have numbers for names, from 1."""
    return Axis(tuple(str(at + 1) for at in range(length)), kind=kind)


@dataclass(frozen=True, eq=False)
class Subject:
    """One row, ready to be run and read.

    batch     the row, alone, on the run's device; where the run writes, the decoder hears `answer` (teacher forcing)
    axes      "source": steps that the encoder reads; "target": what the decoder hears; "answer": what each of its steps
              should tell; the name of an input beside the source. Those that there are.
    question  the row as a person reads it
    answer    what is explained: the run's own answer, or the one that was given
    score     of the outputs of the model, the number that is explained: ln p of the answer in nats, or a number told
    raw       the row as the source gave it out: a picture, a sound, a film, a series; None for text
    data      a file whose rows views may go through
    notes     what was cut or chosen to come to one row
    ids       of a run that writes, what each step of the decoder should tell, in ids of its head
    """

    run: Run
    batch: Batch
    axes: Mapping[str, Axis]
    question: str
    answer: str
    score: Callable[[Outputs], Tensor]
    score_name: str
    raw: Any = None
    data: str | None = None
    notes: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()

    def forward(self) -> Outputs:
        """Run the model on the row."""
        outputs: Outputs = self.run.model(self.batch)[0]
        return outputs

    def told(self) -> float:
        """Return the score as the model is now."""
        with torch.no_grad():
            return float(self.score(self.forward()))

    def side(self, path: str) -> str:
        """Return which axis runs along the steps of a part of the model."""
        if path.startswith("beside."):
            return path.split(".")[1]
        writes = path.startswith(("decoder", "target")) or (path.startswith("heads") and "target" in self.axes)
        return "target" if writes else "source"

    def axis(self, path: str, length: int) -> Axis:
        """Name the steps of a probe: those of its side, numbers where that has another length (a pyramid)."""
        found = self.axes.get(self.side(path))
        return found if found is not None and len(found) == length else numbered(length)
