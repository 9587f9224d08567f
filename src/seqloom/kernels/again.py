"""Gradients of gradients through native code: what it computed is computed again in the open.

Autograd sees nothing of a native backward. So where its gradients are to be differentiated themselves
(`create_graph=True`: gradients are enabled in backward), a Function answers with those of its plain form, which
autograd follows.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def differentiated(
    plain: Callable[..., Sequence[Tensor]], given: Sequence[Tensor | None], slopes: Sequence[Tensor | None]
) -> list[Tensor | None]:
    """Return the gradient of each of `given` from the `slopes` of what `plain` makes of them, as a part of the graph.

    `given` are the inputs of a Function as it saved them; None stands for none, on either side.
    """
    with torch.enable_grad(), torch.autocast("cpu", enabled=False):
        own = [None if one is None else one.view_as(one) for one in given]  # one tensor given twice counts for each
        made = plain(*own)
        pairs = [(y, slope) for y, slope in zip(made, slopes, strict=True) if slope is not None and y.requires_grad]
        wanted = [one for one in own if one is not None and one.requires_grad]
        if not pairs or not wanted:
            return [None] * len(own)
        ends, ways = zip(*pairs, strict=True)
        found = iter(torch.autograd.grad(ends, wanted, ways, create_graph=True, allow_unused=True))
    return [next(found) if one is not None and one.requires_grad else None for one in own]
