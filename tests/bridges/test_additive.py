"""The additive score: v . tanh(W q + b + U k + w_c C), and the coverage C step by step."""

import pytest
import torch
from readers import CLOSE, LENGTHS, queries, read, reader, same, seen, shares
from torch import Tensor

from seqloom.tape import Tape


def test_the_score_is_the_definition() -> None:
    made = reader("additive", size=5)

    def score(place: int, q: Tensor, k: Tensor) -> Tensor:
        return made.score @ (made.query.weight @ q + made.query.bias + made.key.weight @ k).tanh()

    same(made, score)
    assert made.prepare(seen())["keys"].shape == (len(LENGTHS), max(LENGTHS), 5)
    assert not made.remembers and made.start(seen()) == {}


def test_what_was_read_bears_on_what_is_read_next() -> None:
    """Tu et al. 2016: the sum of the weights that a place has had so far is a part of its score."""
    made = reader("additive", size=5, coverage=True)
    query, memory = queries(time=4), seen()
    state, found, looks = None, [], []
    for t in range(4):
        with Tape(made) as tape:
            context, state = read(made, query[:, t : t + 1], memory, state)
        found.append(context)
        looks.append(tape["weights"])
    for row, length in enumerate(LENGTHS):
        covered, held = torch.zeros(length).double(), memory.outputs[row, :length]
        for t in range(4):

            def score(place: int, q: Tensor, k: Tensor, covered: Tensor = covered) -> Tensor:
                inside = made.query.weight @ q + made.query.bias + made.key.weight @ k + covered[place] * made.covered
                return made.score @ inside.tanh()

            a = shares(score, query[row, t], held)
            torch.testing.assert_close(looks[t][row, 0, 0, :length], a.detach(), **CLOSE)
            torch.testing.assert_close(found[t][row, 0], (a.unsqueeze(-1) * held).sum(0), **CLOSE)
            covered = covered + a
        assert state is not None
        torch.testing.assert_close(state["coverage"][row, :length], covered, **CLOSE)
        assert not state["coverage"][row, length:].any()
    slopes = torch.autograd.grad(sum(one.square().sum() for one in found), [*made.parameters(), memory.outputs])
    assert all(slope.isfinite().all() and slope.any() for slope in slopes)


def test_coverage_takes_one_query_at_a_time() -> None:
    made = reader("additive", coverage=True)
    with pytest.raises(ValueError, match="a score that remembers takes one query at a time"):
        read(made, queries(), seen())
