"""Grouping: who or when rows come from, where held-out rows must be of others, or of later, than those of training.

A model that is to serve people, machines or documents that it never met is measured on such ones alone; rows of one
speaker on both sides are a leak although no two rows are alike. So it is with time: what comes later is told from what
came before.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqloom.checking.part import Part
from seqloom.data.moments import Moments, parse
from seqloom.data.series_columns import TIMES
from seqloom.errors import InputError, nearest

_GROUPS = """
who subject subject_id person person_id patient patient_id user user_id userid speaker speaker_id author author_id
writer participant participant_id customer customer_id device device_id session session_id group group_id
document doc doc_id document_id dialog dialogue_id conversation_id thread_id video_id recording_id
화자 사용자 작성자 환자 참가자 고객 문서 그룹
"""
GROUPS = frozenset(_GROUPS.split())
"""Names that a column of who rows come from usually bears."""
SHOWN = 3


@dataclass(frozen=True)
class Shared:
    """Groups of a column that are in two parts.

    groups  of them in both;  of  in the held-out part;  rows  of the held-out part that are of those
    names   of some that are in both
    """

    part: str
    known: str
    column: str
    groups: int
    of: int
    rows: int
    of_rows: int
    names: list[str]


@dataclass(frozen=True)
class Order:
    """How a held-out part lies in time to training.

    first, last    the earliest and the latest held-out time;  known_last  the latest time of training
    early          rows of the part that are not later than the latest of training
    """

    part: str
    known: str
    column: str
    first: str
    last: str
    known_last: str
    early: int
    of: int


def group_columns(part: Part, taken: Sequence[str]) -> list[str]:
    """Return the columns that seem to say who a row comes from: by name, where cells repeat and differ."""
    found = []
    for name in part.columns:
        if name.casefold().replace(" ", "_") in GROUPS and name not in taken:
            different = len(set(part.column(name)))
            if 1 < different <= part.rows / 2:
                found.append(name)
    return found


def time_columns(part: Part, taken: Sequence[str]) -> list[str]:
    """Return the columns that seem to say when a row was made: by name."""
    return [name for name in part.columns if name.casefold() in TIMES and name not in taken]


def has(parts: Sequence[Part], column: str, option: str) -> None:
    """Raise InputError where a part has no such column."""
    for part in parts:
        if column not in part.columns:
            there = f"it has {', '.join(part.columns)}" if part.columns else f"its {part.what} have no columns"
            raise InputError(f"{part.path} has no column '{column}'{nearest(column, part.columns, option)}; {there}.")


def shared(held: Part, known: Part, column: str) -> Shared:
    """Count the groups of a column that are in both parts."""
    of, there = Counter(held.column(column)), set(known.column(column))
    both = [name for name, _ in of.most_common() if name in there]
    rows = sum(of[name] for name in both)
    return Shared(held.name, known.name, column, len(both), len(of), rows, held.rows, both[:SHOWN])


def in_time(held: Part, known: Part, column: str) -> Order:
    """Say how a part lies in time to another. Raises InputError for a cell that is no time."""
    ahead, behind = _times(held, column), _times(known, column)
    if ahead.dated != behind.dated:
        raise InputError(
            f"{held.path} and {known.path}: the times in '{column}' are dates in one and numbers in other."
        )
    early = int((ahead.values <= behind.values.max()).sum())
    return Order(
        held.name,
        known.name,
        column,
        ahead.write(float(ahead.values.min())),
        ahead.write(float(ahead.values.max())),
        behind.write(float(behind.values.max())),
        early,
        held.rows,
    )


def _times(part: Part, column: str) -> Moments:
    moments, bad = parse(list(part.column(column)))
    if bad is not None:
        place, problem = bad
        raise InputError(f"{part.where(place)}: column '{column}': {problem.problem}. {problem.fix}.")
    if not len(np.atleast_1d(moments.values)):
        raise InputError(f"{part.path}: column '{column}' has no time.")
    return moments
