"""Heads: what several heads of attention do and one of the same width does not (Vaswani et al. 2017, section 3.2.2)."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any, ClassVar

import torch
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.build import Wiring
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.report.figures import Figure, Lines, Table
from seqloom.studies.learning import accuracy, learn, model_of, numbers, outputs
from seqloom.studies.over_seeds import gains, over, values
from seqloom.studies.puzzles import FIRST, symbols_of, vocabulary
from seqloom.studies.puzzles import all_of as all_data
from seqloom.studies.statistics import Verdict, above, all_of
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import bars, summary
from seqloom.table import Count
from seqloom.tape import Patch, Tape
from seqloom.tasks.task import Say

LOOKS = {"near": 1, "far": 4}
"""How many steps back each of the two symbols stands that must be told at every step."""
LENGTH = 12
WEIGHTS = "encoder.stack.blocks.0.attention.weights"


class Heads(Study):
    """Two looks at once: at every step the symbols one and four steps back must both be told, by one layer.

    heads     numbers of heads to compare, of one total width
    size      that width
    symbols   to be told apart
    steps     updates of each training
    together  True makes all heads look at the same place, the control
    """

    name = "heads"
    question = "Why several heads, if the layer is no wider for it?"
    claim = (
        "A head looks through one set of weights. Where a task needs two places at once, several heads of the same "
        "total width learn it and one does not; and each of two heads does a work of its own: muted, what it looks at "
        "is lost while the other's answer stays."
    )
    method = (
        "A Transformer encoder of one block reads random symbols and must tell, at every step, the symbol one step "
        "back and that four steps back, by two softmaxes of the same hidden vector. Models of one width and several "
        "numbers of heads learn it from the same batches. `Both` is the share of steps where both answers are right, "
        "on new rows. Then each head is muted in turn (a Patch sets its weights to 0) and both answers are measured "
        "again; the own look of a head is that of the two places which more of its weight lies on."
    )
    source = "Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2; Michel et al. 2019, arXiv:1905.10650 (muting)"
    reading = (
        "One head may be right about one of the two or, mixing both places unevenly, about each now and then. More "
        "heads than looks share the work, so that muting one of them costs less; and heads that are too thin for the "
        "number of symbols must."
    )
    exercise = (
        "Make the task easy for one head (`seqloom study heads -s symbols=4 -s steps=1500`): a mixture of 0.7 and 0.3 "
        "tells which symbol was which. How long does it take to find that?"
    )
    control: ClassVar[Mapping[str, Any]] = {"together": True}
    control_about = (
        "All heads look through the mean of their weights, in training and after, so that they make one look."
    )
    tiny: ClassVar[Mapping[str, Any]] = {"heads": [1, 2], "steps": 150, "symbols": 16}

    def __init__(
        self,
        *,
        heads: list[Count] | None = None,
        size: Count = 32,
        symbols: Count = 32,
        steps: Count = 300,
        together: bool = False,
    ) -> None:
        self.heads = sorted(set(heads or [1, 2, 4, 8]))
        self.size, self.symbols, self.steps, self.together = size, symbols, steps, together
        if not {1, 2} <= set(self.heads):
            raise InputError(f"study heads: heads={heads}: one head and two are compared, so both must be among them.")
        if symbols < 2:
            raise InputError(f"study heads: symbols={symbols}: with fewer than 2 symbols there is nothing to tell.")

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Teach a model of each number of heads, and mute its heads one after the other."""
        rows: list[Row] = []
        for heads in self.heads:
            model = self._model(heads, seed)
            with self._looking(model):
                learn(model, self._draw, seed=seed, steps=self.steps, lr=3e-3, clip=1.0)
                fresh = self._draw(numbers(seed, 1), 256)
                whole = told(model, fresh)
                muted = self._muted(model, fresh, heads, whole)
            worth = {what: sum(row[what] for row in muted) / heads for what in ("lost_own", "lost_other")}
            rows.append({"heads": heads, **whole, **worth, "most": max(row["lost_own"] for row in muted)})
            rows += muted
        return rows

    def _muted(self, model: SequenceModel, fresh: Batch, heads: int, whole: dict[str, float]) -> list[Row]:
        with Tape(model, only=WEIGHTS) as tape:
            outputs(model, fresh)
        shares = {look: on_place(tape[WEIGHTS], back) for look, back in LOOKS.items()}
        rows: list[Row] = []
        for head in range(heads):
            with Patch(model, {WEIGHTS: muting(head)}):
                left = told(model, fresh)
            lost = {look: whole[look] - left[look] for look in LOOKS}
            own = max(LOOKS, key=lambda look: shares[look][head])
            other = next(look for look in LOOKS if look != own)
            rows.append(
                {
                    "heads": heads,
                    "muted": head + 1,
                    **{f"on_{look}": share[head] for look, share in shares.items()},
                    **{f"lost_{look}": lost[look] for look in LOOKS},
                    "lost_own": lost[own],
                    "lost_other": lost[other],
                }
            )
        return rows

    def _model(self, heads: int, seed: int) -> SequenceModel:
        symbols = [str(one) for one in range(self.symbols)]
        return model_of(
            Wiring(source=vocabulary(self.symbols), labels={look: (symbols, [1] * self.symbols) for look in LOOKS}),
            seed=seed,
            source={"size": self.size},
            encoder={
                "kind": "transformer",
                "size": self.size,
                "layers": 1,
                "heads": heads,
                "dropout": 0.0,
                "positions": "learned",
                "max_positions": LENGTH,
            },
            heads={look: {"kind": "tags"} for look in LOOKS},
        )

    def _looking(self, model: SequenceModel) -> Any:
        """Return the Patch under which all heads look at the same place, or nothing."""
        return Patch(model, {WEIGHTS: one_look}) if self.together else nullcontext()

    def _draw(self, g: torch.Generator, rows: int = 32) -> Batch:
        return two_looks(g, rows, LENGTH, self.symbols)

    def judge(self, rows: Rows) -> Verdict:
        """Compare one head with two, and what is lost with a head."""
        whole = [row for row in rows if "muted" not in row]
        gained = gains(whole, "both", {"heads": 2}, {"heads": 1})
        own, other = (values(whole, what, heads=2) for what in ("lost_own", "lost_other"))
        return all_of(
            [
                above(gained, 0.25, "right about both: two heads less one head"),
                above(values(whole, "both", heads=2), 0.75, "right about both, two heads"),
                above(
                    [a - b for a, b in zip(own, other, strict=True)],
                    0.25,
                    "two heads: lost of a muted head's own look, less what is lost of the other",
                ),
            ],
            "The claim holds where two heads are right about both symbols at over 0.25 more of the steps than one "
            "head and at over 0.75 of them, and where muting a head costs over 0.25 more of the answer that it looks "
            "at than of the other; by the 95 % interval over seeds.",
        )

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw what each number of heads learns, and what each head is worth."""
        whole = [row for row in rows if "muted" not in row]
        drawn: list[Figure] = [
            Lines(
                "Share of right answers by the number of heads",
                [over(whole, "heads", what, what) for what in ("both", *LOOKS)],
                "heads",
                "share",
                "log",
            )
        ]
        for what, title in (("lost_own", "of what it looks at"), ("lost_other", "of the other answer")):
            drawn.append(bars(f"What muting a head costs {title}", whole, ("heads",), what, "share of answers lost"))
        first = [row for row in rows if "muted" in row and row["seed"] == rows[0]["seed"]]
        columns = ("heads", "muted", "on_near", "on_far", "lost_near", "lost_far")
        cells = [[round(row[column], 3) for column in columns] for row in first]
        return [*drawn, Table(f"Each head of the models of seed {rows[0]['seed']}", columns, cells)]

    def table(self, rows: Rows) -> Table:
        """List the numbers of heads."""
        whole = [row for row in rows if "muted" not in row]
        whats = {
            "both": "both right",
            "near": "near",
            "far": "far",
            "lost_own": "own look lost, mean over heads muted",
            "most": "the most",
            "lost_other": "other answer lost, mean",
        }
        return summary("Heads of one width", whole, ("heads",), whats)


def two_looks(g: torch.Generator, rows: int, length: int, symbols: int) -> Batch:
    """Draw symbols; heads "near" and "far" tell those 1 and 4 steps back, at steps that have both."""
    read = symbols_of(g, rows, length, symbols)
    counted = (torch.arange(length) >= max(LOOKS.values())).expand(rows, -1)
    target = {
        look: Field((read.roll(back, 1) - FIRST).masked_fill(~counted, 0), counted, prefix=False)
        for look, back in LOOKS.items()
    }
    return Batch({"source": all_data(read)}, target)


def told(model: SequenceModel, batch: Batch) -> dict[str, float]:
    """Return the share of right answers of each look, and of both at once."""
    said = outputs(model, batch)
    right = torch.stack([said[look].argmax(-1) == batch.target[look].values for look in LOOKS]).all(0)
    mask = batch.target["near"].mask
    assert mask is not None
    each = {look: accuracy(model, batch, look) for look in LOOKS}
    return {**each, "both": float(right[mask].float().mean())}


def on_place(weights: Tensor, back: int) -> list[float]:
    """Return each head's mean weight on the step so many back: weights [batch, heads, time, time] -> [heads]."""
    shares: list[float] = weights.diagonal(-back, 2, 3)[..., max(LOOKS.values()) - back :].mean((0, 2)).tolist()
    return shares


def muting(head: int) -> Callable[[Tensor], Tensor]:
    """Return what takes all weights from one head [batch, heads, target, source] and leaves the others."""

    def mute(weights: Tensor) -> Tensor:
        kept = torch.ones(weights.shape[1], dtype=weights.dtype, device=weights.device)
        kept[head] = 0
        return weights * kept[:, None, None]

    return mute


def one_look(weights: Tensor) -> Tensor:
    """Give every head the mean of all heads' weights."""
    return weights.mean(1, keepdim=True).expand_as(weights)
