r"""Tokens with copy: the pointer-generator (See et al. 2017, arXiv:1704.04368, equations 8 and 9).

    g    = sigmoid(w_h . h + w_c . c + b)                              share of what is generated
    p(w) = g softmax(logits)_w + (1 - g) sum over places s with token w of a_s

A row's vocabulary is the target's and, after it, the words that only this row's source holds (`data/copying.py`).
Departures: the paper copies by the decoder's attention a; here a is the head's own, softmax(W_q h . W_k m / sqrt(n))
over places s, and c = sum of a_s m_s, so that any decoder can have it, however it reads the memory; the gate does not
hear the input; the logits are those of the tokens head. All in logarithms, so that a word of any probability has a
gradient.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, pad

from seqloom.batch import Field
from seqloom.errors import InputError
from seqloom.heads.head import Head
from seqloom.heads.tokens import TokensHead
from seqloom.memory import Memory
from seqloom.state import State
from seqloom.table import Count, Share
from seqloom.tape import asked, probe

SPECIALS = 5
"""Ids below this one (padding, line ends, unknown) are never copied."""


class CopyHead(Head):
    """Log-probabilities over a vocabulary and the row's own words.

    smoothing  label smoothing over the fixed vocabulary, in training only
    copy_size  width of the score that says where to copy from
    """

    def __init__(
        self,
        size: int,
        vocabulary: int,
        tied: nn.Parameter | None,
        memory_size: int,
        *,
        dropout: Share = 0.0,
        smoothing: Share = 0.0,
        copy_size: Count = 128,
    ) -> None:
        super().__init__()
        self.vocabulary, self.smoothing = vocabulary, smoothing
        self.generate = TokensHead(size, vocabulary, tied, dropout=dropout)
        self.query = nn.Linear(size, copy_size)
        self.key = nn.Linear(memory_size, copy_size, bias=False)  # softmax cannot see a bias
        self.gate = nn.Linear(size + memory_size, 1)
        for part in (self.query, self.key, self.gate):
            nn.init.xavier_uniform_(part.weight)
            if part.bias is not None:
                nn.init.zeros_(part.bias)

    def prepare(self, memory: Memory) -> State:
        """Project the keys [batch, source, copy_size] and find, for each place, the first place of the same word.

        `first` [batch, source] is -1 where nothing may be copied: padding and special tokens.
        """
        if memory.tokens is None:
            raise InputError("a copy head copies tokens of a source, and this model's source has none: take tokens.")
        tokens = memory.tokens
        if tokens.shape != memory.mask.shape:
            raise ValueError(f"source tokens {tuple(tokens.shape)} for a memory of {tuple(memory.mask.shape)}")
        may = memory.mask & (tokens >= SPECIALS)
        same = (tokens.unsqueeze(2) == tokens.unsqueeze(1)) & may.unsqueeze(1)  # [batch, source, source]
        place = torch.arange(tokens.shape[1], device=tokens.device).expand_as(same)
        first = place.masked_fill(~same, tokens.shape[1]).amin(2) if tokens.shape[1] else tokens
        return {"keys": self.key(memory.outputs), "first": first.masked_fill(~may, -1)}

    def forward(
        self, hidden: Tensor, memory: Memory | None, keys: State | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Turn hidden [batch, time, size] into log-probabilities [batch, time, vocabulary + extra].

        `extra` is the largest number of own words of a row; a word that a row does not have has -inf there.
        """
        if memory is None:
            raise InputError("a copy head reads an encoder's memory: give the model an encoder, or take head: tokens.")
        keys = keys or self.prepare(memory)
        first: Tensor = keys["first"]
        weights = self._weights(hidden, keys["keys"], first, mask)
        generated, copied = self._shares(hidden, weights, memory, first, mask)
        logits = _exact(self.generate(hidden, None))
        with torch.autocast(hidden.device.type, enabled=False):
            return self._mix(logits.log_softmax(-1) + generated, weights + copied, cast(Tensor, memory.tokens), first)

    def _weights(self, hidden: Tensor, key: Tensor, first: Tensor, mask: Tensor | None) -> Tensor:
        """Return ln a [batch, target, source], over places that may be copied."""
        query, key = _exact(self.query(hidden)), _exact(key)
        with torch.autocast(hidden.device.type, enabled=False):
            scores = query @ key.mT * key.shape[-1] ** -0.5
        barred = (first < 0).unsqueeze(1)
        logs = scores.masked_fill(barred, torch.finfo(scores.dtype).min).log_softmax(-1)
        if not asked(self, "weights"):
            return logs
        plain = logs.exp().masked_fill(barred, 0).unsqueeze(1)  # [batch, 1, target, source]
        return _log(probe("weights", plain, time=2, mask=mask).squeeze(1))

    def _shares(
        self, hidden: Tensor, weights: Tensor, memory: Memory, first: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Return ln g and ln(1 - g), [batch, target, 1]; a row with nothing to copy only generates."""
        with torch.autocast(hidden.device.type, enabled=False):
            context = weights.exp() @ memory.outputs.to(weights.dtype)
        x = _exact(self.gate(torch.cat([hidden, context.to(hidden.dtype)], -1)))
        blind = (first < 0).all(-1)[:, None, None]
        if not asked(self, "gate"):
            return logsigmoid(x).masked_fill(blind, 0), logsigmoid(-x)
        gate = probe("gate", x.sigmoid().masked_fill(blind, 1), time=1, mask=mask)
        return _log(gate), _log(1 - gate)

    def _mix(self, generated: Tensor, copied: Tensor, tokens: Tensor, first: Tensor) -> Tensor:
        """Add what is copied, by place [batch, target, source], to what is generated [batch, target, vocabulary]."""
        may, source = first >= 0, first.shape[1]
        largest = int(tokens.masked_fill(~may, 0).max()) if tokens.numel() else 0
        spare = max(self.vocabulary, largest + 1)  # a column for places that are not the first of their word
        wide = pad(generated, (0, spare + 1 - self.vocabulary), value=-torch.inf)
        leads = first == torch.arange(source, device=first.device)
        column = tokens.where(leads, spare).unsqueeze(1).expand_as(copied)
        mixed = torch.logaddexp(wide.gather(2, column), _gather(copied, first))
        return wide.scatter(2, column, mixed)[..., :spare]

    def loss(self, outputs: Tensor, target: Field) -> tuple[Tensor, Tensor]:
        """Return the summed nats of target.values [batch, time] where target.mask is True, and their number.

        Ids from the vocabulary's size on are the row's own words. The smoothed part is shared by the fixed vocabulary.
        """
        wanted = target.values if target.mask is None else target.values.masked_fill(~target.mask, 0)
        own = wanted >= self.vocabulary
        if bool((wanted >= outputs.shape[-1]).any()):
            raise ValueError(
                f"target id {int(wanted.max())} for {outputs.shape[-1]} words: no row has so many of its own"
            )
        nats = -_exact(outputs).gather(-1, wanted.unsqueeze(-1)).squeeze(-1)
        if bool((own & nats.isposinf()).any()):
            raise ValueError("a target's own word is not in its source")
        if self.training and self.smoothing:
            even = -_exact(outputs)[..., : self.vocabulary].mean(-1)
            nats = (1 - self.smoothing) * nats + self.smoothing * even
        if target.mask is not None:
            nats = nats.masked_fill(~target.mask, 0)
        return nats.sum(), self.count(target)

    def count(self, target: Field) -> Tensor:
        """Return how many tokens count."""
        return self.generate.count(target)


def _gather(logs: Tensor, first: Tensor) -> Tensor:
    """Return, at the first place of each word, the logarithm of the sum over its places: ln a [batch, target, source].

    The largest of each word is taken out before exp, so that a word of tiny weight keeps its gradient.
    """
    place = torch.arange(first.shape[1], device=first.device)
    group = first.where(first >= 0, place).unsqueeze(1).expand_as(logs)
    top = torch.full_like(logs, -torch.inf).scatter_reduce(2, group, logs.detach(), "amax")
    total = torch.zeros_like(logs).scatter_add(2, group, (logs - top.gather(2, group)).exp())
    empty = top.isneginf()  # no word begins here
    return total.masked_fill(empty, 1).log() + top.masked_fill(empty, 0)


def _exact(x: Tensor) -> Tensor:
    return x if x.dtype == torch.float64 else x.float()


def _log(x: Tensor) -> Tensor:
    """Take the logarithm of what was watched and perhaps changed, which may be zero."""
    return x.clamp(min=torch.finfo(x.dtype).tiny).log()
