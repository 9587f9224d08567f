"""A greedy cover: few rows of settings in which any two values that may stand together do so somewhere."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from random import Random
from typing import Any

Row = dict[str, Any]
"""By axis, one value each; an axis that does not apply is not there."""
Pair = frozenset[tuple[str, Any]]
Axes = Mapping[str, Sequence[Any]]


def pairs(row: Row) -> set[Pair]:
    """List the pairs of values that stand together in a row."""
    return {frozenset(two) for two in combinations(row.items(), 2)}


def dealt(
    bases: Iterable[Row], axes: Callable[[Row], Axes], fits: Callable[[Row], bool], seen: set[Pair] | None = None
) -> list[Row]:
    """Fill each base row with a value of every axis it has, each time the one that brings most pairs not yet `seen`.

    Among equals chance decides, from a fixed seed. `fits` judges rows that are not filled to the end too: an axis that
    is not there is not decided yet. A base that does not fit is left out.
    """
    seen = set() if seen is None else seen
    rows, chance = [], Random(0)
    for base in bases:
        row = dict(base)
        if not fits(row):
            continue
        while left := {axis: values for axis, values in axes(row).items() if axis not in row}:
            axis, values = next(iter(left.items()))
            fitting = [value for value in values if fits({**row, axis: value})]
            row[axis] = max(fitting, key=lambda value: (fresh(axis, value, row, seen), chance.random()))
        seen |= pairs(row)
        rows.append(row)
    return rows


def fresh(axis: str, value: Any, row: Row, seen: set[Pair]) -> int:
    """Count the pairs that a value makes with a row and that are not yet seen."""
    return sum(frozenset([(axis, value), other]) not in seen for other in row.items())


def unseen(bases: Sequence[Row], axes: Callable[[Row], Axes], seen: set[Pair]) -> dict[Pair, list[Row]]:
    """Return the pairs that stand together in no row, each with the bases that have both of its axes."""
    found: dict[Pair, list[Row]] = {}
    for base in bases:
        items = [*base.items(), *((axis, value) for axis, values in axes(base).items() for value in values)]
        for two in combinations(items, 2):
            if two[0][0] != two[1][0] and frozenset(two) not in seen:
                found.setdefault(frozenset(two), []).append(base)
    return found


def covered(
    bases: Sequence[Row], axes: Callable[[Row], Axes], fits: Callable[[Row], bool], homes: Sequence[Row] | None = None
) -> list[Row]:
    """Deal settings out over the bases, then add rows until any two values that may stand together do so.

    The rows that are added are those of `homes`, of the bases themselves where there are none.
    """
    seen: set[Pair] = set()
    rows = dealt(bases, axes, fits, seen)
    for pair, fitting in unseen(homes or bases, axes, seen).items():
        together = ({**home, **dict(pair)} for home in fitting)
        one = next((row for row in together if fits(row)), None)
        if one is not None and pair not in seen:
            rows += dealt([one], axes, fits, seen)
    return rows


def each_once(rows: Sequence[Row]) -> list[Row]:
    """Pick rows, first come first, until every value of every axis that is in some row is in one that was picked."""
    seen: set[tuple[str, Any]] = set()
    picked = []
    for row in rows:
        if not seen.issuperset(row.items()):
            seen |= set(row.items())
            picked.append(row)
    return picked
