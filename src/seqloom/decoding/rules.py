"""Rules: what may be written next, whatever the model thinks. A rule takes tokens away and changes no probability."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from seqloom.decoding.settings import Settings
from seqloom.errors import InputError


class Rules:
    """The rules of a decoding, over all rows at once.

    `prefixes` are tokens that each sentence's answer must begin with; no other rule holds within them.
    """

    def __init__(self, settings: Settings, prefixes: Sequence[Sequence[int]], device: torch.device) -> None:
        self._eos, self._min_length, self._no_repeat = settings.eos, settings.min_length, settings.no_repeat
        single = [word[0] for word in settings.forbidden if len(word) == 1]
        self._never = torch.tensor(sorted({*settings.never, *single}), dtype=torch.long, device=device)
        self._words = [torch.tensor(word, device=device) for word in settings.forbidden if len(word) > 1]
        self._forced = max(map(len, prefixes), default=0)
        self._prefix = torch.full((len(prefixes), self._forced), -1, device=device)
        for row, prefix in enumerate(prefixes):
            if settings.eos in prefix:
                raise InputError(f"the prefix of row {row} holds {settings.eos}, the end of an answer.")
            self._prefix[row, : len(prefix)] = torch.tensor(prefix, dtype=torch.long)
        self._largest = max((token for word in (*settings.forbidden, *prefixes) for token in word), default=0)

    def apply(self, logits: Tensor, written: Tensor, owner: Tensor) -> Tensor:
        """Return logits [rows, vocabulary] with -inf where a token may not follow `written` [rows, time].

        `owner` [rows] is each row's sentence.
        """
        width, time = logits.shape[1], written.shape[1]
        if time == 0:
            self.check(width)
        barred = self._never[self._never < width]
        if time < self._min_length:
            barred = torch.cat([barred, barred.new_tensor([self._eos])])
        allowed = logits.index_fill(1, barred, -math.inf)
        for word in self._words:
            self._bar_word(allowed, written, word)
        if self._no_repeat and time >= self._no_repeat:
            self._bar_repeats(allowed, written)
        if time < self._forced:
            forced = self._prefix[owner, time]  # [rows], -1 where a prefix is over
            within = (forced >= 0).unsqueeze(1)
            only = torch.arange(width, device=logits.device) == forced.unsqueeze(1)
            allowed = torch.where(within, logits.masked_fill(~only, -math.inf), allowed)
        return allowed

    def check(self, width: int) -> None:
        """Raise InputError for a token that is forced or forbidden where a vocabulary has `width` tokens."""
        if self._largest >= width:
            raise InputError(f"token {self._largest} is forced or forbidden, but the vocabulary ends at {width - 1}.")

    @staticmethod
    def _bar_word(allowed: Tensor, written: Tensor, word: Tensor) -> None:
        """Take away the last token of a word from rows that end with all the others."""
        before = len(word) - 1
        if written.shape[1] >= before:
            begun = (written[:, -before:] == word[:-1]).all(1)
            allowed[begun, word[-1]] = -math.inf

    def _bar_repeats(self, allowed: Tensor, written: Tensor) -> None:
        """Take away every token that would end an n-gram written before."""
        before = self._no_repeat - 1
        places = written.shape[1] - before
        same = torch.ones(len(written), places, dtype=torch.bool, device=written.device)
        for back in range(before):  # the token `back` places into each n-gram against that of the one being written
            same &= written[:, back : back + places] == written[:, places + back].unsqueeze(1)
        row, place = same.nonzero(as_tuple=True)
        allowed[row, written[row, place + before]] = -math.inf
