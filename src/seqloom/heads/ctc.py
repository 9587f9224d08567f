"""Connectionist temporal classification: a text from steps whose places in it nobody knows.

Graves et al. 2006 (doi:10.1145/1143844.1143891). Every step tells one symbol or the blank; a path of steps is read by
joining what repeats and leaving out the blanks, so that `b b - a a - a` reads `baa`. The probability of a text is the
sum over all paths that read so, under the assumption that steps are independent given what was heard.

A text of n symbols, r of which follow their equal, needs n + r steps at least: a blank must part equals.
"""

from collections.abc import Sequence
from itertools import groupby, pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import ctc_loss
from torch.nn.functional import dropout as drop_out

from seqloom.batch import Field
from seqloom.errors import InputError
from seqloom.heads.head import Head
from seqloom.heads.nats import wide
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Share

BLANK = 0
"""The class of no symbol."""
SHIFT = 3
"""Class k is the id k + SHIFT of the vocabulary, whose first texts can hold is 4 (the unknown piece)."""
NEVER = -1e30
"""ln p of a symbol where there is no step: finite, so that no gradient is a difference of infinities."""


class CTCHead(Head):
    """ln p of the blank and of each symbol at every step, [batch, steps, 1 + symbols].

    It reads what the encoder left, also where a decoder writes beside it (Watanabe et al. 2017). A padded step is a
    certain blank, which changes the probability of no text, so that whoever reads the outputs needs no lengths.
    """

    reads = "steps"

    def __init__(self, size: int, vocabulary: int, *, dropout: Share = 0.0) -> None:
        super().__init__()
        self.drop = dropout
        self.out = nn.Linear(size, vocabulary - SHIFT)
        nn.init.xavier_uniform_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(
        self, hidden: Tensor, memory: Memory | None, keys: State | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Turn the outputs of a Memory (without one, hidden [batch, steps, size]) into ln p."""
        if memory is not None:
            hidden, mask = memory.outputs, memory.mask
        logprobs = wide(self.out(drop_out(hidden, self.drop, self.training))).log_softmax(-1)
        if mask is None:
            return logprobs
        none = logprobs.new_full(logprobs.shape[-1:], NEVER)
        none[BLANK] = 0
        return torch.where(mask.unsqueeze(-1), logprobs, none)

    def loss(self, outputs: Tensor, target: Field) -> tuple[Tensor, Tensor]:
        """Return the summed nats of the texts, target.values [batch, symbols] ids of the vocabulary, and their number.

        Raises InputError for a text that needs more steps than there are, with its place in the batch.
        """
        assert target.mask is not None
        classes = (target.values - SHIFT).masked_fill(~target.mask, BLANK)
        if bool((target.mask & (classes <= BLANK)).any()):
            raise ValueError("a text to be told by CTC holds an id that no text has")
        steps, lengths = filled(outputs).sum(1), target.mask.sum(1)
        needs = needed(classes, target.mask)
        if bool((needs > steps).any()):
            row = int((needs > steps).nonzero()[0])
            raise InputError(
                f"row {row} of a batch: its {int(lengths[row])} symbols need {int(needs[row])} steps, and it has "
                f"{int(steps[row])}."
            )
        if not outputs.shape[1]:
            return outputs.sum(), self.count(target)
        whole = torch.full_like(lengths, outputs.shape[1])
        total = ctc_loss(outputs.transpose(0, 1), classes, whole, lengths, BLANK, reduction="sum")
        return total, self.count(target)

    def count(self, target: Field) -> Tensor:
        """Return how many symbols are to be told."""
        assert target.mask is not None
        return target.mask.sum().float()

    def greedy(self, outputs: Tensor) -> list[list[int]]:
        """Return the ids read off the likeliest path of each row: `best path` of the paper."""
        return [ids(collapse(path)) for path in outputs.argmax(-1).tolist()]


def needed(classes: Tensor, mask: Tensor) -> Tensor:
    """Return the least steps that texts need: classes [batch, symbols] under a prefix mask -> [batch]."""
    again = (classes[:, 1:] == classes[:, :-1]) & mask[:, 1:]
    return mask.sum(1) + again.sum(1)


def least_steps(text: Sequence[int]) -> int:
    """Return the least steps that one text of ids or classes needs."""
    return len(text) + sum(one == other for one, other in pairwise(text))


def filled(outputs: Tensor) -> Tensor:
    """Say which steps of outputs [batch, steps, 1 + symbols] are data: [batch, steps]."""
    return outputs[..., BLANK + 1] > NEVER


def collapse(path: Sequence[int]) -> list[int]:
    """Read a path of classes: join what repeats, leave out blanks."""
    return [one for one, _ in groupby(path) if one != BLANK]


def ids(classes: Sequence[int]) -> list[int]:
    """Return the ids of the vocabulary that classes stand for, blanks not among them."""
    return [one + SHIFT for one in classes]


def classes(text: Sequence[int]) -> list[int]:
    """Return the classes of ids of the vocabulary."""
    return [one - SHIFT for one in text]
