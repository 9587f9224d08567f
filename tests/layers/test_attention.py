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
    spans = ((3, 4, BLOCK), (4, BLOCK, BLOCK), (BLOCK, BLOCK + 1, 2 * BLOCK), (BLOCK + 1, 12 * BLOCK - 1, 12 * BLOCK))
    for start, end, room in spans:
        _, cache = layer(torch.ones(1, end - start, 4), None, position[:, start:end], True, cache)
        assert cache["keys"].shape == cache["values"].shape == (1, 2, room, 2)


def test_a_step_writes_into_its_cache_unless_a_gradient_needs_it() -> None:
    layer, x = SelfAttention(4, 2, 0.0, False), torch.randn(2, 4, 4)
    position = torch.arange(4).expand(2, 4)
    _, cache = layer(x[:, :3], None, position[:, :3], True)
    _, cache = layer(x[:, 3:], None, position[:, 3:], True, cache)  # grown: there is room for more
    _, after = layer(x[:, 3:], None, position[:, 3:] + 1, True, cache)
    assert after["keys"] is not cache["keys"] and not cache["keys"][:, :, 4].any()
    with torch.no_grad():
        _, after = layer(x[:, 3:], None, position[:, 3:] + 1, True, cache)
    assert after["keys"] is cache["keys"] and after["values"] is cache["values"] and cache["keys"][:, :, 4].all()


def test_gradients_of_steps_are_those_of_the_whole() -> None:
    layer = SelfAttention(4, 2, 0.0, False).double()
    x, position = torch.randn(2, 6, 4, dtype=torch.float64), torch.arange(6).expand(2, 6)
    whole = torch.autograd.grad(layer(x, None, position, True)[0].square().sum(), layer.key.weight)
    cache, steps = None, []
    for step in range(6):
        here = slice(step, step + 1)
        y, cache = layer(x[:, here], None, position[:, here], True, cache)
        steps.append(y)
    torch.testing.assert_close(torch.autograd.grad(torch.cat(steps, 1).square().sum(), layer.key.weight), whole)


def test_rows_of_unequal_lengths_step_as_each_alone() -> None:
    layer = SelfAttention(4, 2, 0.0, False).double()
    x, lengths = torch.randn(2, 5, 4, dtype=torch.float64), [3, 1]
    _, cache = layer(x[:, :3], None, torch.arange(3).expand(2, 3), True)
    for new in (1, 2):
        place = torch.tensor([[length + step for step in range(new)] for length in lengths])
        y, _ = layer(x[:, 3 : 3 + new], None, place, True, {name: value.clone() for name, value in cache.items()})
        for row, length in enumerate(lengths):
            alone = torch.cat([x[row, :length], x[row, 3 : 3 + new]])[None]
            expected, _ = layer(alone, None, torch.arange(length + new)[None], True)
            torch.testing.assert_close(y[row], expected[0, length:])


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
