"""BLEU (Papineni et al. 2002, aclanthology.org/P02-1040), by sacrebleu."""

from typing import Any, ClassVar, Literal

from seqloom.metrics.corpus import Corpus


class BLEU(Corpus):
    """Corpus BLEU over 1- to 4-grams with exponential smoothing, from 0 to 100.

    tokenize   13a (the one of WMT), intl (Unicode punctuation), char (each character; for Korean one of the usual
               choices) or none (what spaces part)
    lowercase  compare in lower case
    """

    higher: ClassVar = {"bleu": True}

    def __init__(self, *, tokenize: Literal["13a", "intl", "char", "none"] = "13a", lowercase: bool = False) -> None:
        self.tokenize, self.lowercase = tokenize, lowercase
        super().__init__()

    def scorer(self) -> Any:
        """Make sacrebleu's BLEU; `force` only keeps it from warning of text that looks tokenized."""
        from sacrebleu.metrics import bleu

        return bleu.BLEU(lowercase=self.lowercase, tokenize=self.tokenize, force=True)
