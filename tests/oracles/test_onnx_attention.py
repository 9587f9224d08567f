"""Multi-head attention against ONNX's reference operator Attention (opset 24), causal, masked, and over a cache."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
from torch import Tensor

from seqloom.layers.attention import SelfAttention
from seqloom.tape import Tape

HEADS, SIZE = 2, 8
WEIGHTS = 3
"""The operator's mode in which its fourth output is the softmax."""


def operator(
    query: Tensor, key: Tensor, value: Tensor, causal: bool, mask: Tensor | None, past: list[Tensor] | None
) -> list[Tensor]:
    """Run Attention on [batch, time, size]: the mixture, the keys and values after it, and the weights."""
    feed = {"Q": query, "K": key, "V": value}
    names = ["Q", "K", "V"]
    if mask is not None or past is not None:
        names.append("mask" if mask is not None else "")
    if mask is not None:
        feed["mask"] = mask
    if past is not None:
        names += ["past_key", "past_value"]
        feed |= {"past_key": past[0], "past_value": past[1]}
    outputs = ["Y", "present_key", "present_value", "weights"]
    node = helper.make_node(
        "Attention",
        names,
        outputs,
        is_causal=int(causal),
        q_num_heads=HEADS,
        kv_num_heads=HEADS,
        qk_matmul_output_mode=WEIGHTS,
    )
    kinds = {torch.float64: TensorProto.DOUBLE, torch.bool: TensorProto.BOOL}
    graph = helper.make_graph(
        [node],
        "attention",
        [helper.make_tensor_value_info(name, kinds[one.dtype], one.shape) for name, one in feed.items()],
        [
            helper.make_tensor_value_info(name, TensorProto.DOUBLE, [None] * (3 if name == "Y" else 4))
            for name in outputs
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 24)])
    onnx.checker.check_model(model)
    answers = ReferenceEvaluator(model).run(None, {name: one.detach().numpy() for name, one in feed.items()})
    return [torch.tensor(np.asarray(one)) for one in answers]


def layer() -> SelfAttention:
    g = torch.Generator().manual_seed(0)
    made = SelfAttention(SIZE, HEADS, 0.0, False).double()
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(torch.randn(weight.shape, generator=g, dtype=torch.float64))
    return made


def inputs(lengths: tuple[int, ...]) -> tuple[Tensor, Tensor, Tensor]:
    x = torch.randn(len(lengths), max(lengths), SIZE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    time = torch.arange(max(lengths))
    return x, time < torch.tensor(lengths)[:, None], time.expand(len(lengths), -1)


@pytest.mark.parametrize("causal", [False, True], ids=["all", "causal"])
def test_self_attention_equals_the_operator(causal: bool) -> None:
    attention = layer()
    x, mask, position = inputs((5, 5))
    with Tape(attention) as tape:
        opened, _ = attention(x, mask, position, causal)
    fused, _ = attention(x, mask, position, causal)
    mixed, _, _, weights = operator(attention.query(x), attention.key(x), attention.value(x), causal, None, None)
    wanted = attention.out(mixed)
    torch.testing.assert_close(opened, wanted, atol=1e-12, rtol=1e-12)
    torch.testing.assert_close(fused, wanted, atol=1e-12, rtol=1e-12)
    torch.testing.assert_close(tape["weights"], weights, atol=1e-12, rtol=1e-12)


def test_masked_self_attention_equals_the_operator() -> None:
    """A row without data is fully masked: the operator answers zero for it, and so do we."""
    attention = layer()
    x, mask, position = inputs((5, 2, 0, 1))
    fused, _ = attention(x, mask, position, False)
    visible = mask[:, None, None, :].expand(-1, 1, 5, 5)
    mixed, *_ = operator(attention.query(x), attention.key(x), attention.value(x), False, visible, None)
    assert not mixed[2].any()
    torch.testing.assert_close(fused, attention.out(mixed), atol=1e-12, rtol=1e-12)


def test_attention_over_a_cache_equals_the_operator() -> None:
    attention = layer()
    x, mask, position = inputs((7, 7))
    _, cache = attention(x[:, :4], mask[:, :4], position[:, :4], True)
    past = [cache["keys"], cache["values"]]
    stepped, after = attention(x[:, 4:], mask[:, 4:], position[:, 4:], True, dict(cache))
    new = x[:, 4:]
    mixed, keys, values, _ = operator(attention.query(new), attention.key(new), attention.value(new), True, None, past)
    torch.testing.assert_close(stepped, attention.out(mixed), atol=1e-12, rtol=1e-12)
    torch.testing.assert_close(after["keys"][:, :, :7], keys, atol=1e-12, rtol=1e-12)
    torch.testing.assert_close(after["values"][:, :, :7], values, atol=1e-12, rtol=1e-12)
