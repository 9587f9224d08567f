"""Order: who sees in which order a row stands, and who does not."""

from collections.abc import Iterator
from dataclasses import replace
from math import log10
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.build import Wiring
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.report.figures import Bars, Figure, Table
from seqloom.spec import Cut
from seqloom.studies.learning import Draw, accuracy, learn, model_of, numbers
from seqloom.studies.over_seeds import gains, values
from seqloom.studies.puzzles import symbols_of, vocabulary
from seqloom.studies.puzzles_order import which_first
from seqloom.studies.readers import BLIND, OTHERS, PLACED, READERS, fed, reader
from seqloom.studies.shuffled import Labelled, labelled
from seqloom.studies.statistics import Ruling, Verdict, above, all_of, below, interval
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import bars, summary
from seqloom.table import Count
from seqloom.tasks.task import Say

CAUSAL = "causal attention, no positions"
MADE, REAL, REAL_MIXED = "which mark comes first", "your file", "your file, words mixed"
SAME, OTHER = -9, -4
"""Powers of ten: changes below the first are rounding, above the second are not."""
GUESS, SOLVED = 0.6, 0.9
SYMBOLS = 8
BATCH = 64
"""A puzzle of two marks among so many other symbols, in batches of so many rows."""


class Order(Study):
    """Encoders before training on rows and their permutations, and after training where order is all that tells.

    positions  what attention is told: what the reader's name says, or none (the control)
    size       width of every encoder
    length     of the made rows
    steps      updates of each training
    rows       that are measured
    data       a file of labelled texts (`seqloom train classify` reads it): trained on as it is and with the words of
               each row mixed
    format     of that file, where its name does not tell: tsv, csv, jsonl, labelled ...
    tokens     how its texts are cut
    """

    name: ClassVar[str] = "order"
    question: ClassVar[str] = "Which architectures see the order of what they read?"
    claim: ClassVar[str] = (
        "Attention without positions does not see order: permuted input gives its own output permuted, and the same "
        "summary, as a bag of words does. With any kind of position it sees order; recurrent networks and "
        "convolutions see it by themselves."
    )
    method: ClassVar[str] = (
        "Before any training, encoders with random weights read rows and permutations of them in float64; by how much "
        "do outputs (put back in order) and summaries differ, relative to their size? Then each learns to tell which "
        "of two marks comes first among other symbols, where order is all that tells. Beside: causal attention "
        "without positions in two layers, and with a file of your own what its labels lose when words are mixed, in "
        "training and in measuring alike."
    )
    source: ClassVar[str] = (
        "Vaswani et al. 2017, arXiv:1706.03762, section 3.5; Haviv et al. 2022, arXiv:2203.16634 (causal attention); "
        "Iyyer et al. 2015 (bags of words)"
    )
    reading: ClassVar[str] = (
        "A difference of some 1e-16 is rounding. A reader at half right only guesses. A convolution sees order as far "
        "as it reaches (five steps here), so that marks farther apart are in no order for it. The causal mask is a "
        "position in disguise: a step knows how many it sees, so that decoders manage without any. On real labels a "
        "bag often loses little to the others: then words tell, and their order does not."
    )
    exercise: ClassVar[str] = (
        "Give a file of your own (`seqloom study order -s data=reviews.tsv`): how much of its accuracy is order? Find "
        "a labelled set where a bag fails."
    )
    control: ClassVar[dict[str, Any]] = {"positions": "none"}
    control_about: ClassVar[str] = "Attention is told no positions at all."
    tiny: ClassVar[dict[str, Any]] = {"length": 6, "steps": 100, "rows": 1000}
    seeds: ClassVar[int] = 4

    def __init__(
        self,
        *,
        positions: Literal["as named", "none"] = "as named",
        size: Count = 32,
        length: Count = 16,
        steps: Count = 250,
        rows: Count = 1000,
        data: str | None = None,
        format: str = "auto",
        tokens: Cut = "word",
    ) -> None:
        if length < 3:
            raise InputError(f"study order: length={length}: rows that can be permuted need 3 steps at least.")
        if data is None and format != "auto":
            raise InputError(f"study order: format={format} says how a file is read, and there is none: give data too.")
        if size % 8:
            raise InputError(f"study order: size={size} must be a multiple of 8, for four heads with even parts.")
        self.placed = positions == "as named"
        self.size, self.length, self.steps, self.rows = size, length, steps, rows
        self.data, self.format, self.tokens = data, format, tokens

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Measure every reader before training, after it on marks, and on the file where there is one."""
        found = [{"reader": name, **self._moved(name, seed)} for name in READERS]
        found.append({"reader": CAUSAL, "summary": self._causal(seed)})
        for name in READERS:
            right = self._marks(name, seed)
            found.append({"reader": name, "task": MADE, "accuracy": right})
            say(f"{name}: which mark comes first, {right:.3f} right")
        if self.data is not None:
            rows = labelled(self.data, self.format, self.tokens, seed, say)
            for name in READERS:
                for task in (REAL, REAL_MIXED):
                    right = self._real(name, rows, task == REAL_MIXED, seed)
                    found.append({"reader": name, "task": task, "accuracy": right})
                    say(f"{name}: {task}, {right:.3f} right")
        return found

    def _moved(self, name: str, seed: int) -> dict[str, float]:
        """Return by how much outputs and summary change with the order, relative to their largest value."""
        words, g = vocabulary(SYMBOLS + 2), numbers(seed, 1)
        model = reader(name, words, 2, self.size, seed, self.placed).double().eval()
        batch = which_first(g, 20, self.length, SYMBOLS)
        order = another_order(self.length, g)
        source = batch.inputs["source"].values
        with torch.no_grad():
            plain, _ = model.encode(_double(fed(name, batch, words)))
            source.copy_(source[:, order])
            moved, _ = model.encode(_double(fed(name, batch, words)))
        return {
            "outputs": change(plain.outputs[:, order], moved.outputs),
            "summary": change(plain.summary, moved.summary),
        }

    def _causal(self, seed: int) -> float:
        """Return by how much the last output of causal attention changes with the order of what comes before."""
        words, g = vocabulary(SYMBOLS), numbers(seed, 2)
        model = model_of(
            Wiring(target=words),
            seed=seed,
            target={"tokens": "symbol", "size": self.size},
            decoder={"kind": "transformer", "size": self.size, "layers": 2, "positions": "none", "dropout": 0.0},
            heads={"words": {"kind": "tokens"}},
        )
        model.double().eval()
        assert model.decoder is not None and model.target is not None
        ids = symbols_of(g, 20, self.length, SYMBOLS)
        moved = torch.cat([ids[:, another_order(self.length - 1, g)], ids[:, -1:]], 1)
        with torch.no_grad():
            one, other = (model.decoder(model.target(values), None)[0][:, -1] for values in (ids, moved))
        return change(one, other)

    def _marks(self, name: str, seed: int) -> float:
        words = vocabulary(SYMBOLS + 2)
        model = reader(name, words, 2, self.size, seed, self.placed)
        self._learn(model, lambda g: fed(name, which_first(g, BATCH, self.length, SYMBOLS), words), seed)
        return accuracy(
            model, fed(name, which_first(numbers(seed, 1), self.rows, self.length, SYMBOLS), words), "label"
        )

    def _real(self, name: str, rows: Labelled, mixed: bool, seed: int) -> float:
        model = reader(name, rows.vocabulary, rows.labels, self.size, seed, self.placed)
        stream: list[Iterator[Batch]] = []

        def draw(g: torch.Generator) -> Batch:
            if not stream:
                stream.append(rows.batches(g, mixed))
            return fed(name, next(stream[0]), rows.vocabulary)

        self._learn(model, draw, seed)
        right = total = 0.0
        for batch in rows.held(numbers(seed, 3), mixed):
            count = len(batch.target["label"].values)
            right += count * accuracy(model, fed(name, batch, rows.vocabulary), "label")
            total += count
        return right / total

    def _learn(self, model: SequenceModel, draw: Draw, seed: int) -> None:
        learn(model, draw, seed=seed, steps=self.steps, lr=3e-3, schedule="linear", warmup=min(20, self.steps // 4))

    def judge(self, rows: Rows) -> Verdict:
        """Ask who changes with the order, and who can tell it."""
        rulings: list[Ruling] = []
        for name in BLIND:
            for what in ("outputs", "summary"):
                rulings.append(below(_powers(rows, what, name), SAME, f"{name}: change of {what}, power of ten"))
        for name in (*PLACED, *OTHERS):
            rulings.append(above(_powers(rows, "outputs", name), OTHER, f"{name}: change of outputs, power of ten"))
        right = {name: values(rows, "accuracy", reader=name, task=MADE) for name in READERS}
        rulings += [below(right[name], GUESS, f"{name}: marks told right") for name in BLIND]
        rulings += [above(right[name], SOLVED, f"{name}: marks told right") for name in (*PLACED, "rnn", "gru")]
        rulings.append(above(right["cnn"], GUESS, "cnn, as far as it reaches: marks told right"))
        return all_of(
            rulings,
            "The claim holds where, by the 95 % interval over seeds (of logarithms, for a change), a permuted row "
            f"changes outputs and summary of bag, mlp and attention without positions by less than 1e{SAME:g} of their "
            f"size and the outputs of all others by more than 1e{OTHER:g}; and where after training the former tell "
            f"which mark comes first less than {GUESS} right, attention with each kind of position and recurrent "
            f"networks more than {SOLVED}, and a convolution, which sees only marks within its reach, more than "
            f"{GUESS}.",
        )

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw who tells the marks, and what mixing costs on the file."""
        told = [row for row in rows if row.get("task") == MADE]
        drawn: list[Figure] = [bars("Which of two marks comes first", told, ("reader",), "accuracy", "share right")]
        if any(row.get("task") == REAL for row in rows):
            lost = [
                interval(gains(rows, "accuracy", {"task": REAL}, {"task": REAL_MIXED}, reader=name)) for name in READERS
            ]
            drawn.append(
                bars(
                    "Your file",
                    [row for row in rows if row.get("task") == REAL],
                    ("reader",),
                    "accuracy",
                    "share right",
                )
            )
            drawn.append(
                Bars(
                    "What its labels lose when the words of each row are mixed",
                    READERS,
                    np.array([one.mean for one in lost]),
                    "accuracy lost",
                    np.array([one.low for one in lost]) if lost[0].count > 1 else None,
                    np.array([one.high for one in lost]) if lost[0].count > 1 else None,
                )
            )
        return drawn

    def table(self, rows: Rows) -> Table:
        """List every reader."""
        renamed = [{**row, str(row["task"]): row["accuracy"]} if "task" in row else row for row in rows]
        whats = {"outputs": "change of outputs", "summary": "change of summary", MADE: "marks told right"}
        if self.data is not None:
            whats |= {REAL: REAL, REAL_MIXED: REAL_MIXED}
        return summary("Who sees order", renamed, ("reader",), whats)


def another_order(length: int, g: torch.Generator) -> Tensor:
    """Draw a permutation of 2 or more steps that moves some."""
    order = torch.randperm(length, generator=g)
    return order if bool((order != torch.arange(length)).any()) else order.roll(1)


def _powers(rows: Rows, what: str, name: str) -> list[float]:
    """Return changes as powers of ten, all below float64's rounding as one."""
    return [log10(max(one, 1e-16)) for one in values(rows, what, reader=name)]


def change(one: Tensor, other: Tensor) -> float:
    """Return the largest difference of two tensors, relative to the largest value of the first."""
    return float((one - other).abs().max() / one.abs().max())


def _double(batch: Batch) -> Batch:
    """Return a batch with what is no id in float64."""
    source = batch.inputs["source"]
    if not source.values.is_floating_point():
        return batch
    return replace(batch, inputs={"source": replace(source, values=source.values.double())})
