"""Verdict: what a comparison comes to, in plain sentences that follow from its tests and costs alone.

Not being told apart is no equality, and does not carry over: of three, the first may not be told from the second, nor
the second from the third, and yet the first be better than the third. So the best mean is taken with all that are not
shown to be below it, it is said whether these can be told from one another, and every other one is said to be beaten
only by those that its own tests show. Then the rest are ranked in the same way.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Protocol

from seqloom.comparing.comparison_numbers import Digits, chance, digits_of
from seqloom.comparing.statistics import Estimate, Pair, Standing

MUCH = 1.2
"""A cost is told where it is so many times another: less may be the machine's mood."""
ALIKE = 1.05
"""Costs this near count as the same on the front: times of one network differ by as much."""
COSTS = {
    "seconds": "the time to train",
    "latency_p50": "the time to answer one row",
    "parameters": "the parameters",
}
FEW_ROWS = 30
NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class Judged(Protocol):
    """What the sentences have to know of a measure."""

    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def higher(self) -> bool: ...


def verdict(standing: Standing, measure: Judged, archs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the sentences, the answer first.

    archs  of each: "arch", "seeds", "failed" (what each failed run said), "seconds", "parameters" and "cost", where
           costs that are None or missing are not told
    """
    return _Verdict(standing, measure, archs).sentences()


def pareto(archs: Sequence[Mapping[str, Any]], higher: bool, costs: Sequence[str] = tuple(COSTS)) -> list[str]:
    """Return the architectures that no other beats on all counts, best mean first.

    One is off the front where another has a mean as good and no cost above its own by more than 5 %, and is better in
    one of these: a cost is then 5 % less. A cost that either lacks is not compared.
    """
    known = [one for one in archs if _number(one.get("mean")) is not None]
    ranked = sorted(known, key=lambda one: -one["mean"] if higher else one["mean"])
    return [one["arch"] for one in ranked if not any(_dominates(other, one, higher, costs) for other in ranked)]


class _Verdict:
    def __init__(self, standing: Standing, measure: Judged, archs: Sequence[Mapping[str, Any]]) -> None:
        self.standing, self.measure = standing, measure
        self.archs = {one["arch"]: one for one in archs}
        sign = -1 if measure.higher else 1
        ranked = sorted((one for one in standing.archs if math.isfinite(one.mean)), key=lambda one: sign * one.mean)
        self.means = {one.arch: one.mean for one in ranked}
        held = {arch for pair in standing.pairs if pair.p is not None for arch in (pair.a, pair.b)}
        self.tested = [one.arch for one in ranked if one.arch in held]
        self.untested = [one.arch for one in ranked if one.arch not in held]
        self.rows = max(standing.scores.items.values(), default=0)
        self.valueless = [one.arch for one in standing.archs if not math.isfinite(one.mean)]
        told = standing.to_dict() | {"measure": {"unit": measure.unit}}
        self.digits: Digits = digits_of(told)

    def sentences(self) -> list[str]:
        found = self._lone() if len(self.tested) < 2 else [*self._ranking(self.tested), *self._costs()]
        return [*found, *self._caveats()]

    def _lone(self) -> list[str]:
        """Say what can be said where no two can be tested."""
        if not self.means:
            return [f"No run has a value of {self.measure.name}, so nothing can be said."]
        best, *others = self.means
        even = [one for one in self.means if self.means[one] == self.means[best]]
        most = "the best mean" if len(even) == 1 else "the same mean, and the best of all"
        if len(even) == len(self.means):
            most = "the same mean"
        level = f"{_and(even)} {'has' if len(even) == 1 else 'have'} {most}, {self._level(best)}"
        if not others:
            half = self.standing.scores.estimate({best: 1.0}).half
            spread = "" if half is None else f" +- {self.digits.value(half)}"
            return [f"{best} comes to {self._level(best, spread)}; there is nothing to compare it with."]
        if self.rows < 2:
            return [f"{level}, on one row: nothing can be told apart by it."]
        return [
            f"{level}, but nothing can be told apart: that takes two architectures with two seeds each at least, as"
            " another seed may turn their order round. Ask for --seeds 3 or more."
        ]

    def _ranking(self, ranked: list[str], first: bool = True) -> list[str]:
        """Say how the best stand to one another and to the rest, then how the rest do."""
        best, *others = ranked
        group = [best, *(one for one in others if not self._pair(best, one).shown)]
        rest = [one for one in others if one not in group]
        found = self._group(group, first)
        beaten = [one for one in rest if all(self._beats(top, one) for top in group)]
        if beaten:
            by = [f"{one} by {self._amount(self._over(group, one))}" for one in beaten]
            verb = "beats" if len(group) == 1 else "beat"
            found.append(_sentence(f"{_them(group)} {verb} {_and(by)}"))
        for one in rest:
            if one not in beaten:
                found.append(self._between(group, one))
        return [*found, *(self._ranking(rest, False) if len(rest) > 1 else [])]

    def _group(self, group: list[str], first: bool) -> list[str]:
        """Say of those among which the best mean is whether they can be told apart."""
        if len(group) == 1:
            return []
        pairs = [self._pair(a, b) for a, b in combinations(group, 2)]
        if any(pair.shown for pair in pairs):
            best, *others = group
            below = _and([f"{one}{self._p([self._pair(best, one)])}" for one in others])
            among = [
                f"{a} beats {b} by {self._amount(self._over([a], b))}"
                for a, b in combinations(others, 2)
                if self._beats(a, b)
            ]
            return [
                f"{best} has the {'best' if first else 'next best'} mean, but {below} are not shown to be below it; yet"
                f" {_and(among)}."
            ]
        words = f"{_and(group)} cannot be told apart{self._p(pairs)}"
        return [f"{words}: {'no difference is shown, and ' if first else ''}{self._still_open(pairs)}."]

    def _still_open(self, pairs: Sequence[Pair]) -> str:
        ends = [abs(end) for pair in pairs for end in (pair.low, pair.high) if end is not None]
        if not ends:
            return "none is to be seen on any row"
        most = max(ends)
        return f"one of up to {self._written(most)} is not ruled out"

    def _between(self, group: list[str], one: str) -> str:
        """Say of one that some of the best beat, and others do not: these are like it, or even below it."""
        winners = [top for top in group if self._beats(top, one)]
        below = [top for top in group if self._beats(one, top)]
        alike = [top for top in group if top not in (*winners, *below)]
        gains = _and([f"{top} (by {self._amount(self._over([top], one))})" for top in winners])
        parts = []
        if alike:
            parts.append(f"cannot be told apart from {_or(alike)}{self._p([self._pair(top, one) for top in alike])}")
        if below:
            parts.append("beats " + _and([f"{top} by {self._amount(self._over([one], top))}" for top in below]))
        return f"{one} is beaten by {gains} but {' and '.join(parts)}."

    def _costs(self) -> list[str]:
        """Say what is paid for no shown gain, and what for a shown one: the first cost that differs by much."""
        best = self.tested[0]
        group = [one for one in self.tested if one == best or not self._pair(best, one).shown]
        dear: dict[tuple[str, str], list[tuple[str, float]]] = {}
        for one in group:
            for cost in COSTS:
                least = self._cheapest([other for other in group if not self._beats(one, other)], cost)
                spent = self._cost(one, cost)
                if least is not None and spent is not None and spent >= MUCH * least[0]:
                    dear.setdefault((least[1], cost), []).append((one, spent / least[0]))
                    break
        found = []
        for (other, cost), paid in dear.items():
            names, times = _and([one for one, _ in paid]), _and([_times(ratio) for _, ratio in paid])
            verb = "costs" if len(paid) == 1 else "cost"
            found.append(f"{names} {verb} {times} {COSTS[cost]} of {other} for no shown gain.")
        cheapest = {cost: self._cheapest(group, cost) for cost in COSTS}
        for one in (other for other in self.tested if other not in group):
            for cost, words in COSTS.items():
                least, spent = cheapest[cost], self._cost(one, cost)
                if least is not None and spent and least[0] >= MUCH * spent and self._beats(least[1], one):
                    found.append(f"For its gain over {one}, {least[1]} costs {_times(least[0] / spent)} {words}.")
                    break
        return found

    def _cheapest(self, group: Sequence[str], cost: str) -> tuple[float, str] | None:
        known = [(self._cost(one, cost), one) for one in group]
        return min(((spent, one) for spent, one in known if spent), default=None)

    def _caveats(self) -> list[str]:
        """Say what the numbers lack: seeds, runs and rows."""
        found = []
        if len(self.tested) > 1:
            found += [f"{one}, {self._level(one)}, {self._why_untested(one)}." for one in self.untested]
            two = [one.arch for one in self.standing.archs if one.seeds == 2 and one.arch in self.tested]
            if two:
                found.append(f"Two seeds of {_and(two)} tell little: intervals are wide, and rough. Three are better.")
            if self.rows < FEW_ROWS:
                found.append(f"All of this rests on {self.rows} rows, which is few.")
        if self.means:
            found += [f"{one} has no value of {self.measure.name} and is left out." for one in self.valueless]
        for name, one in self.archs.items():
            failed = len(one.get("failed") or ())
            if failed:
                ended = int(one.get("seeds") or 0)
                left = "nothing is known of it" if not ended else "its mean is of those that ended, and may flatter it"
                share = f"{failed} of {failed + ended} seeds" if ended else f"all of {failed} seeds"
                found.append(f"{name} failed with {share}: {left}.")
        return found

    def _why_untested(self, arch: str) -> str:
        if len(self.standing.scores.values[arch]) < 2:
            return "has one seed that ended: too few to be told from any other"
        return "cannot be told from any other: too few rows bear on it"

    def _pair(self, a: str, b: str) -> Pair:
        return self.standing.pair(a, b)

    def _beats(self, a: str, b: str) -> bool:
        ahead = self.means[a] > self.means[b] if self.measure.higher else self.means[a] < self.means[b]
        return ahead and self._pair(a, b).shown

    def _over(self, group: Sequence[str], one: str) -> Estimate:
        """Return how far the mean of a group is from one, with the interval of that difference itself."""
        return self.standing.scores.estimate({**dict.fromkeys(group, 1 / len(group)), one: -1.0})

    def _amount(self, told: Estimate) -> str:
        half = "" if told.half is None else f" +- {self.digits.value(told.half)}"
        return self._written(abs(told.mean), half)

    def _written(self, value: float, half: str = "") -> str:
        return f"{self.digits.value(value)}{half} {self.digits.step}".rstrip()

    def _level(self, arch: str, spread: str = "") -> str:
        unit = self.digits.unit
        value = self.digits.value(self.means[arch]) + spread
        return f"{self.measure.name} {value}" + (f" {unit}" if unit and unit != self.measure.name else "")

    def _cost(self, arch: str, name: str) -> float | None:
        return _paid(self.archs.get(arch, {}), name)

    def _p(self, pairs: Sequence[Pair]) -> str:
        """Write the least p of some pairs, after Holm's correction: it is what could have shown a difference."""
        known = [pair.p_holm for pair in pairs if pair.p_holm is not None]
        if not known:
            return ""
        written = chance(min(known))
        return f" (p {'' if written.startswith('<') else '= '}{written}{' at least' if len(known) > 1 else ''})"


def _dominates(one: Mapping[str, Any], other: Mapping[str, Any], higher: bool, costs: Sequence[str]) -> bool:
    gain = (one["mean"] - other["mean"]) * (1 if higher else -1)
    paid = [(_paid(one, cost), _paid(other, cost)) for cost in costs]
    both = [(mine, theirs) for mine, theirs in paid if mine is not None and theirs is not None]
    if gain < 0 or any(mine > ALIKE * theirs for mine, theirs in both):
        return False
    return gain > 0 or any(theirs > ALIKE * mine for mine, theirs in both)


def _paid(arch: Mapping[str, Any], name: str) -> float | None:
    value = arch.get(name)
    return _number((arch.get("cost") or {}).get(name) if value is None else value)


def _number(value: Any) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known else None


def _times(ratio: float) -> str:
    return f"{ratio:.1f} x" if ratio < 10 else f"{ratio:.0f} x"


def _them(group: Sequence[str]) -> str:
    if len(group) == 1:
        return group[0]
    return "both" if len(group) == 2 else f"all {NUMBERS[len(group)] if len(group) < len(NUMBERS) else len(group)}"


def _sentence(text: str) -> str:
    """End a sentence, and begin it with a capital where it begins with a word that is no name."""
    return (text[0].upper() + text[1:] if text.startswith(("both ", "all ")) else text) + "."


def _and(names: Sequence[str], word: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"


def _or(names: Sequence[str]) -> str:
    return _and(names, "or")
