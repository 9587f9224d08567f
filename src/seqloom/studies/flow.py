"""Flow: how much of an answer's gradient is left so many steps back, read by a Tape."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqloom.batch import Batch
from seqloom.model import SequenceModel
from seqloom.studies.lags import cell_of
from seqloom.tape import Patch, Tape

WHERE = "encoder.stack.cells.0.forwards"
"""The path of the cell of a recurrent encoder of one layer."""
SLOPE = 0.05
"""A log norm that falls by more than this a step vanishes, one that rises by more explodes (as in the view
`jacobian`): in 100 steps a factor of 150."""
SHRINKS, GROWS = float(np.exp(-SLOPE)), float(np.exp(SLOPE))
"""The same as factors per step, 0.951 and 1.051."""


def flow(
    model: SequenceModel, batch: Batch, head: str, changes: Mapping[str, Callable[[Tensor], Tensor]] | None = None
) -> NDArray[np.float64]:
    """Return ln(|dy/dState_{T-k}| / |dy/dState_T|) for k = 0, 1, ... T-1, of root mean squares over rows.

    y is the answer's first number of each row; the State is h, and c where there is one, as a Tape records them, so
    that dy/dc_t holds what reaches y through h_t too. `changes` are a Patch. The model's numbers become float64, where
    e^-700 is still no zero; -inf is one.
    """
    model.double().eval()
    parts = cell_of(model).parts
    inputs = {
        name: type(side)(side.values.double() if side.values.is_floating_point() else side.values, side.mask)
        for name, side in batch.inputs.items()
    }
    paths = tuple(f"{WHERE}.{part}" for part in parts)
    with torch.enable_grad(), Patch(model, changes or {}), Tape(model, only=paths, grad=True) as tape:
        told = model(Batch(inputs))[0][head]
        asked = told.flatten(1)[:, 0].sum()
        asked.backward()  # rows do not mix
        squares = torch.stack([_grad(tape[path]).square().sum(-1) for path in paths]).sum(0)  # [batch, time]
    model.zero_grad(set_to_none=True)
    logs = 0.5 * squares.mean(0).log().flip(0)
    found: NDArray[np.float64] = (logs - logs[0]).cpu().numpy()
    return found


def _grad(value: Tensor) -> Tensor:
    assert value.grad is not None
    return value.grad


def line_through(logs: Sequence[float] | NDArray[np.float64]) -> tuple[float, float]:
    """Return the slope per step of log norms, least squares, and the share of their variance that a straight line
    explains (1: the norm shrinks or grows geometrically). Values that are not finite are left out; fewer than three
    that are give a slope of -inf, for all the rest was exactly zero."""
    values = np.asarray(logs, np.float64)
    steps = np.arange(len(values), dtype=np.float64)
    kept = np.isfinite(values)
    if kept.sum() < 3:
        return float("-inf"), 1.0
    slope, start = np.polyfit(steps[kept], values[kept], 1)
    spread = float(((values[kept] - values[kept].mean()) ** 2).sum())
    rest = float(((values[kept] - slope * steps[kept] - start) ** 2).sum())
    return float(slope), 1.0 - rest / spread if spread else 1.0
