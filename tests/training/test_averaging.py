"""Averages of weights against their formulas."""

import pytest
import torch
from toys import classifier, weights_of

from seqloom.training.averaging import MovingAverage, mean, put


def test_the_moving_average_follows_its_formula() -> None:
    model = classifier().float()
    average = MovingAverage(model, 0.6)
    by_hand = weights_of(model)
    for step in range(20):  # the decay reaches its full height at step 13
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter))
        average.update(model)
        decay = min(0.6, (1 + step) / (10 + step))
        by_hand = {name: decay * old + (1 - decay) * weights_of(model)[name] for name, old in by_hand.items()}
    for name, value in by_hand.items():
        torch.testing.assert_close(average.weights[name], value, rtol=1e-5, atol=1e-6)


def test_it_is_lent_and_taken_back_to_the_last_bit() -> None:
    model = classifier().float()
    average = MovingAverage(model, 0.9)
    average.weights = {name: torch.ones_like(value) for name, value in average.weights.items()}
    before = weights_of(model)
    with pytest.raises(KeyError), average.inside(model):
        assert all(bool((value == 1).all()) for value in weights_of(model).values())
        raise KeyError
    assert all(torch.equal(before[name], value) for name, value in weights_of(model).items())


def test_the_mean_is_taken_in_double_precision() -> None:
    parts = [{"w": torch.tensor([1e8])}, {"w": torch.tensor([1.0])}, {"w": torch.tensor([-1e8])}]
    assert mean(parts)["w"] == torch.tensor([1 / 3])
    assert mean(parts)["w"].dtype == torch.float32


def test_put_copies() -> None:
    model, other = classifier(seed=1), classifier(seed=2)
    put(model, weights_of(other))
    assert all(torch.equal(weights_of(other)[name], value) for name, value in weights_of(model).items())
