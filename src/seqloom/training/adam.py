"""Adam (Kingma & Ba 2015, arXiv:1412.6980) and AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101) in one pass.

    m = b1 m + (1 - b1) g         v = b2 v + (1 - b2) g^2
    w = w - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + EPSILON)

`decay` shrinks weights: AdamW's by rate * decay * w, apart from the gradient; Adam's by adding decay * w to it.

torch's own operation reads every weight, gradient and moment once. Its classes `Adam` and `AdamW`, which call the same
operation, import its compiler as soon as one of them is built, which takes a second and a quarter; so they are not used
where this serves. What is kept of each weight has their names and kinds, so a checkpoint of either is one of the other.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

EPSILON = 1e-8


class FusedAdam:
    """Steps weights on the CPU. `param_groups` are dicts of params, weight_decay and lr; `state` holds by weight `step`
    (t, a float32 number), `exp_avg` (m) and `exp_avg_sq` (v)."""

    def __init__(
        self, groups: Sequence[dict[str, Any]], lr: float, betas: tuple[float, float], decoupled: bool
    ) -> None:
        """`decoupled` decay is AdamW's."""
        self.param_groups = [{**group, "lr": lr} for group in groups]
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self._betas = betas
        self._operation = torch._fused_adamw_ if decoupled else torch._fused_adam_

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, or make them 0."""
        for group in self.param_groups:
            for weight in group["params"]:
                if set_to_none:
                    weight.grad = None
                elif weight.grad is not None:
                    weight.grad = torch.zeros_like(weight.grad)

    @torch.no_grad()
    def step(self) -> None:
        """Move every weight that has a gradient."""
        for group in self.param_groups:
            moved = [(weight, weight.grad) for weight in group["params"] if weight.grad is not None]
            for kind in {weight.dtype for weight, _ in moved}:  # one call takes weights of one kind
                self._step([one for one in moved if one[0].dtype == kind], group)

    def _step(self, moved: list[tuple[Tensor, Tensor]], group: dict[str, Any]) -> None:
        kept = [self._kept(weight) for weight, _ in moved]
        steps = [one["step"] for one in kept]
        torch._foreach_add_(steps, 1)
        self._operation(
            [weight for weight, _ in moved],
            [gradient for _, gradient in moved],
            [one["exp_avg"] for one in kept],
            [one["exp_avg_sq"] for one in kept],
            [],  # of AMSGrad
            steps,
            amsgrad=False,
            lr=group["lr"],
            beta1=self._betas[0],
            beta2=self._betas[1],
            weight_decay=group["weight_decay"],
            eps=EPSILON,
            maximize=False,
        )

    def _kept(self, weight: Tensor) -> dict[str, Any]:
        kept = self.state[weight]
        if not kept:
            kept["step"] = torch.tensor(0.0)
            kept["exp_avg"], kept["exp_avg_sq"] = torch.zeros_like(weight), torch.zeros_like(weight)
        return kept
