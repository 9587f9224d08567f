"""The METRICS table: every entry builds, and every value has a direction."""

from typing import Any

import pytest
import torch

from seqloom.errors import InputError
from seqloom.metrics import METRICS, gap, higher_is_better
from seqloom.metrics.bleu import BLEU
from seqloom.metrics.calibration import Calibration
from seqloom.metrics.chrf import ChrF
from seqloom.metrics.cider import CIDEr
from seqloom.metrics.classification import Classification
from seqloom.metrics.distinct import Distinct
from seqloom.metrics.edits import CharacterErrors, Exact, SymbolErrors
from seqloom.metrics.forecasting import Forecasting
from seqloom.metrics.language import Language
from seqloom.metrics.length import Length
from seqloom.metrics.multilabel import MultiLabel
from seqloom.metrics.orders import Orders
from seqloom.metrics.questions import Questions
from seqloom.metrics.regression import Regression
from seqloom.metrics.rouge import Rouge
from seqloom.metrics.spans import Spans
from seqloom.metrics.spoken import Spoken
from seqloom.metrics.tagging import Tagging
from seqloom.metrics.tokens import Tokens


@pytest.mark.parametrize(
    ("name", "higher"),
    [
        ("loss", False),
        ("nats", False),
        ("bits", False),
        ("perplexity", False),
        ("ece", False),
        ("accuracy", True),
        ("macro_f1", True),
        ("balanced_accuracy", True),
        ("mcc", True),
        ("r2", True),
        ("baseline.mae", False),
        ("micro_f1", True),
        ("exact_match", True),
        ("f1/spam", True),
        ("f1/a.loss", True),
        ("f1/n/a", True),
        ("intent.accuracy", True),
        ("words.loss", False),
        ("token_accuracy", True),
        ("bleu", True),
        ("bleu4", True),
        ("cider", True),
        ("cider_d", True),
        ("mean_accuracy", True),
        ("accuracy/what color", True),
        ("chrf", True),
        ("exact", True),
        ("cer", False),
        ("per", False),
        ("word_error", False),
        ("wer", False),
        ("row_error", False),
        ("rouge1", True),
        ("rouge2", True),
        ("rougeL", True),
        ("distinct1", True),
        ("distinct2", True),
        ("length_ratio", True),
        ("forced.bleu", True),
        ("forced.per", False),
        ("span_f1", True),
        ("span_f1/PER", True),
        ("unseen_accuracy", True),
        ("gap.bleu", False),
        ("gap.per", False),
        ("f1/gap.x", True),
    ],
)
def test_directions(name: str, higher: bool) -> None:
    assert higher_is_better(name) is higher


def test_an_unknown_metric_meets_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown metric 'acuracy'; did you mean 'accuracy'\?"):
        higher_is_better("acuracy")


def test_a_gap_is_above_zero_where_a_model_is_worse_on_its_own_words() -> None:
    assert gap("bleu", 40.0, 30.0) == 10
    assert gap("per", 0.1, 0.3) == pytest.approx(0.2)


def test_every_entry_loads_and_every_value_it_gives_has_a_direction() -> None:
    classes = Classification(["a", "b"])
    classes.add(torch.tensor([0, 1]), torch.tensor([0, 0]))
    many = MultiLabel(["a", "b"])
    many.add(torch.tensor([[0, 1]]), torch.tensor([[0, 0]]))
    sure = Calibration()
    sure.add(torch.tensor([[0.3, 0.7]]), torch.tensor([1]))
    text = Language()
    text.add(1.0, 1, 1)
    told = Tokens()
    told.add(torch.tensor([[5, 6]]), torch.tensor([[5, 7]]), torch.tensor([[True, True]]))
    words = Tagging()
    words.add(["B-A"], ["O"], [True], True)
    found = Spans()
    found.add(["B-A"], ["O"])
    ahead = Forecasting()
    ahead.add([1.0], [2.0], scale=1.0, quantiles=[[2.0]], levels=[0.5])
    line = Regression()
    line.add([1.0, 2.0], [1.5, 2.0])
    asked = Questions(["is there"])
    asked.add("yes", ["no"], "is there")
    made: dict[str, Any] = {
        "questions": asked,
        "classification": classes,
        "multilabel": many,
        "calibration": sure,
        "language": text,
        "tokens": told,
        "tagging": words,
        "spans": found,
        "forecasting": ahead,
        "regression": line,
    }
    for name, kind in {
        "bleu": BLEU,
        "orders": Orders,
        "chrf": ChrF,
        "cider": CIDEr,
        "exact": Exact,
        "cer": CharacterErrors,
        "per": SymbolErrors,
        "spoken": Spoken,
        "rouge": Rouge,
        "distinct": Distinct,
        "length": Length,
    }.items():
        made[name] = kind()
        made[name].add("영화가 좋다", ["영화가 정말 좋다", "좋다"])
    assert set(made) == set(METRICS)
    for name, metric in made.items():
        assert type(metric) is METRICS[name]
        given = {value.split("/")[0] for value in metric.result()}
        assert given <= set(metric.higher)
        for value in given:
            assert higher_is_better(value) is metric.higher[value]
