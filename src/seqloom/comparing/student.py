"""Student's t without scipy, so that a comparison needs no extra: its tails and quantiles, of any degrees of freedom.

    P(|T| > t) = I_x(df / 2, 1 / 2),  x = df / (df + t^2)      DLMF 8.17.1 is I; Student (1908)

I, the regularised incomplete beta function, is by its continued fraction (DLMF 8.17.22) in Lentz's form.
"""

import math
from functools import lru_cache
from statistics import NormalDist

TINY, STEPS, WITHIN = 1e-300, 10_000, 1e-15
NORMAL = 1e7
"""Degrees of freedom from which it is taken as the normal, from which it differs by less than a millionth."""


def outside(t: float, df: float) -> float:
    """Return the chance that Student's t of `df` degrees of freedom lies farther from 0 than `t`, on either side.

    df may be any number above 0, infinity among them (the normal).
    """
    if df > NORMAL:
        return math.erfc(abs(t) / math.sqrt(2))
    if math.isinf(t):
        return 0.0
    return _beta(df / (df + t * t), t * t / (df + t * t), df / 2, 0.5)


@lru_cache(maxsize=4096)
def quantile(df: float, level: float = 0.95) -> float:
    """Return the t that Student's t of `df` degrees of freedom stays within, on both sides, with chance `level`."""
    t = NormalDist().inv_cdf(0.5 + level / 2)
    if df > NORMAL:
        return t
    front = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - math.log(df * math.pi) / 2
    step = t
    while step > 1e-13 * t:  # Newton's, from below on a convex slope: only rounding takes it back
        slope = 2 * math.exp(front - (df + 1) / 2 * math.log1p(t * t / df))
        step = (outside(t, df) - (1 - level)) / slope
        t += step
    return t


def freedom(t: float, level: float = 0.95) -> float:
    """Return the degrees of freedom whose `quantile` is `t`: infinity where `t` is the normal's or below."""
    if t <= quantile(math.inf, level) * (1 + 1e-9):
        return math.inf
    low, high = -7.0, 16.2  # of the logarithm: 0.001 to 1e7
    for _ in range(48):
        middle = (low + high) / 2
        low, high = (middle, high) if outside(t, math.exp(middle)) > 1 - level else (low, middle)
    return math.exp((low + high) / 2)


def _beta(x: float, rest: float, a: float, b: float) -> float:
    """Return I_x(a, b), where rest = 1 - x is told apart so that no digit of a small one is lost."""
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(rest, x, b, a)
    whole = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(a * math.log(x) + b * math.log(rest) + whole)
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            c, d = _away(1 + term / c), 1 / _away(1 + term * d)
            value *= c * d
        if abs(c * d - 1) < WITHIN:
            break
    return front * value / a


def _away(value: float) -> float:
    return value if abs(value) > TINY else TINY
