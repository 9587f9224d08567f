"""Multi-head attention of short sequences beside its open form: masks, blind rows, noise, types, gradients."""

import pytest
import torch
from asking import made, opened, run
from torch import Tensor

from seqloom.kernels import heads
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE
from seqloom.ops.attend import apply, attend, weights

SHAPES = [
    (3, 2, 2, 1, 1),
    (2, 1, 5, 7, 5),
    (4, 3, 17, 33, 8),
    (2, 2, 64, 70, 20),
    (1, 4, 40, 130, 64),
    (7, 4, 16, 16, 32),
]
"""batch, heads, target, source, size"""


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seen", ["all", "causal", "rows", "one row"])
@pytest.mark.parametrize("drop", [0.0, 0.3])
@pytest.mark.parametrize("threads", [1, 2])
def test_it_is_attention_in_the_open(
    native_level: Library,
    monkeypatch: pytest.MonkeyPatch,
    shape: tuple[int, ...],
    seen: str,
    drop: float,
    threads: int,
) -> None:
    monkeypatch.setattr(heads, "SHARED", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    given, visible = made(shape), mask(seen, shape)
    assert heads.usable(*given, visible)
    found = run(given, lambda q, k, v: heads.attend(q, k, v, visible, seen == "causal", drop))
    wide = tuple(one.detach().double().requires_grad_() for one in given)
    plain = run(wide, lambda q, k, v: opened(q, k, v, visible, seen == "causal", drop))
    for mine, exact in zip(found, plain, strict=True):
        torch.testing.assert_close(mine.double(), exact, rtol=1e-5, atol=1e-5)


def mask(seen: str, shape: tuple[int, ...]) -> Tensor | None:
    """Who may be seen: gaps in the middle, and the first row blind."""
    if seen in ("all", "causal"):
        return None
    visible = torch.rand(1 if seen == "one row" else shape[0], 1, 1, shape[3]) < 0.6
    visible[0] &= seen == "one row"
    return visible


def test_halves_are_mixed_as_floats(native_level: Library) -> None:
    given = made((3, 2, 9, 12, 16), torch.bfloat16)
    visible = mask("rows", (3, 2, 9, 12, 16))
    found = run(given, lambda q, k, v: heads.attend(q, k, v, visible, False, 0.2))
    wide = tuple(one.detach().float().requires_grad_() for one in given)
    exact = run(wide, lambda q, k, v: opened(q, k, v, visible, False, 0.2))
    for mine, plain in zip(found, exact, strict=True):
        assert mine.dtype == torch.bfloat16
        torch.testing.assert_close(mine.float(), plain, rtol=8e-3, atol=8e-3)


def test_the_way_chosen_changes_no_number(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    given, visible = made((3, 2, 9, 12, 16)), mask("rows", (3, 2, 9, 12, 16))
    found = run(given, lambda q, k, v: attend(q, k, v, visible, False, 0.2))
    monkeypatch.setenv(VARIABLE, "off")
    assert not heads.usable(*given, visible)
    plain = run(given, lambda q, k, v: attend(q, k, v, visible, False, 0.2))
    watched = run(given, lambda q, k, v: apply(weights(q, k, visible, False), v, 0.2))
    for mine, other, open_ in zip(found, plain, watched, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(mine, open_, rtol=1e-5, atol=1e-5)


def test_what_is_not_a_number_stays_in_its_row(native_level: Library) -> None:
    query, key, value = (one.detach().clone() for one in made((2, 2, 5, 6, 8)))
    query[0, 1, 3, 2] = torch.nan
    out = heads.attend(query, key, value, None, False, 0.0)
    assert out[0, 1, 3].isnan().all()
    assert int(out.isnan().any(-1).sum()) == 1


def test_torch_keeps_what_is_not_for_it(native_library: Library) -> None:
    query, key, value = made((2, 2, 5, 6, 8))
    assert heads.usable(query, key, value, None)
    assert not heads.usable(query[:, :, :1], key, value, None)
    assert not heads.usable(query.double(), key.double(), value.double(), None)
    assert not heads.usable(query.bfloat16(), key, value, None)
    assert not heads.usable(query, key, value, torch.ones(2, 1, 5, 6, dtype=torch.bool))
    assert not heads.usable(*made((1, 1, 2, heads.LONGEST + 1, 8)), None)
    assert not heads.usable(query[:0], key[:0], value[:0], None)
