"""The native search: greedy and beam search of all sentences over a packed step, as decoding/search.py does it."""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seqloom.kernels.decoder_step import DecoderStep, together

PROMPT = 0.2
"""Seconds after which a search looks up, for only between two native calls the interpreter hears of Ctrl-C."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a search.

    slots, best  hypotheses followed and answered, a sentence
    least        tokens before the end may be
    no_repeat    no n-gram of this length twice; 0: any
    never        tokens never written
    words        forbidden words of two tokens or more
    limits       tokens of each sentence at most, the end among them
    prefixes     what each answer begins with
    penalties    what ln p is divided by at each length, from 0 to the longest limit
    """

    slots: int
    best: int
    bos: int
    eos: int
    least: int
    no_repeat: int
    never: Sequence[int]
    words: Sequence[Sequence[int]]
    limits: Sequence[int]
    prefixes: Sequence[Sequence[int]]
    penalties: Tensor


@dataclass(frozen=True)
class Answer:
    """A hypothesis: its tokens, with the end where it `ended`, ln p of each and in all, and the score that ranks it."""

    tokens: list[int]
    logprobs: list[float]
    total: float
    score: float
    ended: bool


class WrongScoresError(Exception):
    """Scores were NaN, infinite or all -inf: in `row` of a step, after `time` tokens."""

    def __init__(self, row: int, time: int) -> None:
        super().__init__(f"row {row}, step {time}")
        self.row, self.time = row, time


class _Asked(ctypes.Structure):
    _fields_ = [
        ("slots", ctypes.c_int64),
        ("best", ctypes.c_int64),
        ("bos", ctypes.c_int64),
        ("eos", ctypes.c_int64),
        ("least", ctypes.c_int64),
        ("no_repeat", ctypes.c_int64),
        ("never_count", ctypes.c_int64),
        ("never", ctypes.c_void_p),
        ("words", ctypes.c_int64),
        ("word_lengths", ctypes.c_void_p),
        ("word_tokens", ctypes.c_void_p),
        ("limits", ctypes.c_void_p),
        ("longest", ctypes.c_int64),
        ("prefix", ctypes.c_void_p),
        ("prefix_length", ctypes.c_int64),
        ("penalties", ctypes.c_void_p),
    ]


class _Found(ctypes.Structure):
    _fields_ = [
        ("count", ctypes.c_void_p),
        ("length", ctypes.c_void_p),
        ("ended", ctypes.c_void_p),
        ("total", ctypes.c_void_p),
        ("score", ctypes.c_void_p),
        ("tokens", ctypes.c_void_p),
        ("logprobs", ctypes.c_void_p),
        ("wrong_row", ctypes.c_int64),
        ("wrong_time", ctypes.c_int64),
    ]


def search(step: DecoderStep, memory: int | None, asked: Asked, threads: int) -> list[list[Answer]]:
    """Return the answers to each sentence, best first; `memory` is what was read, as this kind of step has it.

    Raises WrongScoresError.
    """
    sentences, longest = len(asked.limits), max(asked.limits)
    width = max(map(len, asked.prefixes), default=0)
    prefix = torch.full((sentences, width), -1)
    for row, tokens in enumerate(asked.prefixes):
        prefix[row, : len(tokens)] = torch.tensor(tokens, dtype=torch.long)
    never, limits = torch.tensor(asked.never, dtype=torch.long), torch.tensor(asked.limits)
    word_lengths = torch.tensor([len(word) for word in asked.words], dtype=torch.long)
    word_tokens = torch.tensor([token for word in asked.words for token in word], dtype=torch.long)
    penalties = asked.penalties.contiguous()
    told = _Asked(
        asked.slots,
        asked.best,
        asked.bos,
        asked.eos,
        asked.least,
        asked.no_repeat,
        len(never),
        never.data_ptr(),
        len(word_lengths),
        word_lengths.data_ptr(),
        word_tokens.data_ptr(),
        limits.data_ptr(),
        longest,
        prefix.data_ptr(),
        width,
        penalties.data_ptr(),
    )
    count = torch.zeros(sentences, dtype=torch.long)
    length, ended = torch.empty(2, sentences, asked.best, dtype=torch.long)
    total, score = torch.empty(2, sentences, asked.best, dtype=torch.float64)
    tokens_of = torch.empty(sentences, asked.best, longest, dtype=torch.long)
    logprobs = torch.empty(sentences, asked.best, longest, dtype=torch.float64)
    kept = (count, length, ended, total, score, tokens_of, logprobs)
    found = _Found(*(one.data_ptr() for one in kept), -1, -1)
    into = ctypes.addressof(found)
    begin, run = step.library.bind("search_open", "ppippii", "p"), step.library.bind("search_run", "pdp", "i")
    searching = begin(step.handle, memory, sentences, ctypes.addressof(told), into, threads, together(step))
    try:
        while not run(searching, PROMPT, into):
            pass
    finally:
        step.library.bind("search_close", "p")(searching)
    if found.wrong_row >= 0:
        raise WrongScoresError(found.wrong_row, found.wrong_time)
    return [list(_answers(row, *kept)) for row in range(sentences)]


def _answers(
    row: int,
    count: Tensor,
    length: Tensor,
    ended: Tensor,
    total: Tensor,
    score: Tensor,
    tokens: Tensor,
    logprobs: Tensor,
) -> Iterator[Answer]:
    for place in range(int(count[row])):
        held = int(length[row, place])
        yield Answer(
            tokens[row, place, :held].tolist(),
            logprobs[row, place, :held].tolist(),
            float(total[row, place]),
            float(score[row, place]),
            bool(ended[row, place]),
        )
