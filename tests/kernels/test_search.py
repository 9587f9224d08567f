"""The native search against decoding/search.py on the same logits: a step that Python computes is given to both."""

import ctypes
import random
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom.data.vocabulary import BOS, EOS, PAD, UNK
from seqloom.decoding.beam import Beam
from seqloom.decoding.hypotheses import Hypothesis
from seqloom.decoding.penalties import length_penalty
from seqloom.decoding.search import search as plain_search
from seqloom.decoding.settings import Settings
from seqloom.errors import NumberError
from seqloom.kernels.library import Library
from seqloom.kernels.search import Asked, WrongScoresError, search
from seqloom.state import State

Logits = Callable[[Tensor, Tensor], Tensor]
"""From the last tokens [rows] and the sentences [rows] to logits [rows, vocabulary]."""

_OPEN = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 2, ctypes.c_void_p)
_ADVANCE = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_int64, *[ctypes.POINTER(ctypes.c_int64)] * 3, ctypes.POINTER(ctypes.c_float)
)
_CLOSE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _Step(ctypes.Structure):
    _fields_ = [
        ("self", ctypes.c_void_p),
        ("vocabulary", ctypes.c_int64),
        ("bytes", ctypes.c_int64),
        ("open", _OPEN),
        ("advance", _ADVANCE),
        ("close", _CLOSE),
        ("free", _CLOSE),
    ]


class PythonStep:
    """A step of native/step.h that Python computes."""

    def __init__(self, library: Library, logits: Logits, vocabulary: int) -> None:
        def advance(_: Any, rows: int, token: Any, parent: Any, owner: Any, out: Any) -> None:
            given = logits(torch.tensor(token[:rows]), torch.tensor(owner[:rows])).contiguous()
            ctypes.memmove(out, given.data_ptr(), 4 * given.numel())

        self.library, self.vocabulary, self.bytes = library, vocabulary, 0
        self._told = _Step(None, vocabulary, 0, _OPEN(lambda *_: 1), _ADVANCE(advance), _CLOSE(lambda _: None))
        self.handle = ctypes.addressof(self._told)


def both(
    library: Library,
    logits: Logits,
    vocabulary: int,
    limits: list[int],
    prefixes: list[list[int]] | None = None,
    **options: Any,
) -> tuple[list[list[Hypothesis]], list[list[Hypothesis]]]:
    """Search with both and return what each found."""
    asked = Settings(**options)
    prefixes = [[] for _ in limits] if prefixes is None else prefixes

    def step(ids: Tensor, state: State, memory: Any) -> tuple[Tensor, State]:
        return logits(ids, memory.owner), {}

    class Owners:
        def __init__(self, owner: Tensor) -> None:
            self.owner = owner

        def reorder(self, index: Tensor) -> "Owners":
            return Owners(self.owner[index])

    beam = Beam(asked.beam, len(limits), torch.device("cpu"))
    wanted = plain_search(step, Owners(torch.arange(len(limits))), limits, beam, asked, prefixes)
    told = Asked(
        slots=asked.beam,
        best=asked.best,
        bos=asked.bos,
        eos=asked.eos,
        least=asked.min_length,
        no_repeat=asked.no_repeat,
        never=sorted({*asked.never, *(word[0] for word in asked.forbidden if len(word) == 1)}),
        words=[word for word in asked.forbidden if len(word) > 1],
        limits=limits,
        prefixes=prefixes,
        penalties=length_penalty(asked.length_penalty, asked.alpha, torch.arange(max(limits) + 1)),
    )
    own: Any = PythonStep(library, logits, vocabulary)
    got = [
        [
            Hypothesis(
                tuple(one.tokens[: len(one.tokens) - one.ended]), one.total, one.score, one.ended, tuple(one.logprobs)
            )
            for one in answers
        ]
        for answers in search(own, None, told, 1)
    ]
    return got, wanted


def same(got: list[list[Hypothesis]], wanted: list[list[Hypothesis]]) -> None:
    """Assert the same hypotheses in the same order; sums may differ by the rounding of a logarithm."""
    assert [[(one.ids, one.finished) for one in each] for each in got] == [
        [(one.ids, one.finished) for one in each] for each in wanted
    ]
    for one, other in zip(chain(*got), chain(*wanted), strict=True):
        assert (one.logprob, one.score) == pytest.approx((other.logprob, other.score), rel=1e-5, abs=1e-5)
        assert one.token_logprobs == pytest.approx(other.token_logprobs, rel=1e-5, abs=1e-5)


