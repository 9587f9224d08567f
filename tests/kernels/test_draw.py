"""Drawing natively beside decoding/sampling.py: the same tokens from the same numbers, and the same ln p."""

import math

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqloom.decoding.sampling import choose
from seqloom.kernels.draw import Draw, NoTokenError
from seqloom.kernels.library import Library

SHAPINGS = st.fixed_dictionaries(
    {
        "temperature": st.sampled_from([0.0, 0.3, 1.0, 2.5]),
        "top_k": st.sampled_from([None, 1, 3, 500]),
        "top_p": st.sampled_from([None, 0.01, 0.5, 0.9, 1.0]),
        "min_p": st.sampled_from([None, 0.05, 0.6, 1.0]),
    }
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=SHAPINGS, size=st.integers(6, 90), seed=st.integers(0, 10**6), steps=st.sampled_from([0.5, 1e-3]))
def test_the_same_tokens_are_drawn(
    native_library: Library, asked: dict[str, float], size: int, seed: int, steps: float
) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(40, size, generator=generator).div(steps).round().mul(steps)  # coarse steps make equals
    forbidden = (0, size - 1)
    again = torch.Generator().manual_seed(seed + 1)
    wanted = choose(logits, generator=again, forbidden=forbidden, **asked)  # type: ignore[arg-type]
    even = torch.rand(40, dtype=torch.float64, generator=torch.Generator().manual_seed(seed + 1))
    drawing = Draw(forbidden, top=3, **asked)  # type: ignore[arg-type]
    assert drawing.usable(logits)
    ids, logprobs, top_ids, top_logprobs = drawing.choose(logits, even)
    assert torch.equal(ids, wanted)
    exact = logits.double().log_softmax(1)
    torch.testing.assert_close(logprobs, exact.gather(1, ids[:, None])[:, 0], rtol=1e-12, atol=1e-12)
    best = exact.sort(dim=1, descending=True, stable=True)
    assert torch.equal(top_ids, best.indices[:, :3])
    torch.testing.assert_close(top_logprobs, best.values[:, :3], rtol=1e-12, atol=1e-12)
    looked = drawing.look(logits, ids)
    assert all(torch.equal(one, other) for one, other in zip(looked, (logprobs, top_ids, top_logprobs), strict=True))


def test_the_ends_of_the_distribution(native_library: Library) -> None:
    logits = torch.zeros(2, 8)
    drawing = Draw((0, 7), 1.0, None, None, None, 0)
    even = torch.tensor([0.0, math.nextafter(1.0, 0.0)], dtype=torch.float64)
    assert drawing.choose(logits, even)[0].tolist() == [1, 6]


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_scores_that_are_none_are_told(native_library: Library, wrong: float, temperature: float) -> None:
    logits = torch.randn(3, 9)
    logits[2, 4] = wrong
    even = torch.zeros(3, dtype=torch.float64)
    with pytest.raises(NoTokenError, match="row 2"):
        Draw((), temperature, None, None, None, 1).choose(logits, even)
    ids = Draw((4,), temperature, 2, 0.5, 0.1, 0).choose(logits, even)[0]  # what is forbidden may be anything
    assert (ids != 4).all()
    with pytest.raises(NoTokenError, match="row 0"):
        Draw(range(9), temperature, None, None, None, 0).choose(logits, even)


def test_it_stands_aside(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = Draw((2,), 1.0, None, None, None, 5)
    logits = torch.randn(2, 9)
    assert drawing.usable(logits)
    assert not drawing.usable(logits.double())
    assert not drawing.usable(logits.T.contiguous().T)
    assert not drawing.usable(logits[:, :4].contiguous()), "fewer tokens than are asked for"
    assert not Draw((9,), 1.0, None, None, None, 0).usable(logits)
    monkeypatch.setenv("SEQLOOM_KERNELS", "off")
    assert not drawing.usable(logits)
