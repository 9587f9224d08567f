"""Truncation: what backpropagation through windows of k steps can learn (Williams & Peng 1990)."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor
from torch.nn.utils import get_total_norm

from seqloom.batch import Batch, Field
from seqloom.errors import InputError
from seqloom.layers.embedding import TokenEmbedding
from seqloom.model import SequenceModel
from seqloom.report.figures import Figure, Lines, Table
from seqloom.spec import FitSpec
from seqloom.state import State, detach
from seqloom.studies.lags import RECALL, SYMBOLS
from seqloom.studies.learning import numbers
from seqloom.studies.over_seeds import over, values
from seqloom.studies.puzzles import FIRST
from seqloom.studies.statistics import Ruling, Verdict, above, all_of, below, exactly
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import summary
from seqloom.table import Count
from seqloom.tasks.task import Say
from seqloom.training.optimizers import build_optimizer, clip, gradients

LEARNED, FAILED = 0.9, 0.5
"""Shares of right answers above which a lag counts as learned, and below which it does not. Guessing: 1/8."""
ROWS, EVERY = 32, 50
ALWAYS, UP_TO = "always the lag", "up to the lag"
"""What training rows hold between symbol and answer."""


class Truncation(Study):
    """A recurrent network learns to recall over windows between which its State goes on and its gradient is cut.

    cell     of the network
    lag      distractors between the symbol and the answer, where it is tested
    windows  steps that a gradient flows through
    size     width of the state
    updates  of each training, at most
    cut      whether the gradient is cut between windows (the control: it is not)
    """

    name = "truncation"
    question = "What can a network learn whose gradient flows back through k steps only?"
    claim = (
        "With windows of k steps no gradient reaches what lies k steps back or further, so that a lag beyond the "
        "window is not learned from rows of that lag; it is learned from rows of shorter lags, because the State goes "
        "on where the gradient stops."
    )
    method = (
        "A network reads a symbol, distractors, and must then tell the symbol. Each row is read in windows of k steps "
        "(the last one whole), the State of one going into the next, detached: truncated backpropagation through time. "
        "One network for each window learns from rows that always have the lag, another from rows of every lag up to "
        "it; both are tested at the lag. The gradient at the embeddings of the symbols, which stand nowhere but at the "
        "first step, tells whether any of it went through."
    )
    source = "Williams & Peng 1990; Werbos 1990; Sutskever 2013 (dissertation, section 2.8.6)"
    reading = (
        "Where the line of `always the lag` rises, the window has grown longer than the lag. `Up to the lag` shows "
        "that a window bounds what can be discovered and not what can be remembered: holding a symbol for two steps "
        "and for sixteen is the same thing to do. And a window that is too short does not always mean guessing: a "
        "network whose State holds the past by its untrained weights alone (a reservoir) lets the answer be read from "
        "it without any gradient through time; an LSTM, whose forget gate starts open, does so over longer lags."
    )
    exercise = (
        "Take an LSTM (`seqloom study truncation -s cell=lstm`), then a shorter lag (`-s lag=6`): where does the "
        "verdict change, though the gradient beyond the window is as exactly zero as before?"
    )
    control: ClassVar[Mapping[str, Any]] = {"cut": False}
    control_about = (
        "The gradient is not cut between windows, so that a window of any length learns what the whole row does."
    )
    tiny: ClassVar[Mapping[str, Any]] = {"windows": [4, 32]}
    seeds = 5

    def __init__(
        self,
        *,
        cell: Literal["gru", "lstm", "rnn"] = "gru",
        lag: Count = 16,
        windows: list[Count] | None = None,
        size: Count = 32,
        updates: Count = 400,
        cut: bool = True,
    ) -> None:
        self.cell, self.lag, self.size, self.updates, self.cut = cell, lag, size, updates, cut
        self.windows = sorted(set(windows or [2, 4, 8, 16, 32]))
        self.short = [window for window in self.windows if window <= lag // 2]
        self.long = [window for window in self.windows if window > lag]
        if not self.short or not self.long:
            raise InputError(
                f"study truncation: windows={self.windows} at lag={lag}: it needs one of at most half the lag "
                f"({lag // 2}) and one of more than the lag, such as [{max(lag // 2, 1)}, {lag + 1}]."
            )

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Measure recall at the lag by window and by what was trained on."""
        rows: list[Row] = []
        for window in self.windows:
            say(f"truncation: windows of {window} steps")
            for training in (ALWAYS, UP_TO):
                model = RECALL.model({"kind": self.cell, "size": self.size}, seed)
                reached, taken = self._train(model, window, training, seed)
                right = RECALL.right(model, RECALL.draw(numbers(seed, 1), 512, self.lag))
                at: Row = {"window": window, "training": training, "updates": taken}
                rows.append({**at, "reached": reached, "right": right})
        return rows

    def _train(self, model: SequenceModel, window: int, training: str, seed: int) -> tuple[float, int]:
        """Train until the lag is learned; return the largest gradient at a symbol's embedding, and the updates."""
        fit, data, test = (
            FitSpec(optimizer="adam", lr=1e-2),
            numbers(seed),
            RECALL.draw(numbers(seed, 2), 256, self.lag),
        )
        optimizer = build_optimizer(model, fit)
        assert isinstance(model.source, TokenEmbedding) and model.source.table is not None
        table = model.source.table.weight
        reached = 0.0
        for update in range(1, self.updates + 1):
            lag = self.lag if training == ALWAYS else int(torch.randint(1, self.lag + 1, (), generator=data))
            batch = RECALL.draw(data, ROWS, lag)
            model.train()
            total, count = model.loss(self.read(model, batch, window), batch)["label"]
            optimizer.zero_grad()
            (total / count).backward()
            if lag == self.lag:  # at shorter lags a gradient may well arrive
                assert table.grad is not None
                reached = max(reached, float(table.grad[FIRST : FIRST + SYMBOLS].abs().max()))
            clip(model, fit, get_total_norm(gradients(model)))
            optimizer.step()
            if update % EVERY == 0 and RECALL.right(model, test) >= 0.99:
                return reached, update
        return reached, self.updates

    def read(self, model: SequenceModel, batch: Batch, window: int) -> dict[str, Tensor]:
        """Return what the heads say after the last of a row's windows."""
        state: State | None = None
        said: dict[str, Tensor] = {}
        for part in windows_of(batch, window):
            if state is not None and self.cut:
                state = detach(state)
            said, state = model(part, state)
        return said

    def judge(self, rows: Rows) -> Verdict:
        """Say what windows shorter and longer than the lag have learned."""
        rulings: list[Ruling] = []
        for window in self.windows:
            if window <= self.lag:
                found = values(rows, "reached", window=window, training=ALWAYS)
                rulings.append(exactly(found, 0, f"largest gradient at the symbol, windows of {window}"))
        what = f"right answers at lag {self.lag}, windows of"
        for window in self.short:
            found = values(rows, "right", window=window, training=ALWAYS)
            rulings.append(below(found, FAILED, f"{what} {window}, trained on {ALWAYS}"))
        for window in self.short:
            found = values(rows, "right", window=window, training=UP_TO)
            rulings.append(above(found, LEARNED, f"{what} {window}, trained {UP_TO}"))
        for window in self.long:
            found = values(rows, "right", window=window, training=ALWAYS)
            rulings.append(above(found, LEARNED, f"{what} {window}, trained on {ALWAYS}"))
        return all_of(
            rulings,
            "the gradient at the symbol is exactly zero for every window of at most the lag; the 95 % interval over "
            f"seeds of right answers lies below {FAILED} for windows of at most half the lag trained on it alone, "
            f"above {LEARNED} for those trained on lags up to it, and above {LEARNED} for windows longer than the lag",
        )

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw recall over the length of the window."""
        lines = [over(rows, "window", "right", training, training=training) for training in (ALWAYS, UP_TO)]
        return [
            Lines(
                f"Recall after {self.lag} distractors",
                lines,
                "steps of the window",
                "right answers",
                x_scale="log",
                marks=[(float(self.lag), "lag")],
                caption="By what rows were trained on: always the lag tested, or every lag up to it. Guessing: 1/8.",
            )
        ]

    def table(self, rows: Rows) -> Table:
        """List recall and the gradient that reached the symbol."""
        whats = {"right": "right answers", "reached": "largest gradient at the symbol", "updates": "updates"}
        return summary(f"{self.cell.upper()}, tested at lag {self.lag}", rows, ("training", "window"), whats)


def windows_of(batch: Batch, window: int) -> Iterator[Batch]:
    """Cut the source of a batch into windows of so many steps; the first takes what is left over."""
    source = batch.inputs["source"]
    length = source.values.shape[1]
    first = length % window or window
    starts = [0, *range(first, length, window)]
    for start, end in zip(starts, [*starts[1:], length], strict=True):
        mask = None if source.mask is None else source.mask[:, start:end]
        yield Batch({"source": Field(source.values[:, start:end], mask)})