def drawn(seed: int, vocabulary: int) -> dict[str, Any]:
    """Draw what is asked of a search."""
    chosen = random.Random(seed)
    beam = chosen.choice([1, 1, 2, 3, 5, 9])
    kind = chosen.choice(["none", "gnmt", "average"])
    asked: dict[str, Any] = {"beam": beam, "best": chosen.randint(1, beam), "length_penalty": kind}
    asked["alpha"] = chosen.choice([0.0, 0.6, 1.0, 2.0])
    asked["min_length"] = chosen.choice([0, 0, 2])
    asked["no_repeat"] = chosen.choice([0, 0, 1, 2, 3])
    words = [
        [chosen.randint(5, min(9, vocabulary - 1)) for _ in range(chosen.choice([1, 2, 2, 3]))]
        for _ in range(chosen.choice([0, 0, 2]))
    ]
    asked["forbidden"] = tuple(map(tuple, words))
    return asked


@pytest.mark.parametrize("seed", range(40))
def test_random_tables(native_library: Library, seed: int) -> None:
    """What follows depends on the last token and the sentence; all rules, penalties and widths."""
    g = torch.Generator().manual_seed(seed)
    vocabulary, sentences = [7, 16, 37, 70][seed % 4], seed % 3 + 1
    table = torch.randn(sentences, vocabulary, vocabulary, generator=g) * 2
    limits = torch.randint(4, 12, (sentences,), generator=g).tolist()
    prefixes = None
    if seed % 5 == 0:
        prefixes = [torch.randint(5, 7, (row % 3,), generator=g).tolist() for row in range(sentences)]
    options = drawn(seed, vocabulary)
    got, wanted = both(native_library, lambda last, owner: table[owner, last], vocabulary, limits, prefixes, **options)
    same(got, wanted)


@pytest.mark.parametrize("seed", range(20))
def test_among_equals_the_same_come_first(native_level: Library, seed: int) -> None:
    """The same few scores after every token: sums are equal wherever the order of tokens alone differs."""
    g = torch.Generator().manual_seed(seed)
    vocabulary = [8, 21, 40][seed % 3]
    row = torch.randint(0, 4, (vocabulary,), generator=g).float() / 2
    got, wanted = both(
        native_level, lambda last, _: row.expand(len(last), -1), vocabulary, [6, 4], **drawn(seed, vocabulary)
    )
    same(got, wanted)


@pytest.mark.parametrize("beam", [1, 2, 4])
def test_nothing_may_follow(native_library: Library, beam: int) -> None:
    """A row all of whose tokens are ruled out is filed as cut off, and others go on."""
    table = torch.full((8, 8), -torch.inf)
    table[BOS, 5:] = torch.tensor([3.0, 2.0, 1.0])
    table[5, BOS], table[5, UNK] = 1.0, 0.0  # nothing but what is never written
    table[6, EOS], table[6, 7] = 1.0, 0.5
    table[7, EOS] = 1.0
    got, wanted = both(native_library, lambda last, _: table[last], 8, [5], beam=beam, best=beam)
    same(got, wanted)
    assert got[0][-1].finished == (beam == 2)  # two slots go to whole ones; one or four take in what was cut off


@pytest.mark.parametrize("wrong", [torch.nan, torch.inf, -torch.inf])
def test_scores_that_are_none(native_level: Library, wrong: float) -> None:
    table = torch.randn(2, 9, 9)
    table[1, 6] = wrong if wrong < 0 else table[1, 6]
    table[1, 6, 3] = wrong
    table[:, :, 6] += 9  # both sentences begin with it
    table[0, 6, 6] = 20.0

    def logits(last: Tensor, owner: Tensor) -> Tensor:
        return table[owner, last]

    with pytest.raises(NumberError):
        both(native_level, logits, 9, [5, 5], beam=1)
    told = Asked(1, 1, BOS, EOS, 0, 0, [PAD], [], [5, 5], [[], []], torch.ones(6, dtype=torch.float64))
    own: Any = PythonStep(native_level, logits, 9)
    with pytest.raises(WrongScoresError) as caught:
        search(own, None, told, 1)
    assert (caught.value.row, caught.value.time) == (1, 1)
