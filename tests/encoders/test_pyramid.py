"""The pyramid: each layer against the one below by hand, odd lengths, and what cannot be."""

import pytest
import torch

from seqloom.encoders import build_encoder
from seqloom.encoders.pyramid import Pyramid
from seqloom.errors import InputError


def pyramid(**more: object) -> Pyramid:
    torch.manual_seed(0)
    made = build_encoder({"kind": "pyramid", "size": 3, **more}, 4).double().eval()
    assert isinstance(made, Pyramid)
    return made


def heard(lengths: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(1)
    x = torch.randn(len(lengths), max(lengths), 4, generator=g, dtype=torch.float64)
    return x, torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


def test_each_layer_reads_pairs_of_the_one_below() -> None:
    made = pyramid(layers=2)
    x, mask = heard([4])
    below, _ = made.layers[0](x, mask, None)
    pairs = torch.stack([torch.cat([below[0, 0], below[0, 1]]), torch.cat([below[0, 2], below[0, 3]])])
    above, ends = made.layers[1](pairs.unsqueeze(0), mask[:, :2], None)
    memory, state = made(x, mask)
    torch.testing.assert_close(memory.outputs, above)
    torch.testing.assert_close(memory.summary, made.layers[1].top(ends))
    assert state == {}


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
def test_a_row_is_the_same_alone_and_beside_longer_ones(layers: int) -> None:
    made, lengths = pyramid(layers=layers), [1, 2, 3, 5, 8, 9]
    x, mask = heard(lengths)
    together, _ = made(x, mask)
    for row, length in enumerate(lengths):
        alone, _ = made(x[row : row + 1, :length], mask[row : row + 1, :length])
        steps = made.count(length)
        assert alone.outputs.shape[1] == steps == -(-length // 2 ** (layers - 1))
        torch.testing.assert_close(together.outputs[row, :steps], alone.outputs[0])
        torch.testing.assert_close(together.summary[row], alone.summary[0])
        assert together.mask[row].sum() == steps and not together.outputs[row, steps:].any()


def test_one_layer_is_a_bilstm() -> None:
    made = pyramid(layers=1)
    plain = build_encoder({"kind": "bilstm", "size": 3}, 4).double()
    plain.stack.load_state_dict(made.layers[0].state_dict())  # type: ignore[union-attr, operator]
    x, mask = heard([3, 5])
    torch.testing.assert_close(made(x, mask)[0].outputs, plain(x, mask)[0].outputs)


def test_any_cell_and_any_depth() -> None:
    made = pyramid(cell="gru", layers=3)
    x, mask = heard([7, 0])
    memory, _ = made(x, mask)
    assert memory.outputs.shape == (2, 2, 6) and memory.outputs.isfinite().all()
    assert not memory.mask[1].any() and not memory.summary[1].any()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="unknown cell 'lstn'; did you mean 'lstm'"):
        pyramid(cell="lstn")
    with pytest.raises(InputError, match="cannot go on from a State: it reads in both directions"):
        pyramid()(*heard([3]), {})
