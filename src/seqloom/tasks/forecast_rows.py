"""Rows of forecasts: from the files of a spec to series that are split, scaled and laid out as tracks.

Whatever is fitted (the season, the scales) is fitted on the training part of each series alone.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from seqloom.data import series_scale as scales
from seqloom.data.calendars import calendar, features_of
from seqloom.data.gaps import Filled, fill
from seqloom.data.seasons import season_of
from seqloom.data.series import SeriesSet, read
from seqloom.data.series_columns import Columns
from seqloom.data.series_scale import Scale, Scales
from seqloom.data.series_split import Parts, parts
from seqloom.data.series_table import Floats
from seqloom.data.series_windows import Places, Track, Windows, origins
from seqloom.errors import InputError
from seqloom.spec import SeriesSpec, Spec
from seqloom.tasks.task import Say

LONGEST_SEASON = 200
"""Two longer seasons than this are more than a look-back holds unless asked for."""
USUAL_HORIZON = 48
Which = Literal["train", "valid", "test", "whole"]


def section(spec: Spec) -> SeriesSpec:
    """Return the series section of a spec. Raises InputError where there is none."""
    if spec.series is None:
        raise InputError("forecast needs a series section: series: {horizon: 12}, say.")
    return spec.series


def settled(spec: Spec) -> tuple[int, int, int]:
    """Return look-back, horizon and season of a spec that has them."""
    said = section(spec)
    if said.look_back is None or said.horizon is None or said.season is None:
        raise ValueError("look_back, horizon and season are settled when a task is learnt")
    return said.look_back, said.horizon, said.season


@dataclass(frozen=True)
class Lane:
    """What one track forecasts: a series, and one of its channels or all (None); its scale is of those channels."""

    series: int
    channel: int | None
    scale: Scale

    def pick(self, values: Floats) -> Floats:
        """Return the channels of this lane of values [..., channels]."""
        return values if self.channel is None else values[..., self.channel : self.channel + 1]


@dataclass(frozen=True)
class Laid:
    """The series of a file as tracks.

    found    what was read
    filled   its series, gaps filled
    parts    of each series where its training, validation and test part end
    scales   by series
    lanes    of each track what it forecasts
    windows  over the tracks
    """

    found: SeriesSet
    filled: list[Filled]
    parts: list[Parts]
    scales: Scales
    lanes: list[Lane]
    windows: Windows

    def origins(self, which: Which, stride: int = 1, begin: dict[str, int] | None = None) -> Places:
        """Return the (track, origin) keys whose whole horizon lies in a part of its series.

        Training begins where the look-back is full, or half way where a series is too short for that; `begin` holds by
        series how many steps must be before an origin.
        """
        look_back, horizon = self.windows.look_back, self.windows.horizon
        keys = []
        for number, lane in enumerate(self.lanes):
            part, one = self.parts[lane.series], self.filled[lane.series]
            length = len(one.values)
            first, end = {
                "train": (0, part.train),
                "valid": (part.train, part.valid),
                "test": (part.valid, part.test),
                "whole": (0, length),
            }[which]
            last = end - horizon
            if first == 0:
                first = look_back if last >= look_back else max(1, last // 2)
            if begin is not None:
                first = max(first, begin.get(one.series.name, 0))
            found = origins(length, first, last, one.starts, stride)
            keys.append(np.stack([np.full(len(found), number), found], 1))
        return np.concatenate(keys)

    def digest(self) -> str:
        """Return a hash of the training part of every series."""
        made = hashlib.sha256()
        for one, part in zip(self.filled, self.parts, strict=True):
            made.update(one.series.name.encode())
            made.update(np.ascontiguousarray(one.series.stamps[: part.train]).tobytes())
            made.update(np.ascontiguousarray(one.series.truth[: part.train]).tobytes())
        return made.hexdigest()


def read_series(spec: Spec, path: str, say: Say, *, values_too: bool = True) -> tuple[SeriesSet, list[Filled]]:
    """Read a file by the series section of a spec and fill its gaps."""
    said = section(spec)
    columns = Columns(said.time, said.id, said.values, said.past, said.known)
    found = read(
        path,
        columns,
        frequency=said.frequency,
        repeats=said.repeats,
        dates=said.dates,
        until=said.until,
        format=spec.data.format,
        header=spec.data.header,
        on_bad_row=spec.data.on_bad_row,
        values_too=values_too,
    )
    filled, notes = fill(found, said.gaps)
    for note in [*found.notes, *notes]:
        say(note)
    return found, filled


def settle(spec: Spec, found: SeriesSet, filled: list[Filled], say: Say) -> None:
    """Write into the spec what the file tells: columns, frequency, calendar, season, horizon and look-back."""
    said = section(spec)
    chosen = found.chosen
    said.time = ",".join(chosen.time) or None
    said.id, said.values = chosen.id, list(chosen.values)
    said.past, said.known = list(chosen.past), list(chosen.known)
    said.frequency = str(found.frequency)
    said.calendar = list(features_of(said.calendar, found.frequency)) or "none"
    lengths = [len(one.values) for one in filled]
    size = f"{len(filled)} series of {min(lengths):,} to {max(lengths):,} steps" if len(filled) > 1 else ""
    say(f"{found.path}: {size or f'{lengths[0]:,} steps'}, one step: {said.frequency}; to forecast: "
        f"{', '.join(said.values[:12])}{', ...' if len(said.values) > 12 else ''}")  # fmt: skip
    if said.season is None:
        valid, test = _shares(spec)
        guess = said.horizon or 1
        ends = [parts(length, valid, test, guess).train for length in lengths]
        said.season, echo = season_of([one.series.truth[:end] for one, end in zip(filled, ends, strict=True)],
                                      found.frequency)  # fmt: skip
        heard = "" if np.isnan(echo) else f", where its changes echo with {echo:.2f} of 1"
        say(f"{found.path}: series.season={said.season}{heard}" if said.season > 1
            else f"{found.path}: no season is found (series.season=1)")  # fmt: skip
    if said.horizon is None:
        said.horizon = said.season if 1 < said.season <= USUAL_HORIZON else 12
        way = "one after the other" if said.form == "sequence" else "at once"
        say(f"{found.path}: series.horizon={said.horizon} steps are told {way}")
    if said.look_back is None:
        rounds = 2 * said.season if said.season <= LONGEST_SEASON else 0
        most = max(1, max(lengths) // 3)
        said.look_back = max(1, min(most, max(rounds, 2 * said.horizon, 8)))
        say(f"{found.path}: series.look_back={said.look_back} steps are read")


def lay(spec: Spec, found: SeriesSet, filled: list[Filled], known: Scales | None, say: Say, part: bool = True) -> Laid:
    """Split, scale and lay out series. `known` are the scales of training, None where this is it.

    A series that training did not know is scaled by its own first part. Raises InputError where the columns are not
    those of training.
    """
    said = section(spec)
    look_back, horizon, _ = settled(spec)
    valid, test = _shares(spec) if part else (0.0, 0.0)
    divided = [parts(len(one.values), valid, test, horizon) for one in filled]
    names = () if said.calendar == "none" else features_of(said.calendar, found.frequency)
    fitted: Scales = {}
    lanes: list[Lane] = []
    tracks: list[Track] = []
    strange = []
    for number, (one, ends) in enumerate(zip(filled, divided, strict=True)):
        name = one.series.name
        if known is not None and name in known:
            both = known[name]
        else:
            strange += [name] if known is not None else []
            both = _fit(said, one, ends.train)
        fitted[name] = both
        channels, beside = both
        values, truth = channels.apply(one.values), channels.apply(one.series.truth)
        past, ahead = _covariates(one, beside)
        stamps = one.series.stamps
        future = found.frequency.ahead(stamps, np.arange(len(stamps)), horizon)
        dates = calendar(np.concatenate([stamps, future]), names)
        size = min(len(dates), len(ahead)) if said.known else len(dates)
        covariates = np.concatenate([ahead[:size] if said.known else np.zeros((size, 0)), dates[:size]], 1)
        apart = said.channels == "apart" and values.shape[1] > 1
        for channel in range(values.shape[1]) if apart else [None]:
            scale = channels if channel is None else Scale(
                channels.center[channel : channel + 1], channels.spread[channel : channel + 1]
            )  # fmt: skip
            lane = Lane(number, channel, scale)
            lanes.append(lane)
            tracks.append(
                Track(*(part.astype(np.float32) for part in (lane.pick(values), lane.pick(truth), past, covariates)))
            )
    if strange and any(strange):
        say(f"{found.path}: {len(strange)} series that training did not know, the first {strange[0]!r}, are scaled by "
            "themselves")  # fmt: skip
    windows = Windows(tracks, look_back, horizon, flags=said.gaps == "missing")
    return Laid(found, filled, divided, fitted, lanes, windows)


def _shares(spec: Spec) -> tuple[float, float]:
    """Return what is held out of the training file for validation and for testing; a file holds out nothing."""
    valid, test = spec.data.valid, spec.data.test
    return (0.0 if isinstance(valid, str) else valid or 0.0), (0.0 if isinstance(test, str) else test or 0.0)


def _fit(said: SeriesSpec, one: Filled, end: int) -> tuple[Scale, Scale]:
    """Learn the scales of a series from its training part."""
    beside = np.concatenate([one.past[:end], one.known[:end]], 1)
    channels = scales.fit(one.series.truth[:end]) if said.scale != "none" else scales.none(one.values.shape[1])
    return channels, scales.fit(beside)


def _covariates(one: Filled, scale: Scale) -> tuple[Floats, Floats]:
    width = one.past.shape[1]
    first = Scale(scale.center[:width], scale.spread[:width])
    second = Scale(scale.center[width:], scale.spread[width:])
    return first.apply(one.past), second.apply(one.known)


def check_columns(spec: Spec, scales_of: Scales, path: str) -> None:
    """Raise InputError where a spec's channels are not as many as its scales have."""
    widths = {len(both[0].center) for both in scales_of.values()}
    if widths != {len(cast(list[str], section(spec).values))}:
        raise InputError(f"{path}: training had other columns; give the same ones.")


