"""Deep stacks broken on purpose: the same weights, without what was taken away, and no more than that."""

import pytest
import torch
from torch.nn.functional import layer_norm

from seqloom.studies.depths import Bare, Normed, layers_of, recurrent, transformer


def test_weights_are_the_same_whatever_is_taken_away() -> None:
    wholes = [recurrent("gru", 6, 4, 3, residual, norm, 5) for residual in (True, False) for norm in (True, False)]
    for other in wholes[1:]:
        for name, weight in wholes[0].state_dict().items():
            assert other.state_dict()[name].equal(weight)
    whole = transformer(8, 8, 2, True, True, 5).state_dict()
    for residual, norm in ((True, False), (False, True), (False, False)):
        for name, weight in transformer(8, 8, 2, residual, norm, 5).state_dict().items():
            assert weight.equal(whole[name]), name


def test_a_normed_stack_norms_what_upper_layers_read() -> None:
    encoder = recurrent("rnn", 4, 4, 2, True, True, 5)
    plain = recurrent("rnn", 4, 4, 2, True, False, 5)
    assert isinstance(encoder.stack, Normed)
    x, mask = torch.randn(2, 5, 4), torch.ones(2, 5, dtype=torch.bool)
    bottom, _ = plain.stack(x, mask, None, below=1)
    normed = layer_norm(bottom, (4,))
    top, _ = plain.stack(normed, mask, None, above=1)
    read, _ = encoder(x, mask)
    # above=1 normalises nothing in a plain stack, and adds what the top layer reads
    assert torch.allclose(read.outputs, top, atol=1e-6)


def test_without_residual_connections_a_block_is_its_parts_alone() -> None:
    encoder = transformer(8, 8, 1, False, True, 5)
    (block,) = layers_of(encoder)
    assert isinstance(block, Bare)
    x, mask = torch.randn(2, 5, 8), torch.ones(2, 5, dtype=torch.bool)
    position = torch.arange(5).expand(2, -1)
    y, _ = block(x, mask, position, False, None)
    mixed, _ = block.attention(block.norms[0](x), mask, position, False)
    assert torch.allclose(y, block.feed(block.norms[1](mixed)), atol=1e-6)


def test_without_normalisation_no_norm_is_left() -> None:
    kinds = {type(part).__name__ for part in transformer(8, 8, 2, True, False, 5).modules()}
    assert "LayerNorm" not in kinds
    assert "LayerNorm" in {type(part).__name__ for part in transformer(8, 8, 2, False, True, 5).modules()}


@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_layers_are_listed_bottom_first(kind: str) -> None:
    made = transformer(8, 8, 3, True, True, 5) if kind == "transformer" else recurrent(kind, 8, 8, 3, True, True, 5)
    layers = layers_of(made)
    assert len(layers) == 3
    first = layers[0].state_dict()
    name = next(iter(first))
    assert first[name].equal(next(weight for path, weight in made.state_dict().items() if path.endswith(name)))
