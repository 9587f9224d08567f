"""CIDEr: how alike an answer is to what most people write of the same picture (Vedantam et al. 2015, arXiv:1411.5726).

    g(s)     the vector of a text: for each n-gram, how often it occurs, times ln(pictures / pictures whose references
             have it) (eq. 1, without its division by the text's n-grams, which no cosine sees)
    CIDEr    = 10 mean_n mean_j  g_n(c) . g_n(s_j) / |g_n(c)| |g_n(s_j)|                               (eq. 2 and 3)
    CIDEr-D  = 10 mean_n mean_j  exp(-(l(c) - l(s_j))^2 / 2 sigma^2) min(g_n(c), g_n(s_j)) . g_n(s_j) / |...| |...|

over n-grams of 1 to 4 words and the references s_j of one answer c, then the mean over answers; sigma is 6 words
(section 6). CIDEr-D is what captioning papers call CIDEr, most of them times 100; the factor 10 stands in both here,
as in the authors' own program. An n-gram that no reference has counts as if one picture had it.

Words are lower-cased runs of letters, marks and digits, unstemmed. A text of three words has no 4-grams, so that even
the right answer to it reaches 7.5. How rare an n-gram is follows from the references measured against: of one picture
alone every value is 0, and of few they are rough.
"""

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from seqloom.metrics.rouge import words
from seqloom.metrics.written import Written

LONGEST = 4
"""Words of the longest n-gram."""
SIGMA = 6.0
"""Words by which an answer may differ from a reference in length before CIDEr-D falls by 40 %."""
FACTOR = 10.0

Gram = tuple[str, ...]
Counts = tuple[Counter[Gram], ...]
"""How often each n-gram occurs in a text, by n."""
Vectors = tuple[dict[Gram, float], ...]


class CIDEr(Written):
    """CIDEr and CIDEr-D. Answers are held until they are measured, for rarity is known of all references alone."""

    higher: ClassVar = {"cider": True, "cider_d": True}

    def __init__(self) -> None:
        self._answers: list[tuple[str, tuple[str, ...]]] = []

    def count(self, hypothesis: str, references: Sequence[str]) -> None:
        """Take one answer in; all its references are of one picture."""
        self._answers.append((hypothesis, tuple(references)))

    def values(self) -> dict[str, float]:
        """Return cider and cider_d, each from 0 to 10."""
        each = self.each()
        return {name: math.fsum(one[place] for one in each) / self.rows for place, name in enumerate(self.higher)}

    def each(self) -> list[tuple[float, float]]:
        """Return cider and cider_d of every answer so far, in their order; how rare an n-gram is, all of them say."""
        having: Counter[Gram] = Counter()
        for _, references in self._answers:
            having.update({gram for text in references for grams in counted(text) for gram in grams})
        pictures = math.log(max(1, len(self._answers)))
        rarity = {gram: pictures - math.log(count) for gram, count in having.items()}

        def weigh(text: str) -> Vectors:
            return tuple(
                {gram: times * rarity.get(gram, pictures) for gram, times in grams.items()} for grams in counted(text)
            )

        found = []
        for hypothesis, references in self._answers:
            ours, long = weigh(hypothesis), len(words(hypothesis))
            plain = strict = 0.0
            for text in references:
                theirs = weigh(text)
                short = math.exp(-((long - len(words(text))) ** 2) / (2 * SIGMA**2))
                plain += _alike(ours, theirs, clip=False) / len(references)
                strict += short * _alike(ours, theirs, clip=True) / len(references)
            found.append((FACTOR * plain, FACTOR * strict))
        return found


@lru_cache(maxsize=65536)
def counted(text: str) -> Counts:
    """Return how often each n-gram of 1, 2, 3 and 4 words occurs in a text."""
    parts = words(text)
    return tuple(Counter(zip(*(parts[k:] for k in range(n)), strict=False)) for n in range(1, LONGEST + 1))


def _alike(ours: Vectors, theirs: Vectors, *, clip: bool) -> float:
    """Return the cosine of two texts, averaged over n; 0 for an n of which a text has nothing but what all have."""
    total = 0.0
    for one, other in zip(ours, theirs, strict=True):
        lengths = math.hypot(*one.values()) * math.hypot(*other.values())
        if lengths:
            shared = ((weight, other[gram]) for gram, weight in one.items() if gram in other)
            total += sum((min(mine, its) if clip else mine) * its for mine, its in shared) / lengths
    return total / LONGEST
