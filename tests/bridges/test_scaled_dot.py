"""The scaled dot score: (W q + b) . U k / sqrt(size), or without the root."""

import math

import pytest
from readers import LENGTHS, reader, same, seen


@pytest.mark.parametrize("scale", [True, False], ids=["scaled", "plain"])
def test_the_score_is_the_definition(scale: bool) -> None:
    made = reader("scaled_dot", size=5, scale=scale)
    root = math.sqrt(5) if scale else 1.0
    same(made, lambda place, q, k: (made.query.weight @ q + made.query.bias) @ (made.key.weight @ k) / root)
    assert made.prepare(seen())["keys"].shape == (len(LENGTHS), max(LENGTHS), 5)
