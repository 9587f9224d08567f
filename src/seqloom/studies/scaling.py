"""Scaling: why scores are divided by the square root of the width (Vaswani et al. 2017, section 3.2.1, footnote 4)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor
from torch.nn.functional import layer_norm

from seqloom.errors import InputError
from seqloom.layers.attention import SelfAttention
from seqloom.report.figures import Figure, Lines, Table
from seqloom.studies.learning import numbers, seeded
from seqloom.studies.over_seeds import over, values
from seqloom.studies.statistics import Verdict, above, all_of, below
from seqloom.studies.study import Row, Rows, Study
from seqloom.studies.summary import exponent, summary
from seqloom.table import Count
from seqloom.tape import Tape
from seqloom.tasks.task import Say


class Undivided(SelfAttention):
    """Self-attention broken on purpose: the softmax gets q.k as it is."""

    def _project(self, x: Tensor, position: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        query, key, value = super()._project(x, position)
        return query * math.sqrt(query.shape[-1]), key, value  # what `weights` divides by


class Scaling(Study):
    """One layer of self-attention at its start, over steps of mean 0 and variance 1, at growing width.

    widths  of queries and keys, one head
    steps   that each query looks at
    rows    sequences at each width
    divide  what the arm that the claim praises divides its scores by; `nothing` is the control
    """

    name = "scaling"
    question = "Why are the scores of attention divided by the square root of the width?"
    claim = (
        "The variance of q.k grows in proportion to the width d. Divided by sqrt(d) it stays where it is; undivided, "
        "the softmax saturates as the layer grows wider and its gradient dies."
    )
    method = (
        "A layer of self-attention (one head) as it is built, before any training, reads random steps of mean 0 and "
        "variance 1, as a layer norm gives them. At each width, the same weights are used twice: as they are, and in a "
        "layer broken on purpose that does not divide. Measured are the variance of q.k and of what the softmax gets; "
        "the entropy of the weights as a share of ln n, that of looking everywhere alike; and how much gradient a "
        "softmax lets through: |dL/d score| / |dL/d weight| of a query, the median over queries, for a random linear "
        "loss of the layer's output."
    )
    source = "Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1"
    reading = (
        "Both axes of the first figure are logarithmic: a straight line of slope 1 is growth in proportion. In the "
        "others a flat line means that the width does not matter. The mean over queries of the gradient let through "
        "falls much more slowly than the median: a few queries whose two best scores happen to lie close still learn, "
        "and the rest do not."
    )
    exercise = (
        "Halve the number of steps looked at (`seqloom study scaling -s steps=32`). Does the undivided softmax "
        "saturate at a smaller or a larger width, and why?"
    )
    control: ClassVar[Mapping[str, Any]] = {"divide": "nothing"}
    control_about = (
        "The layer that should divide by sqrt(d) does not, so that nothing keeps its softmax from saturating."
    )
    tiny: ClassVar[Mapping[str, Any]] = {"widths": [8, 32, 128, 512], "steps": 32, "rows": 2}

    def __init__(
        self,
        *,
        widths: list[Count] | None = None,
        steps: Count = 64,
        rows: Count = 8,
        divide: Literal["root", "nothing"] = "root",
    ) -> None:
        self.widths = sorted(set(widths or [8, 16, 32, 64, 128, 256, 512, 1024]))
        self.steps, self.rows, self.divide = steps, rows, divide
        if len(self.widths) < 2:
            raise InputError(f"study scaling: widths={widths}: growth needs two widths at least, such as [16, 256].")
        if steps < 2:
            raise InputError(f"study scaling: steps={steps}: a query that sees one step has nothing to choose; give 2.")

    def measure(self, seed: int, say: Say) -> list[Row]:
        """Measure both arms at every width."""
        arms: Sequence[tuple[str, type[SelfAttention]]] = (
            ("divided", SelfAttention if self.divide == "root" else Undivided),
            ("undivided", Undivided),
        )
        rows: list[Row] = []
        for number, width in enumerate(self.widths):
            for arm, kind in arms:
                with seeded(seed):
                    attention = kind(width, 1, 0.0, False).eval()
                rows.append({"scores": arm, "width": width, **self._look(attention, numbers(seed, number))})
        return rows

    def _look(self, attention: SelfAttention, g: torch.Generator) -> dict[str, Any]:
        width = attention.query.in_features
        x = layer_norm(torch.randn(self.rows, self.steps, width, generator=g), (width,))
        position = torch.arange(self.steps).expand(self.rows, -1)
        with Tape(attention, only="weights", grad=True) as tape:
            y, _ = attention(x, None, position, False)
            (y * torch.randn(y.shape, generator=g)).sum().backward()
        weights = tape["weights"]  # [rows, 1, steps, steps]
        upstream = weights.grad
        assert upstream is not None
        reaching = through_softmax(weights, upstream)
        passed = reaching.norm(dim=-1) / upstream.norm(dim=-1)
        with torch.no_grad():
            products = attention.query(x) @ attention.key(x).mT
        logs = weights.double().clamp(min=torch.finfo(torch.float64).tiny).log()
        entropy = -(weights * logs).sum(-1) / math.log(self.steps)
        divisor = 1 if isinstance(attention, Undivided) else width
        return {
            "variance": float(products.var()),
            "given": float(products.var()) / divisor,
            "entropy": float(entropy.mean()),
            "largest": float(weights.amax(-1).mean()),
            "passed": float(passed.median()),
            "passed_mean": float(passed.mean()),
        }

    def judge(self, rows: Rows) -> Verdict:
        """Compare growth with the width, and the widest with the narrowest."""
        narrow, wide = min(self.widths), max(self.widths)
        grown = {what: self._exponents(rows, what) for what in ("variance", "given")}
        kept = self._ratios(rows, "divided", wide, narrow)
        lost = self._ratios(rows, "undivided", wide, narrow)
        return all_of(
            [
                above(grown["variance"], 0.9, "exponent of the variance of q.k over the width"),
                below(grown["variance"], 1.1, "exponent of the variance of q.k over the width"),
                below([abs(one) for one in grown["given"]], 0.1, "the same of what the softmax gets, divided (size)"),
                above(kept, 0.5, f"gradient let through at width {wide} by that at {narrow}, divided"),
                below(lost, 0.1, f"gradient let through at width {wide} by that at {narrow}, undivided"),
                above(values(rows, "entropy", scores="divided", width=wide), 0.75, f"entropy at width {wide}, divided"),
                below(
                    values(rows, "entropy", scores="undivided", width=wide), 0.25, f"entropy at width {wide}, undivided"
                ),
            ],
            "The claim holds where the variance of q.k grows with an exponent between 0.9 and 1.1, that of the divided "
            "scores with one below 0.1 in size, where the divided softmax keeps over half of the gradient that it lets "
            "through (median query) and over 75 % of the entropy of an even look at the largest width, and the "
            "undivided one less than 10 % and 25 %; each by the 95 % interval over seeds.",
        )

    def _exponents(self, rows: Rows, what: str) -> list[float]:
        seeds = dict.fromkeys(row["seed"] for row in rows)
        return [
            exponent(self.widths, [values(rows, what, scores="divided", width=w, seed=s)[0] for w in self.widths])
            for s in seeds
        ]

    def _ratios(self, rows: Rows, arm: str, wide: int, narrow: int) -> list[float]:
        top, bottom = (values(rows, "passed", scores=arm, width=width) for width in (wide, narrow))
        return [a / b for a, b in zip(top, bottom, strict=True)]

    def figures(self, rows: Rows) -> list[Figure]:
        """Draw variance, entropy and gradient against the width."""

        def both(what: str, more: str = "") -> list[Any]:
            return [over(rows, "width", what, f"{arm}{more}", arm, scores=arm) for arm in ("undivided", "divided")]

        return [
            Lines("Variance of what the softmax gets", both("given"), "width", "variance", "log", "log"),
            Lines("Entropy of the weights, as a share of an even look", both("entropy"), "width", "share", "log"),
            Lines(
                "Gradient that the softmax lets through",
                [*both("passed", ", median query"), *both("passed_mean", ", mean query")],
                "width",
                "|dL/d score| / |dL/d weight|",
                "log",
                "log",
            ),
        ]

    def table(self, rows: Rows) -> Table:
        """List every width."""
        whats = {
            "variance": "variance of q.k",
            "given": "given to softmax",
            "entropy": "entropy / ln n",
            "largest": "largest weight",
            "passed": "gradient let through, median",
            "passed_mean": "the same, mean",
        }
        return summary("Scores at growing width", rows, ("scores", "width"), whats)


def through_softmax(weights: Tensor, upstream: Tensor) -> Tensor:
    """Return dL/d score from the weights p [..., n] and dL/dp: p * (dL/dp - p . dL/dp)."""
    return weights * (upstream - (weights * upstream).sum(-1, keepdim=True))
