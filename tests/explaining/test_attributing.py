"""Attributions: by hand where the score is known, and as Captum has them."""

from collections.abc import Mapping

import pytest
import torch
from captum.attr import FeatureAblation, InputXGradient, IntegratedGradients
from torch import Tensor, nn

from seqloom.explaining.attributing import RULE, Score, gradient_times_input, integrated_gradients, occluded

WEIGHTS = torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64)


class Small(nn.Module):
    """A GRU's reading of a sequence beside a layer of another input: smooth, of two inputs."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.gru, self.other, self.out = nn.GRU(3, 5, batch_first=True), nn.Linear(4, 5), nn.Linear(5, 1)
        self.double()

    def forward(self, one: Tensor, two: Tensor) -> Tensor:
        read = self.gru(one)[0][:, -1] * self.other(two.mean(1)).tanh()
        return self.out(read).squeeze(-1)  # [batch]


@pytest.fixture
def inputs() -> dict[str, Tensor]:
    torch.manual_seed(4)
    return {"one": torch.randn(1, 6, 3, dtype=torch.float64), "two": torch.randn(1, 4, 4, dtype=torch.float64)}


@pytest.fixture
def nothing(inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: torch.full_like(value, 0.1) for name, value in inputs.items()}


def score_of(model: Small) -> Score:
    return lambda inputs: model(inputs["one"], inputs["two"])[0]


def linear(inputs: Mapping[str, Tensor]) -> Tensor:
    return (inputs["x"] @ WEIGHTS).sum()


def test_a_linear_score_is_split_the_same_by_every_method() -> None:
    x = {"x": torch.tensor([[[1.0, 2.0, 3.0], [0.0, -1.0, 4.0]]], dtype=torch.float64)}
    zero = {"x": torch.zeros_like(x["x"])}
    wanted = x["x"] * WEIGHTS
    assert torch.allclose(gradient_times_input(linear, x)["x"], wanted)
    told = integrated_gradients(linear, x, zero)
    assert torch.allclose(told.attributions["x"], wanted)
    assert told.complete and told.points == RULE and told.difference == pytest.approx(4.5)
    parts = {"x": torch.arange(6).view(1, 2, 3)}
    assert torch.allclose(occluded(linear, x, zero, parts)["x"], wanted)


def test_a_square_is_told_apart_from_its_slope() -> None:
    """s = x^2: x ds/dx = 2 x^2, its integral from 0 is x^2, and from 1 it is x^2 - 1."""
    x = {"x": torch.tensor([3.0], dtype=torch.float64)}

    def square(inputs: Mapping[str, Tensor]) -> Tensor:
        return inputs["x"].square().sum()

    assert gradient_times_input(square, x)["x"].item() == pytest.approx(18)
    assert integrated_gradients(square, x, {"x": torch.zeros(1)}).attributions["x"].item() == pytest.approx(9)
    assert integrated_gradients(square, x, {"x": torch.ones(1)}).attributions["x"].item() == pytest.approx(8)


def test_gradient_times_input_is_captums(inputs: dict[str, Tensor]) -> None:
    model = Small()
    theirs = InputXGradient(model).attribute(tuple(value.clone().requires_grad_() for value in inputs.values()))
    ours = gradient_times_input(score_of(model), inputs)
    for name, other in zip(inputs, theirs, strict=True):
        assert torch.allclose(ours[name], other, atol=1e-12)


def test_integrated_gradients_are_captums(inputs: dict[str, Tensor], nothing: dict[str, Tensor]) -> None:
    model = Small()
    theirs = IntegratedGradients(model).attribute(tuple(inputs.values()), tuple(nothing.values()), n_steps=200)
    ours = integrated_gradients(score_of(model), inputs, nothing)
    for name, other in zip(inputs, theirs, strict=True):
        assert torch.allclose(ours.attributions[name], other, atol=1e-6)
        assert other.abs().max() > 1e-2


def test_occlusion_is_captums(inputs: dict[str, Tensor], nothing: dict[str, Tensor]) -> None:
    model = Small()
    parts = {"one": torch.tensor([0, 0, 1, 2, 2, 2]).view(1, 6, 1), "two": torch.arange(4).view(1, 1, 4)}
    ours = occluded(score_of(model), inputs, nothing, parts)
    masks = parts["one"], parts["two"] + 3  # Captum numbers the parts of all inputs in one row
    theirs = FeatureAblation(model).attribute(tuple(inputs.values()), tuple(nothing.values()), feature_mask=masks)
    for (name, part), other in zip(parts.items(), theirs, strict=True):
        for number in range(int(part.max()) + 1):
            here = part == number
            worth = other[here.expand_as(other)]
            assert ours[name][here].sum().item() == pytest.approx(worth[0].item(), abs=1e-12)
            assert ours[name][here].std(correction=0) == 0, "shared evenly"


def test_a_score_that_turns_near_the_baseline_is_followed() -> None:
    """tanh(1000 x) rises within a thousandth of the way: as many points spread evenly see nothing of it."""
    x = {"x": torch.tensor([[[1.0, -0.25]]], dtype=torch.float64)}

    def steep(inputs: Mapping[str, Tensor]) -> Tensor:
        return (1000 * inputs["x"].sum()).tanh()

    told = integrated_gradients(steep, x, {"x": torch.zeros_like(x["x"])})
    assert told.complete and told.points > RULE
    assert told.attributions["x"].sum().item() == pytest.approx(1, abs=0.02)
    assert told.attributions["x"].flatten().tolist() == pytest.approx([4 / 3, -1 / 3], abs=0.02)


def test_what_cannot_be_complete_says_so() -> None:
    """A step has no slope anywhere, so nothing is attributed to it."""

    def jump(inputs: Mapping[str, Tensor]) -> Tensor:
        return (inputs["x"].detach().sum() > 0.3).double() + 0.001 * inputs["x"].sum()

    told = integrated_gradients(jump, {"x": torch.ones(1, 1, 1)}, {"x": torch.zeros(1, 1, 1)}, points=64)
    assert not told.complete and told.points <= 64
    assert told.difference == pytest.approx(1.001, abs=1e-6) and told.error == pytest.approx(-1, abs=1e-6)


def test_an_input_that_plays_no_part_has_none(inputs: dict[str, Tensor]) -> None:
    found = gradient_times_input(lambda given: given["one"].sum(), inputs)
    assert not found["two"].any() and torch.allclose(found["one"], inputs["one"])
    constant = gradient_times_input(lambda given: torch.tensor(2.0), inputs)
    assert not constant["one"].any()


def test_weights_get_no_gradient_and_no_input_is_changed(inputs: dict[str, Tensor], nothing: dict[str, Tensor]) -> None:
    model = Small()
    before = {name: value.clone() for name, value in inputs.items()}
    gradient_times_input(score_of(model), inputs)
    integrated_gradients(score_of(model), inputs, nothing)
    occluded(score_of(model), inputs, nothing, {"one": torch.arange(6).view(1, 6, 1)})
    assert all(weight.grad is None for weight in model.parameters())
    assert all(torch.equal(before[name], inputs[name]) and not inputs[name].requires_grad for name in inputs)
