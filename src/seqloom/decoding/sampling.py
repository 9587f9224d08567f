"""Sampling: pure functions over logits [batch, vocabulary], -inf where a token cannot be chosen.

The order is forbidden tokens, temperature, top-k, top-p, min-p: the nucleus is that of the distribution as it is
sampled.
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
    *,
    min_p: float | None = None,
) -> Tensor:
    """Choose a token for each row: logits [batch, vocabulary] -> ids [batch].

    Temperature 0 is greedy, the lowest id first among equals. `generator` is one of the CPU, whatever the device of
    the logits; it gives one number a row, in order, so that a seed chooses the same tokens on every device.
    Raises InputError for a setting out of range, NumberError for scores that are NaN or all -inf.
    """
    scores = forbid(logits.detach().to("cpu", torch.float64), forbidden)
    if not (scores.max(-1).values.isfinite() & ~scores.isnan().any(-1)).all():
        raise no_token()
    if temperature == 0:
        return greedy(scores).to(logits.device)
    scores = shaped(scores, temperature, top_k, top_p, min_p)
    drawn = torch.rand(len(scores), dtype=torch.float64, generator=generator)
    return draw(scores, drawn).to(logits.device)


def no_token() -> NumberError:
    """Return the error of scores that are none."""
    return NumberError("no token can be chosen: the scores of the next token are NaN, infinite or all forbidden.")


def shaped(
    logits: Tensor, temperature: float, top_k: int | None = None, top_p: float | None = None, min_p: float | None = None
) -> Tensor:
    """Return the logits of the distribution that is drawn from; temperature 0 leaves the greedy token alone.

    Raises InputError for a setting out of range.
    """
    if temperature == 0:
        return torch.full_like(logits, -math.inf).scatter(-1, greedy(logits).unsqueeze(-1), 0.0)
    logits = tempered(logits, temperature)
    if top_k is not None:
        logits = keep_k(logits, top_k)
    if top_p is not None:
        logits = keep_p(logits, top_p)
    return logits if min_p is None else keep_min_p(logits, min_p)


def draw(logits: Tensor, drawn: Tensor) -> Tensor:
    """Turn numbers `drawn` [batch], even in [0, 1), into ids [batch] of the distribution of logits."""
    mass = logits.softmax(-1).cumsum(-1)  # [batch, vocabulary], the distribution function
    whole = mass[:, -1:]
    place = (drawn.to(mass.dtype).unsqueeze(1) * whole).minimum(whole.nextafter(torch.zeros_like(whole)))  # below all
    return torch.searchsorted(mass, place, right=True).squeeze(1)


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


def keep_min_p(logits: Tensor, p: float) -> Tensor:
    """Keep tokens of at least p times the probability of the best (Nguyen et al. 2024, arXiv:2407.01082).

    There is always one token. Raises InputError unless 0 < p <= 1.
    """
    if not 0 < p <= 1:
        raise InputError(f"min_p={p} cannot be used: it must be above 0 and at most 1.")
    return logits.masked_fill(logits < logits.max(-1, keepdim=True).values + math.log(p), -math.inf)


def forbid(logits: Tensor, ids: Sequence[int]) -> Tensor:
    """Make tokens impossible; the logits given are left as they are."""
    if not ids:
        return logits
    return logits.index_fill(-1, torch.tensor(list(ids), device=logits.device), -math.inf)
