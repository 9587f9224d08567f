"""Weights to and from torch (their numbers: tests/oracles/test_torch_recurrent.py), and what is refused."""

import re

import pytest
import torch
from torch import nn

from seqloom.cells.gru import GRU
from seqloom.cells.interchange import load_torch, to_torch
from seqloom.cells.lstm import LSTM
from seqloom.cells.rnn import RNN
from seqloom.errors import InputError


@pytest.mark.parametrize(("cell", "module"), [(RNN, nn.RNN), (LSTM, nn.LSTM), (GRU, nn.GRU)])
@pytest.mark.parametrize(("layer", "reverse"), [(0, False), (1, False), (1, True)])
def test_there_and_back(cell: type, module: type, layer: int, reverse: bool) -> None:
    other = module(3, 4, 2, bidirectional=True)
    ours = cell(8 if layer else 3, 4)
    load_torch(ours, other.state_dict(), layer, reverse)
    back = to_torch(ours, layer, reverse)
    suffix = f"_l{layer}" + ("_reverse" if reverse else "")
    assert set(back) == {f"{name}{suffix}" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in back.items())


def test_what_is_given_away_is_a_copy() -> None:
    cell = RNN(3, 4)
    given = to_torch(cell)
    given["weight_ih_l0"].zero_()
    assert cell.w_ih.any() and not given["weight_ih_l0"].requires_grad


def test_a_module_without_biases_loads_zeros() -> None:
    cell = LSTM(3, 4)
    load_torch(cell, nn.LSTM(3, 4, bias=False).state_dict())
    assert not cell.b_ih.any() and not cell.b_hh.any()


def test_a_missing_weight_is_named_with_what_there_is() -> None:
    with pytest.raises(InputError, match=re.escape("no weight 'weight_ih_l2' among bias_hh_l0, bias_ih_l0, weight_hh")):
        load_torch(RNN(3, 4), nn.RNN(3, 4).state_dict(), layer=2)
    with pytest.raises(InputError, match="no weight 'weight_ih_l0' among none"):
        load_torch(RNN(3, 4), {})


def test_a_weight_of_another_shape_is_refused_with_both_shapes() -> None:
    message = "weight 'weight_ih_l0' is (16, 3), this GRU needs (12, 3) (gates * size, input)."
    with pytest.raises(InputError, match=re.escape(message)):
        load_torch(GRU(3, 4), nn.LSTM(3, 4).state_dict())


def test_a_gru_that_resets_before_has_no_equal_in_torch() -> None:
    with pytest.raises(InputError, match="torch's GRU resets after the product"):
        to_torch(GRU(3, 4, reset="before"))
