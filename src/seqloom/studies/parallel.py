"""Parallel: how the time of a training step grows with the length of what is read."""

import time
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch

from seqloom.batch import Batch, Field
from seqloom.build import Wiring
from seqloom.encoders.recurrent import RecurrentEncoder
from seqloom.errors import InputError, ResourceError
from seqloom.model import SequenceModel
from seqloom.report.figures import Figure, Lines, Table
from seqloom.studies.learning import model_of, numbers
from seqloom.studies.over_seeds import over, values
from seqloom.studies.puzzles import all_of as all_data
from seqloom.studies.puzzles import symbols_of, vocabulary
from seqloom.studies.statistics import Verdict, above, all_of, below
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import exponent, summary
from seqloom.table import Count
from seqloom.tasks.task import Say

ARMS = {"gru": "gru", "lstm": "lstm", "attention": "transformer", "mingru": "mingru", "mingru by steps": "mingru"}
LINEAR = 0.75, 1.25
"""Exponents that count as growth in proportion."""
SYMBOLS = 16


class Parallel(Study):
    """The time of forward and backward through one layer of each kind, at growing length.

    lengths      of the sequences; the exponents are those over the longer half
    size, rows   width of the layer, sequences in a batch
    repeats      of each timing, of which the shortest counts
    threads      of torch on a CPU
    device       where it is timed
    scan         False takes the scan from the minGRU, the control
    """

    name = "parallel"
    question = "How does the time of a training step grow with the length, and what can be computed all at once?"
    claim = (
        "A recurrent network computes its steps one after the other: the time of a training step grows in proportion "
        "to the length. Self-attention computes all steps at once, but its work grows towards the square of the "
        "length. A recurrence whose gates do not read the past (minGRU) can be computed at once too, by a scan: it "
        "grows in proportion to the length and takes less than half the time of the same steps one by one."
    )
    method = (
        "One layer of each kind between the same embedding and the same head, of equal width, is trained on the same "
        "batches (without dropout). Timed is one forward and backward pass, one thing at a time, the shortest of "
        "several that lie apart in time. The growth is the exponent p of time = c * length^p, fitted to the longer "
        "half of the lengths. GRU and LSTM run torch's kernels for whole sequences, attention its fused kernel (in a "
        "whole Transformer block), and the minGRU its scan of about 2 sqrt(T) operations that wait on each other; "
        "`mingru by steps` is the same layer with its scan taken away."
    )
    source = "Vaswani et al. 2017, arXiv:1706.03762, table 1; Feng et al. 2024, arXiv:2410.01201, figure 1"
    reading = (
        "Both axes are logarithmic: a slope of 1 doubles the time with the length, a slope of 2 makes it four times as "
        "long. A line that begins flat is a cost per call that the work has not yet outgrown. Courses say that "
        "attention trains faster than a recurrent network: that is so where a device has room to compute all steps at "
        "once. On one core of a CPU there is none, time is work, and an LSTM whose whole layer is one kernel lies "
        "below attention at every length; torch's GRU, which on a CPU has no such kernel, lies above it up to some "
        "length."
    )
    exercise = (
        "On a GPU thousands of steps are computed at once: `seqloom study parallel -s device=cuda "
        "-s lengths=[64,256,1024,4096]`. Which exponents change, and which stay?"
    )
    control: ClassVar[Mapping[str, Any]] = {"scan": False}
    control_about = "The minGRU loses its scan and takes one step after the other, as any cell can."
    tiny: ClassVar[Mapping[str, Any]] = {"lengths": [64, 256, 1024], "size": 16, "rows": 2, "repeats": 3}
    alone = True

    def __init__(
        self,
        *,
        lengths: list[Count] | None = None,
        size: Count = 64,
        rows: Count = 4,
        repeats: Count = 4,
        threads: Count = 1,
        device: Literal["cpu", "cuda"] = "cpu",
        scan: bool = True,
    ) -> None:
        self.lengths = sorted(set(lengths or [32, 64, 128, 256, 512, 1024, 2048]))
        self.size, self.rows, self.repeats = size, rows, repeats
        self.threads, self.device, self.scan = threads, device, scan
        if len(self.lengths) < 3:
            raise InputError(f"study parallel: lengths={lengths}: growth is fitted to three lengths or more.")

    @property
    def longer(self) -> list[int]:
        """The longer half of the lengths, to which the growth is fitted."""
        return self.lengths[len(self.lengths) // 2 :] if len(self.lengths) > 3 else self.lengths[1:]

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Time every kind at every length."""
        if self.device == "cuda" and not torch.cuda.is_available():
            raise ResourceError("study parallel: device=cuda, and torch finds no GPU here: leave it out.")
        before = torch.get_num_threads()
        torch.set_num_threads(self.threads)
        try:
            models = {arm: self._model(arm, seed) for arm in ARMS}
            batches = {length: self._batch(seed, length) for length in self.lengths}
            cases = [(arm, length) for arm in ARMS for length in self.lengths]
            for model in models.values():  # what happens once alone: a kernel chosen, memory taken
                self._time(model, batches[self.lengths[-1]])
            rounds = [[self._time(models[arm], batches[length]) for arm, length in cases] for _ in range(self.repeats)]
        finally:
            torch.set_num_threads(before)
        shortest = [min(times) for times in zip(*rounds, strict=True)]
        return [
            {"layer": arm, "length": length, "seconds": seconds}
            for (arm, length), seconds in zip(cases, shortest, strict=True)
        ]

    def _model(self, arm: str, seed: int) -> SequenceModel:
        shape: dict[str, Any] = {"kind": ARMS[arm], "size": self.size, "layers": 1, "dropout": 0.0}
        model = model_of(
            Wiring(source=vocabulary(SYMBOLS), labels={"label": (["a", "b"], [1, 1])}),
            seed=seed,
            source={"size": self.size},
            encoder=shape | ({"heads": 4} if arm == "attention" else {}),
            heads={"label": {"kind": "label"}},
        )
        if arm == "mingru by steps" or (arm == "mingru" and not self.scan):
            assert isinstance(model.encoder, RecurrentEncoder)
            model.encoder.stack.cell(0, "forwards").scan = None
        return model.to(self.device).train()

    def _batch(self, seed: int, length: int) -> Batch:
        g = numbers(seed)
        read = all_data(symbols_of(g, self.rows, length, SYMBOLS))
        label = torch.randint(0, 2, (self.rows,), generator=g)
        return Batch({"source": read}, {"label": Field(label)}).to(self.device)

    def _time(self, model: SequenceModel, batch: Batch) -> float:
        """Return the seconds of one forward and backward pass."""
        model.zero_grad(set_to_none=True)
        self._wait()
        began = time.perf_counter()
        ((total, count),) = model.loss(model(batch)[0], batch).values()
        (total / count).backward()
        self._wait()
        return time.perf_counter() - began

    def _wait(self) -> None:
        if self.device == "cuda":
            torch.cuda.synchronize()

    def judge(self, rows: Rows) -> Verdict:
        """Compare growth and times."""
        longest, (low, high) = self.lengths[-1], LINEAR
        grown = {arm: self._exponents(rows, arm) for arm in ARMS}
        ratios = self._ratios(rows, longest)
        return all_of(
            [
                *(above(grown[arm], low, f"exponent of {arm}") for arm in ("gru", "lstm")),
                *(below(grown[arm], high, f"exponent of {arm}") for arm in ("gru", "lstm", "mingru")),
                above(grown["attention"], high, "exponent of attention"),
                below(ratios, 0.5, f"time of mingru by that of its steps one by one, length {longest}"),
            ],
            f"The claim holds where the exponents of GRU and LSTM lie between {low} and {high}, that of minGRU below "
            f"{high} and that of attention above it, and where at the longest length the minGRU's scan takes less than "
            "half the time of its steps one by one; by the 95 % interval over seeds.",
        )

    def _exponents(self, rows: Rows, arm: str) -> list[float]:
        seeds = dict.fromkeys(row["seed"] for row in rows)
        return [
            exponent(self.longer, [values(rows, "seconds", layer=arm, length=n, seed=s)[0] for n in self.longer])
            for s in seeds
        ]

    def _ratios(self, rows: Rows, length: int) -> list[float]:
        scanned, stepped = (values(rows, "seconds", layer=arm, length=length) for arm in ("mingru", "mingru by steps"))
        return [a / b for a, b in zip(scanned, stepped, strict=True)]

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw time against length."""
        lines = [over(rows, "length", "seconds", arm, layer=arm) for arm in ARMS]
        return [Lines("Time of a training step", lines, "length", "seconds", "log", "log")]

    def table(self, rows: Rows) -> Table:
        """List the time at every length, and the exponents."""
        times = [{**row, "milliseconds": 1000 * row["seconds"]} for row in rows]
        fitted = [
            {"layer": arm, "length": f"exponent from {self.longer[0]} on", "p": p}
            for arm in ARMS
            for p in self._exponents(rows, arm)
        ]
        ordered = [row for arm in ARMS for row in [*times, *fitted] if row["layer"] == arm]
        whats = {"milliseconds": "milliseconds a step", "p": "exponent"}
        return summary("Time of a training step", ordered, ("layer", "length"), whats)
