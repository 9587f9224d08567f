"""Bidirectional: what an encoder that reads forwards can never know, and one that reads both ways does."""

from typing import Any, ClassVar

from seqloom.build import Wiring
from seqloom.cells import CELLS
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.report.figures import Figure, Table
from seqloom.studies.learning import Draw, accuracy, learn, model_of, numbers, outputs
from seqloom.studies.over_seeds import gains, values
from seqloom.studies.puzzles import symbols_of, vocabulary
from seqloom.studies.puzzles_tags import LIES, Lies, guess, tagged
from seqloom.studies.statistics import Verdict, above, all_of, below, exactly
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import bars, summary
from seqloom.table import Count
from seqloom.tasks.task import Say

READS = ("forwards", "backwards", "both ways")
SOLVED, MARGIN = 0.9, 0.1
BATCH = 32


class Bidirectional(Study):
    """Tags whose answer lies before, after, or on both sides of a step, for encoders of each direction.

    cell     of every encoder
    both     the encoder that should read both ways, a kind that `seqloom list encoders` knows; None: "bi" and the cell
    size     width of each direction of that; the others are wider, so that all have about as many weights
    away     steps from a tag to its answer
    length   of the rows
    symbols  how many there are
    steps    updates of each training
    rows     that are measured
    """

    name: ClassVar[str] = "bidirectional"
    question: ClassVar[str] = "When does reading in both directions help?"
    claim: ClassVar[str] = (
        "Where the answer at a step lies in what comes later, an encoder that reads forwards can only guess, however "
        "long it learns; one that reads both ways learns it, and what lies on both sides too."
    )
    method: ClassVar[str] = (
        "Rows of random symbols are tagged at each step with the symbol a few steps before it, the one a few steps "
        "after it, or with whether the later of these two is the greater. Recurrent encoders that read forwards, "
        "backwards and both ways, of about as many weights and as much training, learn each; accuracy is measured on "
        "new rows. Besides, all that follows a row's middle is drawn anew: by how much do outputs before it change?"
    )
    source: ClassVar[str] = "Schuster & Paliwal 1997; Graves & Schmidhuber 2005 (Neural Networks 18)"
    reading: ClassVar[str] = (
        "A bar as high as the table's best guess is an encoder that knows nothing of the side that it needs. What lies "
        "on both sides is half known from either, so that its best guess is higher. Reading both ways is no gain where "
        "the answer lies in the past, and it cannot run before the row has ended: streaming refuses it."
    )
    exercise: ClassVar[str] = (
        "How far may the answer lie away (`seqloom study bidirectional -s away=8 -s length=40`) until even both ways "
        "fail, and does `-s cell=gru` or `-s both=transformer` move that?"
    )
    control: ClassVar[dict[str, Any]] = {"both": "lstm"}
    control_about: ClassVar[str] = "The encoder that should read both ways reads forwards alone."
    tiny: ClassVar[dict[str, Any]] = {"steps": 100, "length": 12, "away": 1, "symbols": 4, "size": 24, "rows": 100}
    seeds: ClassVar[int] = 5

    def __init__(
        self,
        *,
        cell: str = "lstm",
        both: str | None = None,
        size: Count = 64,
        away: Count = 3,
        length: Count = 24,
        symbols: Count = 8,
        steps: Count = 350,
        rows: Count = 200,
    ) -> None:
        CELLS[cell]  # raises InputError for an unknown one
        if length < 2 * away + 1:
            raise InputError(
                f"study bidirectional: length={length} has no step with {away} on both sides: {2 * away + 1} at least."
            )
        if symbols < 2:
            raise InputError(f"study bidirectional: symbols={symbols}: there must be two to tell apart.")
        self.both = f"bi{cell}" if both is None else both
        self.cell, self.size, self.away, self.length = cell, size, away, length
        self.symbols, self.steps, self.rows = symbols, steps, rows

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Train every direction on every puzzle."""
        found: list[Row] = []
        for lies in LIES:
            for reads in READS:
                model, draw = self._model(reads, lies, seed), self._draw(lies, BATCH)
                learn(model, draw, seed=seed, steps=self.steps, lr=1e-2, schedule="linear")
                test = self._draw(lies, self.rows)(numbers(seed, 1))
                found.append(
                    {
                        "answer": lies,
                        "reads": reads,
                        "weights": model.parameter_count(),
                        "guess": round(guess(lies, self.symbols), 4),
                        "accuracy": accuracy(model, test, "tags"),
                        "reach": self._reach(model, seed),
                    }
                )
                say(f"{lies}, read {reads}: accuracy {found[-1]['accuracy']:.3f}")
        return found

    def _draw(self, lies: Lies, rows: int) -> Draw:
        return lambda g: tagged(g, rows, self.length, lies, self.away, self.symbols)

    def _model(self, reads: str, lies: Lies, seed: int) -> SequenceModel:
        tags = [str(number) for number in range(2 if lies == "both sides" else self.symbols)]
        alone = {"kind": self.cell, "size": self.size * 3 // 2}  # two directions of 2/3 have about as many weights
        encoder = {
            "forwards": alone,
            "backwards": {**alone, "reverse": True},
            "both ways": {"kind": self.both, "size": self.size},
        }[reads]
        return model_of(
            Wiring(source=vocabulary(self.symbols), labels={"tags": (tags, [1] * len(tags))}),
            seed=seed,
            source={"tokens": "symbol", "size": 16},
            encoder=encoder,
            heads={"tags": {"kind": "tags"}},
        )

    def _reach(self, model: SequenceModel, seed: int) -> float:
        """Return by how much logits before the middle change, at most, where all that follows is drawn anew."""
        g, middle = numbers(seed, 2), self.length // 2
        one = tagged(g, 20, self.length, "future", self.away, self.symbols)
        source = one.inputs["source"].values
        told = outputs(model, one)["tags"]
        source[:, middle:] = symbols_of(g, 20, self.length - middle, self.symbols)
        return float((outputs(model, one)["tags"] - told)[:, :middle].abs().max())

    def judge(self, rows: Rows) -> Verdict:
        """Ask who knows the future, and whether that is more than a guess."""
        lost = [one - chance for one, chance in self._known(rows, "future", "forwards")]
        ahead, sides = {"answer": "future"}, {"answer": "both sides"}
        return all_of(
            [
                above(values(rows, "accuracy", **ahead, reads="both ways"), SOLVED, "both ways, answer in the future"),
                below(lost, MARGIN, "forwards, answer in the future, above a guess"),
                above(
                    values(rows, "accuracy", answer="past", reads="forwards"), SOLVED, "forwards, answer in the past"
                ),
                *(
                    above(gains(rows, "accuracy", {"reads": "both ways"}, {"reads": alone}, **sides), MARGIN, what)
                    for alone, what in (
                        ("forwards", "both ways less forwards, answer on both sides"),
                        ("backwards", "both ways less backwards, answer on both sides"),
                    )
                ),
                exactly(values(rows, "reach", reads="forwards"), 0, "what the future changes in outputs read forwards"),
            ],
            f"The claim holds where, by the 95 % interval over seeds, reading both ways is above {SOLVED} right where "
            f"the answer lies in the future, reading forwards is less than {MARGIN} above the best guess there and "
            f"above {SOLVED} where it lies in the past, both ways are more than {MARGIN} above either where it lies on "
            "both sides, and no output of an encoder that reads forwards changes with the future, to the last bit.",
        )

    def _known(self, rows: Rows, answer: str, reads: str) -> list[tuple[float, float]]:
        """Return accuracy and best guess, seed by seed."""
        where = {"answer": answer, "reads": reads}
        return list(zip(values(rows, "accuracy", **where), values(rows, "guess", **where), strict=True))

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw a bar for each puzzle and direction."""
        guesses = ", ".join(f"{lies} {guess(lies, self.symbols):.2f}" for lies in LIES)
        title = "Accuracy by where the answer lies and how the row is read"
        caption = f"Best guess without the side that is needed: {guesses}."
        return [bars(title, rows, ("answer", "reads"), "accuracy", "accuracy", caption)]

    def table(self, rows: Rows) -> Table:
        """List every puzzle and direction."""
        whats = {"accuracy": "accuracy", "reach": "what a new future changes"}
        return summary("Reading in both directions", rows, ("answer", "reads", "weights", "guess"), whats)
