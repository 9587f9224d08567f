"""Depth: what keeps gradients alive in deep stacks (He et al. 2016, arXiv:1512.03385; Ba et al. 2016)."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

import torch

from seqloom.batch import Batch, Field
from seqloom.errors import InputError, NumberError
from seqloom.heads.label import LabelHead
from seqloom.layers.embedding import TokenEmbedding
from seqloom.model import SequenceModel
from seqloom.report.figures import Figure, Lines, Table
from seqloom.studies.depths import layers_of, recurrent, transformer
from seqloom.studies.learning import accuracy, learn, loss, numbers, seeded
from seqloom.studies.over_seeds import gains, over, values
from seqloom.studies.puzzles import FIRST, symbols_of, vocabulary
from seqloom.studies.puzzles import all_of as all_data
from seqloom.studies.statistics import Verdict, above, all_of, below, interval
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import bars, summary
from seqloom.table import Count
from seqloom.tasks.task import Say

ARMS: Mapping[str, tuple[bool, bool]] = {
    "neither": (False, False),
    "residual": (True, False),
    "norm": (False, True),
    "both": (True, True),
}
"""What the layers of a stack have: residual connections, normalisation."""
STACKS = ("recurrent", "transformer")
SYMBOLS, LENGTH, EXAMPLES, FRESH = 4, 12, 128, 512
TINY = 1e-300
"""Stands for a gradient of 0, so that it has a logarithm."""


class Depth(Study):
    """Gradients at the start, and a short training, of stacks of many layers.

    cell      of the recurrent stacks
    depths    layers of the stacks whose gradients are measured
    trained   layers of the stacks that are trained
    size      width of a layer
    steps     updates of each training
    gives     what the arm that should have both has; `neither` is the control
    """

    name = "depth"
    question = "What keeps a deep stack of layers learning?"
    claim = (
        "In a deep stack of recurrent layers or Transformer blocks the gradient that reaches the bottom is lost on its "
        "way, and the stack hardly learns. With residual connections and normalisation it arrives, whatever the depth, "
        "and the stack learns."
    )
    method = (
        "Stacks of LSTM layers and of Transformer blocks, each with residual connections, layer normalisation, both or "
        "neither (the library's own stacks; what has no option is broken on purpose, of the same weights), tell which "
        "of four symbols comes most often. Before training: the norm of the gradient of the bottom layer's weights "
        "as a share of that of the top layer's, at growing depth. Then the deep stacks learn from 128 rows, few enough "
        "to be learnt by heart, by the same number of updates; measured are the loss on these rows, that on new rows, "
        "and the gap between them. The gap is shown beside, and is no part of the claim."
    )
    source = (
        "He et al. 2016, arXiv:1512.03385; Ba et al. 2016, arXiv:1607.06450; Dong et al. 2021, arXiv:2103.03404 (what "
        "attention without residual connections comes to)"
    )
    reading = (
        "A line that falls straight loses the same factor in every layer. A gradient that "
        "arrives is not enough: Transformer blocks with normalisation alone pass it on, and yet learn nothing, for "
        "without residual connections every layer averages over the steps until all steps look alike; with residual "
        "connections alone the values grow from layer to layer until the loss is huge."
    )
    exercise = (
        "The GRU passes on its state by an average and the plain RNN starts from an orthogonal matrix: `seqloom study "
        "depth -s cell=gru` and `-s cell=rnn`. Which of them needs residual connections at this depth?"
    )
    control: ClassVar[Mapping[str, Any]] = {"gives": "neither"}
    control_about = "The stacks that should have both have neither, so that nothing carries the gradient down."
    tiny: ClassVar[Mapping[str, Any]] = {"depths": [2, 16], "trained": 8, "size": 16, "steps": 40}

    def __init__(
        self,
        *,
        cell: Literal["lstm", "gru", "rnn", "mgu", "mingru", "minlstm"] = "lstm",
        depths: list[Count] | None = None,
        trained: Count = 10,
        size: Count = 24,
        steps: Count = 100,
        gives: Literal["neither", "residual", "norm", "both"] = "both",
    ) -> None:
        self.depths = sorted(set(depths or [2, 4, 8, 16, 24]))
        self.cell, self.trained, self.size, self.steps, self.gives = cell, trained, size, steps, gives
        if len(self.depths) < 2 or min(*self.depths, trained) < 2:
            raise InputError(f"study depth: depths={depths}, trained={trained}: give two depths or more, each above 1.")
        if size % 4:
            raise InputError(f"study depth: size={size}: two heads of even width need a multiple of 4.")

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Measure gradients at every depth, and train the deep stacks."""
        rows: list[Row] = []
        for stack in STACKS:
            for has in ARMS:
                for depth in self.depths:
                    model = self._model(stack, has, depth, seed)
                    rows.append({"stack": stack, "has": has, "depth": depth, **_flow(model, seed)})
                rows.append({"stack": stack, "has": has, **self._train(stack, has, seed, say)})
        return rows

    def _model(self, stack: str, has: str, depth: int, seed: int) -> SequenceModel:
        residual, norm = ARMS[self.gives if has == "both" else has]
        with seeded(seed):
            source = TokenEmbedding(vocabulary(SYMBOLS), size=self.size)
            labels = [str(one) for one in range(SYMBOLS)]
            head = LabelHead(self.size, labels, [1] * SYMBOLS, False, reads="mean")
        if stack == "recurrent":
            encoder = recurrent(self.cell, self.size, self.size, depth, residual, norm, seed)
        else:
            encoder = transformer(self.size, self.size, depth, residual, norm, seed)
        return SequenceModel({"label": head}, source, encoder)

    def _train(self, stack: str, has: str, seed: int, say: Say) -> dict[str, float]:
        model = self._model(stack, has, self.trained, seed)
        known, fresh = commonest(numbers(seed, 2), EXAMPLES), commonest(numbers(seed, 1), FRESH)

        def draw(g: torch.Generator) -> Batch:
            return _some(known, torch.randint(0, EXAMPLES, (24,), generator=g))

        try:
            learn(model, draw, seed=seed, steps=self.steps, lr=3e-3, clip=1.0)
        except NumberError as error:
            if has in ("neither", "both"):  # what is judged
                raise NumberError(f"study depth, {stack} with {has}: {error} Ask for fewer layers.") from None
            say(f"depth: {stack} with {has} ends at seed {seed}: {error}")
            return {"ended": 1}
        train, valid = loss(model, known), loss(model, fresh)
        return {"train": train, "valid": valid, "gap": valid - train, "right": accuracy(model, fresh, "label")}

    def judge(self, rows: Rows) -> Verdict:
        """Compare stacks with both and with neither."""
        deepest = max(self.depths)
        rulings = []
        for stack in STACKS:
            here = [row for row in rows if row["stack"] == stack]
            lost, kept = (values(here, "power", has=has, depth=deepest) for has in ("neither", "both"))
            better = gains([row for row in here if "train" in row], "train", {"has": "neither"}, {"has": "both"})
            says = f"log10 of the gradient at the bottom by that at the top, {stack}, {deepest} layers"
            rulings += [
                below(lost, -2, f"{says}, neither"),
                above(kept, -1, f"{says}, both"),
                below(kept, 1, f"{says}, both"),
                above(better, 0.2, f"loss in training, {stack}, {self.trained} layers, neither less both (nats)"),
            ]
        verdict = all_of(
            rulings,
            "The claim holds where, recurrent and Transformer alike, the gradient of the bottom layer of the deepest "
            "stacks is below 1 % of that of the top layer with neither, and between a tenth of it and ten times as "
            "much with both; and where the loss in training is over 0.2 nats lower with both; by the 95 % interval "
            "over seeds.",
        )
        return replace(verdict, reasons=(*verdict.reasons, *self._gaps(rows)))

    def _gaps(self, rows: Rows) -> list[str]:
        """Say what normalisation does to the gap, beside the claim."""
        said = []
        for stack in STACKS:
            here = [row for row in rows if row["stack"] == stack and "gap" in row]
            says = f"beside the claim: the gap between new rows and those of training, {stack}, with normalisation"
            if any(row["has"] == "residual" and "ended" in row for row in rows if row["stack"] == stack):
                said.append(
                    f"{says}: without it training ended in numbers that are not finite, so that there is no gap"
                )
                continue
            more = interval(gains(here, "gap", {"has": "both"}, {"has": "residual"}))
            said.append(f"{says} less that without (residual connections in both): {more} nats")
        return said

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw the gradients by depth, and the losses."""
        drawn: list[Figure] = []
        for stack in STACKS:
            here = [row for row in rows if row["stack"] == stack and "depth" in row]
            lines = [over(here, "depth", "power", has, has=has) for has in ARMS]
            title = f"Gradient at the bottom by that at the top: {stack}"
            drawn.append(Lines(title, lines, "layers", "log10 of the ratio"))
        trained = [row for row in rows if "train" in row]
        for what, title in (
            ("train", "Loss on the rows of training"),
            ("right", "Share of right answers on new rows"),
            ("gap", "Gap between the loss on new rows and on those of training"),
        ):
            drawn.append(bars(title, trained, ("stack", "has"), what, "share" if what == "right" else "nats"))
        return drawn

    def table(self, rows: Rows) -> Table:
        """List the stacks: gradients of the deepest, then what training came to."""
        deepest = max(self.depths)
        kept = [row for row in rows if row.get("depth", deepest) == deepest]
        whats = {
            "power": f"log10 of gradient bottom / top, {deepest} layers",
            "train": f"train loss, {self.trained} layers",
            "valid": "valid loss",
            "gap": "gap",
            "right": "right, new rows",
        }
        return summary("Deep stacks", kept, ("stack", "has"), whats)


def commonest(g: torch.Generator, rows: int) -> Batch:
    """Draw symbols [rows, 12]; head "label" tells which comes most often (of several, the first by number)."""
    read = symbols_of(g, rows, LENGTH, SYMBOLS)
    counts = (read[:, :, None] - FIRST == torch.arange(SYMBOLS)).sum(1)
    return Batch({"source": all_data(read)}, {"label": Field(counts.argmax(1))})


def _some(batch: Batch, index: torch.Tensor) -> Batch:
    read, told = batch.inputs["source"].values, batch.target["label"].values
    return Batch({"source": all_data(read[index])}, {"label": Field(told[index])})


def _flow(model: SequenceModel, seed: int) -> dict[str, float]:
    """Return the norms of the gradient of the weights of the bottom and the top layer, and log10 of their ratio.

    In double precision, for what grows without bound passes the largest single number within 24 layers.
    """
    model.double()
    batch = commonest(numbers(seed, 3), 32)
    ((total, count),) = model.loss(model(batch)[0], batch).values()
    (total / count).backward()
    norms = []
    for layer in layers_of(model.encoder):
        slopes = [weight.grad for weight in layer.parameters() if weight.grad is not None]
        norms.append(float(torch.cat([slope.double().flatten() for slope in slopes]).norm()))
    if not all(map(math.isfinite, norms)):
        raise NumberError(
            f"a gradient through {len(norms)} layers is not finite even in double precision: fewer layers."
        )
    return {"bottom": norms[0], "top": norms[-1], "power": math.log10(max(norms[0], TINY) / max(norms[-1], TINY))}
