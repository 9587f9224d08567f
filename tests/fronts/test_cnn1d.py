"""Convolutions over frames: by the words of the docstring, and in pieces as in one."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from seqloom.errors import InputError
from seqloom.fronts.cnn1d import Cnn1d

WAYS = [
    {},
    {"layers": 1, "kernel": 3, "stride": 1},
    {"layers": 3, "kernel": 3, "stride": 2, "width": 9},
    {"kernel": 7, "stride": 3},
    {"causal": True},
    {"causal": True, "layers": 1, "kernel": 1, "stride": 1},
    {"causal": True, "layers": 3, "kernel": 4, "stride": 3, "width": 9},
]
IDS = [" ".join(f"{key}={value}" for key, value in way.items()) or "usual" for way in WAYS]


def built(**options: object) -> Cnn1d:
    torch.manual_seed(0)
    front = Cnn1d((3,), 12, **options).double().eval()  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in front.parameters():  # biases too, so that padding shows where it would leak
            parameter.add_(0.3 * torch.randn_like(parameter))
    return front


def frames(*lengths: int, more: int = 0, junk: float = 0.0) -> tuple[Tensor, Tensor]:
    width = max(lengths) + more
    mask = torch.arange(width) < torch.tensor(lengths)[:, None]
    x = torch.randn(len(lengths), width, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return x.masked_fill(~mask.unsqueeze(-1), junk), mask


def read(front: Cnn1d, x: Tensor, mask: Tensor | None = None) -> Tensor:
    mask = torch.ones(x.shape[:2], dtype=torch.bool) if mask is None else mask
    return front(front.filled(x, mask))


def by_hand(front: Cnn1d, row: Tensor) -> Tensor:
    """One row [time, bands], step by step."""
    before = front.kernel - 1 if front.causal else front.kernel // 2
    for convolution, norm in zip(front.convolutions, front.norms, strict=True):
        made = []
        for t in range(-(-len(row) // front.stride)):
            total = convolution.bias
            for j in range(front.kernel):
                place = t * front.stride + j - before
                if 0 <= place < len(row):
                    total = total + convolution.weight[:, :, j] @ row[place]
            made.append(norm(total).relu())
        row = torch.stack(made)
    return row


@pytest.mark.parametrize("way", WAYS, ids=IDS)
@pytest.mark.parametrize("length", [1, 2, 5, 12, 17])
def test_steps_are_those_of_sums_written_out(way: dict[str, object], length: int) -> None:
    front = built(**way)
    x, _ = frames(length)
    found = read(front, x)
    assert found.shape[1] == front.count(length)
    torch.testing.assert_close(found[0], by_hand(front, x[0]))


@pytest.mark.parametrize("way", WAYS, ids=IDS)
@pytest.mark.parametrize("junk", [0.0, 99.0, float("nan")])
def test_a_row_is_its_own_whatever_lies_behind_it(way: dict[str, object], junk: float) -> None:
    front, lengths = built(**way), (9, 4, 1, 13, 0)
    x, mask = frames(*lengths, more=6, junk=junk)
    made, seen = read(front, x, mask), front.steps(mask)
    assert made.shape[:2] == seen.shape and not made[~seen].any()
    for row, length in enumerate(lengths):
        assert int(seen[row].sum()) == front.count(length)
        if length:
            torch.testing.assert_close(made[row][seen[row]], read(front, x[row : row + 1, :length])[0])


@pytest.mark.parametrize("way", WAYS, ids=IDS)
def test_nothing_flows_into_padding(way: dict[str, object]) -> None:
    x, mask = frames(60, 33, more=2)
    x.requires_grad_()
    front = built(**way)
    (slope,) = torch.autograd.grad(read(front, x, mask).square().sum(), x)
    assert not slope[~mask].any() and slope[mask].any()


@pytest.mark.parametrize("way", WAYS[4:], ids=IDS[4:])
@pytest.mark.parametrize("cuts", [[], [1], [0, 1, 2, 3], [5, 5, 11], list(range(17))])
def test_pieces_give_the_whole(way: dict[str, object], cuts: list[int]) -> None:
    front = built(**way)
    x, _ = frames(17, 17)
    state, made = None, []
    for number, (begin, end) in enumerate(pairwise([0, *cuts, 17])):
        vectors, state = front.advance(x[:, begin:end], state)
        made.append(vectors)
        assert sum(piece.shape[1] for piece in made) == front.count(end), f"piece {number}: each step at once"
    torch.testing.assert_close(torch.cat(made, 1), read(front, x))


@pytest.mark.parametrize("way", WAYS[4:], ids=IDS[4:])
def test_what_comes_later_changes_nothing(way: dict[str, object]) -> None:
    front = built(**way)
    x, _ = frames(17)
    for length in (1, 6, 16):
        torch.testing.assert_close(read(front, x)[:, : front.count(length)], read(front, x[:, :length]))


def test_every_weight_learns_and_every_frame_is_read() -> None:
    for way in WAYS:
        front = built(**way)
        x = frames(60)[0].requires_grad_()
        read(front, x).square().sum().backward()
        assert all(one.grad is not None and one.grad.any() for one in front.parameters())
        assert x.grad is not None
        last = (front.count(60) - 1) * front.stride ** len(front.convolutions)
        assert (x.grad[0] != 0).any(1)[: last + 1].all()


def test_what_cannot_be() -> None:
    with pytest.raises(InputError, match=r"stride=4 is longer than source\.front\.kernel=3"):
        built(kernel=3, stride=4)
    with pytest.raises(InputError, match=r"kernel=4 has no centre: take 5, or read forwards"):
        built(kernel=4)
    with pytest.raises(InputError, match=r"source\.front\.causal=true"):
        built().advance(frames(3)[0])
    assert not built().causal and built(causal=True).causal
