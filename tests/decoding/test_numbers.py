"""Forecasts step after step: a walk worked by hand, draws that follow from seed and row, and what cannot be told."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqloom.batch import Batch, Field
from seqloom.decoders.decoder import Decoder
from seqloom.decoding.numbers import forecast, sample_paths
from seqloom.encoders import build_encoder
from seqloom.errors import InputError, NumberError
from seqloom.heads.label import LabelHead
from seqloom.heads.normal import NormalHead
from seqloom.heads.numbers import NumberShape
from seqloom.heads.point import PointHead
from seqloom.layers.embedding import Input
from seqloom.memory import Memory
from seqloom.model import SequenceModel
from seqloom.state import State

SIGMA = 0.5
SHAPE = NumberShape(horizon=4, written=True)


class Straight(Input):
    """Hands numbers on as they are."""

    size = 2

    def forward(self, x: Tensor) -> Tensor:
        return x


class Walk(Decoder):
    """Hears [value, known]: the next value is 2 * value + known, plus how many steps there have been."""

    carries, output_size = True, 1

    def forward(
        self, x: Tensor, mask: Tensor | None, state: State | None = None, memory: Memory | None = None
    ) -> tuple[Tensor, State]:
        before = x.new_zeros(len(x), 1) if state is None else state["steps"]
        steps = before.unsqueeze(1) + torch.arange(1, x.shape[1] + 1, dtype=x.dtype)[:, None]
        return 2 * x[..., :1] + x[..., 1:] + steps, {"steps": before + x.shape[1]}


def walk(head: str = "point") -> SequenceModel:
    told = PointHead(1, SHAPE) if head == "point" else NormalHead(1, SHAPE)
    nn.init.zeros_(told.out.weight)
    told.out.weight.data[0] = 1
    if head == "normal":
        told.out.bias.data[1] = torch.tensor(SIGMA).expm1().log()  # softplus of it is SIGMA
    return SequenceModel({"value": told}, target=Straight(), decoder=Walk()).double().eval()


def batch(start: tuple[float, ...] = (1.0, -2.0), known: tuple[float, ...] = (0.0, 0.5, 0.0, 1.0)) -> Batch:
    heard = torch.full((len(start), len(known), 2), torch.nan, dtype=torch.float64)
    heard[:, 0, 0] = torch.tensor(start)
    heard[..., 1] = torch.tensor(known)
    return Batch({"target": Field(heard)})


def test_a_decoder_hears_its_own_points_and_what_is_known_of_the_step() -> None:
    # 2*1+0+1 = 3, 2*3+.5+2 = 8.5, 2*8.5+0+3 = 20, 2*20+1+4 = 45
    told = forecast(walk(), batch((1.0,)), "value")
    assert told.shape == (1, 4, 1, 1) and told.flatten().tolist() == [3.0, 8.5, 20.0, 45.0]


def test_paths_are_walks_whose_spread_grows() -> None:
    """x_t = 2 x_(t-1) + ... + e, so the variance is s^2 (1 + 4 + ... + 4^(t-1)); one step at a time it would be s^2."""
    paths = sample_paths(walk("normal"), batch((1.0, -2.0)), "value", 4000, seed=1)
    assert paths.shape == (2, 4000, 4, 1)
    assert paths[0].mean(0).flatten().tolist() == pytest.approx([3.0, 8.5, 20.0, 45.0], abs=0.3)
    wanted = [SIGMA * sum(4.0**k for k in range(t)) ** 0.5 for t in range(1, 5)]
    assert paths[0].std(0).flatten().tolist() == pytest.approx(wanted, rel=0.05)
    assert forecast(walk("normal"), batch((1.0,)), "value")[..., 1].flatten().tolist() == pytest.approx(
        [SIGMA] * 4, rel=1e-3
    ), "the distributions beside a point path do not grow"


def test_draws_follow_from_the_seed_and_the_number_of_the_row() -> None:
    model = walk("normal")
    whole = sample_paths(model, batch((1.0, -2.0, 1.0)), "value", 3, seed=4)
    assert torch.equal(sample_paths(model, batch((-2.0,)), "value", 3, seed=4, numbers=[1])[0], whole[1])
    assert torch.equal(sample_paths(model, batch((1.0, -2.0, 1.0)), "value", 3, seed=4), whole)
    assert not torch.equal(whole[0], whole[2]), "two rows that are alike have draws of their own"
    assert not torch.equal(sample_paths(model, batch((1.0,)), "value", 3, seed=5)[0], whole[0])


def test_no_rows_have_no_paths() -> None:
    assert sample_paths(walk("normal"), batch(()), "value", 3).shape == (0, 3, 4, 1)


def test_numbers_that_run_away_are_told() -> None:
    with pytest.raises(NumberError, match="the forecast of step 3 is not finite"):
        forecast(walk(), batch((1.0,), (0.0, 0.0, float("inf"), 0.0)), "value")


def test_what_cannot_be_told() -> None:
    model, given = walk(), batch()
    with pytest.raises(InputError, match="train with a head of kind quantiles, normal or student"):
        sample_paths(model, given, "value", 2)
    with pytest.raises(InputError, match="paths=0 cannot be used"):
        sample_paths(model, given, "value", 0)
    with pytest.raises(ValueError, match="1 numbers for 2 rows"):
        sample_paths(walk("normal"), given, "value", 2, numbers=[0])
    with pytest.raises(ValueError, match="needs inputs"):
        forecast(model, Batch({}), "value")
    with pytest.raises(ValueError, match="must be in evaluation mode"):
        forecast(model.train(), given, "value")
    labels: Any = LabelHead(1, ["a", "b"], [1, 1], False)
    with pytest.raises(InputError, match="head label tells no numbers"):
        forecast(SequenceModel({"label": labels}).eval(), given, "label")


def test_only_the_first_value_of_a_channel_is_heard() -> None:
    model, given = walk(), batch()
    values = given.inputs["target"].values.clone()
    values[:, 1:, 0] = 99.0
    other = replace(given, inputs={"target": Field(values)})
    assert torch.equal(forecast(model, other, "value"), forecast(model, given, "value"))


def test_an_aligned_forecast_is_that_of_each_rows_last_step() -> None:
    torch.manual_seed(0)
    head = PointHead(3, NumberShape(horizon=2), reads="steps")
    encoder = build_encoder({"kind": "gru", "size": 3}, 2)
    model = SequenceModel({"value": head}, source=Straight(), encoder=encoder).double().eval()
    lengths = [3, 5, 1]
    mask = torch.arange(5) < torch.tensor(lengths)[:, None]
    values = torch.randn(3, 5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    given = Batch({"source": Field(values, mask)})
    outputs = model(given)[0]["value"]
    wanted = torch.stack([outputs[row, length - 1] for row, length in enumerate(lengths)])
    assert torch.equal(forecast(model, given, "value"), wanted)
    assert not torch.equal(wanted[0], outputs[0, 0])
