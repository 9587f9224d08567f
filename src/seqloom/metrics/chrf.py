"""chrF (Popović 2015, aclanthology.org/W15-3049), by sacrebleu."""

from typing import Any, ClassVar, Literal

from seqloom.metrics.corpus import Corpus


class ChrF(Corpus):
    """Corpus F score over character 1- to 6-grams, recall counting twice, from 0 to 100.

    words      2: word 1- and 2-grams count too, which is chrF++ (Popović 2017)
    lowercase  compare in lower case
    """

    higher: ClassVar = {"chrf": True}

    def __init__(self, *, words: Literal[0, 2] = 0, lowercase: bool = False) -> None:
        self.words, self.lowercase = words, lowercase
        super().__init__()

    def scorer(self) -> Any:
        """Make sacrebleu's chrF."""
        from sacrebleu.metrics import chrf

        return chrf.CHRF(word_order=self.words, lowercase=self.lowercase)
