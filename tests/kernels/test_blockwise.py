"""Attention of long sequences in blocks beside its open form: masks, blind rows, noise, types, gradients, memory."""

import pytest
import torch
from asking import made, opened, run
from torch import Tensor

from seqloom.kernels import blockwise, heads
from seqloom.kernels.library import Library
from seqloom.kernels.switch import VARIABLE
from seqloom.ops.attend import apply, attend, weights

SHAPES = [
    (2, 2, 300, 300, 8),
    (1, 3, 97, 600, 33),
    (2, 1, 530, 41, 5),
    (1, 1, 1000, 257, 1),
    (1, 2, 49, 511, 64),
    (3, 1, 2, 300, 20),
    (2, 5, 257, 16, 40),
]
"""batch, heads, target, source, size: one block and several, whole ones and parts, fewer queries than keys and more"""


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "seen", ["all", "causal", "rows", "one row", "rows and causal", "lengths", "each", "each, one row"]
)
@pytest.mark.parametrize(("drop", "threads"), [(0.0, 2), (0.3, 1), (0.3, 2)])
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
    given, visible, causal = made(shape), mask(seen, shape), "causal" in seen
    assert blockwise.usable(*given, visible, 0.3)
    found = run(given, lambda q, k, v: blockwise.attend(q, k, v, visible, causal, drop))
    wide = tuple(one.detach().double().requires_grad_() for one in given)
    plain = run(wide, lambda q, k, v: opened(q, k, v, *both(visible, causal, shape), drop))
    for mine, exact in zip(found, plain, strict=True):
        torch.testing.assert_close(mine.double(), exact, rtol=1e-5, atol=1e-5)
    with torch.no_grad():
        torch.manual_seed(3)
        assert torch.equal(blockwise.attend(*given, visible, causal, drop), found[0])


