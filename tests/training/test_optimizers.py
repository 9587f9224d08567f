"""Optimizers against a plain loop of torch's own, and their state through flat tensors and back."""

import copy
from typing import Any

import pytest
import torch
from toys import Batches, classifier, labelled, weights_of

from seqloom.errors import CheckpointError, InputError
from seqloom.spec import FitSpec
from seqloom.training.adam import FusedAdam
from seqloom.training.optimizers import (
    build_optimizer,
    check_optimizer,
    clip,
    gradients,
    load_state,
    set_rate,
    state_tensors,
)
from seqloom.training.update import Updater

MATRICES = {"encoder.stack.cells.0.forwards.w_ih", "encoder.stack.cells.0.forwards.w_hh", "heads.label.out.weight"}
TORCH: dict[str, Any] = {
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=0.02, betas=(0.8, 0.95)),
    "adam": lambda groups: torch.optim.Adam(groups, lr=0.02, betas=(0.8, 0.95)),
    "sgd": lambda groups: torch.optim.SGD(groups, lr=0.02, momentum=0.7),
    "rmsprop": lambda groups: torch.optim.RMSprop(groups, lr=0.02, momentum=0.7),
}
BATCHES = [labelled([5, 2, 3], seed=number) for number in range(6)]


def spec(name: str) -> FitSpec:
    return FitSpec.model_validate(
        {"optimizer": name, "lr": 1.0, "betas": (0.8, 0.95), "momentum": 0.7, "weight_decay": 0.1, "clip": None}
    )


@pytest.mark.parametrize("name", TORCH)
def test_six_steps_equal_a_plain_loop(name: str) -> None:
    ours, theirs = classifier(), classifier()
    runner = Updater(ours, build_optimizer(ours, spec(name)), Batches(BATCHES), spec(name))
    for batch in BATCHES:
        runner.update([batch], 0.02)
    named = dict(theirs.named_parameters())
    assert set(named) > MATRICES
    decayed = [named[one] for one in sorted(MATRICES)]
    rest = [parameter for one, parameter in named.items() if one not in MATRICES]
    optimizer = TORCH[name]([{"params": decayed, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}])
    for batch in BATCHES:
        optimizer.zero_grad()
        logits = theirs(batch)[0]["label"]
        torch.nn.functional.cross_entropy(logits, batch.target["label"].values).backward()
        optimizer.step()
    for one, weight in weights_of(ours).items():
        torch.testing.assert_close(weight, named[one].detach(), rtol=0, atol=1e-12, msg=one)


@pytest.mark.parametrize("name", TORCH)
def test_state_goes_through_flat_tensors(name: str) -> None:
    ours = classifier()
    optimizer = build_optimizer(ours, spec(name))
    runner = Updater(ours, optimizer, Batches(BATCHES), spec(name))
    for batch in BATCHES[:3]:
        runner.update([batch], 0.02)
    twin = copy.deepcopy(ours)
    other = build_optimizer(twin, spec(name))
    flat = {key: value.clone() for key, value in state_tensors(optimizer, ours).items()}
    assert all(key.partition("/")[2] in dict(ours.named_parameters()) for key in flat)
    load_state(other, twin, flat)
    second = Updater(twin, other, Batches(BATCHES), spec(name))
    for batch in BATCHES[3:]:
        runner.update([batch], 0.02)
        second.update([batch], 0.02)
    assert all(torch.equal(weight, weights_of(twin)[one]) for one, weight in weights_of(ours).items())


def test_a_tied_embedding_is_not_decayed() -> None:
    model = classifier()
    groups = build_optimizer(model, spec("adamw")).param_groups
    by_decay = {group["weight_decay"]: {id(parameter) for parameter in group["params"]} for group in groups}
    named = dict(model.named_parameters())
    assert by_decay[0.1] == {id(named[one]) for one in MATRICES}
    assert id(named["source.table.weight"]) in by_decay[0.0]


def test_a_frozen_weight_is_left_out() -> None:
    model = classifier()
    model.source.table.weight.requires_grad_(False)  # type: ignore[union-attr]
    groups = build_optimizer(model, spec("adamw")).param_groups
    assert all(parameter.requires_grad for group in groups for parameter in group["params"])


def test_state_of_another_model_is_refused() -> None:
    model = classifier()
    with pytest.raises(CheckpointError, match=r"exp_avg belongs to a parameter 'x\.w' that this model has not"):
        load_state(build_optimizer(model, spec("adamw")), model, {"exp_avg/x.w": torch.zeros(2)})


def test_the_rate_of_every_group() -> None:
    optimizer = build_optimizer(classifier(), spec("sgd"))
    set_rate(optimizer, 0.25)
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.25]


