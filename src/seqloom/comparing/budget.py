"""What every run of a comparison may spend: "10m", "90s", "1.5h" of time, or "5000steps" of updates."""

import re
from dataclasses import dataclass

from seqloom.errors import InputError

MINUTES = {"s": 1 / 60, "sec": 1 / 60, "m": 1.0, "min": 1.0, "h": 60.0}
SHARE = 0.25
"""What a learning rate is tried for, as a share of the budget of a run."""
LEAST = 20
"""Updates a learning rate is tried for at least."""
WAYS = "say a time such as 10m, 90s or 1.5h, or a number of updates such as 5000steps"


@dataclass(frozen=True)
class Budget:
    """Minutes or updates of one run; one of them is None."""

    minutes: float | None = None
    steps: int | None = None

    @property
    def settings(self) -> tuple[str, ...]:
        """The spec's keys, as `-s` takes them."""
        return (f"fit.minutes={self.minutes!r}",) if self.steps is None else (f"fit.steps={self.steps}",)

    @property
    def tried(self) -> "Budget":
        """What a learning rate is tried for."""
        if self.steps is not None:
            return Budget(steps=max(LEAST, round(self.steps * SHARE)))
        assert self.minutes is not None
        return Budget(minutes=self.minutes * SHARE)

    def times(self, count: float) -> str:
        """Return so many of these, as a person reads it."""
        if self.steps is not None:
            return f"{round(self.steps * count):,} updates"
        assert self.minutes is not None
        return duration(self.minutes * count)

    def __str__(self) -> str:
        return self.times(1)


def parse(text: str) -> Budget:
    """Read a budget. Raises InputError for what is none."""
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)\s*", text.lower())
    if found is None:
        raise InputError(f"a budget of '{text}' has no unit: {WAYS}.")
    number, unit = float(found[1]), found[2]
    if number <= 0:
        raise InputError(f"a budget of '{text}' is nothing: {WAYS}.")
    if unit in ("step", "steps", "updates"):
        if number != int(number):
            raise InputError(f"a budget of '{text}': updates are whole; {WAYS}.")
        return Budget(steps=int(number))
    if unit not in MINUTES:
        raise InputError(f"a budget of '{text}' is in no unit known here: {WAYS}.")
    return Budget(minutes=number * MINUTES[unit])


def shared(total: str, archs: int, seeds: int, rates: int, workers: int) -> Budget:
    """Return what each run may spend where all of them together have a total, learning rates among them.

    Workers take rates round by round, then runs: in the last round of each some may have nothing to do.

    Raises InputError for a total that is no time, or that leaves less than a second.
    """
    whole = parse(total)
    if whole.minutes is None:
        raise InputError(f"--total {total}: a total is a time, such as 60m; updates are given a run, with --budget.")
    runs, tries = -(-archs * seeds // workers), -(-archs * rates // workers)  # rounds
    each = whole.minutes / (runs + tries * SHARE)
    if each < 1 / 60:
        raise InputError(f"--total {total} leaves {each * 60:.2g} s for each run: take fewer seeds or architectures.")
    return Budget(minutes=each)


def duration(minutes: float) -> str:
    """Return minutes as a person reads them: 45 s, 12 min, 3 h 20 min."""
    if minutes < 1:
        return f"{minutes * 60:.3g} s"
    if minutes < 100:
        return f"{minutes:.3g} min"
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
