"""Gaps: what is read where nothing was measured, by a stated policy, and from where a forecast may start.

error        a gap is refused
previous     the last value is carried on
interpolate  a line from the value before to the value after; at a step inside the gap that later value is not known
             yet, so no forecast starts there
missing      nothing is made up: the model reads 0 (the mean) and a flag that says so

What was filled in is read and never told: in `Series.truth` it stays unknown.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqloom.data.series import Series, SeriesSet, cut
from seqloom.data.series_table import Floats
from seqloom.errors import InputError

Gaps = Literal["error", "interpolate", "previous", "missing"]
WAYS = "-s series.gaps=interpolate, previous or missing"


@dataclass(frozen=True)
class Filled:
    """A series of which every step can be read.

    values   [time, channels] measured or filled; NaN only where the policy is "missing"
    past     [time, covariates], filled
    known    [time + future, covariates]
    starts   [time + 1] whether a forecast may start after so many steps
    """

    series: Series
    values: Floats
    past: Floats
    known: Floats
    starts: NDArray[np.bool_]


def fill(found: SeriesSet, policy: Gaps) -> tuple[list[Filled], list[str]]:
    """Fill the gaps of every series; return them and what to say aloud.

    Raises InputError for a gap where the policy is to refuse one, and for a covariate that is known for the future but
    is not there.
    """
    filled, missing, first, late = [], 0, "", 0
    for one in found.series:
        _check_known(found, one, policy)
        bad = np.isnan(np.concatenate([one.truth, one.past], 1))
        if bad.any():
            first = first or _first(found, one, bad)
            if policy == "error":
                raise InputError(f"{first} ({_size(found)}). Fill it in, or say {WAYS}.{_rows(found)}")
            missing += int(np.isnan(one.truth).sum())
        begun = 0
        if policy in ("interpolate", "previous"):
            begun = int(np.isnan(one.truth).cumprod(0).sum(0).max(initial=0))
            late += begun
            if begun == len(one):
                raise InputError(f"{found.path}: a column of series '{one.name}' has no value at all; leave it out.")
            one = cut(one, begun, len(one))
        filled.append(_filled(one, policy))
    notes = []
    if missing:
        how = {"interpolate": "filled by a line between those around", "previous": "filled by the value before"}
        notes.append(f"{found.path}: {missing} values are missing and {how.get(policy, 'read as missing')} "
                     f"(series.gaps), the first: {first}; none is a target")  # fmt: skip
    if late:
        notes.append(f"{found.path}: {late} steps at the start are left out, where not every column has begun")
    return filled, notes


def _filled(one: Series, policy: Gaps) -> Filled:
    starts = np.ones(len(one) + 1, bool)
    starts[0] = False
    values, past = one.truth, one.past
    if policy == "interpolate":
        starts[1:] = ~np.isnan(values).any(1)
        values, past = _line(values), _carried(past)
        starts[-1] = True  # after the last step of the file nothing comes that could have been used
        values = _carried(values)
    else:
        values, past = (values if policy == "missing" else _carried(values)), _carried(past)
    known = _line(one.known) if policy == "interpolate" else _carried(one.known)
    return Filled(one, values, np.nan_to_num(past), known, starts)


def _line(values: Floats) -> Floats:
    """Draw lines across the gaps inside each column; ends stay as they are."""
    lines = values.copy()
    steps = np.arange(len(values))
    for column in lines.T:
        there = ~np.isnan(column)
        if there.any():
            column[:] = np.interp(steps, steps[there], column[there], left=np.nan, right=np.nan)
    return lines


def _carried(values: Floats) -> Floats:
    """Carry the last value of each column on."""
    if not len(values):
        return values
    steps = np.arange(len(values))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(values), 0, steps), 0)
    return np.asarray(np.take_along_axis(values, last, 0))


def _check_known(found: SeriesSet, one: Series, policy: Gaps) -> None:
    bad = np.isnan(one.known)
    allowed = policy in ("interpolate", "previous")
    if bad.any() and not (allowed and not bad[0].any()):
        step, column = (int(place) for place in np.argwhere(bad)[0])
        name = found.chosen.known[column]
        raise InputError(
            f"{found.where(one, step)}: '{name}' is missing, and a column of series.known must be there at every step, "
            "of the future too. Fill it in, or name it in series.past."
        )


def _first(found: SeriesSet, one: Series, bad: NDArray[np.bool_]) -> str:
    """Say the first gap of a series."""
    step, column = (int(place) for place in np.argwhere(bad)[0])
    of = f" of series '{one.name}'" if one.name else ""
    if one.rows[step] < 0:
        run = int((one.rows[step:] >= 0).argmax())
        after = f"{found.where(one, step)}: after {found.when(one, step - 1)}{of} "
        return f"{after}{run} step{'s are' if run > 1 else ' is'} missing up to {found.when(one, step + run)}"
    name = [*found.chosen.values, *found.chosen.past][column]
    return f"{found.where(one, step)}: '{name}' has no number at {found.when(one, step)}{of}"


def _rows(found: SeriesSet) -> str:
    """Name the way out of days on which nothing can be measured, as on an exchange."""
    if found.frequency.unit not in ("day", "business day"):
        return ""
    return " If there is nothing to measure on such days, -s series.frequency=row takes rows as they come."


def _size(found: SeriesSet) -> str:
    gaps = sum(int((one.rows[: len(one)] < 0).sum()) for one in found.series)
    empty = sum(int(np.isnan(one.truth[one.rows[: len(one)] >= 0]).sum()) for one in found.series)
    return f"one step: {found.frequency}; in all {gaps} steps are missing and {empty} values empty"
