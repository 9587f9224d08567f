"""Exposure: a decoder that learned from the truth and now hears itself, and one that learned from both."""

from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.build import Wiring
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.report.figures import Figure, Lines, Table
from seqloom.studies.learning import learn, model_of, numbers, outputs
from seqloom.studies.over_seeds import gains, over
from seqloom.studies.puzzles import FIRST, vocabulary
from seqloom.studies.puzzles_track import tracking
from seqloom.studies.statistics import Verdict, above, all_of, below
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import summary
from seqloom.table import Count, Share
from seqloom.tasks.task import Say

TRUTH, ITSELF = "the truth", "itself"
FORCED, SAMPLED = "teacher forcing", "scheduled sampling"
GAP = 0.05
BATCH = 32


class Exposure(Study):
    """A walk to be followed from a source that lies, by decoders that trained on the truth or on their own words.

    hears     its last word, or nothing at all: the same vector at every step (the control)
    decoder   "transformer" or a cell such as "gru"
    size      width of the decoder
    length    of the walks
    places    on the ring that they run on
    lies      share of places that the source tells wrongly
    sampling  share of its own words that scheduled sampling ends at, rising in a line from 0
    steps     updates of each training
    rows      that are measured
    """

    name: ClassVar[str] = "exposure"
    question: ClassVar[str] = "What does teacher forcing hide, and does scheduled sampling mend it?"
    claim: ClassVar[str] = (
        "A decoder trained by teacher forcing is worse when it must go on from its own words than when it hears the "
        "truth, for it never met its own errors. Scheduled sampling, which lets it hear its own words in training, "
        "makes it better by itself."
    )
    method: ClassVar[str] = (
        "The source tells the places of a walk on a ring, some of them wrongly; the answer is the walk itself. What "
        "the decoder heard last says where the walk was a step ago: a help as long as it is true. The same model is "
        "trained by teacher forcing and by scheduled sampling (decoding/scheduled.py), with as many updates on the "
        "same rows, and measured on new ones twice: hearing the truth, and writing by itself (greedy)."
    )
    source: ClassVar[str] = (
        "Bengio et al. 2015, arXiv:1506.03099; Ranzato et al. 2016, arXiv:1511.06732 (exposure bias); Huszár 2015, "
        "arXiv:1511.05101 (why scheduled sampling is no consistent estimate)"
    )
    reading: ClassVar[str] = (
        "The gap between the two lines of one training is what validation under teacher forcing does not show. "
        "Scheduled sampling closes it from both sides: it is better by itself and worse with the truth, for it learns "
        "to trust what it hears less. Only free running counts in use, so compare those two lines."
    )
    exercise: ClassVar[str] = (
        "Let the source tell the truth (`seqloom study exposure -s lies=0`) and let it lie more (`-s lies=0.6`): where "
        "is the gap largest, and why is there none at the first?"
    )
    control: ClassVar[dict[str, Any]] = {"hears": "nothing"}
    control_about: ClassVar[str] = (
        "The decoder hears the same vector at every step, never a word, so that the truth cannot spoil it."
    )
    tiny: ClassVar[dict[str, Any]] = {"decoder": "gru", "size": 32, "length": 8, "places": 8, "steps": 200, "rows": 400}
    seeds: ClassVar[int] = 4

    def __init__(
        self,
        *,
        hears: Literal["words", "nothing"] = "words",
        decoder: str = "transformer",
        size: Count = 64,
        length: Count = 16,
        places: Count = 16,
        lies: Share = 0.5,
        sampling: float = 1.0,
        steps: Count = 400,
        rows: Count = 300,
    ) -> None:
        if not 0 < sampling <= 1:
            raise InputError(f"study exposure: sampling={sampling} is a share above 0, up to 1.")
        if length < 4 or places < 4:
            raise InputError(
                f"study exposure: length={length}, places={places}: a walk needs four steps and four places at least."
            )
        self.hears, self.decoder, self.size, self.length = hears, decoder, size, length
        self.places, self.lies, self.sampling, self.steps, self.rows = places, lies, sampling, steps, rows

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Train both ways and measure each on the truth and by itself, whole and step by step."""
        found: list[Row] = []
        for trained, share in ((FORCED, 0.0), (SAMPLED, self.sampling)):
            model = self._model(seed)
            learn(model, self._draw, seed=seed, steps=self.steps, lr=3e-3, schedule="linear", sampling=share)
            test = tracking(numbers(seed, 1), self.rows, self.length, self.places, self.lies)
            for heard, right in ((TRUTH, forced(model, test)), (ITSELF, free(model, test))):
                where = {"trained": trained, "hears": heard}
                found.append(
                    {
                        **where,
                        "right": float(right.mean()),
                        "early": float(right[: self.length // 4].mean()),
                        "late": float(right[-(self.length // 4) :].mean()),
                    }
                )
                found += [{**where, "step": step + 1, "here": one} for step, one in enumerate(right.tolist())]
                say(f"{trained}, hears {heard}: {float(right.mean()):.3f} right")
        return found

    def _draw(self, g: torch.Generator) -> Batch:
        return tracking(g, BATCH, self.length, self.places, self.lies)

    def _model(self, seed: int) -> SequenceModel:
        words = vocabulary(self.places)
        shape: dict[str, Any] = {"kind": "transformer", "size": self.size, "dropout": 0.0}
        decoder = {**shape, "layers": 2} if self.decoder == "transformer" else {"kind": self.decoder, "size": self.size}
        return model_of(
            Wiring(source=words, target=words),
            seed=seed,
            source={"tokens": "symbol", "size": 32},
            target={"tokens": "symbol", "size": 32, "embed": "learned" if self.hears == "words" else "dummy"},
            encoder={**shape, "size": 32, "layers": 1},
            bridge={"kind": "attention", "score": "multihead", "heads": 2},
            decoder=decoder,
            heads={"words": {"kind": "tokens"}},
        )

    def judge(self, rows: Rows) -> Verdict:
        """Ask whether there is a gap, and whether scheduled sampling makes the model better by itself."""
        whole = [row for row in rows if "right" in row]
        gaps = {
            trained: gains(whole, "right", {"hears": TRUTH}, {"hears": ITSELF}, trained=trained)
            for trained in (FORCED, SAMPLED)
        }
        better = gains(whole, "right", {"trained": SAMPLED}, {"trained": FORCED}, hears=ITSELF)
        closed = [one - other for one, other in zip(gaps[SAMPLED], gaps[FORCED], strict=True)]
        return all_of(
            [
                above(gaps[FORCED], GAP, "teacher forcing: right on the truth less right by itself"),
                above(better, 0, "by itself: scheduled sampling less teacher forcing"),
                below(closed, 0, "gap of scheduled sampling less gap of teacher forcing"),
            ],
            "The claim holds where, by the 95 % interval over seeds, a decoder trained by teacher forcing is right on "
            f"over {GAP} more of the words when it hears the truth than by itself, one trained by scheduled sampling "
            "is right on more of them by itself than that one is, and has the smaller gap.",
        )

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw the share of right words step by step."""
        steps = [row for row in rows if "here" in row]
        lines = [
            over(steps, "step", "here", f"{trained}, hears {heard}", trained, trained=trained, hears=heard)
            for trained in (FORCED, SAMPLED)
            for heard in (TRUTH, ITSELF)
        ]
        return [Lines("Right words by step", lines, "step of the answer", "share")]

    def table(self, rows: Rows) -> Table:
        """List both trainings, on the truth and by themselves."""
        whole = [row for row in rows if "right" in row]
        whats = {"right": "right words", "early": "in the first quarter", "late": "in the last quarter"}
        return summary("Teacher forcing and free running", whole, ("trained", "hears"), whats)


def forced(model: SequenceModel, batch: Batch) -> Tensor:
    """Return the share of right words at each step [time] where the truth is heard, the end left out."""
    told = batch.target["words"].values[:, :-1]
    return (best(outputs(model, batch)["words"][:, :-1]) == told).float().mean(0)


def free(model: SequenceModel, batch: Batch) -> Tensor:
    """Return the share of right words at each step [time] where the model hears the words that it writes, greedily; how
    long the answer is, it is told."""
    told = batch.target["words"].values[:, :-1]
    heard, state, right = batch.inputs["target"].values[:, :1], None, []
    with torch.no_grad():
        memory = model.read(batch)
        for step in range(told.shape[1]):
            logits, state = model.step(heard, state, memory)
            heard = best(logits).unsqueeze(1)
            right.append((heard[:, 0] == told[:, step]).float().mean())
    return torch.stack(right)


def best(logits: Tensor) -> Tensor:
    """Return the likeliest place of the ring from logits [..., vocabulary]."""
    return logits[..., FIRST:].argmax(-1) + FIRST
