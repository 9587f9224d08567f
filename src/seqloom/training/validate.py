"""One pass over data without learning."""

import torch

from seqloom.errors import InputError, Interrupted, nearest
from seqloom.model import SequenceModel
from seqloom.state import State
from seqloom.tasks.task import Data, Meter
from seqloom.training.loader import Part
from seqloom.training.signals import Flag

FEW = 2
"""Rows that tell which metrics there will be."""


def validate(model: SequenceModel, data: Data, meter: Meter, flag: Flag | None = None) -> dict[str, float]:
    """Return the meter's values over all batches of `data`, in evaluation mode; the mode is put back after.

    Raises Interrupted as soon as the flag is up.
    """
    device = next(model.parameters()).device
    training = model.training
    model.eval()
    state: State | None = None
    try:
        with torch.no_grad():
            for key in data.order(0):
                if flag:
                    raise Interrupted("stopped while validating.", flag.code)
                batch = data.load(key).to(device)
                outputs, state = model(batch, state if data.carries else None)
                meter.add(outputs, batch, model.loss(outputs, batch))
    finally:
        model.train(training)
    return meter.result()


def check_metric(name: str, model: SequenceModel, data: Data, meter: Meter) -> None:
    """Raise InputError, with the nearest name, where validation will not give this metric; a few rows tell."""
    names = validate(model, Part(data, data.order(0)[:1], FEW), meter)
    if name not in names:
        raise InputError(f"fit.metric: validation gives no '{name}'" + nearest(name, names))
