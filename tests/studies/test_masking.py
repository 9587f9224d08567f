"""The study of masking: its measures, its verdict and its control."""

import numpy as np
import pytest
import torch

from seqloom.errors import InputError
from seqloom.studies.conduct import conduct, prepare
from seqloom.studies.masking import CASES, Masking, changed, reach
from seqloom.studies.puzzles_chain import successors, windows


def rows_of(**more: float) -> list[dict[str, object]]:
    """Rows of three seeds as the claim would have them, `more` in place of what the masked one would."""
    good = {"future": 0.0, "changed": 0.0, "loss": 0.7, "share": 1.02, "allowed": 0.9}
    bad = {"future": 9.0, "changed": 3.0, "loss": 0.01, "share": 0.02, "allowed": 0.01}
    return [
        {
            "seed": seed,
            "reads": reads,
            "decoder": arm,
            **{what: number * (1 + seed / 1000) for what, number in (bad if arm == "unmasked" else good).items()},
            **(more if arm == "masked" else {}),
        }
        for seed in (1, 2, 3)
        for reads, arm in CASES
    ]


def test_a_claim_that_is_so_holds() -> None:
    assert Masking().judge(rows_of()).answer == "holds"


@pytest.mark.parametrize("what", [{"future": 1e-30}, {"changed": 1e-30}, {"share": 0.5}, {"allowed": 0.2}])
def test_each_part_of_the_test_can_break_it(what: dict[str, float]) -> None:
    assert Masking().judge(rows_of(**what)).answer == "does not hold"


def test_the_future_is_seen_by_the_one_without_a_mask_alone() -> None:
    study = Masking(symbols=6, length=6, size=16, layers=1)
    g = torch.Generator().manual_seed(0)
    follow = successors(g, 6)
    batch = windows(g, follow, 2, 6)
    above = {}
    for arm in ("masked", "unmasked", "recurrent"):
        model = study._model(arm, 5).eval()
        slopes = reach(model, batch, g)
        above[arm] = np.triu(slopes, 1).max()
        assert (slopes[np.tril_indices(6)] > 0).all()  # everything so far counts
        assert (changed(model, batch, follow) > 0) == (arm == "unmasked")
    assert above["masked"] == above["recurrent"] == 0
    assert above["unmasked"] > 0
    broken = Masking(symbols=6, length=6, size=16, layers=1, mask="none")._model("masked", 5).eval()
    assert np.triu(reach(broken, batch, g), 1).max() > 0


def test_reach_is_the_gradient_by_finite_differences() -> None:
    study = Masking(symbols=6, length=5, size=8, layers=1)
    follow = successors(torch.Generator().manual_seed(0), 6)
    batch = windows(torch.Generator().manual_seed(1), follow, 1, 5)
    model = study._model("masked", 3).double().eval()
    slopes = reach(model, batch, torch.Generator().manual_seed(2))
    assert model.target is not None
    assert model.decoder is not None
    x = model.target(batch.inputs["target"].values).detach()
    mixture = torch.randn(x.shape, generator=torch.Generator().manual_seed(2)).double()
    out, at, step = 3, 1, 1e-6
    slope = []
    for feature in range(x.shape[2]):
        moved = []
        for sign in (1, -1):
            other = x.clone()
            other[0, at, feature] += sign * step
            with torch.no_grad():
                moved.append(float((model.decoder(other, None)[0] * mixture)[0, out].sum()))
        slope.append((moved[0] - moved[1]) / (2 * step))
    assert slopes[out, at] == pytest.approx(np.linalg.norm(slope), rel=1e-5)


def test_too_small_a_language_is_refused() -> None:
    with pytest.raises(InputError, match="needs 4 symbols"):
        prepare("masking", {"symbols": 3})


@pytest.mark.slow
def test_the_verdict_holds_and_without_the_mask_it_does_not() -> None:
    found = conduct("masking", Masking.tiny, seeds=4, jobs=1)
    assert found.verdict.answer == "holds", found.verdict.reasons
    assert len(found.figures) == 5
    broken = conduct("masking", {**Masking.tiny, **Masking.control}, seeds=2, jobs=1)
    assert broken.verdict.answer == "does not hold"
    assert broken.verdict.reasons[0].endswith("does not hold")
