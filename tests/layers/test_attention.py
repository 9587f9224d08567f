"""The layer of attention and its cache (its numbers: tests/oracles, its laws: tests/laws/test_attention.py)."""

import torch

from seqloom.layers.attention import BLOCK, SelfAttention


def test_keys_have_no_bias() -> None:
    layer = SelfAttention(8, 2, 0.0, False)
    assert layer.key.bias is None and all(part.bias is not None for part in (layer.query, layer.value, layer.out))


def test_a_cache_begins_as_long_as_what_was_read_and_grows_by_blocks() -> None:
    layer = SelfAttention(4, 2, 0.0, False)
    position = torch.arange(200)[None]
    _, cache = layer(torch.ones(1, 3, 4), None, position[:, :3], True)
    assert cache["keys"].shape == cache["values"].shape == (1, 2, 3, 2)
    for start, end, room in ((3, 4, BLOCK), (4, BLOCK, BLOCK), (BLOCK, BLOCK + 1, 2 * BLOCK), (BLOCK + 1, 199, 256)):
        _, cache = layer(torch.ones(1, end - start, 4), None, position[:, start:end], True, cache)
        assert cache["keys"].shape == cache["values"].shape == (1, 2, room, 2)


def test_what_lies_beyond_a_rows_length_is_never_looked_at() -> None:
    layer = SelfAttention(4, 2, 0.0, False).double()
    x = torch.randn(2, 6, 4, dtype=torch.float64)
    _, cache = layer(x[:, :4], None, torch.arange(4).expand(2, 4), True)
    place = torch.tensor([[4], [2]])  # the second row holds only two steps
    y, _ = layer(x[:, 4:5], None, place, True, dict(cache))
    spoilt = {name: value.clone() for name, value in cache.items()}
    for value in spoilt.values():
        value[1, :, 2:] = 1e6
    again, _ = layer(x[:, 4:5], None, place, True, spoilt)
    assert torch.equal(y, again)


def test_dropout_drops_weights_in_training_only() -> None:
    layer = SelfAttention(4, 2, 0.5, False)
    x, position = torch.randn(1, 20, 4), torch.arange(20)[None]
    layer.eval()
    assert torch.equal(layer(x, None, position, True)[0], layer(x, None, position, True)[0])
    layer.train()
    assert not torch.equal(layer(x, None, position, True)[0], layer(x, None, position, True)[0])