def say_constant(found: SeriesSet, filled: list[Filled], divided: list[Parts], say: Say) -> None:
    """Say aloud which columns never differ in the training part."""
    for one, ends in zip(filled, divided, strict=True):
        flat = scales.constant(one.series.truth[: ends.train])
        for place in flat[:4]:
            of = f" of series '{one.series.name}'" if one.series.name else ""
            say(f"{found.path}: '{found.chosen.values[place]}'{of} is the same at every step of its training part; "
                "there is nothing to learn from it")  # fmt: skip


def say_leaks(found: SeriesSet, filled: list[Filled], horizon: int, say: Say) -> None:
    """Say aloud which covariate is a value to be told some steps later: at forecasting time nobody has it."""
    for column, name in enumerate(found.chosen.past):
        for channel, other in enumerate(found.chosen.values):
            for lead in range(1, min(horizon, 50) + 1):
                if all(_equal(one.past[:-lead, column], one.series.truth[lead:, channel]) for one in filled):
                    steps = f"{lead} step{'s' if lead > 1 else ''}"
                    say(f"{found.path}: '{name}' is '{other}' of {steps} later: is it known when a "
                        "forecast is made? If not, leave it out of series.past")  # fmt: skip
                    break


def _equal(early: Floats, late: Floats) -> bool:
    both = ~np.isnan(early) & ~np.isnan(late)
    return int(both.sum()) > 8 and bool(np.ptp(late[both]) > 0) and float((early == late)[both].mean()) > 0.99
