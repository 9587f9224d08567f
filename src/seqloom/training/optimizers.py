"""Optimizers from a FitSpec, and their state as flat named tensors (safetensors holds nothing else)."""

from collections.abc import Mapping
from math import inf
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.autograd.graph import increment_version
from torch.optim import SGD, Adam, AdamW, RMSprop

from seqloom.errors import CheckpointError, InputError
from seqloom.kernels.switch import enabled
from seqloom.spec import FitSpec
from seqloom.training.adam import FusedAdam

TINY = 1e-6
"""Added to a norm that is divided by, as torch does."""


class Optimizer(Protocol):
    """What a training asks of an optimizer: torch's and ours do it."""

    state: Any
    param_groups: list[dict[str, Any]]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients."""

    def step(self) -> Any:
        """Move every weight that has a gradient."""


def build_optimizer(model: nn.Module, fit: FitSpec) -> Optimizer:
    """Build an optimizer. Weight decay leaves biases, norms and other vectors, and embeddings, alone."""
    embeddings = {id(part.weight) for part in model.modules() if isinstance(part, nn.Embedding)}
    decay: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for parameter in model.parameters():
        if parameter.requires_grad:
            (rest if parameter.dim() < 2 or id(parameter) in embeddings else decay).append(parameter)
    groups = [{"params": decay, "weight_decay": fit.weight_decay}, {"params": rest, "weight_decay": 0.0}]
    if fit.optimizer in ("adamw", "adam") and in_one_pass(model):
        return FusedAdam(groups, fit.lr, fit.betas, decoupled=fit.optimizer == "adamw")
    if fit.optimizer == "adamw":
        return AdamW(groups, lr=fit.lr, betas=fit.betas)
    if fit.optimizer == "adam":
        return Adam(groups, lr=fit.lr, betas=fit.betas)
    if fit.optimizer == "rmsprop":
        return RMSprop(groups, lr=fit.lr, momentum=fit.momentum)
    return SGD(groups, lr=fit.lr, momentum=fit.momentum)


def in_one_pass(model: nn.Module) -> bool:
    """Choose: True for the Adam that reads each weight once. It is for the CPU: on a GPU torch's own choice serves."""
    return enabled() and all(
        weight.device.type == "cpu" and weight.is_floating_point() for weight in model.parameters()
    )


def check_optimizer(fit: FitSpec) -> None:
    """Raise InputError for an option that this optimizer does not have, rather than leave it without effect."""
    adaptive = fit.optimizer in ("adamw", "adam")
    if fit.momentum and adaptive:
        raise InputError(f"fit.momentum is for sgd and rmsprop; {fit.optimizer} has fit.betas. Leave one of them out.")
    if not adaptive and fit.betas != FitSpec().betas:
        raise InputError(f"fit.betas is for adamw and adam; {fit.optimizer} has fit.momentum. Leave one of them out.")


def state_tensors(optimizer: Optimizer, model: nn.Module) -> dict[str, Tensor]:
    """Return the optimizer's state as {"exp_avg/PARAMETER": tensor, ...}."""
    names: dict[Tensor, str] = {parameter: name for name, parameter in model.named_parameters()}
    return {
        f"{key}/{names[parameter]}": value
        for parameter, entries in optimizer.state.items()
        for key, value in entries.items()
        if isinstance(value, Tensor)
    }


def load_state(optimizer: Optimizer, model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `state_tensors` gave. Raises CheckpointError for a tensor of a parameter that is not there."""
    parameters = dict(model.named_parameters())
    optimizer.state.clear()
    for path, value in tensors.items():
        key, _, name = path.partition("/")
        if name not in parameters:
            raise CheckpointError(f"the optimizer's {key} belongs to a parameter '{name}' that this model has not.")
        parameter = parameters[name]
        # Adam counts its steps on the CPU, whatever the device of the weights
        optimizer.state[parameter][key] = value if key == "step" else value.to(parameter.device)


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """Set the learning rate of every group."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def told(model: nn.Module) -> None:
    """Count a change of all weights: torch's fused optimizers write and count nothing, and whoever holds weights packed
    goes by the count."""
    increment_version([parameter for parameter in model.parameters() if parameter.requires_grad])


def gradients(model: nn.Module) -> list[Tensor]:
    """List the gradients there are."""
    return [parameter.grad for parameter in model.parameters() if parameter.grad is not None]


def clip(model: nn.Module, fit: FitSpec, norm: Tensor, size: float = inf) -> None:
    """Clip by the norm of all gradients (Pascanu et al. 2013, arXiv:1211.5063) or by value, in place.

    `size` is the norm as a number, where the caller has it: below the limit there is nothing to multiply.
    """
    if fit.clip is None or (fit.clip_by == "norm" and size + TINY <= fit.clip):
        return
    if fit.clip_by == "value":
        nn.utils.clip_grad_value_(model.parameters(), fit.clip)
    else:
        torch._foreach_mul_(gradients(model), torch.clamp(fit.clip / (norm + TINY), max=1.0))
