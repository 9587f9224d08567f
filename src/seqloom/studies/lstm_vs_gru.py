"""LSTM or GRU: each part of the usual table measured, and a guide that follows from the numbers."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from pydantic import Field as Bound

from seqloom.batch import Batch, Field
from seqloom.build import Wiring
from seqloom.model import SequenceModel
from seqloom.report.figures import Bars, Figure, Table
from seqloom.state import nbytes
from seqloom.studies import puzzles
from seqloom.studies.learning import accuracy, learn, model_of, numbers
from seqloom.studies.over_seeds import gains, values
from seqloom.studies.statistics import Ruling, Verdict, above, all_of, below, interval
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import bars
from seqloom.table import Count
from seqloom.tasks.task import Say

SYMBOLS = 8
BATCH = 32
PARTS = {
    "parameters": ("weights of the recurrence", "where the model must be small"),
    "step": ("seconds of a training step", "where training time counts"),
    "latency": ("seconds of one step of one row", "where single steps must be quick"),
    "state": ("bytes of State a row", "where many sessions are held at once"),
}
"""What is less of a GRU if the usual table is right, with what it is good for."""
Margin = Annotated[float, Bound(gt=0, lt=1)]


class LstmVsGru(Study):
    """Two cells of equal width, everything else alike.

    size    width of both
    short   steps over which a symbol must be held, and `long`
    little  rows of training, and `much`
    steps   updates of each training
    margin  accuracy that a GRU may lack and still be as good
    forget_bias  what the forget gate of the LSTM starts from
    """

    name = "lstm-vs-gru"
    question = "Should it be an LSTM or a GRU?"
    claim = (
        "The GRU has three quarters of the LSTM's weights and half of its State, is quicker, and is as good; the LSTM "
        "may be worth its price where much must be held long."
    )
    method = (
        "Both cells at equal width: their weights and their State are counted, a training step and a single step are "
        "timed in turns, and both learn to recall a symbol over a short and a long lag, from few and from many rows, "
        "with the same updates. The verdict is of the last part: as good everywhere."
    )
    source = (
        "Cho et al. 2014, arXiv:1406.1078; Chung et al. 2014, arXiv:1412.3555; Jozefowicz et al. 2015 (an empirical "
        "exploration of recurrent network architectures); Greff et al. 2017, arXiv:1503.04069"
    )
    reading = (
        "A bar is the accuracy on fresh rows after the same number of updates, with its interval over seeds; 1 in 8 is "
        "chance. The table has a ruling for each part and what follows from it."
    )
    exercise = (
        "Where does the GRU catch up? Raise the updates: seqloom study lstm-vs-gru -s steps=1500; or shorten the lag: "
        "-s long=20."
    )
    control: ClassVar[Mapping[str, Any]] = {"forget_bias": -4.0}
    control_about = "The LSTM starts with its forget gate nearly shut, so that it loses what it should hold."
    tiny: ClassVar[Mapping[str, Any]] = {"size": 16, "long": 30, "steps": 150, "little": 16, "much": 512}
    seeds = 5

    def __init__(
        self,
        *,
        size: Count = 32,
        short: Count = 10,
        long: Count = 40,
        little: Count = 32,
        much: Count = 4096,
        steps: Count = 300,
        margin: Margin = 0.05,
        forget_bias: float = 1.0,
    ) -> None:
        self.size, self.lags, self.rows, self.steps = size, (short, long), (little, much), steps
        self.margin, self.forget_bias = margin, forget_bias

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Return a row a cell of what it costs, and a row a cell, lag and number of rows of how well it recalls."""
        models = {cell: self._model(cell, seed) for cell in ("lstm", "gru")}
        found: list[Row] = [
            {"cell": cell, "parameters": _weights(model), "state": _state(model)} for cell, model in models.items()
        ]
        batch = puzzles.recall(numbers(seed, 2), BATCH, self.lags[1], SYMBOLS)
        step = in_turns([lambda model=model: _train(model, batch) for model in models.values()])  # type: ignore[misc]
        one = batch.first(1)
        single = Batch({"source": puzzles.all_of(one.inputs["source"].values[:, :1])})
        quick = in_turns([lambda model=model: _read(model, single) for model in models.values()])  # type: ignore[misc]
        for row, each, alone in zip(found, step, quick, strict=True):
            row["step"], row["latency"] = each, alone
        for lag in self.lags:
            for count in self.rows:
                for cell in models:
                    found.append(
                        {"cell": cell, "lag": lag, "seen": count, "accuracy": self._learnt(cell, seed, lag, count)}
                    )
        return found

    def _learnt(self, cell: str, seed: int, lag: int, count: int) -> float:
        pool = puzzles.recall(numbers(seed, 3), count, lag, SYMBOLS)
        model = self._model(cell, seed)

        def draw(g: torch.Generator) -> Batch:
            places = torch.randint(0, count, (BATCH,), generator=g)
            source, label = pool.inputs["source"].values[places], pool.target["label"].values[places]
            return Batch({"source": puzzles.all_of(source)}, {"label": Field(label)})

        learn(model, draw, seed=seed, steps=self.steps, lr=5e-3)
        return accuracy(model, puzzles.recall(numbers(seed, 1), 1000, lag, SYMBOLS), "label")

    def _model(self, cell: str, seed: int) -> SequenceModel:
        more = {"forget_bias": self.forget_bias} if cell == "lstm" else {}
        names = [str(one) for one in range(SYMBOLS)]
        return model_of(
            Wiring(source=puzzles.vocabulary(SYMBOLS + 2), labels={"label": (names, [1] * SYMBOLS)}),
            seed=seed,
            source={"size": 16},
            encoder={"kind": cell, "size": self.size, **more},
            heads={"label": {"kind": "label"}},
        )

    def judge(self, rows: Rows) -> Verdict:
        """Rule on each part; the verdict is of how well both recall."""
        quality = [ruling for _, ruling in self._quality(rows)]
        test = (
            f"accuracy of the GRU less that of the LSTM above -{self.margin:g} over every lag and number of rows, by "
            "the 95 % interval over seeds"
        )
        verdict = all_of(quality, test)
        costs = tuple(f"{ruling.reason}: {ruling.outcome}" for _, ruling in self._costs(rows))
        return Verdict(verdict.answer, verdict.test, verdict.reasons + costs)

    def _quality(self, rows: Rows) -> list[tuple[tuple[int, int], Ruling]]:
        return [
            (
                (lag, count),
                above(
                    gains(rows, "accuracy", {"cell": "gru"}, {"cell": "lstm"}, lag=lag, seen=count),
                    -self.margin,
                    f"GRU less LSTM, lag {lag}, {count} rows",
                ),
            )
            for lag in self.lags
            for count in self.rows
        ]

    def _costs(self, rows: Rows) -> list[tuple[str, Ruling]]:
        return [(what, below(_ratios(rows, what), 1.0, f"GRU by LSTM, {about}")) for what, (about, _) in PARTS.items()]

    def figures(self, rows: Rows) -> list[Figure]:
        """Return accuracies under every condition, and what a GRU costs by an LSTM."""
        learnt = [row for row in rows if "accuracy" in row]
        quality = bars("Recall after the same updates", learnt, ("cell", "lag", "seen"), "accuracy", "accuracy")
        each = [interval(_ratios(rows, what)) for what in PARTS]
        return [quality, _ratio_bars(list(PARTS), each)]

    def table(self, rows: Rows) -> Table:
        """Return each part with both cells, the ruling, and the guide."""
        cells: list[Sequence[Any]] = []
        for what, ruling in self._costs(rows):
            own = {cell: interval(values(rows, what, cell=cell)).mean for cell in ("lstm", "gru")}
            take = {"holds": "GRU", "does not hold": "LSTM", "inconclusive": "either"}[ruling.outcome]
            cells.append((what, f"{own['lstm']:.4g}", f"{own['gru']:.4g}", ruling.outcome, f"{take} {PARTS[what][1]}"))
        for (lag, count), ruling in self._quality(rows):
            both = {
                cell: interval(values(rows, "accuracy", cell=cell, lag=lag, seen=count)) for cell in ("lstm", "gru")
            }
            take = {"holds": "GRU, which costs less", "does not hold": "LSTM", "inconclusive": "try both"}[
                ruling.outcome
            ]
            what = f"accuracy, lag {lag}, {count} rows"
            cells.append((what, str(both["lstm"]), str(both["gru"]), ruling.outcome, take))
        columns = ("part", "LSTM", "GRU", "less (or as good) of a GRU", "so take")
        return Table("LSTM beside GRU", columns, cells)


