"""Masking: why a decoder may not see the future (Vaswani et al. 2017, section 3.2.3)."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from seqloom.batch import Batch, Field
from seqloom.build import Wiring
from seqloom.data.vocabulary import BOS
from seqloom.decoders.transformer import TransformerDecoder
from seqloom.errors import InputError
from seqloom.memory import Memory
from seqloom.model import SequenceModel
from seqloom.report.figures import Figure, Heat, Table
from seqloom.state import State
from seqloom.studies.learning import learn, loss, model_of, numbers
from seqloom.studies.over_seeds import values
from seqloom.studies.puzzles import FIRST, vocabulary
from seqloom.studies.puzzles_chain import allowed, least, shortest_of, successors, texts, windows
from seqloom.studies.statistics import Verdict, above, all_of, below, exactly
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import bars, summary
from seqloom.table import Count
from seqloom.tasks.task import Say

ARMS = ("masked", "unmasked", "recurrent")
CASES = (*(("texts", arm) for arm in ARMS), ("windows", "masked"), ("windows", "unmasked"))


class Seeing(TransformerDecoder):
    """A Transformer decoder broken on purpose: every step sees all the others, those to come too."""

    def forward(
        self, x: Tensor, mask: Tensor | None, state: State | None = None, memory: Memory | None = None
    ) -> tuple[Tensor, State]:
        """Run x [batch, time, input] without the causal mask."""
        return self.stack(x, mask, False, state)


class Masking(Study):
    """Language models of a made language whose entropy is known, with the causal mask, without it, and recurrent.

    symbols, length  of the language: each symbol may be followed by two others, alike in probability; texts have
                     `length` / 2 to `length` symbols
    size, layers     of the models
    steps            updates of each training
    mask             what the arm that the claim praises has; `none` is the control
    """

    name = "masking"
    question = "Why does a Transformer's decoder mask the future?"
    claim = (
        "With the causal mask no output depends on a later input: the gradient is exactly 0. Without it training "
        "cheats: the loss falls far below what any prediction could reach, to nearly 0, as each answer stands in the "
        "next input; and the model cannot write, for when it writes there is no next input."
    )
    method = (
        "A made language in which each symbol may be followed by two others, alike in probability, so that the least "
        "loss of any prediction is known. Three language models learn its texts, each with its end: a Transformer, one "
        "without the causal mask (a decoder broken on purpose), and an LSTM, which reads forwards by nature. Measured "
        "are the largest gradient of an output by a later input; how much the outputs before a symbol change when it "
        "does; the loss of new texts, given what came before (teacher forcing), as a share of the least possible; and "
        "how many of the texts that the model writes by itself, drawn step by step, the language allows. Both "
        "Transformers also learn windows cut out of an endless text, as language models do, which have no end."
    )
    source = "Vaswani et al. 2017, arXiv:1706.03762, section 3.2.3"
    reading = (
        "In the maps a row is an output, a column an input: with the mask everything above the diagonal is 0. In the "
        "bars a loss below 1 is impossible for a model that predicts, so that a low one tells of cheating and not of "
        "skill. Windows are the half of the story that courses leave out: the last step of a window has no next input "
        "in training either, so that even the model without a mask must predict there, and from that one step it "
        "learns to write some texts that are allowed."
    )
    exercise = (
        "Make the windows longer (`seqloom study masking -s length=48`): one step in 48 then has to predict. Does the "
        "model without a mask still write from windows?"
    )
    control: ClassVar[Mapping[str, Any]] = {"mask": "none"}
    control_about = "The masked Transformer gets no mask, so that it sees the future too."
    tiny: ClassVar[Mapping[str, Any]] = {"steps": 100, "length": 10, "symbols": 8, "size": 32, "layers": 1}

    def __init__(
        self,
        *,
        symbols: Count = 12,
        length: Count = 16,
        size: Count = 48,
        layers: Count = 2,
        steps: Count = 250,
        mask: Literal["causal", "none"] = "causal",
    ) -> None:
        self.symbols, self.length, self.size, self.layers, self.steps = symbols, length, size, layers, steps
        self.mask = mask
        if symbols < 4 or length < 4:
            raise InputError(
                f"study masking: symbols={symbols}, length={length}: a language of two choices needs 4 symbols or "
                "more, and texts with a future a length of 4 or more."
            )

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Teach and examine the models."""
        follow = successors(numbers(seed, 2), self.symbols)
        rows = []
        for reads, arm in CASES:
            draw = texts if reads == "texts" else windows
            model = self._model(arm, seed)
            learn(
                model,
                lambda g, draw=draw: draw(g, follow, 32, self.length),  # type: ignore[misc]
                seed=seed,
                steps=self.steps,
                lr=3e-3,
                clip=1.0,
            )
            g = numbers(seed, 1)
            fresh = draw(g, follow, 256, self.length)
            row: Row = {"reads": reads, "decoder": arm, "loss": loss(model, fresh)}
            row["share"] = row["loss"] / least(fresh, self.symbols, self.length)
            seen = windows(g, follow, 4, self.length)
            slopes = reach(model, seen, g)
            row["future"] = float(np.triu(slopes, 1).max())
            row["changed"] = changed(model, seen, follow)
            row["allowed"] = float(self._write(model, follow, g, reads == "texts").float().mean())
            if reads == "texts":
                row["slopes"] = [[float(f"{one:.3g}") for one in line] for line in slopes.tolist()]
            rows.append(row)
        return rows

    def _model(self, arm: str, seed: int) -> SequenceModel:
        shape: dict[str, Any] = {"size": self.size, "layers": self.layers, "dropout": 0.0}
        full = {**shape, "heads": 2, "positions": "learned"}
        model = model_of(
            Wiring(target=vocabulary(self.symbols)),
            seed=seed,
            target={"size": self.size},
            decoder={"kind": "lstm", **shape} if arm == "recurrent" else {"kind": "transformer", **full},
            heads={"words": {"kind": "tokens"}},
        )
        if arm == "unmasked" or (arm == "masked" and self.mask == "none"):
            seeing = Seeing(self.size, **full)
            assert model.decoder is not None
            seeing.load_state_dict(model.decoder.state_dict())  # both start from the same weights
            model.decoder = seeing
        return model

    def _write(self, model: SequenceModel, follow: Tensor, g: torch.Generator, ends: bool, rows: int = 128) -> Tensor:
        """Let the model write by itself, each step drawn as likely as it says, from all that it wrote before; say of
        each row whether the language allows it."""
        ids = torch.full((rows, 1), BOS)
        with torch.no_grad():
            for _ in range(self.length + ends):
                said, _ = model(Batch({"target": Field(ids)}))
                ids = torch.cat([ids, said["words"][:, -1].softmax(-1).multinomial(1, generator=g)], 1)
        return allowed(ids[:, 1:], follow, shortest_of(self.length), ends)

    def judge(self, rows: Rows) -> Verdict:
        """Compare the masked Transformer with the one that sees everything."""

        def of(what: str, arm: str) -> list[float]:
            return values(rows, what, decoder=arm, reads="texts")

        return all_of(
            [
                exactly(of("future", "masked"), 0, "largest gradient of an output by a later input, masked"),
                exactly(of("changed", "masked"), 0, "change of the outputs before a changed symbol, masked"),
                above(of("share", "masked"), 0.95, "loss by the least that a prediction can have, masked"),
                above(of("allowed", "masked"), 0.5, "share of allowed texts that the masked one writes"),
                above(of("future", "unmasked"), 0, "largest gradient of an output by a later input, unmasked"),
                below(of("share", "unmasked"), 0.5, "loss by the least that a prediction can have, unmasked"),
                below(of("allowed", "unmasked"), 0.1, "share of allowed texts that the unmasked one writes"),
            ],
            "The claim holds where, with the mask, gradients by later inputs and changes through them are 0 to the "
            "last bit, the loss is above 0.95 of the least that a prediction can have, and over half of the texts "
            "written are allowed; and where, without it, gradients by later inputs are above 0, the loss is below half "
            "of that least, and less than a tenth of the texts written are allowed. Models of whole texts; by the 95 % "
            "interval over seeds.",
        )

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw who sees whom, and what it leads to."""
        names = [str(step + 1) for step in range(self.length)]
        drawn: list[Figure] = []
        for arm in ARMS:
            slopes = np.mean(
                [row["slopes"] for row in rows if row["decoder"] == arm and "slopes" in row], 0, dtype=np.float64
            )
            strengths = np.full_like(slopes, np.nan)
            np.log10(slopes, where=slopes > 0, out=strengths)
            drawn.append(
                Heat(
                    f"Gradient of each output by each input, log10 of its norm: {arm}",
                    strengths,
                    names,
                    names,
                    "output",
                    "input",
                    caption="Empty: exactly 0.",
                )
            )
        keys = ("reads", "decoder")
        least_says = "Loss, as a share of the least that a prediction can have"
        drawn.append(bars(least_says, rows, keys, "share", "share"))
        drawn.append(bars("Share of what the model writes by itself that is allowed", rows, keys, "allowed", "share"))
        return drawn

    def table(self, rows: Rows) -> Table:
        """List the models."""
        whats = {
            "future": "gradient by later inputs",
            "changed": "change through them",
            "loss": "loss (nats)",
            "share": "by the least possible",
            "allowed": "allowed, of what it writes",
        }
        return summary("With and without the causal mask", rows, ("reads", "decoder"), whats)


def reach(model: SequenceModel, batch: Batch, g: torch.Generator) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return how much each output depends on each input: the norm of the gradient of a random mixture of the hidden
    vector at an output by the vector at an input, [outputs, inputs], the largest over rows."""
    assert model.decoder is not None
    assert model.target is not None
    x = model.target(batch.inputs["target"].values).detach().requires_grad_()
    hidden, _ = model.decoder(x, None)
    mixed = (hidden * torch.randn(hidden.shape, generator=g)).sum((0, 2))  # [outputs]
    slopes = [torch.autograd.grad(one, x, retain_graph=True)[0].norm(dim=-1).amax(0) for one in mixed]
    return torch.stack(slopes).double().numpy()


def changed(model: SequenceModel, batch: Batch, follow: Tensor) -> float:
    """Return how much the outputs before the middle symbol change at most when it becomes another."""
    heard = batch.inputs["target"].values
    middle = heard.shape[1] // 2
    other = heard.clone()
    other[:, middle] = (other[:, middle] - FIRST + 1) % len(follow) + FIRST
    with torch.no_grad():
        one, two = (model(Batch({"target": Field(ids)}))[0]["words"] for ids in (heard, other))
    return float((one - two)[:, :middle].abs().max())
