"""Tiny models without a network: a table of random scores for what has been written so far, and what follows from it
by trying everything, in plain Python."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import torch
from torch import Tensor

from seqloom.decoding.beam import Beam
from seqloom.decoding.hypotheses import Hypothesis
from seqloom.decoding.samples import Samples
from seqloom.decoding.search import Picker, search
from seqloom.decoding.settings import Settings
from seqloom.state import State

PLACES = 1009
"""Different pasts that a table tells apart: prime, so that pasts spread over it."""


@dataclass(frozen=True)
class Keys:
    """A Memory that says only which sentence a row belongs to."""

    key: Tensor

    def reorder(self, index: Tensor) -> "Keys":
        return Keys(self.key[index])


@dataclass
class Table:
    """Scores [PLACES, vocabulary]: a past, the sentence's key included, is a row. `seen` has each step's keys."""

    scores: Tensor
    eos: int
    seen: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.logprobs: list[list[float]] = self.scores.double().log_softmax(-1).tolist()

    @property
    def vocabulary(self) -> int:
        return self.scores.shape[1]

    @property
    def bos(self) -> int:
        return self.vocabulary

    def step(self, ids: Tensor, state: State, memory: Any) -> tuple[Tensor, State]:
        self.seen.append(memory.key.tolist())
        past = state["past"] if state else memory.key * 31
        past = (past * 7 + ids + 1) % PLACES
        return self.scores[past], {"past": past}

    def after(self, key: int, ids: Sequence[int]) -> list[float]:
        """Return ln p of each token after `ids`."""
        past = key * 31
        for number in (self.bos, *ids):
            past = (past * 7 + number + 1) % PLACES
        return self.logprobs[past]


def table(seed: int, vocabulary: int = 4, sharpness: float = 1.5, dtype: torch.dtype = torch.float64) -> Table:
    """Draw a table; the token that ends is any of the vocabulary."""
    g = torch.Generator().manual_seed(seed)
    scores = torch.randn(PLACES, vocabulary, generator=g, dtype=torch.float64) * sharpness
    return Table(scores.to(dtype), int(torch.randint(vocabulary, (1,), generator=g)))


def settings(model: Table, **given: Any) -> Settings:
    """Return settings for a table, under which every token may be written unless said otherwise."""
    return Settings(**{"never": (), "eos": model.eos, "bos": model.bos, **given})


def run(
    model: Table,
    asked: Settings,
    keys: Sequence[int] = (1,),
    limits: Sequence[int] | None = None,
    prefixes: Sequence[Sequence[int]] | None = None,
    numbers: Sequence[int] | None = None,
    step: Any = None,
) -> list[list[Hypothesis]]:
    """Decode sentences of these keys with the code under test."""
    limits = [asked.max_length or 5] * len(keys) if limits is None else limits
    picker: Picker = Beam(asked.beam, len(keys), torch.device("cpu"))
    if asked.samples:
        picker = Samples(asked, limits, range(len(keys)) if numbers is None else numbers)
    return search(step or model.step, Keys(torch.tensor(keys)), limits, picker, asked, prefixes)


def penalty(asked: Settings, length: int) -> float:
    if asked.length_penalty == "gnmt":
        return ((5 + length) / 6) ** asked.alpha
    return length**asked.alpha if asked.length_penalty == "average" else 1.0


def may(asked: Settings, ids: Sequence[int], token: int, prefix: Sequence[int]) -> bool:
    """Say whether a token may follow ids, rule by rule as the words of `Settings` have them."""
    if len(ids) < len(prefix):
        return token == prefix[len(ids)]
    longer = [*ids, token]
    if token in asked.never or (token == asked.eos and len(ids) < asked.min_length):
        return False
    if any(tuple(longer[-len(word) :]) == word for word in asked.forbidden):
        return False
    n = asked.no_repeat
    grams = [tuple(longer[place : place + n]) for place in range(len(longer) - n + 1)] if n else []
    return not grams or grams[-1] not in grams[:-1]


def hypothesis(asked: Settings, ids: Sequence[int], parts: Sequence[float]) -> Hypothesis:
    """Return what ids (the end among them) and their ln p make."""
    total, finished = sum(parts), bool(ids) and ids[-1] == asked.eos
    written = tuple(ids[:-1] if finished else ids)
    return Hypothesis(written, total, total / penalty(asked, max(len(ids), 1)), finished, tuple(parts))


def rank(asked: Settings, one: Hypothesis) -> tuple[Any, ...]:
    return (not one.finished, -one.score, one.ids + (asked.eos,) * one.finished)


def exhaustive(model: Table, asked: Settings, key: int, limit: int, prefix: Sequence[int] = ()) -> list[Hypothesis]:
    """Try everything that may be written, best first."""

    def every(ids: list[int], parts: list[float]) -> Iterator[Hypothesis]:
        if len(ids) == limit or (ids and ids[-1] == asked.eos):
            yield hypothesis(asked, ids, parts)
            return
        stuck = True
        for token, logprob in enumerate(model.after(key, ids)):
            if may(asked, ids, token, prefix):
                stuck = False
                yield from every([*ids, token], [*parts, logprob])
        if stuck:
            yield hypothesis(asked, ids, parts)

    return sorted(every([], []), key=lambda one: rank(asked, one))


def plain_beam(model: Table, asked: Settings, key: int, limit: int, prefix: Sequence[int] = ()) -> list[Hypothesis]:
    """Search one sentence by lists and loops to the very end: the definition of a beam whose finished keep a slot."""
    live: list[tuple[list[int], list[float]]] = [([], [])]
    over: list[Hypothesis] = []
    finished = 0
    for _ in count():
        following = []
        for place, (ids, parts) in enumerate(live):
            open_ = [token for token in range(model.vocabulary) if may(asked, ids, token, prefix)]
            if not open_:
                over.append(hypothesis(asked, ids, parts))
            logprobs = model.after(key, ids)
            following += [(-(sum(parts) + logprobs[token]), token, place) for token in open_]
        chosen = sorted(following)[: asked.beam - finished]
        longer = [
            ([*live[place][0], token], [*live[place][1], model.after(key, live[place][0])[token]])
            for _, token, place in chosen
        ]
        over += [hypothesis(asked, *one) for one in longer if one[0][-1] == asked.eos or len(one[0]) == limit]
        finished += sum(ids[-1] == asked.eos for ids, _ in longer)
        live = [one for one in longer if one[0][-1] != asked.eos and len(one[0]) < limit]
        if not live:
            break
    return sorted(over, key=lambda one: rank(asked, one))[: asked.best]


def same(got: Sequence[Hypothesis], wanted: Sequence[Hypothesis], tolerance: float = 1e-9) -> None:
    """Assert that two answers are one: the same hypotheses in the same order, with the same numbers."""
    assert [(one.ids, one.finished) for one in got] == [(one.ids, one.finished) for one in wanted]
    for ours, theirs in zip(got, wanted, strict=True):
        assert math.isclose(ours.logprob, theirs.logprob, abs_tol=tolerance)
        assert math.isclose(ours.score, theirs.score, abs_tol=tolerance)
        assert len(ours.token_logprobs) == len(theirs.token_logprobs)
        for one, other in zip(ours.token_logprobs, theirs.token_logprobs, strict=True):
            assert math.isclose(one, other, abs_tol=tolerance)
