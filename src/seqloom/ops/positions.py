"""Where a token stands, as numbers: sinusoids (Vaswani et al. 2017, section 3.5) and rotation (Su et al. 2021)."""

import math

import torch
from torch import Tensor


def sinusoids(position: Tensor, size: int, dtype: torch.dtype) -> Tensor:
    """Return sin and cos at geometric frequencies: position [batch, time] -> [batch, time, size]; size is even."""
    rate = _rates(size // 2, position.device, dtype)
    angle = position.unsqueeze(-1).to(dtype) * rate
    return torch.cat([angle.sin(), angle.cos()], -1)


def rotate(x: Tensor, position: Tensor) -> Tensor:
    """Turn each pair of features by an angle that grows with the position (arXiv:2104.09864, eq. 34).

    x [batch, heads, time, size], position [batch, time] -> the shape of x. Scores then depend on distance alone.
    """
    half = x.shape[-1] // 2
    dtype = torch.float32 if x.dtype in (torch.bfloat16, torch.float16) else x.dtype
    angle = angles(position, half, dtype).unsqueeze(1)
    cos, sin = angle.cos(), angle.sin()
    left, right = x[..., :half].to(dtype), x[..., half:].to(dtype)
    return torch.cat([left * cos - right * sin, left * sin + right * cos], -1).to(x.dtype)


def angles(position: Tensor, half: int, dtype: torch.dtype) -> Tensor:
    """Return by how much each of `half` pairs is turned: position [batch, time] -> [batch, time, half]."""
    return position.unsqueeze(-1).to(dtype) * _rates(half, position.device, dtype)


def _rates(count: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    return torch.exp(torch.arange(count, device=device, dtype=dtype) * (-math.log(10000.0) / max(count, 1)))
