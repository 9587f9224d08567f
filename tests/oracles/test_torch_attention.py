"""Attention and Transformer blocks against nn.MultiheadAttention and nn.TransformerEncoder, numbers and gradients.

Torch's keys have a bias, which the softmax cannot see: it is set to zero there, and its gradient is shown to be zero.
"""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from seqloom.encoders.transformer import TransformerEncoder
from seqloom.layers.attention import SelfAttention
from seqloom.layers.transformer import Activation, Block, Norm
from seqloom.tape import Tape

SIZE, HEADS, INNER = 8, 2, 12
LENGTHS = (6, 2, 5, 1)
CLOSE = {"atol": 1e-12, "rtol": 1e-11}
Name = Callable[[str], str]


def inputs() -> tuple[Tensor, Tensor, Tensor]:
    g = torch.Generator().manual_seed(1)
    time = torch.arange(max(LENGTHS))
    x = torch.randn(len(LENGTHS), max(LENGTHS), SIZE, generator=g, dtype=torch.float64, requires_grad=True)
    return x, time < torch.tensor(LENGTHS)[:, None], time.expand(len(LENGTHS), -1)


def randomise(module: nn.Module) -> None:
    g = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, weight in module.named_parameters():
            weight.copy_(torch.randn(weight.shape, generator=g, dtype=torch.float64) * 0.5)
            if name.endswith("in_proj_bias"):
                weight[SIZE : 2 * SIZE] = 0


def attention_weights(named: dict[str, Tensor], prefix: str = "") -> dict[str, Tensor]:
    """Name torch's attention weights as ours."""
    query, key, value = named[f"{prefix}in_proj_weight"].chunk(3)
    query_bias, _, value_bias = named[f"{prefix}in_proj_bias"].chunk(3)
    return {
        "query.weight": query,
        "query.bias": query_bias,
        "key.weight": key,
        "value.weight": value,
        "value.bias": value_bias,
        "out.weight": named[f"{prefix}out_proj.weight"],
        "out.bias": named[f"{prefix}out_proj.bias"],
    }


def block_weights(named: dict[str, Tensor], prefix: str = "") -> dict[str, Tensor]:
    """Name the weights of torch's layer as ours."""
    ours = {f"attention.{name}": one for name, one in attention_weights(named, f"{prefix}self_attn.").items()}
    for kind in ("weight", "bias"):
        ours |= {
            f"feed.up.{kind}": named[f"{prefix}linear1.{kind}"],
            f"feed.down.{kind}": named[f"{prefix}linear2.{kind}"],
            f"norms.0.{kind}": named[f"{prefix}norm1.{kind}"],
            f"norms.1.{kind}": named[f"{prefix}norm2.{kind}"],
        }
    return ours


def slopes(module: nn.Module) -> dict[str, Tensor]:
    return {name: weight.grad for name, weight in module.named_parameters() if weight.grad is not None}


@pytest.mark.parametrize("watched", [False, True], ids=["fused", "open"])
@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
def test_attention_is_torchs(causal: bool, watched: bool) -> None:
    x, mask, position = inputs()
    other = nn.MultiheadAttention(SIZE, HEADS, batch_first=True).double()
    randomise(other)
    ours = SelfAttention(SIZE, HEADS, 0.0, False).double()
    ours.load_state_dict(attention_weights(other.state_dict()))
    blind = torch.ones(6, 6, dtype=torch.bool).triu(1) if causal else None
    wanted, weights = other(x, x, x, key_padding_mask=~mask, attn_mask=blind, average_attn_weights=False)
    wanted[mask].square().sum().backward()
    wanted_x = x.grad
    x.grad = None
    if watched:
        with Tape(ours) as tape:
            got, _ = ours(x, mask, position, causal)
        torch.testing.assert_close(
            tape["weights"].transpose(1, 2)[mask], weights.detach().transpose(1, 2)[mask], **CLOSE
        )
    else:
        got, _ = ours(x, mask, position, causal)
    got[mask].square().sum().backward()
    torch.testing.assert_close(got[mask], wanted[mask], **CLOSE)
    torch.testing.assert_close(x.grad, wanted_x, **CLOSE)
    torch.testing.assert_close(slopes(ours), attention_weights(slopes(other)), **CLOSE)
    assert other.in_proj_bias.grad is not None
    assert other.in_proj_bias.grad[SIZE : 2 * SIZE].abs().max() < 1e-12, "a bias on keys learns nothing"


@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_block_is_torchs_layer(norm: Norm, activation: Activation, causal: bool) -> None:
    x, mask, position = inputs()
    other = nn.TransformerEncoderLayer(
        SIZE, HEADS, INNER, 0.0, activation, batch_first=True, norm_first=norm == "pre"
    ).double()
    randomise(other)
    ours = Block(SIZE, HEADS, INNER, 0.0, norm, activation, False).double()
    ours.load_state_dict(block_weights(other.state_dict()))
    blind = torch.ones(6, 6, dtype=torch.bool).triu(1) if causal else None
    wanted = other(x, src_mask=blind, src_key_padding_mask=~mask)
    wanted[mask].pow(3).sum().backward()
    wanted_x = x.grad
    x.grad = None
    got, _ = ours(x, mask, position, causal, None)
    got[mask].pow(3).sum().backward()
    torch.testing.assert_close(got[mask], wanted[mask], **CLOSE)
    torch.testing.assert_close(x.grad, wanted_x, **CLOSE)
    torch.testing.assert_close(slopes(ours), block_weights(slopes(other)), **CLOSE)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_transformer_encoder_is_torchs(norm: Norm) -> None:
    """Torch's stack adds no positions; ours has none here and multiplies its input by sqrt(size), as the paper does."""
    x, mask, _ = inputs()
    layer = nn.TransformerEncoderLayer(SIZE, HEADS, INNER, 0.0, batch_first=True, norm_first=norm == "pre").double()
    last = nn.LayerNorm(SIZE).double() if norm == "pre" else None
    other = nn.TransformerEncoder(layer, 3, last, enable_nested_tensor=False)
    randomise(other)
    ours = TransformerEncoder(
        SIZE, size=SIZE, layers=3, heads=HEADS, inner=INNER, dropout=0.0, norm=norm, activation="relu", positions="none"
    ).double()

    def named(found: dict[str, Tensor]) -> dict[str, Tensor]:
        mapped = {
            f"stack.blocks.{n}.{name}": one
            for n in range(3)
            for name, one in block_weights(found, f"layers.{n}.").items()
        }
        if norm == "pre":
            mapped |= {f"stack.last.{kind}": found[f"norm.{kind}"] for kind in ("weight", "bias")}
        return mapped

    ours.load_state_dict(named(other.state_dict()))
    wanted = other(x * SIZE**0.5, src_key_padding_mask=~mask)
    wanted[mask].pow(3).sum().backward()
    wanted_x = x.grad
    x.grad = None
    memory, _ = ours(x, mask)
    memory.outputs.pow(3).sum().backward()
    torch.testing.assert_close(memory.outputs[mask], wanted[mask], **CLOSE)
    torch.testing.assert_close(
        memory.summary,
        torch.stack([wanted[row, :length].mean(0) for row, length in enumerate(LENGTHS)]),
        **CLOSE,
    )
    torch.testing.assert_close(x.grad, wanted_x, **CLOSE)
    torch.testing.assert_close(slopes(ours), named(slopes(other)), **CLOSE)
