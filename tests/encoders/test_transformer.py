"""The Transformer encoder: every step sees every other, the summary is the mean (numbers: tests/oracles)."""

import pytest
import torch

from seqloom.encoders.transformer import TransformerEncoder
from seqloom.errors import InputError


def test_the_summary_is_the_mean_of_the_valid_outputs() -> None:
    encoder = TransformerEncoder(4, size=4, heads=2).eval()
    mask = torch.arange(5) < torch.tensor([[5], [2]])
    memory, state = encoder(torch.randn(2, 5, 4), mask)
    torch.testing.assert_close(memory.summary[1], memory.outputs[1, :2].mean(0))
    assert state == {} and memory.final is None and not encoder.causal


def test_without_positions_order_is_not_seen_and_with_them_it_is() -> None:
    x, mask = torch.randn(1, 5, 4, dtype=torch.float64), torch.ones(1, 5, dtype=torch.bool)
    for positions, blind in (("none", True), ("sinusoidal", False), ("learned", False), ("rotary", False)):
        encoder = TransformerEncoder(4, size=4, heads=2, positions=positions).double().eval()  # type: ignore[arg-type]
        moved = (encoder(x, mask)[0].summary - encoder(x.flip(1), mask)[0].summary).abs().max()
        assert moved < 1e-12 if blind else moved > 1e-6, positions


def test_it_takes_no_state() -> None:
    encoder = TransformerEncoder(4, size=4, heads=2)
    with pytest.raises(InputError, match="cannot go on from a State: every step sees all the others"):
        encoder(torch.zeros(1, 1, 4), torch.ones(1, 1, dtype=torch.bool), {})