def _ratio_bars(names: Sequence[str], found: Sequence[Any]) -> Bars:
    means, low, high = (np.array([getattr(one, part) for one in found]) for part in ("mean", "low", "high"))
    band = bool(np.isfinite(low).all())
    return Bars("What a GRU costs, by an LSTM", names, means, "ratio", low if band else None, high if band else None)


def _ratios(rows: Rows, what: str) -> list[float]:
    pairs = zip(values(rows, what, cell="gru"), values(rows, what, cell="lstm"), strict=True)
    return [gru / lstm for gru, lstm in pairs]


def _weights(model: SequenceModel) -> int:
    assert model.encoder is not None
    return sum(weight.numel() for weight in model.encoder.parameters())


def _state(model: SequenceModel) -> int:
    batch = Batch({"source": puzzles.all_of(torch.full((1, 1), puzzles.FIRST))})
    with torch.no_grad():
        return nbytes(model.encode(batch)[1])


def _train(model: SequenceModel, batch: Batch) -> None:
    model.zero_grad(set_to_none=True)
    model.loss(model(batch)[0], batch)["label"][0].backward()


def _read(model: SequenceModel, batch: Batch) -> None:
    with torch.no_grad():
        model.encode(batch)


def in_turns(jobs: Sequence[Callable[[], None]], rounds: int = 21) -> list[float]:
    """Return the median seconds of each job, run in turns so that all meet the same noise of the machine."""
    taken: list[list[float]] = [[] for _ in jobs]
    for turn in range(rounds + 2):
        for place, job in enumerate(jobs):
            began = time.perf_counter()
            job()
            if turn > 1:
                taken[place].append(time.perf_counter() - began)
    return [sorted(each)[len(each) // 2] for each in taken]
