"""Beam: the best continuations of all hypotheses of a sentence, for all sentences at once.

Slots are those of Bahdanau et al. 2015 and Sutskever et al. 2014: a finished hypothesis keeps its slot, so that as
many fewer are followed, and a search ends of itself when every slot holds a finished one.
"""

import math

import torch
from torch import Tensor

from seqloom.decoding.search import Choice


class Beam:
    """Picks, for each sentence, as many continuations as it has free slots, the most probable first.

    All of them are of one length, so that no penalty of length changes their order. Among equals the lowest token
    comes first, then the hypothesis that ranked higher.
    """

    def __init__(self, slots: int, sentences: int, device: torch.device) -> None:
        self._slots = slots
        self._free = torch.full((sentences,), slots, device=device)

    def pick(self, allowed: Tensor, norm: Tensor, total: Tensor, owner: Tensor) -> Choice:
        """Choose among logits [rows, vocabulary], whose ln p is that less `norm` [rows], on top of `total` [rows]."""
        if self._slots == 1:
            values, tokens = allowed.max(1)  # the first of equals
            stuck = values == -math.inf
            return Choice((~stuck).nonzero().squeeze(1), tokens[~stuck], stuck)
        values, tokens = best(allowed, self._slots)  # [rows, k]: no more of one hypothesis can find a slot
        sums = total.unsqueeze(1) + (values - norm.unsqueeze(1)).clamp(max=0).double()
        names, sentence, rows = owner.unique_consecutive(return_inverse=True, return_counts=True)
        first = rows.cumsum(0) - rows
        place = torch.arange(len(owner), device=owner.device) - first[sentence]
        wide, k = int(rows.max()), values.shape[1]
        # [sentences, wide * k]: what could follow, side by side for each sentence
        score = sums.new_full((len(names), wide, k), -math.inf).index_put((sentence, place), sums).flatten(1)
        token = tokens.new_zeros(len(names), wide, k).index_put((sentence, place), tokens).flatten(1)
        by_token = (token * wide + torch.arange(wide * k, device=owner.device) // k).argsort(1)
        ranked = score.gather(1, by_token).sort(dim=1, descending=True, stable=True)
        order = by_token.gather(1, ranked.indices)[:, : self._slots]
        rank = torch.arange(order.shape[1], device=owner.device)
        taken = (rank < self._free[names].unsqueeze(1)) & (ranked.values[:, : self._slots] > -math.inf)
        parent = (first.unsqueeze(1) + order // k)[taken]
        return Choice(parent, token.gather(1, order)[taken], values[:, 0] == -math.inf)

    def follow(self, index: Tensor, finished: Tensor) -> None:
        """Give up the slots of the sentences `finished`, one for each time a sentence is named."""
        if len(finished):
            self._free = self._free - finished.bincount(minlength=len(self._free))


def best(values: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k best of each row and their places, best first, the lowest place first among equals.

    `topk` promises no order among equals; only rows where that matters at the border are sorted in full.
    """
    k = min(k, values.shape[1])
    top, place = values.topk(min(k + 1, values.shape[1]), 1)
    if top.shape[1] > k:
        border = (top[:, k - 1] == top[:, k]) & (top[:, k] > -math.inf)
        top, place = top[:, :k], place[:, :k]
        if border.any():
            full = values[border].sort(dim=1, descending=True, stable=True)
            top, place = top.clone(), place.clone()
            top[border], place[border] = full.values[:, :k], full.indices[:, :k]
    place, order = place.sort(1)
    top, again = top.gather(1, order).sort(dim=1, descending=True, stable=True)
    return top, place.gather(1, again)
