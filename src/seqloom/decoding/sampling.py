"""Sampling: pure functions over logits [batch, vocabulary], -inf where a token cannot be chosen.

The order is forbidden tokens, temperature, top-k, top-p: the nucleus is that of the distribution as it is sampled.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from seqloom.errors import InputError, NumberError


def choose(
    logits: Tensor,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    forbidden: Sequence[int] = (),
) -> Tensor:
    """Choose a token for each row: logits [batch, vocabulary] -> ids [batch].

    Temperature 0 is greedy, the lowest id first among equals. `generator` is one of the CPU, whatever the device of
    the logits; it gives one number a row, in order, so that a seed chooses the same tokens on every device.
    Raises InputError for a setting out of range, NumberError for scores that are NaN or all -inf.
    """
    scores = forbid(logits.detach().to("cpu", torch.float64), forbidden)
    if not (scores.max(-1).values.isfinite() & ~scores.isnan().any(-1)).all():
        raise NumberError("no token can be chosen: the scores of the next token are NaN, infinite or all forbidden.")
    if temperature == 0:
        return greedy(scores).to(logits.device)
    scores = tempered(scores, temperature)
    if top_k is not None:
        scores = keep_k(scores, top_k)
    if top_p is not None:
        scores = keep_p(scores, top_p)
    mass = scores.softmax(-1).cumsum(-1)  # [batch, vocabulary], the distribution function
    drawn = torch.rand(len(mass), 1, dtype=torch.float64, generator=generator) * mass[:, -1:]
    return torch.searchsorted(mass, drawn, right=True).squeeze(1).to(logits.device)


def greedy(logits: Tensor) -> Tensor:
    """Return the best token of each row, the lowest id among equals (argmax promises no order)."""
    best = logits == logits.max(-1, keepdim=True).values
    ids = torch.arange(logits.shape[-1], device=logits.device)
    return torch.where(best, ids, logits.shape[-1]).min(-1).values


def tempered(logits: Tensor, temperature: float) -> Tensor:
    """Divide by a temperature: below 1 sharper, above 1 flatter. Raises InputError unless it is above 0 and finite."""
    if not (temperature > 0 and math.isfinite(temperature)):
        raise InputError(f"temperature={temperature} cannot be used: it must be 0 (greedy) or a finite number above.")
    return (logits - logits.max(-1, keepdim=True).values) / temperature


def keep_k(logits: Tensor, k: int) -> Tensor:
    """Keep the k best tokens of each row, the lowest ids first among equals. Raises InputError for k below 1."""
    if k < 1:
        raise InputError(f"top_k={k} cannot be used: it must be 1 or more.")
    order = logits.sort(dim=-1, descending=True, stable=True).indices
    return logits.scatter(-1, order[..., k:], -math.inf)


def keep_p(logits: Tensor, p: float) -> Tensor:
    """Keep the nucleus: the smallest set of best tokens whose mass is at least p (Holtzman 2019, arXiv:1904.09751).

    There is always one token, however small p; p = 1 keeps all. Raises InputError unless 0 < p <= 1.
    """
    if not 0 < p <= 1:
        raise InputError(f"top_p={p} cannot be used: it must be above 0 and at most 1.")
    if p == 1:
        return logits
    sorted_, order = logits.sort(dim=-1, descending=True, stable=True)
    before = sorted_.softmax(-1).cumsum(-1).roll(1, -1)  # what the better tokens hold already
    before[..., 0] = 0
    out = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, order, before >= p)
    return logits.masked_fill(out, -math.inf)


def forbid(logits: Tensor, ids: Sequence[int]) -> Tensor:
    """Make tokens impossible; the logits given are left as they are."""
    if not ids:
        return logits
    return logits.index_fill(-1, torch.tensor(list(ids), device=logits.device), -math.inf)
