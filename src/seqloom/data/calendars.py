"""Calendar features: where a step stands in the day, the week, the month and the year, each as a sine and a cosine.

A place x of a round of n is (sin 2 pi x / n, cos 2 pi x / n), so that 23 o'clock is beside 0 o'clock.
"""

import numpy as np
from numpy.typing import NDArray

from seqloom.data.frequency import Frequency
from seqloom.data.moments import DAY, Stamps
from seqloom.errors import InputError, nearest

FEATURES = ("hour", "weekday", "day", "month", "year-day")
AUTO: dict[str, tuple[str, ...]] = {
    "millisecond": ("hour", "weekday"),
    "second": ("hour", "weekday"),
    "minute": ("hour", "weekday"),
    "hour": ("hour", "weekday"),
    "day": ("weekday", "year-day"),
    "business day": ("weekday", "year-day"),
    "week": ("year-day",),
    "month": ("month",),
    "quarter": ("month",),
}


def features_of(asked: str | list[str], frequency: Frequency) -> tuple[str, ...]:
    """Return the names of the features: those asked for, or by "auto" those that differ at this frequency.

    Raises InputError for an unknown one, and for times that are no dates.
    """
    if asked == "none":
        return ()
    if asked == "auto":
        return AUTO.get(frequency.unit, ())
    names = tuple(asked) if isinstance(asked, list) else tuple(name.strip() for name in asked.split(","))
    for name in names:
        if name not in FEATURES:
            raise InputError(f"series.calendar: unknown feature '{name}'" + nearest(name, FEATURES, "or auto, none"))
    if names and not frequency.dated:
        raise InputError(
            f"series.calendar={','.join(names)} needs dates at every step, of the future too; here one step is a "
            f"{frequency}. Say series.calendar=none."
        )
    return names


def calendar(stamps: Stamps, names: tuple[str, ...]) -> NDArray[np.float32]:
    """Return the features of dates [time] as [time, 2 * features]."""
    if not names:
        return np.zeros((len(stamps), 0), np.float32)
    micros = np.asarray(stamps, np.int64)
    days = (micros // DAY).astype("datetime64[D]")
    months, years = days.astype("datetime64[M]"), days.astype("datetime64[Y]")
    clock = (micros % DAY) / DAY
    number = days.astype(np.int64)
    shares = {
        "hour": clock,
        "weekday": ((number + 3) % 7) / 7,  # 1970-01-01 was a Thursday; Monday is 0
        "day": (number - months.astype("datetime64[D]").astype(np.int64)) / 31,
        "month": (months.astype(np.int64) % 12) / 12,
        "year-day": (number - years.astype("datetime64[D]").astype(np.int64)) / 365.25,
    }
    turns = 2 * np.pi * np.stack([shares[name] for name in names], 1)
    return np.concatenate([np.sin(turns), np.cos(turns)], 1).astype(np.float32)
