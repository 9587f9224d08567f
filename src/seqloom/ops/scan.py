"""The linear recurrence h_t = a_t * h_{t-1} + b_t: natively where kernels/scan.py can, else in sqrt(T) steps.

Here is the plain form. The sequence is cut into about sqrt(T) blocks. All blocks are scanned side by side as if each
began at zero, then the carries are passed from block to block and added: O(T) work, exact to rounding. (In log space,
as the minGRU paper writes it, single precision loses three digits more; see docs/design-notes.md.)
The gradient is the same recurrence run backwards: G_t = g_t + a_{t+1} * G_{t+1}.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from seqloom.kernels import scan as native


def linear_scan(a: Tensor, b: Tensor, start: Tensor) -> Tensor:
    """Return every h_t: a and b [batch, time, size], start [batch, size] -> [batch, time, size]."""
    if a.shape[1] == 0:
        return b
    if native.usable(a, b, start):
        return native.scan(a, b, start)
    return _LinearScan.apply(a, b, start)


class _LinearScan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, start: Tensor) -> Tensor:
        h = _scan(a, b, start)
        ctx.save_for_backward(a, h, start)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        a, h, start = ctx.saved_tensors
        later = torch.cat([a[:, 1:], torch.zeros_like(a[:, :1])], 1).flip(1)
        total = _scan(later, grad.flip(1), torch.zeros_like(start)).flip(1)
        before = torch.cat([start.unsqueeze(1), h[:, :-1]], 1)
        return total * before, total, total[:, 0] * a[:, 0]


def _scan(a: Tensor, b: Tensor, start: Tensor) -> Tensor:
    batch, time, size = a.shape
    width = math.isqrt(time - 1) + 1
    blocks = -(-time // width)
    if blocks * width > time:
        gap = blocks * width - time
        a = torch.cat([a, a.new_ones(batch, gap, size)], 1)
        b = torch.cat([b, b.new_zeros(batch, gap, size)], 1)
    a = a.reshape(batch, blocks, width, size)
    b = b.reshape(batch, blocks, width, size)
    product, partial = torch.empty_like(a), torch.empty_like(b)
    product[:, :, 0], partial[:, :, 0] = a[:, :, 0], b[:, :, 0]
    for step in range(1, width):  # inside all blocks at once
        product[:, :, step] = product[:, :, step - 1] * a[:, :, step]
        partial[:, :, step] = torch.addcmul(b[:, :, step], a[:, :, step], partial[:, :, step - 1])
    carries = [start]
    for block in range(blocks - 1):  # from block to block
        carries.append(torch.addcmul(partial[:, block, -1], product[:, block, -1], carries[-1]))
    carry = torch.stack(carries, 1).unsqueeze(2)  # [batch, blocks, 1, size]
    return torch.addcmul(partial, product, carry).view(batch, blocks * width, size)[:, :time]
