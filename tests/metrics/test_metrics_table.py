"""The METRICS table: every entry builds, and every value has a direction."""

import pytest
import torch

from seqloom.errors import InputError
from seqloom.metrics import METRICS, higher_is_better
from seqloom.metrics.calibration import Calibration
from seqloom.metrics.classification import Classification
from seqloom.metrics.language import Language
from seqloom.metrics.multilabel import MultiLabel
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
        ("micro_f1", True),
        ("exact_match", True),
        ("f1/spam", True),
        ("f1/a.loss", True),
        ("f1/n/a", True),
        ("intent.accuracy", True),
        ("words.loss", False),
    ],
)
def test_directions(name: str, higher: bool) -> None:
    assert higher_is_better(name) is higher


def test_an_unknown_metric_meets_the_nearest() -> None:
    with pytest.raises(InputError, match=r"unknown metric 'acuracy'; did you mean 'accuracy'\?"):
        higher_is_better("acuracy")


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
    made = {"classification": classes, "multilabel": many, "calibration": sure, "language": text, "tokens": told}
    assert set(made) == set(METRICS)
    for name, metric in made.items():
        assert type(metric) is METRICS[name]
        for value in metric.result():
            higher_is_better(value)
