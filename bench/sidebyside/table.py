"""What a speed table is made of: sides, rows of work, and goals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SHIPPED, KEPT = "as shipped", "blocks kept"
"""The two ways in which a peer takes part; see `contestant.ALLOCATORS`."""


@dataclass(frozen=True)
class Side:
    """One of those compared.

    script       in bench/peers; see bench/peers/answering.py
    environment  "ours", or the name of bench/peers/NAME.txt
    words        its arguments
    settings     what is tried for each row: dictionaries that are laid over the row's work; the fastest takes part.
                 `threads` is known to the harness too: with --cpu only settings of one thread are tried
    variables    of its environment, beside those of everybody
    allocators   None: as shipped and with blocks kept for a peer, as shipped for a side of Seqloom, which keeps its
                 blocks by itself
    """

    name: str
    script: str
    environment: str = "ours"
    words: tuple[str, ...] = ()
    settings: tuple[Mapping[str, Any], ...] = ({},)
    variables: Mapping[str, str] = field(default_factory=dict)
    allocators: tuple[str, ...] | None = None

    @property
    def ways(self) -> tuple[str, ...]:
        """How often it takes part, and how."""
        if self.allocators is not None:
            return self.allocators
        return (SHIPPED,) if self.ours else (SHIPPED, KEPT)

    @property
    def ours(self) -> bool:
        """Whether this is Seqloom, in one of its settings."""
        return self.name.startswith("Seqloom")


@dataclass(frozen=True)
class Goal:
    """How many times as fast as a peer Seqloom must be; None: shown, not judged."""

    shipped: float | None = None
    kept: float | None = None

    def of(self, way: str) -> float | None:
        """Return the goal beside a peer that takes part in this way."""
        return self.kept if way == KEPT else self.shipped


@dataclass(frozen=True)
class Row:
    """Some work that every side does.

    work    what `make` of every side is given
    wanted  by side: the goal. Sides that are not named take no part in this row, but for `ours`
    ours    the side whose seconds the others are divided by; None: the table's first
    shown   sides without a goal that take part all the same
    amount  how much is done at once, in `unit`; None: sides say themselves, and seconds of one `unit` are compared
    """

    name: str
    work: Mapping[str, Any]
    wanted: Mapping[str, float | Goal] = field(default_factory=dict)
    ours: str | None = None
    shown: tuple[str, ...] = ()
    amount: float | None = 1
    unit: str = "updates"

    def goal(self, side: str, way: str) -> float | None:
        """Return how many times as fast as this side Seqloom must be."""
        goal = self.wanted.get(side)
        return goal.of(way) if isinstance(goal, Goal) else goal


@dataclass(frozen=True)
class Table:
    """Rows and those who take part. The first side is Seqloom's, unless a row says which."""

    name: str
    title: str
    intro: str
    sides: tuple[Side, ...]
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        known = {side.name for side in self.sides}
        for row in self.rows:
            if unknown := {*row.wanted, *row.shown, self.ours(row)} - known:
                raise ValueError(f"{self.name}: row {row.name} names sides that there are not: {', '.join(unknown)}")

    def ours(self, row: Row) -> str:
        """Return the name of the side that a row's goals are about."""
        return row.ours or self.sides[0].name

    def taking_part(self, row: Row) -> list[Side]:
        """Return the sides of a row, Seqloom's first."""
        named = {self.ours(row), *row.wanted, *row.shown}
        return sorted((side for side in self.sides if side.name in named), key=lambda side: side.name != self.ours(row))
