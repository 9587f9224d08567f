"""Settings: how answers are searched for or drawn, checked once."""

import math
from dataclasses import dataclass
from typing import Literal

from seqloom.data.vocabulary import BOS, EOS, PAD, SEP, UNK
from seqloom.errors import InputError

LengthPenalty = Literal["none", "gnmt", "average"]

ROOM = 20
"""Without a max_length an answer may be twice as long as its source, and this many tokens more."""


@dataclass(frozen=True)
class Settings:
    """What is asked of a search, or of samples.

    beam            hypotheses kept a sentence, finished ones among them; 1 is greedy
    best            hypotheses answered a sentence
    length_penalty  what a score divides ln p by (see `penalties.py`), with its exponent alpha
    coverage        weight of the coverage penalty, the beta of Wu et al. 2016; needs attention
    max_length      tokens written at most, prefix and end among them; None: twice the source and 20
    min_length      tokens written before the end may be
    no_repeat       no n-gram of this length is written twice; 0: any may be
    forbidden       words never written, each as its tokens
    never           tokens never written
    samples         this many answers a sentence are drawn instead of searched for
    temperature, top_k, top_p, min_p    of which distribution they are drawn (see `sampling.py`)
    seed            what they follow from, with the number of the row
    """

    beam: int = 5
    best: int = 1
    length_penalty: LengthPenalty = "average"
    alpha: float = 1.0
    coverage: float = 0.0
    max_length: int | None = None
    min_length: int = 0
    no_repeat: int = 0
    forbidden: tuple[tuple[int, ...], ...] = ()
    never: tuple[int, ...] = (PAD, BOS, SEP, UNK)
    samples: int = 0
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    seed: int = 0
    bos: int = BOS
    eos: int = EOS

    def __post_init__(self) -> None:
        """Raise InputError for values out of range, and for those that would do nothing."""
        least = {"beam": 1, "best": 1, "min_length": 0, "no_repeat": 0, "samples": 0, "alpha": 0.0, "coverage": 0.0}
        for name, bound in least.items():
            value = getattr(self, name)
            if not (value >= bound and math.isfinite(value)):
                raise InputError(f"{name}={value} cannot be used: it must be {bound:g} or more.")
        if self.max_length is not None and self.max_length < 1:
            raise InputError(f"max_length={self.max_length} cannot be used: it must be 1 or more.")
        if self.max_length is not None and self.max_length <= self.min_length:
            raise InputError(
                f"min_length={self.min_length} leaves no room for an end within max_length={self.max_length}: "
                "an end is a token too."
            )
        if self.length_penalty not in ("none", "gnmt", "average"):
            raise InputError(f"length_penalty={self.length_penalty!r} is not known: none, gnmt or average.")
        if not all(self.forbidden):
            raise InputError("forbidden holds a word without tokens, which would forbid nothing.")
        if self.eos in self.never:
            raise InputError(f"never holds {self.eos}, the end of an answer: every answer would be cut off.")
        if self.samples:
            if self.best != 1:
                raise InputError(
                    f"best={self.best} chooses among hypotheses of a search; samples={self.samples} gives all."
                )
        elif self.best > self.beam:
            raise InputError(f"best={self.best} asks for more hypotheses than beam={self.beam} keeps. Raise beam.")
        elif (self.temperature, self.top_k, self.top_p, self.min_p) != (1.0, None, None, None):
            raise InputError("temperature, top_k, top_p and min_p shape samples, not a search. Set samples=1 or more.")
