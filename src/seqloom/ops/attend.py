"""Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762, eq. 1), plain and fused.

A query that may see nothing gets zeros with finite gradients, never NaN. On a CPU under bf16 autocast the whole
product stays in float32: its bf16 backward is slower there than float32's.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from seqloom.kernels import blockwise, heads
from seqloom.kernels.dropout import dropout


def attend(query: Tensor, key: Tensor, value: Tensor, visible: Tensor | None, causal: bool, drop: float) -> Tensor:
    """Attend with a fused kernel, where there is one; the noise of dropout is the same as in the open.

    query [batch, heads, target, size], key and value [batch, heads, source, size] -> [batch, heads, target, size].
    `visible` [batch, 1, target, source] (or broadcastable) is True where a query may look; `causal` lets target t
    see sources 0..t, and then `visible` is None.
    """
    if heads.usable(query, key, value, visible):
        return heads.attend(query, key, value, visible, causal, drop)
    if blockwise.usable(query, key, value, visible, drop):
        return blockwise.attend(query, key, value, visible, causal, drop)
    if drop and query.device.type == "cpu":  # torch has no kernel for it
        return apply(weights(query, key, visible, causal), value, drop)
    if query.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
        with torch.autocast("cpu", enabled=False):
            return attend(query.float(), key.float(), value.float(), visible, causal, drop)
    if visible is None:
        return scaled_dot_product_attention(query, key, value, dropout_p=drop, is_causal=causal)
    seen = visible.any(-1, keepdim=True)
    # A blind query is let see everything, for a finite softmax, and its answer is taken away again.
    out = scaled_dot_product_attention(query, key, value, attn_mask=visible | ~seen, dropout_p=drop)
    return out.masked_fill(~seen, 0)


def weights(query: Tensor, key: Tensor, visible: Tensor | None, causal: bool) -> Tensor:
    """Return the attention weights [batch, heads, target, source] in the open; same arguments as `attend`."""
    if query.dtype in (torch.bfloat16, torch.float16):
        query, key = query.float(), key.float()
    with torch.autocast(query.device.type, enabled=False):
        scores = query @ key.mT / math.sqrt(query.shape[-1])
    if causal:
        target, source = scores.shape[-2:]
        visible = torch.ones(target, source, dtype=torch.bool, device=scores.device).tril()
    if visible is None:
        return scores.softmax(-1)
    masked = scores.masked_fill(~visible, torch.finfo(scores.dtype).min)
    return masked.softmax(-1).masked_fill(~visible, 0)


def apply(weight: Tensor, value: Tensor, drop: float) -> Tensor:
    """Mix values by weights: [batch, heads, target, source] x [batch, heads, source, size]."""
    with torch.autocast(weight.device.type, enabled=False):
        return (dropout(weight, drop) if drop else weight) @ value.to(weight.dtype)
