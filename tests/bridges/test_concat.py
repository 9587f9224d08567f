"""The concat score: v . tanh(W [q; k]), whose half of the keys is made once."""

import torch
from readers import LENGTHS, reader, same, seen


def test_the_score_is_the_definition() -> None:
    made = reader("concat", size=5)
    same(made, lambda place, q, k: made.score @ (made.matrix @ torch.cat([q, k])).tanh())
    assert made.prepare(seen())["keys"].shape == (len(LENGTHS), max(LENGTHS), 5)
    assert len(list(made.parameters())) == 2, "no bias"
