"""Alignment: whether attention, which nobody tells where to look, looks at the right place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from seqloom.batch import Batch
from seqloom.build import Wiring
from seqloom.data.dates import FORMS
from seqloom.data.vocabulary import EOS, UNK
from seqloom.errors import InputError
from seqloom.explaining.attention import looking_parts
from seqloom.model import SequenceModel
from seqloom.report.figures import Figure, Heat, Table
from seqloom.studies.learning import accuracy, learn, model_of, numbers
from seqloom.studies.over_seeds import values
from seqloom.studies.puzzles import FIRST, reversal, vocabulary
from seqloom.studies.puzzles_dates import FIGURES, SHORT, letters, written_dates
from seqloom.studies.statistics import Ruling, Verdict, above, all_of
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import bars, summary
from seqloom.table import Count
from seqloom.tape import Tape
from seqloom.tasks.task import Say

Aligned = tuple[Batch, Tensor]
"""A batch of pairs, and the right places of each step of its target: [batch, target, source], nowhere where a step has
none (an end, a dash)."""
SHARE, GAIN = 0.5, 0.2
BATCH, SYMBOLS = 32, 8
ATTENTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "bahdanau": ({"kind": "attention", "score": "additive"}, {"kind": "gru", "wiring": "bahdanau"}),
    "luong": ({"kind": "attention", "score": "general"}, {"kind": "gru", "wiring": "luong"}),
}
"""Bridge and decoder by the attention's name."""


@dataclass(frozen=True)
class Puzzle:
    """Pairs whose alignment is known: how they are drawn (so many rows) to train on and to measure, what the ids mean,
    and how large their vocabulary is."""

    draw: Callable[[torch.Generator, int], Aligned]
    measured: Callable[[torch.Generator, int], Aligned]
    shown: Callable[[int], str]
    vocabulary: int


