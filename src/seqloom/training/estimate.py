"""How long and how much memory a training will take, measured on one of its batches before the first step."""

import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from seqloom.decoding.scheduled import mix
from seqloom.model import SequenceModel
from seqloom.ops.recompute import recomputing, weighing
from seqloom.spec import FitSpec
from seqloom.tasks.task import Data

LOOKED_AT = 8
"""Batches of which the largest is tried."""
MOMENTS = {"adamw": 2, "adam": 2, "rmsprop": 2, "sgd": 1}


def estimate(
    model: SequenceModel, data: Data, keys: Sequence[Any], fit: FitSpec, device: torch.device
) -> tuple[float, int]:
    """Return (seconds an update, bytes at the peak). Weights, gradients and random numbers are left as they were.

    Bytes are those of weights, gradients, optimizer, averages and of what the largest batch keeps for its backward; of
    parts that are computed again there, what they are computed from, and the largest of them.
    """
    tried = [data.load(keys[place]) for place in range(0, len(keys), max(1, len(keys) // LOOKED_AT))][:LOOKED_AT]
    batch = max(tried, key=lambda one: one.tokens).to(device)
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    held = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    inside = 0
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            if fit.checkpointing:  # parts keep nothing that could be noted but what they hold one at a time
                inside, given = _weighed(model, batch, fit, device, held)
                kept |= given
            else:
                _pass(model, batch, fit, device)
        started = time.perf_counter()
        _pass(model, batch, fit, device)
        seconds = (time.perf_counter() - started) * fit.accumulate
    model.zero_grad(set_to_none=True)
    size = sum(parameter.nbytes for parameter in model.parameters())
    activations = sum(bytes for place, bytes in kept.items() if place not in held)
    copies = 2 + MOMENTS[fit.optimizer] + (1 if fit.ema else 0)
    return seconds, size * copies + activations + inside


def _weighed(
    model: SequenceModel, batch: Any, fit: FitSpec, device: torch.device, held: set[int]
) -> tuple[int, dict[int, int]]:
    """Return the bytes inside the largest part, and by storage those that parts are computed again from."""
    with weighing(held) as weights:
        _forward(model, batch, fit, device)
    return weights.largest, {place: one.untyped_storage().nbytes() for place, one in weights.given.items()}


def _pass(model: SequenceModel, batch: Any, fit: FitSpec, device: torch.device) -> None:
    _forward(model, batch, fit, device).backward()
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _forward(model: SequenceModel, batch: Any, fit: FitSpec, device: torch.device) -> Any:
    with torch.autocast(device.type, torch.bfloat16, enabled=fit.precision == "bf16"):
        if fit.sampling:
            batch = mix(model, batch, fit.sampling)
        with recomputing(fit.checkpointing):
            losses, _ = model.learn(batch)
    return sum(value / count.clamp(min=1e-12) for value, count in losses.values())
