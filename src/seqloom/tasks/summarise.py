"""Summarise: a document to a few words of it."""

from typing import Any

from seqloom.metrics.bleu import BLEU
from seqloom.metrics.length import Length
from seqloom.metrics.rouge import Rouge
from seqloom.metrics.written import Written
from seqloom.tasks.pair_rows import Usual, sides
from seqloom.tasks.pairs import PairTask


class Summarise(PairTask):
    """Summaries by words, which may be copied from the document (See et al. 2017, arXiv:1704.04368)."""

    name = "summarise"
    about = "a document to a summary, with words copied from it"
    usual = Usual(
        ("source", "document", "article", "body", "text", "content", "dialogue", "src", "본문", "문서"),
        ("target", "summary", "headline", "subject", "title", "highlights", "abstract", "tgt", "요약", "제목"),
    )
    cuts_source = True

    @staticmethod
    def template() -> dict[str, Any]:
        """Return the defaults: the paper's first 400 words of a document, one vocabulary for both sides."""
        words = {"tokens": "word", "vocab": 20000, "size": 256, "dropout": 0.2}
        return {
            "source": {**words, "max_length": 400},
            "target": {**words, "joint": True},
            "heads": {"words": {"kind": "copy", "smoothing": 0.1, "dropout": 0.2}},
            "data": {"valid": 0.05},
            "decode": {"no_repeat": 3},
            "fit": {
                "epochs": 20,
                "batch_tokens": 8192,
                "lr": 1e-3,
                "schedule": "noam",
                "warmup": 400,
                "patience": 4,
                "metric": "rougeL",
            },
        }

    def scores(self) -> list[Written]:
        """Return ROUGE, BLEU and the ratio of lengths."""
        return [Rouge(), BLEU(tokenize=self.decode.bleu, lowercase=sides(self.spec)[1].lowercase), Length()]
