"""Translate: a sentence of one language to one of another."""

from typing import Any

from seqloom.metrics.bleu import BLEU
from seqloom.metrics.chrf import ChrF
from seqloom.metrics.length import Length
from seqloom.metrics.written import Written
from seqloom.tasks.pair_rows import Usual, sides
from seqloom.tasks.pairs import PairTask


class Translate(PairTask):
    """Translation by subwords of each language."""

    name = "translate"
    about = "a sentence of one language to one of another"
    usual = Usual(("source", "src", "sentence", "input"), ("target", "tgt", "translation", "output"))

    @staticmethod
    def template() -> dict[str, Any]:
        """Return the defaults: 8,000 subwords a side, label smoothing, up to 30 epochs with early stopping."""
        return {
            "source": {"tokens": "bpe", "vocab": 8000, "size": 256, "dropout": 0.1},
            "target": {"tokens": "bpe", "vocab": 8000, "size": 256, "dropout": 0.1},
            "heads": {"words": {"kind": "tokens", "smoothing": 0.1, "dropout": 0.1}},
            "data": {"valid": 0.02},
            "decode": {},
            "fit": {
                "epochs": 30,
                "batch_tokens": 4096,
                "lr": 1e-3,
                "schedule": "noam",
                "warmup": 800,
                "patience": 4,
                "metric": "bleu",
            },
        }

    def scores(self) -> list[Written]:
        """Return BLEU, chrF and the ratio of lengths, in lower case where the target is."""
        lower = sides(self.spec)[1].lowercase
        return [BLEU(tokenize=self.decode.bleu, lowercase=lower), ChrF(lowercase=lower), Length()]
