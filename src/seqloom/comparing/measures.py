"""MEASURES: the metrics of every task that are functions of sums over rows, each as the function it is.

`measure_of` also knows those of one label or type ("f1/spam", "span_f1/LOC", "accuracy/what color") and of one head
("intent.accuracy"). A mean of nothing is NaN; an F1 of nothing is 0, as in `metrics/`.

What is no function of sums has no measure: ranks (spearman), different n-grams (distinct1), and bits a character, whose
characters are those of a text decoded whole.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from seqloom.comparing.measure import Floats, Measure
from seqloom.errors import InputError, nearest

ORDERS = 4
"""Words of BLEU's longest n-gram."""
LETTERS = 6
"""Characters of chrF's longest n-gram."""
RECALL = 2.0
"""How much more recall counts than precision in chrF (its beta)."""
BINS = 15
"""Bins of calibration, as in `metrics/calibration.py`."""


def share(stats: Floats) -> Floats:
    """Return the first sum over the second: [..., 2] -> [...]; NaN where there is nothing."""
    top, below = stats[..., 0], stats[..., 1]
    return np.where(below > 0, top / np.where(below > 0, below, 1.0), np.nan)


def shares(stats: Floats) -> Floats:
    """Return the sum of shares, of pairs of columns: the loss of a model of several heads, each weighted before."""
    several: Floats = share(stats.reshape(*stats.shape[:-1], -1, 2)).sum(-1)
    return several


def f1(stats: Floats) -> Floats:
    """Return 2 right / (told + true) of columns right, told, true; 0 where all are 0."""
    right, both = stats[..., 0], stats[..., 1] + stats[..., 2]
    return np.where(both > 0, 2 * right / np.where(both > 0, both, 1.0), 0.0)


def bleu(stats: Floats) -> Floats:
    """Return corpus BLEU from 0 to 100 with exponential smoothing, as sacrebleu computes it.

    Columns: words written, words wanted, n-grams that are right by n, n-grams written by n; as many n as there are.
    """
    written, wanted = stats[..., 0], stats[..., 1]
    orders = (stats.shape[-1] - 2) // 2
    right, all_ = stats[..., 2 : 2 + orders], stats[..., 2 + orders :]
    smooth, logs = np.ones(written.shape), np.zeros(written.shape)
    for n in range(orders):
        none = right[..., n] == 0
        smooth = np.where(none, 2 * smooth, smooth)
        top = np.where(none, 1 / smooth, right[..., n])
        logs = logs + np.log(100 * top / np.maximum(all_[..., n], 1))
    short = np.where(written < wanted, 1 - wanted / np.maximum(written, 1e-12), 0.0)
    some = (right > 0).any(-1) & (all_ > 0).all(-1)
    return np.where(some, np.exp(np.where(some, short + logs / max(orders, 1), 0.0)), 0.0)


def chrf(stats: Floats) -> Floats:
    """Return corpus chrF from 0 to 100, as sacrebleu computes it; columns: of each n the n-grams written, wanted and
    shared."""
    each = stats.reshape(*stats.shape[:-1], -1, 3)
    written, wanted, shared = each[..., 0], each[..., 1], each[..., 2]
    there = (written > 0) & (wanted > 0)
    count = np.maximum(there.sum(-1), 1)
    precision = np.where(there, shared / np.maximum(written, 1), 0.0).sum(-1) / count
    recall = np.where(there, shared / np.maximum(wanted, 1), 0.0).sum(-1) / count
    below = RECALL**2 * precision + recall
    return np.where(below > 0, 100 * (1 + RECALL**2) * precision * recall / np.where(below > 0, below, 1.0), 0.0)


def _by_label(stats: Floats) -> tuple[Floats, Floats, Floats]:
    """Return right, told and true by label, [..., labels] each, of as many columns of each."""
    each = stats.reshape(*stats.shape[:-1], 3, -1)
    return each[..., 0, :], each[..., 1, :], each[..., 2, :]


def macro_f1(stats: Floats) -> Floats:
    """Return the mean of F1 over all labels; columns: right by label, told by label, true by label."""
    mean: Floats = f1(np.stack(_by_label(stats), -1)).mean(-1)
    return mean


def tag_macro_f1(stats: Floats) -> Floats:
    """Return the mean of F1 over the tags that are there or were told; columns as of `macro_f1`."""
    right, told, true = _by_label(stats)
    there = (told + true) > 0
    return np.where(there, f1(np.stack([right, told, true], -1)), 0.0).sum(-1) / np.maximum(there.sum(-1), 1)


def balanced_accuracy(stats: Floats) -> Floats:
    """Return the mean recall of the labels that are there; columns as of `macro_f1`."""
    right, _, true = _by_label(stats)
    there = true > 0
    return np.where(there, right / np.maximum(true, 1), 0.0).sum(-1) / np.maximum(there.sum(-1), 1)


