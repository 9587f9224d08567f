"""A tagger's answers: sentences in, their words with tags and spans out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import cast

import torch

from seqloom.batch import Batch
from seqloom.data import spans as schemes
from seqloom.data.batches import in_order
from seqloom.data.corpus import Listed
from seqloom.data.encoded import Encoded
from seqloom.data.spans import Span
from seqloom.data.tagged import Sentence
from seqloom.errors import InputError
from seqloom.heads.crf import CRFHead
from seqloom.heads.label import LabelHead
from seqloom.heads.tags import TagsHead
from seqloom.model import SequenceModel
from seqloom.tasks.chunks import CHUNK
from seqloom.tasks.tag_source import Source
from seqloom.tasks.tag_writing import Writing

Row = str | Sequence[str] | Sentence
"""A text whose words spaces separate, words, or a sentence of a file."""


@dataclass(frozen=True)
class Tagged:
    """What the words of a sentence are taken for.

    tags           one for each word, as the training file writes them
    spans          what the tags say of spans; empty where tags are no spans
    label          what the whole sentence is taken for, where training had that
    probabilities  how probable the tag of each word is, where asked for
    hypotheses     the best rows of tags and ln of the probability of each, where several were asked for
    sentence       where the words come from, where that was a file
    """

    words: list[str]
    tags: list[str]
    spans: list[Span]
    label: str | None = None
    probabilities: list[float] | None = None
    hypotheses: tuple[tuple[float, list[str]], ...] = ()
    sentence: Sentence | None = None


@dataclass(frozen=True)
class Tagger:
    """A model with what turns words into its inputs and its outputs into tags.

    tokens  positions of a batch
    """

    model: SequenceModel
    source: Source
    writing: Writing
    tokens: int

    def answers(self, rows: Iterable[Row], probabilities: bool, best: int) -> Iterator[Tagged]:
        """Yield an answer a row, in order. Raises InputError where several answers are asked of a head without."""
        head = cast(TagsHead, self.model.heads["tags"])
        if best > 1 and not isinstance(head, CRFHead):
            raise InputError("only a CRF has a best row of tags and a next: train with -s heads.tags=crf.")
        rest = iter(rows)
        while chunk := list(islice(rest, CHUNK)):
            yield from self._chunk(chunk, head, probabilities, best)

    def _chunk(self, rows: list[Row], head: TagsHead, probabilities: bool, best: int) -> list[Tagged]:
        sentences = [words_of(row) for row in rows]
        listed = Listed()
        encoded = Encoded.collect([listed.place(word) for word in words] for words in sentences)
        read = self.source.read(listed.texts, encoded)
        answers: dict[int, Tagged] = {}
        device = next(self.model.parameters()).device
        for places in in_order(read.lengths, self.tokens):
            some = places.tolist()
            batch = Batch(read.inputs(some, None), rows=tuple(some), tokens=int(read.lengths[places].sum())).to(device)
            mask = batch.inputs["places" if "places" in batch.inputs else "source"].mask
            assert mask is not None
            with torch.no_grad():
                outputs, _ = self.model(batch)
            tags = head.tag(outputs["tags"], mask)
            sure = head.probabilities(outputs["tags"], mask).cpu() if probabilities else None
            ways = head.best(outputs["tags"], mask, best) if best > 1 and isinstance(head, CRFHead) else None
            labels = self._labels(outputs)
            for number, place in enumerate(some):
                row, ids = rows[place], tags[number]
                told = [head.labels[one] for one in ids]
                answers[place] = Tagged(
                    sentences[place],
                    self.writing.write(told),
                    schemes.spans(told) if self.writing.file is not None else [],
                    None if labels is None else labels[number],
                    None if sure is None else [float(sure[number, step, one]) for step, one in enumerate(ids)],
                    () if ways is None else tuple((score, self._told(head, way)) for score, way in ways[number]),
                    row if isinstance(row, Sentence) else None,
                )
        return [answers[place] for place in range(len(rows))]

    def _told(self, head: TagsHead, ids: Sequence[int]) -> list[str]:
        return self.writing.write([head.labels[one] for one in ids])

    def _labels(self, outputs: dict[str, torch.Tensor]) -> list[str] | None:
        if "intent" not in self.model.heads:
            return None
        head = cast(LabelHead, self.model.heads["intent"])
        best: list[int] = head.probabilities(outputs["intent"].float()).argmax(-1).tolist()
        return [head.labels[one] for one in best]


def words_of(row: Row) -> list[str]:
    """Return the words of a row; a text is split at spaces."""
    if isinstance(row, Sentence):
        return row.words
    return [word for word in row.split(" ") if word] if isinstance(row, str) else list(row)
