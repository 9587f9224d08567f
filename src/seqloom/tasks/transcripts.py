"""Transcripts: the texts of recordings by CTC, alone or beside a decoder, and when each word was said.

Beside a decoder the texts that either finds are ranked by

    score = share ln p_ctc(text) + (1 - share) ln p_attention(text)

(Watanabe et al. 2017, doi:10.1109/JSTSP.2017.2763455, section IV-B): what a decoder leaves out or says twice is
improbable to CTC, which must account for every step. The paper rescores the texts of the decoder alone; those of CTC's
beam stand beside them here, so that a decoder which stops too early, and so never wrote the right text, is heard out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.data.vocabulary import Vocabulary
from seqloom.decoding.alignment import align
from seqloom.decoding.ctc_search import listen, text_logprobs, transcripts
from seqloom.decoding.given import given_logprobs
from seqloom.decoding.hypotheses import Hypothesis
from seqloom.decoding.settings import Settings
from seqloom.decoding.writer import Memories, decode
from seqloom.heads.ctc import classes, least_steps
from seqloom.model import SequenceModel
from seqloom.tasks.answers import TOGETHER, Answer, Guess
from seqloom.tasks.clip_pairs import MediaCoder


@dataclass(frozen=True)
class Word:
    """A word of a transcript: when it was said, in seconds from the beginning, and how sure its tokens are (the mean of
    their ln p over the steps that tell them)."""

    text: str
    start: float
    end: float
    logprob: float


@dataclass(frozen=True)
class Transcript(Answer):
    """An answer, and its words with their times where these were asked for."""

    words: tuple[Word, ...] = ()


class Transcriber:
    """Listens with one model or an ensemble.

    share  what CTC counts for beside the decoder; None: there is none
    step   seconds of a step, where times are asked for
    begin  ids that every text of a decoder begins with
    """

    def __init__(
        self,
        models: Sequence[SequenceModel],
        coder: MediaCoder,
        settings: Settings,
        share: float | None,
        step: float | None = None,
        begin: Sequence[int] = (),
    ) -> None:
        self._models, self._coder, self._settings = models, coder, settings
        self._share, self._step, self._begin = share, step, begin

    def __call__(self, rows: Sequence[Sequence[Any]]) -> Iterator[Transcript]:
        """Yield the transcript of each row, in order. Rows of like length are heard together, which changes none."""
        device = next(self._models[0].parameters()).device
        lengths = self._coder.lengths(rows)
        order = sorted((row for row in range(len(rows)) if lengths[row]), key=lambda row: lengths[row])
        answers = [Transcript("", ())] * len(rows)
        for start in range(0, len(order), TOGETHER):
            chosen = order[start : start + TOGETHER]
            batch = self._coder.reading([rows[row] for row in chosen]).to(device)
            for row, answer in zip(chosen, self._heard(batch), strict=True):
                answers[row] = answer
        yield from answers

    def _heard(self, batch: Batch) -> Iterator[Transcript]:
        asked = self._settings
        heard = listen(self._models, batch)
        if self._share is None:
            for steps in heard:
                yield self._transcript(transcripts(steps, asked.beam, asked.best), steps)
            return
        written = decode(self._models, batch, replace(asked, best=asked.beam), prefixes=[self._begin] * len(heard))
        if self._share and not self._bound:
            written = self._joined(written, heard, batch)
        for steps, hypotheses in zip(heard, written, strict=True):
            yield self._transcript(ranked(hypotheses, steps, self._share)[: asked.best], steps)

    @property
    def _bound(self) -> bool:
        """Whether a text must keep to rules that CTC does not know."""
        asked = self._settings
        return bool(self._begin or asked.forbidden or asked.no_repeat or asked.min_length or asked.coverage)

    def _joined(
        self, written: Sequence[list[Hypothesis]], heard: Sequence[Tensor], batch: Batch
    ) -> list[list[Hypothesis]]:
        """Put the texts of CTC beside those that the decoder wrote, with what the decoder thinks of them."""
        asked = self._settings
        fresh: list[tuple[int, tuple[int, ...]]] = []
        for row, (own, steps) in enumerate(zip(written, heard, strict=True)):
            there = {one.ids for one in own if one.finished}
            texts = [one.ids for one in transcripts(steps, asked.beam, asked.beam)]
            fresh += [(row, ids) for ids in texts if ids not in there and len(ids) < (asked.max_length or len(ids) + 1)]
        with torch.no_grad():
            memories = Memories(tuple(model.read(batch) for model in self._models))
        joined = [list(own) for own in written]
        for (row, ids), logprob in zip(fresh, given_logprobs(self._models, memories, fresh), strict=True):
            joined[row].append(Hypothesis(ids, logprob, logprob, True, ()))
        return joined

    def _transcript(self, hypotheses: Sequence[Hypothesis], steps: Tensor) -> Transcript:
        vocabulary = self._coder.target
        guesses = tuple(_guess(one, vocabulary) for one in hypotheses)
        words: tuple[Word, ...] = ()
        if self._step is not None and hypotheses and least_steps(hypotheses[0].ids) <= len(steps):
            words = tuple(timed(hypotheses[0].ids, steps, vocabulary, self._step))
        return Transcript(guesses[0].text if guesses else "", guesses, words)


def ranked(hypotheses: Sequence[Hypothesis], steps: Tensor, share: float) -> list[Hypothesis]:
    """Rank texts by the score of both, whole ones before those that were cut off; `steps` are ln p
    [steps, 1 + symbols] of CTC. A text that needs more steps than there are cannot have been said, and comes last."""
    heard = text_logprobs(steps, [one.ids for one in hypotheses])
    both = [
        replace(one, score=share * ctc + (1 - share) * one.logprob if share else one.logprob)
        for one, ctc in zip(hypotheses, heard, strict=True)
    ]
    return sorted(both, key=lambda one: (not one.finished, -one.score, one.ids))


def timed(ids: Sequence[int], steps: Tensor, vocabulary: Vocabulary, step: float) -> Iterator[Word]:
    """Yield the words of a text with their times, by its likeliest path through ln p [steps, 1 + symbols].

    A word begins with the first and ends with the last token that has a letter of it.
    """
    told = align(steps.numpy(), classes(ids))
    text = vocabulary.decode(ids)
    ends = [len(vocabulary.decode(ids[: place + 1])) for place in range(len(ids))]
    start = 0
    for word in text.split():
        first = text.index(word, start)
        start = first + len(word)
        own = [one for one, begin, end in zip(told, [0, *ends], ends, strict=False) if begin < start and end > first]
        sure = sum(one.logprob * (one.end - one.start) for one in own) / sum(one.end - one.start for one in own)
        yield Word(word, own[0].start * step, own[-1].end * step, sure)


def _guess(hypothesis: Hypothesis, vocabulary: Vocabulary) -> Guess:
    tokens = tuple(vocabulary.token(one) for one in hypothesis.ids)
    text = vocabulary.decode(hypothesis.ids)
    return Guess(text, hypothesis.logprob, hypothesis.score, hypothesis.finished, tokens)
