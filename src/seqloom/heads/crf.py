"""One label for every step, all told together: a linear-chain conditional random field.

Lafferty et al. 2001; over a network as in Huang et al. 2015 (arXiv:1508.01991) and Lample et al. 2016
(arXiv:1603.01360): the score of a row of labels is the sum of a score for each label at its step and one for each pair
of neighbours, the ends among them. The loss is ln of the sum over all rows (the forward algorithm) less the true one's.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from seqloom.batch import Field
from seqloom.data.moves import Scheme, moves
from seqloom.heads import chain
from seqloom.heads.nats import wide
from seqloom.heads.tags import TagsHead
from seqloom.table import Share

Constraint = Literal["none", "auto", "iob1", "iob2", "bioes"]


class CRFHead(TagsHead):
    """Scores of labels at every step, and of moves between them.

    constrain  which moves an answer may take: those that are valid in a scheme of spans, found from the labels with
               "auto" (labels without B- and I- may follow one another freely). Training learns from the true rows
               whatever they are
    """

    def __init__(
        self,
        size: int,
        labels: Sequence[str],
        counts: Sequence[int],
        *,
        dropout: Share = 0.0,
        constrain: Constraint = "auto",
    ) -> None:
        super().__init__(size, labels, counts, dropout=dropout)
        count = len(self.labels)
        self.moves = nn.Parameter(torch.randn(count, count) * 0.01)
        """[from, to]"""
        self.first = nn.Parameter(torch.randn(count) * 0.01)
        self.last = nn.Parameter(torch.randn(count) * 0.01)
        scheme: Scheme | None = None if constrain in ("none", "auto") else constrain  # type: ignore[assignment]
        may = moves(self.labels, scheme) if constrain != "none" else None
        ways = (torch.ones(count + 1, count + 1, dtype=torch.bool) if may is None else torch.from_numpy(may)).clone()
        self.ways: Tensor
        self.register_buffer("ways", ways, persistent=False)

    def loss(self, outputs: Tensor, target: Field) -> tuple[Tensor, Tensor]:
        """Return the summed nats of whole rows of labels, and how many rows there are with a step at least."""
        assert target.mask is not None
        steps = wide(outputs)
        over = chain.log_partition(steps, target.mask, self.moves, self.first, self.last)
        true = chain.score(steps, target.values, target.mask, self.moves, self.first, self.last)
        return (over - true).sum(), self.count(target)

    def count(self, target: Field) -> Tensor:
        """Return how many rows have a step."""
        assert target.mask is not None
        return target.mask.any(1).sum().float()

    def tag(self, outputs: Tensor, mask: Tensor) -> list[list[int]]:
        """Return the likeliest row of labels (Viterbi 1967), by the moves that are allowed."""
        return [row[0][1] if row else [] for row in self.best(outputs, mask, 1)]

    def best(self, outputs: Tensor, mask: Tensor, k: int) -> list[list[tuple[float, list[int]]]]:
        """Return for each row its k likeliest rows of labels, best first, with ln of their probability among all rows.

        A row of few steps has fewer than k.
        """
        steps = wide(outputs)
        with torch.no_grad():
            moves, first, last = self._allowed(steps)
            over = chain.log_partition(steps, mask, self.moves, self.first, self.last)
            found = chain.best(steps, mask, moves, first, last, k)
        return [
            [(score - float(whole), ids) for score, ids in row] for row, whole in zip(found, over.tolist(), strict=True)
        ]

    def probabilities(self, outputs: Tensor, mask: Tensor) -> Tensor:
        """Return the probability of each label at each step, whatever the others are: [batch, time, labels].

        It is the derivative of ln of the partition function by the step's score.
        """
        with torch.enable_grad():
            steps = wide(outputs).detach().requires_grad_()
            weights = self.moves.detach(), self.first.detach(), self.last.detach()
            over = chain.log_partition(steps, mask, *weights).sum()
            (found,) = torch.autograd.grad(over, steps)
        return found

    def _allowed(self, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the scores of moves with those that are not allowed at -inf."""
        count = len(self.labels)
        ways, never = self.ways, float("-inf")
        moves = self.moves.to(like.dtype).masked_fill(~ways[:count, :count], never)
        first = self.first.to(like.dtype).masked_fill(~ways[count, :count], never)
        last = self.last.to(like.dtype).masked_fill(~ways[:count, count], never)
        return moves, first, last
