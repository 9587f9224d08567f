"""The meter of pair tasks: nats a token given the true ones before it, and the quality of answers freely written.

The gap between them is exposure bias seen on the task's own metric (Bengio et al. 2015, arXiv:1506.03099): `forced` is
the metric of the likeliest token at each place with the true tokens before it, `gap` how much worse the free answer is.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.data.vocabulary import EOS
from seqloom.metrics import gap
from seqloom.metrics.corpus import Corpus
from seqloom.metrics.language import Language
from seqloom.metrics.tokens import Tokens
from seqloom.metrics.written import Written
from seqloom.tasks.answers import Answer
from seqloom.tasks.pair_batches import Coder
from seqloom.tasks.questions import Questions
from seqloom.tasks.task import Losses

Write = Callable[[Sequence[Sequence[str]]], Iterator[Answer]]
SAMPLES = 5
"""Questions shown with their answers, evenly spread."""


class PairsMeter:
    """Count a pass over pairs for one head that writes tokens.

    `write` answers rows of source texts. `scores` measure the answers and `forced`, of the kind of the first of them,
    the teacher-forced ones.
    """

    def __init__(
        self,
        questions: Questions,
        coder: Coder,
        write: Write,
        scores: Sequence[Written],
        forced: Written,
        name: str = "words",
    ) -> None:
        self._questions, self._coder, self._write, self._name = questions, coder, write, name
        self._language, self._tokens = Language(), Tokens()
        self._scores, self._forced = scores, forced
        self.answers: dict[int, str] = {}
        """What was answered to each row that is a question."""

    def add(self, outputs: dict[str, Tensor], batch: Batch, losses: Losses) -> None:
        """Count a batch, and answer those of its rows that are questions."""
        target, likeliest = batch.target[self._name], outputs[self._name].argmax(-1)
        mask = torch.ones_like(target.values, dtype=torch.bool) if target.mask is None else target.mask
        total, count = losses[self._name]
        self._language.add(float(total), int(count))
        self._tokens.add(likeliest, target.values, mask)
        asked = [place for place, row in enumerate(batch.rows) if row in self._questions.rows]
        rows = [batch.rows[place] for place in asked]
        sources = [self._questions.pair(row).source for row in rows]
        lengths = mask.sum(1).tolist()
        for place, row, source, answer in zip(asked, rows, sources, self._write(sources), strict=True):
            normal = self._coder.target.normal
            references = [normal(text) for text in self._questions.references(row)]
            for score in self._scores:
                score.add(answer.text, references)
            self._forced.add(self._text(likeliest[place, : lengths[place]].tolist(), source), references)
            self.answers[row] = answer.text

    def result(self) -> dict[str, float]:
        """Return loss (nats a token), perplexity, token accuracy, the metrics of the answers, and the gap."""
        values = self._language.result()
        values = {"loss": values["nats"], "perplexity": values["perplexity"], **self._tokens.result()}
        if not self.answers:
            return values
        for score in self._scores:
            values |= score.result()
        for name, forced in self._forced.result().items():
            values |= {f"forced.{name}": forced, f"gap.{name}": gap(name, forced, values[name])}
        return values

    def details(self) -> dict[str, Any]:
        """Return how many rows were answered, the signatures of the metrics that have one, and some answers."""
        if not self.answers:
            return {}
        signatures = {next(iter(one.higher)): one.signature for one in self._scores if isinstance(one, Corpus)}
        rows = list(self.answers)
        shown = [rows[place * len(rows) // min(SAMPLES, len(rows))] for place in range(min(SAMPLES, len(rows)))]
        return {
            "answered": len(rows),
            **({"signatures": signatures} if signatures else {}),
            "samples": [
                {
                    "source": self._questions.shown(row),
                    "target": self._questions.references(row),
                    "answer": self.answers[row],
                }
                for row in shown
            ],
        }

    def _text(self, ids: list[int], source: Sequence[str]) -> str:
        """Return the text of ids up to their end."""
        own = self._coder.copied(source)[1] if self._coder.copies else []
        return self._coder.target.decode(ids[: ids.index(EOS)] if EOS in ids else ids, extra=own)
