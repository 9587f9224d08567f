"""Memory: the longest lag that each architecture learns to bridge (Hochreiter & Schmidhuber 1997)."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch

from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.report.figures import Bars, Figure, Table
from seqloom.studies.lags import PUZZLES, Puzzle, cell_of, of_size
from seqloom.studies.learning import learn, numbers, seeded
from seqloom.studies.over_seeds import gains, values
from seqloom.studies.statistics import Ruling, Verdict, above, all_of, interval
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import groups, summary
from seqloom.table import Count
from seqloom.tasks.task import Say

SOLVED = 0.95
"""The share of right answers that counts as solved."""
PLAIN, GATED = "rnn", ("gru", "lstm")
ARMS: dict[str, tuple[Mapping[str, Any], int]] = {
    PLAIN: ({"kind": "rnn"}, 1),
    "gru": ({"kind": "gru"}, 1),
    "lstm": ({"kind": "lstm"}, 1),
    "transformer": ({"kind": "transformer", "layers": 1, "heads": 4}, 8),
}
"""By name: the encoder, and what its size is a multiple of."""
PuzzleName = Literal["adding", "copy", "recall"]


class Memory(Study):
    """Networks of equal parameters climb a ladder of lags, with equally many updates at each.

    puzzles     what must be remembered
    lags        the rungs, in steps
    parameters  that each network has at most
    updates     of a training at most; it stops at 95 % right
    recurrent   weights of the plain network: orthogonal at first, as we build it, or small for good (the control)
    """

    name = "memory"
    question = "How far back can each architecture remember, with equal parameters and an equal budget?"
    claim = "At equal parameters and updates, an LSTM and a GRU solve longer lags than a plain recurrent network."
    method = (
        "Three puzzles, each with a stated lag: adding (the sum of two marked numbers of a row), copy (three symbols, "
        "told again after blanks) and recall (the first symbol, told after distractors). A plain network, a GRU, an "
        "LSTM and a Transformer, each of one layer and as wide as the same number of parameters allows, are trained "
        "from scratch at growing lags (Adam, a rate of 0.01, equal updates at most) until one is not solved: 95 % "
        "right. The last that was is the longest lag."
    )
    source = (
        "Hochreiter & Schmidhuber 1997; Chung et al. 2014, arXiv:1412.3555; Arjovsky, Shah & Bengio 2016, "
        "arXiv:1511.06464; Henaff, Szlam & LeCun 2016, arXiv:1602.06662 (orthogonal weights and copying)"
    )
    reading = (
        "Bars end at the longest lag that was solved; the ladder ends too, so that the highest bar means at least that "
        "lag. Compare the puzzles: adding needs a network to write at two steps and to ignore the others, which is "
        "what gates are for; copy and recall need it only to hold what came first, and a rotation of the state, which "
        "is what orthogonal weights are, holds as long as any gate and needs not be learned. What is easier for the "
        "plain network is so by its first weights: start them small, and it forgets."
    )
    exercise = (
        "Give more time (`seqloom study memory -s updates=2000 -s lags=[10,40,160]`): which architectures gain, and on "
        "which puzzle? Bars that reach the end of the ladder say only `at least`: how long must it be?"
    )
    control: ClassVar[Mapping[str, Any]] = {"recurrent": "small"}
    control_about = (
        "The plain network's recurrent weights are small, in place of orthogonal, and are not learned: it halves at "
        "least what it holds at every step, and now the gated ones must be ahead."
    )
    tiny: ClassVar[Mapping[str, Any]] = {"puzzles": ["recall"], "lags": [2, 12], "updates": 250, "parameters": 3000}
    seeds = 3

    def __init__(
        self,
        *,
        puzzles: list[PuzzleName] | None = None,
        lags: list[Count] | None = None,
        parameters: Count = 4000,
        updates: Count = 300,
        recurrent: Literal["orthogonal", "small"] = "orthogonal",
    ) -> None:
        self.puzzles = list(dict.fromkeys(puzzles or ["adding", "copy", "recall"]))
        self.lags = sorted(set(lags or [5, 10, 20, 40, 80]))
        self.parameters, self.updates, self.recurrent = parameters, updates, recurrent
        if self.lags[0] < 2:
            raise InputError(f"study memory: lags={lags}: the shortest can be 2, for two numbers that are added.")

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Measure the longest lag of every architecture on every puzzle."""
        rows: list[Row] = []
        for name in self.puzzles:
            puzzle = PUZZLES[name]
            for arm, (part, step) in ARMS.items():
                encoder = of_size(puzzle, part, self.parameters, step)
                solved = 0
                for lag in self.lags:
                    model = puzzle.model(encoder, seed)
                    if arm == PLAIN and self.recurrent == "small":
                        _small(model, seed)
                    taken, right = self._train(puzzle, model, lag, seed)
                    rows.append({"puzzle": name, "arm": arm, "lag": lag, "right": right, "updates": taken})
                    if right < SOLVED:
                        break
                    solved += 1
                longest = self.lags[solved - 1] if solved else 0
                say(f"memory: {arm} solves {name} up to a lag of {longest}")
                at: Row = {"puzzle": name, "arm": arm, "parameters": puzzle.model(encoder, 0).parameter_count()}
                rows.append({**at, "rungs": solved, "longest": longest, "size": encoder["size"]})
        return rows

    def _train(self, puzzle: Puzzle, model: SequenceModel, lag: int, seed: int) -> tuple[int, float]:
        test = puzzle.draw(numbers(seed, 2), 256, lag)

        def enough() -> bool:
            return puzzle.right(model, test) >= SOLVED + 0.02

        course = learn(model, lambda g: puzzle.draw(g, 32, lag), seed=seed, steps=self.updates, lr=1e-2, enough=enough)
        return course.steps, puzzle.right(model, puzzle.draw(numbers(seed, 1), 512, lag))

    def judge(self, rows: Rows) -> Verdict:
        """Compare how many rungs of the ladder were climbed."""
        rulings: list[Ruling] = []
        for puzzle in self.puzzles:
            for arm in GATED:
                more = gains(rows, "rungs", {"arm": arm}, {"arm": PLAIN}, puzzle=puzzle)
                rulings.append(above(more, 0, f"{puzzle}: lags that {arm} solves beyond {PLAIN}, of {len(self.lags)}"))
        verdict = all_of(
            rulings,
            "on every puzzle the 95 % interval over seeds of how many more lags of the ladder a GRU, and an LSTM, "
            "solves than the plain network lies above 0",
        )
        beside = tuple(
            f"not part of the claim: {puzzle}, longest lag of the transformer: "
            f"{interval(values(rows, 'longest', arm='transformer', puzzle=puzzle))}"
            for puzzle in self.puzzles
        )
        return Verdict(verdict.answer, verdict.test, verdict.reasons + beside)

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw the longest lag of every architecture, a figure for each puzzle."""
        found: list[Figure] = []
        for puzzle in self.puzzles:
            spans = [interval(values(rows, "longest", puzzle=puzzle, arm=arm)) for arm in ARMS]
            low, high = (np.array([getattr(span, end) for span in spans], np.float64) for end in ("low", "high"))
            band = bool(np.isfinite(low).all())
            found.append(
                Bars(
                    f"Longest lag solved: {puzzle}",
                    list(ARMS),
                    np.array([span.mean for span in spans], np.float64),
                    "steps",
                    low.clip(min=0) if band else None,
                    high if band else None,
                    caption=f"The ladder: {', '.join(map(str, self.lags))}. Mean over seeds, with its 95 % interval.",
                )
            )
        return found

    def table(self, rows: Rows) -> Table:
        """List the longest lag, and what the networks were."""
        ends = [row for row in rows if "longest" in row]
        last = groups([row for row in rows if "lag" in row], "puzzle", "arm", "seed")
        told = [{**row, "updates": sum(one["updates"] for one in last[_key(row)])} for row in ends]
        whats = {"longest": "longest lag", "size": "size", "parameters": "parameters", "updates": "updates in all"}
        return summary("Longest lag solved", told, ("puzzle", "arm"), whats)


def _key(row: Row) -> tuple[Any, ...]:
    return row["puzzle"], row["arm"], row["seed"]


def _small(model: SequenceModel, seed: int) -> None:
    """Give the plain network recurrent weights whose eigenvalues are at most about 1/2, for good."""
    matrix: Any = cell_of(model).w_hh
    with torch.no_grad(), seeded(seed):
        matrix.normal_(0, 0.5 * len(matrix) ** -0.5)
    matrix.requires_grad_(False)
