"""The recurrences of recurrence.py written out step by step, in torch's operations: what autograd can follow."""

import torch
from torch import Tensor
from torch.nn.functional import linear


def unrolled(
    kind: str, x: Tensor, mask: Tensor | None, start: list[Tensor], weights: list[Tensor], reverse: bool
) -> list[Tensor]:
    """Run a recurrence as `recurrence.run` does: return outputs [batch, time, size] and each part of the last State."""
    state, time = start, x.shape[1]
    outputs = [x.new_zeros(())] * time
    for t in reversed(range(time)) if reverse else range(time):
        after = step(kind, x[:, t], state, weights)
        y = after[0]
        if mask is not None:
            here = mask[:, t : t + 1]
            after = [torch.where(here, new, old) for new, old in zip(after, state, strict=True)]
            y = y.masked_fill(~here, 0)
        state, outputs[t] = after, y
    return [torch.stack(outputs, 1) if time else x.new_zeros(len(x), 0, start[0].shape[1]), *state]


def step(kind: str, x: Tensor, state: list[Tensor], weights: list[Tensor]) -> list[Tensor]:
    """Advance one step: x [batch, input] and the State's parts [batch, size] -> the State after it (cells/*.py)."""
    w_ih, w_hh, b_ih, b_hh = weights
    h = state[0]
    of_x, of_h = linear(x, w_ih, b_ih), linear(h, w_hh, b_hh)
    if kind == "lstm":
        i, f, g, o = (of_x + of_h).chunk(4, -1)
        c = f.sigmoid() * state[1] + i.sigmoid() * g.tanh()
        return [o.sigmoid() * c.tanh(), c]
    if kind == "gru":
        (x_r, x_z, x_n), (h_r, h_z, h_n) = of_x.chunk(3, -1), of_h.chunk(3, -1)
        z, n = (x_z + h_z).sigmoid(), (x_n + (x_r + h_r).sigmoid() * h_n).tanh()
        return [(1 - z) * n + z * h]
    return [(of_x + of_h).tanh() if kind == "tanh" else (of_x + of_h).relu()]