def mask(seen: str, shape: tuple[int, ...]) -> Tensor | None:
    """Who may be seen: gaps anywhere and the first row blind; by lengths, one of them nothing; or by every query."""
    batch, _, target, source, _ = shape
    if seen in ("all", "causal"):
        return None
    if seen == "lengths":
        return (torch.arange(source) < torch.linspace(0, source - 1, batch).long()[:, None])[:, None, None]
    if seen.startswith("each"):
        visible = torch.rand(1 if seen == "each, one row" else batch, 1, target, source) < 0.6
        visible[:, :, target // 2] = False
        visible[:, :, :, source // 3 : source - 1] = False
        return visible
    visible = torch.rand(1 if seen == "one row" else batch, 1, 1, source) < 0.6
    visible[0] &= seen == "one row"
    return visible


def both(visible: Tensor | None, causal: bool, shape: tuple[int, ...]) -> tuple[Tensor | None, bool]:
    """In the open a mask and the causal order are one mask."""
    if visible is None or not causal:
        return visible, causal
    return visible & torch.ones(*shape[2:4], dtype=torch.bool).tril(), False


def test_halves_are_mixed_as_floats(native_level: Library) -> None:
    shape = (2, 2, 300, 280, 16)
    given, visible = made(shape, torch.bfloat16), mask("lengths", shape)
    found = run(given, lambda q, k, v: blockwise.attend(q, k, v, visible, False, 0.2))
    wide = tuple(one.detach().float().requires_grad_() for one in given)
    exact = run(wide, lambda q, k, v: opened(q, k, v, visible, False, 0.2).bfloat16())
    for mine, plain in zip(found, exact, strict=True):
        assert mine.dtype == torch.bfloat16
        # the nearest half, or the one beside it where the sums of float32 fall on either side of the middle
        torch.testing.assert_close(mine.float(), plain.float(), rtol=8e-3, atol=1e-6)


def test_slopes_of_halves_come_from_an_answer_that_is_not_rounded(native_library: Library) -> None:
    """The slope of a score is a small difference of large numbers where all values are alike."""
    given = tuple(one.detach() for one in made((1, 1, 64, 400, 16), torch.bfloat16))
    given = tuple(one.requires_grad_() for one in (given[0], given[1] + 4, given[2] * 0.05 + 3))
    found = run(given, lambda q, k, v: blockwise.attend(q, k, v, None, False, 0.0))[1].float()
    wide = tuple(one.detach().double().requires_grad_() for one in given)
    exact = run(wide, lambda q, k, v: opened(q, k, v, None, False, 0.0).bfloat16())[1].float()
    assert float((found - exact).norm()) < 0.02 * float(exact.norm())


@pytest.mark.parametrize("seen", ["causal", "lengths"])
def test_the_way_chosen_changes_no_number(native_library: Library, monkeypatch: pytest.MonkeyPatch, seen: str) -> None:
    shape = (3, 2, 290, 290, 16)
    given, visible, causal = made(shape), mask(seen, shape), seen == "causal"
    assert blockwise.usable(*given, visible, 0.2)
    found = run(given, lambda q, k, v: attend(q, k, v, visible, causal, 0.2))
    monkeypatch.setenv(VARIABLE, "off")
    assert not blockwise.usable(*given, visible, 0.2)
    plain = run(given, lambda q, k, v: attend(q, k, v, visible, causal, 0.2))
    watched = run(given, lambda q, k, v: apply(weights(q, k, visible, causal), v, 0.2))
    for mine, other, open_ in zip(found, plain, watched, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(mine, open_, rtol=1e-5, atol=1e-5)


def test_threads_change_no_bit(native_level: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = []
    given = made((1, 3, 700, 900, 24))
    for threads in (1, 2):
        monkeypatch.setattr(torch, "get_num_threads", lambda threads=threads: threads)
        answers.append(run(given, lambda q, k, v: blockwise.attend(q, k, v, None, True, 0.1)))
    assert all(torch.equal(one, other) for one, other in zip(*answers, strict=True))


def test_large_scores_keep_their_digits(native_level: Library) -> None:
    """The largest score of a query comes late and is large: what went before shrinks to nothing, and equals share."""
    query, key = (torch.randint(-2, 3, (1, 2, time, 4)).float() for time in (60, 700))
    key *= torch.arange(700).div(100, rounding_mode="floor")[:, None] * 1000  # whole numbers, so that scores are exact
    given = (query.requires_grad_(), key.requires_grad_(), torch.randn(1, 2, 700, 4, requires_grad=True))
    found = run(given, lambda q, k, v: blockwise.attend(q, k, v, None, False, 0.0))
    wide = tuple(one.detach().double().requires_grad_() for one in given)
    for mine, exact in zip(found, run(wide, lambda q, k, v: opened(q, k, v, None, False, 0.0)), strict=True):
        torch.testing.assert_close(mine.double(), exact, rtol=1e-5, atol=1e-5 * float(exact.abs().max()))


def test_what_is_not_a_number_stays_in_its_row(native_level: Library) -> None:
    query, key, value = (one.detach().clone() for one in made((2, 2, 300, 300, 8)))
    query[0, 1, 3, 2] = torch.nan
    out = blockwise.attend(query, key, value, None, False, 0.0)
    assert out[0, 1, 3].isnan().all()
    assert int(out.isnan().any(-1).sum()) == 1
    query[0, 1, 3, 2] = 0
    key[1, 0, 290, 1] = torch.inf
    assert torch.equal(
        blockwise.attend(query, key, value, None, True, 0.0).isnan(), opened(query, key, value, None, True, 0.0).isnan()
    )


def test_a_hidden_key_may_be_anything(native_level: Library) -> None:
    query, key, value = (one.detach().clone() for one in made((2, 2, 300, 300, 8)))
    visible = mask("lengths", (2, 2, 300, 300, 8))
    clean = blockwise.attend(query, key, value, visible, False, 0.0)
    key[0] = torch.nan  # of a row that is blind
    key[1, :, 299] = torch.nan  # the last, which no query of this row sees
    assert torch.equal(blockwise.attend(query, key, value, visible, False, 0.0), clean)


def test_what_is_kept_grows_with_the_length_alone(native_library: Library) -> None:
    kept = [0]

    def keep(x: Tensor) -> Tensor:
        kept[-1] += x.nbytes
        return x

    for time in (300, 600):
        given, visible = made((1, 2, time, time, 16)), mask("rows", (1, 2, time, time, 16))
        kept.append(0)
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
            blockwise.attend(*given, visible, False, 0.1)
    assert kept[2] == 2 * kept[1]
    assert kept[1] == 300 * (2 * (4 * 16 + 2) * 4 + 1), "query, key, value, answer and two numbers a query; the mask"


def test_torch_keeps_what_is_not_for_it(native_library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    query, key, value = made((2, 2, 50, 300, 8))
    assert blockwise.usable(query, key, value, None, 0.1)
    assert not blockwise.usable(query[:, :, :1], key, value, None, 0.1)
    assert not blockwise.usable(query.double(), key.double(), value.double(), None, 0.1)
    assert not blockwise.usable(query.bfloat16(), key, value, None, 0.1)
    assert not blockwise.usable(query, key[:, :, :256], value[:, :, :256], None, 0.1), "which are short"
    assert not blockwise.usable(query, key[:, :, :0], value[:, :, :0], None, 0.1)
    assert not blockwise.usable(query, key, value[:, :, :299], None, 0.1)
    assert not blockwise.usable(query[:0], key[:0], value[:0], None, 0.1)
    for sizes in ((2, 1, 50, 299), (2, 2, 50, 300), (3, 1, 1, 300), (2, 1, 49, 300), (50, 300)):
        assert not blockwise.usable(query, key, value, torch.ones(sizes, dtype=torch.bool), 0.1)
    assert not blockwise.usable(query, key, value, torch.ones(2, 1, 1, 300), 0.1)
    monkeypatch.setattr(blockwise, "pays", lambda: True)
    assert blockwise.usable(query, key, value, None, 0.0)
    assert not blockwise.usable(query[:, :, :20], key, value, None, 0.0), "where turning keys round would not pay"
    monkeypatch.setattr(blockwise, "pays", lambda: False)
    assert not blockwise.usable(query, key, value, None, 0.0)
    assert blockwise.usable(query, key, value, None, 0.1)
