"""The study of scaling: its measures against autograd and known numbers, its verdict and its control."""

import math

import pytest
import torch

from seqloom.errors import InputError
from seqloom.layers.attention import SelfAttention
from seqloom.studies.conduct import conduct, prepare
from seqloom.studies.scaling import Scaling, Undivided, through_softmax
from seqloom.studies.statistics import Verdict
from seqloom.tape import Tape


def test_what_a_softmax_lets_through_is_autograds_gradient() -> None:
    g = torch.Generator().manual_seed(0)
    scores = torch.randn(3, 5, generator=g, dtype=torch.float64).requires_grad_()
    upstream = torch.randn(3, 5, generator=g, dtype=torch.float64)
    weights = scores.softmax(-1)
    (wanted,) = torch.autograd.grad((weights * upstream).sum(), scores)
    assert torch.allclose(through_softmax(weights.detach(), upstream), wanted, atol=1e-12)


def test_the_broken_layer_does_not_divide_and_is_the_same_otherwise() -> None:
    torch.manual_seed(0)
    whole = SelfAttention(16, 1, 0.0, False)
    broken = Undivided(16, 1, 0.0, False)
    broken.load_state_dict(whole.state_dict())
    x, position = torch.randn(2, 6, 16), torch.arange(6).expand(2, -1)
    for layer, divisor in ((whole, math.sqrt(16)), (broken, 1.0)):
        with torch.no_grad(), Tape(layer) as tape:
            layer(x, None, position, False)
            scores = layer.query(x) @ layer.key(x).mT / divisor
        assert torch.allclose(tape["weights"][:, 0], scores.softmax(-1), atol=1e-6)


def test_rows_hold_both_arms_at_every_width_of_the_same_weights() -> None:
    rows = Scaling(widths=[4, 16], steps=8, rows=1).measure(3, print)
    assert [(row["scores"], row["width"]) for row in rows] == [
        ("divided", 4),
        ("undivided", 4),
        ("divided", 16),
        ("undivided", 16),
    ]
    assert rows[2]["variance"] == rows[3]["variance"] == pytest.approx(16 * rows[2]["given"])
    assert rows[3]["given"] == rows[3]["variance"]
    assert rows == Scaling(widths=[4, 16], steps=8, rows=1).measure(3, print)


def test_the_verdict_holds_and_without_the_division_it_does_not() -> None:
    found = conduct("scaling", Scaling.tiny, jobs=1)
    assert found.verdict.answer == "holds", found.verdict.reasons
    broken = conduct("scaling", {**Scaling.tiny, **Scaling.control}, jobs=1)
    assert broken.verdict.answer == "does not hold"
    assert len(found.table.rows) == 2 * len(Scaling.tiny["widths"])
    assert len(found.figures) == 3


def test_variance_that_does_not_grow_breaks_the_claim() -> None:
    found = conduct("scaling", Scaling.tiny, jobs=1)
    rows = [{**row, "variance": 8.0} for row in found.rows]
    verdict: Verdict = found.study.judge(rows)
    assert verdict.answer == "does not hold"
    assert "exponent" in verdict.reasons[0]
    assert verdict.reasons[0].endswith("does not hold")


def test_one_width_is_refused() -> None:
    with pytest.raises(InputError, match="growth needs two widths"):
        prepare("scaling", {"widths": [64]})
    with pytest.raises(InputError, match="steps=1"):
        prepare("scaling", {"steps": 1})
