"""Averages of weights: a moving one during training, and the mean of checkpoints after it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

Weights = dict[str, Tensor]


def weights_of(model: nn.Module) -> Weights:
    """Return the weights by name, tied ones once; the tensors themselves, not copies."""
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


def put(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy weights into a model."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights[name])


class MovingAverage:
    """Exponential moving average: a = decay * a + (1 - decay) * w after every step (Polyak & Juditsky 1992).

    The decay starts low, min(decay, (1 + n) / (10 + n)) at step n, so that the start is soon forgotten.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.steps = 0
        self.weights: Weights = {name: weight.float().clone() for name, weight in weights_of(model).items()}

    def update(self, model: nn.Module) -> None:
        """Take in the weights after a step."""
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        self.steps += 1
        now = weights_of(model)
        torch._foreach_lerp_(list(self.weights.values()), [now[name].float() for name in self.weights], 1 - decay)

    @contextmanager
    def inside(self, model: nn.Module) -> Iterator[None]:
        """Lend the average to the model; its own weights come back to the last bit."""
        own = {name: weight.clone() for name, weight in weights_of(model).items()}
        put(model, self.weights)
        try:
            yield
        finally:
            put(model, own)


def mean(parts: Sequence[Mapping[str, Tensor]]) -> Weights:
    """Return the mean of several checkpoints' weights, summed in double precision."""
    return {
        name: (sum(part[name].double() for part in parts) / len(parts)).to(first.dtype)  # type: ignore[union-attr]
        for name, first in parts[0].items()
    }
