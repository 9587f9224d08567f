"""A made language of known entropy: a Markov chain in which two symbols, alike in probability, may follow each."""

import math

import torch
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.data.vocabulary import BOS, EOS, PAD
from seqloom.studies.puzzles import FIRST


def successors(g: torch.Generator, symbols: int) -> Tensor:
    """Draw which two symbols may follow each: ids [symbols, 2], never the symbol itself."""
    steps = torch.stack([torch.randperm(symbols - 1, generator=g)[:2] + 1 for _ in range(symbols)])
    return (torch.arange(symbols)[:, None] + steps) % symbols + FIRST


def windows(g: torch.Generator, follow: Tensor, rows: int, length: int) -> Batch:
    """Draw pieces of `length` symbols out of an endless text, for teacher forcing: input "target", head "words"."""
    text = _chain(g, follow, rows, length)
    heard = torch.cat([torch.full((rows, 1), BOS), text[:, :-1]], 1)
    whole = torch.ones(text.shape, dtype=torch.bool)
    return Batch({"target": Field(heard, whole)}, {"words": Field(text, whole)}, tokens=text.numel())


def texts(g: torch.Generator, follow: Tensor, rows: int, length: int) -> Batch:
    """Draw whole texts with their end, of `length` / 2 to `length` symbols, each length alike in probability."""
    shortest = shortest_of(length)
    lengths = torch.randint(shortest, length + 1, (rows, 1), generator=g)
    text = _chain(g, follow, rows, length)
    place = torch.arange(length + 1)
    padded = torch.cat([text, torch.full((rows, 1), PAD)], 1)
    wanted = padded.masked_fill(place == lengths, EOS).masked_fill(place > lengths, PAD)
    mask = place <= lengths
    heard = torch.cat([torch.full((rows, 1), BOS), text], 1).masked_fill(~mask, PAD)
    return Batch({"target": Field(heard, mask)}, {"words": Field(wanted, mask)}, tokens=int(mask.sum()))


def shortest_of(length: int) -> int:
    """Return how many symbols the shortest of `texts` has."""
    return max(length // 2, 2)


def least(batch: Batch, symbols: int, length: int) -> float:
    """Return the mean loss of a perfect prediction of `windows` or `texts`, in nats a token."""
    wanted = batch.target["words"]
    assert wanted.mask is not None
    written = wanted.values[wanted.mask]
    rows, ends = len(wanted.values), int((written == EOS).sum())
    followed = len(written) - ends - rows
    lengths = math.log(length - shortest_of(length) + 1)
    return (rows * math.log(symbols) + followed * math.log(2) + ends * lengths) / len(written)


def allowed(text: Tensor, follow: Tensor, shortest: int, ends: bool) -> Tensor:
    """Say of each row of ids [rows, time] whether the language allows it: bool [rows].

    Each symbol must be one that may follow the one before. Where texts end, there is an end after `shortest` symbols
    or later, and what comes after it does not count; where they do not, there is none.
    """
    ended = (text == EOS).cumsum(1) > 0
    lengths = (~ended).sum(1)
    symbol = (text >= FIRST) | ended
    before, after = text[:, :-1], text[:, 1:]
    follows = (follow[(before - FIRST).clamp(min=0)] == after.unsqueeze(-1)).any(-1) | ended[:, 1:]
    right = symbol.all(1) & follows.all(1)
    return right & (ended[:, -1] & (lengths >= shortest) if ends else ~ended[:, -1])


def _chain(g: torch.Generator, follow: Tensor, rows: int, length: int) -> Tensor:
    """Draw ids [rows, length]."""
    ids = [torch.randint(FIRST, FIRST + len(follow), (rows,), generator=g)]
    for _ in range(length - 1):
        ids.append(follow[ids[-1] - FIRST, torch.randint(0, 2, (rows,), generator=g)])
    return torch.stack(ids, 1)
