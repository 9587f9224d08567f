"""The Transformer decoder: a cache for State, windows that start empty (laws: tests/laws)."""

import torch

from seqloom.decoders.transformer import TransformerDecoder


def test_the_state_is_a_cache_a_layer_and_the_length_of_each_row() -> None:
    decoder = TransformerDecoder(4, size=4, layers=2, heads=2).eval()
    mask = torch.arange(5) < torch.tensor([[5], [2]])
    _, state = decoder(torch.randn(2, 5, 4), mask)
    assert list(state) == ["0", "1", "length"] and state["length"].tolist() == [5, 2]
    assert state["0"]["keys"].shape == (2, 2, 5, 2)
    _, state = decoder(torch.randn(2, 3, 4), torch.arange(3) < torch.tensor([[1], [3]]), state)
    assert state["length"].tolist() == [6, 5]


def test_windows_do_not_carry_and_end_where_positions_end() -> None:
    assert not TransformerDecoder(4, size=4, heads=2).carries
    assert TransformerDecoder(4, size=4, heads=2, max_positions=9).span == 9
    assert TransformerDecoder(4, size=4, heads=2, positions="rotary").span is None
