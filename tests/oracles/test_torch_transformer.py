"""The whole Transformer, encoder, cross-attention and decoder, against nn.Transformer: numbers and gradients.

Torch's stacks add no positions; ours have none here and multiply their input by sqrt(size), as the paper does. Torch's
keys have a bias, which the softmax cannot see: it is set to zero there.
"""

import pytest
import torch
from torch import Tensor, nn

from seqloom.bridges import build_bridge
from seqloom.bridges.bridge import Seen
from seqloom.decoders.transformer import TransformerDecoder
from seqloom.encoders.transformer import TransformerEncoder
from seqloom.layers.transformer import Activation, Norm
from seqloom.tape import Tape

SIZE, HEADS, INNER, LAYERS = 8, 2, 12, 2
SOURCES, TARGETS = (5, 2, 4, 1), (3, 6, 1, 4)
CLOSE = {"atol": 1e-12, "rtol": 1e-10}


def rows(lengths: tuple[int, ...], seed: int) -> tuple[Tensor, Tensor]:
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(len(lengths), max(lengths), SIZE, generator=g, dtype=torch.float64, requires_grad=True)
    return x, torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


def torchs(norm: Norm, activation: Activation) -> nn.Transformer:
    """Return torch's model; after its blocks it has a norm only where ours has one, with norms before."""
    options = {"batch_first": True, "norm_first": norm == "pre", "activation": activation}
    last = [nn.LayerNorm(SIZE) if norm == "pre" else None for _ in range(2)]
    encoder = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(SIZE, HEADS, INNER, 0.0, **options), LAYERS, last[0], enable_nested_tensor=False
    )
    decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(SIZE, HEADS, INNER, 0.0, **options), LAYERS, last[1])
    model = nn.Transformer(SIZE, HEADS, custom_encoder=encoder, custom_decoder=decoder, batch_first=True).double()
    g = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(torch.randn(weight.shape, generator=g, dtype=torch.float64) * 0.5)
            if name.endswith("in_proj_bias"):
                weight[SIZE : 2 * SIZE] = 0
    return model


def ours(norm: Norm, activation: Activation) -> tuple[TransformerEncoder, TransformerDecoder]:
    shape = {"size": SIZE, "layers": LAYERS, "heads": HEADS, "inner": INNER, "dropout": 0.0, "norm": norm}
    encoder = TransformerEncoder(SIZE, **shape, activation=activation, positions="none").double()  # type: ignore[arg-type]
    bridge = build_bridge({"kind": "attention", "score": "multihead", "heads": HEADS}, Seen(SIZE, SIZE))
    decoder = TransformerDecoder(SIZE, bridge, **shape, activation=activation, positions="none").double()  # type: ignore[arg-type]
    return encoder, decoder


def attention(named: dict[str, Tensor], theirs: str, here: str) -> dict[str, Tensor]:
    query, key, value = named[f"{theirs}in_proj_weight"].chunk(3)
    query_bias, _, value_bias = named[f"{theirs}in_proj_bias"].chunk(3)
    return {
        f"{here}query.weight": query,
        f"{here}query.bias": query_bias,
        f"{here}key.weight": key,
        f"{here}value.weight": value,
        f"{here}value.bias": value_bias,
        f"{here}out.weight": named[f"{theirs}out_proj.weight"],
        f"{here}out.bias": named[f"{theirs}out_proj.bias"],
    }


def renamed(named: dict[str, Tensor], norm: Norm) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Name torch's weights, or their gradients, as those of our encoder and of our decoder."""
    found: list[dict[str, Tensor]] = []
    for part in ("encoder", "decoder"):
        mine: dict[str, Tensor] = {}
        for layer in range(LAYERS):
            theirs, here = f"{part}.layers.{layer}.", f"stack.blocks.{layer}."
            mine |= attention(named, f"{theirs}self_attn.", f"{here}attention.")
            if part == "decoder":
                mine |= attention(named, f"{theirs}multihead_attn.", f"{here}cross.reader.")
            norms = {"norm1": "norms.0", "norm2": "norms.1"}
            if part == "decoder":
                norms = {"norm1": "norms.0", "norm2": "cross.norm", "norm3": "norms.1"}
            for old, new in {"linear1": "feed.up", "linear2": "feed.down", **norms}.items():
                mine |= {f"{here}{new}.{kind}": named[f"{theirs}{old}.{kind}"] for kind in ("weight", "bias")}
        if norm == "pre":
            mine |= {f"stack.last.{kind}": named[f"{part}.norm.{kind}"] for kind in ("weight", "bias")}
        found.append(mine)
    return found[0], found[1]


def slopes(module: nn.Module) -> dict[str, Tensor]:
    return {name: weight.grad for name, weight in module.named_parameters() if weight.grad is not None}


@pytest.mark.parametrize("watched", [False, True], ids=["fused", "open"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_transformer_is_torchs(norm: Norm, activation: Activation, watched: bool) -> None:
    (source, read), (target, heard) = rows(SOURCES, 1), rows(TARGETS, 3)
    other, (encoder, decoder) = torchs(norm, activation), ours(norm, activation)
    for part, weights in zip((encoder, decoder), renamed(other.state_dict(), norm), strict=True):
        part.load_state_dict(weights)
    ahead = torch.ones(max(TARGETS), max(TARGETS), dtype=torch.bool).triu(1)
    wanted = other(
        source * SIZE**0.5,
        target * SIZE**0.5,
        tgt_mask=ahead,
        src_key_padding_mask=~read,
        memory_key_padding_mask=~read,
        tgt_key_padding_mask=~heard,
    )
    wanted[heard].pow(3).sum().backward()
    expected = source.grad, target.grad
    source.grad = target.grad = None
    if watched:
        with Tape(encoder), Tape(decoder):
            memory, _ = encoder(source, read)
            got, _ = decoder(target, heard, None, memory)
    else:
        memory, _ = encoder(source, read)
        got, _ = decoder(target, heard, None, memory)
    got.pow(3).sum().backward()
    torch.testing.assert_close(got[heard], wanted[heard], **CLOSE)
    torch.testing.assert_close((source.grad, target.grad), expected, **CLOSE)
    of_encoder, of_decoder = renamed(slopes(other), norm)
    torch.testing.assert_close(slopes(encoder), of_encoder, **CLOSE)
    torch.testing.assert_close(slopes(decoder), of_decoder, **CLOSE)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_steps_with_a_cache_are_torchs_whole(norm: Norm) -> None:
    (source, read), (target, _) = rows(SOURCES, 1), rows((6, 6, 6, 6), 3)
    other, (encoder, decoder) = torchs(norm, "relu"), ours(norm, "relu")
    for part, weights in zip((encoder, decoder), renamed(other.state_dict(), norm), strict=True):
        part.load_state_dict(weights)
    ahead = torch.ones(6, 6, dtype=torch.bool).triu(1)
    with torch.no_grad():
        wanted = other.train()(
            source * SIZE**0.5,
            target * SIZE**0.5,
            tgt_mask=ahead,
            src_key_padding_mask=~read,
            memory_key_padding_mask=~read,
        )
        memory, _ = encoder(source, read)
        state, found = None, []
        for t in range(6):
            hidden, state = decoder(target[:, t : t + 1], None, state, memory)
            found.append(hidden)
    torch.testing.assert_close(torch.cat(found, 1), wanted, **CLOSE)
