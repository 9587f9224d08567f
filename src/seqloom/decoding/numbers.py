"""Numbers told of the steps to come, by a model of any form: points, or paths that are drawn.

    direct     the head's outputs as they are
    aligned    those of each row's last step
    sequence   step after step: the decoder hears the value it told (the point, or what was drawn) beside what is known
               of the step to be told, as Salinas et al. 2017 (DeepAR, arXiv:1704.04110, figure 2) draw their paths

`batch.inputs["target"]` of a sequence model is [batch, horizon, channels + known], as in training: of the channels only
the first step is heard, the value before the horizon; what stands there later may be NaN.
"""

import hashlib
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.errors import InputError, NumberError
from seqloom.heads.numbers import NumberHead, inside
from seqloom.memory import Memory
from seqloom.model import SequenceModel
from seqloom.state import State

Choose = Callable[[Tensor, int], Tensor]
"""What is heard next: outputs [rows, channels, parameters] of a step, and its number -> values [rows, channels]."""


def forecast(model: SequenceModel, batch: Batch, head: str) -> Tensor:
    """Return the parameters of each step's distribution, [batch, horizon, channels, parameters].

    A decoder hears its own points. Its distributions are then those that follow if all points before are met, and grow
    too little with the horizon: take intervals from `sample_paths`. Raises NumberError for points that are not finite.
    """
    _evaluating(model)
    told = _head(model, head)
    with torch.no_grad():
        if model.decoder is None:
            return _at_once(model, batch, head, told)
        memory = None if model.encoder is None else model.read(batch)
        return run(model, _heard(batch), memory, head, lambda outputs, _: told.point(outputs))


def sample_paths(
    model: SequenceModel,
    batch: Batch,
    head: str,
    count: int,
    seed: int = 0,
    numbers: Sequence[int] | None = None,
) -> Tensor:
    """Draw `count` paths of each row: [batch, count, horizon, channels].

    Where steps are told at once, each is drawn by itself: a path is then no likely course, but its steps are right one
    by one. What is drawn follows from the seed and from the number of the row alone (`numbers`, by default its place
    in the batch), so that it does not matter which rows come together, nor on which device.
    Raises InputError for a head that tells points alone, NumberError for values that are not finite.
    """
    _evaluating(model)
    if count < 1:
        raise InputError(f"paths={count} cannot be used: it must be 1 or more.")
    told = _head(model, head)
    with torch.no_grad():
        if model.decoder is None:
            outputs = _at_once(model, batch, head, told)
            drawn = _drawn(len(outputs), count, outputs.shape[1], told, seed, numbers).to(outputs.device)
            return told.at(outputs.unsqueeze(1).expand(-1, count, -1, -1, -1), drawn)
        heard = _heard(batch)
        rows, horizon = heard.shape[:2]
        drawn = _drawn(rows, count, horizon, told, seed, numbers).flatten(0, 1).to(heard.device)
        index = torch.arange(rows, device=heard.device).repeat_interleave(count)
        memory = None if model.encoder is None else model.read(batch).reorder(index)
        paths: list[Tensor] = []

        def choose(outputs: Tensor, step: int) -> Tensor:
            paths.append(told.at(outputs, drawn[:, step]))
            return paths[-1]

        run(model, heard.index_select(0, index), memory, head, choose)
        return torch.stack(paths, 1).unflatten(0, (rows, count))


def run(model: SequenceModel, heard: Tensor, memory: Memory | None, head: str, choose: Choose) -> Tensor:
    """Run a decoder on what it told itself: heard [rows, horizon, channels + known] -> outputs [rows, horizon, ...]."""
    told = _head(model, head)
    if model.decoder is None or model.target is None:
        raise InputError("this model has no decoder, so it tells all steps at once.")
    channels = told.shape.channels
    state: State | None = None
    values, outputs = heard[:, 0, :channels], []
    for step in range(heard.shape[1]):
        x = torch.cat([values, heard[:, step, channels:]], -1).unsqueeze(1)
        if model.scaling is not None and memory is not None and memory.scale is not None:
            x = model.scaling.apply_to(x, memory.scale)
        hidden, state = model.decoder(model.target(x), None, state, memory)
        here: Tensor = told(hidden, memory)[:, 0]
        values = choose(here, step).to(heard.dtype)
        if not bool(values.isfinite().all()):
            raise NumberError(
                f"the forecast of step {step + 1} is not finite: the model's weights or its input are off."
            )
        outputs.append(here)
    return torch.stack(outputs, 1)


def _at_once(model: SequenceModel, batch: Batch, head: str, told: NumberHead) -> Tensor:
    """Return outputs [batch, horizon, channels, parameters] of a model without a decoder."""
    outputs = model(batch)[0][head]
    if told.reads == "steps":
        mask = batch.inputs["source"].mask
        assert mask is not None
        if not bool(mask.any(1).all()):
            raise InputError("a row without a step has nothing to tell a forecast from.")
        last = mask.sum(1) - 1
        outputs = outputs[torch.arange(len(last), device=last.device), last]
    if not bool(told.point(outputs).isfinite().all()):
        raise NumberError("the forecast is not finite: the model's weights or its input are off.")
    return outputs


def _drawn(rows: int, count: int, horizon: int, told: NumberHead, seed: int, numbers: Sequence[int] | None) -> Tensor:
    """Return even numbers in (0, 1), [rows, count, horizon, channels], each row's from its own generator."""
    drawn = []
    for number in range(rows) if numbers is None else numbers:
        digest = hashlib.sha256(f"{seed} {number}".encode()).digest()
        generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "little"))
        shape = (count, horizon, told.shape.channels)
        drawn.append(torch.rand(shape, dtype=torch.float64, generator=generator))
    if len(drawn) != rows:
        raise ValueError(f"{len(drawn)} numbers for {rows} rows")
    return inside(torch.stack(drawn)) if drawn else torch.empty(0, count, horizon, told.shape.channels)


def _heard(batch: Batch) -> Tensor:
    if "target" not in batch.inputs:
        raise ValueError(
            "a decoder of numbers needs inputs['target']: the value before, and what is known of each step"
        )
    return batch.inputs["target"].values


def _head(model: SequenceModel, name: str) -> NumberHead:
    head = model.heads[name]
    if not isinstance(head, NumberHead):
        raise InputError(f"head {name} tells no numbers.")
    return head


def _evaluating(model: SequenceModel) -> None:
    if model.training:
        raise ValueError("a model that forecasts must be in evaluation mode")