def mcc(stats: Floats) -> Floats:
    """Return Matthews' correlation (Gorodkin 2004, eq. 8); columns as of `macro_f1`. 0 where one side has one label."""
    right, told, true = _by_label(stats)
    rows = true.sum(-1)
    above = right.sum(-1) * rows - (told * true).sum(-1)
    below = (rows**2 - (told**2).sum(-1)) * (rows**2 - (true**2).sum(-1))
    return np.where(below > 0, above / np.sqrt(np.where(below > 0, below, 1.0)), 0.0)


def mean_of_shares(stats: Floats) -> Floats:
    """Return the mean of the shares that are of something: columns right and asked of each type in turn."""
    each = stats.reshape(*stats.shape[:-1], -1, 2)
    there = each[..., 1] > 0
    return np.where(there, share(each), 0.0).sum(-1) / np.maximum(there.sum(-1), 1)


def ece(stats: Floats) -> Floats:
    """Return the calibration error: columns right less confidence by bin, and rows."""
    gaps: Floats = np.abs(stats[..., :-1]).sum(-1)
    return share(np.stack([gaps, stats[..., -1]], -1))


def r2(stats: Floats) -> Floats:
    """Return 1 - squared error / spread; columns as of `pearson`."""
    n, _, y, xx, yy, xy = (stats[..., place] for place in range(6))
    around = _around(n, y, yy)
    return np.where(around > 0, 1 - (xx - 2 * xy + yy) / np.where(around > 0, around, 1.0), 0.0)


def pearson(stats: Floats) -> Floats:
    """Return the correlation of numbers told x and true y; columns: rows, x, y, xx, yy, xy, standardised before."""
    n, x, y, xx, yy, xy = (stats[..., place] for place in range(6))
    below = _around(n, x, xx) * _around(n, y, yy)
    above = xy - x * y / np.maximum(n, 1)
    return np.where(below > 0, np.clip(above / np.sqrt(np.where(below > 0, below, 1.0)), -1, 1), 0.0)


def _around(n: Floats, one: Floats, square: Floats) -> Floats:
    """Return the sum of squares around the mean; what is no more than rounding counts as 0."""
    around = square - one**2 / np.maximum(n, 1)
    return np.where(around > 1e-12 * np.maximum(square, 1e-300), around, 0.0)


def _root(stats: Floats) -> Floats:
    return np.sqrt(share(stats))


def _perplexity(stats: Floats) -> Floats:
    return np.exp(np.minimum(share(stats), 709.0))


def _of(stats: Floats, place: int, below: int) -> Floats:
    return np.where(
        stats[..., below] > 0, stats[..., place] / np.where(stats[..., below] > 0, stats[..., below], 1.0), 0.0
    )


def _precision(stats: Floats) -> Floats:
    return _of(stats, 0, 1)


def _recall(stats: Floats) -> Floats:
    return _of(stats, 0, 2)


POINTS = "points"
COUNTED = ("right", "told", "true")
LABELLED = tuple(f"{name} by label" for name in COUNTED)
GRAMS = (
    "written",
    "wanted",
    *(f"right {n}-grams" for n in range(1, ORDERS + 1)),
    *(f"written {n}-grams" for n in range(1, ORDERS + 1)),
)
CHARACTERS = tuple(f"{what} {n}-grams" for n in range(1, LETTERS + 1) for what in ("written", "wanted", "shared"))
MOMENTS = ("rows", "told", "true", "told^2", "true^2", "told x true")


ENDS = {
    "loss": (-math.inf, math.inf),  # that of a density may be below 0
    "perplexity": (1.0, math.inf),
    "r2": (-math.inf, 1.0),
    **dict.fromkeys(("mcc", "pearson"), (-1.0, 1.0)),
    **dict.fromkeys(("wer", "cer", "per"), (0.0, math.inf)),
    **dict.fromkeys(("bleu", *(f"bleu{n}" for n in range(1, ORDERS + 1)), "chrf"), (0.0, 100.0)),
}
"""What numbers there can be, of measures that are no shares of rows (0 to 1) nor amounts (from 0)."""


