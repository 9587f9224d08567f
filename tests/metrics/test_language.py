"""Language: nats, perplexity and bits from sums and counts."""

import math

import pytest

from seqloom.errors import InputError
from seqloom.metrics.language import Language


def test_a_uniform_guess_over_eight() -> None:
    metric = Language()
    metric.add(10 * math.log(8), tokens=10, characters=30)
    metric.add(5 * math.log(8), tokens=5, characters=15)
    result = metric.result()
    assert result["nats"] == pytest.approx(math.log(8), abs=1e-12)
    assert result["perplexity"] == pytest.approx(8, abs=1e-9)
    assert result["bits"] == pytest.approx(3 * 15 / 45, abs=1e-12)


def test_a_mean_over_tokens_not_over_pieces() -> None:
    metric = Language()
    metric.add(1.0, tokens=1)
    metric.add(9.0, tokens=3)
    assert metric.result()["nats"] == 2.5


def test_no_characters_no_bits() -> None:
    metric = Language()
    metric.add(1.0, tokens=1)
    assert set(metric.result()) == {"nats", "perplexity"}


def test_a_hopeless_model_has_infinite_perplexity() -> None:
    metric = Language()
    metric.add(800.0, tokens=1)
    assert metric.result()["perplexity"] == math.inf


def test_nothing_scored_is_an_error() -> None:
    with pytest.raises(InputError, match="no token was scored"):
        Language().result()
