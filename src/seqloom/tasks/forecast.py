"""Forecast: numbers over time to the numbers that come next, in three forms.

direct     the memory of what was read tells every step of the horizon at once; one step is horizon 1
aligned    every step that is read tells the steps after it, so that all of a window teaches (a causal encoder)
sequence   an encoder, a bridge and a decoder, which hears its own forecasts one after the other
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from seqloom.architecture import Structure
from seqloom.build import Wiring
from seqloom.data import series_scale
from seqloom.data.gaps import Filled
from seqloom.data.moments import parse
from seqloom.data.series import SeriesSet
from seqloom.data.series_scale import Scales
from seqloom.errors import InputError
from seqloom.heads.numbers import NumberShape
from seqloom.model import SequenceModel
from seqloom.presets import PRESETS
from seqloom.spec import Spec
from seqloom.tasks.backtest import ForecastMeter
from seqloom.tasks.forecast_answers import Forecast, Past, answer
from seqloom.tasks.forecast_batches import HEAD, ForecastData
from seqloom.tasks.forecast_rows import (
    Laid,
    check_columns,
    lay,
    read_series,
    say_constant,
    say_leaks,
    section,
    settle,
    settled,
)
from seqloom.tasks.parts import TEST
from seqloom.tasks.task import Data, Meter, Say, Task

VALIDATED = 2000
"""Windows that each validation of a training forecasts, evenly spread; evaluate takes all."""
STRUCTURES: dict[str | None, Structure] = {"direct": "summary", "aligned": "steps", "sequence": "sequence"}


class Forecasting(Task):
    """Numbers over time to the numbers that come next."""

    name = "forecast"
    about = "numbers over time to the numbers that come next, with intervals"
    structure = "summary"
    named: ClassVar[Mapping[str, str]] = {}

    def __init__(self, spec: Spec, scales: Scales, ends: dict[str, str], rows_digest: str) -> None:
        """`ends` holds by series when its training part ended."""
        super().__init__(spec)
        self.scales, self.ends, self.rows_digest = scales, ends, rows_digest
        self.laid: Laid | None = None

    @classmethod
    def form_of(cls, arch: str | None, form: str | None) -> str | None:
        """Return the form sequence for what is an encoder with a decoder and nothing else, such as bahdanau."""
        if form is not None or arch not in PRESETS:
            return form
        alone, joined = (isinstance(PRESETS[arch].parts(one), dict) for one in ("summary", "sequence"))
        return "sequence" if joined and not alone else None

    @classmethod
    def shape(cls, form: str | None) -> Structure:
        """Return the structure of a form."""
        return STRUCTURES.get(form, "summary")

    @classmethod
    def default_arch(cls, form: str | None) -> str | None:
        """Return a GRU, which every form can have."""
        return "gru"

    @staticmethod
    def template() -> dict[str, Any]:
        """Return the defaults: each column apart, windows by their own mean and deviation, early stopping."""
        return {
            "source": {"tokens": "series", "size": 64},
            "target": {"tokens": "series", "size": 64},
            "series": {"calendar": "auto", "channels": "apart", "scale": "window"},
            "heads": {HEAD: {"kind": "point"}},
            "data": {"valid": 0.1, "test": 0.2},
            "fit": {"steps": 2000, "batch_tokens": 4096, "lr": 1e-3, "patience": 8, "valid_every": 100},
        }

    @classmethod
    def formed(cls, form: str | None) -> dict[str, Any]:
        """Return the template; the aligned form tells what a window's own scale would have measured already."""
        values = cls.template()
        if form is not None:
            values["series"]["form"] = form
        if form == "aligned":
            values["series"]["scale"] = "series"
        return values

    @classmethod
    def learn(cls, spec: Spec, say: Say) -> Self:
        """Read the training file, find what the spec leaves open, split by time and fit the scales."""
        if spec.data.train is None:
            raise InputError("forecast needs data: a CSV or Parquet file of numbers over time.")
        _check_head(spec)
        found, filled = read_series(spec, spec.data.train, say)
        settle(spec, found, filled, say)
        laid = lay(spec, found, filled, None, say)
        say_constant(found, filled, laid.parts, say)
        say_leaks(found, filled, settled(spec)[1], say)
        ends = {
            one.series.name: found.when(one.series, part.train - 1)
            for one, part in zip(filled, laid.parts, strict=True)
        }
        task = cls(spec, laid.scales, ends, laid.digest())
        task.laid = laid
        return task

    def reread(self, say: Say) -> str:
        """Read the training file again; return the digest of the training parts."""
        self.laid = self._lay(str(self.spec.data.train), say, part=True)
        return self.laid.digest()

    @classmethod
    def load(cls, spec: Spec, folder: Path) -> Self:
        """Take the scales of a run."""
        about = json.loads((folder / "series.json").read_text(encoding="utf-8"))
        return cls(spec, series_scale.load(folder), about["ends"], about["training_rows_sha256"])

    def save(self, folder: Path) -> None:
        """Write the scales."""
        series_scale.save(self.scales, folder)
        about = {"ends": self.ends, "training_rows_sha256": self.rows_digest}
        (folder / "series.json").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")

    def digest(self) -> str:
        """Return a hash of what the features are; runs whose series differ may share weights."""
        said = section(self.spec)
        features = [said.past, said.known, said.calendar, said.channels, said.gaps == "missing"]
        return hashlib.sha256(json.dumps([*features, self._channels()]).encode()).hexdigest()

    def wiring(self, vectors_too: bool = True) -> Wiring:
        """Return how wide a step is that is read and one that is told, and how many steps are told."""
        said = section(self.spec)
        channels = self._channels()
        known = len(said.known) + 2 * (0 if said.calendar == "none" else len(said.calendar))
        features = channels * (1 + (said.gaps == "missing")) + len(said.past) + known
        shape = NumberShape(settled(self.spec)[1], channels, known, written=said.form == "sequence")
        written = channels + known if said.form == "sequence" else None
        return Wiring(features=features, numbers={HEAD: shape}, written=written)

    def training(self, say: Say, carries: bool) -> tuple[Data, Data | None]:
        """Return shuffled training windows, and windows to validate on."""
        if self.laid is None:
            raise InputError("a loaded task has no training data; learn it from the spec first.")
        _, horizon, _ = settled(self.spec)
        keys = self.laid.origins("train")
        if not len(keys):
            longest = max(part.train for part in self.laid.parts)
            raise InputError(
                f"{self.laid.found.path}: the longest training part has {longest} steps, too few to read some and tell "
                f"{horizon} more. Give more rows, a shorter series.horizon, or hold out less (data.valid, data.test)."
            )
        none = set(range(len(self.laid.lanes))) - set(keys[:, 0].tolist())
        if none:
            say(f"{self.laid.found.path}: {len(none)} series are too short for a window of training")
        data = self._data(self.laid, keys, training=True)
        valid = self.spec.data.valid
        if isinstance(valid, str):
            return data, self._data(*self._file(valid, say))
        held = self.laid.origins("valid")
        if not len(held):
            if valid:
                say(f"{self.laid.found.path}: too short to hold out {valid:g} for validation; nothing is")
            return data, None
        if len(held) > VALIDATED:
            say(f"{self.laid.found.path}: each validation forecasts {VALIDATED} of {len(held):,} windows; evaluate all")
            held = held[np.arange(VALIDATED) * len(held) // VALIDATED]
        return data, self._data(self.laid, held)

    def evaluation(self, path: str | None, say: Say, carries: bool, stride: int = 1) -> Data:
        """Return every window (or every `stride`-th) of a file, or of what training held out for testing; of what it
        validated on, which flatters, where nothing was."""
        wanted, path = path, None if path == TEST else path
        if path is None and isinstance(self.spec.data.test, str):
            path = self.spec.data.test
        if path is not None:
            laid, keys = self._file(path, say, stride)
            return self._data(laid, keys, full=True)
        if self.laid is None:
            self.reread(say)
        assert self.laid is not None
        keys = self.laid.origins("test", stride)
        if not len(keys) and wanted == TEST:
            raise InputError(
                "training held nothing out for testing: train with -s data.test=0.1, or name a file to evaluate on."
            )
        if not len(keys) and isinstance(self.spec.data.valid, str):
            laid, keys = self._file(self.spec.data.valid, say, stride)
            return self._data(laid, keys, full=True)
        if not len(keys):
            keys = self.laid.origins("valid", stride)
            if len(keys):
                say("nothing was held out for testing, so these are the windows that training was validated on")
        if not len(keys):
            raise InputError("training held nothing out (data.valid and data.test are 0): give a file to evaluate on.")
        return self._data(self.laid, keys, full=True)

    def meter(self, model: SequenceModel, data: Data) -> Meter:
        """Return a meter of the loss and of errors; of data to evaluate on a backtest, with naive forecasts beside."""
        if not isinstance(data, ForecastData):
            raise TypeError("a meter is for data of this task")
        return ForecastMeter(model, data, settled(self.spec)[2])

    def rows_of(self, path: str, say: Say) -> Iterator[tuple[dict[str, str], Any]]:
        """Read a file as training did and yield each series: its name, and what came before the first step to tell."""
        laid = self._lay(path, say, part=False)
        for number, one in enumerate(laid.filled):
            yield {"series": one.series.name}, Past(laid, number, _hush if number else say)

    def answers(
        self,
        models: Sequence[SequenceModel],
        rows: Iterable[Any],
        *,
        first: int = 0,
        horizon: int | None = None,
        levels: Sequence[float] = (),
        samples: int = 0,
        seed: int = 0,
        **options: Any,
    ) -> Iterator[Forecast]:
        """Forecast each series: `horizon` steps (None: as trained), with the central intervals of `levels` in percent
        and `samples` paths. A row is what `rows_of` yields, or the name of a file, which gives all its series."""
        self._only(options)
        if len(models) > 1:
            raise InputError("forecasts have no ensemble: each run has scales of its own.")
        if horizon is not None and horizon < 1:
            raise InputError(f"horizon={horizon}: tell 1 step or more.")
        for level in levels:
            if not 0 < level < 100:
                raise InputError(f"level={level:g}: an interval holds a percentage above 0 and below 100, such as 80.")
        return self._answers(models[0], rows, first, horizon, tuple(levels), samples, seed)

    def _answers(
        self,
        model: SequenceModel,
        rows: Iterable[Any],
        first: int,
        horizon: int | None,
        levels: tuple[float, ...],
        samples: int,
        seed: int,
    ) -> Iterator[Forecast]:
        for row in rows:
            pasts = [row] if isinstance(row, Past) else [past for _, past in self.rows_of(str(row), _hush)]
            for past in pasts:
                yield answer(model, self.spec, past, horizon, levels, samples, seed + first)
                first += 1

    def _lay(self, path: str, say: Say, part: bool) -> Laid:
        found, filled = self._read(path, say)
        return lay(self.spec, found, filled, self.scales, say, part)

    def _read(self, path: str, say: Say) -> tuple[SeriesSet, list[Filled]]:
        check_columns(self.spec, self.scales, path)
        return read_series(self.spec, path, say)

    def _file(self, path: str, say: Say, stride: int = 1) -> tuple[Laid, Any]:
        """Return the windows of another file: of series that training saw, those after its training part."""
        laid = self._lay(path, say, part=False)
        begin = {}
        if laid.found.frequency.dated:
            for one in laid.filled:
                end = self.ends.get(one.series.name)
                if end is not None:
                    when = _stamp(laid, end)
                    begin[one.series.name] = int((one.series.stamps <= when).sum())
        keys = laid.origins("whole", stride, begin)
        if not len(keys):
            raise InputError(
                f"{path}: no step to forecast from: a look-back of {laid.windows.look_back} and {laid.windows.horizon} "
                "steps to tell are needed, after what was trained on."
            )
        if any(begin.values()):
            say(f"{path}: forecasts start after the training part, which ended at {next(iter(self.ends.values()))}")
        return laid, keys

    def _data(self, laid: Laid, keys: Any, training: bool = False, full: bool = False) -> ForecastData:
        fit = self.spec.fit
        return ForecastData(laid, keys, section(self.spec).form, fit.batch_tokens, fit.seed, training, full)

    def _channels(self) -> int:
        said = section(self.spec)
        return 1 if said.channels == "apart" else len(said.values or ())


def _hush(note: str) -> None:
    """Say nothing: what holds of every series is said of the first, and to who asks by name of a file, nothing."""


def _stamp(laid: Laid, when: str) -> float:
    moments, bad = parse([when], "day" if laid.found.moments.pattern.startswith("{d") else "month")
    return -np.inf if bad is not None else float(moments.values[0])


def _check_head(spec: Spec) -> None:
    """Give the head what the form asks of it. Raises InputError for heads that do not fit."""
    form = section(spec).form
    if list(spec.heads) != [HEAD]:
        raise InputError(f"forecast has one head, '{HEAD}': -s heads.{HEAD}=point, quantiles, normal or student.")
    reads = spec.heads[HEAD].get("reads")
    if form == "aligned" and reads not in (None, "steps"):
        raise InputError(
            f"series.form=aligned tells at every step, so heads.{HEAD}.reads={reads} cannot be: leave it out."
        )
    if form == "aligned":
        spec.heads[HEAD]["reads"] = "steps"
    elif reads == "steps":
        raise InputError(f"heads.{HEAD}.reads=steps is for series.form=aligned.")
    if spec.fit.sampling:
        raise InputError(
            "fit.sampling is for decoders of words: a decoder of numbers hears the true values while it learns. Leave "
            "it out, or take series.form=direct, which hears none."
        )
