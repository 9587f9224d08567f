"""Weights to and from `nn.RNN`, `nn.LSTM` and `nn.GRU`, in both ways."""

from collections.abc import Mapping

import torch
from torch import Tensor

from seqloom.cells.cell import Gated
from seqloom.errors import InputError

_NAMES = {"weight_ih": "w_ih", "weight_hh": "w_hh", "bias_ih": "b_ih", "bias_hh": "b_hh"}


def load_torch(cell: Gated, weights: Mapping[str, Tensor], layer: int = 0, reverse: bool = False) -> None:
    """Copy one layer and direction of a torch module's state dict into `cell`.

    Raises InputError where a name is missing or a shape differs. Modules made with `bias=False` load zeros.
    """
    for name, ours in _NAMES.items():
        key, parameter = _key(name, layer, reverse), getattr(cell, ours)
        if key not in weights and name.startswith("bias"):
            with torch.no_grad():
                parameter.zero_()
            continue
        if key not in weights:
            raise InputError(f"no weight '{key}' among {', '.join(sorted(weights)) or 'none'}.")
        if weights[key].shape != parameter.shape:
            raise InputError(
                f"weight '{key}' is {tuple(weights[key].shape)}, this {type(cell).__name__} needs "
                f"{tuple(parameter.shape)} (gates * size, input)."
            )
        with torch.no_grad():
            parameter.copy_(weights[key])


def to_torch(cell: Gated, layer: int = 0, reverse: bool = False) -> dict[str, Tensor]:
    """Return the weights of `cell` under torch's names. Raises InputError for a GRU that resets before the product."""
    if getattr(cell, "reset", "after") == "before":
        raise InputError("torch's GRU resets after the product; a cell with reset='before' has no equal there.")
    return {_key(name, layer, reverse): getattr(cell, ours).detach().clone() for name, ours in _NAMES.items()}


def _key(name: str, layer: int, reverse: bool) -> str:
    return f"{name}_l{layer}" + ("_reverse" if reverse else "")
