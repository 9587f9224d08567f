"""Chat: a question to an answer, one turn."""

from typing import Any

from seqloom.metrics.bleu import BLEU
from seqloom.metrics.chrf import ChrF
from seqloom.metrics.distinct import Distinct
from seqloom.metrics.length import Length
from seqloom.metrics.written import Written
from seqloom.tasks.pair_rows import Usual, sides
from seqloom.tasks.pairs import PairTask


class Chat(PairTask):
    """Answers by subwords of one vocabulary, since both sides speak one language (Vinyals & Le 2015,
    arXiv:1506.05869)."""

    name = "chat"
    about = "a question to an answer, one turn"
    usual = Usual(
        ("source", "question", "q", "input", "prompt", "query", "utterance", "src", "질문"),
        ("target", "answer", "a", "output", "completion", "response", "reply", "tgt", "답변"),
    )

    @staticmethod
    def template() -> dict[str, Any]:
        """Return the defaults: 8,000 subwords learnt from both sides."""
        pieces = {"tokens": "bpe", "vocab": 8000, "size": 256, "dropout": 0.2}
        return {
            "source": {**pieces},
            "target": {**pieces, "joint": True},
            "heads": {"words": {"kind": "tokens", "smoothing": 0.1, "dropout": 0.2}},
            "data": {"valid": 0.05},
            "decode": {"no_repeat": 3},
            "fit": {
                "epochs": 30,
                "batch_tokens": 4096,
                "lr": 1e-3,
                "schedule": "noam",
                "warmup": 400,
                "patience": 4,
                "metric": "chrf",
            },
        }

    def scores(self) -> list[Written]:
        """Return chrF, BLEU, how varied the answers are, and the ratio of lengths."""
        lower = sides(self.spec)[1].lowercase
        return [ChrF(lowercase=lower), BLEU(tokenize=self.decode.bleu, lowercase=lower), Distinct(), Length()]
