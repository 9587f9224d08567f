"""The estimate looks at one batch, leaves everything as it was, and is not far off."""

from typing import Any

import pytest
import torch
from toys import Batches, classifier, labelled, same, weights_of, windows, writer

from seqloom.spec import FitSpec
from seqloom.training.estimate import estimate

CPU = torch.device("cpu")


def of(lengths: list[list[int]], **fit: Any) -> tuple[float, int]:
    data = Batches([labelled(one) for one in lengths])
    return estimate(classifier().float(), data, data.order(0), FitSpec(**fit), CPU)


def test_nothing_is_changed() -> None:
    model = classifier(dropout=0.5).float()
    before, noise = weights_of(model), torch.get_rng_state()
    data = Batches([labelled([4, 2])])
    estimate(model, data, data.order(0), FitSpec(), CPU)
    assert same(before, weights_of(model))
    assert torch.equal(noise, torch.get_rng_state())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_scheduled_sampling_is_timed_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model, data, shares = writer().float(), Batches(windows(1)), []
    before, noise = weights_of(model), torch.get_rng_state()
    monkeypatch.setattr("seqloom.training.estimate.mix", lambda model, batch, share: shares.append(share) or batch)
    estimate(model, data, data.order(0), FitSpec(sampling=0.3), CPU)
    assert shares == [0.3, 0.3]
    monkeypatch.undo()
    estimate(model, data, data.order(0), FitSpec(sampling=0.3), CPU)
    assert same(before, weights_of(model))
    assert torch.equal(noise, torch.get_rng_state())


def test_memory_counts_what_each_optimizer_keeps() -> None:
    weights = 4 * classifier().parameter_count()
    plain = of([[4, 2]], optimizer="sgd")[1]
    assert of([[4, 2]], optimizer="adamw")[1] - plain == weights
    assert of([[4, 2]], optimizer="adamw", ema=0.9)[1] - plain == 2 * weights
    assert plain > 3 * weights  # weights, gradients, momentum, and what backward needs


def test_memory_is_of_the_largest_batch() -> None:
    small, large = of([[2], [2], [2]])[1], of([[2], [60] * 40, [2]])[1]
    rows, steps, size = 40, 60, 5
    assert large - small > 4 * rows * steps * size * 3  # a GRU keeps three gates a step at least


def test_seconds_are_of_an_update_of_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(100))
    monkeypatch.setattr("time.perf_counter", lambda: float(next(now)))
    assert of([[4, 2]], accumulate=3)[0] == 3.0


def test_memory_counts_the_largest_part_that_is_computed_again() -> None:
    """One block computed again holds all there is meanwhile; of three, a third at once, and what each came from."""

    def activations(layers: int, again: bool) -> int:
        model = writer("transformer", layers=layers).float()
        data = Batches(windows(1, rows=20, time=40))
        size = estimate(model, data, data.order(0), FitSpec(checkpointing=again), CPU)[1]
        return size - 4 * 4 * model.parameter_count()

    assert activations(1, True) > 0.9 * activations(1, False)
    inside = (activations(3, False) - activations(1, False)) / 2
    assert activations(1, True) < activations(3, True) < activations(1, True) + 0.3 * 2 * inside


def test_what_is_computed_again_is_estimated_without_changing_anything() -> None:
    model, data = writer("transformer").float(), Batches(windows(1))
    before, noise = weights_of(model), torch.get_rng_state()
    estimate(model, data, data.order(0), FitSpec(checkpointing=True), CPU)
    assert same(before, weights_of(model))
    assert torch.equal(noise, torch.get_rng_state())
    assert all(parameter.grad is None for parameter in model.parameters())