class Alignment(Study):
    """The share of the weights of attention that lies where the answer is known to stand, for reversal and dates.

    attentions  those that are measured: bahdanau, luong
    encoder     what attention looks at: "bigru", or "bag", each symbol by itself without any place (the control)
    size        width of the encoder's directions; the decoder is half again as wide
    longest     row of symbols to be reversed
    forms       of dates: four short ones, those with days and years in figures, or all, such as "the third of March,
                nineteen ninety-nine"
    steps       updates of each training
    rows        that are measured
    """

    name: ClassVar[str] = "alignment"
    question: ClassVar[str] = "Does attention find the right place in the source, which it is never told?"
    claim: ClassVar[str] = (
        "Trained on nothing but pairs, attention puts most of its weight on the part of the source that a symbol of "
        "the answer comes from: the mirrored place of a reversal; the year, month and day of a date."
    )
    method: ClassVar[str] = (
        "Attention models, of Bahdanau and of Luong, learn to reverse rows of symbols and to write dates "
        "in ISO 8601 (data/dates.py). The right place is known from how the data are made. Under teacher forcing on "
        "new rows, the weight on the right place is summed for each step that has one, and averaged; beside it stands "
        "what an even look over the source would put there, and the share on the place or one beside it."
    )
    source: ClassVar[str] = (
        "Bahdanau et al. 2015, arXiv:1409.0473, section 5.2.1 and figure 3; Luong et al. 2015, arXiv:1508.04025, "
        "section 5.4 (alignment quality)"
    )
    reading: ClassVar[str] = (
        "Compare a bar with the even look beside it. In the maps, a row is a step of the answer and bright is where it "
        "looked. Attention may look beside the right place and be right all the same, for a recurrent encoder's "
        "outputs know their neighbours: compare the share with that of one place more on either side. So weights tell "
        "where a model looks, not always what it uses."
    )
    exercise: ClassVar[str] = (
        "Write out the numbers (`seqloom study alignment -s forms=all -s steps=1200`). Which part of a date written in "
        "words is looked at for each digit?"
    )
    control: ClassVar[dict[str, Any]] = {"encoder": "bag"}
    control_about: ClassVar[str] = (
        "The encoder leaves each symbol by itself without any place, so that attention cannot tell equal ones apart."
    )
    tiny: ClassVar[dict[str, Any]] = {
        "attentions": ["luong"],
        "size": 48,
        "longest": 5,
        "steps": 300,
        "rows": 50,
    }
    seeds: ClassVar[int] = 4

    def __init__(
        self,
        *,
        attentions: list[Literal["bahdanau", "luong"]] | None = None,
        encoder: Literal["bigru", "bag"] = "bigru",
        size: Count = 64,
        longest: Count = 12,
        forms: Literal["short", "figures", "all"] = "figures",
        steps: Count = 350,
        rows: Count = 200,
    ) -> None:
        if longest < 3:
            raise InputError(f"study alignment: longest={longest}: a reversal that shows needs 3 symbols at least.")
        self.attentions = list(dict.fromkeys(attentions or ATTENTIONS))
        self.encoder, self.size, self.longest, self.steps, self.rows = encoder, size, longest, steps, rows
        self.forms = {"short": SHORT, "figures": FIGURES, "all": tuple(FORMS)}[forms]
        self.puzzles = {"reversal": self._reversal(), "dates": self._dates()}

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Train each attention on each puzzle; the first seed also keeps a map of one row."""
        found: list[Row] = []
        for task, puzzle in self.puzzles.items():
            for attention in self.attentions:
                model = self._model(puzzle, attention, seed)
                learn(
                    model,
                    lambda g, puzzle=puzzle: puzzle.draw(g, BATCH)[0],  # type: ignore[misc]
                    seed=seed,
                    steps=self.steps,
                    lr=3e-3,
                    schedule="linear",
                )
                batch, places = puzzle.measured(numbers(seed, 1), self.rows)
                looks = looked(model, batch)
                source = batch.inputs["source"]
                assert source.mask is not None
                even = (source.mask / source.mask.sum(1, keepdim=True))[:, None, :].expand_as(looks)
                found.append(
                    {
                        "task": task,
                        "attention": attention,
                        "right": accuracy(model, batch, "words"),
                        "share": share_on(looks, places),
                        "near": share_on(looks, beside(places, source.mask)),
                        "even": share_on(even, places),
                        "map": self._map(puzzle, batch, looks),
                    }
                )
                say(f"{task}, {attention}: {found[-1]['share']:.3f} of the weight on the right place")
        return found

    def _reversal(self) -> Puzzle:
        def mixed(g: torch.Generator, rows: int) -> Aligned:
            return reversed_rows(g, rows, int(torch.randint(2, self.longest + 1, (), generator=g)))

        def longest(g: torch.Generator, rows: int) -> Aligned:
            return reversed_rows(g, rows, self.longest)

        return Puzzle(mixed, longest, lambda one: "abcdefgh"[one - FIRST], vocabulary(SYMBOLS))

    def _dates(self) -> Puzzle:
        def draw(g: torch.Generator, rows: int) -> Aligned:
            return written_dates(g, rows, self.forms)

        said = letters()
        return Puzzle(draw, draw, lambda one: said[one - UNK - 1], UNK + 1 + len(said))

    def _model(self, puzzle: Puzzle, attention: str, seed: int) -> SequenceModel:
        bridge, decoder = ATTENTIONS[attention]
        return model_of(
            Wiring(source=puzzle.vocabulary, target=puzzle.vocabulary),
            seed=seed,
            source={"tokens": "symbol", "size": 32},
            target={"tokens": "symbol", "size": 32},
            encoder={"kind": "bigru", "size": self.size} if self.encoder == "bigru" else {"kind": self.encoder},
            bridge=bridge,
            decoder={**decoder, "size": self.size * 3 // 2},
            heads={"words": {"kind": "tokens"}},
        )

    def _map(self, puzzle: Puzzle, batch: Batch, looks: Tensor) -> dict[str, Any]:
        """Return where the first row looked, with its symbols."""
        source, told = batch.inputs["source"], batch.target["words"]
        assert source.mask is not None and told.mask is not None
        read, wrote = int(source.mask[0].sum()), int(told.mask[0].sum())

        def shown(ids: Tensor) -> list[str]:
            return ["∎" if one == EOS else puzzle.shown(one) for one in ids.tolist()]

        return {
            "weights": [[round(one, 4) for one in row] for row in looks[0, :wrote, :read].tolist()],
            "source": shown(source.values[0, :read]),
            "target": shown(told.values[0, :wrote]),
        }

    def judge(self, rows: Rows) -> Verdict:
        """Ask of each task and attention whether most of the weight lies right, and more than by an even look."""
        rulings: list[Ruling] = []
        for task in self.puzzles:
            for attention in self.attentions:
                where = {"task": task, "attention": attention}
                share, even = values(rows, "share", **where), values(rows, "even", **where)
                more = [one - other for one, other in zip(share, even, strict=True)]
                rulings.append(above(share, SHARE, f"{task}, {attention}: share of the weight on the right place"))
                rulings.append(above(more, GAIN, f"{task}, {attention}: that less what an even look has there"))
        return all_of(
            rulings,
            f"The claim holds where, for both tasks and each attention, by the 95 % interval over seeds, more than "
            f"{SHARE} of the weight lies on the right place, and more than {GAIN} above what an even look puts there.",
        )

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw the shares, and a map of each."""
        drawn: list[Figure] = [
            bars("Share of the weight on the right place", rows, ("task", "attention"), "share", "share of weight"),
            bars("What an even look would put there", rows, ("task",), "even", "share of weight"),
        ]
        for row in rows:
            if row["seed"] == rows[0]["seed"]:
                look = row["map"]
                drawn.append(
                    Heat(
                        f"{row['task']}, {row['attention']}",
                        np.array(look["weights"], np.float64),
                        look["target"],
                        look["source"],
                        "answer",
                        "source",
                        0.0,
                        1.0,
                    )
                )
        return drawn

    def table(self, rows: Rows) -> Table:
        """List every task and attention."""
        whats = {
            "share": "weight on the right place",
            "near": "with one place beside",
            "even": "of an even look",
            "right": "right tokens",
        }
        return summary("Where attention looks", rows, ("task", "attention"), whats)


def reversed_rows(g: torch.Generator, rows: int, length: int) -> Aligned:
    """Draw rows to be reversed: step t of the target comes from place length - 1 - t."""
    places = torch.zeros(rows, length + 1, length + 1, dtype=torch.bool)
    places[:, :length, :length] = torch.eye(length, dtype=torch.bool).flip(1)
    return reversal(g, rows, length, SYMBOLS), places


def looked(model: SequenceModel, batch: Batch) -> Tensor:
    """Return where each step looked, mean over heads and parts that look: [batch, target, source]."""
    with torch.no_grad(), Tape(model, only=looking_parts(model)) as tape:
        model(batch)
    return torch.stack([tape[path].mean(1) for path in tape]).mean(0)


def share_on(looks: Tensor, places: Tensor) -> float:
    """Return the share of looks [batch, target, source] on the right places of the same shape, mean over the steps that
    have one."""
    has = places.any(-1)
    return float((looks * places).sum(-1)[has].mean())


def beside(places: Tensor, mask: Tensor) -> Tensor:
    """Return places [batch, target, source] and those next to them, within the source's mask [batch, source]."""
    wider = places.clone()
    wider[..., 1:] |= places[..., :-1]
    wider[..., :-1] |= places[..., 1:]
    return wider & mask[:, None, :]
