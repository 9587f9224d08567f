"""The figures of a comparison: quality with intervals, what can be told apart, quality against cost and in parts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seqloom.comparing.comparison_numbers import digits_of
from seqloom.comparing.comparison_tables import BINS, costs_of, higher, measured, ranked, told_apart, turned
from seqloom.report.figures import Figure, Floats, Intervals, Line, Lines, Points

Told = Mapping[str, Any]
AGAINST = {
    "seconds": "time to train (s)",
    "parameters": "parameters",
    "latency_p50": "latency of a row, median (ms)",
}
"""Costs that quality is drawn against."""
FAR = 20.0
"""The dearest over the cheapest from which an axis of costs is logarithmic."""
ALIKE = 1.05
"""The dearest over the cheapest up to which nothing is drawn: the costs are the same."""
BANDED = 4
"""Architectures up to which lines have the bands of their intervals."""


def quality(told: Told) -> Intervals:
    """Return the mean of each architecture, the best first, with its interval over seeds and rows, and its seeds."""
    digits = digits_of(told)
    archs = ranked(told)
    seeds = [
        [_number(one.get("quality")) * digits.factor for one in told["cells"] if one["arch"] == arch["arch"]]
        for arch in archs
    ]
    names = [str(one["arch"]) for one in archs]
    return Intervals(
        "How good each is",
        names,
        _numbers(archs, "mean") * digits.factor,
        _numbers(archs, "hlow") * digits.factor,
        _numbers(archs, "hhigh") * digits.factor,
        measured(told, digits.unit),
        groups=names,
        dots=seeds,
        caption="A dot is a mean over seeds, its line the 95 % interval over seeds and rows, an upright tick one seed.",
    )


def pairs(told: Told) -> Intervals:
    """Return the difference of each pair, the better first, with its interval."""
    digits = digits_of(told)
    known = turned(told)
    return Intervals(
        "How far they are apart",
        [f"{one['a']} - {one['b']}" for one in known],
        _numbers(known, "difference") * digits.factor,
        _numbers(known, "low") * digits.factor,
        _numbers(known, "high") * digits.factor,
        f"difference of {measured(told, digits.step)}",
        groups=["difference shown" if one.get("shown") else told_apart(one) for one in known],
        mark=0.0,
        caption="The line of a pair is the 95 % interval of its difference, not corrected for the number of pairs; "
        "whether a difference is shown is.",
    )


def against_costs(told: Told) -> list[Points]:
    """Return quality against each cost in which architectures differ, with the front: those that no other beats in
    both."""
    digits = digits_of(told)
    archs = ranked(told)
    names = [str(one["arch"]) for one in archs]
    means = _numbers(archs, "mean")
    found = []
    for cost, name in AGAINST.items():
        x = _numbers([costs_of(one) for one in archs], cost)
        there = np.isfinite(x + means)
        if there.sum() < 2:
            continue
        least, most = x[there].min(), x[there].max()
        if most <= ALIKE * least:
            continue
        best = front(x, means if higher(told) else -means)
        figure = Points(
            f"Against {name.partition(' (')[0]}",
            x,
            means * digits.factor,
            names,
            name,
            measured(told, digits.unit),
            groups=names,
            low=_numbers(archs, "hlow") * digits.factor,
            high=_numbers(archs, "hhigh") * digits.factor,
            steps=best,
            x_scale="log" if most > FAR * least > 0 else "linear",
            caption=f"On the front: {', '.join(names[place] for place in best)}. Each of the others has one that is as "
            "cheap and as good or better, by its mean; whether that is shown is said by the pairs.",
        )
        found.append(figure)
    return found


def front(costs: Floats, values: Floats) -> list[int]:
    """Return the places that no other beats: none is as cheap and better, or cheaper and as good; the cheapest first.

    costs [n], less is better; values [n], more is better. What is not finite is on no front.
    """
    known = [place for place in range(len(costs)) if np.isfinite(costs[place] + values[place])]

    def beaten(one: int) -> bool:
        return any(
            costs[other] <= costs[one]
            and values[other] >= values[one]
            and (costs[other] < costs[one] or values[other] > values[one])
            for other in known
        )

    return sorted((one for one in known if not beaten(one)), key=lambda one: (costs[one], one))


def in_parts(told: Told, by: str) -> Figure | None:
    """Return quality by length, class or rarity; None where it is not known."""
    digits = digits_of(told)
    parts = told.get(by) or {}
    archs = [str(one["arch"]) for one in ranked(told) if parts.get(one["arch"])]
    rows: dict[str, int] = {}
    for arch in archs:
        for one in parts[arch]:
            rows.setdefault(str(one["name"]), int(one.get("items") or 0))
    if not rows:
        return None
    names = list(rows)
    if by == "by_class":
        return _by_class(told, archs, names, parts)
    lines = []
    for arch in archs:
        bins = {str(one["name"]): one for one in parts[arch]}
        known = [bins.get(name, {}) for name in names]
        mean, low, high = (_numbers(known, key) * digits.factor for key in ("mean", "low", "high"))
        banded = len(archs) <= BANDED and bool(np.isfinite(low).any())
        lines.append(
            Line(arch, np.arange(len(names), dtype=float), mean, low if banded else None, high if banded else None)
        )
    caption = "Bands are 95 % intervals." if any(line.low is not None for line in lines) else ""
    title = f"By {BINS[by]}"
    about = {"by_length": "steps of the source", "by_rarity": "how rare the words are: mean log2 of their rank"}[by]
    return Lines(title, lines, about, measured(told, digits.unit), ticks=names, caption=caption)


def _by_class(told: Told, archs: Sequence[str], names: Sequence[str], parts: Told) -> Intervals:
    digits = digits_of(told)
    rows = []
    for name in names:
        for arch in archs:
            known: Told = next((one for one in parts[arch] if str(one["name"]) == name), {})
            rows.append({"name": name, "arch": arch, **{key: known.get(key) for key in ("mean", "low", "high")}})
    return Intervals(
        "By class",
        [str(one["name"]) for one in rows],
        _numbers(rows, "mean") * digits.factor,
        _numbers(rows, "low") * digits.factor,
        _numbers(rows, "high") * digits.factor,
        measured(told, digits.unit),
        groups=[str(one["arch"]) for one in rows],
        caption="Dots are means over seeds, lines 95 % intervals over seeds and rows.",
    )


def _numbers(rows: Sequence[Told], name: str) -> Floats:
    """Return a number of each row, NaN where there is none: [rows]."""
    return np.array([_number(one.get(name)) for one in rows], np.float64)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else float("nan")
