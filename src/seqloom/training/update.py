"""One optimizer update from one or more batches, or the reason why none was taken."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils import get_total_norm

from seqloom.batch import Batch
from seqloom.decoding.scheduled import mix
from seqloom.errors import InputError
from seqloom.layers.stack import RecurrentStack
from seqloom.layers.transformer import TransformerStack
from seqloom.model import SequenceModel
from seqloom.ops.recompute import recomputing
from seqloom.spec import FitSpec
from seqloom.state import State, detach
from seqloom.tasks.task import Data
from seqloom.training.health import culprit
from seqloom.training.optimizers import Optimizer, clip, gradients, set_rate, told

SHOWN = 8
"""Rows named of a bad batch."""


@dataclass(frozen=True)
class Done:
    """An update: mean losses in nats, the gradient's norm before and after clipping, and tokens read."""

    loss: float
    losses: dict[str, float]
    norm: float
    clipped: float
    tokens: int


@dataclass(frozen=True)
class Bad:
    """No update: a loss or gradient that is not finite, of these rows, first given by this module."""

    reason: str
    rows: list[int]
    module: str


class Updater:
    """Runs batches forward and backward and lets the optimizer step.

    `state` is what a carrying model goes on from; the gradient stops where the batch began (truncated BPTT).
    """

    def __init__(self, model: SequenceModel, optimizer: Optimizer, data: Data, fit: FitSpec) -> None:
        self._model, self._optimizer, self._fit = model, optimizer, fit
        self._carries = data.carries
        self.state: State | None = None

    def update(self, group: list[Batch], rate: float, share: float = 0.0) -> Done | Bad:
        """Take one step over all of `group`: its loss is that of one batch with all their rows.

        `share` is how much of its own words a decoder hears (scheduled sampling; see `decoding/scheduled.py`).
        Counts come from the targets before the first backward, so each part is divided by the count of the whole.
        """
        model, before = self._model, self.state
        whole = whole_counts([model.counts(batch) for batch in group])
        sums: dict[str, Tensor] = {}
        noise = torch.get_rng_state()
        self._optimizer.zero_grad(set_to_none=True)
        for batch in group:
            with self._autocast(batch):
                batch = self._heard(batch, share, self.state)
                with recomputing(self._fit.checkpointing):
                    losses, state = model.learn(batch, self.state if self._carries else None)
            if not self._carries:
                state = None  # what a decoder would go on from need not be held while the gradient is computed
            parts = [model.weights[name] * total / whole[name] for name, (total, _) in losses.items()]
            torch.stack(parts).sum().backward()
            for name, (total, _) in losses.items():
                sums[name] = sums[name] + total.detach() if name in sums else total.detach()
            if self._carries and state is not None:
                self.state = detach(state)
        norm = get_total_norm(gradients(model), foreach=True)
        means = {name: total / whole[name] for name, total in sums.items()}
        *values, size = torch.stack([*(value.float() for value in means.values()), norm.float()]).tolist()
        if not all(map(math.isfinite, [*values, size])):
            self.state = before
            return self._bad(group, share, before, noise, all(map(math.isfinite, values)))
        clip(model, self._fit, norm, size)
        set_rate(self._optimizer, rate)
        self._optimizer.step()
        told(self._model)
        loss = sum(model.weights[name] * value for name, value in zip(means, values, strict=True))
        tokens = sum(batch.tokens for batch in group)
        return Done(loss, dict(zip(means, values, strict=True)), size, self._clipped(size), tokens)

    def _clipped(self, norm: float) -> float:
        if self._fit.clip is None:
            return norm
        if self._fit.clip_by == "norm":
            return min(norm, self._fit.clip)
        return float(get_total_norm(gradients(self._model), foreach=True))

    def _heard(self, batch: Batch, share: float, state: State | None) -> Batch:
        """Return the batch as a decoder hears it. A share of 0 costs as much as any, so that time can be planned."""
        return mix(self._model, batch, share, state if self._carries else None) if self._fit.sampling else batch

    def _bad(self, group: list[Batch], share: float, before: State | None, noise: Tensor, loss_is_finite: bool) -> Bad:
        self._optimizer.zero_grad(set_to_none=True)
        after = torch.get_rng_state()
        torch.set_rng_state(noise)
        rows, module, state = [row for batch in group for row in batch.rows], None, before
        for batch in group:
            with self._autocast(batch):
                heard = self._heard(batch, share, state)
                module, state = culprit(self._model, heard, state if self._carries else None)
            if module is not None:
                rows = list(batch.rows)
                break
        torch.set_rng_state(after)
        reason = "a gradient that is not finite" if loss_is_finite else "a loss that is not finite"
        return Bad(reason, rows, module or "the gradient (every output was finite)")

    def _autocast(self, batch: Batch) -> torch.autocast:
        device = next(iter(batch.inputs.values())).values.device.type
        return torch.autocast(device, torch.bfloat16, enabled=self._fit.precision == "bf16")


def check_checkpointing(model: SequenceModel, fit: FitSpec) -> None:
    """Raise InputError for a model of which no part can be computed again."""
    if fit.checkpointing and not any(isinstance(one, RecurrentStack | TransformerStack) for one in model.modules()):
        raise InputError(
            "fit.checkpointing=true is for recurrent and Transformer parts, and this model has none: leave it out."
        )


def whole_counts(counts: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Add up each head's counts; 1 where nothing counts, so that its loss of 0 is a mean of 0 and no NaN."""
    sums = {name: torch.stack([count[name] for count in counts]).sum() for name in counts[0]}
    return {name: count + (count == 0) for name, count in sums.items()}


def shown(rows: list[int]) -> str:
    """Write the first few row numbers."""
    return ", ".join(map(str, rows[:SHOWN])) + (", ..." if len(rows) > SHOWN else "")
