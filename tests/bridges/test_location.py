"""The location-aware score: v . tanh(W q + b + U k_s + V f_s), where f is a convolution of the last weights."""

import pytest
import torch
from readers import CLOSE, LENGTHS, queries, read, reader, seen, shares
from torch import Tensor

from seqloom.errors import InputError
from seqloom.tape import Tape


@pytest.mark.parametrize("kernel", [3, 5, 9])
def test_the_score_is_the_definition_step_by_step(kernel: int) -> None:
    made = reader("location", size=5, filters=2, kernel=kernel)
    query, memory = queries(time=3), seen()
    state, found, looks = None, [], []
    for t in range(3):
        with Tape(made) as tape:
            context, state = read(made, query[:, t : t + 1], memory, state)
        found.append(context)
        looks.append(tape["weights"])
    for row, length in enumerate(LENGTHS):
        held = memory.outputs[row, :length]
        last = torch.full((length,), 1 / max(length, 1), dtype=torch.float64)
        for t in range(3):

            def score(place: int, q: Tensor, k: Tensor, last: Tensor = last) -> Tensor:
                f = torch.zeros(2, dtype=torch.float64)
                for other in range(len(last)):
                    tap = other - place + kernel // 2  # the middle tap looks at the place itself
                    if 0 <= tap < kernel:
                        f = f + made.filter.weight[:, 0, tap] * last[other]
                inside = made.query.weight @ q + made.query.bias + made.key.weight @ k + made.place.weight @ f
                return made.score @ inside.tanh()

            last = shares(score, query[row, t], held)
            torch.testing.assert_close(looks[t][row, 0, 0, :length], last.detach(), **CLOSE)
            torch.testing.assert_close(found[t][row, 0], (last.unsqueeze(-1) * held).sum(0), **CLOSE)
    slopes = torch.autograd.grad(sum(one.square().sum() for one in found), [*made.parameters(), memory.outputs])
    assert all(slope.isfinite().all() for slope in slopes)


def test_it_begins_as_if_it_had_looked_everywhere_alike() -> None:
    start = reader("location").start(seen())["last"]
    torch.testing.assert_close(start.sum(1), torch.tensor([float(length > 0) for length in LENGTHS]).double())
    assert start[1].tolist() == [0.5, 0.5, 0, 0]


def test_a_kernel_has_a_middle() -> None:
    with pytest.raises(InputError, match=r"score location: kernel=4 has no middle place; take an odd number\."):
        reader("location", kernel=4)
