"""Series as a source: channels standardised as in training, with noise in training where that is asked for."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from seqloom.batch import Field
from seqloom.data.case_table import channels
from seqloom.data.channels import Channels, Floats, Read
from seqloom.data.formats import BadRow
from seqloom.errors import InputError
from seqloom.spec import Spec
from seqloom.tasks.chunks import CHUNK
from seqloom.tasks.curves import Curves
from seqloom.tasks.labelled import sides
from seqloom.tasks.source import Draw, Source, Stored
from seqloom.tasks.task import Say


class SeriesNumbers(Stored):
    """What a model reads of each series, one after the other: [steps, features]."""

    def __init__(self, series: Sequence[Read], values: int, noise: float) -> None:
        """`values` of the features are numbers, the others flags; `noise` is the deviation of what is added to them."""
        self._series, self._values, self._noise = series, values, noise
        self.lengths = np.array([len(one) for one in series], np.int64)
        self.varies = noise > 0

    def field(self, rows: Sequence[int], draw: Draw | None) -> Field:
        """Lay series side by side, with noise where there is a Draw; a value that is missing stays 0."""
        if draw is None or not self._noise:
            return laid([self._series[row] for row in rows])
        return laid([self._noisy(self._series[row], draw(row)) for row in rows])

    def _noisy(self, series: Read, generator: np.random.Generator) -> Read:
        noise = generator.standard_normal((len(series), self._values), np.float32) * np.float32(self._noise)
        if series.shape[1] > self._values:
            noise *= series[:, self._values :]
        return np.concatenate([series[:, : self._values] + noise, series[:, self._values :]], 1)


class SeriesSource(Source[Curves]):
    """Numbers at each step, one or several channels."""

    def __init__(self, spec: Spec, channels: Channels) -> None:
        super().__init__(spec)
        self.learnt = self.channels = channels
        self.digest = channels.digest

    @classmethod
    def learn(cls, spec: Spec, examples: Curves, say: Say) -> Self:
        """Fit the mean and the deviation of each channel. Raises InputError for a channel that has none."""
        scale = spec.series is None or spec.series.scale == "series"
        try:
            found = Channels.train(examples.cases.channels, (case.values for case in examples.cases), scale)
        except InputError as error:
            raise InputError(f"{examples.path}: {error}") from None
        if found.gaps:
            missing = sum(int(np.isnan(case.values).sum()) for case in examples.cases)
            total = sum(case.values.size for case in examples.cases)
            say(f"{examples.path}: {missing} of {total} values are missing; at each step a flag a channel says so.")
        return cls(spec, found)

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Read the channels."""
        return cls(spec, Channels.load(folder))

    def save(self, folder: Path) -> None:
        """Write the channels."""
        self.channels.save(folder)

    def wiring(self, vectors_too: bool) -> dict[str, Any]:
        """Return how many numbers a step has."""
        return {"features": self.channels.features}

    def store(self, examples: Curves, training: bool, say: Say) -> SeriesNumbers:
        """Standardise every series; how many are cut, or have missing values unlike training, is said."""
        theirs, ours = len(examples.cases.channels), len(self.channels)
        if theirs != ours:
            raise InputError(f"{examples.path}: series of {_channels(theirs)}, and training had {_channels(ours)}.")
        source, _ = sides(self.spec)
        series, cut, unlike = [], 0, 0
        for place, case in enumerate(examples.cases):
            try:
                read = self.channels.read(case.values)
            except ValueError as error:
                raise InputError(f"{examples.where(place)}: {error}.") from None
            cut += source.max_length is not None and len(read) > source.max_length
            unlike += not self.channels.gaps and bool(np.isnan(case.values).any())
            series.append(read[: source.max_length])
        if cut:
            say(
                f"{examples.path}: {cut} of {len(series)} series are longer than {source.max_length} steps and are cut "
                "there (source.max_length)."
            )
        if unlike:
            say(
                f"{examples.path}: {unlike} of {len(series)} series have missing values, which training had not; the "
                "mean of the channel stands there."
            )
        return SeriesNumbers(series, ours, source.noise if training else 0.0)

    def chunks(self, rows: Iterable[Any]) -> Iterator[list[Floats]]:
        """Yield series [steps, channels] some at a time: of arrays, or of cells of numbers (a channel each, or channels
        with colons between)."""
        rest = iter(rows)
        while chunk := list(islice(rest, CHUNK)):
            yield [self._series(row) for row in chunk]

    def field(self, rows: Sequence[Floats]) -> Field:
        """Standardise series and lay them side by side."""
        longest = sides(self.spec)[0].max_length
        try:
            return laid([self.channels.read(series)[:longest] for series in rows])
        except ValueError as error:
            raise InputError(f"{error}.") from None

    def _series(self, row: Any) -> Floats:
        """Return a row as numbers [steps, channels]; a list of plain numbers is the one channel of a series."""
        if isinstance(row, str) or (len(row) and all(isinstance(cell, str) for cell in row)):
            cells = row.split(":") if isinstance(row, str) else row[0].split(":") if len(row) == 1 else list(row)
            shown = ":".join(cells)[:60]
            try:
                names = self.channels.names if len(cells) == len(self.channels) else [str(n) for n in range(len(cells))]
                found = channels(names, cells)
            except BadRow as bad:
                raise InputError(f"{shown!r} is no series: {bad.problem}. {bad.fix}.") from None
        else:
            found = np.asarray(row, np.float64)
            found = found[:, None] if found.ndim == 1 else found
            shown = f"an array {list(found.shape)}"
            if found.ndim != 2 or np.isinf(found).any():
                raise InputError(f"{shown} is no series: give finite numbers (or NaN) [steps, channels].")
        if found.shape[1] != len(self.channels):
            raise InputError(
                f"{shown!r} has {_channels(found.shape[1])}, and training had {_channels(len(self.channels))}; write a "
                "channel as numbers with commas between, and a colon between channels."
            )
        if not len(found) or np.isnan(found).all():
            raise InputError(f"{shown!r} is no series: it has no value.")
        return found


def laid(series: Sequence[NDArray[np.float32]]) -> Field:
    """Lay series [steps, features] side by side: values [rows, time, features], 0 after the end of each, and a mask."""
    lengths = torch.tensor([len(one) for one in series], dtype=torch.int64)
    time = max([1, *map(len, series)])
    values = torch.zeros(len(series), time, series[0].shape[1])
    for place, one in enumerate(series):
        values[place, : len(one)] = torch.from_numpy(np.ascontiguousarray(one))
    return Field(values, torch.arange(time) < lengths[:, None])


def _channels(number: int) -> str:
    return f"{number} channel{'' if number == 1 else 's'}"
