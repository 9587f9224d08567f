"""Batches of questions about pictures: each picture is read once for all the questions that a batch asks of it."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.batch import Batch, Field
from seqloom.data.batches import pad
from seqloom.tasks.examples import Examples
from seqloom.tasks.row_data import Turn
from seqloom.tasks.source import Stored
from seqloom.tasks.vqa_meter import Poll

Ids = Sequence[Sequence[int]]


class AskedData:
    """Batches of stored pictures, questions [ids of each row] and answers [rows].

    Pictures are shuffled for training, their questions stay together. A batch has at most `batch_tokens` positions of
    pictures, and as many of questions, padding included; a picture with more questions than that is read twice.
    """

    carries = False

    def __init__(
        self,
        pictures: Stored,
        refs: Sequence[str],
        questions: Ids,
        answers: NDArray[np.int64],
        batch_tokens: int,
        seed: int,
        training: bool,
        blind: str | None = None,
        polls: Sequence[Poll] = (),
        lost: Sequence[Poll] = (),
        examples: Examples | None = None,
    ) -> None:
        """`refs` name the picture of each row; `blind` is "image" or "question", which is then read as nothing. `polls`
        are what an evaluation asks, a question for each row, and `lost` those that no row asks. `examples`
        are the rows as they were read, for who shows them to a person."""
        self.examples = examples
        self.polls, self.lost = polls, lost
        self._pictures, self._refs, self._questions, self._answers = pictures, list(refs), questions, answers
        self._batch_tokens, self._seed, self._training, self._blind = batch_tokens, seed, training, blind
        self._first: dict[str, int] = {}
        rows: dict[str, list[int]] = {}
        for row, ref in enumerate(self._refs):
            self._first.setdefault(ref, row)
            rows.setdefault(ref, []).append(row)
        self._units = [unit for one in rows.values() for unit in self._cut(one)]

    def __len__(self) -> int:
        return len(self._refs)

    def order(self, epoch: int) -> Sequence[Turn]:
        """Return the rows of each batch: pictures shuffled by (seed, epoch) for training, as they come else."""
        places = np.arange(len(self._units))
        if self._training:
            places = np.random.default_rng([self._seed, epoch]).permutation(len(self._units))
        batches: list[Turn] = []
        held: list[int] = []
        time = longest = 0
        for place in places.tolist():
            unit = self._units[place]
            more, wide = int(self._pictures.lengths[unit[0]]), max(self._steps(row) for row in unit)
            many = (len(held) + len(unit)) * max(longest, wide)
            if held and max(time + more, many) > self._batch_tokens:
                batches.append(Turn(np.array(held, np.int64), epoch))
                held, time, longest = [], 0, 0
            held, time, longest = held + unit, time + more, max(longest, wide)
        return [*batches, Turn(np.array(held, np.int64), epoch)] if held else batches

    def load(self, key: Turn) -> Batch:
        """Lay the questions of one batch side by side, and each of their pictures once."""

        def draw(row: int) -> np.random.Generator:
            return np.random.default_rng([self._seed, key.epoch, row])

        rows = key.rows.tolist()
        refs = list(dict.fromkeys(self._refs[row] for row in rows))
        pictures = self._pictures.field(
            [self._first[ref] for ref in refs], draw if self._training and self._pictures.varies else None
        )
        number = {ref: place for place, ref in enumerate(refs)}
        inputs = asked(
            pictures, [number[self._refs[row]] for row in rows], [self._questions[row] for row in rows], self._blind
        )
        tokens = sum(len(self._questions[row]) for row in rows)
        return Batch(inputs, {"label": Field(torch.from_numpy(self._answers[key.rows]))}, tuple(rows), tokens)

    def _steps(self, row: int) -> int:
        return max(1, len(self._questions[row]))

    def _cut(self, rows: list[int]) -> list[list[int]]:
        """Part the questions of one picture where one batch cannot hold them."""
        most = max(1, self._batch_tokens // max(self._steps(row) for row in rows))
        return [rows[at : at + most] for at in range(0, len(rows), most)]


def asked(pictures: Field, which: Sequence[int], questions: Ids, blind: str | None) -> dict[str, Field]:
    """Return the inputs of a batch: pictures, the place among them of each row's, and the questions."""
    if blind == "image":
        pictures = Field(torch.zeros_like(pictures.values), pictures.mask)
    if blind == "question":
        questions = [[] for _ in questions]
    return {"source": pictures, "which": Field(torch.tensor(which, dtype=torch.int64)), "question": pad(questions)}
