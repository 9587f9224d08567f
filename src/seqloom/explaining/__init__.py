"""Explaining: what a trained run did and why, as plain values that reports draw."""

from seqloom.table import Table

VIEWS = Table(
    "view",
    "seqloom.explaining",
    {
        "attention": "attention_view:AttentionView",
        "gates": "gates_view:GatesView",
        "states": "states_view:StatesView",
        "gradients": "gradients_view:GradientsView",
        "jacobian": "jacobian_view:JacobianView",
        "saliency": "saliency_view:SaliencyView",
        "bottleneck": "bottleneck_view:BottleneckView",
        "next": "next_view:NextView",
        "what-if": "what_if_view:WhatIfView",
    },
)
