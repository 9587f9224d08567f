"""Transduce: any string to any string, letter by letter: spelling to sound, dates to ISO, a lemma to its form."""

from typing import Any

from seqloom.metrics.edits import CharacterErrors, Exact, SymbolErrors
from seqloom.metrics.written import Written
from seqloom.tasks.pair_rows import Usual
from seqloom.tasks.pairs import PairTask


class Transduce(PairTask):
    """String transduction by characters, or by symbols with spaces between (`target.tokens: symbol`)."""

    name = "transduce"
    about = "any string to any string, by characters or symbols"
    usual = Usual(
        ("source", "src", "input", "word", "spelling", "grapheme", "graphemes", "lemma"),
        ("target", "tgt", "output", "pronunciation", "phoneme", "phonemes", "phones", "form"),
    )

    @staticmethod
    def template() -> dict[str, Any]:
        """Return the defaults: characters on both sides, rows of one source as right answers of one question.

        No patience: the share of exact answers may stay 0 for long before it rises.
        """
        return {
            "source": {"tokens": "char", "vocab": 8000, "size": 256, "dropout": 0.1},
            "target": {"tokens": "char", "vocab": 8000, "size": 256, "dropout": 0.1},
            "heads": {"words": {"kind": "tokens", "smoothing": 0.1, "dropout": 0.1}},
            "data": {"valid": 0.05, "variants": True},
            "decode": {},
            "fit": {
                "epochs": 30,
                "batch_tokens": 4096,
                "lr": 1e-3,
                "schedule": "noam",
                "warmup": 400,
                "metric": "exact",
            },
        }

    def scores(self) -> list[Written]:
        """Return the share of exact answers, and errors by symbols or characters as the target is cut."""
        return [Exact(), SymbolErrors() if self.target.kind == "symbol" else CharacterErrors()]