def _table() -> dict[str, Measure]:
    """Return every measure by its name."""
    found: list[Measure] = []

    def put(
        name: str,
        about: str,
        unit: str,
        higher: bool,
        columns: tuple[str, ...],
        value: Callable[[Floats], Floats] = share,
    ) -> None:
        usual = (0.0, 1.0) if unit == POINTS else (0.0, math.inf)
        found.append(Measure(name, about, unit, higher, columns, value, ENDS.get(name, usual)))

    put("accuracy", "the share that is right", POINTS, True, ("right", "count"))
    put("exact_match", "rows of which every label is right", POINTS, True, ("right", "rows"))
    put("exact", "answers that are right, letter for letter", POINTS, True, ("right", "answers"))
    put("token_accuracy", "words or tokens that are right", POINTS, True, ("right", "tokens"))
    put("sentence_accuracy", "sentences without a wrong word", POINTS, True, ("right", "sentences"))
    put("unseen_accuracy", "right among words that training never saw", POINTS, True, ("right", "words"))
    put("frame_accuracy", "sentences of which tags and label are right", POINTS, True, ("right", "sentences"))
    put("mean_accuracy", "accuracy, the mean over types", POINTS, True, ("right", "asked"), mean_of_shares)
    put("balanced_accuracy", "the mean recall of labels", POINTS, True, LABELLED, balanced_accuracy)
    put("f1", "F1 of a label", POINTS, True, COUNTED, f1)
    put("micro_f1", "F1 over all decisions", POINTS, True, COUNTED, f1)
    put("macro_f1", "the mean F1 of labels", POINTS, True, LABELLED, macro_f1)
    put("tag_macro_f1", "the mean F1 of tags", POINTS, True, LABELLED, tag_macro_f1)
    put("mcc", "Matthews' correlation", POINTS, True, LABELLED, mcc)
    put("span_f1", "F1 of spans, found whole", POINTS, True, COUNTED, f1)
    put("span_precision", "spans told that are right", POINTS, True, COUNTED, _precision)
    put("span_recall", "spans there that are told", POINTS, True, COUNTED, _recall)
    put("ece", "calibration error", POINTS, False, (*(f"bin {n}" for n in range(1, BINS + 1)), "rows"), ece)
    put("loss", "nats of what is right: a token, a row, a symbol", "nats", False, ("nats", "count"), shares)
    put("nats", "nats a token", "nats", False, ("nats", "tokens"))
    put("perplexity", "the exponential of nats a token", "of perplexity", False, ("nats", "tokens"), _perplexity)
    put("bleu", "BLEU of answers freely written", "BLEU", True, GRAMS, bleu)
    for n in range(1, ORDERS + 1):
        put(f"bleu{n}", f"BLEU of n-grams up to {n}", "BLEU", True, GRAMS, bleu)
    put("chrf", "chrF of answers freely written", "chrF", True, CHARACTERS, chrf)
    put("cider", "CIDEr of captions", "CIDEr", True, ("sum", "captions"))
    put("cider_d", "CIDEr-D of captions", "CIDEr-D", True, ("sum", "captions"))
    for kind in ("1", "2", "L"):
        put(f"rouge{kind}", f"ROUGE-{kind} as F1", POINTS, True, ("sum", "answers"))
    put("length_ratio", "words written for each wanted", "", True, ("written", "wanted"))
    put("wer", "word error rate", POINTS, False, ("edits", "words"))
    put("cer", "character error rate", POINTS, False, ("edits", "characters"))
    put("per", "symbol error rate", POINTS, False, ("edits", "symbols"))
    put("word_error", "answers with any symbol wrong", POINTS, False, ("wrong", "answers"))
    put("row_error", "rows with any word wrong", POINTS, False, ("wrong", "rows"))
    put("mae", "mean absolute error, in the data's units", "", False, ("error", "values"))
    put("mse", "mean squared error", "", False, ("squares", "values"))
    put("rmse", "root of the mean squared error, in the data's units", "", False, ("squares", "values"), _root)
    put("mase", "absolute error over that of the seasonal naive", "", False, ("error", "values"))
    put("smape", "symmetric percentage error", "%", False, ("error", "values"))
    put("pinball", "pinball loss of quantiles", "", False, ("loss", "values"))
    put("crps", "CRPS, in the data's units", "", False, ("score", "values"))
    put("r2", "share of the spread that is explained", POINTS, True, MOMENTS, r2)
    put("pearson", "correlation of numbers told and true", POINTS, True, MOMENTS, pearson)
    return {one.name: one for one in found}


MEASURES = _table()
OF_ONE = {"f1": "f1", "span_f1": "span_f1", "accuracy": "accuracy"}
"""Measures that also come for one label, type of span or type of question: "f1/spam"."""


def measure_of(name: str) -> Measure:
    """Return the measure of a metric's name. Raises InputError where rows cannot be summed to it."""
    if name in MEASURES:
        return MEASURES[name]
    plain, sign, one = name.partition("/")
    if sign and plain in OF_ONE:
        known = MEASURES[OF_ONE[plain]]
        return replace(known, name=name, about=f"{known.about}: {one}")
    if name == "intent.accuracy":
        return replace(MEASURES["accuracy"], name=name, about="sentences whose label is right")
    raise InputError(
        f"metric={name}: it is no function of sums over rows, or unknown, so models cannot be compared by it"
        + nearest(name, MEASURES)
    )
