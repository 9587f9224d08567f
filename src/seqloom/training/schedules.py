"""The learning rate over steps, as a factor of `fit.lr`; pure functions but for plateau, whose state is explicit."""

import math
from dataclasses import dataclass

from seqloom.spec import FitSpec

SHRINK, WAIT = 0.5, 2
"""Plateau multiplies by SHRINK after WAIT validations without gain."""


def factor(fit: FitSpec, step: int, steps: int | None) -> float:
    """Return the factor for update number `step` (0 is the first) of `steps` (None: not known yet, held at the peak).

    Warm-up rises linearly to 1. Then: constant; linear or cosine to 0 at the last step; noam by the inverse square
    root of the step (Vaswani et al. 2017, section 5.3, scaled so that its peak is `fit.lr`).
    """
    warmup = fit.warmup
    if step < warmup:
        return (step + 1) / warmup
    if fit.schedule == "noam":
        return math.sqrt(max(warmup, 1) / (step + 1))
    if fit.schedule not in ("linear", "cosine") or steps is None:
        return 1.0
    share = min(1.0, (step - warmup) / max(steps - warmup, 1))
    return 1 - share if fit.schedule == "linear" else 0.5 * (1 + math.cos(math.pi * share))


@dataclass
class Plateau:
    """Shrinks the rate when validation stops improving."""

    scale: float = 1.0
    waited: int = 0

    def see(self, gained: bool) -> None:
        """Count a validation."""
        self.waited = 0 if gained else self.waited + 1
        if self.waited >= WAIT:
            self.scale, self.waited = self.scale * SHRINK, 0
