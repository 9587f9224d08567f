"""How the numbers of a comparison are written: as many digits as intervals bear, and sizes as a person says them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seqloom.comparing.budget import duration

MOST = 6
"""Decimals at most."""
SIZES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True)
class Digits:
    """How values of the measure are written: times `factor`, to so many decimals.

    unit  of a value, and `step` of a difference of two
    """

    factor: float
    decimals: int
    unit: str
    step: str

    def value(self, value: float | None) -> str:
        """Write a value; a dash where there is none."""
        return "-" if lacking(value) else _no_minus_zero(f"{_known(value) * self.factor:.{self.decimals}f}")

    def difference(self, value: float | None) -> str:
        """Write a difference with its sign."""
        return "-" if lacking(value) else _no_minus_zero(f"{_known(value) * self.factor:+.{self.decimals}f}")

    def between(self, low: float | None, high: float | None) -> str:
        """Write the ends of an interval; a dash where there is none."""
        return "-" if lacking(low) or lacking(high) else f"[{self.value(low)}, {self.value(high)}]"

    def signed_between(self, low: float | None, high: float | None) -> str:
        """Write the ends of an interval of a difference, each with its sign."""
        return "-" if lacking(low) or lacking(high) else f"[{self.difference(low)}, {self.difference(high)}]"


def digits_of(told: Mapping[str, Any]) -> Digits:
    """Return how the values of a comparison are written: a middling interval has two digits of its half-width.

    Shares whose unit is points are written times 100.
    """
    unit = str((told["measure"] or {}).get("unit") or "")
    points = unit == "points"
    factor = 100.0 if points else 1.0
    ends = [(one.get("low"), one.get("high")) for one in (*told["archs"], *told["pairs"])]
    ends += [(one.get("hlow"), one.get("hhigh")) for one in told["archs"]]
    halves = [factor * (_known(high) - _known(low)) / 2 for low, high in ends if not lacking(low) and not lacking(high)]
    halves = [half for half in halves if half > 0]
    values = [abs(_known(one["mean"])) * factor for one in told["archs"] if not lacking(one.get("mean"))]
    # without an interval, four digits of the largest value
    finest = sorted(halves)[len(halves) // 2] / 10 if halves else max(values, default=1.0) / 1000
    decimals = min(MOST, max(0, -math.floor(math.log10(finest)))) if finest > 0 else 3
    return Digits(factor, decimals, "%" if points else unit, unit)


def lacking(value: Any) -> bool:
    """Say whether there is no number: None, NaN or infinite."""
    return value is None or not math.isfinite(value)


def chance(p: float | None) -> str:
    """Write a p-value: two digits, and what is very small as such."""
    if lacking(p):
        return "-"
    return "< 0.0001" if _known(p) < 1e-4 else f"{_known(p):.2g}" if _known(p) < 0.1 else f"{_known(p):.2f}"


def size(value: float | None) -> str:
    """Write a size or a rate to three digits, such as 1.23M; a dash where there is none."""
    if lacking(value):
        return "-"
    known = _known(value)
    for least, letter in SIZES:
        share = abs(known) / least
        if share >= 0.9995:
            return f"{known / least:.{0 if share >= 99.95 else 1 if share >= 9.995 else 2}f}{letter}"
    return _three(known)


def memory(value: float | None) -> str:
    """Write bytes, such as 512 MB (a million bytes)."""
    written = size(value)
    return written if written == "-" else f"{written[:-1]} {written[-1]}B" if written[-1].isalpha() else f"{written} B"


def lasting(seconds: float | None) -> str:
    """Write seconds as a person says them; a dash where there are none."""
    return "-" if lacking(seconds) else duration(_known(seconds) / 60)


def plainly(value: Any) -> str:
    """Write what a plan or a machine says: numbers as they are, lists with commas, a dash for nothing."""
    if value is None or value == "" or value == [] or value == {}:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {plainly(one)}" for name, one in value.items())
    return ", ".join(map(plainly, value)) if isinstance(value, Iterable) and not isinstance(value, str) else str(value)


def _three(value: float) -> str:
    """Write a number to three digits, never as a power of ten where it is not tiny."""
    if value and abs(value) < 1e-4:
        return f"{value:.2g}"
    places = 0 if not value or abs(value) >= 100 else max(0, 2 - math.floor(math.log10(abs(value))))
    written = f"{value:.{places}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def _known(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _no_minus_zero(written: str) -> str:
    """Return a number without its sign where all of its digits are 0."""
    return written if any(letter in "123456789" for letter in written) else written.lstrip("+-")
