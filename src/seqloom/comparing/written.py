"""Written answers as sums: what of each answer a metric of all of them is made of."""

from collections.abc import Callable, Sequence

import numpy as np

from seqloom.comparing.measure import Floats
from seqloom.comparing.measures import LETTERS, chrf
from seqloom.errors import InputError
from seqloom.metrics.bleu import BLEU
from seqloom.metrics.chrf import ChrF
from seqloom.metrics.cider import CIDEr
from seqloom.metrics.edits import CharacterErrors, Exact, SymbolErrors
from seqloom.metrics.length import Length
from seqloom.metrics.orders import Orders
from seqloom.metrics.rouge import Rouge
from seqloom.metrics.spoken import Spoken
from seqloom.metrics.written import Written

Answered = tuple[str, Sequence[str]]
"""An answer and the right ones."""


def written_stats(scores: Sequence[Written], name: str, answers: Sequence[Answered]) -> Floats:
    """Return the statistics of a metric for each answer: [answers, k]. `scores` are those of the task; the one that
    gives `name` says how texts are compared.

    CIDEr weighs n-grams by how many references of these answers have them; draws of rows keep those weights.
    """
    score = next(one for one in scores if name in one.higher)
    if isinstance(score, Orders):
        longest = max((_longest(score, texts) for _, texts in answers), default=1)
        return _bleu(score, answers, max(1, min(int(name[-1]), longest)))
    if isinstance(score, BLEU):
        return _bleu(score, answers, 4)
    if isinstance(score, ChrF):
        return _chrf(score, answers)
    if isinstance(score, CIDEr):
        for answer, texts in answers:
            score.add(answer, texts)
        place = list(score.higher).index(name)
        return np.array([(each[place], 1.0) for each in score.each()], np.float64)
    return np.array([_counted(score, name, answer, texts) for answer, texts in answers], np.float64)


def _counted(score: Written, name: str, answer: str, texts: Sequence[str]) -> tuple[float, float]:
    """Return what one answer adds above and below the line, counted by the metric alone."""
    alone = type(score)() if not isinstance(score, Length) else Length(unit=score.unit)
    alone.add(answer, texts)
    if isinstance(alone, Exact):
        return alone.right, 1
    if isinstance(alone, CharacterErrors):
        return alone.edits, alone.length
    if isinstance(alone, SymbolErrors):
        return (alone.edits, alone.length) if name == "per" else (alone.wrong, 1)
    if isinstance(alone, Rouge):
        return alone.total[name], 1
    if isinstance(alone, Length):
        return alone.written, alone.wanted
    if isinstance(alone, Spoken):
        edits = {"wer": alone.words, "cer": alone.characters}
        return (edits[name].count, edits[name].length) if name in edits else (alone.wrong, 1)
    raise InputError(f"metric={name}: {type(score).__name__} is no sum over answers.")


def _bleu(score: BLEU, answers: Sequence[Answered], order: int) -> Floats:
    """Return the counts of BLEU of each answer, by sacrebleu: [answers, 2 + 2 x order]."""
    from sacrebleu.metrics import bleu

    one = bleu.BLEU(
        lowercase=score.lowercase, tokenize=score.tokenize, force=True, max_ngram_order=order, effective_order=True
    )  # effective_order changes the value of a sentence, not its counts
    rows = []
    for answer, texts in answers:
        found = one.sentence_score(answer, list(texts))
        rows.append([found.sys_len, found.ref_len, *found.counts, *found.totals])
    return np.array(rows, np.float64)


def _longest(score: Orders, texts: Sequence[str]) -> int:
    from sacrebleu.metrics import bleu

    tokenizer = bleu.BLEU(lowercase=score.lowercase, tokenize=score.tokenize, force=True).tokenizer
    return max(len(tokenizer(text).split()) for text in texts)


def _chrf(score: ChrF, answers: Sequence[Answered]) -> Floats:
    """Return how many n-grams each answer has, its reference has, and both share, by n: [answers, 3 x letters]. Of
    several references the one of the best sentence chrF is taken, as sacrebleu does."""
    lower: Callable[[str], str] = str.lower if score.lowercase else str
    rows = []
    for answer, texts in answers:
        each = np.array([_shared(lower(answer), lower(text)) for text in texts], np.float64)
        rows.append(each[int(chrf(each).argmax())])
    return np.array(rows, np.float64)


def _shared(answer: str, text: str) -> list[int]:
    from collections import Counter

    one, other = "".join(answer.split()), "".join(text.split())
    found: list[int] = []
    for n in range(1, LETTERS + 1):
        ours, theirs = (Counter(of[at : at + n] for at in range(len(of) - n + 1)) for of in (one, other))
        found += [ours.total() if theirs else 0, theirs.total(), (ours & theirs).total()]
    return found
