"""Sums and searches over all rows of labels, where a row's score is a sum over steps and over neighbours.

steps [batch, time, labels] scores of labels at steps, mask [batch, time] a prefix, moves [from, to] scores of
neighbours, first and last [labels] scores of the ends. A row without a step has the score 0 and one row of labels, the
empty one. Lafferty et al. 2001; Rabiner 1989 for the two recursions.
"""

import torch
from torch import Tensor

FAR = 60.0
"""e^-60 is well above the least number of single precision."""


def log_partition(steps: Tensor, mask: Tensor, moves: Tensor, first: Tensor, last: Tensor) -> Tensor:
    """Return ln of the sum of exp(score) over all rows of labels: [batch] (the forward algorithm).

    A step is a matrix product of exponentials, each less its largest; where moves differ by more than `FAR`, which
    could lose all that leads to a label, it is a sum of logarithms.
    """
    if not steps.shape[1]:
        return steps.new_zeros(len(steps))
    moves, first, last = moves.to(steps.dtype), first.to(steps.dtype), last.to(steps.dtype)
    lowest, highest = moves.detach().aminmax()
    between = (moves - highest).exp() if float(highest - lowest) < FAR else None
    sums = first + steps[:, 0]  # [batch, labels]
    for time in range(1, steps.shape[1]):
        if between is None:
            reached = torch.logsumexp(sums.unsqueeze(2) + moves, 1)
        else:
            top = sums.detach().amax(1, keepdim=True)
            reached = ((sums - top).exp() @ between).log() + top + highest
        sums = torch.where(mask[:, time].unsqueeze(1), reached + steps[:, time], sums)
    return torch.where(mask[:, 0], torch.logsumexp(sums + last, 1), sums.new_zeros(()))


def score(steps: Tensor, labels: Tensor, mask: Tensor, moves: Tensor, first: Tensor, last: Tensor) -> Tensor:
    """Return the score of one row of labels [batch, time] for each row: [batch]."""
    if not steps.shape[1]:
        return steps.new_zeros(len(steps))
    labels = labels.masked_fill(~mask, 0)
    at_steps = steps.gather(2, labels.unsqueeze(2)).squeeze(2) * mask
    between = moves.to(steps.dtype)[labels[:, :-1], labels[:, 1:]] * mask[:, 1:]
    end = labels.gather(1, (mask.sum(1, keepdim=True) - 1).clamp(min=0)).squeeze(1)
    ends = first.to(steps.dtype)[labels[:, 0]] + last.to(steps.dtype)[end]
    return at_steps.sum(1) + between.sum(1) + ends * mask[:, 0]


def best(
    steps: Tensor, mask: Tensor, moves: Tensor, first: Tensor, last: Tensor, k: int = 1
) -> list[list[tuple[float, list[int]]]]:
    """Return the k best rows of labels of each row with their scores, best first (list Viterbi; Seshadri & Sundberg
    1994). What has the score -inf is never returned; a row without a step has the empty row alone.
    """
    batch, length, count = steps.shape
    if not length:
        return [[(0.0, [])] for _ in range(batch)]
    # [batch, k, labels]: the k best ways to be at a label; at the first step there is one
    reach = steps.new_full((batch, k, count), float("-inf"))
    reach[:, 0] = first + steps[:, 0]
    back = []
    for time in range(1, length):
        ways = (reach.unsqueeze(3) + moves).flatten(1, 2)  # [batch, k * from, to]
        top, place = ways.topk(k, 1) if k > 1 else ways.max(1, keepdim=True)
        here = mask[:, time].view(-1, 1, 1)
        stay = torch.arange(k * count, device=steps.device).view(1, k, count).expand(batch, -1, -1)
        reach = torch.where(here, top + steps[:, time].unsqueeze(1), reach)
        back.append(torch.where(here, place, stay))
    value, end = (reach + last).flatten(1).topk(min(k, k * count), 1)  # [batch, k] of k * label
    course = [end]
    for place in reversed(back):
        course.append(place.flatten(1).gather(1, course[-1]))
    ids = torch.stack(course[::-1], 2) % count  # [batch, k, time]
    lengths = mask.sum(1).tolist()
    return [
        [(float(one), row[:size]) for one, row in zip(scores, rows, strict=True) if one > float("-inf")]
        if size
        else [(0.0, [])]
        for scores, rows, size in zip(value.tolist(), ids.tolist(), lengths, strict=True)
    ]
