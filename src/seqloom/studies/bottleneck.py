"""Bottleneck: a fixed context vector of growing size against attention, by the length of the source."""

from typing import Any, ClassVar, Literal

import torch

from seqloom.build import Wiring
from seqloom.errors import InputError
from seqloom.model import SequenceModel
from seqloom.report.figures import Figure, Line, Lines, Table
from seqloom.studies.learning import accuracy, exact, learn, model_of, numbers
from seqloom.studies.over_seeds import gains, over
from seqloom.studies.puzzles import reversal, vocabulary
from seqloom.studies.statistics import Ruling, Verdict, above, all_of, below, interval
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import summary
from seqloom.table import Count
from seqloom.tasks.task import Say

ATTENTION = "attention"
DROP, GAP = 0.1, 0.1
BATCH = 32


class Bottleneck(Study):
    """Sequence to sequence by a context vector of several sizes, and by attention, on sources of several lengths.

    sizes    of the context vector
    against  what a vector is compared with: attention, or a context vector of the encoder's own width (the control)
    encoder  width of each direction of the encoder, the same for all; None: half the vector's, so that the encoder's
             last State is as wide as the vector (of attention: as the widest one)
    decoder  width of the decoder
    longest  source trained on; shorter ones from 2 on are as frequent
    symbols  how many there are
    steps    updates of each training
    rows     that are measured at each length
    """

    name: ClassVar[str] = "bottleneck"
    question: ClassVar[str] = "What does a fixed context vector lose as the source grows, and does attention keep it?"
    claim: ClassVar[str] = (
        "One vector that stands for the whole source is a bottleneck, of whatever size: the longer the source, the "
        "worse the answer. Attention, which looks at the source again at every step, keeps its quality."
    )
    method: ClassVar[str] = (
        "Encoder and decoder (GRU) learn to write rows of random symbols backwards, of mixed lengths. All share the "
        "same encoder; between it and the decoder stands a context vector of one of several sizes, given to every "
        "step, or additive attention. After as many updates, tokens are measured under teacher forcing and whole rows "
        "as the model writes them by itself, at several lengths."
    )
    source: ClassVar[str] = (
        "Cho et al. 2014, arXiv:1409.1259, figure 4; Bahdanau et al. 2015, arXiv:1409.0473, section 1 and figure 2"
    )
    reading: ClassVar[str] = (
        "A line that falls to the right is an architecture that loses with length. Compare the lines of the vectors "
        "with one another before you conclude that more room is what is missing: what an encoder learned to put into "
        "its vector within the updates that it had counts as well, and no vector holds more than the encoder's State."
    )
    exercise: ClassVar[str] = (
        "Train four times as long (`seqloom study bottleneck -s steps=1600`): which lines move, and does the gap to "
        "attention at the longest source close? With `-s encoder=null` the encoder grows with the vector."
    )
    control: ClassVar[dict[str, Any]] = {"against": "context"}
    control_about: ClassVar[str] = "What should look at the whole source gets one vector as well."
    tiny: ClassVar[dict[str, Any]] = {
        "sizes": [8, 32],
        "encoder": 24,
        "decoder": 48,
        "longest": 10,
        "symbols": 6,
        "steps": 220,
        "rows": 50,
    }
    seeds: ClassVar[int] = 4

    def __init__(
        self,
        *,
        sizes: list[Count] | None = None,
        against: Literal["attention", "context"] = "attention",
        encoder: Count | None = 64,
        decoder: Count = 128,
        longest: Count = 20,
        symbols: Count = 8,
        steps: Count = 400,
        rows: Count = 100,
    ) -> None:
        self.sizes = sorted(set(sizes or [64, 256, 1024]))
        if longest < 4:
            raise InputError(f"study bottleneck: longest={longest}: a source that grows needs 4 symbols at least.")
        if symbols < 2:
            raise InputError(f"study bottleneck: symbols={symbols}: there must be two to tell apart.")
        self.against, self.encoder, self.decoder = against, encoder, decoder
        self.longest, self.symbols, self.steps, self.rows = longest, symbols, steps, rows
        self.lengths = sorted({round(longest * share) for share in (0.2, 0.4, 0.6, 0.8, 1.0)})

    @property
    def names(self) -> dict[str, int | None]:
        """What stands between encoder and decoder, by name, with the size of a vector."""
        return {**{f"vector of {size}": size for size in self.sizes}, ATTENTION: None}

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Train every bridge and measure it at every length."""
        found: list[Row] = []
        for name, size in self.names.items():
            model = self._model(size, seed)
            learn(model, self._draw, seed=seed, steps=self.steps, lr=3e-3, schedule="linear")
            for length in self.lengths:
                test = reversal(numbers(seed, length), self.rows, length, self.symbols)
                found.append(
                    {
                        "between": name,
                        "weights": model.parameter_count(),
                        "length": length,
                        "tokens": accuracy(model, test, "words"),
                        "rows": exact(model, test),
                    }
                )
            say(f"{name}: {found[-1]['tokens']:.3f} of the tokens of {self.longest} symbols")
        return found

    def _draw(self, g: torch.Generator) -> Any:
        length = int(torch.randint(2, self.longest + 1, (), generator=g))
        return reversal(g, BATCH, length, self.symbols)

    def _model(self, size: int | None, seed: int) -> SequenceModel:
        width = (max(self.sizes) if size is None else size) // 2 or 1 if self.encoder is None else self.encoder
        bridge: dict[str, Any] = {"kind": "context", "size": size or 2 * width}
        if size is None and self.against == "attention":
            bridge = {"kind": "attention", "score": "additive"}
        words = vocabulary(self.symbols)
        return model_of(
            Wiring(source=words, target=words),
            seed=seed,
            source={"tokens": "symbol", "size": 32},
            target={"tokens": "symbol", "size": 32},
            encoder={"kind": "bigru", "size": width},
            bridge=bridge,
            decoder={"kind": "gru", "size": self.decoder},
            heads={"words": {"kind": "tokens"}},
        )

    def judge(self, rows: Rows) -> Verdict:
        """Compare short with long sources, and the best vector with attention on the longest."""
        vectors = [name for name in self.names if name != ATTENTION]
        rulings: list[Ruling] = [
            below(self._drops(rows, name), -DROP, f"{name}, tokens of the longest less the shortest")
            for name in vectors
        ]
        rulings.append(above(self._drops(rows, ATTENTION), -DROP, "attention, tokens of the longest less the shortest"))
        last = {"length": self.lengths[-1]}
        for name in vectors:
            lead = gains(rows, "tokens", {"between": ATTENTION}, {"between": name}, **last)
            rulings.append(above(lead, GAP, f"attention less {name}, tokens of the longest"))
        return all_of(
            rulings,
            f"The claim holds where, by the 95 % interval over seeds, the share of right tokens falls by more than "
            f"{DROP} from sources of {self.lengths[0]} symbols to {self.lengths[-1]} with a vector of every size, by "
            f"less than that with attention, and attention is more than {GAP} above every vector on the longest.",
        )

    def _drops(self, rows: Rows, name: str) -> list[float]:
        return gains(rows, "tokens", {"length": self.lengths[-1]}, {"length": self.lengths[0]}, between=name)

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw quality against length, and on the longest sources against the size of the vector."""

        def by_length(what: str) -> list[Line]:
            return [over(rows, "length", what, name, between=name) for name in self.names]

        names = list(self.names)
        widest, smallest = f"vector of {self.sizes[-1]}", f"vector of {self.sizes[0]}"
        more = gains(rows, "tokens", {"between": widest}, {"between": smallest}, length=self.lengths[-1])
        caption = (
            f"On {self.lengths[-1]} symbols the widest of {len(names) - 1} vectors has {interval(more)} more of the "
            "tokens than the smallest."
        )
        return [
            Lines("Right tokens by length", by_length("tokens"), "symbols of the source", "share", caption=caption),
            Lines("Rows written wholly right by length", by_length("rows"), "symbols of the source", "share"),
        ]

    def table(self, rows: Rows) -> Table:
        """List every bridge at every length."""
        whats = {"tokens": "right tokens", "rows": "rows wholly right"}
        return summary("Context vectors and attention", rows, ("between", "weights", "length"), whats)
