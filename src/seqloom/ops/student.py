"""Quantiles of Student's t, which torch does not have.

With t = sqrt(v) cot(a), the mass above t is G(a) = c * integral from 0 to a of sin(x)^(v-1) dx, where
c = Gamma((v+1)/2) / (sqrt(pi) Gamma(v/2)). G is convex on (0, pi/2], so Newton's method, begun at the approximation of
Hill 1970 (Communications of the ACM 13(10), algorithm 396), finds the root; it lies below the a of the normal quantile.
The integral is Gauss-Legendre's, with x = a u^2, which tames the power at 0. Above `NEARLY_NORMAL` degrees of freedom
it is the expansion in 1/v of Fisher & Cornish 1960 (Abramowitz & Stegun 26.7.5).
"""

import math

import numpy as np
import torch
from torch import Tensor

NEARLY_NORMAL = 300.0
ROUNDS = 50
"""Newton takes two or three."""
AT_ONCE = 2**16
"""Values solved for together, each of which takes a number for every node."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)


def quantile(level: Tensor, freedom: Tensor) -> Tensor:
    """Return t that is not passed with probability `level` in (0, 1), for freedom >= 2; float64, the two broadcast."""
    level, freedom = torch.broadcast_tensors(level.double(), freedom.double())
    if level.numel() > AT_ONCE:
        parts = zip(level.flatten().split(AT_ONCE), freedom.flatten().split(AT_ONCE), strict=True)
        return torch.cat([quantile(*part) for part in parts]).view(level.shape)
    tail = torch.minimum(level, 1 - level)
    z = -torch.special.ndtri(tail)  # >= 0
    few = freedom.clamp(max=NEARLY_NORMAL)
    size = torch.where(freedom > NEARLY_NORMAL, _expansion(z, freedom), few.sqrt() / _angle(tail, z, few).tan())
    return torch.where(level == 0.5, 0.0, torch.where(level < 0.5, -size, size))


def _angle(tail: Tensor, z: Tensor, freedom: Tensor) -> Tensor:
    """Solve G(a) = tail for a in (0, pi/2]."""
    u = torch.from_numpy((_NODES + 1) / 2).to(tail.device)
    weights = torch.from_numpy(_WEIGHTS / 2).to(tail.device) * 2 * u
    factor = torch.exp(torch.lgamma((freedom + 1) / 2) - torch.lgamma(freedom / 2)) / math.sqrt(math.pi)
    most = torch.atan2(freedom.sqrt(), z)
    angle = torch.minimum(torch.atan2(freedom.sqrt(), _hill(tail, z, freedom)), most)
    for _ in range(ROUNDS):
        sines = (angle.unsqueeze(-1) * u.square()).sin().pow(freedom.unsqueeze(-1) - 1)
        mass = factor * angle * (sines @ weights)
        moved = torch.minimum(angle - (mass - tail) / (factor * angle.sin().pow(freedom - 1)), most)
        still = (moved - angle).abs() <= 1e-9 * angle  # the next step would be of the square of this
        angle = moved
        if bool(still.all()):
            break
    return angle


def _hill(tail: Tensor, z: Tensor, n: Tensor) -> Tensor:
    """Return t of the mass `tail` above it, to about four digits."""
    a = 1 / (n - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * (a * math.pi / 2).sqrt() * n
    far = (2 * d * tail) ** (2 / n)
    out = ((1 / (((n + 6) / (n * far) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * far - 1) * (n + 1)
    out = out / (n + 2) + 1 / far
    x = -z
    c = c + torch.where(n < 5, 0.3 * (n - 4.5) * (x + 0.6), 0.0)
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
    y = x**2
    near = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
    squares = torch.where(far > 0.05 + a, torch.expm1(a * near**2), out)
    return (n * squares.clamp(min=0)).sqrt()


def _expansion(z: Tensor, v: Tensor) -> Tensor:
    one = (z**3 + z) / 4
    two = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    three = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    four = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    return z + one / v + two / v**2 + three / v**3 + four / v**4