@pytest.mark.parametrize(
    ("fit", "said"),
    [
        ({"momentum": 0.9}, "fit.momentum is for sgd and rmsprop; adamw has fit.betas. Leave one of them out."),
        ({"optimizer": "sgd", "betas": (0.5, 0.9)}, "fit.betas is for adamw and adam; sgd has fit.momentum."),
        ({"optimizer": "rmsprop", "betas": (0.9, 0.99)}, "fit.betas is for adamw and adam; rmsprop has fit.momentum."),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(fit: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        check_optimizer(FitSpec.model_validate(fit))
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("fit", [{}, {"betas": (0.5, 0.9)}, {"optimizer": "sgd", "momentum": 0.9}])
def test_options_that_do_something_pass(fit: dict[str, Any]) -> None:
    check_optimizer(FitSpec.model_validate(fit))


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_one_pass_is_the_same_adam(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, plain = classifier(), classifier()
    optimizer = build_optimizer(ours, spec(name))
    monkeypatch.setenv("SEQLOOM_KERNELS", "off")
    slow = build_optimizer(plain, spec(name))
    assert isinstance(optimizer, FusedAdam) and isinstance(slow, torch.optim.Adam)
    for batch in BATCHES[:3]:
        Updater(ours, optimizer, Batches(BATCHES), spec(name)).update([batch], 0.02)
        Updater(plain, slow, Batches(BATCHES), spec(name)).update([batch], 0.02)
    load_state(slow, plain, {key: value.clone() for key, value in state_tensors(optimizer, ours).items()})
    for batch in BATCHES[3:]:
        Updater(ours, optimizer, Batches(BATCHES), spec(name)).update([batch], 0.02)
        Updater(plain, slow, Batches(BATCHES), spec(name)).update([batch], 0.02)
    for one, weight in weights_of(ours).items():
        torch.testing.assert_close(weight, weights_of(plain)[one], rtol=0, atol=1e-12, msg=one)


@pytest.mark.parametrize("limit", [0.9, 0.999_999_5, 1.0, 1.1])
def test_a_norm_that_is_known_clips_the_same(limit: float) -> None:
    model, other = classifier(), classifier()
    for part in (model, other):
        for number, parameter in enumerate(part.parameters()):
            parameter.grad = torch.full_like(parameter, number + 1.0)
    norm = torch.nn.utils.get_total_norm(gradients(model))
    fit = FitSpec(clip=limit * float(norm))
    clip(model, fit, norm, float(norm))
    clip(other, fit, norm)
    assert all(torch.equal(a, b) for a, b in zip(gradients(model), gradients(other), strict=True))


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_its_state_is_torchs_to_the_last_bit(name: str) -> None:
    """Checkpoints of both are one format: either goes on with what the other left, in float32 and in float64 at once,
    and a weight without a gradient stays as it is."""
    draw = torch.Generator().manual_seed(3)
    drawn = [torch.randn(5, 3, generator=draw), torch.randn(7, generator=draw).double(), torch.randn(2, generator=draw)]
    ours, theirs = ([torch.nn.Parameter(one.clone()) for one in drawn] for _ in range(2))
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name]
    torchs = kind(_groups(theirs), lr=0.02, betas=(0.8, 0.95), fused=True)
    optimizer = FusedAdam(_groups(ours), 0.02, (0.8, 0.95), decoupled=name == "adamw")
    for step in range(4):
        gradients = [torch.randn(one.shape, generator=draw, dtype=one.dtype) for one in drawn[:2]]
        for sides in (ours, theirs):
            for weight, gradient in zip(sides, gradients, strict=False):
                weight.grad = gradient.clone()
        optimizer.step()
        torchs.step()
        if step == 1:  # each goes on with what the other kept
            for mine, other in zip(ours[:2], theirs[:2], strict=True):
                optimizer.state[mine], torchs.state[other] = torchs.state[other], optimizer.state[mine]
    assert all(torch.equal(mine, other) for mine, other in zip(ours, theirs, strict=True))
    for mine, other in zip(ours[:2], theirs[:2], strict=True):
        assert {key: (one.dtype, one.shape) for key, one in optimizer.state[mine].items()} == {
            key: (one.dtype, one.shape) for key, one in torchs.state[other].items()
        }
        assert all(torch.equal(one, torchs.state[other][key]) for key, one in optimizer.state[mine].items())
    assert ours[2] not in optimizer.state and torch.equal(ours[2], drawn[2])


def test_gradients_are_forgotten_or_made_nothing() -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = FusedAdam(_groups([weight, weight]), 0.1, (0.9, 0.99), decoupled=True)
    weight.grad = torch.ones(2)
    optimizer.zero_grad(set_to_none=False)
    assert weight.grad.tolist() == [0, 0]
    optimizer.zero_grad()
    assert weight.grad is None


def _groups(weights: list[torch.nn.Parameter]) -> list[dict[str, Any]]:
    return [{"params": weights[:-1], "weight_decay": 0.1}, {"params": weights[-1:], "weight_decay": 0.0}]
