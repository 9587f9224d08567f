"""Answers: texts written for sources, by one model or several, in the order they were asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from seqloom.data.vocabulary import Vocabulary
from seqloom.decoding.hypotheses import Hypothesis
from seqloom.decoding.settings import LengthPenalty, Settings
from seqloom.decoding.writer import decode
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.spec import DecodeSpec
from seqloom.tasks.pair_batches import Coder

NOT_SEARCHED = ("rows", "bleu", "ctc")
"""Keys of the decode section that say how answers are measured, or ranked after the search."""
TOGETHER = 64
"""Sources decoded side by side, each with all its hypotheses."""


@dataclass(frozen=True)
class Guess:
    """One answer that a model thought of.

    logprob   ln p in nats, of the end too where it is finished
    score     ln p after penalties, by which guesses are ranked
    finished  False where it was cut off at the longest length
    tokens    its tokens as a person reads them
    """

    text: str
    logprob: float
    score: float
    finished: bool
    tokens: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What is answered to a row: a text, and the best hypotheses, best first. An empty source has an empty answer."""

    text: str
    hypotheses: tuple[Guess, ...]


@dataclass(frozen=True)
class Search:
    """How to answer, where it should not be as the run's spec says (None: as it says).

    best      hypotheses given of each answer
    forbid    texts that are never written
    prefix    how every answer begins
    samples   this many answers are drawn instead of searched for, shaped by temperature, top_k, top_p and min_p
    seed      what samples follow from, with the number of the row
    """

    beam: int | None = None
    best: int = 1
    length_penalty: LengthPenalty | None = None
    alpha: float | None = None
    coverage: float | None = None
    max_length: int | None = None
    min_length: int | None = None
    no_repeat: int | None = None
    forbid: tuple[str, ...] = ()
    prefix: str = ""
    samples: int = 0
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    seed: int = 0


def settings_of(spec: DecodeSpec, search: Search, vocabulary: Vocabulary) -> Settings:
    """Return what a search is told; a beam that nobody named widens to the hypotheses asked for.

    Raises InputError for values out of range, and for those that would do nothing.
    """
    said = {name: getattr(spec, name) for name in DecodeSpec.model_fields if name not in NOT_SEARCHED}
    names = [one.name for one in fields(search) if one.name not in ("forbid", "prefix")]
    asked = {name: value for name in names if (value := getattr(search, name)) is not None}
    if search.beam is None:
        asked["beam"] = max(spec.beam, 1 if search.samples else search.best)
    forbidden = [one for text in search.forbid for one in _tokens(text, vocabulary)]
    return Settings(**{**said, **asked}, forbidden=tuple(forbidden))


def _tokens(text: str, vocabulary: Vocabulary) -> set[tuple[int, ...]]:
    """Return the tokens of a forbidden text, and of it after a space where that is a piece of the word itself.

    Raises InputError for one that has none, or whose tokens are unknown.
    """
    ways = {text, f" {text}"} if vocabulary.kind in ("bpe", "unigram") else {text}
    found = {tuple(vocabulary.encode(way)) for way in ways if text}
    if not found or not all(found):
        raise InputError(f"{text!r} cannot be forbidden: it has no tokens.")
    return found


def answer(
    models: Sequence[SequenceModel],
    coder: Coder,
    rows: Sequence[Sequence[str]],
    settings: Settings,
    prefix: str = "",
    first: int = 0,
) -> Iterator[Answer]:
    """Yield the answer to each row of source texts, in order.

    Rows of like length are decoded together, which changes no answer. `first` is the number of the first row, from
    which samples follow.
    """
    device = next(models[0].parameters()).device
    begin = coder.target.encode(prefix)
    lengths = coder.lengths(rows)
    order = sorted((row for row in range(len(rows)) if lengths[row]), key=lambda row: lengths[row])
    answers = [Answer("", ())] * len(rows)
    for start in range(0, len(order), TOGETHER):
        chosen = order[start : start + TOGETHER]
        batch = coder.reading([rows[row] for row in chosen]).to(device)
        numbers = [first + row for row in chosen]
        written = decode(models, batch, settings, prefixes=[begin] * len(chosen), numbers=numbers)
        for row, hypotheses in zip(chosen, written, strict=True):
            own = coder.copied(rows[row])[1] if coder.copies else []
            guesses = tuple(_guess(hypothesis, coder.target, own) for hypothesis in hypotheses)
            answers[row] = Answer(guesses[0].text if guesses else "", guesses)
    yield from answers


def _guess(hypothesis: Hypothesis, vocabulary: Vocabulary, own: Sequence[str]) -> Guess:
    size = len(vocabulary)
    tokens = tuple(own[one - size] if one >= size else vocabulary.token(one) for one in hypothesis.ids)
    text = vocabulary.decode(hypothesis.ids, extra=own)
    return Guess(text, hypothesis.logprob, hypothesis.score, hypothesis.finished, tokens)
