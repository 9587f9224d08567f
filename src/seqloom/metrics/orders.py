"""BLEU-1 to BLEU-4: BLEU over n-grams up to 1, 2, 3 and 4 words, as captions are measured (Papineni et al. 2002), by
sacrebleu."""

from typing import Any, ClassVar

from seqloom.metrics.bleu import BLEU


class Orders(BLEU):
    """Corpus BLEU of each order with exponential smoothing, from 0 to 100; its options are those of BLEU.

    Where no reference is as long as an order, as of captions of three words, it is that of the longest one: 4-grams
    that nobody could write would make every answer 0. An answer that is too short is not spared so.
    """

    higher: ClassVar = {"bleu1": True, "bleu2": True, "bleu3": True, "bleu4": True}

    def values(self) -> dict[str, float]:
        """Return bleu1 to bleu4."""
        answers, streams = self.streams()
        longest = max(self._words(text) for _, references in self._answers for text in references)
        self._scored = self.rows
        values = {}
        for order, name in enumerate(self.higher, 1):
            self._scorer = self.scorer(max(1, min(order, longest)))  # the last one has the signature
            values[name] = float(self._scorer.corpus_score(answers, streams).score)
        return values

    def scorer(self, order: int = 4) -> Any:
        """Make sacrebleu's BLEU over n-grams up to `order`."""
        from sacrebleu.metrics import bleu

        return bleu.BLEU(lowercase=self.lowercase, tokenize=self.tokenize, force=True, max_ngram_order=order)

    def _words(self, text: str) -> int:
        """Return how many tokens sacrebleu makes of a text."""
        return len(self._scorer.tokenizer(text).split())
