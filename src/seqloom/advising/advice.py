"""Advice: what a race came to, as plain values."""

import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqloom.advising.contestant import Contestant
from seqloom.advising.entrants import Wanted
from seqloom.advising.halving import ranked, tied
from seqloom.advising.judging import Look, difference
from seqloom.advising.race import BLIND, Rung, entry
from seqloom.comparing.measure import Measure
from seqloom.spec import MEDIA

SOLID = 1.96
"""Standard errors within which a value lies in 19 of 20 samples of rows."""


@dataclass(frozen=True, eq=False)
class Advice:
    """The winner of a race, and all that it rests on.

    budget, read, seconds   what was given, what reading the data took, and all that was taken
    naive                   what needs no model, and how well it does
    left_out, unfit         why others did not race, by name; those of them that cannot do the task
    """

    wanted: Wanted
    measure: Measure
    budget: float
    read: float
    seconds: float
    sight: Mapping[str, Any]
    naive: tuple[str, Look] | None
    contestants: tuple[Contestant, ...]
    rungs: tuple[Rung, ...]
    winner: Contestant
    left_out: Mapping[str, str]
    unfit: tuple[str, ...]

    @property
    def pick(self) -> str:
        """The architecture to take."""
        return self.winner.name

    @property
    def finalists(self) -> list[Contestant]:
        """Those of the last rung, the best first."""
        names = self.rungs[-1].archs
        last = [one for one in self.contestants if one.name in names and one.best is not None and one.failed is None]
        return self._sorted(last)

    @property
    def placed(self) -> list[Contestant]:
        """All contestants: the pick, the other finalists, and then whoever stayed longer, the better first."""
        there = [one for one in self.contestants if one.best is not None and one.failed is None]
        by_rung = sorted(self._sorted(there), key=lambda one: (one is not self.winner, -one.rung))
        return by_rung + [one for one in self.contestants if one not in there]

    @property
    def equals(self) -> list[Contestant]:
        """The finalists that are as good as the best of them, by the rule of one standard error."""
        names = [one.name for one in tied([entry(one) for one in self.finalists], self.measure.higher)]
        return [one for one in self.finalists if one.name in names]

    def command(self) -> str:
        """Return the line that trains the pick."""
        return shlex.join(["seqloom", "train", *self._words(), "--arch", self.pick, *self._more()])

    def comparison(self) -> str | None:
        """Return the line that tells for sure: the pick beside who came nearest, over seeds."""
        others = [one.name for one in self.placed if one is not self.winner and one.best is not None][:2]
        archs = ",".join([self.pick, *others])
        return shlex.join(["seqloom", "compare", *self._words(), "--archs", archs, *self._more()]) if others else None

    def against(self, other: Contestant | Look) -> tuple[float, float]:
        """Return by how much the pick is better (above 0) than another, and half of the 95 % interval over rows."""
        look = other.best if isinstance(other, Contestant) else other
        assert self.winner.best is not None and look is not None
        value, half = difference(self.measure, self.winner.best, look)
        return (value if self.measure.higher else -value), half

    @property
    def media(self) -> bool:
        """Whether pictures, films or recordings are read, of which a front makes steps that know what is around."""
        source = self.winner.spec.source
        return source is not None and source.tokens in MEDIA

    def blind(self) -> Contestant | None:
        """Return the best contestant that knows no order, if one raced."""
        return next((one for one in self.placed if one.name in BLIND and one.best is not None), None)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, those that are not finite as None."""
        from seqloom.advising.telling import limits, reasons

        assert self.winner.best is not None
        found = {
            "task": self.wanted.task,
            "data": self.wanted.data,
            "pick": self.pick,
            "command": self.command(),
            "compare": self.comparison(),
            "why": reasons(self),
            "limits": limits(self),
            "measure": {
                "name": self.measure.name,
                "about": self.measure.about,
                "unit": self.measure.unit,
                "higher": self.measure.higher,
            },
            "budget_seconds": self.budget,
            "reading_seconds": self.read,
            "seconds": self.seconds,
            "judged": {"items": len(self.winner.best.stats), "rule": "one standard error, then cheaper"},
            "sight": dict(self.sight),
            "naive": None if self.naive is None else {"about": self.naive[0], "value": self.naive[1].value},
            "contestants": [self._row(one) for one in self.placed],
            "rungs": [
                {"archs": list(one.archs), "seconds_each": one.seconds, "out": list(one.out)} for one in self.rungs
            ],
            "left_out": dict(self.left_out),
        }
        return dict(_plain(found))

    def status(self, one: Contestant) -> str:
        """Say what became of a contestant: picked, as good, less good, ruled out in which rung, or failed."""
        if one is self.winner:
            return "picked"
        if one.failed is not None:
            return "failed"
        if one in self.finalists:
            return "as good, but costs more" if one in self.equals else "less good"
        return f"out after rung {one.rung}"

    def _row(self, one: Contestant) -> dict[str, Any]:
        look = one.best
        row: dict[str, Any] = {
            "arch": one.name,
            "status": self.status(one),
            "value": None if look is None else look.value,
            "error": None if look is None else look.error,
            "parameters": one.parameters,
            "seconds": one.seconds,
            "updates": one.updates,
            "seconds_per_million_tokens": one.cost * 1e6,
            "rung": one.rung,
            "settled": one.settled,
            "failed": one.failed,
            "curve": [{"seconds": at, "value": value} for at, value in one.curve],
        }
        if look is not None and one is not self.winner:
            row["behind"], row["behind_half"] = self.against(one)
        return row

    def _sorted(self, several: list[Contestant]) -> list[Contestant]:
        order = [one.name for one in ranked([entry(one) for one in several], self.measure.higher)]
        return sorted(several, key=lambda one: order.index(one.name))

    def _words(self) -> list[str]:
        return [self.wanted.task, self.wanted.data]

    def _more(self) -> list[str]:
        wanted, words = self.wanted, list[str]()
        if wanted.config is not None:
            words += ["--config", wanted.config]
        if wanted.valid is not None:
            words += ["--valid", str(wanted.valid)]
        for what, name in (wanted.columns or {}).items():
            words += [f"--{what}-column", name]
        for setting in wanted.settings:
            words += ["-s", setting]
        return words


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
